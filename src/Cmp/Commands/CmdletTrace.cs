using System;
using System.Globalization;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>Tells the user what goes over the wire: each message's kind, size and time by -Verbose, tolerated departures by -Debug.</summary>
internal sealed class CmdletTrace(Func<PipelineWriter> writer, TraceFolder? folder) : ICmpTrace
{
    public void Message(TraceDirection direction, ReadOnlyMemory<byte> octets, string summary, TimeSpan elapsed)
    {
        string time = direction == TraceDirection.Received ? string.Format(CultureInfo.InvariantCulture, " after {0:0} ms", elapsed.TotalMilliseconds) : string.Empty;
        writer().Verbose($"{direction} {summary}, {octets.Length} octets{time}.");
        folder?.Message(direction, octets, summary, elapsed);
    }

    public void Note(string text)
    {
        writer().Debug(text);
        folder?.Note(text);
    }

    public void Warning(string text)
    {
        writer().Warning(text);
        folder?.Warning(text);
    }
}
