<#
.SYNOPSIS
Renews on many machines what is due there, and shows a line for each certificate.
.DESCRIPTION
Nothing is scheduled: this is for whoever wants to renew now, or sees to it from one place. Each machine has the module, its enrolments, and
where certificates have expired a server that was registered with a credential. No secret goes to a machine.
.PARAMETER ComputerName
The machines, or sessions of New-PSSession, over SSH too, by -Session.
.PARAMETER Name
The enrolments, with wildcards; all by default.
.PARAMETER ThrottleLimit
How many machines at once.
.EXAMPLE
./Invoke-RenewalOnMany.ps1 (Get-Content machines.txt) -ThrottleLimit 16 | Format-Table
.EXAMPLE
./Invoke-RenewalOnMany.ps1 -Session (New-PSSession -HostName web1, web2) -Name web* | Where-Object Result -ne 'Good'
#>
[CmdletBinding(SupportsShouldProcess, DefaultParameterSetName = 'ComputerName')]
param(
    [Parameter(Mandatory, Position = 0, ParameterSetName = 'ComputerName')]
    [string[]] $ComputerName,

    [Parameter(Mandatory, ParameterSetName = 'Session')]
    [System.Management.Automation.Runspaces.PSSession[]] $Session,

    [string[]] $Name = '*',

    [ValidateRange(1, 1000)]
    [int] $ThrottleLimit = 32,

    [switch] $Force
)

$renew = {
    param([string[]] $Name, [bool] $Force)
    Import-Module Cmp -ErrorAction Stop
    foreach ($enrollment in Get-CmpCertificate $Name) {
        $failed = $null
        $new = Update-CmpCertificate -Name $enrollment.Name -Force:$Force -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failed
        $now = Get-CmpCertificate $enrollment.Name
        [pscustomobject] @{
            Name       = $enrollment.Name
            Result     = if ($failed) { 'Failed' } elseif (-not $new) { 'Good' } elseif ($new.PSTypeNames -contains 'Cmp.CmpTransaction') { 'Waiting' } else { 'Renewed' }
            NotAfter   = $now.NotAfter
            RenewAfter = $now.RenewAfter
            Problem    = if ($failed) { "$($failed[0])" }
        }
    }
}

$machines = if ($Session) { @{ Session = $Session } } else { @{ ComputerName = $ComputerName } }
$where = if ($Session) { $Session.ComputerName } else { $ComputerName }
if ($PSCmdlet.ShouldProcess($where -join ', ', 'Renew what is due')) {
    Invoke-Command @machines -ThrottleLimit $ThrottleLimit -ScriptBlock $renew -ArgumentList $Name, $Force.IsPresent -ErrorAction SilentlyContinue -ErrorVariable unreached |
        Select-Object @{ Name = 'Computer'; Expression = { $_.PSComputerName } }, Name, Result, NotAfter, RenewAfter, Problem

    foreach ($machine in $unreached) {
        [pscustomobject] @{ Computer = "$($machine.TargetObject)"; Name = $null; Result = 'Unreached'; NotAfter = $null; RenewAfter = $null; Problem = "$machine" }
    }
}
