using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation.Language;
using System.Text.Json;
using System.Xml.Linq;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests;

/// <summary>The scripts that must run in Windows PowerShell, PowerShell and Cmp.Shell use what all three have.</summary>
public sealed class ScriptTests
{
    // programs, what build.ps1 uses only where it found it, and what Windows alone has
    private static readonly HashSet<string> Elsewhere = new(StringComparer.OrdinalIgnoreCase)
    {
        "dotnet", "mono", "Import-MarkdownCommandHelp", "Export-MamlCommandHelp",
        "New-ScheduledTaskAction", "New-ScheduledTaskTrigger", "New-ScheduledTaskPrincipal", "New-ScheduledTaskSettingsSet", "Register-ScheduledTask", "Invoke-DscResource",
    };

    // a configuration is read where DSC is: the Pester suite of CmpCertificate does that
    public static TheoryData<string> Examples => [.. Directory.GetFiles(Repository.GetPath("examples"), "*.ps1", SearchOption.AllDirectories)
        .Where(path => !path.EndsWith(".Configuration.ps1", StringComparison.Ordinal))
        .Select(path => Path.GetRelativePath(Repository.Root, path))
        .Order(StringComparer.Ordinal)];

    public static TheoryData<string> Scripts => [.. Directory.GetFiles(Repository.Root, "*.ps1")
        .Append(Path.Combine(Repository.ModuleFolder, "Cmp.psm1"))
        .Append(Path.Combine(Repository.ModuleFolder, "CmpCertificate.ps1"))
        .Select(path => Path.GetRelativePath(Repository.Root, path)), .. Examples];

    /// <summary>Those that build and test.</summary>
    public static TheoryData<string> Tools => [.. Directory.GetFiles(Repository.Root, "*.ps1")
        .Append(Repository.GetPath("tests/Pester/Run.ps1"))
        .Select(path => Path.GetRelativePath(Repository.Root, path))];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Commands_are_there_without_Utility_and_Management(string script)
    {
        Ast ast = Parse(script);
        using var session = new ModuleSession();
        HashSet<string> known = new(Elsewhere, StringComparer.OrdinalIgnoreCase);
        known.UnionWith(session.Invoke("Get-Command -CommandType Cmdlet, Alias | ForEach-Object { $_.Name }").All<string>());
        known.UnionWith(ast.FindAll(item => item is FunctionDefinitionAst, true).Cast<FunctionDefinitionAst>().Select(function => function.Name));
        known.UnionWith(Repository.GetManifestStrings("CmdletsToExport"));
        Assert.Empty(ast.FindAll(item => item is CommandAst, true).Cast<CommandAst>().Select(command => command.GetCommandName()).Where(name => name is not null && !known.Contains(name)).Distinct());
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Syntax_is_that_of_Windows_PowerShell(string script) =>
        Assert.Empty(Parse(script)
            .FindAll(IsNewer, searchNestedScriptBlocks: true)
            .Select(ast => ast.Extent.Text));

    [Theory]
    [MemberData(nameof(Examples))]
    public void Examples_have_help_for_each_parameter_strict_mode_and_no_aliases(string script)
    {
        ScriptBlockAst ast = Parse(script);
        CommentHelpInfo help = ast.GetHelpContent();
        Assert.False(string.IsNullOrWhiteSpace(help?.Synopsis), "There is no .SYNOPSIS.");
        Assert.False(string.IsNullOrWhiteSpace(help!.Description), "There is no .DESCRIPTION.");
        string[] parameters = [.. ast.ParamBlock?.Parameters.Select(parameter => parameter.Name.VariablePath.UserPath.ToUpperInvariant()) ?? []];
        Assert.Equal(parameters.Order(), help.Parameters.Keys.Select(name => name.ToUpperInvariant()).Order());
        CommandAst[] commands = [.. ast.FindAll(item => item is CommandAst, true).Cast<CommandAst>()];
        Assert.Contains(commands, command => command.GetCommandName() == "Set-StrictMode");
        // a verb and a noun: an alias is neither
        Assert.DoesNotContain(commands.Select(command => command.GetCommandName()), name => name?.Contains('-', StringComparison.Ordinal) == false);
    }

    [Theory]
    [MemberData(nameof(Tools))]
    public void Get_Help_tells_what_a_script_and_each_of_its_parameters_is_for(string script)
    {
        ScriptBlockAst ast = Parse(script);
        CommentHelpInfo help = Assert.IsType<CommentHelpInfo>(ast.GetHelpContent());
        Assert.False(string.IsNullOrWhiteSpace(help.Synopsis), "No .SYNOPSIS");
        Assert.False(string.IsNullOrWhiteSpace(help.Description), "No .DESCRIPTION");
        using var session = new ModuleSession(import: false);
        session["path"] = Repository.GetPath(script);
        foreach (ParameterAst parameter in ast.ParamBlock?.Parameters ?? [])
        {
            session["name"] = parameter.Name.VariablePath.UserPath;
            // .PARAMETER, or the comment above it
            Assert.NotEmpty(session.Invoke("(Get-Help $path).parameters.parameter.Where({ $_.name -eq $name }).description.Where({ $_ }).ForEach({ $_.Text.Trim() }) -join ''").Single<string>());
        }
    }

    [Fact]
    public void Build_passes_on_all_that_follows_the_task()
    {
        using var session = new ModuleSession(import: false);
        session["path"] = Repository.GetPath("build.ps1");
        Assert.Equal("Task=Bench Arguments=enrol,import", session.Invoke("""
            $parameters = (Get-Command $path).ScriptBlock.Ast.ParamBlock.Extent.Text
            & ([scriptblock]::Create($parameters + ' "Task=$Task Arguments=$($Arguments -join '','')$Sign"')) Bench enrol import
            """).Single<string>());
    }

    [Fact]
    public void Build_takes_all_of_the_solution_but_the_shell_that_runs_it()
    {
        IEnumerable<string> all = XDocument.Load(Repository.GetPath("Cmp.slnx")).Descendants("Project").Select(project => project.Attribute("Path")!.Value);
        using var filter = JsonDocument.Parse(File.ReadAllText(Repository.GetPath("Cmp.Build.slnf")));
        IEnumerable<string> built = filter.RootElement.GetProperty("solution").GetProperty("projects").EnumerateArray().Select(project => project.GetString()!);
        Assert.Equal(all.Except(["src/Cmp.Shell/Cmp.Shell.csproj"]).Order(), built.Order());
    }

    private static bool IsNewer(Ast ast) => ast switch
    {
        TernaryExpressionAst or PipelineChainAst => true,
        BinaryExpressionAst binary => binary.Operator == TokenKind.QuestionQuestion,
        AssignmentStatementAst assignment => assignment.Operator == TokenKind.QuestionQuestionEquals,
        MemberExpressionAst member => member.NullConditional,
        IndexExpressionAst index => index.NullConditional,
        PipelineBaseAst pipeline => pipeline is PipelineAst { Background: true },
        _ => false,
    };

    private static ScriptBlockAst Parse(string script)
    {
        ScriptBlockAst ast = Parser.ParseFile(Repository.GetPath(script), out _, out ParseError[] errors);
        Assert.Empty(errors.Select(error => error.Message));
        return ast;
    }
}
