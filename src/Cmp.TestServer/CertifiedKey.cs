using System;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>A key of the server with its certificate.</summary>
/// <param name="Certificate">The certificate.</param>
/// <param name="Key">Its private key, which goes with this object.</param>
internal sealed record CertifiedKey(Certificate Certificate, PrivateKey Key) : IDisposable
{
    /// <summary>Forgets the key.</summary>
    public void Dispose() => Key.Dispose();
}
