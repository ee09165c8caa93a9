<#
.SYNOPSIS
Remediation script for Intune: renews a certificate of this device, goes on with a request that waits for the CA, or asks for the first one.
.DESCRIPTION
It runs where Detect-CmpCertificate.ps1 ended with 1, writes one line, and ends with 0 where all is well now, or the CA has heard and takes its
time, and else with 1.

A certificate that is in force signs for its successor: no secret is needed, and none stands in this script. For the first one the device shows
a certificate that it has already, of its management or its maker. The server is saved for the computer beforehand, with its trust anchor:
Register-CmpServer -Scope LocalMachine.

Intune gives no arguments: what is yours stands in the defaults of the parameters below, and is the same in both scripts. Run it as SYSTEM
(logged-on credentials: No) and in 64-bit PowerShell (Yes).
.PARAMETER Name
What the enrolment is called.
.PARAMETER RenewBeforePercent
In the last so many percent of its lifetime the certificate is due. Without it in the last 30 days, or in the last third of a shorter one.
.PARAMETER Server
Where the first certificate is asked for: the name of a saved server. Without it there is no first one, only renewals.
.PARAMETER Subject
Whom the first certificate is for; without it the computer's name.
.PARAMETER Issuer
Who issued the certificate of the device that signs the first request: what its issuer's name contains. The newest of them serves.
.PARAMETER CertStoreLocation
Where the first certificate goes; renewals stay where it is.
.PARAMETER RandomDelay
A renewal waits a random time up to this, so that a fleet does not come at once. Intune ends a script after 30 minutes.
.EXAMPLE
powershell.exe -NoProfile -NonInteractive -File Remediate-CmpCertificate.ps1

OK vpn: good until 2028-10-27, to be renewed after 2028-09-27
#>
[CmdletBinding()]
param(
    [string] $Name = 'vpn',

    [ValidateRange(0, 99)]
    [int] $RenewBeforePercent,

    [string] $Server,

    [string] $Subject = "CN=$([Environment]::MachineName)",

    [string] $Issuer = 'Microsoft Intune MDM Device CA',

    [string] $CertStoreLocation = 'Cert:\LocalMachine\My',

    [timespan] $RandomDelay = '00:10:00'
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ProgressPreference = $WarningPreference = 'SilentlyContinue'

function Find-DeviceCertificate {
    $store = [Security.Cryptography.X509Certificates.X509Store]::new('My', 'LocalMachine')
    $store.Open('ReadOnly')
    $newest = $null
    foreach ($certificate in $store.Certificates) {
        $serves = $certificate.HasPrivateKey -and $certificate.Issuer.Contains($Issuer) -and $certificate.NotAfter -gt [datetime]::Now
        if ($serves -and ($null -eq $newest -or $certificate.NotBefore -gt $newest.NotBefore)) { $newest = $certificate }
    }
    if ($null -eq $newest) { throw "No certificate in LocalMachine\My is from $Issuer, in force and with its key." }
    $newest
}

# a record that is damaged is an error, and no reason to ask for another certificate each day
function Test-Enrollment {
    try { $null = Get-CmpCertificate ([WildcardPattern]::Escape($Name)) }
    catch {
        if ($_.FullyQualifiedErrorId -notlike 'CmpEnrollment.NotFound*') { throw }
        return $false
    }
    $true
}

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
    $pending = @(Get-CmpTransaction | Where-Object Names -Contains $Name)
    # what waits is gone on with, and not asked for twice: a renewal by the command itself, which knows when it is of no use any more
    $came = if (Test-Enrollment) { Update-CmpCertificate -Name ([WildcardPattern]::Escape($Name)) -RandomDelay $RandomDelay -TimeoutSec 120 -Confirm:$false @window }
    elseif ($pending) { Wait-CmpTransaction $pending[0].Id -TimeoutSec 120 -Confirm:$false }
    elseif ($Server) {
        New-CmpCertificateRequest -Name $Name -Server $Server -Subject $Subject -ClientCertificate (Find-DeviceCertificate) -CertStoreLocation $CertStoreLocation -TimeoutSec 120 -Confirm:$false
    }
    else { throw 'There is no such enrolment, and no server for a first one.' }
    $test = Test-CmpCertificate -Name $Name -Detailed @window
    $waits = @($came | Where-Object { $_.PSTypeNames -contains 'Cmp.CmpTransaction' })
    if ($waits) { $line = "WAITS ${Name}: the CA takes its time, transaction $($waits[0].Id)" }
    else { $line = if ($test.Passed) { "OK $test" } else { "DUE $test" } }
    $code = [int] -not ($test.Passed -or $waits)
}
catch {
    $line = "ERROR ${Name}: $_"
    $code = 1
}

# Intune keeps 2048 characters
$line = $line -replace '\s+', ' '
$line.Substring(0, [Math]::Min(2048, $line.Length))
exit $code
