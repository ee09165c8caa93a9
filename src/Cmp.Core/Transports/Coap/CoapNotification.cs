using System;

namespace Cmp.Transports;

/// <summary>What a CoAP server shows of a resource that is observed (RFC 7641): first what it is, then what it became.</summary>
/// <param name="Octets">The representation, put together of its blocks; of announcements a PKIMessage. Empty where there is nothing to show yet. Nobody writes to it any more.</param>
/// <param name="IsRegistered">
/// Whether the server will tell of changes. Where it does not (RFC 9482 2.6), it is asked again after a while, and this is what the resource is now.
/// </param>
public sealed record CoapNotification(ReadOnlyMemory<byte> Octets, bool IsRegistered)
{
    /// <summary>What the octets are: 259 for CMP; <see langword="null"/> where the server does not say.</summary>
    public int? ContentFormat { get; init; }
}
