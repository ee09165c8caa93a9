BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
}

AfterAll {
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'New-CmpCertificateRequest' {
    Context 'The certificate' {
        It 'is in the store of the user, with a key that signs' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=router7, O=Example' -DnsName router7.example
            $certificate.Subject | Should -Be 'CN=router7, O=Example'
            $certificate.Store | Should -Be 'CurrentUser\My'
            $certificate.Path | Should -BeNullOrEmpty
            Test-PrivateKey $certificate | Should -BeTrue
            $store = [Security.Cryptography.X509Certificates.X509Store]::new('My', 'CurrentUser')
            $store.Open('ReadOnly')
            $store.Certificates.Thumbprint | Should -Contain $certificate.Thumbprint
            $store.Dispose()
        }

        It 'is found at its path on Windows' {
            if (-not $onWindows) { Set-ItResult -Skipped -Because 'the Cert: drive is on Windows only' }
            $certificate = New-CmpCertificateRequest -Subject 'CN=drive'
            (Get-Item $certificate.PSPath).Thumbprint | Should -Be $certificate.Thumbprint
        }

        It 'comes with its chain only where that was said: <InstallChain>' -ForEach @{ InstallChain = 'None' }, @{ InstallChain = 'Intermediate' }, @{ InstallChain = 'WithRoot' } {
            if (-not $IsLinux) { Set-ItResult -Skipped -Because 'the stores of a test are in its own home on Linux only' }
            # a CA of its own: what is in the stores stays there
            $other = Start-CmpTestServer
            $certificate = New-CmpCertificateRequest -Server $other -Subject 'CN=chain' -InstallChain $InstallChain
            $held = foreach ($name in 'CA', 'Root') {
                $store = [Security.Cryptography.X509Certificates.X509Store]::new($name, 'CurrentUser')
                $store.Open('ReadOnly')
                foreach ($issuer in $certificate.Chain) { if (@($store.Certificates | ForEach-Object Thumbprint) -contains $issuer.Thumbprint) { "$name $($issuer.Subject)" } }
                $store.Dispose()
            }
            $held | Should -Be $(switch ($InstallChain) { Intermediate { 'CA CN=Cmp Test Issuing CA' } WithRoot { 'CA CN=Cmp Test Issuing CA', 'Root CN=Cmp Test Root CA' } })
            Stop-CmpTestServer $other
        }

        It 'has the properties that the help names' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=properties' -NoInstall
            $certificate.PSTypeNames[0] | Should -Be 'Cmp.Certificate'
            $certificate.Server | Should -Be 'ca'
            $certificate.Status | Should -Be ([Cmp.Messages.PkiStatus]::Accepted)
            $certificate.Confirmed | Should -BeTrue
            $certificate.TransactionId | Should -Match '^[0-9A-F]{32}$'
            $certificate.RenewAfter | Should -BeLessThan $certificate.NotAfter
            $certificate.Chain.Subject | Should -Be 'CN=Cmp Test Issuing CA', 'CN=Cmp Test Root CA'
            $certificate.Modifications | Should -BeNullOrEmpty
        }

        It 'has the names that were asked for' {
            $names = @{ DnsName = 'a.example', 'b.example'; IPAddress = '192.0.2.7', '2001:db8::7'; EmailAddress = 'a@b.example'; UriName = 'https://a.example/' }
            $certificate = New-CmpCertificateRequest -NoInstall @names
            $certificate.Subject | Should -BeNullOrEmpty
            $text = $certificate.Extensions['2.5.29.17'].Format($false)
            foreach ($name in 'a.example', 'b.example', '192.0.2.7', 'a@b.example', 'https://a.example/') { $text | Should -Match ([regex]::Escape($name)) }
        }

        It 'has the usages that were asked for' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=usage' -KeyUsage DigitalSignature, KeyAgreement -EnhancedKeyUsage ServerAuthentication, 1.3.6.1.5.5.7.3.17 -NoInstall
            $certificate.Extensions['2.5.29.15'].KeyUsages | Should -Be 'KeyAgreement, DigitalSignature'
            $certificate.Extensions['2.5.29.37'].EnhancedKeyUsages.Value | Should -Be '1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.17'
        }

        It 'has a key of kind <_>' -ForEach 'ECDSA_P256', 'ECDSA_P384', 'ECDSA_P521', 'RSA_2048', 'RSA_3072' {
            $certificate = New-CmpCertificateRequest -Subject "CN=$_" -KeyAlgorithm $_ -NoInstall
            Test-PrivateKey $certificate | Should -BeTrue
        }

        It 'ends when it was asked to' {
            $end = [datetime]::Today.AddDays(5)
            (New-CmpCertificateRequest -Subject 'CN=short' -NotAfter $end -NoInstall).NotAfter | Should -Be $end
        }

        It 'can be selected, converted and exported' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=selected' -NoInstall
            $json = $certificate | Select-Object Thumbprint, Server, Status | ConvertTo-Json | ConvertFrom-Json
            $json.Thumbprint | Should -Be $certificate.Thumbprint
            ($certificate | Select-Object Thumbprint, RenewAfter | ConvertTo-Csv).Count | Should -BeGreaterThan 1
        }
    }

    Context 'Requests of others' {
        It 'passes a PKCS #10 request on, as <_>' -ForEach 'a file in DER', 'a file in PEM', 'text', 'lines', 'octets', 'a file in the pipeline', 'a property' {
            $der = Get-TestPkcs10 'CN=device'
            $pem = ConvertTo-Pem $der 'CERTIFICATE REQUEST'
            $path = Get-TestPath 'device.csr'
            if ($_ -eq 'a file in DER') { [IO.File]::WriteAllBytes($path, $der) } else { Set-Content $path $pem }
            $certificate = switch ($_) {
                'text' { New-CmpCertificateRequest -Pkcs10 $pem -NoInstall }
                'lines' { New-CmpCertificateRequest -Pkcs10 (Get-Content $path) -NoInstall }
                'octets' { New-CmpCertificateRequest -Pkcs10 $der -NoInstall }
                'a file in the pipeline' { Get-Item $path | New-CmpCertificateRequest -NoInstall }
                'a property' { [pscustomobject] @{ Pkcs10 = $path } | New-CmpCertificateRequest -NoInstall }
                default { New-CmpCertificateRequest -Pkcs10 $path -NoInstall }
            }
            $certificate.Subject | Should -Be 'CN=device'
            $certificate.HasPrivateKey | Should -BeFalse
        }

        It 'passes on what openssl made' {
            if (-not (Get-Command openssl -CommandType Application -ErrorAction Ignore)) { Set-ItResult -Skipped -Because 'openssl was not found' }
            $path = Get-TestPath 'openssl.csr'
            & openssl req -new -newkey rsa:2048 -nodes -keyout (Get-TestPath 'openssl.key') -out $path -subj '/O=Example/CN=openssl' 2>&1 | Out-Null
            $certificate = New-CmpCertificateRequest -Pkcs10 $path -OutFile (Get-TestPath 'openssl.cer')
            $certificate.Subject | Should -Be 'CN=openssl, O=Example'
        }

        It 'takes no names beside a PKCS #10 request' {
            $failed = { New-CmpCertificateRequest -Pkcs10 (Get-TestPkcs10 'CN=device') -DnsName other.example -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpArgument.Pkcs10'
        }
    }

    Context 'Files' {
        It 'writes PEM with chain and key' {
            $path = Get-TestPath 'a.pem'
            $certificate = New-CmpCertificateRequest -Subject 'CN=a' -OutFile $path
            $certificate.Path | Should -Be $path
            $certificate.Store | Should -BeNullOrEmpty
            @(Get-Content $path) -match '^-----BEGIN' | Should -Be '-----BEGIN CERTIFICATE-----', '-----BEGIN CERTIFICATE-----', '-----BEGIN PRIVATE KEY-----'
        }

        It 'writes the key to a file of its own, encrypted' {
            $paths = @{ OutFile = Get-TestPath 'b.pem'; OutKeyFile = Get-TestPath 'b.key' }
            $null = New-CmpCertificateRequest -Subject 'CN=b' @paths -OutPassword (Get-TestSecret 'b')
            @(Get-Content $paths.OutFile) -match 'KEY' | Should -BeNullOrEmpty
            Get-Content $paths.OutKeyFile | Select-Object -First 1 | Should -Be '-----BEGIN ENCRYPTED PRIVATE KEY-----'
            # and the key opens again
            $again = New-CmpCertificateRequest -Subject 'CN=b again' -KeyPath $paths.OutKeyFile -KeyPassword (Get-TestSecret 'b') -NoInstall
            Test-PrivateKey $again | Should -BeTrue
        }

        It 'writes PKCS #12 that .NET opens <_> a password' -ForEach 'with', 'without' {
            $path = Get-TestPath "$_.pfx"
            $password = if ($_ -eq 'with') { @{ OutPassword = Get-TestSecret 'c' } } else { @{} }
            $certificate = New-CmpCertificateRequest -Subject 'CN=c' -OutFile $path @password
            $opened = [Security.Cryptography.X509Certificates.X509Certificate2]::new($path, $(if ($_ -eq 'with') { 'c' } else { '' }))
            $opened.Thumbprint | Should -Be $certificate.Thumbprint
            Test-PrivateKey $opened | Should -BeTrue
        }

        It 'replaces a file only by force' {
            $path = Get-TestPath 'd.pem'
            Set-Content $path 'mine'
            $failed = { New-CmpCertificateRequest -Subject 'CN=d' -OutFile $path -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpStore.Exists'
            Get-Content $path | Should -Be 'mine'
            $null = New-CmpCertificateRequest -Subject 'CN=d' -OutFile $path -Force
            Get-Content $path | Select-Object -First 1 | Should -Be '-----BEGIN CERTIFICATE-----'
        }

        It 'takes a path relative to the current location' {
            Push-Location $TestDrive
            try { (New-CmpCertificateRequest -Subject 'CN=here' -OutFile here.pem).Path | Should -Exist }
            finally { Pop-Location }
            Get-TestPath 'here.pem' | Should -Exist
        }
    }

    Context 'The pipeline' {
        It 'enrols fifty' {
            $certificates = 1..50 | ForEach-Object { [pscustomobject] @{ Subject = "CN=device$_"; DnsName = "device$_.example" } } | New-CmpCertificateRequest -NoInstall
            $certificates.Count | Should -Be 50
            $certificates.Subject | Select-Object -Unique | Should -HaveCount 50
        }

        It 'enrols what stands in a table, and empty cells say nothing' {
            $path = Get-TestPath 'machines.csv'
            Set-Content $path @'
Subject,DnsName,IPAddress,KeyAlgorithm,KeyUsage,NotAfter,OutFile,FriendlyName
"CN=one, O=Example",one.example,192.0.2.1,RSA_2048,"DigitalSignature, KeyEncipherment",,,
"CN=two, O=Example",,,,,,,
'@
            $certificates = Import-Csv $path | New-CmpCertificateRequest -NoInstall
            $certificates.Subject | Should -Be 'CN=one, O=Example', 'CN=two, O=Example'
            $certificates[0].PublicKey.Oid.FriendlyName | Should -Be 'RSA'
            $certificates[1].Extensions['2.5.29.17'] | Should -BeNullOrEmpty
        }

        It 'takes a credential of each object' {
            $rows = 'CN=x', 'CN=y' | ForEach-Object { [pscustomobject] @{ Subject = $_; Secret = 'wrong' } }
            $failed = $null
            $rows | Select-Object Subject, @{ Name = 'Credential'; Expression = { Get-TestCredential 'cmp-test' $_.Secret } } |
                New-CmpCertificateRequest -NoInstall -ErrorAction SilentlyContinue -ErrorVariable failed | Should -BeNullOrEmpty
            $failed | Should -HaveCount 2
        }

        It 'goes on after an error' {
            $certificates = 'CN=x', 'not a name', 'CN=z' | ForEach-Object { [pscustomobject] @{ Subject = $_ } } |
                New-CmpCertificateRequest -NoInstall -ErrorAction SilentlyContinue -ErrorVariable failed
            $certificates.Subject | Should -Be 'CN=x', 'CN=z'
            Get-ErrorId $failed[0] | Should -Be 'CmpArgument.Name'
        }

        It 'ends early where whoever reads has enough' {
            1..5 | ForEach-Object { [pscustomobject] @{ Subject = "CN=$_" } } | New-CmpCertificateRequest -NoInstall | Select-Object -First 1 | Should -HaveCount 1
        }

        It 'does not take a certificate for a request' {
            $failed = { New-CmpCertificateRequest -Subject 'CN=a' -NoInstall | New-CmpCertificateRequest -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpArgument.CertificateInPipeline'
            $failed.ErrorDetails.RecommendedAction | Should -Match 'Update-CmpCertificate'
        }
    }

    Context 'Fleets' {
        It 'enrols a thousand lines of a table, and names the ten that are wrong' {
            $path = Get-TestPath 'fleet.csv'
            $folder = Get-TestPath 'fleet'
            $null = New-Item -ItemType Directory $folder
            $wrong = @{
                4 = @{ Subject = '' }; 100 = @{ Subject = 'no name' }; 101 = @{ IPAddress = '192.0.2.300' }; 102 = @{ NotAfter = 'soon' }; 258 = @{ KeyAlgorithm = 'RSA_7' }
                501 = @{ EnhancedKeyUsage = 'Everything' }; 502 = @{ KeyUsage = 'Nothing' }; 743 = @{ KeyPath = 'missing.key' }; 901 = @{ OutFile = 'nowhere:row.pem' }; 1000 = @{ Issuer = 'nobody' }
            }
            1..1000 | ForEach-Object {
                $row = [ordered] @{
                    Subject = "CN=row$_"; IPAddress = ''; NotAfter = ''; KeyAlgorithm = ''; EnhancedKeyUsage = ''; KeyUsage = ''; KeyPath = ''; Issuer = ''
                    OutFile = Join-Path $folder "$_.pem"; Number = $_
                }
                if ($wrong[$_]) { foreach ($column in @($wrong[$_].Keys)) { $row[$column] = $wrong[$_][$column] } }
                [pscustomobject] $row
            } | Export-Csv $path -NoTypeInformation
            $before = $server.Issued.Count

            $certificates = Import-Csv $path | New-CmpCertificateRequest -ThrottleLimit 32 -ErrorAction SilentlyContinue -ErrorVariable failed
            $certificates.Subject | Should -Be @(1..1000 | Where-Object { -not $wrong[$_] } | ForEach-Object { "CN=row$_" })
            $failed | Should -HaveCount 10
            $failed.TargetObject.Number | ForEach-Object { [int] $_ } | Sort-Object | Should -Be @($wrong.Keys | Sort-Object)
            $server.Issued.Count - $before | Should -Be 990
            (Get-ChildItem $folder).Count | Should -Be 990
        }

        It 'keeps the order of what it enrols at once' {
            $certificates = 1..20 | ForEach-Object { [pscustomobject] @{ Subject = "CN=ordered$_" } } | New-CmpCertificateRequest -NoInstall -ThrottleLimit 8
            $certificates.Subject | Should -Be @(1..20 | ForEach-Object { "CN=ordered$_" })
        }

        It 'ends early where whoever reads has enough, and leaves no work behind' {
            $first = 1..100 | ForEach-Object { [pscustomobject] @{ Subject = "CN=few$_" } } | New-CmpCertificateRequest -NoInstall -ThrottleLimit 8 | Select-Object -First 3
            $first.Subject | Should -Be 'CN=few1', 'CN=few2', 'CN=few3'
            # no more than the rows that the command knew
            @($server.Issued.Subject -like 'CN=few*').Count | Should -BeLessOrEqual (3 + 4 * 8)
        }
    }

    Context 'Jobs and runspaces' {
        It 'emits objects that keep their properties and looks out of a job' {
            $request = @{ Server = $server.Uri; Credential = $server.Credential; Subject = 'CN=job'; DnsName = 'job.example'; NoInstall = $true }
            $job = Start-Job {
                Import-Module $using:manifest
                $request = $using:request
                New-CmpCertificateRequest @request
            }
            $certificate = $job | Wait-Job | Receive-Job
            $job | Remove-Job
            $certificate.PSTypeNames[0] | Should -Be 'Deserialized.Cmp.Certificate'
            $certificate.Subject | Should -Be 'CN=job'
            $certificate.Thumbprint | Should -Be $certificate.Certificate.Thumbprint
            # as every enumeration that travelled
            $certificate.Status.Value | Should -Be 'Accepted'
            $certificate.Server | Should -Be $server.Uri.OriginalString
            $certificate.TransactionId | Should -Match '^[0-9A-F]{32}$'
            $certificate.RenewAfter | Should -BeLessThan $certificate.NotAfter
            $certificate.Chain.Subject | Should -Be 'CN=Cmp Test Issuing CA', 'CN=Cmp Test Root CA'
            $certificate.Confirmed | Should -BeTrue
            $certificate | Format-Table | Out-String -Width 120 | Should -Match 'Thumbprint +Subject +NotAfter +RenewAfter +Status +Server +Place'
            $certificate | Format-List | Out-String -Width 120 | Should -Match 'Names +: .*job\.example'
        }

        It 'works in several runspaces at once' {
            if ($PSVersionTable.PSVersion.Major -lt 7) { Set-ItResult -Skipped -Because 'ForEach-Object -Parallel is of PowerShell 7' }
            $rows = 1..8 | ForEach-Object { [pscustomobject] @{ Manifest = $manifest; Uri = $server.Uri; Credential = $server.Credential; Subject = "CN=parallel$_" } }
            $certificates = $rows | ForEach-Object -ThrottleLimit 4 -Parallel {
                Import-Module $_.Manifest
                $_ | Select-Object Subject | New-CmpCertificateRequest -Server $_.Uri -Credential $_.Credential -NoInstall -ThrottleLimit 2
            }
            $certificates.Subject | Sort-Object | Should -Be @(1..8 | ForEach-Object { "CN=parallel$_" })
            foreach ($certificate in $certificates) {
                $certificate.PSTypeNames[0] | Should -Be 'Cmp.Certificate'
                $certificate.Status | Should -Be ([Cmp.Messages.PkiStatus]::Accepted)
                $certificate.TransactionId | Should -Match '^[0-9A-F]{32}$'
                Test-PrivateKey $certificate | Should -BeTrue
            }
            $certificates | Format-Table | Out-String -Width 120 | Should -Match 'Thumbprint +Subject +NotAfter +RenewAfter +Status +Server +Place'
        }
    }

    Context 'What takes time, and what is remembered' {
        It 'emits the transaction with -NoWait, and leaves the certificate to come' {
            $slow = Start-CmpTestServer -PollCount 1 -CheckAfter 0
            $path = Get-TestPath 'late.pem'
            $transaction = New-CmpCertificateRequest -Server $slow -Subject 'CN=late' -Name late -OutFile $path -NoWait
            $transaction | Should -BeOfType Cmp.CmpTransaction
            $transaction.Status | Should -Be 'Waiting'
            $path | Should -Not -Exist
            ($transaction | Wait-CmpTransaction -Credential $slow.Credential).EnrollmentName | Should -Be 'late'
            $path | Should -Exist
            Stop-CmpTestServer $slow
        }

        It 'sends nothing with -Offline' {
            $before = $server.Issued.Count
            $transaction = New-CmpCertificateRequest -Subject 'CN=offline' -Offline
            $transaction.Status | Should -Be 'Offline'
            $transaction.NextMessage.Count | Should -BeGreaterThan 100
            $server.Issued.Count | Should -Be $before
            $transaction | Remove-CmpTransaction
        }

        It 'remembers it by its name, or by its thumbprint' {
            (New-CmpCertificateRequest -Subject 'CN=remembered' -Name remembered).EnrollmentName | Should -Be 'remembered'
            $certificate = New-CmpCertificateRequest -Subject 'CN=nameless'
            $certificate.EnrollmentName | Should -Be $certificate.Thumbprint
            (Get-CmpCertificate remembered).Subject | Should -Be 'CN=remembered'
            (Get-CmpCertificate $certificate.Thumbprint).Subject | Should -Be 'CN=nameless'
        }

        It 'refuses a name that is none before it asks' {
            $before = $server.Issued.Count
            $failed = { New-CmpCertificateRequest -Subject 'CN=a' -Name ('x' * 65) -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpArgument.Name'
            $failed = { New-CmpCertificateRequest -Subject 'CN=a' -Name nowhere -NoInstall -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpArgument.Name'
            $server.Issued.Count | Should -Be $before
        }
    }

    Context 'Before it does anything' {
        It 'says what it would do' {
            $before = $server.Issued.Count
            New-CmpCertificateRequest -Subject 'CN=whatif' -OutFile (Get-TestPath 'whatif.pem') -WhatIf | Should -BeNullOrEmpty
            $server.Issued.Count | Should -Be $before
            Get-TestPath 'whatif.pem' | Should -Not -Exist
        }

        It 'wants somebody to be named' {
            $failed = { New-CmpCertificateRequest -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpArgument.Subject'
        }

        It 'knows the server or an address' {
            { New-CmpCertificateRequest -Server nobody -Subject 'CN=a' } | Should -Throw '*neither a registered server (ca) nor an address*'
        }
    }

    Context 'What goes wrong' {
        It 'says that the secret is wrong' {
            $failed = { New-CmpCertificateRequest -Subject 'CN=a' -Credential (Get-TestCredential 'cmp-test' 'wrong') -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpProtection.UnauthenticatedAnswer'
            $failed.CategoryInfo.Category | Should -Be 'SecurityError'
            $failed.TargetObject | Should -Be 'CN=a'
            $failed.ErrorDetails.RecommendedAction | Should -Match 'secret'
        }

        It 'says that nobody answers' {
            $failed = { New-CmpCertificateRequest -Server http://127.0.0.1:1/ -Credential $server.Credential -Subject 'CN=a' -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpTransport.ConnectFailed'
        }

        It 'gives the refusal of the server as an object' {
            $refusing = Start-CmpTestServer -FailInfo BadPOP
            try { New-CmpCertificateRequest -Server $refusing -Subject 'CN=a' -ErrorAction Stop }
            catch [Cmp.Messages.CmpServerException] {
                $_.Exception.FailInfo | Should -Be ([Cmp.Messages.FailInfo]::BadPOP)
                $refused = Get-ErrorId $_
            }
            finally { Stop-CmpTestServer $refusing }
            $refused | Should -Be 'CmpServer.badPOP'
        }
    }

    Context 'Approval' {
        It 'accepts what the script accepts' {
            (New-CmpCertificateRequest -Subject 'CN=a' -NoInstall -Approve { $_.Subject -eq 'CN=a' }).Confirmed | Should -BeTrue
        }

        It 'refuses what the script refuses, and leaves nothing' {
            $path = Get-TestPath 'refused.pem'
            $before = $server.Issued.Count
            $failed = { New-CmpCertificateRequest -Subject 'CN=a' -OutFile $path -Approve { 'too short a life' } -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpTransaction.Refused'
            $failed.Exception.Message | Should -Be 'too short a life'
            $path | Should -Not -Exist
            $server.Issued.Count | Should -Be $before
        }

        It 'refuses what the script cannot judge' {
            $failed = { New-CmpCertificateRequest -Subject 'CN=a' -NoInstall -Approve { throw 'broken' } -ErrorAction Stop -WarningVariable warned -WarningAction SilentlyContinue } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpTransaction.Refused'
        }
    }

    Context 'Keys that cannot sign, and keys that the CA makes' {
        It 'enrols a key of <KeyAlgorithm> <Proof>' -ForEach @(
            @{ KeyAlgorithm = 'ML-KEM-768'; Proof = $null; Kinds = 'ir', 'certConf' }
            @{ KeyAlgorithm = 'X25519'; Proof = $null; Kinds = 'ir', 'certConf' }
            @{ KeyAlgorithm = 'RSA_2048'; Proof = 'ChallengeResponse'; Kinds = 'ir', 'popdecr', 'certConf' }
            @{ KeyAlgorithm = 'RSA_2048'; Proof = 'EncryptedKey'; Kinds = 'genm', 'ir', 'certConf' }
        ) {
            $file = Get-TestPath "$KeyAlgorithm$Proof.pem"
            $more = if ($Proof) { @{ ProofOfPossession = $Proof; KeyUsage = 'KeyEncipherment' } } else { @{} }
            $text = New-CmpCertificateRequest -Subject 'CN=box' -KeyAlgorithm $KeyAlgorithm @more -ExplicitConfirm -OutFile $file -Verbose 4>&1
            $text | Where-Object { $_ -is [Management.Automation.VerboseRecord] } | ForEach-Object Message | Where-Object { $_ -match '^Sent (\w+)' } | ForEach-Object { ($_ -split '[ ,]')[1] } | Should -Be $Kinds
            (Get-Content $file -Raw) | Should -Match 'PRIVATE KEY'
        }

        It 'takes a key from the CA under a password, which signs a renewal' {
            $file = Get-TestPath 'meter7.pfx'
            $certificate = New-CmpCertificateRequest -Name meter7 -Subject 'CN=meter7' -CentralKeyGeneration -OutFile $file -OutPassword $server.Credential.Password
            Test-PrivateKey $certificate | Should -BeTrue
            $renewed = Update-CmpCertificate -Name meter7 -Force -OutPassword $server.Credential.Password
            Test-PrivateKey $renewed | Should -BeTrue
            $renewed.Thumbprint | Should -Not -Be $certificate.Thumbprint
            $opened = [Security.Cryptography.X509Certificates.X509Certificate2]::new($file, $server.Credential.GetNetworkCredential().Password)
            $opened.Thumbprint | Should -Be $renewed.Thumbprint
            Test-PrivateKey $opened | Should -BeTrue
        }

        It 'does both by the rows of a table' {
            $table = Get-TestPath 'boxes.csv'
            'Subject,CentralKeyGeneration,ProofOfPossession,KeyAlgorithm', 'CN=box1,true,,RSA', 'CN=box2,,ChallengeResponse,ML-KEM-512', 'CN=box3,,,' | Set-Content $table
            $certificates = Import-Csv $table | New-CmpCertificateRequest -NoInstall
            $certificates.Subject | Should -Be 'CN=box1', 'CN=box2', 'CN=box3'
            $certificates | ForEach-Object { $_.HasPrivateKey -or $null -ne $_.PSObject.Properties['Key'] } | Should -Be $true, $true, $true
        }

        It 'refuses before any traffic what the key cannot prove' {
            $failed = { New-CmpCertificateRequest -Server http://127.0.0.1:1/ -Credential $server.Credential -Subject 'CN=a' -KeyAlgorithm Ed25519 -ProofOfPossession ChallengeResponse -NoInstall -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpArgument.ProofOfPossession'
            $failed.ErrorDetails.RecommendedAction | Should -Match 'Signature'
        }
    }

    Context 'What a user sees' {
        It 'names each message with -Verbose' {
            $text = New-CmpCertificateRequest -Subject 'CN=a' -NoInstall -ExplicitConfirm -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] } | ForEach-Object Message
            $text -match '^(Sent|Received) ' | ForEach-Object { $_.Split(',')[0] } | Should -Be 'Sent ir', 'Received ip', 'Sent certConf', 'Received pkiconf'
        }

        It 'keeps each message with -TracePath' {
            $folder = Get-TestPath 'trace'
            $null = New-CmpCertificateRequest -Subject 'CN=a' -NoInstall -TracePath $folder
            (Get-ChildItem $folder -Filter *.der).Name | Should -Be '0001-sent-ir.der', '0002-received-ip.der'
            Get-TestPath 'trace/log.txt' | Should -Exist
        }

        It 'shows a table that fits, and escapes what a peer wrote' {
            $text = New-CmpCertificateRequest -Subject "CN=a$([char] 27)b" -NoInstall | Format-Table | Out-String -Width 120
            $text | Should -Match 'Thumbprint +Subject +NotAfter +RenewAfter +Status +Server +Place'
            $text | Should -Match 'CN=a\\u\{001B\}b'
        }

        It 'shows a list of what is worth knowing, and not what is empty' {
            $text = New-CmpCertificateRequest -Subject "CN=a$([char] 27)b" -DnsName listed.example -NoInstall | Format-List | Out-String -Width 120
            $labels = [regex]::Matches($text, '(?m)^(\w+) *: ') | ForEach-Object { $_.Groups[1].Value }
            $labels | Should -Be Subject, Names, Issuer, SerialNumber, Thumbprint, NotBefore, NotAfter, RenewAfter, HasPrivateKey, Server, Status, Confirmed, TransactionId, Chain, CaPubs
            $text | Should -Match 'Subject +: CN=a\\u\{001B\}b'
            $text | Should -Match 'listed\.example'
            $text | Should -Match ([regex]::Escape('{CN=Cmp Test Issuing CA, CN=Cmp Test Root CA}'))
        }

        It 'completes <Line>' -ForEach @(
            @{ Line = 'New-CmpCertificateRequest -Server c'; Expected = 'ca' }
            @{ Line = 'New-CmpCertificateRequest -KeyAlgorithm RSA_4'; Expected = 'RSA_4096' }
            @{ Line = 'New-CmpCertificateRequest -EnhancedKeyUsage ServerA'; Expected = 'ServerAuthentication' }
            @{ Line = 'New-CmpCertificateRequest -Preset Open'; Expected = 'OpenSslMock' }
            @{ Line = 'New-CmpCertificateRequest -Operation '; Expected = 'Certification', 'Initialization' }
        ) {
            Get-Completion $Line | Should -Be $Expected
        }
    }
}
