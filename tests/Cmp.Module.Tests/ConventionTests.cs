using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests;

/// <summary>What every command keeps to, read from the assembly.</summary>
public sealed partial class ConventionTests
{
    // all other verbs change something: here, at a server, or in a file
    private static readonly HashSet<string> ReadingVerbs =
        ["Get", "Test", "Find", "Search", "Show", "Measure", "Compare", "Select", "Read", "Watch", "ConvertFrom", "ConvertTo", "Resolve", "Trace"];

    // What the user named is an argument, what came from a key, a peer or the road is more than that; the ErrorId says what it is in both.
    private static readonly Dictionary<string, string[]> ErrorIdsOfTwoKinds = new()
    {
        ["CmpKey.Algorithm"] = ["Argument", "Key"],
        ["CmpKey.HashAlgorithm"] = ["Argument", "Key"],
        ["CmpMail.Incomplete"] = ["Malformed", "Timeout"],
        ["CmpProtection.Algorithm"] = ["Argument", "Protection"],
        ["CmpTransport.UnknownTicket"] = ["Argument", "Protocol"],
    };

    private static readonly IEnumerable<CmdletAttribute> Attributes = ModuleAssemblies.Cmdlets.Values.Select(type => type.GetCustomAttribute<CmdletAttribute>()!);

    [Fact]
    public void Manifest_exports_the_commands_of_the_assembly() =>
        Assert.Equal(ModuleAssemblies.Cmdlets.Keys.Order(), Repository.GetManifestStrings("CmdletsToExport").Order());

    [Fact]
    public void Verbs_are_approved_and_nouns_begin_with_Cmp()
    {
        HashSet<string> approved = [.. typeof(VerbsCommon).Assembly.GetExportedTypes()
            .Where(type => type.Namespace == typeof(VerbsCommon).Namespace && type.Name.StartsWith("Verbs", StringComparison.Ordinal))
            .SelectMany(type => type.GetFields())
            .Select(field => (string)field.GetRawConstantValue()!)];
        // ConvertFrom-CmpMessage's verb is one of them, so the list was found
        Assert.Contains("ConvertFrom", approved);
        Assert.All(Attributes, attribute => Assert.Contains(attribute.VerbName, approved));
        Assert.All(Attributes, attribute => Assert.StartsWith("Cmp", attribute.NounName, StringComparison.Ordinal));
    }

    [Fact]
    public void Classes_are_sealed_and_named_after_their_commands() =>
        Assert.Empty(ModuleAssemblies.Cmdlets
            .Where(cmdlet => !cmdlet.Value.IsPublic || !cmdlet.Value.IsSealed || cmdlet.Value.FullName != $"Cmp.Commands.{cmdlet.Key.Replace("-", "", StringComparison.Ordinal)}Command")
            .Select(cmdlet => cmdlet.Key));

    [Fact]
    public void Outputs_are_declared() => Assert.Empty(WhereNot(type => type.IsDefined(typeof(OutputTypeAttribute))));

    [Fact]
    public void Commands_that_change_something_ask_ShouldProcess() =>
        Assert.Empty(Attributes.Where(attribute => !ReadingVerbs.Contains(attribute.VerbName) && !attribute.SupportsShouldProcess).Select(attribute => $"{attribute.VerbName}-{attribute.NounName}"));

    [Fact]
    public void Types_that_commands_declare_and_help_names_are_literals()
    {
        var maml = XDocument.Load(Repository.GetPath("en-US/Cmp.dll-Help.xml"));
        SortedSet<string> names = [.. ModuleAssemblies.Cmdlets.Values
            .SelectMany(type => type.GetCustomAttributes<OutputTypeAttribute>())
            .SelectMany(attribute => attribute.Type)
            .Select(type => type.Name)];
        names.UnionWith(maml.Descendants()
            .Where(element => element.Name.LocalName == "type" && element.Name.NamespaceName.Contains("dev", StringComparison.Ordinal))
            .SelectMany(type => type.Elements().First().Value.Split(','))
            .Select(name => name.Trim()));
        // a command without input or output
        names.Remove("None");
        Assert.Contains("Cmp.Client.ServerSettings", names);
        using var session = new ModuleSession();
        session["names"] = names.ToArray();
        Assert.Empty(session.Invoke("$names.Where({ -not ($_ -as [type]) })").All<string>());
        session["names"] = new[] { "Cmp.NoSuchType" };
        Assert.Single(session.Invoke("$names.Where({ -not ($_ -as [type]) })").All<string>());
    }

    /// <summary>Scripts tell errors apart by their ID; the category and what can be done about it follow from the kind.</summary>
    [Fact]
    public void An_ErrorId_means_one_thing()
    {
        var kinds = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (string path in Directory.GetFiles(Repository.GetPath("src"), "*.cs", SearchOption.AllDirectories).Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)))
        {
            foreach (Match match in KindAndErrorId.Matches(File.ReadAllText(path)))
            {
                if (!kinds.TryGetValue(match.Groups["id"].Value, out SortedSet<string>? found))
                    kinds.Add(match.Groups["id"].Value, found = new SortedSet<string>(StringComparer.Ordinal));
                found.Add(match.Groups["kind"].Value);
            }
        }
        Assert.Contains("CmpTransport.Timeout", kinds.Keys);
        Assert.Empty(kinds
            .Where(error => error.Value.Count > 1 && !error.Value.SequenceEqual(ErrorIdsOfTwoKinds.GetValueOrDefault(error.Key, [])))
            .Select(error => $"{error.Key}: {string.Join(", ", error.Value)}"));
        // one that is allowed two kinds and has one is a leftover
        Assert.All(ErrorIdsOfTwoKinds, error => Assert.Equal(error.Value, kinds[error.Key]));
        Assert.Empty(kinds.Keys.GroupBy(id => id, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1).Select(group => group.Key));
        Assert.All(kinds.Keys, id => Assert.Matches(ErrorIdForm, id));
    }

    [Fact]
    public void Switches_are_no_Booleans() =>
        Assert.Empty(ModuleAssemblies.Cmdlets.SelectMany(cmdlet => ModuleAssemblies.GetParameters(cmdlet.Value)
            .Where(parameter => parameter.PropertyType == typeof(bool))
            .Select(parameter => $"{cmdlet.Key} -{parameter.Name}")));

    [Fact]
    public void Secrets_are_never_strings()
    {
        string[] words = ["Password", "Secret", "Credential", "Authenticator", "RegistrationToken"];
        Assert.Empty(ModuleAssemblies.Cmdlets.SelectMany(cmdlet => ModuleAssemblies.GetParameters(cmdlet.Value)
            .Where(parameter => parameter.PropertyType == typeof(string) && words.Any(word => parameter.Name.EndsWith(word, StringComparison.Ordinal)))
            .Select(parameter => $"{cmdlet.Key} -{parameter.Name}")));
    }

    /// <summary>A session's CMP_HOME is the whole process's: beside another one it would take that one's state, or lose its own.</summary>
    [Fact]
    public void Tests_with_a_server_run_one_after_the_other()
    {
        Type[] withServer = [.. typeof(CaSession).Assembly.GetTypes()
            .Where(type => type.Namespace != typeof(CaSession).Namespace && type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic).Any(field => field.FieldType == typeof(CaSession)))
            .Select(type => type.DeclaringType ?? type)
            .Distinct()];
        Assert.NotEmpty(withServer);
        Assert.All(withServer, type => Assert.Contains(type.GetCustomAttributesData(), attribute =>
            attribute.AttributeType == typeof(CollectionAttribute) && Equals(attribute.ConstructorArguments[0].Value, "Commands")));
    }

    [Fact]
    public void Every_command_has_a_Pester_file() =>
        Assert.All(ModuleAssemblies.Cmdlets.Keys, name => Assert.True(File.Exists(Repository.GetPath($"tests/Pester/{name}.Tests.ps1")), name));

    private static IEnumerable<string> WhereNot(Func<Type, bool> rule) =>
        ModuleAssemblies.Cmdlets.Where(cmdlet => !rule(cmdlet.Value)).Select(cmdlet => cmdlet.Key);

    [GeneratedRegex("CmpErrorKind\\.(?<kind>\\w+),\\s*\"(?<id>Cmp[^\"{]+)\"")]
    private static partial Regex KindAndErrorId { get; }

    // what follows the dot may come from a table
    [GeneratedRegex(@"^Cmp[A-Z][A-Za-z0-9]*\.[A-Za-z0-9]*\z")]
    private static partial Regex ErrorIdForm { get; }
}
