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

    // what Windows PowerShell has besides the engine, as far as examples use it
    private static readonly string[] Others =
    [
        "ConvertFrom-Json", "ConvertTo-Json", "Export-Csv", "Format-List", "Format-Table", "Get-ChildItem", "Get-Content", "Get-Credential", "Get-Date", "Get-Item",
        "Get-WinEvent", "Group-Object", "Import-Csv", "Invoke-WebRequest", "Measure-Object", "Out-GridView", "Read-Host", "Receive-Job", "Remove-Item", "Restart-Service",
        "Select-Object", "Set-Content", "Sort-Object", "Start-Job", "Start-Sleep", "Write-Error", "Write-Host", "Write-Output", "Write-Warning",
    ];

    // a URI cannot be broken either
    private const string OneWord = "pkcs11:token=";

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

    /// <summary>The engine looks at each command of an example as it would before it runs it: names, parameters, their sets, and words of enumerations.</summary>
    [Fact]
    public void Examples_are_commands_that_there_are()
    {
        var maml = XDocument.Load(Path.Combine(HelpFolder, "Cmp.dll-Help.xml"));
        using var session = new ModuleSession();
        session["others"] = Others;
        foreach (XElement command in Find(maml.Root!, "command").Where(element => element.Name.LocalName == "command"))
        {
            string name = GetName(Find(command, "details").Single());
            string[] examples = [.. command.Descendants().Where(element => element.Name.LocalName == "code").Select(element => element.Value)];
            Assert.True(examples.Length > 0, $"{name} has no example");
            Assert.True(examples.Any(example => example.Contains(name, StringComparison.Ordinal)), $"No example of {name} has it");
            foreach (string example in examples)
            {
                IReadOnlyList<string> wrong = Check(session, example);
                Assert.True(wrong.Count == 0, $"{name}: {string.Join('\n', wrong)}\n{example}");
            }
        }
    }

    /// <summary>Get-Help indents code by 4 columns and breaks what is longer: what is broken cannot be pasted. The pages about_… indent it by 8.</summary>
    [Fact]
    public void Code_fits_a_console_of_80_columns()
    {
        foreach (string path in Directory.GetFiles(HelpFolder, "*.md"))
        {
            int width = Path.GetFileName(path).StartsWith("about_", StringComparison.Ordinal) ? 72 : 76;
            string[] tooLong = [.. CodeBlock.Matches(File.ReadAllText(path)).SelectMany(match => match.Groups[1].Value.Split('\n')).Where(line => line.TrimEnd().Length > width && !line.Contains(OneWord, StringComparison.Ordinal))];
            Assert.True(tooLong.Length == 0, $"{Path.GetFileName(path)}: {string.Join('\n', tooLong)}");
        }
    }

    [Fact]
    public void Pages_about_fit_a_console_of_80_columns()
    {
        foreach (string path in Directory.GetFiles(HelpFolder, "about_*.help.txt"))
        {
            // a word that is longer than the line cannot be broken
            Assert.DoesNotContain(File.ReadAllLines(path), line => line.Length > 80 && line.Trim().Contains(' ', StringComparison.Ordinal) && !line.Contains(OneWord, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("Get-CmpServer -Nmae ca", "Nmae")]
    [InlineData("Get-CmpServers", "Get-CmpServers")]
    [InlineData("Revoke-CmpCertificate -Reason Tired", "Tired")]
    [InlineData("New-CmpCertificateRequest -Subject 'CN=a", "terminator")]
    [InlineData("Register-CmpServer -Name a -Name b", "Name")]
    [InlineData("$a = @{ Nmae = 'a' }\nRegister-CmpServer @a -Uri http://ca.example/", "Nmae")]
    public void Examples_that_do_not_run_are_found(string example, string said)
    {
        using var session = new ModuleSession();
        session["others"] = Others;
        Assert.Contains(said, string.Join("\n", Check(session, example)), StringComparison.Ordinal);
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

    private static IReadOnlyList<string> Check(ModuleSession session, string example)
    {
        session["example"] = example;
        return session.Invoke("""
            $errors = $null
            $ast = [Management.Automation.Language.Parser]::ParseInput($example, [ref] $null, [ref] $errors)
            foreach ($e in $errors) { $e.Message }
            # the binder takes what is splatted for an argument
            $text = $example
            foreach ($table in $ast.FindAll({ $args[0] -is [Management.Automation.Language.HashtableAst] }, $true)) {
                $assignment = $table.Parent
                while ($assignment -and $assignment -isnot [Management.Automation.Language.AssignmentStatementAst]) { $assignment = $assignment.Parent }
                if (-not $assignment) { continue }
                $parameters = foreach ($pair in $table.KeyValuePairs) { "-$($pair.Item1.Extent.Text):`$null" }
                $text = $text -replace "(?<=\s)@$($assignment.Left.Extent.Text.TrimStart('$'))\b", ($parameters -join ' ')
            }
            $ast = [Management.Automation.Language.Parser]::ParseInput($text, [ref] $null, [ref] $null)
            foreach ($command in $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)) {
                $name = $command.GetCommandName()
                $info = if ($name) { Get-Command $name -ErrorAction Ignore }
                if ($name -and -not $info -and $name -notin $others) { "There is no command $name" }
                if (-not $info -or $info.Source -ne 'Cmp') { continue }
                $bound = [Management.Automation.Language.StaticParameterBinder]::BindCommand($command, $true)
                foreach ($wrong in $bound.BindingExceptions.Values) { $wrong.BindingException.Message }
                foreach ($parameter in $bound.BoundParameters.Values) {
                    if ($null -eq $parameter.Parameter -or $null -eq $parameter.ConstantValue) { continue }
                    $type = $parameter.Parameter.ParameterType
                    $type = if ($type.IsArray) { $type.GetElementType() } elseif ([Nullable]::GetUnderlyingType($type)) { [Nullable]::GetUnderlyingType($type) } else { $type }
                    if ($type.IsEnum) { try { $null = [Management.Automation.LanguagePrimitives]::ConvertTo($parameter.ConstantValue, $type) } catch { $_.Exception.Message } }
                }
            }
            """).All<string>();
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

    [GeneratedRegex(@"^```powershell\n(.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock { get; }

    [GeneratedRegex(@"\{\{ ?Fill")]
    private static partial Regex FillIn { get; }
}
