BeforeAll {
    . $PSScriptRoot/Common.ps1
    $ca = Start-CmpTestServer
    $quiet = @{ Server = $ca; Confirm = $false }

    function New-TestCertificate([string] $Subject) { New-CmpCertificateRequest -Server $ca -Subject $Subject -NoInstall }
}

AfterAll {
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Revoke-CmpCertificate' {
    Context 'What comes back' {
        It 'says what the server did, and the CRL says it too' {
            $certificate = New-TestCertificate 'CN=a, O=Example'
            $revocation = $certificate | Revoke-CmpCertificate -Reason KeyCompromise @quiet
            $revocation | Should -BeOfType Cmp.CmpRevocation
            $revocation.Certificate.Thumbprint | Should -Be $certificate.Thumbprint
            $revocation.Subject | Should -Be 'CN=a, O=Example'
            $revocation.SerialNumber | Should -Be $certificate.SerialNumber
            $revocation.Reason | Should -Be 'KeyCompromise'
            $revocation.Status | Should -Be 'Accepted'
            $revocation.Crl.Verified | Should -BeTrue
            ($revocation.Crl.Entries | Where-Object SerialNumber -eq $certificate.SerialNumber).Reason | Should -Be 'KeyCompromise'
            $ca.Issued | ForEach-Object Thumbprint | Should -Not -Contain $certificate.Thumbprint
        }

        It 'is shown as a table and as a list' {
            $revocation = New-TestCertificate 'CN=shown' | Revoke-CmpCertificate -Reason Superseded @quiet
            ($revocation | Out-String -Width 120) | Should -Match 'CN=shown +Superseded +Accepted'
            ($revocation | Format-List | Out-String) | Should -Match 'Crl +: CRL of CN=Cmp Test Issuing CA'
        }

        It 'is read by OpenSSL as it was meant' {
            if (-not (Get-Command openssl -CommandType Application -ErrorAction Ignore)) { Set-ItResult -Skipped -Because 'openssl was not found' }
            $certificate = New-TestCertificate 'CN=read'
            $revocation = $certificate | Revoke-CmpCertificate -Reason CessationOfOperation @quiet
            [IO.File]::WriteAllBytes((Get-TestPath 'crl.der'), $revocation.Crl.RawData)
            $text = (& openssl crl -inform DER -in (Get-TestPath 'crl.der') -noout -text) -join "`n"
            $text | Should -Match "(?s)Serial Number: 0*$($certificate.SerialNumber.TrimStart('0')).{0,250}Cessation Of Operation"
        }
    }

    Context 'How a certificate is named' {
        It 'takes <Name>' -ForEach @(
            @{ Name = 'a thumbprint'; Named = { $certificate.Thumbprint } }
            @{ Name = 'a path of the Cert: drive'; Named = { "Cert:\CurrentUser\My\$($certificate.Thumbprint)" } }
            @{ Name = 'a file'; Named = { Get-TestPath 'named.pem' } }
        ) {
            $certificate = New-CmpCertificateRequest -Server $ca -Subject 'CN=named' -OutFile (Get-TestPath 'named.pem') -CertStoreLocation Cert:\CurrentUser\My -Force
            (Revoke-CmpCertificate (& $Named) @quiet).SerialNumber | Should -Be $certificate.SerialNumber
        }

        It 'takes issuer and serial number, from a table too' {
            $certificate = New-TestCertificate 'CN=numbered'
            Set-Content (Get-TestPath 'numbers.csv') "Issuer,SerialNumber,Reason`n$($certificate.Issuer),$($certificate.SerialNumber),Superseded"
            $revocation = Import-Csv (Get-TestPath 'numbers.csv') | Revoke-CmpCertificate @quiet
            $revocation.SerialNumber | Should -Be $certificate.SerialNumber
            $revocation.Reason | Should -Be 'Superseded'
            $revocation.Certificate | Should -BeNullOrEmpty
        }

        It 'takes the PKCS #10 request' {
            $request = Get-TestPkcs10 'CN=requested'
            $null = New-CmpCertificateRequest -Server $ca -Pkcs10 $request -NoInstall
            (Revoke-CmpCertificate -Pkcs10 $request @quiet).Subject | Should -Be 'CN=requested'
        }

        It 'takes an enrolment, and goes to its server' {
            Register-CmpServer home $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate
            $null = New-CmpCertificateRequest -Server home -Subject 'CN=kept' -Name kept
            (Get-CmpCertificate kept | Revoke-CmpCertificate -Confirm:$false).Server | Should -Be 'home'
            Unregister-CmpServer home
        }

        It 'refuses what is no serial number' {
            $failed = { Revoke-CmpCertificate -Issuer 'CN=a' -SerialNumber 'xyz' @quiet } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'ParameterArgumentTransformationError'
        }
    }

    Context 'Who asks' {
        It 'is the certificate itself where its key is here: no secret is needed' {
            $certificate = New-TestCertificate 'CN=itself'
            ($certificate | Revoke-CmpCertificate -Server $ca.Uri -TrustAnchor $ca.RootCertificate -Confirm:$false).Status | Should -Be 'Accepted'
        }

        It 'is the secret otherwise, and a wrong one is refused' {
            $bare = [Security.Cryptography.X509Certificates.X509Certificate2]::new((New-TestCertificate 'CN=bare').RawData)
            $failed = { Revoke-CmpCertificate $bare -Server $ca.Uri -Credential (Get-TestCredential 'cmp-test' 'wrong') -Confirm:$false -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpProtection.UnauthenticatedAnswer'
            $failed = { Revoke-CmpCertificate $bare -Server $ca.Uri -Confirm:$false -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpArgument.NoCredential'
            (Revoke-CmpCertificate $bare -Server $ca.Uri -Credential $ca.Credential -Confirm:$false).Status | Should -Be 'Accepted'
        }

        It 'asks no more once it is revoked' {
            $certificate = New-TestCertificate 'CN=revoked'
            $null = $certificate | Revoke-CmpCertificate @quiet
            $failed = { $certificate | Update-CmpCertificate -Server $ca -Force -NoInstall -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpServer.signerNotTrusted'
        }
    }

    Context 'Several' {
        It 'go into one message, each with its own answer' {
            $certificates = 1..3 | ForEach-Object { New-TestCertificate "CN=$_" }
            $null = $certificates[1] | Revoke-CmpCertificate @quiet
            $unknown = [pscustomobject]@{ Issuer = $certificates[0].Issuer; SerialNumber = '1234' }
            $revoked = $certificates[0], $unknown, $certificates[1], $certificates[2] | Revoke-CmpCertificate -BatchSize 4 @quiet -ErrorAction SilentlyContinue -ErrorVariable failed
            $revoked.Subject | Should -Be 'CN=1', 'CN=3'
            $failed | ForEach-Object { Get-ErrorId $_ } | Should -Be 'CmpServer.badCertId', 'CmpServer.certRevoked'
            $failed[0].TargetObject.SerialNumber | Should -Be '1234'
            $failed[1].TargetObject.Thumbprint | Should -Be $certificates[1].Thumbprint
            "$($failed[1])" | Should -Match '^CN=2, serial number '
        }
    }

    Context 'A hold' {
        It 'is laid and lifted' {
            $hold = New-TestCertificate 'CN=held' | Revoke-CmpCertificate -Reason CertificateHold @quiet
            $lifted = $hold | Revoke-CmpCertificate -Reason RemoveFromCrl @quiet
            $lifted.Reason | Should -Be 'RemoveFromCrl'
            $lifted.Crl.Entries.SerialNumber | Should -Not -Contain $hold.SerialNumber
            $failed = { $hold | Revoke-CmpCertificate -Reason RemoveFromCrl @quiet -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpServer.badRequest'
        }
    }

    Context 'Before it does anything' {
        It 'says what it would do' {
            $certificate = New-TestCertificate 'CN=whatif'
            $certificate | Revoke-CmpCertificate -Server $ca -WhatIf | Should -BeNullOrEmpty
            $ca.Issued.Thumbprint | Should -Contain $certificate.Thumbprint
        }

        It 'asks, since its impact is high' {
            [Reflection.CustomAttributeExtensions]::GetCustomAttribute((Get-Command Revoke-CmpCertificate).ImplementingType, [Management.Automation.CmdletAttribute]).ConfirmImpact | Should -Be 'High'
        }

        It 'completes reasons' { Get-Completion 'Revoke-CmpCertificate -Reason Remove' | Should -Be 'RemoveFromCrl' }
    }

    Context 'A server that needs time' {
        BeforeAll { $slow = Start-CmpTestServer -PollCount 1 -CheckAfter 0 }

        AfterEach { Remove-CmpTransaction * }

        It 'is waited for' {
            $certificate = New-CmpCertificateRequest -Server $slow -Subject 'CN=waits' -NoInstall
            ($certificate | Revoke-CmpCertificate -Server $slow -Confirm:$false).Status | Should -Be 'Accepted'
        }

        It 'is asked again in another process' {
            $certificate = New-CmpCertificateRequest -Server $slow -Subject 'CN=other process' -NoInstall
            $transaction = $certificate | Revoke-CmpCertificate -Server $slow -Confirm:$false -NoWait -Protection PasswordBasedMac
            $transaction.Operation | Should -Be 'Revocation'
            $lines = Invoke-OtherProcess "(Get-CmpTransaction).Operation; (Wait-CmpTransaction $($transaction.Id) -Credential `$credential).SerialNumber" $slow.Credential
            $lines | Should -Be 'Revocation', $certificate.SerialNumber
            Get-CmpTransaction | Should -BeNullOrEmpty
            $slow.Issued | ForEach-Object Thumbprint | Should -Not -Contain $certificate.Thumbprint
        }
    }
}
