# the reason stands in the name, which the run prints of what it skips
BeforeDiscovery { $elsewhere = -not $IsLinux }

BeforeAll {
    . $PSScriptRoot/Common.ps1
    $configBefore = $env:XDG_CONFIG_HOME
    $env:XDG_CONFIG_HOME = Get-TestPath 'config'
}

AfterAll { $env:XDG_CONFIG_HOME = $configBefore }

Describe 'Get-CmpRenewal, on Linux only: elsewhere a task would be registered for real' -Skip:$elsewhere {
    It 'has nothing where nothing is registered' {
        Get-CmpRenewal -Scope CurrentUser | Should -BeNullOrEmpty
        Get-CmpRenewal nobody | Should -BeNullOrEmpty
    }

    It 'says when it runs, and why it does not' {
        Register-CmpRenewal -At 04:00 -WarningAction SilentlyContinue
        $renewal = Get-CmpRenewal -Scope CurrentUser
        $renewal.Schedule | Should -Be 'daily at 04:00'
        if ($renewal.Active) { $renewal.NextRun | Should -BeGreaterThan (Get-Date) } else { $renewal.Problem | Should -Match 'not active' }
        $renewal | Out-String | Should -Match 'daily at 04:00'
        Unregister-CmpRenewal
    }

    It 'lists a timer that somebody changed, with what is wrong' {
        $folder = New-Item -ItemType Directory -Force (Join-Path $env:XDG_CONFIG_HOME 'systemd/user')
        Set-Content (Join-Path $folder 'cmp-renewal-broken.timer') '[Timer]'
        $broken = Get-CmpRenewal -Scope CurrentUser
        $broken.Name | Should -BeNullOrEmpty
        $broken.Problem | Should -Match 'is not as Register-CmpRenewal wrote it'
        Remove-Item (Join-Path $folder 'cmp-renewal-broken.timer')
    }
}
