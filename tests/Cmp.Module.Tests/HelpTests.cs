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

/// <summary>Holds together the markdown that people write, the help that is made of it, and the assembly.</summary>
public sealed partial class HelpTests
{
    private static readonly string HelpFolder = Repository.GetPath("en-US");

    [Fact]
    public void Every_command_has_a_page() =>
        Assert.All(ModuleAssemblies.Cmdlets.Keys, name => Assert.True(File.Exists(GetPage(name)), name));

    [Fact]
    public void Pages_describe_the_parameters_that_there_are() =>
        Assert.Empty(ModuleAssemblies.Cmdlets.Where(cmdlet => File.Exists(GetPage(cmdlet.Key))).SelectMany(cmdlet => Compare(
            cmdlet.Key, GetParameters(cmdlet.Value), ParameterHeading.Matches(File.ReadAllText(GetPage(cmdlet.Key))).Select(match => match.Groups[1].Value))));

    [Fact]
    public void Help_describes_the_commands_and_parameters_that_there_are()
    {
        var maml = XDocument.Load(Path.Combine(HelpFolder, "Cmp.dll-Help.xml"));
        Dictionary<string, XElement> commands = Find(maml.Root!, "command").ToDictionary(command => GetName(Find(command, "details").Single()));
        Assert.Equal(ModuleAssemblies.Cmdlets.Keys.Order(), commands.Keys.Order());
        Assert.Empty(ModuleAssemblies.Cmdlets.SelectMany(cmdlet => Compare(
            cmdlet.Key,
            GetParameters(cmdlet.Value),
            Find(commands[cmdlet.Key], "parameters").Single().Elements().Select(GetName))));
    }

    [Fact]
    public void Nothing_is_left_to_fill_in() =>
        Assert.Empty(Directory.GetFiles(HelpFolder).Where(path => FillIn.IsMatch(File.ReadAllText(path))).Select(Path.GetFileName));

    [Fact]
    public void Every_topic_is_made_and_packed()
    {
        foreach (string topic in Directory.GetFiles(HelpFolder, "about_*.md"))
            Assert.True(File.Exists(Path.ChangeExtension(topic, ".help.txt")), topic);
        string[] made = [.. Directory.GetFiles(HelpFolder).Where(path => Path.GetExtension(path) != ".md").Select(path => Path.GetFileName(path)).Order()];
        Assert.Equal(made, Directory.GetFiles(Path.Combine(Repository.ModuleFolder, "en-US")).Select(path => Path.GetFileName(path)).Order());
    }

    [Fact]
    public void Get_Help_finds_the_packed_help()
    {
        using var session = new ModuleSession();
        foreach (string name in ModuleAssemblies.Cmdlets.Keys)
        {
            session["name"] = name;
            string synopsis = session.Invoke("(Get-Help $name).Synopsis").Single<string>();
            // without help the engine shows the syntax
            Assert.DoesNotContain("[<CommonParameters>]", synopsis, StringComparison.Ordinal);
            Assert.NotEmpty(synopsis.Trim());
        }
    }

    private static string GetPage(string name) => Path.Combine(HelpFolder, name + ".md");

    private static IEnumerable<string> GetParameters(Type cmdlet)
    {
        IEnumerable<string> names = ModuleAssemblies.GetParameters(cmdlet).Select(parameter => parameter.Name);
        return cmdlet.GetCustomAttribute<CmdletAttribute>()!.SupportsShouldProcess ? names.Concat(["Confirm", "WhatIf"]) : names;
    }

    private static IEnumerable<string> Compare(string name, IEnumerable<string> there, IEnumerable<string> described)
    {
        HashSet<string> parameters = [.. there];
        HashSet<string> descriptions = [.. described];
        return parameters.Except(descriptions).Select(parameter => $"{name} -{parameter} is not described")
            .Concat(descriptions.Except(parameters).Select(parameter => $"{name} -{parameter} is described and not there"));
    }

    private static IEnumerable<XElement> Find(XElement root, string name) =>
        root.Descendants().Where(element => element.Name.LocalName == name && element.Name.NamespaceName.Contains("command", StringComparison.Ordinal));

    private static string GetName(XElement element) => element.Elements().Single(child => child.Name.LocalName == "name").Value.Trim();

    [GeneratedRegex(@"^### -(\w+)\s*$", RegexOptions.Multiline)]
    private static partial Regex ParameterHeading { get; }

    [GeneratedRegex(@"\{\{ ?Fill")]
    private static partial Regex FillIn { get; }
}
