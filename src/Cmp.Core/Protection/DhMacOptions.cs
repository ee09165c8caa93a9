using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>How DHBasedMac is made.</summary>
public sealed record DhMacOptions : MacOptions
{
    /// <inheritdoc/>
    public override ProtectionKind Kind => ProtectionKind.DhBasedMac;

    /// <summary>The digest of the secret, dotted decimal; SHA-256.</summary>
    public string Owf { get; init; } = Oids.Sha256;

    /// <summary>The MAC, dotted decimal; HMAC-SHA256.</summary>
    public string Mac { get; init; } = Oids.HmacWithSha256;

    internal override SharedSecretMac New()
    {
        if (!PbmOptions.IsOwf(Owf) || !Macs.IsSupported(Mac))
            throw Refused($"DHBasedMac does not take {Oids.NameOf(Owf)} with {Oids.NameOf(Mac)}.");
        return new DhBasedMac(new DhbmParameter(AlgorithmIdentifier.WithNull(Owf), Macs.New(Mac)));
    }
}
