<#
.SYNOPSIS
Renews on many machines what is due there, and shows a line for each certificate.
.DESCRIPTION
Nothing is scheduled: this is for whoever wants to renew now, or sees to it from one place. Each machine has the module, its enrolments, and
where certificates have expired a server that was registered with a credential. No secret goes to a machine.
.PARAMETER ComputerName
The machines.
.PARAMETER Session
Sessions of New-PSSession in place of the machines' names, over SSH too.
.PARAMETER Name
The enrolments, with wildcards; all by default.
.PARAMETER ThrottleLimit
How many machines at once.
.PARAMETER Force
Renews what is not due, too.
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

Set-StrictMode -Version Latest

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

function New-Row($Computer, $Row, $Problem) {
    [pscustomobject] @{
        Computer   = $Computer
        Name       = if ($Row) { $Row.Name }
        Result     = if ($Row) { $Row.Result } else { 'Unreached' }
        NotAfter   = if ($Row) { $Row.NotAfter }
        RenewAfter = if ($Row) { $Row.RenewAfter }
        Problem    = $Problem
    }
}

$machines = if ($Session) { @{ Session = $Session } } else { @{ ComputerName = $ComputerName } }
$where = if ($Session) { $Session.ComputerName } else { $ComputerName }
if ($PSCmdlet.ShouldProcess($where -join ', ', 'Renew what is due')) {
    $unreached = @()
    Invoke-Command @machines -ThrottleLimit $ThrottleLimit -ScriptBlock $renew -ArgumentList $Name, $Force.IsPresent -ErrorAction SilentlyContinue -ErrorVariable unreached |
        ForEach-Object { New-Row $_.PSComputerName $_ $_.Problem }
    foreach ($machine in $unreached) { New-Row "$($machine.TargetObject)" $null "$machine" }
}
