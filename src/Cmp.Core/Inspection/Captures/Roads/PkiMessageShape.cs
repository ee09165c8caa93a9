using System;

namespace Cmp.Inspection.Captures;

/// <summary>Tells by its first octets whether something is a PKIMessage, where nothing else says so.</summary>
internal static class PkiMessageShape
{
    /// <summary>The octets that are looked at, at most.</summary>
    public const int Bytes = 16;

    private const byte Sequence = 0x30;

    /// <summary>
    /// Whether octets begin as a PKIMessage does: two SEQUENCEs, the header within the message, then pvno as an INTEGER of one octet, then a GeneralName.
    /// Certificates, CRLs, requests, CMS, OCSP, time stamps, LDAP and SNMP all differ there.
    /// </summary>
    /// <param name="start">The first octets.</param>
    /// <param name="length">The octets that the whole must have, or <see langword="null"/>.</param>
    /// <param name="maxBytes">The most octets that are borne.</param>
    /// <returns>Whether they do; <see langword="null"/> where too few have arrived to tell.</returns>
    public static bool? Judge(ReadOnlySpan<byte> start, long? length, int maxBytes)
    {
        ReadOnlySpan<byte> rest = start;
        if (ReadHeader(ref rest, out long message) is var outer && outer != true)
            return outer;
        if (message > maxBytes || (length is { } whole && whole != start.Length - rest.Length + message))
            return false;
        int before = rest.Length;
        if (ReadHeader(ref rest, out long header) is var inner && inner != true)
            return inner;
        if (header > message - (before - rest.Length))
            return false;
        for (int i = 0; i < 4; i++)
        {
            if (i == rest.Length)
                return null;
            if (!(i switch
            {
                0 => rest[0] == 2,
                1 => rest[1] == 1,
                2 => rest[2] < 0x80,
                // sender: the choices of GeneralName are 0 to 8, in the class of the context
                _ => (rest[3] & 0xC0) == 0x80 && (rest[3] & 0x1F) <= 8,
            }))
                return false;
        }
        return header > 4;
    }

    /// <summary>Reads the tag and the length of a SEQUENCE, of definite length.</summary>
    private static bool? ReadHeader(ref ReadOnlySpan<byte> rest, out long length)
    {
        length = 0;
        if (rest.IsEmpty)
            return null;
        if (rest[0] != Sequence)
            return false;
        if (rest.Length < 2)
            return null;
        int digits = rest[1] < 0x80 ? 0 : rest[1] & 0x7F;
        if (digits > 4 || rest[1] == 0x80)
            return false;
        if (digits == 0)
            length = rest[1];
        if (rest.Length < 2 + digits)
            return null;
        for (int i = 0; i < digits; i++)
            length = (length << 8) | rest[2 + i];
        rest = rest.Slice(2 + digits);
        return true;
    }
}
