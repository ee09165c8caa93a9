<#
.SYNOPSIS
Renews certificates of this machine when their CA announces that they will be revoked.
.DESCRIPTION
It asks for announcements of revocations (HTTP GET, as drafts of the transport had it), observes a CA over CoAP, or listens for those that
are pushed. What is not verified changes nothing.

A certificate that will be revoked is renewed at once: it signs the request for a new one with a new key. A certificate that has been revoked
signs nothing any more that a CA takes: a new one with the same subject and extensions is enrolled with the secret of -Credential, or of the
server where it is registered with one. Where there is none, a warning says so.

What fails ends the script. The announcement does not count as seen then: it is found again by -NewOnly, and who pushed it is told to come
again. The new certificates are emitted, and announcements of other kinds as they come.
.PARAMETER ListenUri
Where pushed announcements are listened for, until it is stopped: http://localhost:8829/, https:// or tcp://.
.PARAMETER ListenCertificate
The certificate, with its key, that TLS is spoken with at an https address.
.PARAMETER Observe
Observes the server, whose address is coap:// or coaps://, until it is stopped.
.PARAMETER NewOnly
Leaves out what was asked for and acted on before. Without it each run acts that finds a warning of a certificate in use. What -WhatIf shows
counts as seen.
.PARAMETER Server
The name of a registered server. Without it each certificate's own is asked, and where it is not remembered the default one.
.PARAMETER Name
The names of enrolments whose certificates are meant, also with wildcards: all by default.
.PARAMETER CertStoreLocation
A store whose certificates with keys are meant too, though nobody here enrolled them with Cmp, as Cert:\LocalMachine\My.
.PARAMETER Credential
Reference and secret for a new enrolment.
.PARAMETER Count
Ends after so many announcements.
.PARAMETER TimeoutSec
Ends after so many seconds, or gives up asking.
.EXAMPLE
./Update-OnRevocation.ps1 -Server ca -NewOnly

Asks once, as a timer does.
.EXAMPLE
./Update-OnRevocation.ps1 -Server ca -ListenUri http://localhost:8829/

Listens until it is stopped, as a service does.
.EXAMPLE
./Update-OnRevocation.ps1 -Server ca -ListenUri http://localhost:8829/ | ./Install-NewRoot.ps1 -Server ca -Fingerprint (Get-Content root.sha256)

Takes the new root too, whose fingerprint came by another way.
#>
[CmdletBinding(DefaultParameterSetName = 'Poll', SupportsShouldProcess)]
param(
    [Parameter(Mandatory, ParameterSetName = 'Listen')]
    [uri] $ListenUri,

    [Parameter(ParameterSetName = 'Listen')]
    [object] $ListenCertificate,

    [Parameter(Mandatory, ParameterSetName = 'Observe')]
    [switch] $Observe,

    [Parameter(ParameterSetName = 'Poll')]
    [switch] $NewOnly,

    [string] $Server,

    [string[]] $Name = '*',

    [string] $CertStoreLocation,

    [pscredential] $Credential,

    [Parameter(ParameterSetName = 'Listen')]
    [Parameter(ParameterSetName = 'Observe')]
    [ValidateRange(1, [int]::MaxValue)]
    [int] $Count,

    [ValidateRange(1, [int]::MaxValue)]
    [int] $TimeoutSec
)

Set-StrictMode -Version Latest

# subject alternative names, key usage, extended key usage: what a new certificate has from the old one
$kept = '2.5.29.17', '2.5.29.15', '2.5.29.37'

# The certificates of this machine as they are now.
function Get-Own {
    Get-CmpCertificate $Name | Where-Object Certificate | ForEach-Object { $_.Certificate }
    if ($CertStoreLocation) {
        $location, $store = $CertStoreLocation -replace '^Cert:\\' -split '\\'
        $opened = [Security.Cryptography.X509Certificates.X509Store]::new($store, $location)
        $opened.Open('ReadOnly')
        try { $opened.Certificates | Where-Object HasPrivateKey } finally { $opened.Dispose() }
    }
}

# A certificate that is revoked proves nothing: its subject is enrolled anew, to the same place and under the same name.
function Request-Anew($Announcement) {
    $old = $Announcement.Certificate
    if (-not $Credential -and -not $Announcement.Server.Secret -and -not $Announcement.Server.SecretReference) {
        $PSCmdlet.WriteWarning("$Announcement. It cannot renew itself any more: enrol a new one with -Credential, from New-CmpCertificateRequest or this script.")
        return
    }
    $request = @{
        Server = $Announcement.Server
        Subject = $old.Subject
        Extension = @($old.Extensions | Where-Object { $_.Oid.Value -in $kept })
        ErrorAction = 'Stop'
    }
    if ($Credential) { $request.Credential = $Credential }
    $enrollment = Get-CmpCertificate | Where-Object Thumbprint -EQ $old.Thumbprint | ForEach-Object { $_ }
    if ($enrollment) { $request.Name = $enrollment.Name }
    if ($enrollment -and $enrollment.Path) {
        $request.OutFile = $enrollment.Path
        $request.Force = $true
    }
    elseif ($enrollment -and $enrollment.Store) { $request.CertStoreLocation = "Cert:\$($enrollment.Store)" }
    elseif ($CertStoreLocation) { $request.CertStoreLocation = $CertStoreLocation }
    New-CmpCertificateRequest @request
}

function Update-Announced($Announcement) {
    if (-not $Announcement.Verified) {
        $PSCmdlet.WriteWarning("Nothing was done about what is not verified: $Announcement. $($Announcement.Problem)")
        return
    }
    # a CA may say it twice, and of what it issued since this script began: what is in use now counts
    $own = @(Get-Own)
    $now = if ($own) { Get-CmpAnnouncement -Message $Announcement.Message -Certificate $own @who -ErrorAction Stop }
    if (-not $now -or -not $now.Certificate) { $PSCmdlet.WriteVerbose("Nothing here uses it: $Announcement.") }
    elseif ($now.Status -eq 'RevocationWarning') { $now | Update-CmpCertificate -Force -ErrorAction Stop }
    else { Request-Anew $now }
}

$who = @{}
if ($Server) { $who.Server = $Server }
$question = $who.Clone()
foreach ($parameter in 'ListenUri', 'ListenCertificate', 'NewOnly', 'Count', 'TimeoutSec') {
    if ($PSBoundParameters.ContainsKey($parameter)) { $question[$parameter] = $PSBoundParameters[$parameter] }
}
if (-not $ListenUri) {
    $question.PollBy = if ($Observe) { 'Observe' } else { 'HttpGet' }
    $question.Type = 'Revocation'
}

$own = @(Get-Own)
if (-not $own) { $PSCmdlet.WriteWarning('There is no certificate here that could be renewed.') }
$own | Get-CmpAnnouncement @question | ForEach-Object { if ($_.Type -eq 'Revocation') { Update-Announced $_ } else { $_ } }
