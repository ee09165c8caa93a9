using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Shell;

/// <summary>
/// Text and questions on the console, where <c>pwsh</c> puts them: errors on the error stream, all else on the
/// output. Color and progress appear on a terminal only; a question without one is an error.
/// </summary>
/// <param name="stopping">Ends a question to the user.</param>
internal sealed class ShellUserInterface(CancellationToken stopping) : PSHostUserInterface
{
    private static readonly bool Colored = !Console.IsOutputRedirected && !OperatingSystem.IsWindows()
        && Environment.GetEnvironmentVariable("TERM") != "dumb" && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    private readonly Lock _writing = new();
    private int _progressWidth;

    public override PSHostRawUserInterface RawUI { get; } = new ShellRawUserInterface();

    public override bool SupportsVirtualTerminal => Colored;

    /// <summary>Whether what is written now belongs to the error stream.</summary>
    public bool OutputIsError { get; set; }

    public override void Write(string value) => Write(value, OutputIsError);

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    public override void WriteLine(string value) => Write(value + Environment.NewLine);

    public override void WriteErrorLine(string value) => Write(value + Environment.NewLine, isError: true);

    public override void WriteWarningLine(string message) => WriteLine(Style(PSStyle.Instance.Formatting.Warning, "WARNING: " + message));

    public override void WriteVerboseLine(string message) => WriteLine(Style(PSStyle.Instance.Formatting.Verbose, "VERBOSE: " + message));

    public override void WriteDebugLine(string message) => WriteLine(Style(PSStyle.Instance.Formatting.Debug, "DEBUG: " + message));

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        if (Console.IsOutputRedirected)
            return;
        lock (_writing)
        {
            EraseProgress();
            if (record.RecordType == ProgressRecordType.Completed)
                return;
            var line = new StringBuilder(record.Activity);
            if (record.PercentComplete >= 0)
                line.Append($" [{new string('#', record.PercentComplete / 5),-20}]");
            if (!string.IsNullOrEmpty(record.StatusDescription))
                line.Append(' ').Append(record.StatusDescription);
            if (record.SecondsRemaining >= 0)
                line.Append($" ({record.SecondsRemaining} s left)");
            // the last column stays free: writing there would break the line
            _progressWidth = Math.Min(line.Length, RawUI.WindowSize.Width - 1);
            Console.Out.Write(line.Replace('\r', ' ').Replace('\n', ' ').ToString(0, _progressWidth));
        }
    }

    /// <summary>Takes the progress away, so that text does not run into it.</summary>
    public void EraseProgress()
    {
        lock (_writing)
        {
            if (_progressWidth > 0)
                Console.Out.Write('\r' + new string(' ', _progressWidth) + '\r');
            _progressWidth = 0;
        }
    }

    public override string ReadLine() => Ask(() => Console.In.ReadLine() ?? string.Empty);

    public override SecureString ReadLineAsSecureString() => Ask(ReadMasked);

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        Introduce(caption, message);
        return descriptions.ToDictionary(field => field.Name, field => new PSObject(AskFor(field)));
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        Introduce(caption, message);
        string[] keys = [.. choices.Select(choice => choice.Label[(choice.Label.IndexOf('&', StringComparison.Ordinal) + 1)..][..1].ToUpperInvariant())];
        string[] labels = [.. choices.Select(choice => choice.Label.Replace("&", string.Empty, StringComparison.Ordinal))];
        string offer = string.Concat(keys.Zip(labels, (key, label) => $"[{key}] {label}  ")) + "[?] Help";
        if (defaultChoice >= 0)
            offer += $" (default is \"{keys[defaultChoice]}\")";
        while (true)
        {
            Write(offer + ": ");
            string answer = ReadLine().Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
                return defaultChoice;
            for (int i = 0; i < keys.Length; i++)
            {
                if (answer.Equals(keys[i], StringComparison.OrdinalIgnoreCase) || answer.Equals(labels[i], StringComparison.OrdinalIgnoreCase))
                    return i;
            }
            if (answer == "?")
            {
                for (int i = 0; i < keys.Length; i++)
                    WriteLine($"{keys[i]} - {choices[i].HelpMessage}");
            }
        }
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options)
    {
        Introduce(caption, message);
        if (string.IsNullOrEmpty(userName))
        {
            Write("User: ");
            userName = ReadLine();
        }
        Write($"Password for user {userName}: ");
        return new PSCredential(userName, ReadLineAsSecureString());
    }

    private void Write(string value, bool isError)
    {
        string text = GetOutputString(value, Colored && !(isError && Console.IsErrorRedirected));
        lock (_writing)
        {
            EraseProgress();
            (isError ? Console.Error : Console.Out).Write(text);
        }
    }

    private static string Style(string style, string text) => Colored ? style + text + PSStyle.Instance.Reset : text;

    private static void RequireTerminal()
    {
        if (Console.IsInputRedirected)
            throw new HostException("Nobody can be asked, since the standard input is no terminal. Give the answer as a parameter, such as -Confirm:$false.");
    }

    private void Introduce(string caption, string message)
    {
        RequireTerminal();
        foreach (string text in new[] { caption, message }.Where(text => !string.IsNullOrEmpty(text)))
            WriteLine(text);
    }

    private object AskFor(FieldDescription field)
    {
        if (field.ParameterTypeFullName == typeof(PSCredential).FullName)
            return PromptForCredential(string.Empty, string.Empty, string.Empty, string.Empty);
        if (!field.ParameterTypeFullName.EndsWith("[]", StringComparison.Ordinal))
        {
            Write(field.Name + ": ");
            return field.ParameterTypeFullName == typeof(SecureString).FullName ? ReadLineAsSecureString() : ReadLine();
        }
        var values = new List<string>();
        while (true)
        {
            Write($"{field.Name}[{values.Count}]: ");
            string value = ReadLine();
            if (value.Length == 0)
                return values.ToArray();
            values.Add(value);
        }
    }

    // The read itself cannot be ended, so it waits on a thread that may be left behind.
    private T Ask<T>(Func<T> read)
    {
        RequireTerminal();
        EraseProgress();
        try
        {
            return Task.Run(read).WaitAsync(stopping).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
    }

    private SecureString ReadMasked()
    {
        var secret = new SecureString();
        while (true)
        {
            ConsoleKeyInfo key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter)
                break;
            if (key.Key == ConsoleKey.Backspace)
            {
                if (secret.Length > 0)
                {
                    secret.RemoveAt(secret.Length - 1);
                    Console.Out.Write("\b \b");
                }
            }
            else if (key.KeyChar >= ' ')
            {
                secret.AppendChar(key.KeyChar);
                Console.Out.Write('*');
            }
        }
        Console.Out.WriteLine();
        secret.MakeReadOnly();
        return secret;
    }
}
