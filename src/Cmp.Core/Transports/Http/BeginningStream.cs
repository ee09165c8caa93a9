#if NET
using System;
using System.IO;

namespace Cmp.Transports;

/// <summary>A connection beneath TLS that tells what a server answers first.</summary>
/// <param name="inner">The connection; disposed with this.</param>
/// <param name="beginning">What is told.</param>
internal sealed class BeginningStream(Stream inner, TlsBeginning beginning) : StreamOver(inner)
{
    /// <inheritdoc/>
    protected override void Received(ReadOnlySpan<byte> octets)
    {
        if (!octets.IsEmpty)
            beginning.Note(octets[0]);
    }

    /// <inheritdoc/>
    protected override void Sending()
    {
    }
}
#endif
