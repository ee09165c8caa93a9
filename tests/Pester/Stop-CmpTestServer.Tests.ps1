BeforeAll { . $PSScriptRoot/Common.ps1 }

Describe 'Stop-CmpTestServer' {
    AfterEach { Stop-CmpTestServer }

    It 'stops the one that is named' {
        $one = Start-CmpTestServer
        $two = Start-CmpTestServer
        Stop-CmpTestServer $one
        Get-CmpTestServer | Should -Be $two
        $failed = { New-CmpCertificateRequest -Server $one -Subject 'CN=a' -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpTransport.ConnectFailed'
    }

    It 'stops those of the pipeline' {
        $null = Start-CmpTestServer
        $kept = Start-CmpTestServer
        Get-CmpTestServer | Where-Object { $_ -ne $kept } | Stop-CmpTestServer
        Get-CmpTestServer | Should -Be $kept
    }

    It 'stops all where none is named, and none where the pipeline is empty' {
        $null = Start-CmpTestServer
        $null = Start-CmpTestServer
        @() | Stop-CmpTestServer
        Get-CmpTestServer | Should -HaveCount 2
        Stop-CmpTestServer
        Get-CmpTestServer | Should -BeNullOrEmpty
    }

    It 'leaves alone what has stopped' {
        $server = Start-CmpTestServer
        Stop-CmpTestServer $server
        { Stop-CmpTestServer $server -ErrorAction Stop } | Should -Not -Throw
    }

    It 'frees the port' {
        $server = Start-CmpTestServer
        Stop-CmpTestServer $server
        (Start-CmpTestServer -Port $server.Uri.Port).Uri.Port | Should -Be $server.Uri.Port
    }

    It 'stops nothing with -WhatIf' {
        $null = Start-CmpTestServer
        Stop-CmpTestServer -WhatIf
        Get-CmpTestServer | Should -HaveCount 1
    }
}
