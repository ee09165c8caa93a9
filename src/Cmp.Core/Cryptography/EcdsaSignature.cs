using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Cryptography;

/// <summary>The two forms of an ECDSA signature: on the wire a SEQUENCE, in libraries two numbers of fixed length, one behind the other (IEEE P1363).</summary>
/// <remarks>
/// RFC 3279 2.2.3:
/// <code>Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }</code>
/// </remarks>
internal static class EcdsaSignature
{
    internal static byte[] ToDer(ReadOnlySpan<byte> p1363)
    {
        int half = p1363.Length / 2;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteIntegerUnsigned(Integers.Trim(p1363.Slice(0, half)));
            writer.WriteIntegerUnsigned(Integers.Trim(p1363.Slice(half)));
        }
        return writer.Encode();
    }

    /// <summary>The fixed form, or <see langword="null"/> where the octets are no signature of this curve.</summary>
    internal static byte[]? ToP1363(ReadOnlyMemory<byte> der, int fieldBytes)
    {
        try
        {
            return Asn1Reader.Decode(der, null, (ref Asn1Reader reader) =>
            {
                Asn1Reader inner = reader.ReadSequence();
                ReadOnlyMemory<byte> r = inner.ReadIntegerContent();
                ReadOnlyMemory<byte> s = inner.ReadIntegerContent();
                inner.ThrowIfNotEmpty();
                if (r.Span[0] >= 0x80 || s.Span[0] >= 0x80 || Integers.Pad(r.Span, fieldBytes) is not { } first || Integers.Pad(s.Span, fieldBytes) is not { } second)
                    return null;
                var whole = new byte[2 * fieldBytes];
                first.CopyTo(whole, 0);
                second.CopyTo(whole, fieldBytes);
                return whole;
            });
        }
        catch (CmpException)
        {
            return null;
        }
    }
}
