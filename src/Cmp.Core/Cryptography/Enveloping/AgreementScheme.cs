using System;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;

namespace Cmp.Cryptography.Enveloping;

/// <summary>A scheme of key agreement: Diffie-Hellman, and how the key that wraps is derived from what was agreed on.</summary>
/// <param name="Oid">Its name on the wire.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="IsHkdf">Whether it derives by HKDF (RFC 8418 2.2), else by ANSI X9.63 (RFC 5753 7.1.4).</param>
internal sealed record AgreementScheme(string Oid, string Digest, bool IsHkdf)
{
    /// <summary>Those that are written stand first. The curves that are known here have the cofactor 1, so cofactor DH is the same.</summary>
    private static readonly AgreementScheme[] All =
    [
        new(Oids.StdDhSha1Kdf, Oids.Sha1, false),
        new(Oids.StdDhSha224Kdf, Oids.Sha224, false),
        new(Oids.StdDhSha256Kdf, Oids.Sha256, false),
        new(Oids.StdDhSha384Kdf, Oids.Sha384, false),
        new(Oids.StdDhSha512Kdf, Oids.Sha512, false),
        new(Oids.StdDhHkdfSha256, Oids.Sha256, true),
        new(Oids.StdDhHkdfSha384, Oids.Sha384, true),
        new(Oids.StdDhHkdfSha512, Oids.Sha512, true),
        new(Oids.CofactorDhSha1Kdf, Oids.Sha1, false),
        new(Oids.CofactorDhSha224Kdf, Oids.Sha224, false),
        new(Oids.CofactorDhSha256Kdf, Oids.Sha256, false),
        new(Oids.CofactorDhSha384Kdf, Oids.Sha384, false),
        new(Oids.CofactorDhSha512Kdf, Oids.Sha512, false),
    ];

    /// <exception cref="CmpException"><c>CmpEnvelope.Algorithm</c>.</exception>
    internal static AgreementScheme Of(string oid) =>
        Array.Find(All, scheme => scheme.Oid == oid) ?? throw EnvelopeErrors.Algorithm($"its key is agreed on by {Oids.NameOf(oid)}.");

    /// <exception cref="CmpException"><c>CmpEnvelope.Algorithm</c>.</exception>
    internal static AgreementScheme For(string digest, bool hkdf) =>
        Array.Find(All, scheme => scheme.Digest == digest && scheme.IsHkdf == hkdf)
        ?? throw EnvelopeErrors.Algorithm($"no key is agreed on by {(hkdf ? "HKDF" : "ANSI X9.63")} with {Oids.NameOf(digest)}.");

    /// <summary>The key that wraps. With HKDF the ukm is the salt as well (RFC 8418 2.2).</summary>
    /// <param name="secret">What was agreed on.</param>
    /// <param name="wrap">What it wraps by, with the octets received.</param>
    /// <param name="ukm">The ukm, or <see langword="null"/>.</param>
    /// <returns>The key; the caller clears it.</returns>
    internal byte[] Derive(byte[] secret, KeyWrap wrap, ReadOnlyMemory<byte>? ukm)
    {
        ReadOnlyMemory<byte> info = new EccCmsSharedInfo(wrap.Identifier, ukm, 8 * wrap.KeyBytes).Encoded;
        return IsHkdf
            ? KeyDerivation.Hkdf(Digest, secret, wrap.KeyBytes, info, ukm ?? default)
            : KeyDerivation.X963(Digest, secret, wrap.KeyBytes, info);
    }
}
