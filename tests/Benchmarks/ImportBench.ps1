# Imports a module and says what that took, in milliseconds of the clock and of the processor, and whether BouncyCastle came with it.
param([string] $Module)

$processor = [Environment]::CpuUsage.TotalTime
$clock = [Diagnostics.Stopwatch]::StartNew()
Import-Module $Module
$clock.Stop()
$processor = [Environment]::CpuUsage.TotalTime - $processor
$isLoaded = @([AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -like 'BouncyCastle*' }).Count -gt 0
[string]::Format([cultureinfo]::InvariantCulture, '{0} {1} {2}', $clock.Elapsed.TotalMilliseconds, $processor.TotalMilliseconds, $isLoaded)
