using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>What a page says of a parameter is so, and the help that is packed says what the page says.</summary>
public sealed partial class HelpPageTests
{
    public static TheoryData<string> Commands => [.. ModuleAssemblies.Cmdlets.Keys];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Types_and_binding_are_those_of_the_assembly(string command)
    {
        var wrong = new List<string>();
        string syntax = Section(ReadPage(command), "SYNTAX");
        foreach ((string name, _, string yaml) in ReadParameters(command))
        {
            if (ModuleAssemblies.GetParameters(ModuleAssemblies.Cmdlets[command]).SingleOrDefault(parameter => parameter.Name == name) is not { } property)
                continue; // WhatIf and Confirm are PowerShell's
            Assert.Matches($@"-{name}\b", syntax);
            // what is of several sets binds in the same way in each
            ParameterAttribute parameter = Assert.Single(property.GetCustomAttributes<ParameterAttribute>(inherit: false).DistinctBy(one => (one.Position, one.Mandatory, one.ValueFromPipeline, one.ValueFromPipelineByPropertyName)));
            Expect("Type", property.PropertyType.ToString());
            Expect("Position", parameter.Position == int.MinValue ? "Named" : parameter.Position.ToString(CultureInfo.InvariantCulture));
            Expect("IsRequired", Text(parameter.Mandatory));
            Expect("ValueFromPipeline", Text(parameter.ValueFromPipeline));
            Expect("ValueFromPipelineByPropertyName", Text(parameter.ValueFromPipelineByPropertyName));

            void Expect(string key, string value)
            {
                string said = Regex.Match(yaml, $@"^ *{key}: (.*)$", RegexOptions.Multiline).Groups[1].Value;
                if (said != value)
                    wrong.Add($"{name} {key}: {said}, and it is {value}");
            }
        }
        Assert.Empty(wrong);

        static string Text(bool value) => value ? "true" : "false";
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void The_packed_help_is_made_of_the_page(string command)
    {
        XElement help = XDocument.Load(Path.Combine(Repository.ModuleFolder, "en-US", "Cmp.dll-Help.xml")).Root!.Elements()
            .Single(element => Child(Child(element, "details"), "name").Value == command);
        string page = ReadPage(command);
        Assert.Equal(Section(page, "SYNOPSIS"), Child(Child(help, "details"), "description").Value);
        Assert.Equal(Plain(Section(page, "DESCRIPTION")), Child(help, "description").Value.ReplaceLineEndings("\n"));
        Dictionary<string, XElement> parameters = Child(help, "parameters").Elements().ToDictionary(element => Child(element, "name").Value);
        foreach ((string name, string description, string yaml) in ReadParameters(command))
        {
            // each paragraph of a parameter is an element of its own
            Assert.Equal(Plain(description), string.Join("\n\n", Child(parameters[name], "description").Elements().Select(paragraph => paragraph.Value)).ReplaceLineEndings("\n"));
            string value = Regex.Match(yaml, "^DefaultValue: '(.*)'$", RegexOptions.Multiline).Groups[1].Value.Replace("''", "'", StringComparison.Ordinal);
            Assert.Equal(Plain(value), parameters[name].Elements().SingleOrDefault(element => element.Name.LocalName == "defaultValue")?.Value ?? "");
        }
    }

    /// <summary>Code alone says what is done, and not what for or what comes of it.</summary>
    [Theory]
    [MemberData(nameof(Commands))]
    public void Examples_are_numbered_and_have_words(string command)
    {
        MatchCollection examples = Example.Matches(Section(ReadPage(command), "EXAMPLES") + "\n\n### ");
        Assert.NotEmpty(examples);
        Assert.Equal(Enumerable.Range(1, examples.Count), examples.Select(example => int.Parse(example.Groups[1].Value, CultureInfo.InvariantCulture)));
        Assert.DoesNotContain(examples, example => example.Groups[2].Value.EndsWith("```", StringComparison.Ordinal));
    }

    private static XElement Child(XElement element, string name) => element.Elements().Single(child => child.Name.LocalName == name);

    private static string ReadPage(string command) => File.ReadAllText(Repository.GetPath($"en-US/{command}.md")).ReplaceLineEndings("\n");

    private static string Section(string page, string heading) => Regex.Match(page, $@"^## {heading}\n\n(.*?)\n\n## ", RegexOptions.Multiline | RegexOptions.Singleline).Groups[1].Value;

    private static string Plain(string markdown) => markdown.Replace("`", "", StringComparison.Ordinal);

    private static IEnumerable<(string Name, string Description, string Yaml)> ReadParameters(string command) =>
        Parameter.Matches(ReadPage(command)).Select(match => (match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value));

    [GeneratedRegex(@"^### Example (\d+): (.*?)\s*(?=\n### )", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Example { get; }

    [GeneratedRegex(@"^### -(\w+)\n\n(.*?)\n\n```yaml\n(.*?)\n```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Parameter { get; }
}
