using System;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>The body of our requests: octets that are not copied, of known length, so that nothing is chunked (rule 52).</summary>
internal sealed class OctetsContent : HttpContent
{
    private readonly ReadOnlyMemory<byte> _octets;
    private readonly Action? _connected;

    /// <summary>Makes a body.</summary>
    /// <param name="octets">The DER of the PKIMessage, or the TCP-Message around it.</param>
    /// <param name="mediaType">What that is called.</param>
    /// <param name="connected">Called when the body is about to be written, that is when a connection stands.</param>
    public OctetsContent(ReadOnlyMemory<byte> octets, string mediaType, Action? connected = null)
    {
        _octets = octets;
        _connected = connected;
        Headers.TryAddWithoutValidation("Content-Type", mediaType);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _octets.Length;
        return true;
    }

#if NET
    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _connected?.Invoke();
        return stream.WriteAsync(_octets, cancellationToken).AsTask();
    }
#else
    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        _connected?.Invoke();
        return MemoryMarshal.TryGetArray(_octets, out ArraySegment<byte> segment)
            ? stream.WriteAsync(segment.Array!, segment.Offset, segment.Count)
            : stream.WriteAsync(_octets.ToArray(), 0, _octets.Length);
    }
#endif
}
