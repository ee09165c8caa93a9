@{
  RootModule             = 'Cmp.psm1'
  ModuleVersion          = '0.1.0'
  GUID                   = '5f0d9c1e-7f0a-4b0e-9a5d-6f6c2f0f8a51'
  Author                 = 'The Cmp project'
  CompanyName            = 'The Cmp project'
  Copyright              = 'The Cmp project, Apache-2.0'
  Description            = 'The Certificate Management Protocol (CMP) for PowerShell: enrols, renews, revokes and watches certificates at any CMP server, without OpenSSL, also by DSC.'
  PowerShellVersion      = '5.1'
  DotNetFrameworkVersion = '4.7.2'
  CompatiblePSEditions   = @('Desktop', 'Core')
  CmdletsToExport        = @(
    'New-CmpCertificateRequest'
    'Update-CmpCertificate'
    'Revoke-CmpCertificate'
    'Request-CmpCrossCertificate'
    'Restore-CmpKey'
    'Get-CmpTransaction'
    'Wait-CmpTransaction'
    'Remove-CmpTransaction'
    'Export-CmpMessage'
    'Send-CmpMessage'
    'ConvertFrom-CmpMessage'
    'Test-CmpMessage'
    'New-CmpAnnouncement'
    'Get-CmpCertificate'
    'Test-CmpCertificate'
    'Remove-CmpCertificate'
    'Register-CmpRenewal'
    'Get-CmpRenewal'
    'Unregister-CmpRenewal'
    'Register-CmpServer'
    'Get-CmpServer'
    'Set-CmpServer'
    'Unregister-CmpServer'
    'Test-CmpServer'
    'Get-CmpCACertificate'
    'Get-CmpRootUpdate'
    'Install-CmpTrustAnchor'
    'Get-CmpRequestTemplate'
    'Get-CmpCrl'
    'Get-CmpAnnouncement'
    'Invoke-CmpGeneralMessage'
    'Start-CmpTestServer'
    'Get-CmpTestServer'
    'Stop-CmpTestServer'
  )
  FunctionsToExport      = @()
  # AliasesToExport is left out: with all three, Get-Module -ListAvailable would not see the resource
  DscResourcesToExport   = @('CmpCertificate')
  FormatsToProcess       = @('Cmp.Format.ps1xml')
  TypesToProcess         = @('Cmp.Types.ps1xml')
  PrivateData            = @{
    PSData = @{
      DscCapabilities = @('get', 'set', 'test', 'export')
      Tags         = @('CMP', 'RFC9810', 'RFC9483', 'RFC4210', 'PKI', 'X509', 'Certificate', 'Enrollment', 'EJBCA', 'Windows', 'Linux', 'PSEdition_Desktop', 'PSEdition_Core', 'PSModule', 'DSC', 'DSCResource')
      LicenseUri   = 'https://www.apache.org/licenses/LICENSE-2.0'
      # build.ps1 Package puts there what CHANGELOG.md says of this version
      ReleaseNotes = 'See CHANGELOG.md.'
    }
  }
}
