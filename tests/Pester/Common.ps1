# What the suites have in common. They dot-source it in BeforeAll.

$manifest = $env:CMP_MANIFEST
if (-not $manifest) { $manifest = (Get-Item (Join-Path $PSScriptRoot '../../output/Cmp/*/Cmp.psd1')).FullName }
Import-Module $manifest

$onWindows = $env:OS -eq 'Windows_NT'

# A test has a folder and files of its own in $TestDrive.
function Get-TestPath([string] $Name) { Join-Path $TestDrive $Name }

# So has each suite its own state: what another one left pending, or registered in this process, is not its business.
$env:CMP_HOME = Get-TestPath '.cmp'
Get-CmpServer | Unregister-CmpServer

function Get-TestSecret([string] $Text) { [Net.NetworkCredential]::new('', $Text).SecurePassword }

function Get-TestCredential([string] $Reference, [string] $Secret) { [pscredential]::new($Reference, (Get-TestSecret $Secret)) }

# The stable part of an error's ID.
function Get-ErrorId($Record) { $Record.FullyQualifiedErrorId.Split(',')[0] }

# What Tab offers at the end of a line.
function Get-Completion([string] $Line) { (TabExpansion2 $Line $Line.Length).CompletionMatches | ForEach-Object CompletionText }

# Whether a certificate's own private key signs for it.
function Test-PrivateKey([Security.Cryptography.X509Certificates.X509Certificate2] $Certificate) {
    $data = [byte[]] (1, 2, 3)
    $sha256 = [Security.Cryptography.HashAlgorithmName]::SHA256
    $ecdsa = [Security.Cryptography.X509Certificates.ECDsaCertificateExtensions]
    if ($key = $ecdsa::GetECDsaPrivateKey($Certificate)) {
        return $ecdsa::GetECDsaPublicKey($Certificate).VerifyData($data, $key.SignData($data, $sha256), $sha256)
    }
    $rsa = [Security.Cryptography.X509Certificates.RSACertificateExtensions]
    $pkcs1 = [Security.Cryptography.RSASignaturePadding]::Pkcs1
    $key = $rsa::GetRSAPrivateKey($Certificate)
    $null -ne $key -and $rsa::GetRSAPublicKey($Certificate).VerifyData($data, $key.SignData($data, $sha256, $pkcs1), $sha256, $pkcs1)
}

# The address of a folder.
function Get-FolderAddress([string] $Path) { 'file:///' + (($Path -replace '\\', '/').TrimStart('/').Split('/').ForEach({ [uri]::EscapeDataString($_) -replace '%3A', ':' }) -join '/') }

# Carries a message to a server by hand, and its answer back.
function Send-TestMessage([uri] $Uri, [string] $Request, [string] $Answer) {
    $octets = [IO.File]::ReadAllBytes($Request)
    $client = [Net.WebClient]::new()
    $client.Headers['Content-Type'] = 'application/pkixcmp'
    try { [IO.File]::WriteAllBytes($Answer, $client.UploadData($Uri, $octets)) } finally { $client.Dispose() }
}

# Runs a script in another process of the same PowerShell, with the module and the secret of the test servers, and gives its lines.
function Invoke-OtherProcess([string] $Script, [pscredential] $Credential) {
    $file = Get-TestPath "$([guid]::NewGuid()).ps1"
    $env:CMP_TEST_SECRET = $Credential.GetNetworkCredential().Password
    Set-Content $file @"
Import-Module '$manifest'
`$credential = [pscredential]::new('$($Credential.UserName)', [Net.NetworkCredential]::new('', `$env:CMP_TEST_SECRET).SecurePassword)
$Script
"@
    $shell = if ($PSVersionTable.PSEdition -eq 'Desktop') { 'powershell' } else { 'pwsh' }
    try { & $shell -NoProfile -NonInteractive -File $file } finally { Remove-Item Env:CMP_TEST_SECRET }
}

# A PKCS #10 request of somebody else, in DER.
function Get-TestPkcs10([string] $Subject) {
    $key = [Security.Cryptography.ECDsa]::Create()
    [Security.Cryptography.X509Certificates.CertificateRequest]::new($Subject, $key, 'SHA256').CreateSigningRequest()
}

function ConvertTo-Pem([byte[]] $Der, [string] $Label) {
    "-----BEGIN $Label-----`n$([Convert]::ToBase64String($Der, 'InsertLineBreaks'))`n-----END $Label-----`n"
}

# Where HOME does not move the store, what a suite put there is removed again, with its key.
function Remove-TestCertificate([string] $Issuer = 'CN=Cmp Test Issuing CA') {
    $store = [Security.Cryptography.X509Certificates.X509Store]::new('My', 'CurrentUser')
    $store.Open('ReadWrite')
    try {
        foreach ($certificate in @($store.Certificates | Where-Object Issuer -eq $Issuer)) {
            if ($onWindows) {
                $ecdsa = [Security.Cryptography.X509Certificates.ECDsaCertificateExtensions]::GetECDsaPrivateKey($certificate)
                $rsa = [Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($certificate)
                foreach ($key in $ecdsa, $rsa) { if ($key -and $key.PSObject.Properties['Key']) { $key.Key.Delete() } }
            }
            $store.Remove($certificate)
        }
    }
    finally { $store.Dispose() }
}
