<#
.SYNOPSIS
Sends requests that devices put into a folder on to a CA, as a registration authority, and puts the answers beside them.
.DESCRIPTION
Each file <name>.pki is one message of a device, as Export-CmpMessage writes it. It is looked at: a request has to ask for a subject that stands in the list of
devices, other messages (popdecr, certConf, pollReq) follow on one that went before. What is approved of is wrapped in a message that we sign (RFC 9483 5.2.2.1), and its
answer is written to <name>.answer.pki. What is not gets none, and a warning says why. A file that has its answer is left alone, so the script can be run
again and again, by a timer for instance.

What devices sign can be verified before: -OriginalTrustAnchor names who vouches for them.
.PARAMETER Path
The folder.
.PARAMETER Devices
A text file with a subject in each line, as in CN=pump1.
.PARAMETER Server
The CA: the name of a registered server, or an object.
.PARAMETER ClientCertificate
Our certificate, with the purpose cmcRA.
.PARAMETER OriginalTrustAnchor
Who vouches for the certificates of the devices.
.EXAMPLE
./Invoke-RegistrationAuthority.ps1 -Path /srv/requests -Devices devices.txt -Server ca -ClientCertificate Cert:\LocalMachine\My\70AF...
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)] [string] $Path,
    [Parameter(Mandatory)] [string] $Devices,
    [Parameter(Mandatory)] [object] $Server,
    [Parameter(Mandatory)] [object] $ClientCertificate,
    [object] $OriginalTrustAnchor
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$session = $PSCmdlet.SessionState.Path
$Path = $session.GetUnresolvedProviderPathFromPSPath($Path)
$known = @([IO.File]::ReadAllLines($session.GetUnresolvedProviderPathFromPSPath($Devices)) | ForEach-Object { $_.Trim() } | Where-Object { $_ })
$forward = @{ Server = $Server; ClientCertificate = $ClientCertificate; AddProtection = $true }
if ($OriginalTrustAnchor) { $forward.OriginalTrustAnchor = $OriginalTrustAnchor }
$requests = 'Ir', 'Cr', 'P10cr', 'Kur'
$follow = 'Popdecr', 'CertConf', 'PollReq'

foreach ($file in [IO.Directory]::GetFiles($Path, '*.pki') | Where-Object { $_ -notlike '*.answer.pki' }) {
    $answer = [IO.Path]::ChangeExtension($file, '.answer.pki')
    if ([IO.File]::Exists($answer)) { continue }
    $name = [IO.Path]::GetFileName($file)
    try {
        $message = ConvertFrom-CmpMessage $file
        $type = "$($message.Type)"
        if ($type -notin $requests + $follow) { throw "a message of the kind '$type' is not sent on" }
        if ($type -in $requests) {
            $subjects = @($message.Body.Items | ForEach-Object { $_.Subject })
            if ($subjects.Count -eq 0 -or @($subjects | Where-Object { $_ -notin $known }).Count -gt 0) { throw "nobody knows '$($subjects -join "', '")'" }
        }
        if (-not $PSCmdlet.ShouldProcess($name, "Approve of the $type and send it on")) { continue }
        $delivery = Send-CmpMessage -Path $file @forward
        if ($null -ne $delivery.Answer) { $delivery | Export-CmpMessage -OutFile $answer }
        $delivery
    }
    catch { $PSCmdlet.WriteWarning("$name was not sent on: $_") }
}
