BeforeAll {
    . $PSScriptRoot/Common.ps1
    $root = Split-Path (Split-Path $PSScriptRoot)
    $made = & (Join-Path $root package.ps1) -ModuleFolder (Split-Path $manifest) -OutputFolder (Get-TestPath 'output') -Packages (Get-Item (Join-Path $root 'output/packages/*.txt')).FullName
    $package = $made | Where-Object { $_ -like '*.nupkg' }

    # PSResourceGet keeps its repositories and modules in a home, and NuGet its configuration: in this one
    $before = $env:HOME
    $env:HOME = Get-TestPath 'home'
    $null = New-Item -ItemType Directory (Get-TestPath 'home/.config'), (Get-TestPath 'home/.local/share'), (Get-TestPath 'gallery'), (Get-TestPath 'modules')
    $resources = Get-Module Microsoft.PowerShell.PSResourceGet -ListAvailable | Where-Object Version -GE '1.1' | Select-Object -First 1
    if ($onWindows) { $because = 'Windows has one store of repositories, which is the user''s' }
    elseif (-not $resources) { $because = 'PSResourceGet was not found' }
    else {
        $because = $null
        Import-Module $resources
        Register-PSResourceRepository -Name cmp-test -Uri (Get-TestPath 'gallery') -Trusted
    }
}

AfterAll { $env:HOME = $before }

Describe 'The package' {
    It 'is published to a gallery as it is, found there, and is a module when it was saved' {
        if ($because) { Set-ItResult -Skipped -Because $because; return }
        Publish-PSResource -NupkgPath $package -Repository cmp-test
        (Get-FileHash (Get-TestPath "gallery/$(Split-Path $package -Leaf)")).Hash | Should -Be (Get-FileHash $package).Hash

        $found = Find-PSResource Cmp -Repository cmp-test
        $found.Version | Should -Be (Get-Module Cmp).Version
        $found.LicenseUri | Should -Be 'https://www.apache.org/licenses/LICENSE-2.0'
        $found.ReleaseNotes | Should -Match 'New-CmpCertificateRequest'
        $found.Tags | Should -Contain 'PSEdition_Desktop'

        Save-PSResource Cmp -Repository cmp-test -Path (Get-TestPath 'modules')
        $lines = Invoke-OtherProcess -Credential (Get-TestCredential a b) -Script @"
Remove-Module Cmp
Import-Module '$((Get-Item (Get-TestPath 'modules/Cmp/*/Cmp.psd1')).FullName)'
(Get-Module Cmp).ModuleBase
(Get-Command -Module Cmp).Count
(Get-CmpTestServer | Measure-Object).Count
"@
        $lines | Should -Be (Get-Item (Get-TestPath 'modules/Cmp/*')).FullName, (Get-Command -Module Cmp).Count, 0
    }

    It 'has a manifest that Test-ModuleManifest takes, in what is unpacked for a folder of PSModulePath' {
        Expand-Archive ($made | Where-Object { $_ -like '*.zip' }) (Get-TestPath 'unpacked')
        $module = Test-ModuleManifest (Get-Item (Get-TestPath 'unpacked/Cmp/*/Cmp.psd1')).FullName
        $module.Version | Should -Be (Get-Module Cmp).Version
        $module.ExportedCmdlets.Count | Should -Be (Get-Command -Module Cmp -CommandType Cmdlet).Count
    }

    It 'has checksums that sha256sum confirms' {
        $sha256sum = Get-Command sha256sum -CommandType Application -ErrorAction Ignore | Select-Object -First 1
        if (-not $sha256sum) { Set-ItResult -Skipped -Because 'sha256sum was not found'; return }
        Push-Location (Get-TestPath 'output')
        try { & $sha256sum.Source --check --quiet --strict ($made | Where-Object { $_ -like '*.sha256' }) }
        finally { Pop-Location }
        $LASTEXITCODE | Should -Be 0
    }
}
