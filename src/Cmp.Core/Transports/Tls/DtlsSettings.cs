using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Transports;

/// <summary>With whom DTLS is spoken, and who is believed to be that.</summary>
/// <param name="Host">The server as it was asked for: a name in ASCII, or an address without brackets.</param>
/// <param name="Server">Host and port, fit to be shown.</param>
internal sealed record DtlsSettings(string Host, string Server)
{
    /// <summary>The anchors that the server's certificate must lead to; <see langword="null"/> for the system's.</summary>
    public IReadOnlyList<X509Certificate2>? Anchors { get; init; }

    /// <summary>What we show where the server asks, with its key; or <see langword="null"/>.</summary>
    public X509Certificate2? Certificate { get; init; }
}
