using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Cmp.Keys.Pkcs11;

/// <summary>A way of a token to sign: its mechanism, and what it is given.</summary>
/// <param name="Mechanism">The mechanism.</param>
/// <param name="TakesData">Whether it takes what is signed, and digests it itself; else it takes the digest.</param>
/// <param name="Scheme">The signature that comes of it.</param>
/// <remarks>
/// Digests are computed here where the token lets us: what is signed need not travel to it. Tokens that sign only what they have digested themselves,
/// as some in FIPS mode, have the other mechanism of each pair.
/// </remarks>
internal sealed record Pkcs11Signing(CKM Mechanism, bool TakesData, SignatureScheme Scheme)
{
    /// <summary>PKCS #11 3.0, 2.3.14; the library's list ends before it.</summary>
    internal const CKM EdDsa = (CKM)0x1057;

    private static readonly Row[] Rows =
    [
        new(Oids.Sha1, CKM.CKM_SHA_1, CKG.CKG_MGF1_SHA1, CKM.CKM_SHA1_RSA_PKCS, CKM.CKM_SHA1_RSA_PKCS_PSS, CKM.CKM_ECDSA_SHA1),
        new(Oids.Sha224, CKM.CKM_SHA224, CKG.CKG_MGF1_SHA224, CKM.CKM_SHA224_RSA_PKCS, CKM.CKM_SHA224_RSA_PKCS_PSS, CKM.CKM_ECDSA_SHA224),
        new(Oids.Sha256, CKM.CKM_SHA256, CKG.CKG_MGF1_SHA256, CKM.CKM_SHA256_RSA_PKCS, CKM.CKM_SHA256_RSA_PKCS_PSS, CKM.CKM_ECDSA_SHA256),
        new(Oids.Sha384, CKM.CKM_SHA384, CKG.CKG_MGF1_SHA384, CKM.CKM_SHA384_RSA_PKCS, CKM.CKM_SHA384_RSA_PKCS_PSS, CKM.CKM_ECDSA_SHA384),
        new(Oids.Sha512, CKM.CKM_SHA512, CKG.CKG_MGF1_SHA512, CKM.CKM_SHA512_RSA_PKCS, CKM.CKM_SHA512_RSA_PKCS_PSS, CKM.CKM_ECDSA_SHA512),
    ];

    /// <summary>How a token makes a signature; <see langword="null"/> where it does not (rule 21).</summary>
    internal static Pkcs11Signing? For(SignatureScheme scheme, Func<CKM, bool> has)
    {
        if (scheme.Kind == SignatureKind.Pure)
            return scheme.Set is { Family: KeyFamily.Edwards } && has(EdDsa) ? new Pkcs11Signing(EdDsa, TakesData: true, scheme) : null;
        if (scheme.IsWithShake)
            return scheme.Kind == SignatureKind.Ecdsa && has(CKM.CKM_ECDSA) ? new Pkcs11Signing(CKM.CKM_ECDSA, TakesData: false, scheme) : null;
        if (Array.Find(Rows, row => row.Digest == scheme.Digest) is not { } found)
            return null;
        (CKM bare, CKM whole) = scheme.Kind switch
        {
            SignatureKind.RsaPkcs1 => (CKM.CKM_RSA_PKCS, found.RsaPkcs1),
            SignatureKind.RsaPss => (CKM.CKM_RSA_PKCS_PSS, found.RsaPss),
            _ => (CKM.CKM_ECDSA, found.Ecdsa),
        };
        return has(bare) ? new Pkcs11Signing(bare, TakesData: false, scheme) : has(whole) ? new Pkcs11Signing(whole, TakesData: true, scheme) : null;
    }

    /// <summary>Signs.</summary>
    /// <param name="session">The session.</param>
    /// <param name="key">The private key.</param>
    /// <param name="data">What is signed.</param>
    /// <param name="orderBytes">Octets of the order of the curve, for ECDSA.</param>
    /// <returns>The signature as it goes into a BIT STRING.</returns>
    internal byte[] Sign(ISession session, IObjectHandle key, ReadOnlyMemory<byte> data, int orderBytes)
    {
        using IMechanism mechanism = Open();
        byte[] signature = session.Sign(mechanism, key, TakesData ? data.ToArray() : Digested(data, orderBytes));
        return Scheme.Kind == SignatureKind.Ecdsa ? EcdsaSignature.ToDer(signature) : signature;
    }

    private IMechanism Open()
    {
        if (Scheme.Kind != SignatureKind.RsaPss)
            return Pkcs11Module.Factories.MechanismFactory.Create(Mechanism);
        Row row = Array.Find(Rows, row => row.Digest == Scheme.Digest)!;
        return Pkcs11Module.Factories.MechanismFactory.Create(
            Mechanism,
            Pkcs11Module.Factories.MechanismParamsFactory.CreateCkRsaPkcsPssParams((ulong)row.Hash, (ulong)row.Mask, (ulong)Digests.Length(row.Digest)));
    }

    private byte[] Digested(ReadOnlyMemory<byte> data, int orderBytes)
    {
        byte[] digest = Digests.Compute(Scheme.DigestOid, data);
        return Scheme.Kind switch
        {
            SignatureKind.RsaPkcs1 => DigestInfo(digest),
            // FIPS 186-5 6.4.1: its leftmost bits, and not every token cuts it itself
            SignatureKind.Ecdsa when digest.Length > orderBytes => digest.Take(orderBytes).ToArray(),
            _ => digest,
        };
    }

    /// <summary>RFC 8017 A.2.4: CKM_RSA_PKCS pads only.</summary>
    private byte[] DigestInfo(byte[] digest)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Scheme.DigestOid);
                writer.WriteNull();
            }
            writer.WriteOctetString(digest);
        }
        return writer.Encode();
    }

    private sealed record Row(string Digest, CKM Hash, CKG Mask, CKM RsaPkcs1, CKM RsaPss, CKM Ecdsa);
}
