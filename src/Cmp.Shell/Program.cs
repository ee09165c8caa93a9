using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Cmp.Shell;

/// <summary>Runs what the arguments say, as <c>pwsh</c> would, and ends with its exit code.</summary>
internal static class Program
{
    private const int UsageExitCode = 2;
    private const int SignalExitCode = 128;
    private const int InterruptSignal = 2;
    private const int TerminateSignal = 15;

    private static int Main(string[] args)
    {
        if (args is ["-?" or "-h" or "-help" or "--help"])
        {
            Console.WriteLine(CommandLine.Usage);
            return 0;
        }
        string? commands;
        try
        {
            commands = CommandLine.ToCommands(args);
        }
        catch (FileNotFoundException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }
        if (commands is null)
        {
            Console.Error.WriteLine(CommandLine.Usage);
            return UsageExitCode;
        }

        // a build tool reports to nobody; the engine reads this before its first command
        Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
        int signal = 0;
        using var run = new ScriptRun();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => StopBy(InterruptSignal, context));
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => StopBy(TerminateSignal, context));
        int exitCode = run.Execute(commands);
        return signal == 0 ? exitCode : SignalExitCode + signal;

        // the first one stops the script, the second one the process
        void StopBy(int number, PosixSignalContext context)
        {
            context.Cancel = signal == 0;
            signal = number;
            run.Stop(SignalExitCode + number);
        }
    }
}
