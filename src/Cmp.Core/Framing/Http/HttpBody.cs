using System;
using System.Buffers.Binary;

namespace Cmp.Framing;

/// <summary>
/// The body of an HTTP message that carries CMP: exactly one PKIMessage (RFC 9811 3.1), or exactly one TCP-Message of either style, as drafts before RFC 6712
/// have it (<see cref="HttpDialect"/>). Which of both it is shows in its first octets, not in its media type; nothing stands behind it (rule 56).
/// </summary>
public static class HttpBody
{
    private const byte Sequence = 0x30;

    /// <summary>Whether a body is no PKIMessage, but may be a TCP-Message: one that began like a SEQUENCE would be 805 million octets long.</summary>
    /// <param name="start">Its first octets; at least one.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsFramed(ReadOnlySpan<byte> start) => start[0] != Sequence;

    /// <summary>Reads the length of a whole body from its first octets.</summary>
    /// <param name="start">What has arrived so far.</param>
    /// <param name="declared">The octets that the body has by its Content-Length, or <see langword="null"/>.</param>
    /// <param name="maxBytes">The most octets of a PKIMessage that are borne.</param>
    /// <param name="takesTcpMessages">Whether it may be a TCP-Message.</param>
    /// <returns>The octets of the body; 0 while too few have arrived to tell.</returns>
    /// <exception cref="CmpException">As for <see cref="MessageOctets.ReadLength"/>, and, where it is as long as a TCP-Message of its length would be, as for <see cref="TcpMessage.ReadLength"/>;
    /// <c>CmpMessage.Malformed</c> also where it is one and is not taken.</exception>
    public static int ReadLength(ReadOnlySpan<byte> start, long? declared, int maxBytes, bool takesTcpMessages)
    {
        if (start.IsEmpty || !IsFramed(start) || (start.Length >= sizeof(uint) && declared is not null && BinaryPrimitives.ReadUInt32BigEndian(start) != declared - sizeof(uint)))
            return MessageOctets.ReadLength(start, maxBytes);
        if (takesTcpMessages)
            return TcpMessage.ReadLength(start, maxBytes);
        // who is advised must have one: nobody else is as long as the first four octets say
        if (declared is null || start[0] != 0)
            return MessageOctets.ReadLength(start, maxBytes);
        if (start.Length < sizeof(uint))
            return 0;
        throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", "The answer is no CMP message, but a TCP-Message around one.")
        {
            RecommendedAction = "The server is from before RFC 6712: write its address as in http+tcp://ca.example/.",
            Octets = start.Slice(0, sizeof(uint)).ToArray(),
        };
    }
}
