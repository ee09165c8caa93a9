using System;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>How KemBasedMac is made.</summary>
public sealed record KemMacOptions : MacOptions
{
    /// <inheritdoc/>
    public override ProtectionKind Kind => ProtectionKind.KemBasedMac;

    /// <summary>The key derivation, dotted decimal; HKDF with SHA-256 (RFC 9629 5). KDF2 and KDF3 take SHA-256.</summary>
    public string Kdf { get; init; } = Oids.HkdfWithSha256;

    /// <summary>The MAC, dotted decimal; HMAC-SHA256.</summary>
    public string Mac { get; init; } = Oids.HmacWithSha256;

    /// <summary>The transaction that keys are bound to.</summary>
    public ReadOnlyMemory<byte> TransactionId { get; init; }

    internal override SharedSecretMac New()
    {
        if (!Macs.IsSupported(Mac))
            throw Refused($"KemBasedMac does not take the MAC {Oids.NameOf(Mac)}.");
        AlgorithmIdentifier kdf = Kdf switch
        {
            Oids.HkdfWithSha256 or Oids.HkdfWithSha384 or Oids.HkdfWithSha512 => new AlgorithmIdentifier(Kdf),
            Oids.Kdf2 or Oids.Kdf3 => new AlgorithmIdentifier(Kdf, new AlgorithmIdentifier(Oids.Sha256).Encoded),
            _ => throw Refused($"KemBasedMac does not take the key derivation {Oids.NameOf(Kdf)}."),
        };
        return new KemBasedMac(new KemBMParameter(kdf, null, Pbmac1.NaturalLength(Mac), Macs.New(Mac)), TransactionId);
    }
}
