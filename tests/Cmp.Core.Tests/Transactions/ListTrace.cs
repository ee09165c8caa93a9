using System;
using System.Collections.Generic;

namespace Cmp.Tests.Transactions;

/// <summary>Keeps what it hears.</summary>
internal sealed class ListTrace : ICmpTrace
{
    internal List<string> Sent { get; } = [];

    internal List<string> Received { get; } = [];

    internal List<ReadOnlyMemory<byte>> SentOctets { get; } = [];

    /// <summary>How long each answer took.</summary>
    internal List<TimeSpan> Times { get; } = [];

    internal List<string> Notes { get; } = [];

    internal List<string> Warnings { get; } = [];

    public void Message(TraceDirection direction, ReadOnlyMemory<byte> octets, string summary, TimeSpan elapsed)
    {
        (direction == TraceDirection.Sent ? Sent : Received).Add(summary);
        if (direction == TraceDirection.Sent)
            SentOctets.Add(octets);
        else
            Times.Add(elapsed);
    }

    public void Note(string text) => Notes.Add(text);

    public void Warning(string text) => Warnings.Add(text);
}
