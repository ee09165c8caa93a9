using System.Globalization;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Inspection;

/// <summary>How a message is protected. Whether the protection is right is another question.</summary>
public sealed class CmpMessageProtection
{
    private readonly string _text;

    internal CmpMessageProtection(PkiMessage message)
    {
        AlgorithmIdentifier? algorithm = message.Header.ProtectionAlg;
        Kind = message.Protection is null ? ProtectionKind.None : ProtectionKinds.Of(algorithm);
        Algorithm = algorithm is null ? null : Oids.NameOf(algorithm.Oid);
        Parameters = algorithm is null ? null : PeerValue.Of(() => ParametersOf(algorithm));
        Reference = Kind.IsUnderSharedSecret() && message.Header.SenderKid is { IsEmpty: false } reference ? ValueText.OfOctets(reference) : null;
        Hex = message.Protection is { } protection ? Messages.Asn1.Hex.Of(protection.Span) : null;
        _text = Describe(message);
    }

    /// <summary>For a message that does not decode: nothing is known.</summary>
    internal CmpMessageProtection()
    {
        Kind = ProtectionKind.None;
        _text = "protection unknown";
    }

    /// <summary>Which kind it is.</summary>
    public ProtectionKind Kind { get; }

    /// <summary>The algorithm, as in <c>sha256WithEcdsa</c>; <see langword="null"/> where none is named.</summary>
    public string? Algorithm { get; }

    /// <summary>What the algorithm is used with, in words; <see langword="null"/> where there is nothing to tell.</summary>
    public string? Parameters { get; }

    /// <summary>By which the shared secret is known, as text where it is one; <see langword="null"/> where it is no shared secret, or nothing is said of it.</summary>
    public string? Reference { get; }

    /// <summary>The MAC or the signature, hexadecimal; <see langword="null"/> where there is none.</summary>
    public string? Hex { get; }

    /// <summary>Who protects it, and how.</summary>
    /// <returns>As in <c>protected by PasswordBasedMac, reference 1234</c>.</returns>
    public override string ToString() => _text;

    private static string? ParametersOf(AlgorithmIdentifier algorithm)
    {
        if (algorithm.Parameters is not { } octets || algorithm.HasNoParameters)
            return null;
        switch (algorithm.Oid)
        {
            case Oids.PasswordBasedMac:
                var pbm = PbmParameter.Decode(octets);
                return $"{Oids.NameOf(pbm.Owf.Oid)}, {Oids.NameOf(pbm.Mac.Oid)}, {Number(pbm.IterationCount)} iterations, salt of {pbm.Salt.Length} octets";
            case Oids.Pbmac1:
                var pbmac1 = Pbmac1Params.Decode(octets);
                Pbkdf2Params? derivation = pbmac1.ReadPbkdf2();
                return derivation is null
                    ? $"{Oids.NameOf(pbmac1.KeyDerivationFunc.Oid)}, {Oids.NameOf(pbmac1.MessageAuthScheme.Oid)}"
                    : $"PBKDF2 with {Oids.NameOf(derivation.Prf.Oid)}, {Oids.NameOf(pbmac1.MessageAuthScheme.Oid)}, {Number(derivation.IterationCount)} iterations, salt of {derivation.Salt.Length} octets";
            case Oids.KemBasedMac:
                var kem = KemBMParameter.Decode(octets);
                return $"{Oids.NameOf(kem.Kdf.Oid)}, {Oids.NameOf(kem.Mac.Oid)}, key of {kem.Len} octets";
            case Oids.DhBasedMac:
                var dhbm = DhbmParameter.Decode(octets);
                return $"{Oids.NameOf(dhbm.Owf.Oid)}, {Oids.NameOf(dhbm.Mac.Oid)}";
            case Oids.RsassaPss:
                var pss = RsassaPssParameters.Decode(octets);
                return $"{Oids.NameOf(pss.HashAlgorithm.Oid)}, salt of {pss.SaltLength} octets";
            default:
                return null;
        }
    }

    private static string Number(System.Numerics.BigInteger number) => number.ToString(CultureInfo.InvariantCulture);

    private string Describe(PkiMessage message)
    {
        switch (Kind)
        {
            case ProtectionKind.None:
                return "not protected";
            case ProtectionKind.Signature:
                string? signer = message.ExtraCerts.Count > 0 ? PeerValue.Of(() => message.ExtraCerts.First().Subject.ToString()) : null;
                return $"signed by {signer ?? message.Header.Sender.ToString()}";
            default:
                return $"protected by {Kind}{(Reference is null ? string.Empty : $", reference {Reference}")}";
        }
    }
}
