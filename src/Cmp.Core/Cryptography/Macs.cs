using System;
using System.Collections.Generic;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>
/// Message authentication codes by their OIDs: HMAC with SHA-1 (under both of its OIDs) and SHA-224 to SHA-512, AES-GMAC and KMAC (RFC 9481 6.2).
/// </summary>
public static class Macs
{
    /// <summary>Octets of the nonces that are made here, which is what GCM takes as it is (RFC 9044 2).</summary>
    private const int NonceLength = 12;

    private static readonly Dictionary<string, string> HmacDigests = new()
    {
        [Oids.HmacSha1] = Oids.Sha1,
        [Oids.HmacWithSha1] = Oids.Sha1,
        [Oids.HmacWithSha224] = Oids.Sha224,
        [Oids.HmacWithSha256] = Oids.Sha256,
        [Oids.HmacWithSha384] = Oids.Sha384,
        [Oids.HmacWithSha512] = Oids.Sha512,
    };

    /// <summary>Octets of the keys of MACs that take keys of one size: those of AES, and what the strength of KMAC asks for (RFC 8702 5).</summary>
    private static readonly Dictionary<string, int> KeyLengths = new()
    {
        [Oids.Aes128Gmac] = 16,
        [Oids.Aes192Gmac] = 24,
        [Oids.Aes256Gmac] = 32,
        [Oids.Kmac128] = 16,
        [Oids.Kmac256] = 32,
    };

    /// <summary>Computes a MAC. Compare it by <see cref="Secrets.FixedTimeEquals"/>.</summary>
    /// <param name="mac">Which one, with parameters that were held against the limits (<see cref="Check"/>).</param>
    /// <param name="key">The key; of any length and used whole, but for AES-GMAC.</param>
    /// <param name="data">Of what.</param>
    /// <returns>The MAC.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>.</exception>
    public static byte[] Compute(AlgorithmIdentifier mac, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> data)
    {
        Check(mac, CmpLimits.Default);
        if (HmacDigests.TryGetValue(mac.Oid, out string? digest))
            return BackEnd.For(CryptoOperation.Hmac, digest).Hmac(digest, key, data);
        if (HasNonce(mac.Oid))
        {
            if (key.Length != KeyLengths[mac.Oid])
                throw Digests.Unsupported($"{Oids.NameOf(mac.Oid)} takes a key of {KeyLengths[mac.Oid]} octets, not of {key.Length}.");
            GmacParameters gmac = GmacParameters.Of(mac);
            return BouncyCastleMacs.Gmac(key, gmac.Nonce, gmac.Length, data);
        }
        KmacParameters kmac = KmacParameters.Of(mac);
        return BouncyCastleMacs.Kmac(kmac.Strength, key, kmac.Customization, kmac.OutputBits / 8, data);
    }

    /// <summary>Holds the parameters of a MAC against the bounds, before any key is derived for it.</summary>
    /// <param name="mac">Which one; the parameters of HMAC are NULL or absent.</param>
    /// <param name="limits">The bounds.</param>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>; <c>CmpMessage.Malformed</c>.</exception>
    public static void Check(AlgorithmIdentifier mac, CmpLimits limits)
    {
        if (HmacDigests.ContainsKey(mac.Oid))
        {
            if (!mac.HasNoParameters)
                throw Digests.Unsupported($"The MAC {Oids.NameOf(mac.Oid)} comes with parameters.");
        }
        else if (HasNonce(mac.Oid))
        {
            GmacParameters.Of(mac).Check(limits);
        }
        else if (KeyLengths.ContainsKey(mac.Oid))
        {
            KmacParameters.Of(mac).Check(limits);
        }
        else
        {
            throw Digests.Unsupported($"The MAC {Oids.NameOf(mac.Oid)} is not supported.");
        }
    }

    /// <summary>A MAC to send, with new parameters: NULL for HMAC, a nonce for AES-GMAC and the longest value (RFC 9045 4.4), none for KMAC (RFC 8702 3.4).</summary>
    /// <param name="oid">Which one.</param>
    /// <returns>The algorithm.</returns>
    public static AlgorithmIdentifier New(string oid) =>
        HmacDigests.ContainsKey(oid) ? AlgorithmIdentifier.WithNull(oid)
        : HasNonce(oid) ? new AlgorithmIdentifier(oid, new GmacParameters(Secrets.Random(NonceLength), GmacParameters.MaxLength).Encode())
        : new AlgorithmIdentifier(oid);

    /// <summary>Whether a MAC can be computed here.</summary>
    /// <param name="oid">Which one.</param>
    /// <returns>True where it can.</returns>
    public static bool IsSupported(string oid) => HmacDigests.ContainsKey(oid) || KeyLengths.ContainsKey(oid);

    /// <summary>How long a key that is derived for a MAC is; HMAC takes any.</summary>
    /// <param name="oid">Which one.</param>
    /// <returns>Octets, or <see langword="null"/>.</returns>
    public static int? KeyLength(string oid) => KeyLengths.TryGetValue(oid, out int length) ? length : null;

    /// <summary>Whether a MAC has a nonce, which never comes twice under a key: AES-GMAC.</summary>
    /// <param name="oid">Which one.</param>
    /// <returns>True where it has.</returns>
    public static bool HasNonce(string oid) => oid is Oids.Aes128Gmac or Oids.Aes192Gmac or Oids.Aes256Gmac;

    /// <summary>Whether it is HMAC-SHA1, by either of its names (rule 68).</summary>
    /// <param name="oid">Which one.</param>
    /// <returns>True where it is.</returns>
    public static bool IsSha1(string oid) => oid is Oids.HmacSha1 or Oids.HmacWithSha1;

    /// <summary>Octets of the digest in an HMAC, which is how long its keys should be; <see langword="null"/> for other MACs.</summary>
    internal static int? HmacLength(string oid) => HmacDigests.TryGetValue(oid, out string? digest) ? Digests.Length(digest) : null;
}
