BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    $ra = $server.NewRegistrationAuthority()
    Register-CmpServer ca $server.Uri -ClientCertificate $ra -TrustAnchor $server.RootCertificate -Default
    $device = Get-TestCredential 'device' 'between the two of us'

    # A request that a device makes, and carries to us: by the secret that the CA knows, or by one of its own.
    function New-Asked([string] $Name, [pscredential] $Credential = $server.Credential, $KeyAlgorithm = 'ECDSA_P256', $ProofOfPossession = 'Signature') {
        $asked = @{ KeyAlgorithm = $KeyAlgorithm; ProofOfPossession = $ProofOfPossession }
        $asked += @{ Server = $server.Uri; TrustAnchor = $server.RootCertificate; Credential = $Credential; OutFile = (Get-TestPath "$Name.pem") }
        New-CmpCertificateRequest -Subject "CN=$Name" @asked -Offline
    }
}

AfterAll {
    Get-CmpTransaction | Remove-CmpTransaction -Confirm:$false
    Unregister-CmpServer ca
    Stop-CmpTestServer
}

Describe 'A registration authority' {
    It 'adds its protection, and hands the answer back' {
        $transaction = New-Asked 'added'
        $transaction | Export-CmpMessage -OutFile (Get-TestPath 'added.pki')
        $delivery = Send-CmpMessage -Path (Get-TestPath 'added.pki') -AddProtection
        $delivery.AnswerStatus | Should -Be 'accepted'
        $delivery.AnswerVerified | Should -BeNullOrEmpty
        $delivery | Export-CmpMessage -OutFile (Get-TestPath 'added.answer.pki')
        ($transaction | Wait-CmpTransaction -Credential $server.Credential -ResponsePath (Get-TestPath 'added.answer.pki')).Subject | Should -Be 'CN=added'
    }

    It 'vouches for a device whose secret only it knows' {
        $transaction = New-Asked 'vouched' $device
        $delivery = $transaction | Send-CmpMessage -Server ca -ReplaceProtection -RaVerified -IncludeOriginal -OriginalCredential $device
        $delivery.Requester | Should -Be 'device'
        $delivery.AnswerVerified | Should -BeTrue
        $delivery | Export-CmpMessage -OutFile (Get-TestPath 'vouched.answer.pki')
        ($transaction | Wait-CmpTransaction -Credential $device -ResponsePath (Get-TestPath 'vouched.answer.pki')).Subject | Should -Be 'CN=vouched'
    }

    It 'vouches for nobody whom it cannot verify' {
        $before = @($server.Issued).Count
        $failed = { New-Asked 'stranger' (Get-TestCredential 'device' 'a guess') | Send-CmpMessage -Server ca -ReplaceProtection -OriginalCredential $device -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpProtection.Invalid'
        $failed = { New-Asked 'blind' $device | Send-CmpMessage -Server ca -ReplaceProtection -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpArgument.Forwarding'
        @($server.Issued).Count | Should -Be $before
    }

    It 'sends many in one, and gives each its own answer' {
        $all = 1..4 | ForEach-Object { New-Asked "batch$_" }
        $deliveries = $all | Send-CmpMessage -Server ca -BatchSize 3
        $deliveries.TransactionId | Should -Be $all.Id
        $deliveries.AnswerStatus | Should -Be 'accepted', 'accepted', 'accepted', 'accepted'
    }

    It 'lets through what it has looked at' {
        foreach ($name in 'pump1', 'printer', 'pump2') { New-Asked $name | Export-CmpMessage -OutFile (Get-TestPath "$name.pki") }
        $sent = Get-ChildItem (Get-TestPath '*.pki') -Include 'pump?.pki', 'printer.pki' | ConvertFrom-CmpMessage |
            Where-Object { $_.Body.Items[0].Subject -like 'CN=pump*' } |
            Send-CmpMessage -AddProtection -BatchSize 10
        @($sent).Count | Should -Be 2
        $server.Issued.Subject | Should -Not -Contain 'CN=printer'
    }

    It 'asks on behalf of others, row by row' {
        $certificates = 'Subject', 'CN=sensor1', 'CN=sensor2' | ConvertFrom-Csv | New-CmpCertificateRequest -NoInstall -BatchSize 5 -ProofOfPossession RaVerified
        $certificates.Subject | Should -Be 'CN=sensor1', 'CN=sensor2'
    }

    It 'asks on behalf of others, for the keys that they have' {
        $folder = (New-Item -ItemType Directory (Get-TestPath 'csr')).FullName
        foreach ($name in 'valve1', 'valve2') {
            $key = [Security.Cryptography.ECDsa]::Create([Security.Cryptography.ECCurve+NamedCurves]::nistP256)
            $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new("CN=$name", $key, [Security.Cryptography.HashAlgorithmName]::SHA256)
            [IO.File]::WriteAllBytes("$folder/$name.csr", $request.CreateSigningRequest())
        }
        $certificates = Get-ChildItem $folder -Filter *.csr | New-CmpCertificateRequest -NoInstall
        $certificates.Subject | Sort-Object | Should -Be 'CN=valve1', 'CN=valve2'
        $again = Get-ChildItem $folder -Filter *.csr | New-CmpCertificateRequest -NoInstall -ProofOfPossession RaVerified
        $again.Subject | Sort-Object | Should -Be 'CN=valve1', 'CN=valve2'
    }

    It 'works by itself on a folder' {
        $folder = (New-Item -ItemType Directory (Get-TestPath 'inbox')).FullName
        Set-Content (Get-TestPath 'devices.txt') 'CN=lamp1', 'CN=lamp2'
        foreach ($name in 'lamp1', 'lamp3') { New-Asked $name | Export-CmpMessage -OutFile "$folder/$name.pki" }
        Set-Content "$folder/junk.pki" 'nothing'
        $script = (Get-Item "$PSScriptRoot/../../examples/Invoke-RegistrationAuthority.ps1").FullName
        $arguments = @{ Path = $folder; Devices = (Get-TestPath 'devices.txt'); Server = 'ca'; ClientCertificate = $ra }
        $sent = & $script @arguments -WarningVariable warnings -WarningAction SilentlyContinue
        $sent.AnswerStatus | Should -Be 'accepted'
        @($warnings).Count | Should -Be 2
        Test-Path "$folder/lamp1.answer.pki" | Should -BeTrue
        Test-Path "$folder/lamp3.answer.pki" | Should -BeFalse
        & $script @arguments -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        # a key that cannot sign takes a message more
        Set-Content (Get-TestPath 'devices.txt') 'CN=lock1'
        $asked = New-Asked 'lock1' -KeyAlgorithm X25519 -ProofOfPossession ChallengeResponse
        foreach ($step in 1, 2) {
            $asked | Export-CmpMessage -OutFile "$folder/lock1-$step.pki"
            $null = & $script @arguments -WarningAction SilentlyContinue
            $asked = $asked | Wait-CmpTransaction -Credential $server.Credential -TrustAnchor $server.RootCertificate -ResponsePath "$folder/lock1-$step.answer.pki"
        }
        $asked.Subject | Should -Be 'CN=lock1'
    }
}
