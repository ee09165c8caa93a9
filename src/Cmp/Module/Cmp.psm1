# Windows PowerShell takes the assemblies as they lie there; in PowerShell 7 they have a load context of their own.
# Each call of a method here costs more of the import than the commands do.
if ($PSEdition -eq 'Desktop') {
    Import-Module "$PSScriptRoot/bin/desktop/Cmp.dll"
    return
}

$null = [Reflection.Assembly]::LoadFrom("$PSScriptRoot/bin/net8.0/Cmp.Loader.dll")
$commands = Import-Module -Assembly ([Cmp.Loader.LoadContext]::Initialize()) -PassThru
[Cmp.Loader.Reimport]::Export($ExecutionContext, $commands)
