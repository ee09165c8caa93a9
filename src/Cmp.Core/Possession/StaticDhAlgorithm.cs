using System;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Possession;

/// <summary>An algorithm of the static proof of Diffie-Hellman: one row an OID.</summary>
/// <param name="Oid">Its name on the wire.</param>
/// <param name="Digest">What the key is made with.</param>
/// <param name="Mac">HMAC by that digest.</param>
/// <param name="IsOnCurve">Whether it is for curves, and not for groups of numbers.</param>
internal sealed record StaticDhAlgorithm(string Oid, string Digest, string Mac, bool IsOnCurve)
{
    /// <summary>What dhMAC is made by, which has no room to name another one (RFC 2875 3).</summary>
    internal static readonly StaticDhAlgorithm Sha1 = new(Oids.DhPopSha1, Oids.Sha1, Oids.HmacWithSha1, false);

    /// <summary>RFC 6955 4 and 7.</summary>
    private static readonly StaticDhAlgorithm[] All =
    [
        Sha1,
        new(Oids.DhPopSha224, Oids.Sha224, Oids.HmacWithSha224, false),
        new(Oids.DhPopSha256, Oids.Sha256, Oids.HmacWithSha256, false),
        new(Oids.DhPopSha384, Oids.Sha384, Oids.HmacWithSha384, false),
        new(Oids.DhPopSha512, Oids.Sha512, Oids.HmacWithSha512, false),
        new(Oids.EcdhPopSha224, Oids.Sha224, Oids.HmacWithSha224, true),
        new(Oids.EcdhPopSha256, Oids.Sha256, Oids.HmacWithSha256, true),
        new(Oids.EcdhPopSha384, Oids.Sha384, Oids.HmacWithSha384, true),
        new(Oids.EcdhPopSha512, Oids.Sha512, Oids.HmacWithSha512, true),
    ];

    /// <summary>The one whose digest is as strong as the key; X25519 and X448 are curves, though RFC 6955 is older than they are.</summary>
    internal static StaticDhAlgorithm For(KeyAlgorithm algorithm)
    {
        bool isOnCurve = algorithm.Family != KeyFamily.DiffieHellman;
        string digest = !isOnCurve || algorithm.Bits <= 256 ? Oids.Sha256 : algorithm.Bits <= 384 ? Oids.Sha384 : Oids.Sha512;
        return Array.Find(All, row => row.IsOnCurve == isOnCurve && row.Digest == digest)!;
    }

    /// <summary>Whether an OID is one of these.</summary>
    internal static bool IsKnown(string oid) => Array.Exists(All, row => row.Oid == oid);

    /// <summary>Reads what came. The RFC's own example has NULL where its module has nothing.</summary>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: it is none of them, of another kind of key, or SHA-1 where that is not taken (rule 68).</exception>
    internal static StaticDhAlgorithm Of(AlgorithmIdentifier algorithm, KeyAlgorithm key, bool allowSha1)
    {
        StaticDhAlgorithm found = Array.Find(All, row => row.Oid == algorithm.Oid && algorithm.HasNoParameters)
            ?? throw Digests.Unsupported($"A proof by key agreement by {Oids.NameOf(algorithm.Oid)} is not supported.");
        if (found.IsOnCurve == (key.Family == KeyFamily.DiffieHellman))
            throw Digests.Unsupported($"{Oids.NameOf(algorithm.Oid)} is not for a key of {key}.");
        if (found == Sha1 && !allowSha1)
            throw Digests.Unsupported($"A proof by key agreement by {Oids.NameOf(algorithm.Oid)} is not accepted here.");
        return found;
    }
}
