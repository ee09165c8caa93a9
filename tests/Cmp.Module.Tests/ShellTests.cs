using System;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests;

/// <summary>Cmp.Shell behaves as <c>pwsh</c> does with the same arguments.</summary>
public sealed class ShellTests
{
    [Fact]
    public void Without_arguments_it_prints_its_usage()
    {
        (int exitCode, string output, string error) = ShellProcess.Run();
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains("-File", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'a'", 0)]
    [InlineData("exit 3", 3)]
    [InlineData("exit -1", -1)]
    [InlineData("function f { exit 8 }; f; 'never'", 8)]
    [InlineData("throw 'x'", 1)]
    [InlineData("$x = ;", 1)]
    // a program's exit code and an error that ends nothing are the script's own business
    [InlineData("dotnet nonsense; 'after'", 0)]
    [InlineData("dotnet nonsense; exit", 0)]
    [InlineData("[int] 'x'; 'after'", 0)]
    [InlineData("$ErrorActionPreference = 'Stop'; Get-Command nonsense", 1)]
    public void Exit_code_of_a_file_is_what_it_exits_with(string script, int exitCode)
    {
        (int actual, string output, _) = ShellProcess.Run("-File", ShellProcess.WriteScript(script));
        Assert.Equal((byte)exitCode, (byte)actual);
        Assert.DoesNotContain("never", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'a'", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("[int] 'x'; 'after'", 0)]
    [InlineData("[int] 'x'", 1)]
    [InlineData("dotnet nonsense", 1)]
    [InlineData("throw 'x'", 1)]
    public void Exit_code_of_commands_is_that_of_the_last(string commands, int exitCode) =>
        Assert.Equal(exitCode, ShellProcess.Run("-Command", commands).ExitCode);

    [Fact]
    public void File_that_is_not_there_is_an_error()
    {
        (int exitCode, string output, string error) = ShellProcess.Run("nonsense.ps1");
        Assert.Equal((1, "", "There is no script 'nonsense.ps1'.\n"), (exitCode, output, error));
    }

    [Theory]
    [InlineData("v|True|4|x y|SilentlyContinue", "-Name", "v", "-On", "-Number", "4", "x", "y")]
    [InlineData("v|False|5||Continue", "v", "-On:$false", "5", "-Verbose")]
    [InlineData("a:b|True|0||SilentlyContinue", "-Name:a:b", "-On:true")]
    [InlineData("q|False|0||SilentlyContinue", "-Name:", "q")]
    [InlineData("it's $x|False|0|;  @y|SilentlyContinue", "it's $x", "0", ";", "", "@y")]
    [InlineData("-5|False|0||SilentlyContinue", "-5")]
    public void Arguments_bind_as_if_typed(string expected, params string[] arguments)
    {
        string script = ShellProcess.WriteScript("""
            [CmdletBinding()]
            param([string] $Name, [int] $Number, [switch] $On, [Parameter(ValueFromRemainingArguments)] $Rest)
            "$Name|$On|$Number|$Rest|$VerbosePreference"
            """);
        Assert.Equal((0, expected + "\n", ""), ShellProcess.Run([script, .. arguments]));
    }

    [Fact]
    public void Argument_that_does_not_fit_is_an_error()
    {
        (int exitCode, string output, string error) = ShellProcess.Run(ShellProcess.WriteScript("param([int] $Number) 'never'"), "-Number", "x");
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("Number", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Commands_are_joined_by_blanks() =>
        Assert.Equal((0, "1 a\n", ""), ShellProcess.Run("-Command", "\"$(1)", "a\""));

    [Fact]
    public void Script_knows_where_it_lies()
    {
        string script = ShellProcess.WriteScript("$PSCommandPath; $MyInvocation.MyCommand.Path");
        Assert.Equal((0, $"{script}\n{script}\n", ""), ShellProcess.Run(script));
    }

    [Fact]
    public void Errors_go_to_the_error_stream_and_all_else_to_the_output()
    {
        string script = ShellProcess.WriteScript("""
            'output'
            $Host.UI.WriteWarningLine('w')
            $Host.UI.WriteVerboseLine('v')
            $Host.UI.WriteDebugLine('d')
            [int] 'x'
            throw 'thrown'
            """);
        (int exitCode, string output, string error) = ShellProcess.Run(script);
        Assert.Equal((1, "output\nWARNING: w\nVERBOSE: v\nDEBUG: d\n"), (exitCode, output));
        Assert.Contains("Cannot convert value \"x\"", error, StringComparison.Ordinal);
        Assert.Contains("thrown", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_is_plain_where_the_output_is_no_terminal()
    {
        const string Error = "InvalidArgument: Cannot convert value \"x\" to type \"System.Int32\". Error: \"The input string 'x' was not in a correct format.\"\n";
        (int exitCode, string output, string error) = ShellProcess.Run("-Command", "[pscustomobject] @{ Column = 1 }; \"`e[31mred`e[0m\"; [int] 'x'");
        // how many blank lines end a table is the engine's own matter
        Assert.Equal((1, "\nColumn\n------\n     1\nred", Error), (exitCode, output.TrimEnd('\n'), error));
    }

    [Fact]
    public void Table_that_is_still_measured_survives_an_exit()
    {
        // the engine waits 300 ms for rows; the first table takes the time of a first table
        string script = ShellProcess.WriteScript("$null = [pscustomobject] @{ First = 1 } | Out-Default; [pscustomobject] @{ Second = 2 }; exit 4");
        (int exitCode, string output, string error) = ShellProcess.Run(script);
        Assert.Equal((4, "\nFirst\n-----\n    1\n\n\nSecond\n------\n     2", ""), (exitCode, output.TrimEnd('\n'), error));
    }

    [Fact]
    public void Progress_is_for_terminals() =>
        Assert.Equal((0, "", ""), ShellProcess.Run("-Command", "$Host.UI.WriteProgress(1, [Management.Automation.ProgressRecord]::new(1, 'Working', 'hard'))"));

    [Fact]
    public void Module_is_found_by_its_name()
    {
        (int exitCode, string output, string error) = ShellProcess.Run("-Command", "Import-Module Cmp; (Get-Module Cmp).ModuleBase");
        Assert.Equal((0, Repository.ModuleFolder + "\n", ""), (exitCode, output, error));
    }

    [Fact]
    public void Question_without_a_terminal_is_an_error_before_it_is_asked()
    {
        (int exitCode, string output, string error) = ShellProcess.Run("-Command", "1 | ForEach-Object ToString -Confirm");
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("no terminal", error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("[Threading.Thread]::Sleep(600000)")]
    [InlineData("[Threading.ManualResetEvent]::new($false).WaitOne()")]
    [InlineData("while ($true) { $null = 1 }")]
    [InlineData("sleep 600")]
    public void Interrupt_stops_the_script(string wait)
    {
        using ShellProcess shell = ShellProcess.Start(ShellProcess.WriteScript($"try {{ 'waiting'; {wait}; 'never' }} finally {{ [Console]::WriteLine('cleaned up') }}"));
        Assert.Equal(130, StopBy("INT", shell));
        Assert.Equal("waiting\ncleaned up\n", shell.Output);
        Assert.Equal("", shell.Error);
    }

    [SkippableFact]
    public void Termination_stops_the_script_too()
    {
        using ShellProcess shell = ShellProcess.Start(ShellProcess.WriteScript("try { 'waiting'; while ($true) { $null = 1 } } finally { [Console]::WriteLine('cleaned up') }"));
        Assert.Equal(143, StopBy("TERM", shell));
        Assert.Equal("waiting\ncleaned up\n", shell.Output);
    }

    [SkippableFact]
    public void Second_interrupt_ends_the_process()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "sends signals as Linux does");
        using ShellProcess shell = ShellProcess.Start(ShellProcess.WriteScript("try { 'waiting'; while ($true) { $null = 1 } } finally { [Console]::WriteLine('stuck'); while ($true) { $null = 1 } }"));
        shell.WaitFor("waiting");
        shell.Signal("INT");
        shell.WaitFor("stuck");
        shell.Signal("INT");
        Assert.Equal(130, shell.WaitForExit());
    }

    [SkippableTheory]
    [InlineData("y", "1")]
    [InlineData("Yes", "1")]
    [InlineData("", "1")]
    [InlineData("n", "")]
    [InlineData("?\nn", "Skip this operation")]
    public void Confirmation_is_asked_on_a_terminal(string answer, string expected)
    {
        SkipWithoutTerminal();
        using ShellProcess shell = ShellProcess.StartOnTerminal("1 | ForEach-Object ToString -Confirm | ForEach-Object { \"result $_\" }; 'end'");
        shell.WaitFor("(default is \"Y\"): ");
        shell.Type(answer + "\n");
        shell.WaitFor("end");
        Assert.Equal(0, shell.WaitForExit());
        Assert.Contains(expected, shell.Output, StringComparison.Ordinal);
        Assert.Equal(expected == "1", shell.Output.Contains("result 1", StringComparison.Ordinal));
    }

    [SkippableFact]
    public void Credential_is_asked_on_a_terminal_and_hidden()
    {
        SkipWithoutTerminal();
        using ShellProcess shell = ShellProcess.StartOnTerminal("$c = $Host.UI.PromptForCredential('', 'Who', '', ''); $c.UserName + $c.GetNetworkCredential().Password.Length");
        shell.WaitFor("User: ");
        shell.Type("ann\n");
        shell.WaitFor("Password for user ann: ");
        shell.Type("secreT\x7ft\n");
        shell.WaitFor("ann6");
        Assert.Equal(0, shell.WaitForExit());
        Assert.DoesNotContain("secre", shell.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Missing_parameters_are_asked_on_a_terminal()
    {
        SkipWithoutTerminal();
        using ShellProcess shell = ShellProcess.StartOnTerminal("function f { param([Parameter(Mandatory)] [string[]] $Names, [Parameter(Mandatory)] [int] $Number) \"got $Names $Number\" }; f");
        shell.WaitFor("Names[0]: ");
        shell.Type("a\n");
        shell.WaitFor("Names[1]: ");
        shell.Type("\n");
        shell.WaitFor("Number: ");
        shell.Type("3\n");
        shell.WaitFor("got a 3");
        Assert.Equal(0, shell.WaitForExit());
    }

    [SkippableTheory]
    [InlineData("$null = $Host.UI.ReadLine()")]
    [InlineData("$null = $Host.UI.ReadLineAsSecureString()")]
    public void Interrupt_ends_a_question(string question)
    {
        SkipWithoutTerminal();
        using ShellProcess shell = ShellProcess.StartOnTerminal($"'asking'; {question}; 'never'");
        shell.WaitFor("asking");
        shell.Type("\x03");
        Assert.Equal(130, shell.WaitForExit());
        Assert.DoesNotContain("never", shell.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Progress_gives_way_to_text_on_a_terminal()
    {
        SkipWithoutTerminal();
        using ShellProcess shell = ShellProcess.StartOnTerminal("$Host.UI.WriteProgress(1, [Management.Automation.ProgressRecord]::new(1, 'Waiting', 'for the server')); 'end'");
        Assert.Equal(0, shell.WaitForExit());
        Assert.Contains($"Waiting for the server\r{new string(' ', 22)}\rend", shell.Output, StringComparison.Ordinal);
    }

    private static int StopBy(string signal, ShellProcess shell)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "sends signals as Linux does");
        shell.WaitFor("waiting");
        shell.Signal(signal);
        return shell.WaitForExit();
    }

    private static void SkipWithoutTerminal() => Skip.IfNot(OperatingSystem.IsLinux(), "uses the program script for a pseudo-terminal, as Linux has it");
}
