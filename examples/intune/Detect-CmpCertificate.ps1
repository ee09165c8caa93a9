<#
.SYNOPSIS
Detection script for Intune: says whether a certificate of this device is there with its key, valid, and not due for renewal.
.DESCRIPTION
It writes one line and ends with 0 where all is well and with 1 where Remediate-CmpCertificate.ps1 has something to do. It asks no server and
changes nothing.

Intune gives no arguments: what is yours stands in the defaults of the parameters below. Run it as SYSTEM (logged-on credentials: No) and in
64-bit PowerShell (Yes); the module Cmp lies in C:\Program Files\WindowsPowerShell\Modules already.
.PARAMETER Name
What the enrolment is called.
.PARAMETER RenewBeforePercent
In the last so many percent of its lifetime the certificate is due. Without it in the last 30 days, or in the last third of a shorter one.
.EXAMPLE
powershell.exe -NoProfile -NonInteractive -File Detect-CmpCertificate.ps1

OK vpn: good until 2027-11-26, to be renewed after 2027-10-27
#>
[CmdletBinding()]
param(
    [string] $Name = 'vpn',

    [ValidateRange(0, 99)]
    [int] $RenewBeforePercent
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ProgressPreference = $WarningPreference = 'SilentlyContinue'

try {
    if ([Environment]::Is64BitOperatingSystem -and -not [Environment]::Is64BitProcess) {
        throw 'This is 32-bit PowerShell: set "Run script in 64-bit PowerShell" to Yes.'
    }
    if ([Environment]::OSVersion.Platform -eq 'Win32NT' -and -not [Security.Principal.WindowsIdentity]::GetCurrent().IsSystem) {
        throw 'This is not SYSTEM: set "Run this script using the logged-on credentials" to No.'
    }
    Import-Module Cmp
    $window = @{}
    if ($RenewBeforePercent) { $window.RenewBefore = "$RenewBeforePercent%" }
    $test = Test-CmpCertificate -Name $Name -Detailed @window
    $line = if ($test.Passed) { "OK $test" } else { "DUE $test" }
    $code = [int] -not $test.Passed
}
catch {
    $line = "ERROR ${Name}: $_"
    $code = 1
}

# Intune keeps 2048 characters
$line = $line -replace '\s+', ' '
$line.Substring(0, [Math]::Min(2048, $line.Length))
exit $code
