using System;
using System.Collections.Generic;
using System.Linq;

namespace Cmp.Interop;

/// <summary>Keeps what it hears, for tests to look at.</summary>
internal sealed class TraceText : ICmpTrace
{
    private readonly List<string> _lines = [];

    public void Message(TraceDirection direction, ReadOnlyMemory<byte> octets, string summary, TimeSpan elapsed) => Note($"{direction} {summary}");

    public void Note(string text)
    {
        lock (_lines)
            _lines.Add(text);
    }

    public void Warning(string text) => Note(text);

    public override string ToString()
    {
        lock (_lines)
            return string.Join("\n", _lines);
    }

    internal int Count(string text)
    {
        lock (_lines)
            return _lines.Count(line => line.Contains(text, StringComparison.Ordinal));
    }

    internal void Clear()
    {
        lock (_lines)
            _lines.Clear();
    }
}
