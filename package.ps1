<#
.SYNOPSIS
Packs the module that build.ps1 has laid out, with its bill of materials and checksums.
.DESCRIPTION
build.ps1 Package calls it. It makes, in the output folder,
    Cmp.<version>.nupkg      what Publish-PSResource -NupkgPath takes to a gallery
    Cmp.<version>.zip        the same files, to be laid into a folder of PSModulePath
    Cmp.<version>.cdx.json   the bill of materials (CycloneDX 1.6): each file, each package that is in it, licenses and hashes
    Cmp.<version>.sha256     the checksums of these three, for sha256sum -c
What is packed besides the module as it was laid out: ThirdPartyNotices.txt, and in the manifest the release notes from
CHANGELOG.md. The same files give the same octets: entries are sorted, and their times are one fixed time.
It uses the language and .NET only, as build.ps1 does.
.PARAMETER ModuleFolder
The module, output/Cmp/<version>.
.PARAMETER OutputFolder
Where the packages go. What lies there of the same version is replaced.
.PARAMETER Packages
Lists that the build made: a line <file of the module>|<folder of the NuGet package that it is from> each, without a file
where it is compiled in.
.PARAMETER Sign
A script, or a script block, that signs. It is called once, before anything is packed, with one argument: the paths of the
files that are ours and can be signed, as an array. It signs them where they lie, and throws where it cannot. What else it
lays beside the manifest, such as a catalog of the folder, is packed too.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $ModuleFolder,
    [Parameter(Mandatory)] [string] $OutputFolder,
    [Parameter(Mandatory)] [string[]] $Packages,
    [object] $Sign
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$null = [Reflection.Assembly]::Load('System.IO.Compression, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089')
$utf8 = [Text.UTF8Encoding]::new($false)
# zips have no earlier year than 1980, and some readers trip over that one
$time = [DateTimeOffset]::new(2000, 1, 1, 0, 0, 0, [TimeSpan]::Zero)

# What the licenses of packages say where a package brings no text. A package under another one stops the packing.
$licenses = @{
    'Apache-2.0' = 'The text is that of the file LICENSE beside this one.'
    'MIT'        = @'
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
'@
}

function Read-Manifest([string] $Path) {
    $ast = [Management.Automation.Language.Parser]::ParseFile($Path, [ref] $null, [ref] $null)
    $ast.EndBlock.Statements[0].PipelineElements[0].Expression.SafeGetValue()
}

# What CHANGELOG.md says of a version, below its heading.
function Get-ReleaseNotes([string] $Version) {
    $changelog = [IO.File]::ReadAllText([IO.Path]::Combine($PSScriptRoot, 'CHANGELOG.md')).Replace("`r", '')
    $section = [regex]::Match($changelog, "(?ms)^## $([regex]::Escape($Version))(?![\w.]).*?`$(.*?)(?=^## |\z)")
    if (-not $section.Success) { throw "CHANGELOG.md says nothing of $Version." }
    $section.Groups[1].Value.Trim()
}

# The version of the package: SemVer, with the manifest's Prerelease.
function Get-PackageVersion($Manifest) {
    $version = [string] $Manifest.ModuleVersion
    $data = $Manifest.PrivateData.PSData
    if (-not $data.ContainsKey('Prerelease') -or -not $data.Prerelease) { return $version }
    $label = ([string] $data.Prerelease).TrimStart('-')
    if ($label -notmatch '^[0-9A-Za-z]+\z') { throw "The gallery takes letters and digits only in Prerelease, not '$label'." }
    if ($version -notmatch '^\d+\.\d+\.\d+\z') { throw "The gallery wants three numbers in ModuleVersion beside Prerelease, not '$version'." }
    "$version-$label"
}

# The relative paths of all files below a folder, with slashes, in an order that no culture changes.
function Get-RelativePath([string] $Folder) {
    $paths = [string[]] @([IO.Directory]::GetFiles($Folder, '*', 'AllDirectories') | ForEach-Object { $_.Substring($Folder.Length + 1).Replace('\', '/') })
    [Array]::Sort($paths, [StringComparer]::Ordinal)
    $paths
}

function Copy-Folder([string] $From, [string] $To) {
    foreach ($path in Get-RelativePath $From) {
        $target = [IO.Path]::Combine($To, $path)
        $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($target))
        [IO.File]::Copy([IO.Path]::Combine($From, $path), $target)
    }
}

function Get-Hash([byte[]] $Octets) {
    $sha256 = [Security.Cryptography.SHA256]::Create()
    try { [BitConverter]::ToString($sha256.ComputeHash($Octets)).Replace('-', '').ToLowerInvariant() } finally { $sha256.Dispose() }
}

function Get-FileHashText([string] $Path) { Get-Hash ([IO.File]::ReadAllBytes($Path)) }

function Get-Words([string] $Path) { [regex]::Replace([IO.File]::ReadAllText($Path), '\s+', ' ').Trim() }

# The packages of the lists, by name, with what their own nuspec says of them and which files of the module are theirs.
function Read-Packages([string[]] $Lists) {
    $found = [Collections.Generic.SortedDictionary[string, object]]::new([StringComparer]::Ordinal)
    foreach ($line in $Lists | ForEach-Object { [IO.File]::ReadAllLines($_) }) {
        $file, $folder = $line.Split('|')
        $nuspec = [xml] [IO.File]::ReadAllText([IO.Directory]::GetFiles($folder, '*.nuspec')[0])
        $read = { param($name) $node = $nuspec.SelectSingleNode("/*/*/*[local-name() = '$name']"); if ($node) { $node.InnerText.Trim() } }
        $name = & $read id
        $license = & $read license
        # a license that the package brings as a file is known where it is ours, word by word
        $text = if ($license) { [IO.Path]::Combine($folder, $license) }
        if ($text -and [IO.File]::Exists($text) -and (Get-Words $text) -eq (Get-Words ([IO.Path]::Combine($PSScriptRoot, 'LICENSE')))) { $license = 'Apache-2.0' }
        if (-not $license -or -not $licenses.ContainsKey($license)) { throw "package.ps1 does not know the license of $name, '$license'." }
        if (-not $found.ContainsKey($name)) {
            $found.Add($name, @{
                    Name = $name; Version = (& $read version) -replace '\+.*'; License = $license; Authors = & $read authors; Copyright = & $read copyright
                    Url = & $read projectUrl; Folder = $folder; Files = [Collections.Generic.SortedSet[string]]::new([StringComparer]::Ordinal)
                })
        }
        if ($file) { $null = $found[$name].Files.Add($file) }
    }
    $found.Values
}

# Whose work is packed with ours, under which terms; each text once.
function Get-Notices($Packages) {
    $heading = { param($text) ''; '-' * 80; $text; '-' * 80; '' }
    'Cmp contains the work of others, under their terms:'
    foreach ($package in $Packages) {
        ''
        "$($package.Name) $($package.Version)"
        "    $($package.Copyright)"
        "    $($package.Url)"
        if ($package.Files.Count -eq 0) { '    compiled into our assemblies' } else { foreach ($file in $package.Files) { "    $file" } }
        "    License: $($package.License)"
    }
    foreach ($license in @($Packages | ForEach-Object { $_.License }) | Select-Sorted) {
        & $heading $license
        $licenses[$license]
    }
    $told = @{ (Get-Words ([IO.Path]::Combine($PSScriptRoot, 'LICENSE'))) = $true }
    foreach ($package in $Packages) {
        foreach ($path in [IO.Directory]::GetFiles($package.Folder) | Select-Sorted) {
            $name = [IO.Path]::GetFileName($path)
            if ($name -notmatch '^(LICENSE|NOTICE|THIRD-PARTY-NOTICES)(\.\w+)?$') { continue }
            $words = Get-Words $path
            if ($told.ContainsKey($words)) { continue }
            $told[$words] = $true
            & $heading "$name of $($package.Name)"
            [IO.File]::ReadAllText($path).Replace("`r", '').Trim("`n")
        }
    }
}

# Each text once, in an order that no culture changes.
function Select-Sorted {
    $sorted = [Collections.Generic.SortedSet[string]]::new([StringComparer]::Ordinal)
    foreach ($text in $input) { $null = $sorted.Add($text) }
    $sorted
}

# Dictionaries, arrays and strings as JSON; Windows PowerShell's own cmdlet is not everywhere.
function Write-Json($Value, [string] $Indent = '') {
    $inner = "$Indent  "
    if ($Value -is [Collections.IDictionary]) {
        $parts = foreach ($key in $Value.Keys) { "$inner$(Write-Json $key): $(Write-Json $Value[$key] $inner)" }
        "{`n$($parts -join ",`n")`n$Indent}"
    }
    elseif ($Value -is [array]) {
        $parts = foreach ($item in $Value) { "$inner$(Write-Json $item $inner)" }
        "[`n$($parts -join ",`n")`n$Indent]"
    }
    elseif ($Value -is [int]) { "$Value" }
    else { '"' + [regex]::Replace($Value, '[\\"\x00-\x1f]', { param($match) '\u{0:x4}' -f [int] [char] $match.Value }) + '"' }
}

# What is in the module, in CycloneDX 1.6 (ECMA-424). It says no time and no number of its own: both would differ with each packing.
function Get-BillOfMaterials([string] $Folder, $Manifest, [string] $Version, $Packages) {
    $file = { param($path) [ordered] @{ type = 'file'; name = $path; hashes = @([ordered] @{ alg = 'SHA-256'; content = Get-FileHashText ([IO.Path]::Combine($Folder, $path)) }) } }
    $others = @($Packages | ForEach-Object { $_.Files })
    $components = foreach ($package in $Packages) {
        $purl = "pkg:nuget/$($package.Name)@$($package.Version)"
        $archive = [IO.Directory]::GetFiles($package.Folder, '*.nupkg.sha512')[0]
        $octets = [Convert]::FromBase64String([IO.File]::ReadAllText($archive).Trim())
        $component = [ordered] @{
            type               = 'library'
            'bom-ref'          = $purl
            publisher          = $package.Authors
            name               = $package.Name
            version            = $package.Version
            hashes             = @([ordered] @{ alg = 'SHA-512'; content = [BitConverter]::ToString($octets).Replace('-', '').ToLowerInvariant() })
            licenses           = @(@{ license = @{ id = $package.License } })
            copyright          = $package.Copyright
            purl               = $purl
            externalReferences = @([ordered] @{ type = 'website'; url = $package.Url })
        }
        if ($package.Files.Count -gt 0) { $component.components = @(foreach ($path in $package.Files) { & $file $path }) }
        $component
    }
    Write-Json ([ordered] @{
            bomFormat    = 'CycloneDX'
            specVersion  = '1.6'
            version      = 1
            metadata     = [ordered] @{
                component = [ordered] @{
                    type        = 'application'
                    'bom-ref'   = "Cmp@$Version"
                    publisher   = $Manifest.CompanyName
                    name        = 'Cmp'
                    version     = $Version
                    description = $Manifest.Description
                    licenses    = @(@{ license = @{ id = 'Apache-2.0' } })
                    copyright   = $Manifest.Copyright
                    components  = @(foreach ($path in Get-RelativePath $Folder | Where-Object { $_ -notin $others }) { & $file $path })
                }
            }
            components   = @($components)
            dependencies = @([ordered] @{ ref = "Cmp@$Version"; dependsOn = @($components | ForEach-Object { $_.purl }) })
        })
}

# As PowerShellGet writes it, so that a gallery finds the module by its commands and resources.
function Get-Nuspec($Manifest, [string] $Version) {
    $data = $Manifest.PrivateData.PSData
    $tags = @($data.Tags) + 'PSIncludes_Cmdlet' + @(foreach ($name in $Manifest.CmdletsToExport) { "PSCmdlet_$name"; "PSCommand_$name" })
    if ($Manifest.ContainsKey('DscResourcesToExport')) { $tags += @('PSIncludes_DscResource') + @(foreach ($name in $Manifest.DscResourcesToExport) { "PSDscResource_$name" }) }
    $elements = [ordered] @{
        id = 'Cmp'; version = $Version; authors = $Manifest.Author; owners = $Manifest.CompanyName; requireLicenseAcceptance = 'false'
        licenseUrl = $data.LicenseUri; projectUrl = $data['ProjectUri']; description = $Manifest.Description; releaseNotes = $data.ReleaseNotes
        copyright = $Manifest.Copyright; tags = $tags -join ' '
    }
    $lines = foreach ($name in $elements.Keys) { if ($elements[$name]) { "    <$name>$([Security.SecurityElement]::Escape($elements[$name]))</$name>" } }
    "<?xml version=`"1.0`" encoding=`"utf-8`"?>`n<package xmlns=`"http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd`">`n  <metadata>`n$($lines -join "`n")`n  </metadata>`n</package>`n"
}

# What makes a zip an Open Packaging archive, by its entries' names.
function Get-PackagingParts($Manifest, [string] $Version, [string[]] $Paths) {
    $schemas = 'http://schemas.openxmlformats.org/package/2006'
    $properties = 'package/services/metadata/core-properties/cmp.psmdcp'
    $extensions = @($Paths + 'Cmp.nuspec', $properties, 'x.rels' | ForEach-Object { [IO.Path]::GetExtension($_).TrimStart('.') } | Where-Object { $_ }) | Select-Sorted
    $types = foreach ($extension in $extensions) {
        $type = switch ($extension) { rels { 'application/vnd.openxmlformats-package.relationships+xml' } psmdcp { 'application/vnd.openxmlformats-package.core-properties+xml' } default { 'application/octet' } }
        "  <Default Extension=`"$extension`" ContentType=`"$type`" />"
    }
    $types += foreach ($path in $Paths) { if (-not [IO.Path]::GetExtension($path)) { "  <Override PartName=`"/$path`" ContentType=`"application/octet`" />" } }
    $start = "<?xml version=`"1.0`" encoding=`"utf-8`"?>`n"
    $escape = { param($text) [Security.SecurityElement]::Escape($text) }
    @{
        '[Content_Types].xml' = "$start<Types xmlns=`"$schemas/content-types`">`n$($types -join "`n")`n</Types>`n"
        '_rels/.rels'         = "$start<Relationships xmlns=`"$schemas/relationships`">`n" +
        "  <Relationship Type=`"http://schemas.microsoft.com/packaging/2010/07/manifest`" Target=`"/Cmp.nuspec`" Id=`"R1`" />`n" +
        "  <Relationship Type=`"$schemas/relationships/metadata/core-properties`" Target=`"/$properties`" Id=`"R2`" />`n</Relationships>`n"
        $properties           = "$start<coreProperties xmlns:dc=`"http://purl.org/dc/elements/1.1/`" xmlns=`"$schemas/metadata/core-properties`">`n" +
        "  <dc:creator>$(& $escape $Manifest.Author)</dc:creator>`n  <dc:description>$(& $escape $Manifest.Description)</dc:description>`n" +
        "  <dc:identifier>Cmp</dc:identifier>`n  <version>$Version</version>`n</coreProperties>`n"
    }
}

# Writes a zip of entries, which are octets by name.
function Write-Zip([string] $Path, [Collections.IDictionary] $Entries) {
    $file = [IO.FileStream]::new($Path, 'Create')
    try {
        $zip = [IO.Compression.ZipArchive]::new($file, 'Create', $true)
        try {
            foreach ($name in $Entries.Keys | Select-Sorted) {
                $entry = $zip.CreateEntry($name, 'Optimal')
                $entry.LastWriteTime = $time
                $stream = $entry.Open()
                try { $stream.Write($Entries[$name], 0, $Entries[$name].Length) } finally { $stream.Dispose() }
            }
        }
        finally { $zip.Dispose() }
    }
    finally { $file.Dispose() }
}

function Invoke-Packing([string] $Folder) {
    Copy-Folder $ModuleFolder $Folder
    $path = [IO.Path]::Combine($Folder, 'Cmp.psd1')
    $manifest = Read-Manifest $path
    $notes = Get-ReleaseNotes $manifest.ModuleVersion
    $text = [regex]::Replace([IO.File]::ReadAllText($path), "(?<=\bReleaseNotes\s*=\s*)'[^']*'", { "'$($notes.Replace("'", "''"))'" })
    [IO.File]::WriteAllText($path, $text, $utf8)
    $manifest = Read-Manifest $path
    if ($manifest.PrivateData.PSData.ReleaseNotes -ne $notes) { throw 'The release notes do not fit into Cmp.psd1.' }
    $version = Get-PackageVersion $manifest
    $others = @(Read-Packages $Packages)
    [IO.File]::WriteAllText([IO.Path]::Combine($Folder, 'ThirdPartyNotices.txt'), ((Get-Notices $others) -join "`n") + "`n", $utf8)

    if ($Sign) {
        $theirs = @($others | ForEach-Object { $_.Files })
        $files = @(Get-RelativePath $Folder | Where-Object { $_ -match '\.(dll|psd1|psm1|ps1|ps1xml)$' -and $_ -notin $theirs } | ForEach-Object { [IO.Path]::Combine($Folder, $_) })
        $null = & $Sign $files
    }

    $paths = @(Get-RelativePath $Folder)
    $package = @{ 'Cmp.nuspec' = $utf8.GetBytes((Get-Nuspec $manifest $version)) }
    $parts = Get-PackagingParts $manifest $version $paths
    foreach ($name in $parts.Keys) { $package[$name] = $utf8.GetBytes($parts[$name]) }
    $plain = @{}
    foreach ($name in $paths) {
        $octets = [IO.File]::ReadAllBytes([IO.Path]::Combine($Folder, $name))
        $package[$name] = $octets
        $plain["Cmp/$($manifest.ModuleVersion)/$name"] = $octets
    }
    $null = [IO.Directory]::CreateDirectory($OutputFolder)
    $made = [ordered] @{}
    foreach ($extension in 'nupkg', 'zip', 'cdx.json', 'sha256') { $made[$extension] = [IO.Path]::Combine($OutputFolder, "Cmp.$version.$extension") }
    Write-Zip $made.nupkg $package
    Write-Zip $made.zip $plain
    [IO.File]::WriteAllText($made['cdx.json'], (Get-BillOfMaterials $Folder $manifest $version $others) + "`n", $utf8)
    $sums = foreach ($extension in 'cdx.json', 'nupkg', 'zip') { "$(Get-FileHashText $made[$extension])  $([IO.Path]::GetFileName($made[$extension]))`n" }
    [IO.File]::WriteAllText($made.sha256, -join $sums, $utf8)
    $made.Values
}

$ModuleFolder = [IO.Path]::GetFullPath($ModuleFolder).TrimEnd('/', '\')
$stage = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'cmp-' + [IO.Path]::GetRandomFileName())
try { Invoke-Packing ([IO.Path]::Combine($stage, 'Cmp')) }
finally { if ([IO.Directory]::Exists($stage)) { [IO.Directory]::Delete($stage, $true) } }
