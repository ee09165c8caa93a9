using System;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;

namespace Cmp.Cryptography;

/// <summary>Keys that stand in for those that were not there to be opened, so that who sends what he likes learns nothing by it (RFC 3218 2.3).</summary>
/// <remarks>One ciphertext always has the same: who sends it twice would otherwise see by two different outcomes that it holds none.</remarks>
internal static class DecoyKeys
{
    private static readonly byte[] Secret = Secrets.Random(32);

    /// <summary>A key that nobody knows.</summary>
    /// <param name="ciphertext">What came.</param>
    /// <param name="length">Octets, at most 32.</param>
    internal static byte[] Of(ReadOnlyMemory<byte> ciphertext, int length)
    {
        byte[] mac = BackEnd.For(CryptoOperation.Hmac, Oids.Sha256).Hmac(Oids.Sha256, Secret, ciphertext);
        byte[] key = mac.AsSpan(0, length).ToArray();
        Secrets.Clear(mac);
        return key;
    }
}
