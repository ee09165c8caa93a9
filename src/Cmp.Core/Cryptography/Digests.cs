using System;
using System.Collections.Generic;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;

namespace Cmp.Cryptography;

/// <summary>Digests by their OIDs: SHA-1, SHA-224 to SHA-512, SHAKE, and MD5 for what old servers signed (RFC 9481 2).</summary>
public static class Digests
{
    private static readonly Dictionary<string, int> Lengths = new()
    {
        [Oids.Md5] = 16,
        [Oids.Sha1] = 20,
        [Oids.Sha224] = 28,
        [Oids.Sha256] = 32,
        [Oids.Sha384] = 48,
        [Oids.Sha512] = 64,

        // RFC 8702 3.1: as digests these have fixed lengths
        [Oids.Shake128] = 32,
        [Oids.Shake256] = 64,
    };

    /// <summary>Computes a digest.</summary>
    /// <param name="oid">Which one.</param>
    /// <param name="data">Of what.</param>
    /// <returns>The digest.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>.</exception>
    public static byte[] Compute(string oid, ReadOnlyMemory<byte> data) => BackEnd.For(CryptoOperation.Digest, oid).Digest(oid, data);

    /// <summary>Whether a digest can be computed here.</summary>
    /// <param name="oid">Which one.</param>
    /// <returns>True where it can.</returns>
    public static bool IsSupported(string oid) => Lengths.ContainsKey(oid);

    /// <summary>How long a digest is.</summary>
    /// <param name="oid">Which one.</param>
    /// <returns>Octets.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>.</exception>
    public static int Length(string oid) => Lengths.TryGetValue(oid, out int length) ? length : throw Unsupported($"The digest {Oids.NameOf(oid)} is not supported.");

    /// <summary>The one error for algorithms of a peer that are not known here.</summary>
    internal static CmpException Unsupported(string message) => new(CmpErrorKind.Protection, "CmpProtection.Algorithm", message);
}
