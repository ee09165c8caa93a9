BeforeAll { . $PSScriptRoot/Common.ps1 }

Describe 'Start-CmpTestServer' {
    AfterEach { Stop-CmpTestServer }

    It 'gives all that a requester needs' {
        $server = Start-CmpTestServer
        $server.Uri.Host | Should -BeIn '127.0.0.1', 'localhost'
        $server.Credential.UserName | Should -Not -BeNullOrEmpty
        $server.RootCertificate.Subject | Should -Be $server.RootCertificate.Issuer
        $server.Issued | Should -BeNullOrEmpty
    }

    It 'is a server by itself' {
        $server = Start-CmpTestServer
        $certificate = New-CmpCertificateRequest -Server $server -Subject 'CN=a' -NoInstall
        $server.Issued.Thumbprint | Should -Be $certificate.Thumbprint
        ($certificate | Update-CmpCertificate -Server $server -Force -NoInstall).Subject | Should -Be 'CN=a'
    }

    It 'takes a credential and a port' {
        $server = Start-CmpTestServer -Credential (Get-TestCredential 'me' 'secret')
        (New-CmpCertificateRequest -Server $server.Uri -Credential (Get-TestCredential 'me' 'secret') -Subject 'CN=a' -NoInstall).Subject | Should -Be 'CN=a'
        $failed = { Start-CmpTestServer -Port $server.Uri.Port } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpTransport.ListenFailed'
    }

    It 'takes signatures of those that it trusts, and of no others' {
        $first = Start-CmpTestServer
        $client = New-CmpCertificateRequest -Server $first -Subject 'CN=client' -NoInstall
        $trusting = Start-CmpTestServer -TrustedClient $first.RootCertificate
        $request = @{ ClientCertificate = $client; Subject = 'CN=a'; NoInstall = $true; ErrorAction = 'Stop' }
        (New-CmpCertificateRequest -Server $trusting.Uri -TrustAnchor $trusting.RootCertificate @request).Subject | Should -Be 'CN=a'
        $other = Start-CmpTestServer
        { New-CmpCertificateRequest -Server $other.Uri -TrustAnchor $other.RootCertificate @request } | Should -Throw
    }

    It 'makes requesters wait' {
        $server = Start-CmpTestServer -PollCount 2 -CheckAfter 0
        $text = New-CmpCertificateRequest -Server $server -Subject 'CN=a' -NoInstall -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] } | ForEach-Object Message
        @($text -match '^Sent pollReq').Count | Should -Be 3
    }

    It 'warns where a server waits longer than there is time for' {
        $server = Start-CmpTestServer -PollCount 1 -CheckAfter 3600
        $transaction = New-CmpCertificateRequest -Server $server -Subject 'CN=a' -TimeoutSec 2 -WarningAction SilentlyContinue -WarningVariable warned
        $transaction | Should -BeOfType Cmp.CmpTransaction
        $transaction.Reason | Should -Not -BeNullOrEmpty
        $transaction.CheckAfter | Should -BeGreaterThan (Get-Date).AddMinutes(30)
        $warned | Should -HaveCount 1
    }

    It 'takes the proof that it was told to take' {
        $server = Start-CmpTestServer -RequiredProof RaVerified
        $failed = { New-CmpCertificateRequest -Server $server -Subject 'CN=a' -NoInstall -ErrorAction Stop } | Should -Throw -PassThru
        $failed.Exception.FailInfo | Should -Be 'BadPOP'
        $server = Start-CmpTestServer -RequiredProof Signature
        (New-CmpCertificateRequest -Server $server -Subject 'CN=a' -NoInstall).Subject | Should -Be 'CN=a'
    }

    It 'has a key to encrypt to, of the kind that it was told' {
        $server = Start-CmpTestServer -EncryptionKeyAlgorithm ECDSA_P384
        $server.EncryptionCertificate.PublicKey.Oid.Value | Should -Be '1.2.840.10045.2.1'
        (Start-CmpTestServer).EncryptionCertificate.PublicKey.Oid.Value | Should -Be '1.2.840.113549.1.1.1'
        $failed = { Start-CmpTestServer -EncryptionKeyAlgorithm Ed25519 } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpKey.Algorithm'
    }

    It 'makes a key, and one that is wrong on demand' {
        $request = @{ Subject = 'CN=a'; NoInstall = $true; CentralKeyGeneration = $true; ErrorAction = 'Stop' }
        (New-CmpCertificateRequest -Server (Start-CmpTestServer) @request).HasPrivateKey | Should -BeTrue
        foreach ($fault in 'Unsigned', 'OtherKey', 'OtherRecipient') {
            $server = Start-CmpTestServer -KeyPackageFault $fault
            { New-CmpCertificateRequest -Server $server @request } | Should -Throw
        }
        $server = Start-CmpTestServer -KeyPackageFault Unasked
        $failed = { New-CmpCertificateRequest -Server $server -Subject 'CN=a' -NoInstall -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Not -BeLike 'CmpServer*'
    }

    It 'challenges who cannot sign' {
        $server = Start-CmpTestServer -RequiredProof ChallengeResponse
        $request = @{ Server = $server; Subject = 'CN=a'; KeyAlgorithm = 'X25519'; OutFile = Get-TestPath 'a.pem'; ErrorAction = 'Stop' }
        (New-CmpCertificateRequest @request -ProofOfPossession ChallengeResponse).Subject | Should -Be 'CN=a'
        $server.Issued.Subject | Should -Be 'CN=a'
        { New-CmpCertificateRequest @request -ProofOfPossession EncryptedCertificate -Force } | Should -Throw
    }

    It 'rejects with the reasons that were named' {
        $server = Start-CmpTestServer -FailInfo BadCertTemplate, BadPOP
        $failed = { New-CmpCertificateRequest -Server $server -Subject 'CN=a' -NoInstall -ErrorAction Stop } | Should -Throw -PassThru
        $failed.Exception.FailInfo | Should -Be 'BadPOP, BadCertTemplate'
        $server.Issued | Should -BeNullOrEmpty
    }

    It 'goes on with the state of another one' {
        $path = Get-TestPath 'state'
        $first = Start-CmpTestServer -StatePath $path -PollCount 1 -CheckAfter 3600
        $credential = $first.Credential
        $null = New-CmpCertificateRequest -Server $first -Subject 'CN=waits' -NoInstall -TimeoutSec 2 -WarningAction SilentlyContinue
        { Start-CmpTestServer -StatePath $path } | Should -Throw -ErrorId 'CmpState.InUse*'
        Stop-CmpTestServer $first
        $second = Start-CmpTestServer -StatePath $path
        $second.RootCertificate.Thumbprint | Should -Be $first.RootCertificate.Thumbprint
        $second.Credential.UserName | Should -Be $credential.UserName
        $certificate = New-CmpCertificateRequest -Server $second.Uri -Credential $credential -Subject 'CN=a' -NoInstall
        Stop-CmpTestServer $second
        (Start-CmpTestServer -StatePath $path).Issued.Thumbprint | Should -Be $certificate.Thumbprint
    }

    It 'takes paths of the session and names a file that is damaged' {
        Push-Location $TestDrive
        try {
            Start-CmpTestServer -StatePath ./here | Stop-CmpTestServer
            $file = Get-TestPath 'here/authority/authority.json'
            Set-Content $file '{'
            $failed = { Start-CmpTestServer -StatePath ./here } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpState.Unreadable'
            $failed.Exception.Message | Should -BeLike '*authority.json*'
            Get-Content $file | Should -Be '{'
        }
        finally { Pop-Location }
    }

    It 'is one server on every road' {
        $test = Start-CmpTestServer -Transport ([Enum]::GetNames([Cmp.TestServer.TestServerRoad]))
        foreach ($server in $test.Servers.Values) {
            $certificate = New-CmpCertificateRequest -Server $server -Subject 'CN=a' -NoInstall
            ($certificate | Update-CmpCertificate -Server $server -Force -NoInstall).Confirmed | Should -BeTrue
            (Test-CmpServer $server).Stage | Should -Be 'Informed'
        }
        $test.Issued | Should -HaveCount (2 * $test.Uris.Count)
        $test | Format-List | Out-String -Width 120 | Should -Match 'Https https://127\.0\.0\.1:\d+/'
    }

    It 'has polling of its own where the road has it' {
        $server = Start-CmpTestServer -Transport HttpTcp -TransportPollCount 1 -TransportCheckAfter 0
        $progress = New-CmpCertificateRequest -Server $server -Subject 'CN=a' -NoInstall -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] } | ForEach-Object Message
        @($progress -match '^Sent ').Count | Should -Be 1
        $failed = { Start-CmpTestServer -TransportPollCount 1 } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpArgument.Transport'
    }

    It 'announces what it is told to' {
        $server = Start-CmpTestServer -Transport Http, Tcp, Coap
        $certificate = New-CmpCertificateRequest -Server $server -Subject 'CN=a' -NoInstall
        foreach ($announced in $server.Announce('Certificate'), $server.Announce('Revocation', $certificate), $server.Announce('Crl')) {
            $announced | Should -BeOfType Cmp.TestServer.TestAnnouncement
            $announced.PollingReference | Should -Match '^[0-9A-F]{8}$'
        }
        $failed = { $server.Announce('CaKeyUpdate') } | Should -Throw -PassThru
        $failed.Exception.InnerException.ErrorId | Should -Be 'CmpArgument.Announcement'
        $null = $server.UpdateRoot()
        $server.Announce('CaKeyUpdate').Type | Should -Be 'CaKeyUpdate'
    }

    It 'tells by GET what was not announced, too' {
        $server = Start-CmpTestServer
        $certificate = New-CmpCertificateRequest -Server $server -Subject 'CN=a' -NoInstall
        $issuer = [Convert]::ToHexString($certificate.IssuerName.RawData)
        $crl = Invoke-WebRequest "$($server.Uri)CRLAnn.PKI?issuer=$issuer" -NoProxy
        $crl.Headers.'Content-Type' | Should -Be 'application/pkixcmp'
        $target = "$($server.Uri)RevAnn.PKI?issuer=$issuer&serialNumber=$($certificate.SerialNumber)"
        (Invoke-WebRequest $target -NoProxy -SkipHttpErrorCheck).StatusCode | Should -Be 404
        $null = $certificate | Revoke-CmpCertificate -Server $server -Confirm:$false
        (Invoke-WebRequest $target -NoProxy).StatusCode | Should -Be 200
    }

    It 'reads files in a folder that stays, or in one of its own that goes' {
        Push-Location $TestDrive
        try {
            $server = Start-CmpTestServer -Transport File -Path ./exchange
            $server.FolderPath | Should -Be (Get-Item ./exchange).FullName
            $null = New-CmpCertificateRequest -Server $server -Subject 'CN=a' -NoInstall
            Stop-CmpTestServer $server
            (Get-ChildItem ./exchange -Filter *.pki).Count | Should -BeGreaterThan 1
        }
        finally { Pop-Location }
        $own = Start-CmpTestServer -Transport File
        $own.FolderPath | Should -Exist
        Stop-CmpTestServer $own
        $own.FolderPath | Should -Not -Exist
    }

    It 'starts nothing with -WhatIf' {
        Start-CmpTestServer -WhatIf -StatePath (Get-TestPath 'nothing') | Should -BeNullOrEmpty
        Get-TestPath 'nothing' | Should -Not -Exist
        Get-CmpTestServer | Should -BeNullOrEmpty
    }
}
