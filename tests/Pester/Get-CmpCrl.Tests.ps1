BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
}

AfterAll {
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Get-CmpCrl' {
    It 'emits the current CRL, verified' {
        $crl = Get-CmpCrl
        $crl.Issuer | Should -Be 'CN=Cmp Test Issuing CA'
        $crl.Verified | Should -BeTrue
        $crl.NextUpdate | Should -BeGreaterThan $crl.ThisUpdate
        $crl | Out-String -Width 140 | Should -Match 'CN=Cmp Test Issuing CA +True +\d{4}-\d\d-\d\d \d\d:\d\d \d{4}-\d\d-\d\d \d\d:\d\d +\d+ +\d+'
    }

    It 'finds that of a certificate and of an issuer' {
        (New-CmpCertificateRequest -Subject 'CN=a' -NoInstall | Get-CmpCrl).Issuer | Should -Be 'CN=Cmp Test Issuing CA'
        (Get-CmpCrl 'CN=Cmp Test Root CA').Issuer | Should -Be 'CN=Cmp Test Root CA'
        Get-CmpCrl 'CN=Nobody' | Should -BeNullOrEmpty
    }

    It 'writes files whole, and only newer CRLs over them' {
        $path = Get-TestPath 'ca.crl'
        Get-CmpCrl -OutFile $path -WhatIf
        $path | Should -Not -Exist
        (Get-CmpCrl -OutFile $path).Path | Should -Be $path
        Get-CmpCrl -Crl $path | Should -BeNullOrEmpty
        Get-CmpCrl -Path $path | Should -BeNullOrEmpty
        Get-CmpCrl -OutFile $path -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-ErrorId $failed[0] | Should -Be 'CmpStore.Exists'
        $null = Get-CmpCrl -OutFile (Get-TestPath 'ca.pem')
        Get-Content (Get-TestPath 'ca.pem') -TotalCount 1 | Should -Be '-----BEGIN X509 CRL-----'
    }
}
