using System;
using System.Collections.Generic;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Threading;

namespace Cmp.Module.Tests.Harness;

/// <summary>A host that a test looks into: it keeps what is shown, and answers what is asked with what the test laid ready.</summary>
public sealed class TestHost : PSHost
{
    /// <summary>The answers that wait, in the order in which they will be needed.</summary>
    /// <remarks>An <see cref="int"/> chooses, a <see cref="string"/> or SecureString is a line or a parameter, a <see cref="PSCredential"/> a credential.</remarks>
    public Queue<object> Answers { get; } = new();

    /// <summary>What was asked so far: caption, message and names of fields or choices.</summary>
    public List<string> Questions { get; } = [];

    /// <summary>What was shown so far, without escapes.</summary>
    public string Text => Shown.ToString();

    /// <summary>The last number that a script exited with.</summary>
    public int? ExitCode { get; private set; }

    /// <inheritdoc/>
    public override string Name => "Cmp.Module.Tests";

    /// <inheritdoc/>
    public override Version Version { get; } = new(1, 0);

    /// <inheritdoc/>
    public override Guid InstanceId { get; } = Guid.NewGuid();

    /// <inheritdoc/>
    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    /// <inheritdoc/>
    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    /// <inheritdoc/>
    public override PSHostUserInterface UI => field ??= new TestUserInterface(this);

    internal System.Text.StringBuilder Shown { get; } = new();

    /// <inheritdoc/>
    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    /// <inheritdoc/>
    public override void EnterNestedPrompt() => throw new HostException("A test has no prompt.");

    /// <inheritdoc/>
    public override void ExitNestedPrompt() => throw new HostException("A test has no prompt.");

    /// <inheritdoc/>
    public override void NotifyBeginApplication()
    {
        // programs write where they like
    }

    /// <inheritdoc/>
    public override void NotifyEndApplication()
    {
        // programs write where they like
    }

    internal T Answer<T>(string question)
    {
        Questions.Add(question);
        return Answers.TryDequeue(out object? answer) && answer is T fitting
            ? fitting
            : throw new HostException($"The test has no {typeof(T).Name} for the question '{question}'.");
    }
}
