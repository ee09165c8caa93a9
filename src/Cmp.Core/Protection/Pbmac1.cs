using System.Numerics;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>PBMAC1: the key comes from the secret by PBKDF2 (RFC 8018 7.1, RFC 9481 6.1.2).</summary>
internal sealed class Pbmac1 : SharedSecretMac
{
    /// <summary>Octets that PBKDF2 makes at a time with the shortest digest.</summary>
    private const int MinPartBytes = 20;

    /// <summary>How many times the most iterations are done for a long key.</summary>
    private const int MaxWork = 4;

    private readonly Pbkdf2Params _derivation;
    private readonly int _keyLength;

    /// <summary>Takes parameters of our own.</summary>
    internal Pbmac1(Pbkdf2Params derivation, AlgorithmIdentifier mac)
        : this(new AlgorithmIdentifier(Oids.Pbmac1, Pbmac1Params.Create(derivation, mac).Encoded), mac, derivation, derivation.KeyLength!.Value)
    {
    }

    private Pbmac1(AlgorithmIdentifier algorithm, AlgorithmIdentifier mac, Pbkdf2Params derivation, int keyLength)
        : base(algorithm, mac)
    {
        _derivation = derivation;
        _keyLength = keyLength;
    }

    public override MacOptions Options => new Pbmac1Options { Prf = _derivation.Prf.Oid, Mac = Mac.Oid, Iterations = (int)_derivation.IterationCount };

    public override bool UsesSha1 => Macs.IsSha1(_derivation.Prf.Oid) || Macs.IsSha1(Mac.Oid);

    internal override SharedSecretMac? OtherReading => InBits;

    private protected override string KeyName => $"{Oids.Pbmac1} {_derivation.Prf.Oid} {_derivation.IterationCount} {_keyLength} {Hex.Of(_derivation.Salt.Span)}";

    /// <summary>The reading of who wrote keyLength in bits, where that is allowed.</summary>
    private Pbmac1? InBits { get; init; }

    public override string ToString() => $"PBMAC1 with {Oids.NameOf(_derivation.Prf.Oid)} and {Oids.NameOf(Mac.Oid)}";

    /// <summary>How long a key suits a MAC where nobody says: as its digest, or as it must be.</summary>
    internal static int NaturalLength(string mac) => Macs.KeyLength(mac) ?? Macs.HmacLength(mac) ?? 32;

    internal static Pbmac1 Of(AlgorithmIdentifier algorithm, CmpLimits limits, bool lenient)
    {
        if (algorithm.Parameters is not { } octets)
            throw Refused("PBMAC1 comes without parameters.", algorithm);
        Pbmac1Params parameters = Pbmac1Params.Decode(octets, new DecodeOptions(limits));
        AlgorithmIdentifier kdf = parameters.KeyDerivationFunc;
        bool isMislabelled = lenient && kdf.Oid == Oids.Pbes2;
        if ((kdf.Oid != Oids.Pbkdf2 && !isMislabelled) || kdf.Parameters is not { } kdfOctets)
            throw Refused($"The keyDerivationFunc of PBMAC1 is {Oids.NameOf(kdf.Oid)}, not PBKDF2 with its parameters.", algorithm);
        Pbkdf2Params derivation = Pbkdf2Params.Decode(kdfOctets, new DecodeOptions(limits));
        AlgorithmIdentifier mac = parameters.MessageAuthScheme;
        CheckBounds(derivation, mac, limits, algorithm);
        int length = derivation.KeyLength ?? NaturalLength(mac.Oid);
        const string Mislabelled = "The server calls the KDF of PBMAC1 id-PBES2 where it means PBKDF2.";
        return new Pbmac1(algorithm, mac, derivation, length)
        {
            Finding = isMislabelled ? Mislabelled : null,
            InBits = lenient && length % 8 == 0 && length / 8 >= limits.MinDerivedKeyBytes
                ? new Pbmac1(algorithm, mac, derivation, length / 8) { Finding = "The server gives the keyLength of PBMAC1 in bits." + (isMislabelled ? " " + Mislabelled : null) }
                : null,
        };
    }

    private static void CheckBounds(Pbkdf2Params derivation, AlgorithmIdentifier mac, CmpLimits limits, AlgorithmIdentifier algorithm)
    {
        BigInteger count = derivation.IterationCount;
        if (count < 1 || count > limits.MaxPbkdf2Iterations)
            throw Refused($"The iterationCount of PBMAC1 is {Number(count)}, outside 1 to {limits.MaxPbkdf2Iterations}.", algorithm);
        if (derivation.Salt.Length > limits.MaxSaltBytes)
            throw Refused($"The salt of PBMAC1 has {derivation.Salt.Length} octets, more than {limits.MaxSaltBytes}.", algorithm);
        // a short key could be guessed by who chose its length
        if (derivation.KeyLength is { } length && (length < limits.MinDerivedKeyBytes || length > limits.MaxDerivedKeyBytes))
            throw Refused($"The keyLength of PBMAC1 is {length}, outside {limits.MinDerivedKeyBytes} to {limits.MaxDerivedKeyBytes} octets.", algorithm);
        // each part of a key that is longer than the digest costs all iterations again
        int parts = (derivation.KeyLength ?? 0) / MinPartBytes;
        if (parts > 1 && count * parts > (BigInteger)MaxWork * limits.MaxPbkdf2Iterations)
            throw Refused($"The iterationCount of PBMAC1 is {Number(count)} for each part of a key of {derivation.KeyLength} octets: more than is derived here.", algorithm);
        if (!Pbkdf2.IsSupported(derivation.Prf.Oid) || !derivation.Prf.HasNoParameters)
            throw Refused($"The pseudorandom function of PBMAC1, {Oids.NameOf(derivation.Prf.Oid)}, is not supported.", algorithm);
        Macs.Check(mac, limits);
    }

    private protected override byte[] Derive(byte[] secret) =>
        Pbkdf2.Derive(_derivation.Prf.Oid, secret, _derivation.Salt.ToArray(), (int)_derivation.IterationCount, _keyLength);
}
