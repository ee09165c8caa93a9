using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>How PBMAC1 is made (rules 18 and 22).</summary>
public sealed record Pbmac1Options : MacOptions
{
    /// <inheritdoc/>
    public override ProtectionKind Kind => ProtectionKind.Pbmac1;

    /// <summary>The pseudorandom function of PBKDF2, dotted decimal; HMAC-SHA256 (RFC 9481 7.1).</summary>
    public string Prf { get; init; } = Oids.HmacWithSha256;

    /// <summary>The MAC, dotted decimal; HMAC-SHA256 (RFC 9481 7.1).</summary>
    public string Mac { get; init; } = Oids.HmacWithSha256;

    /// <summary>How often the pseudorandom function is applied; 100 000.</summary>
    public int Iterations { get; init; } = 100_000;

    /// <summary>Octets of salt; 16.</summary>
    public int SaltLength { get; init; } = 16;

    internal override SharedSecretMac New()
    {
        if (!Pbkdf2.IsSupported(Prf))
            throw Refused($"PBMAC1 does not take the pseudorandom function {Oids.NameOf(Prf)}.");
        if (!Macs.IsSupported(Mac))
            throw Refused($"PBMAC1 does not take the MAC {Oids.NameOf(Mac)}.");
        int most = CmpLimits.Default.MaxPbkdf2Iterations;
        if (Iterations < 1 || Iterations > most)
            throw Refused($"An iterationCount of {Iterations} is outside 1 to {most}.");
        var derivation = new Pbkdf2Params(Secrets.Random(SaltLength), Iterations, Pbmac1.NaturalLength(Mac), AlgorithmIdentifier.WithNull(Prf));
        return new Pbmac1(derivation, Macs.New(Mac));
    }
}
