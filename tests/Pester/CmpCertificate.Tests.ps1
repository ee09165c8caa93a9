BeforeAll {
    . $PSScriptRoot/Common.ps1
    # as it is installed: in a folder of the module path
    $modulePath = $env:PSModulePath
    $env:PSModulePath = (Get-Item $manifest).Directory.Parent.Parent.FullName + [IO.Path]::PathSeparator + $modulePath

    # PSDesiredStateConfiguration of Windows PowerShell asks its Local Configuration Manager, which wants elevation and WinRM
    $noDsc = if ($PSVersionTable.PSEdition -eq 'Desktop') { 'the Local Configuration Manager of Windows PowerShell is not run' }
    elseif (-not (Get-Module PSDesiredStateConfiguration -ListAvailable)) { 'PSDesiredStateConfiguration was not found' }

    function Invoke-Resource([string] $Method, [hashtable] $Property) { Invoke-DscResource CmpCertificate -ModuleName Cmp -Method $Method -Property $Property 4> $null }
}

AfterAll {
    $env:PSModulePath = $modulePath
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'CmpCertificate' {
    BeforeAll {
        $server = Start-CmpTestServer
        Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate
    }

    It 'is seen before the module is imported' {
        (Get-Module Cmp -ListAvailable).ExportedDscResources | Should -Contain 'CmpCertificate'
    }

    It 'is found by Get-DscResource, with its properties' {
        if ($noDsc) { Set-ItResult -Skipped -Because $noDsc }
        $resource = Get-DscResource CmpCertificate -Module Cmp
        $resource.ImplementationDetail | Should -Be 'ClassBased'
        ($resource.Properties | Where-Object IsMandatory).Name | Should -Be 'Name'
        ($resource.Properties | Where-Object Name -eq Ensure).Values | Sort-Object | Should -Be 'Absent', 'Present'
    }

    It 'enrols once, however often it is set (Invoke-DscResource)' {
        if ($noDsc) { Set-ItResult -Skipped -Because $noDsc }
        $property = @{ Name = 'once'; Server = 'ca'; Subject = 'CN=once'; OutFile = Get-TestPath 'once.pem' }
        (Invoke-Resource Test $property).InDesiredState | Should -BeFalse
        (Invoke-Resource Set $property).RebootRequired | Should -BeFalse
        (Invoke-Resource Test $property).InDesiredState | Should -BeTrue
        $null = Invoke-Resource Set $property
        @($server.Issued | Where-Object Subject -eq 'CN=once') | Should -HaveCount 1
        $state = Invoke-Resource Get $property
        $state.Status | Should -Be 'Good'
        $state.Thumbprint | Should -Be (Get-CmpCertificate once).Thumbprint
    }

    It 'renews once when the window is open (Invoke-DscResource)' {
        if ($noDsc) { Set-ItResult -Skipped -Because $noDsc }
        $old = New-CmpCertificateRequest -Server ca -Name due -Subject 'CN=due' -OutFile (Get-TestPath 'due.pem') -NotBefore (Get-Date).AddHours(-20) -NotAfter (Get-Date).AddHours(6)
        $property = @{ Name = 'due'; Server = 'ca'; Subject = 'CN=due' }
        $null = Invoke-Resource Set $property
        $null = Invoke-Resource Set $property
        @($server.Issued | Where-Object Subject -eq 'CN=due') | Should -HaveCount 2
        (Invoke-Resource Get $property).Thumbprint | Should -Not -Be $old.Thumbprint
    }

    It 'goes on with a request that waits (Invoke-DscResource)' {
        if ($noDsc) { Set-ItResult -Skipped -Because $noDsc }
        $slow = Start-CmpTestServer -PollCount 1 -CheckAfter 0
        $property = @{ Name = 'slow'; Server = 'slow'; Subject = 'CN=slow'; OutFile = Get-TestPath 'slow.pem'; Credential = $slow.Credential }
        Register-CmpServer -Name slow -Uri $slow.Uri -TrustAnchor $slow.RootCertificate
        $null = Invoke-Resource Set $property
        $state = Invoke-Resource Get $property
        $state.Status | Should -Be 'Waiting'
        (Invoke-Resource Test $property).InDesiredState | Should -BeFalse
        $null = Invoke-Resource Set $property
        (Invoke-Resource Test $property).InDesiredState | Should -BeTrue
        $slow.Issued | Should -HaveCount 1
        Get-CmpTransaction | Should -BeNullOrEmpty
    }

    It 'removes what is to be absent (Invoke-DscResource)' {
        if ($noDsc) { Set-ItResult -Skipped -Because $noDsc }
        $null = New-CmpCertificateRequest -Server ca -Name gone -Subject 'CN=gone' -OutFile (Get-TestPath 'gone.pem')
        $property = @{ Name = 'gone'; Ensure = 'Absent' }
        (Invoke-Resource Test $property).InDesiredState | Should -BeFalse
        $null = Invoke-Resource Set $property
        (Invoke-Resource Test $property).InDesiredState | Should -BeTrue
        Get-TestPath 'gone.pem' | Should -Not -Exist
    }

    It 'says what contradicts itself (Invoke-DscResource)' {
        if ($noDsc) { Set-ItResult -Skipped -Because $noDsc }
        { Invoke-Resource Test @{ Name = 'x'; Subject = 'CN=x'; RenewBeforeDays = 1; RenewBeforePercent = 1 } } | Should -Throw '*RenewBeforeDays and RenewBeforePercent*'
    }
}

Describe 'examples/dsc' {
    BeforeAll { $examples = Join-Path $PSScriptRoot '../../examples/dsc' }

    It 'has a configuration that is one, and names properties that there are' {
        if ($noDsc) { Set-ItResult -Skipped -Because $noDsc }
        # outside Windows the keyword is read with the help of this module
        Import-Module PSDesiredStateConfiguration
        # PowerShell's own reader of the keyword asks for properties that are not there
        Set-StrictMode -Off
        $errors = $null
        $ast = [Management.Automation.Language.Parser]::ParseFile((Join-Path $examples 'CmpCertificate.Configuration.ps1'), [ref] $null, [ref] $errors)
        $errors | Should -BeNullOrEmpty
        $configuration = $ast.Find({ $args[0] -is [Management.Automation.Language.ConfigurationDefinitionAst] }, $true)
        "$($configuration.InstanceName)" | Should -Be 'WebCertificate'
        $text = $configuration.Extent.Text -replace '(?s)LocalConfigurationManager.*'
        $named = [regex]::Matches($text, '(?m)^\s+(\w+)\s+= ').ForEach({ $_.Groups[1].Value })
        $named | Should -Contain 'RenewBeforePercent'
        $there = (Get-DscResource CmpCertificate -Module Cmp).Properties.Name
        $named | Where-Object { $_ -notin $there } | Should -BeNullOrEmpty
    }

    It 'has a document for DSC v3 that names properties that there are' {
        if ($noDsc) { Set-ItResult -Skipped -Because $noDsc }
        $text = (Get-Content (Join-Path $examples 'cmp-certificate.dsc.config.yaml') -Raw) -replace '(?s)^.*\n    properties:\n'
        $named = [regex]::Matches($text, '(?m)^      (\w+):').ForEach({ $_.Groups[1].Value })
        $named | Should -Contain 'DnsName'
        $there = (Get-DscResource CmpCertificate -Module Cmp).Properties.Name
        $named | Where-Object { $_ -notin $there } | Should -BeNullOrEmpty
    }

    It 'keeps a certificate by Invoke-DscResource' {
        if ($noDsc) { Set-ItResult -Skipped -Because $noDsc }
        $server = Start-CmpTestServer
        Register-CmpServer -Name kept -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate
        $path = Get-TestPath 'kept.pem'
        $states = 1..2 | ForEach-Object { & (Join-Path $examples 'Invoke-CmpCertificate.ps1') -Name kept -Server kept -DnsName kept.example, www.example -OutFile $path 4> $null }
        $states.Status | Should -Be 'Good', 'Good'
        $server.Issued | Should -HaveCount 1
        $path | Should -Exist
    }
}
