using System;
using System.Formats.Asn1;
using System.Numerics;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>The parameters of AES-GMAC.</summary>
/// <param name="Nonce">What never comes twice under a key.</param>
/// <param name="Length">Octets of the MAC, of any size as it came.</param>
/// <remarks>
/// RFC 9044 2:
/// <code>
/// GMACParameters ::= SEQUENCE { nonce OCTET STRING, length MACLength DEFAULT 12 }
/// MACLength ::= INTEGER (12 | 13 | 14 | 15 | 16)
/// </code>
/// </remarks>
internal sealed record GmacParameters(ReadOnlyMemory<byte> Nonce, BigInteger Length)
{
    internal const int MinLength = 12;
    internal const int MaxLength = 16;

    /// <summary>Reads those of an algorithm.</summary>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: there are none; <c>CmpMessage.Malformed</c>.</exception>
    internal static GmacParameters Of(AlgorithmIdentifier mac) => mac.Parameters is { } octets
        ? Asn1Reader.Decode(octets, null, (ref Asn1Reader reader) =>
        {
            Asn1Reader inner = reader.ReadSequence();
            ReadOnlyMemory<byte> nonce = inner.ReadOctetString();
            BigInteger length = inner.HasData ? inner.ReadInteger() : MinLength;
            inner.ThrowIfNotEmpty();
            return new GmacParameters(nonce, length);
        })
        : throw Digests.Unsupported($"The MAC {Oids.NameOf(mac.Oid)} comes without parameters.");

    internal byte[] Encode()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteOctetString(Nonce.Span);
            if (Length != MinLength)
                writer.WriteInteger(Length);
        }
        return writer.Encode();
    }

    internal void Check(CmpLimits limits)
    {
        if (Nonce.Length == 0 || Nonce.Length > limits.MaxSaltBytes)
            throw Digests.Unsupported($"The nonce of AES-GMAC has {Nonce.Length} octets, not 1 to {limits.MaxSaltBytes}.");
        if (Length < MinLength || Length > MaxLength)
            throw Digests.Unsupported($"The length of AES-GMAC is not {MinLength} to {MaxLength} octets.");
    }
}
