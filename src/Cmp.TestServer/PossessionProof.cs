using System;
using Cmp.Client;
using Cmp.Cryptography;

namespace Cmp.TestServer;

/// <summary>A proof of possession that is right so far; by an encrypted certificate, or by a challenge, it is still to come.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Key">The private key itself, where it is the proof; it goes with this object.</param>
internal sealed record PossessionProof(ProofOfPossessionKind Kind, PrivateKey? Key = null) : IDisposable
{
    /// <summary>Forgets the key.</summary>
    public void Dispose() => Key?.Dispose();
}
