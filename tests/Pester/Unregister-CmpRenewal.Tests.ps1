# the reason stands in the name, which the run prints of what it skips
BeforeDiscovery { $elsewhere = -not $IsLinux }

BeforeAll {
    . $PSScriptRoot/Common.ps1
    $configBefore = $env:XDG_CONFIG_HOME
    $env:XDG_CONFIG_HOME = Get-TestPath 'config'
}

AfterAll { $env:XDG_CONFIG_HOME = $configBefore }

Describe 'Unregister-CmpRenewal, on Linux only: elsewhere a task would be registered for real' -Skip:$elsewhere {
    BeforeEach { Register-CmpRenewal -WarningAction SilentlyContinue }

    It 'removes the timer with its service' {
        Unregister-CmpRenewal | Should -BeNullOrEmpty
        Get-ChildItem $env:XDG_CONFIG_HOME -Recurse -File | Should -BeNullOrEmpty
    }

    It 'takes renewals from the pipeline' {
        Get-CmpRenewal -Scope CurrentUser | Unregister-CmpRenewal
        Get-CmpRenewal -Scope CurrentUser | Should -BeNullOrEmpty
    }

    It 'removes nothing with -WhatIf, and not what others have' {
        Unregister-CmpRenewal -WhatIf
        $failed = { Unregister-CmpRenewal nobody -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpRenewal.NotFound'
        (Get-CmpRenewal -Scope CurrentUser).Name | Should -Be '*'
        Unregister-CmpRenewal
    }
}
