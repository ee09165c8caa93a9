using System;
using System.Formats.Asn1;
using System.Numerics;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>The parameters of KMAC.</summary>
/// <param name="Strength">128 or 256, by the OID.</param>
/// <param name="OutputBits">Bits of the MAC; absent: twice the strength. Of any size as it came.</param>
/// <param name="Customization">The customization string; absent: empty.</param>
/// <remarks>
/// RFC 8702 3.4 and appendix A, here for SHAKE128 (512 bits for SHAKE256):
/// <code>KMACwithSHAKE128-params ::= SEQUENCE { kMACOutputLength INTEGER DEFAULT 256, customizationString OCTET STRING DEFAULT ''H }</code>
/// </remarks>
internal sealed record KmacParameters(int Strength, BigInteger OutputBits, ReadOnlyMemory<byte> Customization)
{
    /// <summary>The shortest MAC that is believed: a peer that is none could guess a shorter one.</summary>
    private const int MinBits = 128;

    /// <summary>Reads those of an algorithm.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    internal static KmacParameters Of(AlgorithmIdentifier mac)
    {
        int strength = mac.Oid == Oids.Kmac128 ? 128 : 256;
        if (mac.HasNoParameters)
            return new KmacParameters(strength, 2 * strength, default);
        return Asn1Reader.Decode(mac.Parameters!.Value, null, (ref Asn1Reader reader) =>
        {
            Asn1Reader inner = reader.ReadSequence();
            BigInteger bits = inner.IsNext(Asn1Tag.Integer) ? inner.ReadInteger() : 2 * strength;
            ReadOnlyMemory<byte> customization = inner.HasData ? inner.ReadOctetString() : default;
            inner.ThrowIfNotEmpty();
            return new KmacParameters(strength, bits, customization);
        });
    }

    internal void Check(CmpLimits limits)
    {
        int maxBits = 8 * limits.MaxSaltBytes;
        if (OutputBits < MinBits || OutputBits > maxBits || !(OutputBits % 8).IsZero)
            throw Digests.Unsupported($"The kMACOutputLength is not {MinBits} to {maxBits} bits in whole octets.");
        if (Customization.Length > limits.MaxSaltBytes)
            throw Digests.Unsupported($"The customizationString of KMAC has {Customization.Length} octets, more than {limits.MaxSaltBytes}.");
    }
}
