BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
    $path = Get-TestPath 'tested.pem'
    $tested = New-CmpCertificateRequest -Subject 'CN=tested' -Name tested -OutFile $path
}

AfterAll {
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Test-CmpCertificate' {
    It 'says yes of a good one, however it is named' {
        Test-CmpCertificate tested | Should -BeTrue
        Test-CmpCertificate -Certificate $path | Should -BeTrue
        $tested | Test-CmpCertificate | Should -BeTrue
        Get-Item $path | Test-CmpCertificate | Should -BeTrue
        Get-CmpCertificate tested | Test-CmpCertificate | Should -BeTrue
    }

    It 'says no where there is none, and that is no error' {
        Test-CmpCertificate nobody -ErrorAction Stop | Should -BeFalse
        (Test-CmpCertificate nobody -Detailed).ToString() | Should -Be 'nobody: no such enrolment'
    }

    It 'says no of one that is due' {
        Test-CmpCertificate tested -RenewBefore 100% | Should -BeFalse
        Test-CmpCertificate tested -RenewBefore 365.00:00:00 | Should -BeFalse
        Test-CmpCertificate tested -RenewBefore 1% | Should -BeTrue
    }

    It 'says no of one without its key, and of one that is not valid yet' {
        $keyless = [Security.Cryptography.X509Certificates.X509Certificate2]::new($tested.RawData)
        $keyless | Test-CmpCertificate | Should -BeFalse
        ($keyless | Test-CmpCertificate -Detailed).ToString() | Should -Be 'tested: has no private key'
        $later = New-CmpCertificateRequest -Subject 'CN=later' -NoInstall -NotBefore (Get-Date).AddDays(2) -NotAfter (Get-Date).AddDays(9)
        ($later | Test-CmpCertificate -Detailed).ToString() | Should -Match 'not valid \(until'
    }

    It 'says no of one that was removed or replaced, and yes when it is back' {
        $away = Get-TestPath 'away.pem'
        Move-Item $path $away
        Test-CmpCertificate tested | Should -BeFalse
        Get-CmpCertificate tested | Test-CmpCertificate | Should -BeFalse
        $null = New-CmpCertificateRequest -Subject 'CN=other' -OutFile $path
        (Test-CmpCertificate tested -Detailed).Problem | Should -Match 'another certificate'
        Move-Item $away $path -Force
        Test-CmpCertificate tested | Should -BeTrue
    }

    It 'gives one line with -Detailed' {
        $detailed = Test-CmpCertificate tested -Detailed
        $detailed.Passed | Should -BeTrue
        $detailed.Certificate.Thumbprint | Should -Be $tested.Thumbprint
        "$detailed" | Should -Match '^tested: good until \d{4}-\d\d-\d\d, to be renewed after \d{4}-\d\d-\d\d$'
        ($detailed | Out-String -Width 120).Trim() | Should -Be "$detailed"
    }

    It 'completes names' { Get-Completion 'Test-CmpCertificate tes' | Should -Be 'tested' }
}
