# the reason stands in the name, which the run prints of what it skips
BeforeDiscovery { $elsewhere = -not $IsLinux }

BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
    $configBefore = $env:XDG_CONFIG_HOME
    $env:XDG_CONFIG_HOME = Get-TestPath 'config'
}

AfterAll {
    $env:XDG_CONFIG_HOME = $configBefore
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Register-CmpRenewal, on Linux only: elsewhere a task would be registered for real' -Skip:$elsewhere {
    AfterEach { Get-CmpRenewal -Scope CurrentUser | Unregister-CmpRenewal }

    It 'emits what it registered with -PassThru, and nothing else' {
        Register-CmpRenewal -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        $renewal = Register-CmpRenewal -RepetitionInterval 06:00:00 -Force -PassThru -WarningAction SilentlyContinue
        $renewal.Name | Should -Be '*'
        $renewal.RepetitionInterval | Should -Be ([timespan]::FromHours(6))
        $renewal.CommandLine | Should -Match "Update-CmpCertificate -Name '\*'"
    }

    It 'takes enrolments from the pipeline' {
        'web1', 'web2' | ForEach-Object { New-CmpCertificateRequest -Subject "CN=$_" -Name $_ } | Out-Null
        Get-CmpCertificate web* | Register-CmpRenewal -At 04:30 -WarningAction SilentlyContinue
        (Get-CmpRenewal).Name | Should -Be 'web1', 'web2'
        (Get-CmpRenewal web1).Schedule | Should -Be 'daily at 04:30'
    }

    It 'replaces another one by force only' {
        Register-CmpRenewal -WarningAction SilentlyContinue
        $failed = { Register-CmpRenewal -At 05:00 -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpRenewal.Exists'
        Register-CmpRenewal -At 05:00 -Force -WarningAction SilentlyContinue
        (Get-CmpRenewal).At | Should -Be ([timespan] '05:00')
    }

    It 'writes nothing with -WhatIf' {
        Register-CmpRenewal -WhatIf
        Get-CmpRenewal | Should -BeNullOrEmpty
    }

    It 'names the enrolment that is not there' {
        $failed = { Register-CmpRenewal nobody -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpEnrollment.NotFound'
    }
}
