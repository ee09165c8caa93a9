using System;
using System.Buffers.Binary;
using Cmp.Framing;

namespace Cmp.Inspection.Captures;

/// <summary>Tells by its first octets whether something is a TCP-Message, on whatever port.</summary>
/// <remarks>RFC 2510 5.2; draft-ietf-pkix-cmp-transport-protocols-06 3. Peer protocols of BitTorrent, Kafka, SSH, HTTP/2 and many others begin with a length of four octets too.</remarks>
internal static class TcpMessageShape
{
    /// <summary>The octets that are looked at, at most: a header, a reference with its time, and the beginning of a PKIMessage.</summary>
    public const int Bytes = 15 + PkiMessageShape.Bytes;

    private const int LengthOctets = 4;
    private const int PollingOctets = 8;

    /// <summary>How much octets are like a TCP-Message, judged by everything that it must have.</summary>
    /// <param name="start">The first octets.</param>
    /// <param name="maxBytes">The most octets of a PKIMessage that are borne.</param>
    /// <returns>How much.</returns>
    public static TcpMessageLikeness Judge(ReadOnlySpan<byte> start, int maxBytes)
    {
        if (ReadStart(start, maxBytes, out uint length, out byte version) is var likeness && likeness != TcpMessageLikeness.Certain)
            return likeness;
        return version == TcpMessage.Version ? JudgeVersion10(start, length, maxBytes) : JudgeRfc2510(start, length, version, maxBytes);
    }

    /// <summary>How much octets are like a TCP-Message, where they come on a port that is known for them: its length and its style or version are enough.</summary>
    /// <param name="start">The first octets.</param>
    /// <param name="maxBytes">The most octets of a PKIMessage that are borne.</param>
    /// <returns>Never <see cref="TcpMessageLikeness.Possible"/>.</returns>
    public static TcpMessageLikeness JudgeOnPort(ReadOnlySpan<byte> start, int maxBytes) =>
        ReadStart(start, maxBytes, out uint length, out byte version) is var likeness && likeness != TcpMessageLikeness.Certain ? likeness
            : version == TcpMessage.Version ? (length >= 3 ? TcpMessageLikeness.Certain : TcpMessageLikeness.None)
            : version <= (byte)TcpMessageType.ErrorMsgRep ? TcpMessageLikeness.Certain : TcpMessageLikeness.None;

    private static TcpMessageLikeness ReadStart(ReadOnlySpan<byte> start, int maxBytes, out uint length, out byte version)
    {
        length = 0;
        version = 0;
        long most = (long)maxBytes + 3 + PollingOctets;
        // what is too long shows early: most texts do
        for (int i = 0; i < LengthOctets; i++)
        {
            if (i == start.Length)
                return TcpMessageLikeness.Unknown;
            length = (length << 8) | start[i];
            if (length > most >> (8 * (3 - i)))
                return TcpMessageLikeness.None;
        }
        if (length == 0)
            return TcpMessageLikeness.None;
        if (start.Length == LengthOctets)
            return TcpMessageLikeness.Unknown;
        version = start[LengthOctets];
        return version <= TcpMessage.Version ? TcpMessageLikeness.Certain : TcpMessageLikeness.None;
    }

    private static TcpMessageLikeness JudgeVersion10(ReadOnlySpan<byte> start, uint length, int maxBytes)
    {
        if (length < 3)
            return TcpMessageLikeness.None;
        if (start.Length < 7)
            return start.Length > 5 && start[5] > 1 && length is 3 or 4 or 7 or 11 ? TcpMessageLikeness.None : TcpMessageLikeness.Unknown;
        var type = (TcpMessageType)start[6];
        ReadOnlySpan<byte> value = start.Slice(7);
        if (type is TcpMessageType.PkiReq or TcpMessageType.PkiRep)
            return Of(PkiMessageShape.Judge(value, length - 3, maxBytes));
        // of flags only one has a meaning, and who sends others sends no CMP as a rule
        if (start[5] > 1)
            return TcpMessageLikeness.None;
        return type switch
        {
            TcpMessageType.PollRep => Of(length == 11),
            TcpMessageType.PollReq => Of(length == 7),
            TcpMessageType.FinRep => length == 3 ? TcpMessageLikeness.Certain : Of(length != 4 ? false : value.IsEmpty ? null : value[0] == 0),
            TcpMessageType.ErrorMsgRep => Of(length < 7 ? false : value.Length < 4 ? null : IsError(BinaryPrimitives.ReadUInt16BigEndian(value), BinaryPrimitives.ReadUInt16BigEndian(value.Slice(2)), length - 7)),
            _ => TcpMessageLikeness.None,
        };
    }

    private static TcpMessageLikeness JudgeRfc2510(ReadOnlySpan<byte> start, uint length, byte flag, int maxBytes)
    {
        ReadOnlySpan<byte> value = start.Slice(5);
        switch ((TcpMessageType)flag)
        {
            case TcpMessageType.PkiReq or TcpMessageType.PkiRep:
                return Of(PkiMessageShape.Judge(value, length - 1, maxBytes));
            case TcpMessageType.PartialMsgRep:
                return length < 1 + PollingOctets ? TcpMessageLikeness.None : value.Length < PollingOctets ? TcpMessageLikeness.Unknown
                    : Of(PkiMessageShape.Judge(value.Slice(PollingOctets), length - 1 - PollingOctets, maxBytes));
            case TcpMessageType.PollRep:
                return Perhaps(length == 1 + PollingOctets);
            case TcpMessageType.PollReq:
                return Perhaps(length == 5);
            case TcpMessageType.FinRep:
                return length == 1 ? TcpMessageLikeness.Possible : length != 2 ? TcpMessageLikeness.None : value.IsEmpty ? TcpMessageLikeness.Unknown : Perhaps(value[0] == 0);
            case TcpMessageType.ErrorMsgRep:
                foreach (byte octet in value.Slice(0, (int)Math.Min(Math.Min(value.Length, length - 1), Bytes - 5)))
                {
                    if (octet is < (byte)' ' and not ((byte)'\t' or (byte)'\n' or (byte)'\r'))
                        return TcpMessageLikeness.None;
                }
                return TcpMessageLikeness.Possible;
            default:
                return TcpMessageLikeness.None;
        }
    }

    /// <summary>The types of errors that the drafts name, and those of applications (-05 3.5.6); data and text fit into the message.</summary>
    private static bool IsError(int type, int dataOctets, long octets) =>
        dataOctets <= octets && type >> 8 is 1 or 2 or 3 or >= 0x80 && (type >= 0x8000 || (type & 0xFF) <= 0xF);

    private static TcpMessageLikeness Perhaps(bool isPossible) => isPossible ? TcpMessageLikeness.Possible : TcpMessageLikeness.None;

    private static TcpMessageLikeness Of(bool? isOne) => isOne is not { } certain ? TcpMessageLikeness.Unknown : certain ? TcpMessageLikeness.Certain : TcpMessageLikeness.None;
}
