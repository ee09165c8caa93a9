BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
}

AfterAll {
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Get-CmpRequestTemplate' {
    It 'says what stands, what is to be filled in, and which keys are taken' {
        $template = Get-CmpRequestTemplate
        $template.TakenOver | Should -Contain 'Subject O=Cmp Test'
        $template.ToFillIn | Should -Be 'Subject CN'
        $template.Keys | Should -Be 'ECDSA_P256', 'RSA_3072'
        (Get-CmpRequestTemplate -CertificateProfile tls-server).ToFillIn | Should -Be 'Subject CN', 'DnsName'
        $template | Out-String -Width 120 | Should -Match 'ca .*Subject O=Cmp Test +Subject CN +ECDSA_P256'
    }

    It 'shapes the request that it is piped to' {
        $certificate = Get-CmpRequestTemplate | New-CmpCertificateRequest -Subject 'CN=router7' -NoInstall
        $certificate.Subject | Should -Be 'CN=router7, O=Cmp Test'
        Test-PrivateKey $certificate | Should -BeTrue
        $profiled = Get-CmpRequestTemplate -CertificateProfile tls-server | New-CmpCertificateRequest -Subject 'CN=web1' -DnsName web1.example -NoInstall
        [Security.Cryptography.X509Certificates.ECDsaCertificateExtensions]::GetECDsaPublicKey($profiled).KeySize | Should -Be 384
        $profiled.Extensions['2.5.29.37'].EnhancedKeyUsages[0].Value | Should -Be '1.3.6.1.5.5.7.3.1'
    }

    It 'refuses what does not go with it before anything is sent' {
        $issued = $server.Issued.Count
        Get-CmpRequestTemplate -CertificateProfile tls-server | New-CmpCertificateRequest -Subject 'CN=web1' -NoInstall -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-ErrorId $failed[0] | Should -Be 'CmpRequestTemplate.ToFill'
        Get-CmpRequestTemplate | New-CmpCertificateRequest -Subject 'CN=web1, O=Other' -NoInstall -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-ErrorId $failed[0] | Should -Be 'CmpRequestTemplate.Contradiction'
        $server.Issued.Count | Should -Be $issued
    }

    It 'is an error for a profile that the CA does not know' {
        Get-CmpRequestTemplate -CertificateProfile unknown -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-ErrorId $failed[0] | Should -Be 'CmpServer.badRequest'
    }
}
