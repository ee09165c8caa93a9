using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>A kind of key whose OID says all, without parameters: one row a kind. RSA and the curves of ECDSA are told by more.</summary>
/// <param name="Oid">The algorithm of its keys, and of its signatures where it signs.</param>
/// <param name="Name">Its name in commands.</param>
/// <param name="Family">What mathematics it belongs to.</param>
/// <param name="Form">How its private keys stand in PKCS #8.</param>
/// <param name="PublicBytes">Octets of a public key.</param>
/// <param name="PrivateBytes">Octets of a private key; where there is a seed, of the key that is expanded from it.</param>
/// <param name="SeedBytes">Octets of the seed of a private key; 0 where there is none.</param>
/// <param name="SignatureBytes">Octets of a signature; 0 for keys that cannot sign.</param>
internal sealed record ParameterSet(string Oid, string Name, KeyFamily Family, PrivateKeyForm Form, int PublicBytes, int PrivateBytes, int SeedBytes, int SignatureBytes)
{
    internal static readonly ParameterSet[] All =
    [
        // RFC 8032 5.1 and 5.2, RFC 8410 3
        new(Oids.Ed25519, "Ed25519", KeyFamily.Edwards, PrivateKeyForm.OctetString, 32, 32, 0, 64),
        new(Oids.Ed448, "Ed448", KeyFamily.Edwards, PrivateKeyForm.OctetString, 57, 57, 0, 114),

        // FIPS 204 table 2, RFC 9881
        MLDsa(Oids.MLDsa44, "44", 1312, 2560, 2420),
        MLDsa(Oids.MLDsa65, "65", 1952, 4032, 3309),
        MLDsa(Oids.MLDsa87, "87", 2592, 4896, 4627),

        // FIPS 205 table 2, RFC 9909
        SlhDsa(Oids.SlhDsaSha2128s, "SHA2-128s", 16, 7856),
        SlhDsa(Oids.SlhDsaSha2128f, "SHA2-128f", 16, 17088),
        SlhDsa(Oids.SlhDsaSha2192s, "SHA2-192s", 24, 16224),
        SlhDsa(Oids.SlhDsaSha2192f, "SHA2-192f", 24, 35664),
        SlhDsa(Oids.SlhDsaSha2256s, "SHA2-256s", 32, 29792),
        SlhDsa(Oids.SlhDsaSha2256f, "SHA2-256f", 32, 49856),
        SlhDsa(Oids.SlhDsaShake128s, "SHAKE-128s", 16, 7856),
        SlhDsa(Oids.SlhDsaShake128f, "SHAKE-128f", 16, 17088),
        SlhDsa(Oids.SlhDsaShake192s, "SHAKE-192s", 24, 16224),
        SlhDsa(Oids.SlhDsaShake192f, "SHAKE-192f", 24, 35664),
        SlhDsa(Oids.SlhDsaShake256s, "SHAKE-256s", 32, 29792),
        SlhDsa(Oids.SlhDsaShake256f, "SHAKE-256f", 32, 49856),

        // RFC 7748 5, RFC 8410 3
        new(Oids.X25519, "X25519", KeyFamily.Montgomery, PrivateKeyForm.OctetString, 32, 32, 0, 0),
        new(Oids.X448, "X448", KeyFamily.Montgomery, PrivateKeyForm.OctetString, 56, 56, 0, 0),

        // FIPS 203 8
        new(Oids.MLKem512, "ML-KEM-512", KeyFamily.MLKem, PrivateKeyForm.SeedOrExpanded, 800, 1632, 64, 0) { CiphertextBytes = 768 },
        new(Oids.MLKem768, "ML-KEM-768", KeyFamily.MLKem, PrivateKeyForm.SeedOrExpanded, 1184, 2400, 64, 0) { CiphertextBytes = 1088 },
        new(Oids.MLKem1024, "ML-KEM-1024", KeyFamily.MLKem, PrivateKeyForm.SeedOrExpanded, 1568, 3168, 64, 0) { CiphertextBytes = 1568 },
    ];

    private static readonly Dictionary<string, ParameterSet> ByOid = All.ToDictionary(set => set.Oid);

    /// <summary>Octets of what encapsulates a secret; 0 for keys that are no KEM's.</summary>
    internal int CiphertextBytes { get; init; }

    internal bool CanSign => SignatureBytes > 0;

    /// <summary>The identifier of its keys and signatures: parameters are absent (RFC 8410 3, RFC 9881 2, RFC 9909 3).</summary>
    internal AlgorithmIdentifier Identifier => new(Oid);

    internal static ParameterSet? Find(string oid) => ByOid.TryGetValue(oid, out ParameterSet? set) ? set : null;

    /// <summary>Refuses a public key of another length, and parameters, before a library looks at it.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    internal void Check(SubjectPublicKeyInfo key)
    {
        if (key.Algorithm.Parameters is not null || key.Key.Length != PublicBytes)
            throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", $"A public key of {Name} has {PublicBytes} octets and no parameters; this one has {key.Key.Length}{(key.Algorithm.Parameters is null ? string.Empty : " and parameters")}.") { Octets = key.Encoded };
    }

    internal SubjectPublicKeyInfo Write(byte[] publicKey) => new(Identifier, publicKey);

    private static ParameterSet MLDsa(string oid, string name, int publicBytes, int privateBytes, int signatureBytes) =>
        new(oid, "ML-DSA-" + name, KeyFamily.MLDsa, PrivateKeyForm.SeedOrExpanded, publicBytes, privateBytes, 32, signatureBytes);

    /// <summary>A public key is two numbers of the security parameter's length, a private key these and two more.</summary>
    private static ParameterSet SlhDsa(string oid, string name, int n, int signatureBytes) =>
        new(oid, "SLH-DSA-" + name, KeyFamily.SlhDsa, PrivateKeyForm.Raw, 2 * n, 4 * n, 0, signatureBytes);
}
