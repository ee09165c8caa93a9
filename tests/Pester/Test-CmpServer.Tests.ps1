BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
}

AfterAll {
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Test-CmpServer' {
    It 'shows what there is of a server' {
        $test = Test-CmpServer
        $test.Passed | Should -BeTrue
        $test.Stage | Should -Be 'Informed'
        $test.ProtocolVersion | Should -Be 2
        $test.InfoTypes | Should -Contain 'caCerts'
        $test | Out-String -Width 120 | Should -Match 'Passed +: True'
        $test | Format-Table | Out-String -Width 140 | Should -Match 'ca +True +Informed +2 +\d+ ms'
        "$test" | Should -Match '^ca: genp of pvno 2 in \d+ ms$'
    }

    It 'says where it stopped, and that is no error' {
        (Test-CmpServer http://127.0.0.1:1/ -ErrorAction Stop).Stage | Should -Be 'None'
        $wrong = Test-CmpServer $server.Uri -Credential (Get-TestCredential cmp-test wrong) -ErrorAction Stop
        $wrong.Stage | Should -Be 'Answered'
        $wrong.ErrorId | Should -Be 'CmpProtection.UnauthenticatedAnswer'
    }

    It 'answers yes or no with -Quiet, for each server of the pipeline' {
        Register-CmpServer -Name dead -Uri http://127.0.0.1:1/ -Credential $server.Credential
        Get-CmpServer | Test-CmpServer -Quiet | Should -Be $true, $false
        Unregister-CmpServer dead
    }

    It 'completes names of servers' { Get-Completion 'Test-CmpServer c' | Should -Be 'ca' }
}
