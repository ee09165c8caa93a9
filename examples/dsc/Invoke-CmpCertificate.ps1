<#
.SYNOPSIS
Keeps a certificate by Invoke-DscResource in PowerShell 7: for a scheduler, or a tool that has one run after the other.
.DESCRIPTION
It sets the resource where it is not as it should be, and emits how it stands then. Run again it does nothing, until the certificate is due or
the CA has answered a request that waited.

It needs the module PSDesiredStateConfiguration (Install-PSResource PSDesiredStateConfiguration), and a server that is saved with its trust
anchor and its credential.
.PARAMETER Name
What the enrolment is called.
.PARAMETER Server
The name of the saved server.
.PARAMETER DnsName
The DNS names of the certificate; the first one is the subject's common name too.
.PARAMETER OutFile
The file that the certificate and its key go to; without it the store of the user, or of the computer for SYSTEM.
.EXAMPLE
./Invoke-CmpCertificate.ps1 -Name web1 -Server ca -DnsName web1.example, www.example -OutFile /etc/pki/web1.pem

Asks for it, and on later runs renews it when it is due.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)]
    [string] $Name,

    [Parameter(Mandatory)]
    [string] $Server,

    [Parameter(Mandatory)]
    [string[]] $DnsName,

    [string] $OutFile
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$property = @{ Name = $Name; Server = $Server; Subject = "CN=$($DnsName[0])"; DnsName = $DnsName; RenewBeforePercent = 20 }
if ($OutFile) { $property.OutFile = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($OutFile) }
$resource = @{ Name = 'CmpCertificate'; ModuleName = 'Cmp'; Property = $property }
if (-not (Invoke-DscResource @resource -Method Test).InDesiredState) { $null = Invoke-DscResource @resource -Method Set }
Invoke-DscResource @resource -Method Get
