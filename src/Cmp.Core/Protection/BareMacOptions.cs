using Cmp.Cryptography;
using Cmp.Messages.Asn1;

namespace Cmp.Protection;

/// <summary>A MAC whose key is the shared secret itself: HMAC or KMAC with an established key (RFC 9481 6.2, 7.1). The secret should be as good as a key.</summary>
public sealed record BareMacOptions : MacOptions
{
    /// <inheritdoc/>
    public override ProtectionKind Kind => Macs.HmacLength(Mac) is null ? ProtectionKind.Kmac : ProtectionKind.Hmac;

    /// <summary>The MAC, dotted decimal; HMAC-SHA256.</summary>
    public string Mac { get; init; } = Oids.HmacWithSha256;

    internal override SharedSecretMac New()
    {
        // AES-GMAC cannot do without a key for each nonce
        if (!Macs.IsSupported(Mac) || Macs.HasNonce(Mac))
            throw Refused($"The MAC {Oids.NameOf(Mac)} cannot be used with the shared secret as its key.");
        return new BareMac(Macs.New(Mac));
    }
}
