using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>How PasswordBasedMac is made (rule 18).</summary>
public sealed record PbmOptions : MacOptions
{
    /// <inheritdoc/>
    public override ProtectionKind Kind => ProtectionKind.PasswordBasedMac;

    /// <summary>The digest that is iterated, dotted decimal; SHA-256 (RFC 9045).</summary>
    public string Owf { get; init; } = Oids.Sha256;

    /// <summary>The MAC, dotted decimal; HMAC-SHA256 (RFC 9045).</summary>
    public string Mac { get; init; } = Oids.HmacWithSha256;

    /// <summary>How often the digest is applied; 10 000 (RFC 9045 asks for that many at least).</summary>
    public int Iterations { get; init; } = 10_000;

    /// <summary>Octets of salt; 16.</summary>
    public int SaltLength { get; init; } = 16;

    /// <summary>Whether a digest may be iterated: SHA-1 and its successors (rule 68 says when SHA-1 is), never MD5.</summary>
    internal static bool IsOwf(string oid) => oid is Oids.Sha1 or Oids.Sha224 or Oids.Sha256 or Oids.Sha384 or Oids.Sha512;

    internal override SharedSecretMac New()
    {
        if (!IsOwf(Owf))
            throw Refused($"PasswordBasedMac does not take the digest {Oids.NameOf(Owf)}.");
        if (!Macs.IsSupported(Mac))
            throw Refused($"PasswordBasedMac does not take the MAC {Oids.NameOf(Mac)}.");
        CmpLimits limits = CmpLimits.Default;
        if (Iterations < limits.MinPbmIterations || Iterations > limits.MaxPbmIterations)
            throw Refused($"An iterationCount of {Iterations} is outside {limits.MinPbmIterations} to {limits.MaxPbmIterations}.");
        return new PasswordBasedMac(new PbmParameter(Secrets.Random(SaltLength), AlgorithmIdentifier.WithNull(Owf), Iterations, Macs.New(Mac)));
    }
}
