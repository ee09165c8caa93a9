BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer ca $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
    $certificate = New-CmpCertificateRequest -Subject 'CN=announced' -NoInstall
}

AfterAll {
    Unregister-CmpServer ca
    Stop-CmpTestServer
}

Describe 'New-CmpAnnouncement' {
    It 'announces a certificate' {
        $made = $certificate | New-CmpAnnouncement -Protection None
        $made | Should -BeOfType Cmp.CertificateAnnouncement
        $made.Certificate.Thumbprint | Should -Be $certificate.Thumbprint
        $made.Source | Should -Be 'Made'
        $made.Verified | Should -BeFalse
        $made.ProblemId | Should -Be 'CmpAnnouncement.NotJudged'
    }

    It 'announces revocations of a table of serial numbers' {
        $csv = "Issuer,SerialNumber`n""CN=Cmp Test Issuing CA"",$($certificate.SerialNumber)`n""CN=Cmp Test Issuing CA"",6F3A"
        $made = $csv | ConvertFrom-Csv | New-CmpAnnouncement -Reason Superseded -Protection None
        $made.SerialNumber | Should -Be $certificate.SerialNumber, '6F3A'
        $made.Reason | Should -Be 'Superseded', 'Superseded'
    }

    It 'announces what will be revoked' {
        $at = (Get-Date).Date.AddDays(3)
        $made = $certificate | New-CmpAnnouncement -Status RevocationWarning -WillBeRevokedAt $at -Protection None
        $made.WillBeRevokedAt | Should -Be $at
        $failed = { $certificate | New-CmpAnnouncement -Status RevocationWarning -Protection None -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpArgument.WillBeRevokedAt'
    }

    It 'announces CRLs, and openssl finds them in it' {
        $openssl = Get-Command openssl -CommandType Application -ErrorAction Ignore | Select-Object -First 1
        if (-not $openssl) { Set-ItResult -Skipped -Because 'openssl was not found'; return }
        $path = Get-TestPath 'crl.pki'
        $crl = Get-CmpCrl
        New-CmpAnnouncement -Crl $crl, $crl -Credential $server.Credential | Export-CmpMessage -OutFile $path
        $lines = & $openssl.Source asn1parse -inform DER -in $path
        $lines -match 'cont \[ 18 \]' | Should -HaveCount 1
        $found = 0
        foreach ($line in $lines -match 'd=3 .*SEQUENCE') {
            & $openssl.Source asn1parse -inform DER -in $path -strparse ([int] $line.Split(':')[0]) -noout -out (Get-TestPath 'found.crl')
            $issuer = & $openssl.Source crl -inform DER -in (Get-TestPath 'found.crl') -noout -issuer 2>$null
            if ($issuer -match 'Cmp Test Issuing CA') { $found++ }
        }
        $found | Should -Be 2
    }

    It 'announces a new root' {
        $null = $server.UpdateRoot()
        $update = Get-CmpRootUpdate
        $made = $update | New-CmpAnnouncement -Credential $server.Credential
        $made.NewRoot.Thumbprint | Should -Be $update.NewRoot.Thumbprint
        $made.NewWithOld.Thumbprint | Should -Be $update.NewWithOld.Thumbprint
        $made.Sender | Should -Be 'CN=Cmp Test Root CA'
    }

    It 'does not make one in silence that nobody vouches for' {
        $failed = { New-CmpAnnouncement $certificate -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpArgument.NoCredential'
    }

    It 'makes nothing where one only asks' { New-CmpAnnouncement $certificate -Protection None -WhatIf | Should -BeNullOrEmpty }
}
