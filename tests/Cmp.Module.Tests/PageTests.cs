using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Text.RegularExpressions;
using Cmp.Module.Tests.Harness;
using Cmp.Tests;
using Xunit;

namespace Cmp.Module.Tests;

/// <summary>What the about pages list is all that there is, and all of it is there.</summary>
public sealed partial class PageTests
{
    // of others: modules that the pages tell to use, and PowerShell's own
    private static readonly HashSet<string> OthersParameters = [.. Cmdlet.CommonParameters, "Confirm", "DefaultVault", "Depth", "Full", "Method", "Module", "ModuleName", "Property", "Unique", "WhatIf"];

    public static TheoryData<string> Pages => [.. Directory.GetFiles(Repository.GetPath("en-US"), "about_*.md").Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    [Fact]
    public void Troubleshooting_has_every_ErrorId_of_the_source()
    {
        string source = ReadSource();
        IEnumerable<string> there = Literal.Matches(source).Select(match => match.Groups[1].Value)
            .Concat(RootUpdateCheck.Matches(File.ReadAllText(Repository.GetPath("src/Cmp.Core/Client/RootUpdate.cs"))).Select(match => "CmpRootUpdate." + match.Groups[1].Value))
            .Concat(FailInfos().Select(name => "CmpServer." + name));
        Assert.Empty(there.Distinct().Except(ListedErrorIds()).Order());
    }

    [Fact]
    public void Troubleshooting_has_no_ErrorId_that_is_not_there()
    {
        string source = ReadSource();
        HashSet<string> failInfos = [.. FailInfos()];
        Assert.DoesNotContain(ListedErrorIds(), id =>
        {
            string[] parts = id.Split('.');
            // what a server says, and statuses, are put together when they come; the checks of a root and names of parameters in one place
            return !source.Contains($"\"{id}\"", StringComparison.Ordinal)
                && !(parts[0] == "CmpServer" && failInfos.Contains(parts[1]))
                && !(source.Contains($"\"{parts[0]}.\"", StringComparison.Ordinal) && (int.TryParse(parts[1], out _) || IsPutTogether(source, parts[1])));
        });
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Parameters_that_a_page_names_are_there(string page)
    {
        HashSet<string> parameters = [.. ModuleAssemblies.Cmdlets.Values.SelectMany(ModuleAssemblies.GetParameters).Select(parameter => parameter.Name)];
        IEnumerable<string> lines = Read(page).Split('\n');
        // there the first column is another tool's
        if (page == "about_Cmp_Migration")
            lines = lines.Select(line => line.StartsWith("| ", StringComparison.Ordinal) ? string.Concat(Cells(line).Skip(1)) : line);
        Assert.Empty(lines.SelectMany(line => Parameter.Matches(line).Select(match => match.Groups[1].Value)).Except(parameters).Except(OthersParameters));
    }

    /// <summary>Commands of ours in a page, and those of the list of commands in about_Cmp.</summary>
    [Theory]
    [MemberData(nameof(Pages))]
    public void Commands_that_a_page_names_are_there(string page) =>
        Assert.Empty(Command.Matches(Read(page)).Select(match => match.Value).Distinct().Except(ModuleAssemblies.Cmdlets.Keys));

    [Fact]
    public void The_entrance_lists_every_command() =>
        Assert.Empty(ModuleAssemblies.Cmdlets.Keys.Except(Command.Matches(Read("about_Cmp")).Select(match => match.Value)));

    [SkippableFact]
    public void Migration_has_every_option_of_openssl_cmp()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        ProgramResult openssl = OpenSsl.Run(["cmp", "-help"]);
        string help = openssl.Error + openssl.Text;
        string[] options = [.. Option.Matches(help).Select(match => match.Groups[1].Value)];
        Assert.Contains("-srvcert", options);
        HashSet<string> listed = [.. Read("about_Cmp_Migration").Split('\n').Where(line => line.StartsWith("| -", StringComparison.Ordinal))
            .SelectMany(line => Cells(line)[0].Split(',', ' ')).Where(word => word.StartsWith('-'))];
        Assert.Empty(options.Except(listed));
    }

    private static IEnumerable<string> ListedErrorIds() => Read("about_Cmp_Troubleshooting").Split('\n')
        .Where(line => line.StartsWith("| Cmp", StringComparison.Ordinal))
        .SelectMany(line => ErrorId.Matches(Cells(line)[0]).Select(match => match.Value))
        .Distinct();

    private static bool IsPutTogether(string source, string name) => source.Contains($"(\"{name}\",", StringComparison.Ordinal) || source.Contains($"nameof({name})", StringComparison.Ordinal);

    private static IEnumerable<string> FailInfos() => Enum.GetNames(ModuleAssemblies.Core.GetType("Cmp.Messages.FailInfo", throwOnError: true)!)
        .Where(name => name != "None")
        .Select(name => char.ToLowerInvariant(name[0]) + name[1..]);

    private static string ReadSource() => string.Join('\n', Directory.GetFiles(Repository.GetPath("src"), "*.cs", SearchOption.AllDirectories)
        .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
        .SelectMany(File.ReadLines)
        .Where(line => !line.TrimStart().StartsWith("///", StringComparison.Ordinal)));

    private static string Read(string page) => File.ReadAllText(Repository.GetPath($"en-US/{page}.md")).ReplaceLineEndings("\n");

    private static string[] Cells(string row) => [.. row.Trim('|', ' ').Split('|').Select(cell => cell.Trim())];

    [GeneratedRegex("\"(Cmp[A-Z][A-Za-z]*\\.[A-Za-z0-9]{2,})\"")]
    private static partial Regex Literal { get; }

    [GeneratedRegex("Failed\\(\"(\\w+)\"")]
    private static partial Regex RootUpdateCheck { get; }

    [GeneratedRegex(@"Cmp[A-Z][A-Za-z]*\.[A-Za-z0-9]+")]
    private static partial Regex ErrorId { get; }

    [GeneratedRegex(@"(?<![\w/.-])-([A-Z]\w+)(?!…)\b")]
    private static partial Regex Parameter { get; }

    [GeneratedRegex(@"\b[A-Z][A-Za-z]+-Cmp[A-Z]\w+")]
    private static partial Regex Command { get; }

    [GeneratedRegex(@"^ (-[a-zA-Z_0-9-]+)", RegexOptions.Multiline)]
    private static partial Regex Option { get; }
}
