BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
}

AfterAll {
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Update-CmpCertificate' {
    Context 'What is due' {
        It 'does nothing where nothing is due, and says so when asked' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=young' -NoInstall
            $output = $certificate | Update-CmpCertificate -Verbose 4>&1
            $output | Should -HaveCount 1
            $output.Message | Should -Match "^$($certificate.Thumbprint) \(CN=.*\) is not due before"
        }

        It 'renews where it is due' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=old' -NoInstall
            ($certificate | Update-CmpCertificate -RenewBefore 365.00:00:00 -NoInstall).Subject | Should -Be 'CN=old'
            ($certificate | Update-CmpCertificate -RenewBefore 100% -NoInstall).Subject | Should -Be 'CN=old'
        }

        It 'renews by force' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=forced' -NoInstall
            $new = $certificate | Update-CmpCertificate -Force -NoInstall
            $new.Thumbprint | Should -Not -Be $certificate.Thumbprint
            $new.GetPublicKeyString() | Should -Not -Be $certificate.GetPublicKeyString()
            Test-PrivateKey $new | Should -BeTrue
        }

        It 'takes no window that is none: <_>' -ForEach '120%', 'soon', '-1.00:00:00' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=window' -NoInstall
            { Update-CmpCertificate $certificate -RenewBefore $_ } | Should -Throw
        }
    }

    Context 'Fleets' {
        It 'renews many at once, in their order, and each error is about its own' {
            $old = 1..12 | ForEach-Object { [pscustomobject] @{ Subject = "CN=fleet$_" } } | New-CmpCertificateRequest -NoInstall -ThrottleLimit 4
            $keyless = [Security.Cryptography.X509Certificates.X509Certificate2]::new($old[5].RawData)
            $new = @($old[0..4]) + $keyless + @($old[6..11]) | Update-CmpCertificate -Server ca -Force -NoInstall -ThrottleLimit 4 -ErrorAction SilentlyContinue -ErrorVariable failed
            $new.Subject | Should -Be @(1..12 | Where-Object { $_ -ne 6 } | ForEach-Object { "CN=fleet$_" })
            $failed | Should -HaveCount 1
            Get-ErrorId $failed[0] | Should -Be 'CmpKey.Missing'
            $failed[0].TargetObject | Should -Be $keyless
        }

        It 'takes objects that have a certificate' {
            $old = New-CmpCertificateRequest -Subject 'CN=carried' -NoInstall
            ([pscustomobject] @{ Certificate = $old } | Update-CmpCertificate -Force -NoInstall).Subject | Should -Be 'CN=carried'
        }

        It 'renews what came out of a job, where its key is at hand' {
            $path = Get-TestPath 'job.pem'
            $request = @{ Server = $server.Uri; Credential = $server.Credential; Subject = 'CN=job'; OutFile = $path }
            $job = Start-Job {
                Import-Module $using:manifest
                $request = $using:request
                New-CmpCertificateRequest @request
            }
            $certificate = $job | Wait-Job | Receive-Job
            $job | Remove-Job
            ($certificate | Update-CmpCertificate -Server ca -CertificateKeyPath $certificate.Path -Force -NoInstall).Subject | Should -Be 'CN=job'
        }
    }

    Context 'The new certificate' {
        It 'goes where the old one is, and is found by thumbprint, path and object' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=stored'
            foreach ($named in $certificate, $certificate.Thumbprint, "Cert:\CurrentUser\My\$($certificate.Thumbprint)") {
                $new = Update-CmpCertificate $named -Force -OldCertificateAction Keep
                $new.Store | Should -Be 'CurrentUser\My'
                Test-PrivateKey $new | Should -BeTrue
            }
        }

        It 'keeps names and extensions, and does not end when the old one does' {
            $asked = @{ Subject = 'CN=kept'; DnsName = 'kept.example'; EnhancedKeyUsage = 'ServerAuthentication'; NotAfter = [datetime]::Today.AddDays(3) }
            $certificate = New-CmpCertificateRequest @asked -NoInstall
            $new = $certificate | Update-CmpCertificate -Force -NoInstall
            $new.Extensions['2.5.29.17'].Format($false) | Should -Match 'kept.example'
            $new.Extensions['2.5.29.37'].EnhancedKeyUsages.Value | Should -Be '1.3.6.1.5.5.7.3.1'
            $new.NotAfter | Should -BeGreaterThan $certificate.NotAfter
        }

        It 'has other names where they are given, and none where the list is empty' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=names' -DnsName old.example -NoInstall
            $text = ($certificate | Update-CmpCertificate -Force -NoInstall -DnsName new.example).Extensions['2.5.29.17'].Format($false)
            $text | Should -Match 'new.example'
            $text | Should -Not -Match 'old.example'
            ($certificate | Update-CmpCertificate -Force -NoInstall -DnsName @()).Extensions['2.5.29.17'] | Should -BeNullOrEmpty
        }

        It 'has the old key where that is wanted' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=reuse' -NoInstall
            ($certificate | Update-CmpCertificate -Force -ReuseKey -NoInstall).GetPublicKeyString() | Should -Be $certificate.GetPublicKeyString()
        }

        It 'has a key of another kind where that is wanted' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=kind' -NoInstall
            ($certificate | Update-CmpCertificate -Force -KeyAlgorithm RSA_2048 -NoInstall).PublicKey.Oid.FriendlyName | Should -Be 'RSA'
        }
    }

    Context 'Files' {
        It 'goes to the file again that it was enrolled into' {
            $path = Get-TestPath 'enrolled.pem'
            $old = New-CmpCertificateRequest -Subject 'CN=a' -OutFile $path
            $new = Update-CmpCertificate $path -Force
            $new.Path | Should -Be $path
            $new.Thumbprint | Should -Not -Be $old.Thumbprint
            Test-CmpCertificate -Certificate $path | Should -BeTrue
        }

        It 'must be told where a certificate in a file goes that was enrolled elsewhere' {
            $path = Get-TestPath 'a.pem'
            $null = New-CmpCertificateRequest -Subject 'CN=a' -OutFile $path
            $elsewhere = $env:CMP_HOME
            $env:CMP_HOME = Get-TestPath 'otherhome'
            try { $failed = { Update-CmpCertificate $path -Force -ErrorAction Stop } | Should -Throw -PassThru }
            finally { $env:CMP_HOME = $elsewhere }
            Get-ErrorId $failed | Should -Be 'CmpArgument.Destination'
            $failed.ErrorDetails.RecommendedAction | Should -Match '-OutFile'
        }

        It 'replaces a file in its place' {
            $path = Get-TestPath 'b.pem'
            $old = New-CmpCertificateRequest -Subject 'CN=b' -OutFile $path
            $new = Update-CmpCertificate $path -Force -OutFile $path
            $new.Thumbprint | Should -Not -Be $old.Thumbprint
            (Update-CmpCertificate $path -Force -NoInstall).Subject | Should -Be 'CN=b'
        }

        It 'leaves the file alone where the server refuses' {
            $path = Get-TestPath 'c.pem'
            $null = New-CmpCertificateRequest -Subject 'CN=c' -OutFile $path
            $before = Get-Content $path
            $refusing = Start-CmpTestServer -FailInfo NotAuthorized
            try { Update-CmpCertificate $path -Server $refusing -Force -OutFile $path -ErrorAction SilentlyContinue | Should -BeNullOrEmpty }
            finally { Stop-CmpTestServer $refusing }
            Get-Content $path | Should -Be $before
        }

        It 'renews files from the pipeline' {
            1..3 | ForEach-Object { New-CmpCertificateRequest -Subject "CN=d$_" -OutFile (Get-TestPath "d$_.pem") } | Out-Null
            (Get-ChildItem $TestDrive -Filter d?.pem | Update-CmpCertificate -Force -NoInstall).Subject | Should -Be 'CN=d1', 'CN=d2', 'CN=d3'
        }

        It 'tells what to do with an encrypted file' {
            $path = Get-TestPath 'e.pfx'
            $null = New-CmpCertificateRequest -Subject 'CN=e' -OutFile $path -OutPassword (Get-TestSecret 'e')
            { Update-CmpCertificate $path -Force -NoInstall } | Should -Throw '*Get-PfxCertificate*'
        }
    }

    Context 'By name' {
        It 'renews what was enrolled under a name, in a <Place>' -ForEach @(
            @{ Place = 'store'; Arguments = @{} }
            @{ Place = 'file'; Arguments = @{ OutFile = 'named.pem' } }
        ) {
            if ($Arguments.ContainsKey('OutFile')) { $Arguments.OutFile = Get-TestPath $Arguments.OutFile }
            $old = New-CmpCertificateRequest -Subject 'CN=named' -Name "named-$Place" @Arguments
            $new = Update-CmpCertificate -Name "named-$Place" -Force
            $new.EnrollmentName | Should -Be "named-$Place"
            $new.Path | Should -Be $old.Path
            $new.Store | Should -Be $old.Store
            $new.Thumbprint | Should -Not -Be $old.Thumbprint
            (Get-CmpCertificate "named-$Place").Thumbprint | Should -Be $new.Thumbprint
        }

        It 'does nothing where nothing is due' {
            $null = New-CmpCertificateRequest -Subject 'CN=young' -Name young
            Update-CmpCertificate -Name young | Should -BeNullOrEmpty
        }

        It 'names the enrolment that is not there' {
            $failed = { Update-CmpCertificate -Name nobody -Force -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpEnrollment.NotFound'
            $failed.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        }
    }

    Context 'Day after day' {
        It 'renews all that are due by -Name *, and remembers the window' {
            $days = { $found = Get-CmpCertificate daily; [int] ($found.Certificate.NotAfter - $found.RenewAfter).TotalDays }
            $null = New-CmpCertificateRequest -Subject 'CN=daily' -Name daily -RenewBefore 50% -NotBefore (Get-Date).AddHours(-20) -NotAfter (Get-Date).AddHours(16)
            (Get-CmpCertificate daily).Due | Should -BeTrue
            (Update-CmpCertificate -Name dai*).EnrollmentName | Should -Be 'daily'
            (Get-CmpCertificate daily).Due | Should -BeFalse
            & $days | Should -BeGreaterThan 180
            Update-CmpCertificate -Name daily -RenewBefore 20% -Force | Should -Not -BeNullOrEmpty
            & $days | Should -Be 73
        }

        It 'remembers no window where nothing was renewed' {
            $null = New-CmpCertificateRequest -Subject 'CN=once' -Name once
            $before = (Get-CmpCertificate once).RenewAfter
            Update-CmpCertificate -Name once -RenewBefore 20% | Should -BeNullOrEmpty
            (Get-CmpCertificate once).RenewAfter | Should -Be $before
        }

        It 'searches a store by the CA, by its name or its certificate' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=searched' -Name searched -FriendlyName 'web farm'
            $found = Update-CmpCertificate -CertStoreLocation Cert:\CurrentUser\My -Issuer $certificate.Chain[0] -FriendlyName 'WEB*' -Force
            $found.EnrollmentName | Should -Be 'searched'
            Update-CmpCertificate -Issuer 'CN=Nobody' -Force | Should -BeNullOrEmpty
            $failed = { Update-CmpCertificate -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpArgument.Search'
        }

        It 'says that a window is longer than the lifetime' {
            $null = New-CmpCertificateRequest -Subject 'CN=long' -Name long
            $failed = { Update-CmpCertificate -Name long -RenewBefore 400.00:00:00 -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpArgument.RenewBefore'
        }

        It 'counts a number alone as days' {
            Update-CmpCertificate -Name long -RenewBefore 20 -WhatIf | Should -BeNullOrEmpty
            $failed = { Update-CmpCertificate -Name long -RenewBefore 400 -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpArgument.RenewBefore'
        }

        It 'comes back after the end by the credential, and by nothing else' {
            $key = [Security.Cryptography.ECDsa]::Create()
            $made = [Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=expired', $key, 'SHA256')
            $expired = $made.CreateSelfSigned([datetime]::UtcNow.AddDays(-20), [datetime]::UtcNow.AddDays(-1))
            ($expired | Update-CmpCertificate -NoInstall).Subject | Should -Be 'CN=expired'
            $failed = { $expired | Update-CmpCertificate -Server $server.Uri -TrustAnchor $server.RootCertificate -NoInstall -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpRenewal.Expired'
        }
    }

    Context 'What takes time' {
        It 'emits the transaction, and the old certificate stays until it has ended' {
            $slow = Start-CmpTestServer -PollCount 1 -CheckAfter 0
            $path = Get-TestPath 'slow.pem'
            $old = New-CmpCertificateRequest -Server $slow -Subject 'CN=slow' -Name slow -OutFile $path
            $transaction = Update-CmpCertificate -Name slow -Server $slow -Force -NoWait
            $transaction | Should -BeOfType Cmp.CmpTransaction
            (Get-CmpCertificate slow).Thumbprint | Should -Be $old.Thumbprint
            $new = $transaction | Wait-CmpTransaction
            (Get-CmpCertificate slow).Thumbprint | Should -Be $new.Thumbprint
            Test-CmpCertificate slow | Should -BeTrue
        }

        It 'is carried by hand with -Offline' {
            $null = New-CmpCertificateRequest -Subject 'CN=carried' -Name carried
            $transaction = Update-CmpCertificate -Name carried -Force -Offline
            $transaction | Export-CmpMessage -OutFile (Get-TestPath 'kur.pki')
            Send-TestMessage $server.Uri (Get-TestPath 'kur.pki') (Get-TestPath 'kup.pki')
            ($transaction | Wait-CmpTransaction -ResponsePath (Get-TestPath 'kup.pki')).EnrollmentName | Should -Be 'carried'
        }
    }

    Context 'Without the old key' {
        It 'says that a key is missing' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=keyless' -NoInstall
            $keyless = [Security.Cryptography.X509Certificates.X509Certificate2]::new($certificate.RawData)
            $failed = { Update-CmpCertificate $keyless -Force -NoInstall -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpKey.Missing'
            # the subject of a certificate is a peer's word, and not shown as it is
            $failed.CategoryInfo.TargetName | Should -Be $certificate.Thumbprint
        }

        It 'renews with the shared secret' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=secret' -NoInstall
            $keyless = [Security.Cryptography.X509Certificates.X509Certificate2]::new($certificate.RawData)
            (Update-CmpCertificate $keyless -Force -NoInstall -Protection PasswordBasedMac).Subject | Should -Be 'CN=secret'
        }

        It 'renews with the key in another file' {
            $paths = @{ OutFile = Get-TestPath 'f.cer'; OutKeyFile = Get-TestPath 'f.key' }
            $null = New-CmpCertificateRequest -Subject 'CN=f' @paths
            (Update-CmpCertificate $paths.OutFile -CertificateKeyPath $paths.OutKeyFile -Force -NoInstall).Subject | Should -Be 'CN=f'
        }
    }

    Context 'The old certificate' {
        It 'is removed where that is wanted' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=removed'
            $null = $certificate | Update-CmpCertificate -Force -OldCertificateAction Remove
            { Update-CmpCertificate $certificate.Thumbprint -Force } | Should -Throw '*There is no*'
        }

        It 'stays where the new one goes nowhere' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=stays'
            $null = $certificate | Update-CmpCertificate -Force -NoInstall
            (Update-CmpCertificate $certificate.Thumbprint -Force -NoInstall).Subject | Should -Be 'CN=stays'
        }
    }

    Context 'What a user sees' {
        It 'says what it would do' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=whatif' -NoInstall
            $before = $server.Issued.Count
            $certificate | Update-CmpCertificate -Force -WhatIf | Should -BeNullOrEmpty
            $server.Issued.Count | Should -Be $before
        }

        It 'completes thumbprints' {
            $certificate = New-CmpCertificateRequest -Subject 'CN=completed'
            Get-Completion "Update-CmpCertificate $($certificate.Thumbprint.Substring(0, 10))" | Should -Be $certificate.Thumbprint
        }

        It 'renews a pipeline of them' {
            $certificates = 1..5 | ForEach-Object { [pscustomobject] @{ Subject = "CN=many$_" } } | New-CmpCertificateRequest -NoInstall
            ($certificates | Update-CmpCertificate -Force -NoInstall).Subject | Should -Be $certificates.Subject
        }
    }
}
