#if NET
using System;
using System.IO;

namespace Cmp.Transports;

/// <summary>A connection that counts what it receives and for how many exchanges it served.</summary>
/// <param name="inner">The connection, above TLS; disposed with this.</param>
internal sealed class TracedStream(Stream inner) : StreamOver(inner)
{
    private bool _used;

    /// <summary>Octets received so far.</summary>
    public long ReceivedOctets { get; private set; }

    /// <summary>Notes that an exchange begins.</summary>
    /// <returns>Whether the connection served one before.</returns>
    public bool Begin()
    {
        bool kept = _used;
        _used = true;
        return kept;
    }

    /// <inheritdoc/>
    protected override void Received(ReadOnlySpan<byte> octets) => ReceivedOctets += octets.Length;

    /// <inheritdoc/>
    protected override void Sending()
    {
        if (ConnectionTrace.Current.Value is ConnectionTrace trace && !trace.Admit(this))
            throw new IOException("A kept connection was offered where a fresh one is wanted.");
    }
}
#endif
