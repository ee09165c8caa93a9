BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
}

AfterAll {
    Get-CmpServer | Unregister-CmpServer
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Set-CmpServer' {
    It 'changes a server of <Scope>, and what is not given stays' -ForEach @(
        @{ Scope = 'Process'; Store = @{} }
        @{ Scope = 'CurrentUser'; Store = @{ CredentialStore = 'File' } }
        @{ Scope = 'LocalMachine'; Store = @{ CredentialStore = 'File' } }
    ) {
        Register-CmpServer changed http://127.0.0.1:1/ -Scope $Scope -Credential $server.Credential -TimeoutSec 20 @Store
        Set-CmpServer changed $server.Uri
        $settings = Get-CmpServer changed
        "$($settings.Uri)" | Should -Be "$($server.Uri)"
        $settings.Timeout | Should -Be ([timespan] '0:0:20')
        (New-CmpCertificateRequest -Server changed -Subject 'CN=a' -NoInstall).Server | Should -Be 'changed'
        Set-CmpServer changed -Credential (Get-TestCredential 'cmp-test' 'wrong')
        { New-CmpCertificateRequest -Server changed -Subject 'CN=a' -NoInstall -ErrorAction Stop } | Should -Throw
        Unregister-CmpServer changed
    }

    It 'takes a setting back that is given as nothing' {
        Register-CmpServer back $server.Uri -Scope CurrentUser -TimeoutSec 20 -Preset OpenSslMock -TrustAnchor $server.RootCertificate -ProtocolVersion 3
        $settings = Set-CmpServer back -TimeoutSec $null -Preset '' -TrustAnchor @() -ProtocolVersion $null -PassThru
        $settings.Timeout, $settings.Preset, $settings.TrustAnchor, $settings.ProtocolVersion | Should -Be $null, $null, $null, $null
    }

    It 'makes one the default and no other' {
        Register-CmpServer first $server.Uri -Scope CurrentUser -Default
        Register-CmpServer second $server.Uri -Scope CurrentUser
        Set-CmpServer second -Default
        Get-CmpServer | Where-Object IsDefault | ForEach-Object Name | Should -Be 'second'
        Set-CmpServer second -Default:$false
        Get-CmpServer | Where-Object IsDefault | Should -BeNullOrEmpty
    }

    It 'takes servers from the pipeline, and from them no more than name and scope' {
        $client = New-CmpCertificateRequest -Server $server -Subject 'CN=client'
        Register-CmpServer piped $server.Uri -Scope CurrentUser -ClientCertificate $client -TrustAnchor $server.RootCertificate
        Get-CmpServer piped | Set-CmpServer -TimeoutSec 9
        (Get-CmpServer piped).Authentication | Should -Be 'certificate CN=client'
        (New-CmpCertificateRequest -Server piped -Operation Certification -Subject 'CN=a' -NoInstall).Subject | Should -Be 'CN=a'
    }

    It 'refuses what could not be used, and changes nothing: <Parameters.Keys>' -ForEach @(
        @{ ErrorId = 'CmpArgument.Preset'; Parameters = @{ Preset = 'Nobody' } }
        @{ ErrorId = 'CmpArgument.Server'; Parameters = @{ Uri = 'ca.example' } }
        @{ ErrorId = 'ParameterArgumentValidationError'; Parameters = @{ TimeoutSec = 0 } }
    ) {
        Register-CmpServer fixed $server.Uri -Scope CurrentUser
        $failed = { Set-CmpServer fixed @Parameters -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be $ErrorId
        "$((Get-CmpServer fixed).Uri)" | Should -Be "$($server.Uri)"
    }

    It 'changes nothing with -WhatIf' {
        Register-CmpServer whatif $server.Uri -Scope CurrentUser
        Set-CmpServer whatif -TimeoutSec 5 -WhatIf
        (Get-CmpServer whatif).Timeout | Should -BeNullOrEmpty
    }

    It 'names one that is not there' {
        $failed = { Set-CmpServer nobody -TimeoutSec 5 -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpArgument.Server'
    }
}
