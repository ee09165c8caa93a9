<#
.SYNOPSIS
Enrols a certificate at a test server of its own, renews and revokes it, follows the CA to a new root, and leaves nothing behind.
.DESCRIPTION
It needs the module Cmp only. build.ps1 Demo runs it with a HOME of its own; on Windows, where HOME does not move the certificate
store, it removes what it made by thumbprint and key.
#>
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$made = [Collections.Generic.List[Security.Cryptography.X509Certificates.X509Certificate2]]::new()

function Remove-Made {
    $store = [Security.Cryptography.X509Certificates.X509Store]::new('My', 'CurrentUser')
    $store.Open('ReadWrite')
    try {
        foreach ($certificate in $made) {
            if ($env:OS -eq 'Windows_NT') {
                $key = [Security.Cryptography.X509Certificates.ECDsaCertificateExtensions]::GetECDsaPrivateKey($certificate)
                if ($key -is [Security.Cryptography.ECDsaCng]) { $key.Key.Delete() }
            }
            $store.Remove($certificate)
        }
    }
    finally { $store.Dispose() }
}

try {
    '1. Start a certification authority on this machine.'
    $ca = Start-CmpTestServer -Transport Http, Tcp
    $ca | Out-Default

    '2. Register it under a name, with its root as trust anchor and the shared secret that it gave us.'
    Register-CmpServer -Name demo -Uri $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -PassThru | Out-Default

    '3. Enrol: make a key, ask for a certificate (ir, protected by the secret), confirm it, put it into Cert:\CurrentUser\My.'
    $old = New-CmpCertificateRequest -Server demo -Subject 'CN=router7.example, O=Demo' -DnsName router7.example -IPAddress 192.0.2.7
    $made.Add($old)
    $old | Out-Default

    '4. Renew it now, although it is not due: a new key, asked for with the old certificate (kur, signed).'
    $new = $old | Update-CmpCertificate -Server demo -Force
    $made.Add($new)
    $old, $new | Out-Default

    '5. What a renewal that is not due does: nothing.'
    $nothing = $new | Update-CmpCertificate -Server demo -Verbose
    "   It gave $(@($nothing).Count) certificates."

    '6. What a wrong secret looks like.'
    $wrong = [Management.Automation.PSCredential]::new($ca.Credential.UserName, [Net.NetworkCredential]::new('', 'wrong').SecurePassword)
    try { New-CmpCertificateRequest -Server demo -Credential $wrong -Subject 'CN=intruder' -ErrorAction Stop }
    catch { "   $($_.FullyQualifiedErrorId): $($_.Exception.Message)" }

    '7. Revoke the new one (rr): it signs that itself, and the CRL says so.'
    $new | Revoke-CmpCertificate -Server demo -Reason Superseded -Confirm:$false | Out-Default
    (Get-CmpCrl -Server demo).Entries | Out-Default

    '8. The CA changes its root and announces that. What speaks for it is shown, and the new one is trusted beside the old one.'
    $null = $ca.UpdateRoot()
    $news = Get-CmpAnnouncement -Server demo -Type CaKeyUpdate
    $news | Out-Default
    $news.Reasons | ForEach-Object { "   $_" }
    $news | Install-CmpTrustAnchor -Confirm:$false
    (Get-CmpServer demo).TrustAnchor | Out-Default

    '9. Enrol over another road: TCP-Messages in place of HTTP. Only the server differs.'
    New-CmpCertificateRequest -Server $ca.Servers.Tcp -Subject 'CN=router8.example, O=Demo' -NoInstall | Out-Default
}
finally {
    Remove-Made
    Get-CmpTestServer | Stop-CmpTestServer
    'Nothing is left: certificates and keys are removed, the server has stopped.'
}
