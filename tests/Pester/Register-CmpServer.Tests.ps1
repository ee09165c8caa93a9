BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
}

AfterAll {
    Get-CmpServer | Unregister-CmpServer
    Stop-CmpTestServer
}

Describe 'Register-CmpServer' {
    It 'emits nothing unless it is asked to' {
        Register-CmpServer quiet https://ca.example/pkix/ | Should -BeNullOrEmpty
        $settings = Register-CmpServer loud https://ca.example/pkix/ -PassThru
        $settings.Name | Should -Be 'loud'
        "$($settings.Uri)" | Should -Be 'https://ca.example/pkix/'
    }

    It 'is what other commands take by name, in any case' {
        Register-CmpServer Named $server.Uri -Credential $server.Credential
        (New-CmpCertificateRequest -Server nAMED -Subject 'CN=a' -NoInstall).Server | Should -Be 'Named'
    }

    It 'is what other commands take where none is named' {
        Register-CmpServer default $server.Uri -Credential $server.Credential -Default
        (New-CmpCertificateRequest -Subject 'CN=a' -NoInstall).Server | Should -Be 'default'
    }

    It 'stands below what a command says' {
        Register-CmpServer below $server.Uri -Credential (Get-TestCredential 'cmp-test' 'wrong')
        (New-CmpCertificateRequest -Server below -Credential $server.Credential -Subject 'CN=a' -NoInstall).Subject | Should -Be 'CN=a'
    }

    It 'replaces what was registered under the name' {
        Register-CmpServer again http://127.0.0.1:1/
        Register-CmpServer again $server.Uri -Credential $server.Credential
        (New-CmpCertificateRequest -Server again -Subject 'CN=a' -NoInstall).Subject | Should -Be 'CN=a'
    }

    It 'protects by <Protection> where it is said' -ForEach @(
        @{ Protection = 'Pbmac1'; Parameters = @{ HashAlgorithm = 'SHA512'; MacAlgorithm = 'HMAC-SHA512'; IterationCount = 1000 } }
        @{ Protection = 'Hmac'; Parameters = @{ MacAlgorithm = 'HMAC-SHA384' } }
        @{ Protection = 'Kmac'; Parameters = @{ MacAlgorithm = 'KMAC128' } }
        @{ Protection = 'PasswordBasedMac'; Parameters = @{ MacAlgorithm = 'AES128-GMAC' } }
    ) {
        Register-CmpServer mac $server.Uri -Credential $server.Credential -Protection $Protection @Parameters
        (New-CmpCertificateRequest -Server mac -Subject 'CN=a' -NoInstall).Confirmed | Should -BeTrue
    }

    It 'serves requests that a certificate signs' {
        $client = New-CmpCertificateRequest -Server $server -Subject 'CN=client' -NoInstall
        Register-CmpServer signed $server.Uri -ClientCertificate $client -TrustAnchor $server.RootCertificate
        (New-CmpCertificateRequest -Server signed -Operation Certification -Subject 'CN=second' -NoInstall).Subject | Should -Be 'CN=second'
    }

    It 'believes a signed answer by nobody, by an anchor, and by a pin' {
        $client = New-CmpCertificateRequest -Server $server -Subject 'CN=client' -NoInstall
        Register-CmpServer nobody $server.Uri -ClientCertificate $client
        $failed = { New-CmpCertificateRequest -Server nobody -Subject 'CN=a' -NoInstall -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpTrust.NoAnchor'

        $other = Start-CmpTestServer
        Register-CmpServer anchor $server.Uri -ClientCertificate $client -TrustAnchor $other.RootCertificate
        $failed = { New-CmpCertificateRequest -Server anchor -Subject 'CN=a' -NoInstall -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -BeLike 'CmpTrust.*'
    }

    It 'refuses <Case>' -ForEach @(
        @{ Case = 'an address without a scheme'; ErrorId = 'CmpArgument.Server'; Parameters = @{ Uri = 'ca.example' } }
        @{ Case = 'a scheme without a road'; ErrorId = 'CmpArgument.Scheme'; Parameters = @{ Uri = 'ftp://ca.example/' } }
        @{ Case = 'a generation of HTTP that does not fit the address'; ErrorId = 'CmpTransport.InvalidSetting'; Parameters = @{ Uri = 'http://ca.example/'; HttpGeneration = 'Transport02' } }
        @{ Case = 'an unknown preset'; ErrorId = 'CmpArgument.Preset'; Parameters = @{ Uri = 'https://ca.example/'; Preset = 'Nobody' } }
        @{ Case = 'an unknown digest'; ErrorId = 'CmpArgument.Algorithm'; Parameters = @{ Uri = 'https://ca.example/'; HashAlgorithm = 'MD2' } }
        @{ Case = 'a MAC that the protection does not take'; ErrorId = 'CmpArgument.Algorithm'; Parameters = @{ Uri = 'https://ca.example/'; Protection = 'Kmac'; MacAlgorithm = 'HMAC-SHA256' } }
        @{ Case = 'answers without protection over http'; ErrorId = 'CmpArgument.UnprotectedAnswers'; Parameters = @{ Uri = 'http://ca.example/'; Protection = 'None'; AllowUnprotectedAnswers = $true } }
        @{ Case = 'a protection without what it needs'; ErrorId = 'CmpArgument.Protection'; Parameters = @{ Uri = 'https://ca.example/'; Protection = 'KemBasedMac' } }
        @{ Case = 'what is no distinguished name'; ErrorId = 'CmpArgument.Name'; Parameters = @{ Uri = 'https://ca.example/'; ExpectedSender = 'nobody' } }
        @{ Case = 'what is no object identifier'; ErrorId = 'CmpArgument.GeneralInfo'; Parameters = @{ Uri = 'https://ca.example/'; GeneralInfo = @{ here = 'there' } } }
    ) {
        $failed = { Register-CmpServer refused @Parameters } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be $ErrorId
        Get-Completion 'New-CmpCertificateRequest -Server refused' | Should -Not -Contain 'refused'
    }

    It 'refuses a client certificate without its key' {
        $keyless = [Security.Cryptography.X509Certificates.X509Certificate2]::new($server.RootCertificate.RawData)
        $failed = { Register-CmpServer keyless https://ca.example/ -ClientCertificate $keyless } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpKey.Missing'
    }

    It 'registers nothing with -WhatIf' {
        Register-CmpServer whatif https://ca.example/ -WhatIf
        Get-Completion 'New-CmpCertificateRequest -Server whatif' | Should -Not -Contain 'whatif'
    }

    It 'is completed by Tab, quoted where it must be' {
        Register-CmpServer "my other ca's" https://ca.example/
        Get-Completion 'New-CmpCertificateRequest -Server my' | Should -Be "'my other ca''s'"
    }

    It 'shows who we are and whom we believe, never the secret' {
        $settings = Register-CmpServer shown $server.Uri -Credential (Get-TestCredential 'me' 'hush-hush') -TrustAnchor $server.RootCertificate -PassThru
        foreach ($text in ($settings | Out-String -Width 120), ($settings | Format-List | Out-String), ($settings | Format-List * | Out-String), ($settings | Format-Custom -Depth 3 | Out-String)) {
            $text | Should -Not -Match 'hush-hush'
        }
        $settings.Authentication | Should -Be 'secret of me'
        $settings.Trust | Should -Be 'anchor CN=Cmp Test Root CA'
    }

    It 'shows a list of what was said, and nothing else' {
        $text = Register-CmpServer listed https://ca.example/pkix/ -TimeoutSec 7 -ExpectedSender 'CN=Signer' -PassThru | Format-List | Out-String -Width 120
        [regex]::Matches($text, '(?m)^(\w+) *: ') | ForEach-Object { $_.Groups[1].Value } | Should -Be Name, Uri, Scope, Authentication, Trust, Timeout, ExpectedSender
        $text | Should -Match 'ExpectedSender +: CN=Signer'
    }

    It 'is known in other runspaces of the process' {
        if ($PSVersionTable.PSVersion.Major -lt 7) { Set-ItResult -Skipped -Because 'ForEach-Object -Parallel is there from PowerShell 7 on' }
        Register-CmpServer shared $server.Uri -Credential $server.Credential
        $path = (Get-Module Cmp).Path -replace 'psm1$', 'psd1'
        $subjects = 1..3 | ForEach-Object -Parallel { Import-Module $using:path; (New-CmpCertificateRequest -Server shared -Subject "CN=$_" -NoInstall).Subject }
        $subjects | Sort-Object | Should -Be 'CN=1', 'CN=2', 'CN=3'
    }

    It 'saves a server for other processes, and its secret apart from it' {
        Register-CmpServer lasting $server.Uri -Scope CurrentUser -Credential (Get-TestCredential 'cmp-test' $server.Credential.GetNetworkCredential().Password) -CredentialStore File
        Get-Content (Join-Path $env:CMP_HOME 'servers/lasting.json') -Raw | Should -Not -Match ([regex]::Escape($server.Credential.GetNetworkCredential().Password))
        if (-not $onWindows) { (Get-Item (Join-Path $env:CMP_HOME 'servers/lasting.secret')).UnixMode | Should -Be '-rw-------' }
        $path = (Get-Module Cmp).Path -replace 'psm1$', 'psd1'
        $shell = if ($PSVersionTable.PSEdition -eq 'Core') { 'pwsh' } else { 'powershell' }
        & $shell -NoProfile -NonInteractive -Command "Import-Module '$path'; (New-CmpCertificateRequest -Server LASTING -Subject CN=elsewhere -NoInstall).Subject" | Should -Be 'CN=elsewhere'
    }

    It 'saves no secret where no place would keep it' {
        if ($onWindows) { Set-ItResult -Skipped -Because 'Windows has data protection' }
        if (Get-Module Microsoft.PowerShell.SecretManagement -ListAvailable) { Set-ItResult -Skipped -Because 'SecretManagement is installed' }
        $failed = { Register-CmpServer unsafe $server.Uri -Scope CurrentUser -Credential $server.Credential } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpArgument.CredentialStore'
        $failed = { Register-CmpServer unsafe $server.Uri -Scope CurrentUser -Credential $server.Credential -CredentialStore DataProtection } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpPlatform.NotSupported'
        Get-CmpServer unsafe* | Should -BeNullOrEmpty
    }

    It 'keeps secrets in the vault of SecretManagement' {
        Import-Module $PSScriptRoot/Vault/Microsoft.PowerShell.SecretManagement
        try {
            Register-CmpServer vaulted $server.Uri -Scope CurrentUser -Credential $server.Credential
            (Get-Secret Cmp.vaulted).UserName | Should -Be 'cmp-test'
            (New-CmpCertificateRequest -Server vaulted -Subject 'CN=a' -NoInstall).Subject | Should -Be 'CN=a'
            Unregister-CmpServer vaulted
            { Get-Secret Cmp.vaulted -ErrorAction Stop } | Should -Throw
        }
        finally { Remove-Module Microsoft.PowerShell.SecretManagement }
    }
}
