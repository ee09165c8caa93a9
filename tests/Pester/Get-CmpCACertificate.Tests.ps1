BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
}

AfterAll {
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Get-CmpCACertificate' {
    It 'emits the certificates of CAs, and trusts none of them' {
        $certificate = Get-CmpCACertificate
        $certificate | Should -BeOfType ([Security.Cryptography.X509Certificates.X509Certificate2])
        $certificate.Subject | Should -Be 'CN=Cmp Test Issuing CA'
        $certificate.Server | Should -Be 'ca'
        (Get-CmpServer ca).TrustAnchor | Should -HaveCount 1
    }

    It 'shows thumbprint, subject, issuer and end' {
        Get-CmpCACertificate | Out-String -Width 120 | Should -Match '[0-9A-F]{40} CN=Cmp Test Issuing CA +\d{4}-\d\d-\d\d CN=Cmp Test Root CA'
    }

    It 'gives certificates that paths may go through' {
        Set-CmpServer ca -UntrustedCertificate (Get-CmpCACertificate)
        (Get-CmpServer ca).UntrustedCertificate | Should -HaveCount 1
    }

    It 'is an error with a wrong secret, and with no server' {
        Get-CmpCACertificate -Server $server.Uri -Credential (Get-TestCredential cmp-test wrong) -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        Get-ErrorId $failed[0] | Should -Be 'CmpProtection.UnauthenticatedAnswer'
        Get-CmpCACertificate -Server http://127.0.0.1:1/ -Credential $server.Credential -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-ErrorId $failed[0] | Should -Be 'CmpTransport.ConnectFailed'
    }
}
