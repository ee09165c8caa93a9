using System;
using System.Collections.Generic;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>Message authentication codes by their OIDs: HMAC with SHA-1 (under both of its OIDs) and SHA-224 to SHA-512 (RFC 9481 6.2).</summary>
public static class Macs
{
    private static readonly Dictionary<string, string> HmacDigests = new()
    {
        [Oids.HmacSha1] = Oids.Sha1,
        [Oids.HmacWithSha1] = Oids.Sha1,
        [Oids.HmacWithSha224] = Oids.Sha224,
        [Oids.HmacWithSha256] = Oids.Sha256,
        [Oids.HmacWithSha384] = Oids.Sha384,
        [Oids.HmacWithSha512] = Oids.Sha512,
    };

    /// <summary>Computes a MAC. Compare it by <see cref="Secrets.FixedTimeEquals"/>.</summary>
    /// <param name="mac">Which one; the parameters of HMAC are NULL or absent.</param>
    /// <param name="key">The key, of any length, used whole.</param>
    /// <param name="data">Of what.</param>
    /// <returns>The MAC.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>.</exception>
    public static byte[] Compute(AlgorithmIdentifier mac, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> data)
    {
        if (!HmacDigests.TryGetValue(mac.Oid, out string? digest))
            throw Digests.Unsupported($"The MAC {Oids.NameOf(mac.Oid)} is not supported.");
        if (!mac.HasNoParameters)
            throw Digests.Unsupported($"The MAC {Oids.NameOf(mac.Oid)} comes with parameters.");
        return BackEnd.For(CryptoOperation.Hmac, digest).Hmac(digest, key, data);
    }

    /// <summary>Whether a MAC can be computed here.</summary>
    /// <param name="oid">Which one.</param>
    /// <returns>True where it can.</returns>
    public static bool IsSupported(string oid) => HmacDigests.ContainsKey(oid);
}
