# The commands of Microsoft.PowerShell.SecretManagement with the parameters that its documentation gives them, over a table in memory:
# for tests on machines where the module is not installed. $TestVault holds what is kept.

$TestVault = @{ Secrets = @{}; Locked = $false; HasDefault = $true }

function Get-SecretVault {
    [CmdletBinding()]
    param([string[]] $Name = '*')
    [pscustomobject] @{ Name = 'Other'; IsDefault = $false }
    [pscustomobject] @{ Name = 'Test'; IsDefault = $TestVault.HasDefault }
}

function Get-Secret {
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Name, [string] $Vault, [switch] $AsPlainText)
    Assert-Vault $Vault
    if ($TestVault.Secrets.ContainsKey($Name)) { return $TestVault.Secrets[$Name] }
    $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new(
        [Management.Automation.ItemNotFoundException]::new("The secret $Name was not found."), 'GetSecretNotFound', 'ObjectNotFound', $Name))
}

function Set-Secret {
    [CmdletBinding(SupportsShouldProcess)]
    param([Parameter(Mandatory)] [string] $Name, [Parameter(Mandatory)] [object] $Secret, [string] $Vault)
    Assert-Vault $Vault
    if ($Secret -isnot [byte[]] -and $Secret -isnot [string] -and $Secret -isnot [securestring] -and $Secret -isnot [pscredential] -and $Secret -isnot [hashtable]) {
        throw "A $($Secret.GetType()) is no secret."
    }
    if ($PSCmdlet.ShouldProcess($Name)) { $TestVault.Secrets[$Name] = $Secret }
}

function Remove-Secret {
    [CmdletBinding(SupportsShouldProcess)]
    param([Parameter(Mandatory)] [string] $Name, [Parameter(Mandatory)] [string] $Vault)
    Assert-Vault $Vault
    if (-not $TestVault.Secrets.ContainsKey($Name)) { throw "There is no secret $Name." }
    if ($PSCmdlet.ShouldProcess($Name)) { $TestVault.Secrets.Remove($Name) }
}

function Assert-Vault([string] $Vault) {
    if ($TestVault.Locked) { throw 'The vault is locked.' }
    if ($Vault -and $Vault -ne 'Test') { throw "This is not the default vault: $Vault." }
}

Export-ModuleMember -Function Get-SecretVault, Get-Secret, Set-Secret, Remove-Secret -Variable TestVault
