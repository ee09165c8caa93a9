using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Text;
using Xunit;

namespace Cmp.Module.Tests.Harness;

/// <summary>What came of commands.</summary>
public sealed class Invocation
{
    internal Invocation(IReadOnlyList<PSObject> output, PSDataStreams streams, ErrorRecord? terminating, bool stopped)
    {
        Output = output;
        Terminating = terminating;
        Stopped = stopped;
        Errors = terminating is null ? [.. streams.Error] : [.. streams.Error, terminating];
        Warnings = [.. streams.Warning.Select(record => record.Message)];
        Verbose = [.. streams.Verbose.Select(record => record.Message)];
        Debug = [.. streams.Debug.Select(record => record.Message)];
        Information = [.. streams.Information];
        Progress = [.. streams.Progress];
    }

    /// <summary>The objects that were emitted.</summary>
    public IReadOnlyList<PSObject> Output { get; }

    /// <summary>The errors, the one that ended the commands last.</summary>
    public IReadOnlyList<ErrorRecord> Errors { get; }

    /// <summary>The error that ended the commands, or <see langword="null"/>.</summary>
    public ErrorRecord? Terminating { get; }

    /// <summary>Whether the commands were stopped.</summary>
    public bool Stopped { get; }

    /// <summary>The warnings.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>What -Verbose shows.</summary>
    public IReadOnlyList<string> Verbose { get; }

    /// <summary>What -Debug shows.</summary>
    public IReadOnlyList<string> Debug { get; }

    /// <summary>The information records.</summary>
    public IReadOnlyList<InformationRecord> Information { get; }

    /// <summary>The progress records.</summary>
    public IReadOnlyList<ProgressRecord> Progress { get; }

    /// <summary>Asserts that there was no error and that nobody stopped it.</summary>
    /// <returns>This.</returns>
    public Invocation AssertSucceeded()
    {
        Assert.True(Errors.Count == 0, Describe());
        Assert.False(Stopped, "The commands were stopped.");
        return this;
    }

    /// <summary>Asserts that there was exactly one error, with this ID.</summary>
    /// <param name="errorId">The stable part, as <c>CmpServer.badPOP</c>.</param>
    /// <returns>The error, for more assertions.</returns>
    public ErrorRecord AssertError(string errorId)
    {
        Assert.True(Errors.Count == 1, Errors.Count == 0 ? "There was no error." : Describe());
        ErrorRecord error = Errors[0];
        Assert.True(errorId == error.FullyQualifiedErrorId.Split(',')[0], Describe());
        return error;
    }

    /// <summary>Asserts success and exactly one object.</summary>
    /// <returns>The object with what PowerShell added to it.</returns>
    public PSObject Single() => Assert.Single(AssertSucceeded().Output);

    /// <summary>Asserts success and exactly one object of a type.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <returns>The object.</returns>
    public T Single<T>() => Assert.IsAssignableFrom<T>(Single().BaseObject);

    /// <summary>Asserts success and objects of a type only.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <returns>The objects.</returns>
    public IReadOnlyList<T> All<T>() => [.. AssertSucceeded().Output.Select(item => Assert.IsAssignableFrom<T>(item.BaseObject))];

    private string Describe()
    {
        var text = new StringBuilder();
        foreach (ErrorRecord error in Errors)
        {
            text.AppendLine($"{error.FullyQualifiedErrorId} ({error.CategoryInfo.Category}): {error}");
            text.AppendLine(error.ScriptStackTrace);
            text.AppendLine(error.Exception.ToString());
        }
        return text.ToString();
    }
}
