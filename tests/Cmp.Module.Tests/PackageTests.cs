using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Cmp.Module.Tests.Harness;
using Cmp.Tests;
using Xunit;

namespace Cmp.Module.Tests;

/// <summary>What package.ps1 packs: what galleries want, whose work is in it, and the same octets each time.</summary>
public sealed class PackageTests(PackedModule packed) : IClassFixture<PackedModule>
{
    private static readonly string Version = Path.GetFileName(Repository.ModuleFolder);

    [Fact]
    public void Same_files_in_another_folder_give_the_same_octets()
    {
        using var folder = new TestFolder();
        string copy = folder.PathOf("elsewhere");
        // in another order, and at another time
        foreach (string path in GetPaths(Repository.ModuleFolder).Reverse())
        {
            string target = Path.Combine(copy, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(Repository.ModuleFolder, path), target);
            File.SetLastWriteTimeUtc(target, new DateTime(2020, 2, 29, 12, 0, 0, DateTimeKind.Utc));
        }
        string output = folder.PathOf("output");
        PackedModule.Pack(copy, output, [.. PackedModule.Packages.Reverse()]).AssertSucceeded();
        string[] made = GetPaths(packed.Folder);
        Assert.Equal(4, made.Length);
        Assert.Equal(made, GetPaths(output));
        Assert.All(made, name => Assert.True(File.ReadAllBytes(Path.Combine(packed.Folder, name)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(output, name))), name));
    }

    [Fact]
    public void Another_file_gives_other_octets()
    {
        using var module = new MadeModule();
        string first = module.Pack();
        File.AppendAllText(module.PathOf("LICENSE"), "x");
        Assert.NotEqual(first, module.Pack());
    }

    [Fact]
    public void Packages_hold_the_module_and_the_notices()
    {
        string[] wanted = [.. GetPaths(Repository.ModuleFolder).Append("ThirdPartyNotices.txt").Order(StringComparer.Ordinal)];
        SortedDictionary<string, byte[]> plain = PackedModule.Unpack(packed.PathOf("zip"));
        SortedDictionary<string, byte[]> gallery = PackedModule.Unpack(packed.PathOf("nupkg"));
        Assert.Equal(wanted.Select(name => $"Cmp/{Version}/{name}"), plain.Keys);
        Assert.Equal(wanted.Concat(["Cmp.nuspec", "[Content_Types].xml", "_rels/.rels", "package/services/metadata/core-properties/cmp.psmdcp"]).Order(StringComparer.Ordinal), gallery.Keys);
        Assert.All(wanted, name => Assert.Equal(plain[$"Cmp/{Version}/{name}"], gallery[name]));
        Assert.All(wanted.Except(["Cmp.psd1", "ThirdPartyNotices.txt"]), name => Assert.Equal(File.ReadAllBytes(Path.Combine(Repository.ModuleFolder, name)), gallery[name]));
    }

    [Fact]
    public void Parts_of_the_package_are_well_formed_and_have_types()
    {
        SortedDictionary<string, byte[]> entries = PackedModule.Unpack(packed.PathOf("nupkg"));
        XElement types = Read("[Content_Types].xml");
        HashSet<string> extensions = [.. types.Elements().Attributes("Extension").Select(attribute => attribute.Value)];
        HashSet<string> parts = [.. types.Elements().Attributes("PartName").Select(attribute => attribute.Value)];
        Assert.All(entries.Keys.Where(name => name != "[Content_Types].xml"), name => Assert.True(extensions.Contains(Path.GetExtension(name).TrimStart('.')) || parts.Contains("/" + name), name));
        Assert.All(Read("_rels/.rels").Elements().Attributes("Target"), target => Assert.Contains(target.Value[1..], entries.Keys));
        Assert.Equal("coreProperties", Read("package/services/metadata/core-properties/cmp.psmdcp").Name.LocalName);

        XElement Read(string name) => XDocument.Load(new MemoryStream(entries[name])).Root!;
    }

    [Fact]
    public void Gallery_is_told_what_the_manifest_says()
    {
        XElement metadata = Nuspec(packed.PathOf("nupkg"));
        Assert.Equal("Cmp", Value("id"));
        Assert.Equal(Version, Value("version"));
        Assert.Equal(Repository.GetManifestStrings("Author").Single(), Value("authors"));
        Assert.Equal(Repository.GetManifestStrings("CompanyName").Single(), Value("owners"));
        Assert.Equal(Repository.GetManifestStrings("Copyright").Single(), Value("copyright"));
        Assert.Equal(Repository.GetManifestStrings("Description").Single(), Value("description"));
        Assert.Equal("https://www.apache.org/licenses/LICENSE-2.0", Value("licenseUrl"));
        // what galleries and NuGet bear
        Assert.InRange(Value("tags").Length, 1, 4000);
        Assert.InRange(Value("releaseNotes").Length, 1, 35_000);
        string[] tags = Value("tags").Split(' ');
        Assert.All(ModuleAssemblies.Cmdlets.Keys, name => Assert.Contains("PSCommand_" + name, tags));
        Assert.All(Repository.GetManifestStrings("DscResourcesToExport"), name => Assert.Contains("PSDscResource_" + name, tags));
        Assert.Equal(tags.Distinct(), tags);

        string Value(string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;
    }

    [Fact]
    public void Release_notes_are_those_of_the_changelog()
    {
        string[] lines = File.ReadAllText(Repository.GetPath("CHANGELOG.md")).ReplaceLineEndings("\n").Split('\n');
        int start = Array.FindIndex(lines, line => line.StartsWith($"## {Version}", StringComparison.Ordinal));
        string notes = string.Join('\n', lines.Skip(start + 1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))).Trim();
        Assert.NotEmpty(notes);
        using var folder = new TestFolder();
        using var session = new ModuleSession(import: false);
        session["path"] = folder.Write("Cmp.psd1", PackedModule.Unpack(packed.PathOf("nupkg"))["Cmp.psd1"]);
        Assert.Equal(notes, session.Invoke("[Management.Automation.Language.Parser]::ParseFile($path, [ref] $null, [ref] $null).EndBlock.Statements[0].PipelineElements[0].Expression.SafeGetValue().PrivateData.PSData.ReleaseNotes").Single<string>());
    }

    [Fact]
    public void Bill_of_materials_tells_each_file_and_each_package()
    {
        using var bill = JsonDocument.Parse(File.ReadAllText(packed.PathOf("cdx.json")));
        Assert.Equal("1.6", bill.RootElement.GetProperty("specVersion").GetString());
        JsonElement module = bill.RootElement.GetProperty("metadata").GetProperty("component");
        Assert.Equal(Version, module.GetProperty("version").GetString());
        JsonElement[] libraries = [.. bill.RootElement.GetProperty("components").EnumerateArray()];

        Dictionary<string, string> told = libraries.Append(module)
            .SelectMany(item => item.TryGetProperty("components", out JsonElement files) ? files.EnumerateArray() : default)
            .ToDictionary(file => file.GetProperty("name").GetString()!, file => file.GetProperty("hashes")[0].GetProperty("content").GetString()!);
        string root = $"Cmp/{Version}/";
        Assert.Equal(
            PackedModule.Unpack(packed.PathOf("zip")).Select(entry => $"{entry.Key[root.Length..]} {Hash(entry.Value)}"),
            told.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => $"{file.Key} {file.Value}"));

        Assert.Equal(PackedPackages, libraries.Select(library => $"{library.GetProperty("name").GetString()!.ToLowerInvariant()}/{library.GetProperty("version").GetString()}"));
        Assert.All(libraries, library => Assert.NotEmpty(library.GetProperty("licenses")[0].GetProperty("license").GetProperty("id").GetString()!));
        string[] purls = [.. libraries.Select(library => library.GetProperty("purl").GetString()!)];
        Assert.Equal(purls, bill.RootElement.GetProperty("dependencies")[0].GetProperty("dependsOn").EnumerateArray().Select(item => item.GetString()!));
    }

    [Fact]
    public void Assemblies_that_are_not_ours_are_from_packages()
    {
        IEnumerable<string> files = PackedModule.Packages.SelectMany(File.ReadAllLines).Select(line => line.Split('|')[0]).Where(file => file.Length > 0);
        Assert.Equal(
            GetPaths(Repository.ModuleFolder).Where(path => path.EndsWith(".dll", StringComparison.Ordinal) && !Path.GetFileName(path).StartsWith("Cmp.", StringComparison.Ordinal)),
            files.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Notices_name_each_package_its_holder_and_its_license()
    {
        string notices = Encoding.UTF8.GetString(PackedModule.Unpack(packed.PathOf("nupkg"))["ThirdPartyNotices.txt"]);
        Assert.All(PackedModule.Packages.SelectMany(File.ReadAllLines).Select(line => line.Split('|')[1]), folder =>
        {
            XElement metadata = XDocument.Load(Directory.GetFiles(folder, "*.nuspec").Single()).Root!.Elements().Single();
            string Value(string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;
            Assert.Contains($"{Value("id")} {Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}\n    {Value("copyright")}\n", notices, StringComparison.Ordinal);
            string license = File.Exists(Path.Combine(folder, Value("license"))) ? "Apache-2.0" : Value("license");
            Assert.Contains($"\n{license}\n---", notices, StringComparison.Ordinal);
        });
        Assert.Contains("WITHOUT WARRANTY OF ANY KIND", notices, StringComparison.Ordinal);
        Assert.Contains("LICENSE.md of BouncyCastle.Cryptography", notices, StringComparison.Ordinal);
    }

    [Fact]
    public void Checksums_are_those_of_the_packages()
    {
        string[] names = [$"Cmp.{Version}.cdx.json", $"Cmp.{Version}.nupkg", $"Cmp.{Version}.zip"];
        Assert.Equal(names.Select(name => $"{Hash(File.ReadAllBytes(Path.Combine(packed.Folder, name)))}  {name}"), File.ReadAllLines(packed.PathOf("sha256")));
    }

    [Fact]
    public void What_was_unpacked_is_a_module()
    {
        using var folder = new TestFolder();
        ZipFile.ExtractToDirectory(packed.PathOf("zip"), folder.Path);
        (int exitCode, string output, string error) = ShellProcess.Run(
            "-Command", $"$env:PSModulePath = '{folder.Path}'; Import-Module Cmp; (Get-Module Cmp).ModuleBase; foreach ($command in Get-Command -Module Cmp) {{ $command.Name }}; (Get-CmpTestServer).Count");
        Assert.True(exitCode == 0 && error.Length == 0, output + error);
        Assert.Equal([folder.PathOf($"Cmp/{Version}"), .. ModuleAssemblies.Cmdlets.Keys.Order(), "0"], Lines(output)[..1].Concat(Lines(output)[1..^1].Order()).Concat(Lines(output)[^1..]));
    }

    [Fact]
    public void Signing_gets_what_is_ours_and_what_it_signed_is_packed()
    {
        using var module = new MadeModule();
        module.Pack("{ param($files) foreach ($file in $files) { [IO.File]::AppendAllText($file, \"`n# signed\") }; [IO.File]::WriteAllText([IO.Path]::Combine([IO.Path]::GetDirectoryName($files[0]), 'Cmp.cat'), 'x') }");
        SortedDictionary<string, byte[]> entries = PackedModule.Unpack(module.PathOf($"output/Cmp.{Version}.zip"));
        string[] signed = ["Cmp.psd1", "Cmp.psm1", "CmpCertificate.ps1", "bin/net8.0/Cmp.dll"];
        Assert.Equal(signed.Select(name => $"Cmp/{Version}/{name}"), entries.Where(entry => Encoding.UTF8.GetString(entry.Value).EndsWith("\n# signed", StringComparison.Ordinal)).Select(entry => entry.Key));
        Assert.Contains($"Cmp/{Version}/Cmp.cat", entries.Keys);
        string bill = File.ReadAllText(module.PathOf($"output/Cmp.{Version}.cdx.json"));
        Assert.All(entries, entry => Assert.Contains(Hash(entry.Value), bill, StringComparison.Ordinal));
        // what lies in output/ is as it was built
        Assert.DoesNotContain("signed", File.ReadAllText(module.PathOf("Cmp.psd1")), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_packed_that_could_not_be_signed()
    {
        using var module = new MadeModule();
        Assert.Contains("no key", module.Fails(sign: "{ throw 'no key' }"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(module.PathOf("output")));
    }

    [Fact]
    public void Prerelease_is_part_of_the_packages_version()
    {
        using var module = new MadeModule();
        module.Edit("Cmp.psd1", "LicenseUri ", "Prerelease = 'beta1'\n      LicenseUri ");
        module.Pack();
        Assert.Equal($"{Version}-beta1", Nuspec(module.PathOf($"output/Cmp.{Version}-beta1.nupkg")).Elements().Single(element => element.Name.LocalName == "version").Value);
        Assert.All(PackedModule.Unpack(module.PathOf($"output/Cmp.{Version}-beta1.zip")).Keys, name => Assert.StartsWith($"Cmp/{Version}/", name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("beta.1")]
    [InlineData("beta+1")]
    public void Prerelease_that_galleries_refuse_is_refused(string label)
    {
        using var module = new MadeModule();
        module.Edit("Cmp.psd1", "LicenseUri ", $"Prerelease = '{label}'\n      LicenseUri ");
        Assert.Contains($"'{label}'", module.Fails(), StringComparison.Ordinal);
    }

    [Fact]
    public void Version_without_release_notes_is_refused()
    {
        using var module = new MadeModule();
        module.Edit("Cmp.psd1", $"'{Version}'", "'98.76.54'");
        Assert.Contains("98.76.54", module.Fails(), StringComparison.Ordinal);
    }

    [Fact]
    public void License_in_a_file_is_known_where_it_is_ours()
    {
        using var module = new MadeModule();
        module.Edit("package/Other.nuspec", "<license type=\"expression\">MIT", "<license type=\"file\">LICENSE.txt");
        File.WriteAllText(module.PathOf("package/LICENSE.txt"), "\r\n" + File.ReadAllText(Repository.GetPath("LICENSE")).ReplaceLineEndings("\r\n"));
        File.WriteAllText(module.PathOf("package/NOTICE.txt"), "It is Somebody's.");
        module.Pack();
        string notices = Encoding.UTF8.GetString(PackedModule.Unpack(module.PathOf($"output/Cmp.{Version}.nupkg"))["ThirdPartyNotices.txt"]);
        Assert.Contains("License: Apache-2.0", notices, StringComparison.Ordinal);
        Assert.Contains("It is Somebody's.", notices, StringComparison.Ordinal);
        Assert.DoesNotContain("LICENSE.txt of Other", notices, StringComparison.Ordinal);

        File.AppendAllText(module.PathOf("package/LICENSE.txt"), "And more.");
        Assert.Contains("LICENSE.txt", module.Fails(), StringComparison.Ordinal);
    }

    [Fact]
    public void License_that_nobody_looked_at_is_refused()
    {
        using var module = new MadeModule();
        module.Edit("package/Other.nuspec", "MIT", "GPL-3.0-only");
        Assert.Contains("GPL-3.0-only", module.Fails(), StringComparison.Ordinal);
    }

    private static string[] PackedPackages => [.. PackedModule.Packages.SelectMany(File.ReadAllLines)
        .Select(line => Path.TrimEndingDirectorySeparator(line.Split('|')[1]).Replace('\\', '/').Split('/'))
        .Select(parts => $"{parts[^2]}/{parts[^1]}")
        .Distinct()
        .Order(StringComparer.Ordinal)];

    private static XElement Nuspec(string path) => XDocument.Load(new MemoryStream(PackedModule.Unpack(path)["Cmp.nuspec"])).Root!.Elements().Single();

    private static string Hash(byte[] octets) => Convert.ToHexStringLower(SHA256.HashData(octets));

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string[] GetPaths(string folder) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    /// <summary>A small module with one assembly of ours and one of a package's.</summary>
    private sealed class MadeModule : IDisposable
    {
        private readonly TestFolder _folder = new();

        internal MadeModule()
        {
            Directory.CreateDirectory(PathOf("module/bin/net8.0"));
            Directory.CreateDirectory(PathOf("package"));
            File.Copy(Repository.Manifest, PathOf("Cmp.psd1"));
            foreach (string name in new[] { "Cmp.psm1", "CmpCertificate.ps1", "LICENSE", "bin/net8.0/Cmp.dll", "bin/net8.0/Other.dll" })
                File.WriteAllText(PathOf(name), name);
            File.WriteAllText(PathOf("package/Other.nuspec"), """
                <package><metadata>
                <id>Other</id><version>1.2.3</version><authors>Somebody</authors><license type="expression">MIT</license>
                <copyright>Somebody's</copyright><projectUrl>https://other.example/</projectUrl>
                </metadata></package>
                """);
            File.WriteAllText(PathOf("package/other.1.2.3.nupkg.sha512"), Convert.ToBase64String(new byte[64]));
            File.WriteAllText(PathOf("packages.txt"), $"bin/net8.0/Other.dll|{PathOf("package")}\n");
        }

        public void Dispose() => _folder.Dispose();

        internal string PathOf(string name) =>
            _folder.PathOf(name.Split('/')[0] is "package" or "packages.txt" or "output" or "module" ? name : "module/" + name);

        internal void Edit(string name, string old, string with)
        {
            string text = File.ReadAllText(PathOf(name));
            Assert.Contains(old, text, StringComparison.Ordinal);
            File.WriteAllText(PathOf(name), text.Replace(old, with, StringComparison.Ordinal));
        }

        internal string Pack(string sign = "$null")
        {
            PackedModule.Pack(PathOf("module"), PathOf("output"), [PathOf("packages.txt")], sign).AssertSucceeded();
            return File.ReadAllText(Directory.GetFiles(PathOf("output"), "*.sha256").Single());
        }

        internal string Fails(string sign = "$null") =>
            Assert.Single(PackedModule.Pack(PathOf("module"), PathOf("output"), [PathOf("packages.txt")], sign).Errors).ToString();
    }
}
