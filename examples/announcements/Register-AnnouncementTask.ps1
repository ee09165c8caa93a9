<#
.SYNOPSIS
Registers a scheduled task of Windows that renews certificates when their CA announces that they will be revoked.
.DESCRIPTION
The task runs Update-OnRevocation.ps1 as SYSTEM in the 64-bit Windows PowerShell, from the start of the computer. Where it ended it is started
again within five minutes. It needs an administrator.
.PARAMETER Server
The name of a server that is registered with -Scope LocalMachine.
.PARAMETER ListenUri
Where pushed announcements are listened for. Without it the CA is asked each hour.
.PARAMETER CertStoreLocation
The store whose certificates are meant beside those that SYSTEM enrolled.
.PARAMETER TaskName
What the task is called.
.EXAMPLE
./Register-AnnouncementTask.ps1 -Server ca -ListenUri http://localhost:8829/ -WhatIf

Shows what would be registered.
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)]
    [ValidatePattern('^[\w.-]+$')]
    [string] $Server,

    [ValidatePattern('^(https?|tcp)://[^\s"'']+$')]
    [string] $ListenUri,

    [ValidatePattern('^Cert:\\LocalMachine\\[\w -]+$')]
    [string] $CertStoreLocation = 'Cert:\LocalMachine\My',

    [ValidateNotNullOrEmpty()]
    [string] $TaskName = 'CMP announcements'
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

if ($env:OS -ne 'Windows_NT') { throw 'Scheduled tasks are of Windows. Elsewhere cmp-announcements.service does it.' }

$script = [IO.Path]::Combine($PSScriptRoot, 'Update-OnRevocation.ps1')
$way = if ($ListenUri) { "-ListenUri `"$ListenUri`"" } else { '-NewOnly' }
# the scheduler is a 64-bit process, whatever this one is: its System32 is the 64-bit one
$action = New-ScheduledTaskAction -Execute '%SystemRoot%\System32\WindowsPowerShell\v1.0\powershell.exe' -WorkingDirectory $PSScriptRoot -Argument (
    "-NoProfile -NonInteractive -ExecutionPolicy RemoteSigned -File `"$script`" -Server $Server -CertStoreLocation `"$CertStoreLocation`" $way")
# a script that ended is started again by the second trigger: the scheduler's own restart is for tasks that could not start
$again = if ($ListenUri) { [timespan]::FromMinutes(5) } else { [timespan]::FromHours(1) }
$triggers = @(
    New-ScheduledTaskTrigger -AtStartup
    New-ScheduledTaskTrigger -Once -At ([datetime]::Now) -RepetitionInterval $again
)
$principal = New-ScheduledTaskPrincipal -UserId 'S-1-5-18' -LogonType ServiceAccount -RunLevel Highest
$settings = New-ScheduledTaskSettingsSet -MultipleInstances IgnoreNew -ExecutionTimeLimit ([timespan]::Zero) -RestartCount 10 -RestartInterval ([timespan]::FromMinutes(1)) -StartWhenAvailable
if ($PSCmdlet.ShouldProcess($TaskName, "Register a task that runs as SYSTEM: $($action.Execute) $($action.Arguments)")) {
    Register-ScheduledTask -TaskName $TaskName -Action $action -Trigger $triggers -Principal $principal -Settings $settings -Force
}
