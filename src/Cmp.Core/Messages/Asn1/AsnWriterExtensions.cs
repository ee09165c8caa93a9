using System;
using System.Collections.Generic;
using System.Formats.Asn1;

namespace Cmp.Messages.Asn1;

/// <summary>What structures need to write themselves.</summary>
internal static class AsnWriterExtensions
{
    internal static void WriteExplicit(this AsnWriter writer, int number, Asn1Structure? value)
    {
        if (value is null)
            return;
        using (writer.PushSequence(Tags.Constructed(number)))
            value.Write(writer);
    }

    internal static void WriteExplicitList(this AsnWriter writer, int number, IReadOnlyList<Asn1Structure> list, bool evenIfEmpty = false)
    {
        if (list.Count == 0 && !evenIfEmpty)
            return;
        using (writer.PushSequence(Tags.Constructed(number)))
            writer.WriteList(list);
    }

    internal static void WriteExplicitOctets(this AsnWriter writer, int number, ReadOnlyMemory<byte>? value)
    {
        if (value is not { } octets)
            return;
        using (writer.PushSequence(Tags.Constructed(number)))
            writer.WriteOctetString(octets.Span);
    }

    /// <summary>Writes a structure with an implicit tag in place of its own, which must be one octet.</summary>
    internal static void WriteImplicit(this AsnWriter writer, byte tag, ReadOnlyMemory<byte> encoded)
    {
        byte[] copy = encoded.ToArray();
        copy[0] = tag;
        writer.WriteEncodedValue(copy);
    }

    /// <summary>Writes content octets of a peer as they came: a serial number with an octet too many stays the one that was issued.</summary>
    internal static void WriteContent(this AsnWriter writer, byte tag, ReadOnlySpan<byte> content) =>
        writer.WriteEncodedValue(Tlv.Of(tag, content));

    internal static void WriteList(this AsnWriter writer, IReadOnlyList<Asn1Structure> list, Asn1Tag? tag = null)
    {
        using (writer.PushSequence(tag))
        {
            foreach (Asn1Structure element in list)
                element.Write(writer);
        }
    }

    /// <summary>Writes a SET OF in the order given: writers of these rules do not sort.</summary>
    internal static void WriteSet(this AsnWriter writer, IReadOnlyList<Asn1Structure> set)
    {
        using (writer.PushSetOf())
        {
            foreach (Asn1Structure element in set)
                element.Write(writer);
        }
    }

    /// <summary>Times on the wire have no fractions (RFC 5280 4.1.2.5.2).</summary>
    internal static void WriteWholeSeconds(this AsnWriter writer, DateTimeOffset time) =>
        writer.WriteGeneralizedTime(time, omitFractionalSeconds: true);

    /// <summary>UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5).</summary>
    internal static void WriteTime(this AsnWriter writer, DateTimeOffset time)
    {
        DateTimeOffset utc = time.ToUniversalTime();
        if (utc.Year is >= 1950 and < 2050)
            writer.WriteUtcTime(utc, twoDigitYearMax: 2049);
        else
            writer.WriteWholeSeconds(utc);
    }

    /// <summary>Named bits: bit <c>n</c> of the list is <c>1 &lt;&lt; n</c> of the number; trailing zeros are dropped, as DER wants.</summary>
    internal static void WriteNamedBits(this AsnWriter writer, uint bits, Asn1Tag? tag = null)
    {
        var octets = new byte[4];
        int highest = -1;
        for (int i = 0; i < 32; i++)
        {
            if ((bits & (1u << i)) == 0)
                continue;
            octets[i / 8] |= (byte)(0x80 >> (i % 8));
            highest = i;
        }
        int length = (highest + 8) / 8;
        writer.WriteBitString(octets.AsSpan(0, length), length == 0 ? 0 : 7 - highest % 8, tag);
    }
}
