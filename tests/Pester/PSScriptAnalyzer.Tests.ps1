BeforeAll {
    . $PSScriptRoot/Common.ps1
    $root = Split-Path (Split-Path $PSScriptRoot)
    $analyzer = Get-Module PSScriptAnalyzer -ListAvailable | Sort-Object Version -Descending | Select-Object -First 1
    if ($analyzer) { Import-Module $analyzer }
}

Describe 'PSScriptAnalyzer' {
    # the manifest where it is packed: in the root it lies without the files that it names
    It 'finds nothing in <Path>' -ForEach @(
        @{ Path = 'build.ps1' }
        @{ Path = 'package.ps1' }
        @{ Path = 'examples' }
        @{ Path = 'tests/Pester' }
        @{ Path = 'output/Cmp' }
    ) {
        if (-not $analyzer) { Set-ItResult -Skipped -Because 'PSScriptAnalyzer was not found'; return }
        # PowerShell's own reader of configurations asks for properties that are not there
        Set-StrictMode -Off
        $at = if ($Path -eq 'output/Cmp') { Split-Path $manifest } else { Join-Path $root $Path }
        $found = Invoke-ScriptAnalyzer -Path $at -Recurse -Settings (Join-Path $root PSScriptAnalyzerSettings.psd1) -Severity Error, Warning
        ($found | ForEach-Object { "$($_.ScriptPath):$($_.Line) $($_.RuleName): $($_.Message)" }) -join "`n" | Should -BeNullOrEmpty
    }

    It 'finds what is wrong' {
        if (-not $analyzer) { Set-ItResult -Skipped -Because 'PSScriptAnalyzer was not found'; return }
        $script = Get-TestPath 'wrong.ps1'
        Set-Content $script 'Invoke-Expression $args[0]'
        (Invoke-ScriptAnalyzer -Path $script -Settings (Join-Path $root PSScriptAnalyzerSettings.psd1) -Severity Error, Warning).RuleName | Should -Be 'PSAvoidUsingInvokeExpression'
    }
}
