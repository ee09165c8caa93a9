using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace Cmp.Module.Tests.Harness;

internal sealed class TestUserInterface(TestHost host) : PSHostUserInterface
{
    public override PSHostRawUserInterface RawUI { get; } = new TestRawUserInterface();

    public override bool SupportsVirtualTerminal => false;

    public override void Write(string value) => host.Shown.Append(GetOutputString(value, supportsVirtualTerminal: false));

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

    public override void WriteLine(string value) => Write(value + "\n");

    public override void WriteErrorLine(string value) => WriteLine(value);

    public override void WriteWarningLine(string message) => WriteLine("WARNING: " + message);

    public override void WriteVerboseLine(string message) => WriteLine("VERBOSE: " + message);

    public override void WriteDebugLine(string message) => WriteLine("DEBUG: " + message);

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        // records are in the invocation's streams
    }

    public override string ReadLine() => host.Answer<string>("a line");

    public override SecureString ReadLineAsSecureString() => host.Answer<SecureString>("a secret");

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) =>
        descriptions.ToDictionary(field => field.Name, field => new PSObject(host.Answer<object>($"{caption} {message} {field.Name}")));

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) =>
        host.Answer<int>($"{caption} {message} {string.Join(", ", choices.Select(choice => choice.Label))}");

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        host.Answer<PSCredential>($"{caption} {message} {userName}");

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) =>
        PromptForCredential(caption, message, userName, targetName);
}
