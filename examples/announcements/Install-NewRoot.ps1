<#
.SYNOPSIS
Takes the new root of a CA after checking it.
.DESCRIPTION
It asks the CA for the next key of its root, or takes announcements from the pipeline, shows what speaks for and against each, and installs
the new root beside the old one: after a confirmation, or unattended where -Fingerprint says which root it is.

What is not verified, and what has another fingerprint, is not installed. What else comes along the pipeline goes on.
.PARAMETER Announcement
What Get-CmpAnnouncement emits. Without it the CA is asked.
.PARAMETER Server
The name of the registered server that trusts the new root from then on. Without it the one that told of it.
.PARAMETER Fingerprint
The SHA-256 fingerprint of the new root, hexadecimal, given by another way than the announcement: a letter, a telephone call, the device's
documentation. openssl x509 -noout -fingerprint -sha256 shows it.
.EXAMPLE
./Install-NewRoot.ps1 -Server ca

Asks the CA, shows what is known, and asks the user.
.EXAMPLE
Get-CmpAnnouncement -Path letter/update.pki -MaxAge 30.00:00:00 -Server ca | ./Install-NewRoot.ps1 -Fingerprint (Get-Content letter/root.sha256)

Takes what came by mail, without a question where the fingerprint is right.
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(ValueFromPipeline)]
    [psobject] $Announcement,

    [string] $Server,

    [ValidatePattern('^\s*([0-9A-Fa-f]{2}[\s:-]?){31}[0-9A-Fa-f]{2}\s*$')]
    [string] $Fingerprint
)

begin {
    Set-StrictMode -Version Latest
    $who = @{}
    if ($Server) { $who.Server = $Server }
    # nobody goes past the question by a preference: only who knows the root
    $question = @{ Confirm = -not $Fingerprint -or [bool] $PSBoundParameters['Confirm'] }

    function Get-Fingerprint([byte[]] $Octets) {
        $sha256 = [Security.Cryptography.SHA256]::Create()
        try { [BitConverter]::ToString($sha256.ComputeHash($Octets)) -replace '-', ':' } finally { $sha256.Dispose() }
    }

    function Install-Announced($Update) {
        "$($Update.About), announced by $($Update.Source)"
        $Update.Reasons | ForEach-Object { "    $_" }
        if (-not $Update.Verified) {
            $PSCmdlet.WriteWarning("Nothing was installed, since it is not verified: $($Update.Problem)")
            return
        }
        $found = Get-Fingerprint $Update.NewRoot.RawData
        "    SHA-256 $found"
        if ($Fingerprint -and ($Fingerprint -replace '[^0-9A-Fa-f]') -ne ($found -replace ':')) {
            $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new(
                    [Security.SecurityException]::new("The new root is another one than that of the fingerprint $Fingerprint. Nothing was installed."), 'NewRoot.Fingerprint', 'SecurityError', $Update))
            return
        }
        $Update | Install-CmpTrustAnchor @who @question
    }
}

process {
    $type = if ($Announcement) { $Announcement.PSObject.Properties['Type'] }
    if ($type -and $type.Value -eq 'CaKeyUpdate') { Install-Announced $Announcement }
    elseif ($Announcement) { $Announcement }
}

end {
    if (-not $MyInvocation.ExpectingInput -and -not $Announcement) {
        $said = @(Get-CmpAnnouncement -Type CaKeyUpdate @who)
        if (-not $said) { 'The CA has no new root.' }
        $said | ForEach-Object { Install-Announced $_ }
    }
}
