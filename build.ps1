<#
.SYNOPSIS
Builds, tries, tests, measures, documents and packs Cmp.
.DESCRIPTION
It uses the language, .NET and programs only, so that it runs in Windows PowerShell, in PowerShell, and without both:
    dotnet run --project src/Cmp.Shell -- build.ps1 Test
.PARAMETER Task
Build  compiles all and lays the module out in output/Cmp/<version>
Demo   runs examples/Demo.ps1 with that module
Test   runs all tests, also in Mono and in PowerShell with Pester where they are found
Bench  runs the benchmarks
Docs   makes the help files in en-US from its markdown
Package  packs the module for galleries and for folders into output/, with its bill of materials and checksums
Reproduce  packs, builds and packs once more from a copy of the sources in another folder, and compares
Clean  removes what the other tasks made
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Demo', 'Test', 'Bench', 'Docs', 'Package', 'Reproduce', 'Clean')]
    [string] $Task = 'Build',

    # A script, or a script block, with which Package signs what is ours before it packs it; package.ps1 says how it is called.
    [object] $Sign,

    # What a task passes on: to the benchmarks, for example.
    [Parameter(ValueFromRemainingArguments)]
    [string[]] $Arguments = @()
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$output = [IO.Path]::Combine($PSScriptRoot, 'output')
$tests = @{ Passed = 0; Failed = 0; Skipped = 0; Names = [Collections.Generic.List[string]]::new(); Methods = [Collections.Generic.List[string]]::new() }

function Get-Path([string] $Relative) { [IO.Path]::Combine($PSScriptRoot, $Relative) }

function Test-Program([string] $Name) { $null -ne (Get-Command $Name -CommandType Application -ErrorAction Ignore) }

# An array, since PowerShell takes what stands before the colon of -p:Name=value from arguments that are passed on.
function Invoke-Dotnet([string[]] $Arguments) {
    & dotnet $Arguments
    if ($LASTEXITCODE -ne 0) { throw "dotnet $($Arguments[0]) ended with exit code $LASTEXITCODE." }
}

function Get-Manifest { [IO.Directory]::GetFiles([IO.Path]::Combine($output, 'Cmp'), 'Cmp.psd1', 'AllDirectories')[0] }

# Gives what runs in it a home of its own, so that nothing is left in the user's certificate store and state.
function Invoke-Apart([scriptblock] $Action) {
    $folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'cmp-' + [IO.Path]::GetRandomFileName())
    $null = [IO.Directory]::CreateDirectory($folder)
    $user = [Environment]::GetFolderPath('UserProfile')
    $own = @{ HOME = $folder; CMP_HOME = [IO.Path]::Combine($folder, 'cmp') }
    # the SDK goes on in the user's
    if (-not $env:DOTNET_CLI_HOME) { $own.DOTNET_CLI_HOME = $user }
    if (-not $env:NUGET_PACKAGES) { $own.NUGET_PACKAGES = [IO.Path]::Combine($user, '.nuget', 'packages') }
    $before = @{}
    foreach ($name in $own.Keys) {
        $before[$name] = [Environment]::GetEnvironmentVariable($name)
        [Environment]::SetEnvironmentVariable($name, $own[$name])
    }
    try { & $Action }
    finally {
        foreach ($name in $own.Keys) { [Environment]::SetEnvironmentVariable($name, $before[$name]) }
        [IO.Directory]::Delete($folder, $true)
    }
}

# The solution without Cmp.Shell, which may be what runs.
function Invoke-Build { Invoke-Dotnet 'build', (Get-Path 'Cmp.Build.slnf'), '-c', 'Release' }

function Invoke-Demo {
    Invoke-Dotnet 'build', (Get-Path 'src/Cmp'), '-c', 'Release', '-v', 'quiet', '--nologo'
    Invoke-Apart {
        Import-Module (Get-Manifest)
        & (Get-Path 'examples/Demo.ps1')
    }
}

function Invoke-Test {
    Invoke-Build
    Invoke-Apart {
        $results = [IO.Path]::Combine($env:HOME, 'results')
        foreach ($project in 'Cmp.Core.Tests', 'Cmp.Module.Tests', 'Interop') { Test-Project $project $results }
        Test-Mono $results
        Test-Pester $results
    }
    # at the end, where a log that is cut still has them
    $tests.Names
    "$($tests.Passed) passed, $($tests.Failed) failed, $($tests.Skipped) skipped"
    if ($tests.Failed -gt 0 -or $tests.Passed -eq 0) { exit 1 }
}

function Test-Project([string] $Project, [string] $Results) {
    $tests.Methods.Clear()
    & dotnet test (Get-Path "tests/$Project") -c Release --no-build --nologo --logger "trx;LogFileName=$Project.trx" --results-directory $Results
    $exitCode = $LASTEXITCODE
    $failed = $tests.Failed
    $report = [IO.Path]::Combine($Results, "$Project.trx")
    if ([IO.File]::Exists($report)) { Add-Report $report }
    if ($exitCode -ne 0 -and $tests.Failed -eq $failed) {
        "tests/$Project ended with exit code $exitCode."
        $tests.Failed++
    }
    if ($tests.Methods.Count -in 1..3) { Test-Again $Project $Results }
}

# A few that failed among thousands are run once more by themselves. Those that pass then are named all the same: what they wait for takes
# longer on a busy machine than they allow.
function Test-Again([string] $Project, [string] $Results) {
    $filter = @($tests.Methods | ForEach-Object { "FullyQualifiedName=$_" }) -join '|'
    $report = [IO.Path]::Combine($Results, "$Project.again.trx")
    & dotnet test (Get-Path "tests/$Project") -c Release --no-build --nologo --filter $filter --logger "trx;LogFileName=$Project.again.trx" --results-directory $Results
    if ($LASTEXITCODE -ne 0 -or -not [IO.File]::Exists($report)) { return }
    $count = $tests.Methods.Count
    $tests.Failed -= $count
    $tests.Passed += $count
    for ($i = $tests.Names.Count - $count; $i -lt $tests.Names.Count; $i++) { $tests.Names[$i] = "Unstable, passed when run again by itself: $($tests.Names[$i])" }
}

function Add-Report([string] $Path) {
    $trx = [xml] [IO.File]::ReadAllText($Path)
    foreach ($result in $trx.SelectNodes("//*[local-name() = 'UnitTestResult']")) {
        switch ($result.GetAttribute('outcome')) {
            'Passed' { $tests.Passed++ }
            'NotExecuted' {
                $tests.Skipped++
                $reason = $result.SelectSingleNode(".//*[local-name() = 'Message']")
                "Skipped $($result.GetAttribute('testName')): $(if ($reason) { $reason.InnerText } else { 'no reason given' })"
            }
            default {
                $tests.Failed++
                $why = $result.SelectSingleNode(".//*[local-name() = 'Message']")
                $tests.Names.Add("Failed $($result.GetAttribute('testName')): $(if ($why) { $why.InnerText })")
                $method = $trx.SelectSingleNode("//*[local-name() = 'UnitTest'][@id = '$($result.GetAttribute('testId'))']/*[local-name() = 'TestMethod']")
                $tests.Methods.Add("$($method.GetAttribute('className')).$($method.GetAttribute('name'))")
            }
        }
    }
}

# What Mono can run of the .NET Framework build: it has no ECDSA, PSS and CNG, and the tests that need them say so.
function Test-Mono([string] $Results) {
    if (-not (Test-Program mono)) {
        'The .NET Framework build was not run: there is no Mono on this machine.'
        return
    }
    Invoke-Dotnet 'build', (Get-Path 'tests/Cmp.Core.Tests'), '-c', 'Release', '-p:Mono=true', '-v', 'quiet', '--nologo'
    $folder = Get-Path 'tests/Cmp.Core.Tests/bin/Release/net472'
    $report = [IO.Path]::Combine($Results, 'mono.xml')
    & mono ([IO.Path]::Combine($folder, 'xunit.console.exe')) ([IO.Path]::Combine($folder, 'Cmp.Core.Tests.dll')) -nocolor -parallel none -xml $report
    if (-not [IO.File]::Exists($report)) {
        'Mono ended without a report.'
        $tests.Failed++
        return
    }
    foreach ($test in ([xml] [IO.File]::ReadAllText($report)).SelectNodes('//test')) {
        switch ($test.GetAttribute('result')) {
            'Pass' { $tests.Passed++ }
            'Skip' {
                $tests.Skipped++
                "Skipped in Mono $($test.GetAttribute('name')): $($test.SelectSingleNode('reason').InnerText)"
            }
            default {
                $tests.Failed++
                $tests.Names.Add("Failed in Mono $($test.GetAttribute('name')): $($test.SelectSingleNode('failure/message').InnerText)")
            }
        }
    }
}

function Test-Pester([string] $Results) {
    $shells = @('pwsh', 'powershell' | Where-Object { Test-Program $_ })
    if ($shells.Count -eq 0) { 'The Pester suites were not run: there is no PowerShell on this machine.' }
    foreach ($shell in $shells) {
        $counts = [IO.Path]::Combine($Results, "$shell.txt")
        & $shell -NoProfile -NonInteractive -File (Get-Path 'tests/Pester/Run.ps1') -Manifest (Get-Manifest) -CountsPath $counts
        if ($LASTEXITCODE -ne 0) {
            "The Pester suites ended with exit code $LASTEXITCODE in $shell."
            $tests.Failed++
        }
        elseif ([IO.File]::Exists($counts)) {
            $passed, $failed, $skipped = [int[]] [IO.File]::ReadAllLines($counts)
            $tests.Passed += $passed
            $tests.Failed += $failed
            $tests.Skipped += $skipped
        }
    }
}

function Invoke-Bench { Invoke-Dotnet (@('run', '-c', 'Release', '--project', (Get-Path 'tests/Benchmarks'), '--') + $Arguments) }

function Invoke-Docs {
    $help = Get-Path 'en-US'
    foreach ($topic in [IO.Directory]::GetFiles($help, 'about_*.md')) {
        [IO.File]::WriteAllText([IO.Path]::ChangeExtension($topic, '.help.txt'), (ConvertTo-HelpText ([IO.File]::ReadAllLines($topic))))
    }
    if (-not (Get-Module Microsoft.PowerShell.PlatyPS -ListAvailable)) {
        'Cmp.dll-Help.xml was not made anew: Microsoft.PowerShell.PlatyPS was not found.'
        return
    }
    Invoke-Apart {
        $pages = [IO.Directory]::GetFiles($help, '*-Cmp*.md')
        [Array]::Sort($pages, [StringComparer]::Ordinal)
        $commands = Import-MarkdownCommandHelp -Path $pages
        $made = $commands | Export-MamlCommandHelp -OutputFolder $env:HOME -Force
        $maml = [xml] [IO.File]::ReadAllText($made[0].FullName)
        Complete-Maml $maml $commands
        $settings = [Xml.XmlWriterSettings] @{ Indent = $true; NewLineChars = "`n"; Encoding = [Text.UTF8Encoding]::new($false) }
        $writer = [Xml.XmlWriter]::Create([IO.Path]::Combine($help, 'Cmp.dll-Help.xml'), $settings)
        try { $maml.Save($writer) } finally { $writer.Dispose() }
    }
}

# platyPS leaves markdown in the text, code among the words, and default values out.
function Complete-Maml([xml] $Maml, $Commands) {
    foreach ($example in @($Maml.SelectNodes("//*[local-name() = 'example']"))) {
        # code, a control character for an empty line, words
        $lines = @($example.introduction.ChildNodes)
        $example['dev:code'].InnerText = $lines[0].InnerText -replace '^```powershell\n' -replace '\n```$'
        foreach ($words in @($lines | Where-Object InnerText -notmatch '^(```|.$)')) { $null = $example['dev:remarks'].AppendChild($words) }
        $null = $example['dev:remarks'].AppendChild($Maml.CreateElement('maml', 'para', 'http://schemas.microsoft.com/maml/2004/10'))
        $null = $example.RemoveChild($example['maml:introduction'])
    }
    foreach ($text in @($Maml.SelectNodes('//text()'))) {
        $text.Value = $text.Value -replace 'System\.Nullable`1\[(.*)\]', '$1' -replace '`'
    }
    foreach ($link in @($Maml.SelectNodes("//*[local-name() = 'navigationLink']"))) {
        if ($link.uri) { $link.uri = '' } else { $null = $link.ParentNode.RemoveChild($link) }
    }
    # platyPS sorts parameters by culture, and Cmp.Shell has none
    foreach ($list in @($Maml.SelectNodes("//*[local-name() = 'command']/*[local-name() = 'parameters']"))) {
        $sorted = [Collections.Generic.SortedDictionary[string, Xml.XmlElement]]::new([StringComparer]::OrdinalIgnoreCase)
        foreach ($parameter in $list.ChildNodes) { $sorted.Add($parameter['maml:name'].InnerText, $parameter) }
        foreach ($parameter in $sorted.Values) { $null = $list.AppendChild($parameter) }
    }
    foreach ($command in $Commands) {
        $parameters = "//*[local-name() = 'command'][*/*[local-name() = 'name'] = '$($command.Title)']/*[local-name() = 'parameters']/*"
        foreach ($parameter in $command.Parameters | Where-Object DefaultValue) {
            $default = $Maml.CreateElement('dev', 'defaultValue', 'http://schemas.microsoft.com/maml/dev/2004/10')
            $default.InnerText = $parameter.DefaultValue
            $null = $Maml.SelectSingleNode("$parameters[*[local-name() = 'name'] = '$($parameter.Name)']").AppendChild($default)
        }
    }
}

# Headings stand at the margin, text four columns in and wrapped at 80, code eight columns in and as it is, and of a row of a table
# the first cell above the others, which have the names of their columns where there are several.
function ConvertTo-HelpText([string[]] $Markdown) {
    $code = $false
    $columns = @()
    $lines = for ($i = 0; $i -lt $Markdown.Count; $i++) {
        $line = $Markdown[$i]
        $next = if ($i + 1 -lt $Markdown.Count) { $Markdown[$i + 1] } else { '' }
        $text = $line -replace '\[([^\]]*)\]\(([^)]*)\)', '$1 ($2)' -replace '(`|\*\*?)(?=\S)(.+?)(?<=\S)\1', '$2'
        if ($line -match '^\s*```') { $code = -not $code }
        elseif ($code) { "        $line".TrimEnd() }
        elseif ($line -match '^# (.*)') { 'TOPIC'; "    $($Matches[1])" }
        elseif ($line -match '^#+ (.*)') { $Matches[1] }
        elseif ($line.Trim() -eq '') { '' }
        elseif ($text -match '^\|(.*)\|$') {
            $cells = $Matches[1].Split('|').Trim()
            if ($next -match '^\|---') { $columns = $cells }
            elseif ($cells[0] -notmatch '^-+$') {
                Format-Line -Text $cells[0] -Indent 4 -Hanging 4
                for ($n = 1; $n -lt $cells.Count; $n++) {
                    if ($cells[$n] -ne '') { Format-Line -Text $(if ($cells.Count -gt 2) { "$($columns[$n]): $($cells[$n])" } else { $cells[$n] }) -Indent 8 -Hanging 8 }
                }
            }
        }
        else {
            $null = $text -match '^(\s*(?:(?:-|\d+\.) )?)(.*)'
            Format-Line -Text $Matches[2] -Indent 4 -Hanging (4 + $Matches[1].Length) -Mark $Matches[1]
        }
    }
    ($lines -join "`n").TrimEnd() + "`n"
}

# A word that is longer than the line has one of its own.
function Format-Line([string] $Text, [int] $Indent, [int] $Hanging, [string] $Mark = '') {
    $broken = [regex]::Replace($Text, "(.{1,$(79 - $Hanging)}(?<=\S)|\S+)(\s+|$)", (' ' * $Hanging + '$1' + "`n")).TrimEnd("`n")
    ' ' * $Indent + $Mark + $broken.Substring($Hanging)
}

function Invoke-Package {
    Invoke-Dotnet 'build', (Get-Path 'src/Cmp'), '-c', 'Release', '-v', 'quiet', '--nologo'
    $packages = [IO.Directory]::GetFiles([IO.Path]::Combine($output, 'packages'))
    & (Get-Path 'package.ps1') -ModuleFolder ([IO.Path]::GetDirectoryName((Get-Manifest))) -OutputFolder $output -Packages $packages -Sign $Sign
}

# A signature has a time of its own, so that what is compared is not signed.
function Invoke-Reproduce {
    if ($Sign) { throw 'Reproduce compares what is not signed: leave -Sign out.' }
    # among what dotnet says
    $made = @(Invoke-Package | Where-Object { [IO.File]::Exists($_) })
    $folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'cmp-' + [IO.Path]::GetRandomFileName())
    try {
        Copy-Source $PSScriptRoot $folder
        & ([IO.Path]::Combine($folder, 'build.ps1')) Package
        $differing = @($made | Where-Object {
                $other = [IO.Path]::Combine($folder, 'output', [IO.Path]::GetFileName($_))
                [Convert]::ToBase64String([IO.File]::ReadAllBytes($_)) -ne [Convert]::ToBase64String([IO.File]::ReadAllBytes($other))
            })
        if ($differing.Count -gt 0) { throw "Built in another folder, these have other octets: $($differing -join ', ')." }
        'Built in another folder, all have the same octets.'
    }
    finally { if ([IO.Directory]::Exists($folder)) { [IO.Directory]::Delete($folder, $true) } }
}

# The sources, without what the tasks made of them.
function Copy-Source([string] $From, [string] $To) {
    $null = [IO.Directory]::CreateDirectory($To)
    foreach ($file in [IO.Directory]::GetFiles($From)) { [IO.File]::Copy($file, [IO.Path]::Combine($To, [IO.Path]::GetFileName($file))) }
    foreach ($folder in [IO.Directory]::GetDirectories($From)) {
        $name = [IO.Path]::GetFileName($folder)
        if ($name -notin '.git', 'bin', 'obj', 'output', 'TestResults', 'BenchmarkDotNet.Artifacts') { Copy-Source $folder ([IO.Path]::Combine($To, $name)) }
    }
}

function Invoke-Clean {
    $folders = @($output)
    foreach ($project in [IO.Directory]::GetDirectories((Get-Path 'src')) + [IO.Directory]::GetDirectories((Get-Path 'tests'))) {
        # a shell does not saw off what it runs on
        if ($Host.Name -ne 'Cmp.Shell' -or [IO.Path]::GetFileName($project) -ne 'Cmp.Shell') {
            foreach ($made in 'bin', 'obj', 'TestResults') { $folders += [IO.Path]::Combine($project, $made) }
        }
    }
    foreach ($folder in $folders) {
        if ([IO.Directory]::Exists($folder)) { [IO.Directory]::Delete($folder, $true) }
    }
}

& "Invoke-$Task"
