using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests;

/// <summary>What lies in the packed module, and what does not.</summary>
public sealed class LayoutTests
{
    private static readonly string[] OwnAssemblies = ["BouncyCastle.Cryptography.dll", "Cmp.Core.dll", "Cmp.TestServer.dll", "Cmp.dll", "Pkcs11Interop.dll"];

    // What Windows has of .NET Framework 4.7.2, and PowerShell 3.0 and later, in these very versions.
    private static readonly Dictionary<string, string> WindowsAssemblies = new()
    {
        ["mscorlib"] = "4.0.0.0",
        ["System"] = "4.0.0.0",
        ["System.Core"] = "4.0.0.0",
        ["System.Numerics"] = "4.0.0.0",
        ["System.Net.Http"] = "4.2.0.0",
        ["System.Runtime.Serialization"] = "4.0.0.0",
        ["System.Security"] = "4.0.0.0",
        ["System.Xml"] = "4.0.0.0",
        ["System.Xml.Linq"] = "4.0.0.0",
        ["System.Management.Automation"] = "3.0.0.0",
    };

    [Fact]
    public void Module_folder_holds_the_script_files_and_the_license()
    {
        string[] wanted = ["Cmp.Format.ps1xml", "Cmp.Types.ps1xml", "Cmp.psd1", "Cmp.psm1", "CmpCertificate.ps1", "LICENSE"];
        Assert.Equal(wanted, GetNames(Repository.ModuleFolder));
    }

    [Fact]
    public void Core_edition_holds_our_assemblies_and_nothing_of_the_shared_framework()
    {
        string[] wanted = [.. OwnAssemblies.Concat(["Cmp.Loader.dll", "System.Security.Cryptography.ProtectedData.dll"]).Order(StringComparer.Ordinal)];
        Assert.Equal(wanted, GetNames(Repository.CoreEditionFolder));
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        Assert.DoesNotContain(wanted, name => File.Exists(Path.Combine(framework, name)));
    }

    [Fact]
    public void Desktop_edition_holds_our_assemblies_and_what_System_Formats_Asn1_needs()
    {
        string[] wanted =
        [
            .. OwnAssemblies, "System.Buffers.dll", "System.Formats.Asn1.dll", "System.Memory.dll", "System.Numerics.Vectors.dll",
            "System.Runtime.CompilerServices.Unsafe.dll", "System.ValueTuple.dll",
        ];
        Assert.Equal(wanted.Order(StringComparer.Ordinal), GetNames(Repository.DesktopEditionFolder));
    }

    [Fact]
    public void PowerShell_itself_is_not_packed() =>
        Assert.Empty(Directory.GetFiles(Repository.ModuleFolder, "System.Management.Automation*", SearchOption.AllDirectories));

    [Fact]
    public void Desktop_references_are_met_without_binding_redirects()
    {
        Dictionary<string, AssemblyName> lying = Directory.GetFiles(Repository.DesktopEditionFolder, "*.dll")
            .Select(AssemblyName.GetAssemblyName)
            .ToDictionary(name => name.Name!);
        var unmet = new List<string>();
        foreach (string path in Directory.GetFiles(Repository.DesktopEditionFolder, "*.dll"))
        {
            foreach (AssemblyName reference in GetReferences(path))
            {
                bool met = lying.TryGetValue(reference.Name!, out AssemblyName? there) ? there.FullName == reference.FullName : WindowsAssemblies.GetValueOrDefault(reference.Name!) == reference.Version!.ToString();
                if (!met)
                    unmet.Add($"{Path.GetFileName(path)} wants {reference.FullName}; there is {there?.FullName ?? "none"}");
            }
        }
        Assert.Empty(unmet);
    }

    [Fact]
    public void Version_stands_in_the_manifest_only()
    {
        var version = new Version(Repository.GetManifestStrings("ModuleVersion").Single());
        Assert.Equal(version.ToString(), Path.GetFileName(Repository.ModuleFolder));
        foreach (string name in new[] { "Cmp.dll", "Cmp.Core.dll", "Cmp.TestServer.dll" })
        {
            foreach (string folder in new[] { Repository.CoreEditionFolder, Repository.DesktopEditionFolder })
                Assert.Equal(version, new Version(AssemblyName.GetAssemblyName(Path.Combine(folder, name)).Version!.ToString(3)));
        }
    }

    [Fact]
    public void Files_that_the_manifest_names_are_there()
    {
        string[] named = [.. new[] { "RootModule", "FormatsToProcess", "TypesToProcess" }.SelectMany(Repository.GetManifestStrings)];
        Assert.All(named, name => Assert.True(File.Exists(Path.Combine(Repository.ModuleFolder, name)), name));
    }

    [Fact]
    public void Manifest_says_what_galleries_and_both_editions_ask_for()
    {
        foreach (string key in new[] { "GUID", "Author", "CompanyName", "Copyright", "Description", "ModuleVersion" })
            Assert.NotEmpty(Repository.GetManifestStrings(key).Single());
        Assert.Equal(["5.1"], Repository.GetManifestStrings("PowerShellVersion"));
        Assert.Equal(["4.7.2"], Repository.GetManifestStrings("DotNetFrameworkVersion"));
        Assert.Equal(["Desktop", "Core"], Repository.GetManifestStrings("CompatiblePSEditions"));
        Assert.DoesNotContain("*", Repository.GetManifestStrings("CmdletsToExport").Concat(Repository.GetManifestStrings("FunctionsToExport")));
        string text = File.ReadAllText(Repository.Manifest);
        // beside the other two it would hide DSC resources from Get-Module -ListAvailable
        Assert.DoesNotMatch(@"(?m)^\s*AliasesToExport\b", text);

        string[] tags = Repository.GetManifestStrings("Tags");
        Assert.Equal(tags.Distinct(StringComparer.OrdinalIgnoreCase), tags);
        Assert.All(new[] { "CMP", "RFC9810", "RFC9483", "PKI", "PSModule", "PSEdition_Desktop", "PSEdition_Core" }, tag => Assert.Contains(tag, tags));
        Assert.Equal(text.Contains("DscResourcesToExport", StringComparison.Ordinal), tags.Contains("DSC") && tags.Contains("DSCResource"));
        Assert.All(tags, tag => Assert.DoesNotContain(' ', tag));
        Assert.True(Uri.TryCreate(Repository.GetManifestStrings("LicenseUri").Single(), UriKind.Absolute, out Uri? license) && license.Scheme == Uri.UriSchemeHttps);
    }

    private static IEnumerable<string> GetNames(string folder) =>
        Directory.GetFiles(folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    private static List<AssemblyName> GetReferences(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetAssemblyReference(handle).GetAssemblyName())];
    }
}
