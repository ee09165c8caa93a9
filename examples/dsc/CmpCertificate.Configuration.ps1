<#
.SYNOPSIS
A configuration for the Local Configuration Manager of Windows PowerShell 5.1: one certificate for this computer, asked for once and renewed in time.
.DESCRIPTION
It compiles the configuration into a folder. The secret of the first request is encrypted for the computer by the certificate that the
configuration data names; once the certificate is there, the credential can go. ApplyAndAutoCorrect has the manager renew what is due: the
other modes report it only.

Start-DscConfiguration -Path <folder> -Wait applies it, Set-DscLocalConfigurationManager -Path <folder> the settings of the manager.
.PARAMETER OutputPath
The folder that gets the compiled configuration.
.PARAMETER Credential
The reference value and the shared secret for the first request.
.PARAMETER CertificateFile
The public certificate of the computer for the encryption of documents, as a file.
.PARAMETER Thumbprint
The thumbprint of that certificate.
.EXAMPLE
./CmpCertificate.Configuration.ps1 -OutputPath C:\Dsc -Credential (Get-Credential) -CertificateFile C:\Dsc\node.cer -Thumbprint 0123456789ABCDEF0123456789ABCDEF01234567

Start-DscConfiguration -Path C:\Dsc -Wait -Verbose applies it.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)]
    [string] $OutputPath,

    [Parameter(Mandatory)]
    [pscredential] $Credential,

    [Parameter(Mandatory)]
    [string] $CertificateFile,

    [Parameter(Mandatory)]
    [string] $Thumbprint
)

Set-StrictMode -Version Latest

configuration WebCertificate {
    param([pscredential] $Credential)

    Import-DscResource -ModuleName Cmp

    node localhost {
        CmpCertificate web {
            Name                = 'web'
            Server              = 'https://ca.example/pkix/'
            Subject             = 'CN=web1.example'
            DnsName             = 'web1.example', 'www.example'
            KeyAlgorithm        = 'RSA_3072'
            CertStoreLocation   = 'Cert:\LocalMachine\My'
            InstallChain        = 'Intermediate'
            FriendlyName        = 'web1'
            RenewBeforePercent  = 20
            Credential          = $Credential
            TrustAnchorThumbprint = '0123456789ABCDEF0123456789ABCDEF01234567'
        }
        LocalConfigurationManager {
            ConfigurationMode = 'ApplyAndAutoCorrect'
            CertificateId     = $Node.Thumbprint
        }
    }
}

$data = @{ AllNodes = @(@{ NodeName = 'localhost'; CertificateFile = $CertificateFile; Thumbprint = $Thumbprint }) }
WebCertificate -OutputPath $OutputPath -ConfigurationData $data -Credential $Credential
