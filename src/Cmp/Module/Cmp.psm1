# Windows PowerShell takes the assemblies as they lie there; in PowerShell 7 they have a load context of their own.
# Each call of a method here costs more of the import than the commands do.
if ($PSEdition -eq 'Desktop') {
    Import-Module "$PSScriptRoot/bin/desktop/Cmp.dll"
}
else {
    $null = [Reflection.Assembly]::LoadFrom("$PSScriptRoot/bin/net8.0/Cmp.Loader.dll")
    $commands = Import-Module -Assembly ([Cmp.Loader.LoadContext]::Initialize()) -PassThru
    [Cmp.Loader.Reimport]::Export($ExecutionContext, $commands)
}

# DSC keeps a certificate: asked for once, renewed in time. The class stands here and not in a file of its own, for the adapter of
# DSC v3 looks nowhere else, and has no literal of a type of ours: it is read before ours are loaded, and where they never are.
# What it does is in CmpCertificate.ps1, which is read when it is called: each line here costs every import. See about_Cmp_Dsc.
[DscResource()]
class CmpCertificate {
    [DscProperty(Key)] [string] $Name
    [DscProperty()] [ValidateSet('Present', 'Absent')] [string] $Ensure = 'Present'
    [DscProperty()] [string] $Server
    [DscProperty()] [string] $Subject
    [DscProperty()] [string[]] $DnsName
    [DscProperty()] [string] $KeyAlgorithm
    [DscProperty()] [string] $Provider
    [DscProperty()] [bool] $Exportable
    [DscProperty()] [string] $CertStoreLocation
    [DscProperty()] [string] $OutFile
    [DscProperty()] [ValidateSet('None', 'Intermediate', 'WithRoot')] [string] $InstallChain
    [DscProperty()] [string] $FriendlyName
    [DscProperty()] [int] $RenewBeforeDays
    [DscProperty()] [int] $RenewBeforePercent
    [DscProperty()] [PSCredential] $Credential
    [DscProperty()] [PSCredential] $KeyPassword
    [DscProperty()] [string] $ClientCertificateThumbprint
    [DscProperty()] [string] $TrustAnchorThumbprint
    [DscProperty()] [string[]] $PrivateKeyReader
    [DscProperty()] [ValidateSet('Archive', 'Remove', 'Keep')] [string] $OldCertificate = 'Archive'
    [DscProperty(NotConfigurable)] [string] $Thumbprint
    [DscProperty(NotConfigurable)] [Nullable[datetime]] $NotAfter
    [DscProperty(NotConfigurable)] [Nullable[datetime]] $RenewAfter
    [DscProperty(NotConfigurable)] [string] $Status
    [DscProperty(NotConfigurable)] [string] $TransactionId

    [CmpCertificate] Get() { return & "$PSScriptRoot/CmpCertificate.ps1" Get $this }

    [bool] Test() { return & "$PSScriptRoot/CmpCertificate.ps1" Test $this }

    [void] Set() { & "$PSScriptRoot/CmpCertificate.ps1" Set $this }

    static [CmpCertificate[]] Export() { return [CmpCertificate]::Export([CmpCertificate]::new()) }

    static [CmpCertificate[]] Export([CmpCertificate] $Filter) { return @(& "$PSScriptRoot/CmpCertificate.ps1" Export $Filter) }
}
