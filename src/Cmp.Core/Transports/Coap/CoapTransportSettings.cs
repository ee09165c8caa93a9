using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Transports;

/// <summary>
/// How a CMP server is reached over CoAP (RFC 9482, RFC 9483 6.2): at <c>coap://host[:5683]/path</c>, or at <c>coaps://host[:5684]/path</c> where DTLS is spoken. A path is sent
/// as it is written; an empty one is filled by <c>/.well-known/cmp[/p/<see cref="WellKnownName"/>][/&lt;operation label&gt;]</c>, which RFC 9483 6.2 demands. An exchange is all
/// its blocks, repetitions, the look-up of the name and DTLS.
/// </summary>
public sealed record CoapTransportSettings : ConnectionSettings
{
    /// <summary>The name of a CA or certificate profile in the well-known path, not escaped; <see langword="null"/> for none.</summary>
    public string? WellKnownName { get; init; }

    /// <summary>Octets of the largest block that is sent and asked for: 16, 32 and so on to 1024, which fits into any network that CoAP is made for (RFC 7252 4.6).</summary>
    public int BlockSize { get; init; } = 1024;

    /// <summary>Accepts an answer that does not say what it is, with a warning.</summary>
    public bool Lenient { get; init; }

    /// <summary>
    /// The certificate that we show to a DTLS server that asks, with its private key (RSA or ECDSA), which only signs; or <see langword="null"/>. Intermediate
    /// certificates are sent along where the system finds them in its stores.
    /// </summary>
    public X509Certificate2? TlsClientCertificate { get; init; }

    /// <summary>The self-signed certificates that a DTLS server's certificate must lead to; <see langword="null"/> for those of the system. They say nothing about CMP messages (rule 59).</summary>
    public IReadOnlyList<X509Certificate2>? TlsTrustAnchors { get; init; }

    /// <summary>The times of the message layer; those of RFC 7252 where the server is not known to have others.</summary>
    public CoapTiming Timing { get; init; } = CoapTiming.Default;

    /// <inheritdoc/>
    internal override void Check()
    {
        base.Check();
        EnsureBlocks(BlockSize);
        Timing.Check();
    }

    /// <summary>Refuses blocks of a size that CoAP does not have (RFC 7959 2.2).</summary>
    /// <param name="size">Octets of a block.</param>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidSetting</c>.</exception>
    internal static void EnsureBlocks(int size)
    {
        if (size is not (16 or 32 or 64 or 128 or 256 or 512 or 1024))
            throw Invalid("CoAP has blocks of 16, 32, 64, 128, 256, 512 and 1024 octets.");
    }
}
