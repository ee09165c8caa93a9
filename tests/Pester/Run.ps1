<#
.SYNOPSIS
Runs the Pester suites in this PowerShell, with a HOME of their own.
.DESCRIPTION
build.ps1 Test calls it for each PowerShell that it finds. Where Pester 5 is missing it says so, and that is no error.
.PARAMETER Manifest
The packed module's manifest. Without it the one in output/ is taken.
.PARAMETER CountsPath
A file that gets three lines: how many tests passed, failed, and were skipped.
#>
[CmdletBinding()]
param(
    [string] $Manifest,
    [string] $CountsPath
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$pester = Get-Module Pester -ListAvailable | Where-Object { $_.Version.Major -eq 5 } | Sort-Object Version -Descending | Select-Object -First 1
if ($null -eq $pester) {
    "The Pester suites were not run in PowerShell $($PSVersionTable.PSVersion): Pester 5 was not found."
    return
}
Import-Module $pester
if ($Manifest) { $Manifest = (Get-Item $Manifest).FullName }

$folder = Join-Path ([IO.Path]::GetTempPath()) "cmp-$([IO.Path]::GetRandomFileName())"
$own = @{ HOME = $folder; CMP_HOME = Join-Path $folder 'cmp'; CMP_MANIFEST = $Manifest }
$before = @{}
$null = New-Item -ItemType Directory $folder
try {
    foreach ($name in $own.Keys) {
        $before[$name] = [Environment]::GetEnvironmentVariable($name)
        [Environment]::SetEnvironmentVariable($name, $own[$name])
    }
    $configuration = New-PesterConfiguration
    $configuration.Run.Path = $PSScriptRoot
    $configuration.Run.PassThru = $true
    $configuration.Output.Verbosity = 'Normal'
    $configuration.Output.RenderMode = 'Plaintext'
    $result = Invoke-Pester -Configuration $configuration
}
finally {
    foreach ($name in $before.Keys) { [Environment]::SetEnvironmentVariable($name, $before[$name]) }
    Remove-Item $folder -Recurse -Force
}

foreach ($test in $result.Skipped) { "Skipped $($test.ExpandedPath): $($test.ErrorRecord)" }
# a file that does not even load has no tests that could fail
$failed = [Math]::Max($result.FailedCount, $result.FailedContainersCount + $result.FailedBlocksCount)
if ($CountsPath) { [IO.File]::WriteAllLines($CountsPath, [string[]] @($result.PassedCount, $failed, $result.SkippedCount)) }
elseif ($failed -gt 0) { exit 1 }
