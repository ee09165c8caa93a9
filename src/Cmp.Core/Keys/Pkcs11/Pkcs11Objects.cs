using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using System.Security.Cryptography;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Cmp.Keys.Pkcs11;

/// <summary>The objects of a token that are a key pair: found, made, read and removed.</summary>
internal static class Pkcs11Objects
{
    /// <summary>PKCS #11 3.0, 2.3.5: the library's list ends before it.</summary>
    private const CKM EdwardsPairs = (CKM)0x1055;
    private const CKK Edwards = (CKK)0x40;

    /// <summary>CKA_PUBLIC_KEY_INFO (PKCS #11 2.40, 4.8): a SubjectPublicKeyInfo.</summary>
    private const CKA PublicKeyInfo = (CKA)0x129;

    private static Pkcs11InteropFactories Factories => Pkcs11Module.Factories;

    /// <summary>The mechanism that makes keys of a kind; <see langword="null"/> where PKCS #11 2.40 and 3.0 have none that is used here.</summary>
    internal static CKM? PairsOf(KeyAlgorithm algorithm) => algorithm.Family switch
    {
        KeyFamily.Rsa => CKM.CKM_RSA_PKCS_KEY_PAIR_GEN,
        KeyFamily.EllipticCurve => CKM.CKM_EC_KEY_PAIR_GEN,
        KeyFamily.Edwards => EdwardsPairs,
        _ => null,
    };

    /// <summary>Finds the private key of a URI.</summary>
    internal static List<IObjectHandle> FindPrivate(ISession session, Pkcs11Uri uri) => Find(session, CKO.CKO_PRIVATE_KEY, uri);

    /// <summary>Finds what shows without a PIN that a key is there: its public half.</summary>
    internal static List<IObjectHandle> FindPublic(ISession session, Pkcs11Uri uri) => Find(session, CKO.CKO_PUBLIC_KEY, uri);

    /// <summary>The public half of a key where it shows; labels of the two halves may differ, identifiers do not.</summary>
    internal static SubjectPublicKeyInfo? ShownPublicKey(ISession session, Pkcs11Uri uri) =>
        ShownPublicKeys(session, uri.Id is null ? uri : uri with { Object = null }) is [var one] ? one : null;

    /// <summary>All public halves that show and can be read.</summary>
    internal static List<SubjectPublicKeyInfo> ShownPublicKeys(ISession session, Pkcs11Uri uri) =>
        FindPublic(session, uri).Select(handle => Read(session, handle)).OfType<SubjectPublicKeyInfo>().ToList();

    /// <summary>Makes a key pair that stays in the token: for signatures, and for opening or agreeing where the token lets one key do both.</summary>
    internal static IObjectHandle Make(ISession session, KeyAlgorithm algorithm, byte[] id, string label)
    {
        try
        {
            return Make(session, algorithm, id, label, Pkcs11Usages.For(algorithm));
        }
        catch (Pkcs11Exception e) when (e.RV is CKR.CKR_TEMPLATE_INCONSISTENT or CKR.CKR_ATTRIBUTE_VALUE_INVALID or CKR.CKR_ATTRIBUTE_TYPE_INVALID)
        {
            return Make(session, algorithm, id, label, default);
        }
    }

    private static IObjectHandle Make(ISession session, KeyAlgorithm algorithm, byte[] id, string label, Pkcs11Usages usages)
    {
        using Pkcs11Template open = Named(id, label)
            // found without a PIN: lists and tests need none
            .With(CKA.CKA_PRIVATE, false)
            .With(CKA.CKA_VERIFY, true);
        AddKind(open, algorithm);
        using Pkcs11Template secret = Named(id, label)
            .With(CKA.CKA_PRIVATE, true)
            .With(CKA.CKA_SENSITIVE, true)
            .With(CKA.CKA_EXTRACTABLE, false)
            .With(CKA.CKA_SIGN, true);
        usages.AddTo(open, secret);
        using IMechanism mechanism = Factories.MechanismFactory.Create(PairsOf(algorithm)!.Value);
        session.GenerateKeyPair(mechanism, open.Attributes, secret.Attributes, out _, out IObjectHandle key);
        return key;
    }

    /// <summary>Removes the key pair of a URI that names it by its identifier; what is not there is no error.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Reference</c>: it names none, and would match what others made too.</exception>
    internal static void Remove(ISession session, Pkcs11Uri uri)
    {
        if (uri.Id is null)
            throw KeyReference.Malformed(uri.ToString());
        foreach (IObjectHandle handle in FindPrivate(session, uri).Concat(FindPublic(session, uri)))
            session.DestroyObject(handle);
    }

    /// <summary>Whether each signature with the key wants the PIN once more.</summary>
    internal static bool WantsPinEachTime(ISession session, IObjectHandle key) => Octets(session, key, CKA.CKA_ALWAYS_AUTHENTICATE) is [not 0, ..];

    /// <summary>The public half of a private key: from its own object, from what the private one tells, or from a certificate beside it.</summary>
    /// <returns>It, or <see langword="null"/> where the token tells nothing of it.</returns>
    internal static SubjectPublicKeyInfo? PublicKeyOf(ISession session, IObjectHandle key)
    {
        byte[] id = Octets(session, key, CKA.CKA_ID) ?? [];
        if (Octets(session, key, PublicKeyInfo) is { Length: > 0 } whole)
            return SubjectPublicKeyInfo.Decode(whole);
        var beside = new Pkcs11Uri { Id = id };
        if (id.Length > 0 && FindPublic(session, beside) is [var one] && Read(session, one) is { } found)
            return found;
        if (Read(session, key) is { } own)
            return own;
        return id.Length > 0 && Find(session, CKO.CKO_CERTIFICATE, beside) is [var certificate, ..] && Octets(session, certificate, CKA.CKA_VALUE) is { Length: > 0 } octets
            ? Certificate.Decode(octets).PublicKey
            : null;
    }

    private static SubjectPublicKeyInfo? Read(ISession session, IObjectHandle handle)
    {
        switch ((CKK?)Number(Octets(session, handle, CKA.CKA_KEY_TYPE)))
        {
            case CKK.CKK_RSA:
                return Octets(session, handle, CKA.CKA_MODULUS) is { Length: > 0 } modulus && Octets(session, handle, CKA.CKA_PUBLIC_EXPONENT) is { Length: > 0 } exponent
                    ? RsaPublicKey.Write(new RSAParameters { Modulus = modulus, Exponent = exponent })
                    : null;
            case CKK.CKK_EC:
                return Octets(session, handle, CKA.CKA_EC_PARAMS) is { Length: > 0 } curve && Octets(session, handle, CKA.CKA_EC_POINT) is { Length: > 0 } point
                    ? EcPublicKey.Write(KeyAlgorithm.CurveOf(new AlgorithmIdentifier(Oids.EcPublicKey, curve)), Bare(point, 0))
                    : null;
            case Edwards:
                return Octets(session, handle, CKA.CKA_EC_POINT) is { Length: > 0 } encoded ? ReadEdwards(encoded) : null;
            case var kind:
                throw KeyAlgorithm.Unknown($"of the kind {kind} in a token");
        }
    }

    /// <summary>PKCS #11 3.0 has the bare octets there, implementations before it an OCTET STRING; their length tells the curve.</summary>
    private static SubjectPublicKeyInfo ReadEdwards(byte[] point)
    {
        ParameterSet[] sets = [ParameterSet.Find(Oids.Ed25519)!, ParameterSet.Find(Oids.Ed448)!];
        foreach (ParameterSet set in sets)
        {
            if (Bare(point, set.PublicBytes) is var bare && bare.Length == set.PublicBytes)
                return set.Write(bare);
        }
        throw KeyAlgorithm.Unknown("on an Edwards curve that is neither Ed25519 nor Ed448");
    }

    /// <summary>The point in an OCTET STRING; some tokens leave that away.</summary>
    private static byte[] Bare(byte[] point, int bareLength)
    {
        const byte OctetString = 4;
        if (point.Length == bareLength || point[0] != OctetString)
            return point;
        try
        {
            byte[] inner = AsnDecoder.ReadOctetString(point, AsnEncodingRules.BER, out int consumed);
            return consumed == point.Length ? inner : point;
        }
        catch (AsnContentException)
        {
            return point; // an uncompressed point begins with the same octet
        }
    }

    private static Pkcs11Template Named(byte[] id, string label) => new Pkcs11Template().With(CKA.CKA_TOKEN, true).With(CKA.CKA_ID, id).With(CKA.CKA_LABEL, label);

    private static void AddKind(Pkcs11Template template, KeyAlgorithm algorithm)
    {
        if (algorithm.Family == KeyFamily.Rsa)
        {
            _ = template.With(CKA.CKA_MODULUS_BITS, (ulong)algorithm.Bits).With(CKA.CKA_PUBLIC_EXPONENT, [1, 0, 1]);
            return;
        }
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(algorithm.Curve?.Oid ?? algorithm.Set!.Oid);
        _ = template.With(CKA.CKA_EC_PARAMS, writer.Encode());
    }

    private static List<IObjectHandle> Find(ISession session, CKO kind, Pkcs11Uri uri)
    {
        using Pkcs11Template wanted = new Pkcs11Template().With(CKA.CKA_CLASS, (ulong)kind).With(CKA.CKA_TOKEN, true);
        if (uri.Id is { } id)
            _ = wanted.With(CKA.CKA_ID, id.ToArray());
        if (uri.Object is { } label)
            _ = wanted.With(CKA.CKA_LABEL, label);
        return session.FindAllObjects(wanted.Attributes);
    }

    /// <summary>An attribute as it is; <see langword="null"/> where the object has none, or keeps it.</summary>
    internal static byte[]? Octets(ISession session, IObjectHandle handle, CKA attribute)
    {
        try
        {
            using IObjectAttribute value = session.GetAttributeValue(handle, new List<CKA> { attribute })[0];
            return value.CannotBeRead ? null : value.GetValueAsByteArray();
        }
        catch (Pkcs11Exception e) when (e.RV is CKR.CKR_ATTRIBUTE_TYPE_INVALID or CKR.CKR_ATTRIBUTE_SENSITIVE)
        {
            return null;
        }
    }

    /// <summary>A CK_ULONG as the library wrote it: of 4 or 8 octets, in the order of this machine.</summary>
    private static ulong? Number(byte[]? octets) => octets?.Length switch
    {
        sizeof(uint) => BitConverter.ToUInt32(octets, 0),
        sizeof(ulong) => BitConverter.ToUInt64(octets, 0),
        _ => null,
    };
}
