using System;

namespace Cmp.Inspection.Captures;

/// <summary>Tells by its first octets whether something is TLS or DTLS, which is not read.</summary>
internal static class TlsShape
{
    /// <summary>A record is at most that long (RFC 5246 6.2.3, which allows more than RFC 8446 does).</summary>
    private const int MaxRecord = (1 << 14) + 2048;

    /// <summary>Whether octets begin as a TLS connection does, or as a record in the midst of one.</summary>
    /// <param name="octets">The first octets.</param>
    /// <param name="isBeginning">Whether they are the first ones of a connection: a handshake, an alert, or a ClientHello in the form of SSL 2 (RFC 5246 E.2).</param>
    /// <returns>Whether they do; <see langword="null"/> where too few have arrived to tell.</returns>
    public static bool? Judge(ReadOnlySpan<byte> octets, bool isBeginning)
    {
        if (octets.IsEmpty)
            return null;
        // change of cipher 20, alert 21, handshake 22, data 23
        if (octets[0] is 21 or 22 || (!isBeginning && octets[0] is 20 or 23))
        {
            if (octets.Length > 1 && octets[1] != 3)
                return false;
            if (octets.Length > 2 && octets[2] > 4)
                return false;
            if (octets.Length < 5)
                return null;
            return ((octets[3] << 8) | octets[4]) is > 0 and <= MaxRecord;
        }
        if (!isBeginning || octets[0] < 0x80)
            return false;
        // length, ClientHello, version 3.x or 0.2, and an amount of ciphers of three octets each
        if (octets.Length > 2 && octets[2] != 1)
            return false;
        if (octets.Length > 4 && !((octets[3] == 3 && octets[4] <= 4) || (octets[3] == 0 && octets[4] == 2)))
            return false;
        return octets.Length < 7 ? null : ((octets[5] << 8) | octets[6]) is > 0 and var ciphers && ciphers % 3 == 0;
    }

    /// <summary>Whether a datagram is a record of DTLS 1.0 or 1.2 (RFC 6347 4.1, RFC 9146 4).</summary>
    /// <param name="datagram">The datagram.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsDtls(ReadOnlySpan<byte> datagram) =>
        // 25 is a record with the ID of its connection, which stands before the length
        datagram.Length >= 13 && datagram[0] is (>= 20 and <= 23) or 25 && datagram[1] == 0xFE && datagram[2] is 0xFF or 0xFD
        && (datagram[0] == 25 || ((datagram[11] << 8) | datagram[12]) <= datagram.Length - 13);
}
