using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>A kind of key in one word, as <c>-KeyAlgorithm</c> takes it: <c>RSA_3072</c>, <c>ECDSA_P256</c>, <c>Ed25519</c>.</summary>
public sealed class KeyAlgorithm : IEquatable<KeyAlgorithm>
{
    private const int SmallestRsa = 2048;
    private const int LargestRsa = 8192;

    private static readonly KeyAlgorithm[] Rows =
    [
        Rsa(2048),
        Rsa(3072),
        Rsa(4096),
        .. EcCurve.All.Select(curve => new KeyAlgorithm("ECDSA_" + curve.Name, KeyFamily.EllipticCurve, curve.Bits) { Curve = curve }),
        .. ParameterSet.All.Select(set => new KeyAlgorithm(set.Name, set.Family, 8 * set.PublicBytes) { Set = set }),
    ];

    /// <summary>Other words for the rows, as Windows and people write them.</summary>
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["RSA"] = "RSA_3072",
        ["ECDSA"] = "ECDSA_P256",
        ["ECDSA_nistP256"] = "ECDSA_P256",
        ["ECDSA_nistP384"] = "ECDSA_P384",
        ["ECDSA_nistP521"] = "ECDSA_P521",
    };

    private KeyAlgorithm(string name, KeyFamily family, int bits)
    {
        Name = name;
        Family = family;
        Bits = bits;
    }

    /// <summary>The word.</summary>
    public string Name { get; }

    /// <summary>The algorithms to choose from. RSA is also understood with any other multiple of 8 bits from 2048 to 8192.</summary>
    public static IReadOnlyList<KeyAlgorithm> All => Rows;

    /// <summary>Whether its keys can sign; those that cannot agree on keys or take them in.</summary>
    public bool CanSign => Set?.CanSign ?? Family != KeyFamily.DiffieHellman;

    /// <summary>Whether a digest can be chosen for its signatures; EdDSA, ML-DSA and SLH-DSA bring their own (rule 21).</summary>
    public bool TakesDigest => Set is null;

    /// <summary>Bits of the modulus, of the curve, or of the public key.</summary>
    internal int Bits { get; }

    internal KeyFamily Family { get; }

    /// <summary>Bits of the modulus of RSA keys; of others <see langword="null"/>.</summary>
    internal int? RsaBits => Family == KeyFamily.Rsa ? Bits : null;

    /// <summary>The curve of an elliptic curve key.</summary>
    internal EcCurve? Curve { get; private init; }

    /// <summary>What all is known by, of a key whose OID says all.</summary>
    internal ParameterSet? Set { get; private init; }

    /// <summary>Finds an algorithm by its word, whatever the case of its letters.</summary>
    /// <param name="name">As in <c>RSA_2048</c>, <c>ECDSA_P384</c>, <c>RSA</c> (that is <c>RSA_3072</c>) or <c>ECDSA_nistP256</c>.</param>
    /// <returns>The algorithm.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Algorithm</c>: there is no such algorithm; the message lists those there are.</exception>
    public static KeyAlgorithm Parse(string name)
    {
        string word = Aliases.TryGetValue(name.Trim(), out string? alias) ? alias : name.Trim();
        foreach (KeyAlgorithm row in Rows)
        {
            if (string.Equals(row.Name, word, StringComparison.OrdinalIgnoreCase))
                return row;
        }
        if (word.StartsWith("RSA_", StringComparison.OrdinalIgnoreCase)
            && int.TryParse(word.Substring(4), NumberStyles.None, CultureInfo.InvariantCulture, out int bits)
            && bits is >= SmallestRsa and <= LargestRsa && bits % 8 == 0)
        {
            return Rsa(bits);
        }
        string known = string.Join(", ", Rows.Select(row => row.Name));
        throw new CmpException(CmpErrorKind.Argument, "CmpKey.Algorithm", $"'{PeerText.Escape(name, 64)}' is no key algorithm. Known are {known}, and RSA_ with any other multiple of 8 bits from {SmallestRsa} to {LargestRsa}.")
        {
            RecommendedAction = "Choose one of these; ECDSA_P256 suits most.",
        };
    }

    /// <summary>The algorithm of a public key. It may be one that is too short to be made anew, such as RSA_1024.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The algorithm.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Algorithm</c>: it is of none that is known here; <c>CmpMessage.Malformed</c>: it is no key inside.</exception>
    public static KeyAlgorithm Of(SubjectPublicKeyInfo key)
    {
        if (ParameterSet.Find(key.Algorithm.Oid) is { } set)
            return Array.Find(Rows, row => row.Set == set)!;
        if (FamilyOf(key.Algorithm) == KeyFamily.EllipticCurve)
        {
            EcCurve curve = CurveOf(key.Algorithm);
            return Array.Find(Rows, row => row.Curve == curve)!;
        }
        if (FamilyOf(key.Algorithm) == KeyFamily.DiffieHellman)
            return DiffieHellman(DhGroup.Read(key.Algorithm).Bits);
        int bits = RsaPublicKey.Read(key).Bits;
        return Array.Find(Rows, row => row.Family == KeyFamily.Rsa && row.Bits == bits) ?? Rsa(bits);
    }

    /// <summary>The algorithm as public keys name it.</summary>
    /// <returns>The identifier; of RSA it says nothing of the length.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Algorithm</c>: of Diffie-Hellman the group is part of each key.</exception>
    public AlgorithmIdentifier ToIdentifier() =>
        Set?.Identifier
        ?? (Curve is { } curve ? EcPublicKey.Identifier(curve)
            : Family == KeyFamily.Rsa ? AlgorithmIdentifier.WithNull(Oids.RsaEncryption)
            : throw Unknown($"of the algorithm {Name}"));

    /// <inheritdoc/>
    public bool Equals(KeyAlgorithm? other) => other is not null && Name == other.Name;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as KeyAlgorithm);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Name);

    /// <summary>The word.</summary>
    /// <returns><see cref="Name"/>.</returns>
    public override string ToString() => Name;

    /// <summary>The named curve in the parameters of id-ecPublicKey; curves spelled out are refused (RFC 5480 2.1.1).</summary>
    internal static string CurveOid(AlgorithmIdentifier algorithm) =>
        Asn1Reader.Decode(algorithm.Parameters ?? ReadOnlyMemory<byte>.Empty, null, (ref Asn1Reader reader) => reader.ReadOid());

    /// <exception cref="CmpException"><c>CmpKey.Algorithm</c>: an unknown curve.</exception>
    internal static EcCurve CurveOf(AlgorithmIdentifier algorithm)
    {
        string oid = CurveOid(algorithm);
        return EcCurve.Find(oid) ?? throw Unknown($"on the curve {Oids.NameOf(oid)}");
    }

    internal static KeyFamily FamilyOf(SubjectPublicKeyInfo key) => FamilyOf(key.Algorithm);

    /// <exception cref="CmpException"><c>CmpKey.Algorithm</c>: an unknown one.</exception>
    internal static KeyFamily FamilyOf(AlgorithmIdentifier algorithm) => algorithm.Oid switch
    {
        string rsa when RsaPublicKey.IsRsa(rsa) => KeyFamily.Rsa,
        Oids.EcPublicKey => KeyFamily.EllipticCurve,
        Oids.DhPublicNumber or Oids.DhKeyAgreement => KeyFamily.DiffieHellman,
        string oid => ParameterSet.Find(oid)?.Family ?? throw Unknown($"of the algorithm {Oids.NameOf(oid)}"),
    };

    internal static CmpException Unknown(string what) =>
        new(CmpErrorKind.Key, "CmpKey.Algorithm", $"A key {what} cannot be used here.")
        {
            RecommendedAction = "Use a key of one of these: " + string.Join(", ", Rows.Select(row => row.Name)) + ".",
        };

    /// <summary>A private key that .NET keeps in a way that is not used here.</summary>
    internal static CmpException NotHeld(KeyAlgorithm algorithm) =>
        new(CmpErrorKind.Key, "CmpKey.Algorithm", $"A key of {algorithm} cannot be used where .NET keeps it.")
        {
            RecommendedAction = "Give the key in a file, with -ClientKeyPath or -KeyPath.",
        };

    /// <summary>Whether keys of it may be made: shorter ones are read, never made, and those of Diffie-Hellman take their group from elsewhere.</summary>
    internal bool CanBeMade => Family != KeyFamily.DiffieHellman && (Family != KeyFamily.Rsa || Bits >= SmallestRsa);

    private static KeyAlgorithm DiffieHellman(int bits) => new("DH_" + bits.ToString(CultureInfo.InvariantCulture), KeyFamily.DiffieHellman, bits);

    private static KeyAlgorithm Rsa(int bits) => new("RSA_" + bits.ToString(CultureInfo.InvariantCulture), KeyFamily.Rsa, bits);
}
