using System;
using System.Buffers.Binary;
using System.Globalization;

namespace Cmp.Framing;

/// <summary>
/// A TCP-Message: what stands around a PKIMessage on a TCP connection, and stood around it in HTTP before RFC 6712.
/// Both styles are told apart by the fifth octet: below 10 it is the flag of the old style, 10 is the version of the other.
/// </summary>
/// <remarks>
/// <code>
/// version 10   length (32) version (8) flags (8) type (8) value      length = octets of the value + 3
/// RFC 2510     length (32) flag (8)                       value      length = octets of the value + 1
/// </code>
/// RFC 2510 5.2; draft-ietf-pkix-cmp-transport-protocols-06 3.1 to 3.4.
/// </remarks>
/// <param name="Style">How it is laid out.</param>
/// <param name="Type">What it is; a peer's may be a number without a name.</param>
/// <param name="Value">What it carries.</param>
public sealed record TcpMessage(TcpMessageStyle Style, TcpMessageType Type, ReadOnlyMemory<byte> Value)
{
    /// <summary>The one version there is.</summary>
    public const byte Version = 10;

    private const byte CloseFlag = 1;
    private const int LengthOctets = 4;
    private const int PollingOctets = 8;

    /// <summary>What the length may count beside a PKIMessage: the rest of the header, a polling reference and a time.</summary>
    private const int Overhead = 3 + PollingOctets;

    private const int ShownOctets = 64;
    private static readonly byte[] Zero = [0];

    /// <summary>Whether the connection ends with this message: a server answers a request that says so and closes, a client sends nothing after an answer that does. Version 10 only; the old style has no place for it.</summary>
    public bool Closes { get; init; }

    /// <summary>The PKIMessage of a <see cref="TcpMessageType.PkiReq"/>, <see cref="TcpMessageType.PkiRep"/> or <see cref="TcpMessageType.PartialMsgRep"/>.</summary>
    /// <param name="maxBytes">The most octets that are borne.</param>
    /// <returns>One SEQUENCE of definite length, with nothing behind it; a slice.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>, <c>CmpMessage.TooLarge</c>: that is no PKIMessage; <c>CmpTcp.InvalidMessage</c>: it is too short.</exception>
    public ReadOnlyMemory<byte> PkiMessage(int maxBytes)
    {
        ReadOnlyMemory<byte> message = Value;
        if (Type == TcpMessageType.PartialMsgRep)
        {
            EnsureLength(Value.Length >= PollingOctets);
            message = Value.Slice(PollingOctets);
        }
        MessageOctets.Verify(message.Span, maxBytes);
        return message;
    }

    /// <summary>The polling reference of a <see cref="TcpMessageType.PollReq"/>, <see cref="TcpMessageType.PollRep"/> or <see cref="TcpMessageType.PartialMsgRep"/>.</summary>
    /// <returns>The reference.</returns>
    /// <exception cref="CmpException"><c>CmpTcp.InvalidMessage</c>: the value has not the length that belongs to the type.</exception>
    public PollingReference PollingReference()
    {
        EnsureLength(Type switch
        {
            TcpMessageType.PollReq => Value.Length == LengthOctets,
            TcpMessageType.PartialMsgRep => Value.Length >= PollingOctets,
            _ => Value.Length == PollingOctets,
        });
        return new PollingReference(BinaryPrimitives.ReadUInt32BigEndian(Value.Span));
    }

    /// <summary>The time-to-check-back of a <see cref="TcpMessageType.PollRep"/> or <see cref="TcpMessageType.PartialMsgRep"/>, as it came; <see cref="CheckBackTime"/> knows what it means.</summary>
    /// <returns>Seconds.</returns>
    /// <exception cref="CmpException"><c>CmpTcp.InvalidMessage</c>: the value has not the length that belongs to the type.</exception>
    public uint CheckBack()
    {
        EnsureLength(Type == TcpMessageType.PartialMsgRep ? Value.Length >= PollingOctets : Value.Length == PollingOctets);
        return BinaryPrimitives.ReadUInt32BigEndian(Value.Span.Slice(LengthOctets));
    }

    /// <summary>Makes sure that a <see cref="TcpMessageType.FinRep"/> says nothing: one octet 0, or none.</summary>
    /// <exception cref="CmpException"><c>CmpTcp.InvalidMessage</c>.</exception>
    public void EnsureSaysNothing() => EnsureLength(Value.Length == 0 || (Value.Length == 1 && Value.Span[0] == 0));

    /// <summary>The question for an answer.</summary>
    /// <param name="style">How it is laid out.</param>
    /// <param name="reference">The polling reference.</param>
    /// <returns>The message.</returns>
    public static TcpMessage PollReq(TcpMessageStyle style, PollingReference reference)
    {
        byte[] value = new byte[LengthOctets];
        BinaryPrimitives.WriteUInt32BigEndian(value, reference.Value);
        return new TcpMessage(style, TcpMessageType.PollReq, value);
    }

    /// <summary>The word that the answer is not there yet.</summary>
    /// <param name="style">How it is laid out.</param>
    /// <param name="reference">What it can be asked for by.</param>
    /// <param name="checkBack">The time-to-check-back: seconds from now in version 10, seconds since 1970 in the old style (<see cref="CheckBackTime.Write"/>).</param>
    /// <returns>The message.</returns>
    public static TcpMessage PollRep(TcpMessageStyle style, PollingReference reference, uint checkBack) =>
        new(style, TcpMessageType.PollRep, Polling(reference, checkBack, default));

    /// <summary>A part of an answer, with the reference of the next one. The old style only.</summary>
    /// <param name="reference">What the next part can be asked for by.</param>
    /// <param name="checkBack">The time-to-check-back, seconds since 1970.</param>
    /// <param name="message">The DER of the PKIMessage.</param>
    /// <returns>The message.</returns>
    public static TcpMessage PartialMsgRep(PollingReference reference, uint checkBack, ReadOnlyMemory<byte> message) =>
        new(TcpMessageStyle.Rfc2510, TcpMessageType.PartialMsgRep, Polling(reference, checkBack, message));

    /// <summary>The word that nothing more is to come.</summary>
    /// <param name="style">How it is laid out.</param>
    /// <returns>The message.</returns>
    public static TcpMessage FinRep(TcpMessageStyle style) => new(style, TcpMessageType.FinRep, Zero);

    /// <summary>Reads the length of a whole message from its first octets.</summary>
    /// <param name="start">What has arrived so far.</param>
    /// <param name="maxBytes">The most octets of a PKIMessage that are borne; what stands around it comes on top.</param>
    /// <returns>The octets of the message, its length included; 0 while too few have arrived to tell.</returns>
    /// <exception cref="CmpException"><c>CmpTcp.InvalidMessage</c>: a length that is too small for the header; <c>CmpTcp.UnknownVersion</c>: a version above 10;
    /// <c>CmpMessage.TooLarge</c>: more octets than are borne.</exception>
    public static int ReadLength(ReadOnlySpan<byte> start, int maxBytes)
    {
        if (start.Length < LengthOctets)
            return 0;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(start);
        if (length > Math.Min((long)maxBytes + Overhead, int.MaxValue - LengthOctets))
            throw Foreign(start) ?? MessageOctets.TooLarge(length, maxBytes, start);
        if (length == 0)
            throw Invalid("its length is 0", start);
        if (start.Length == LengthOctets)
            return 0;
        byte version = start[LengthOctets];
        if (version > Version)
        {
            throw new CmpException(CmpErrorKind.Protocol, "CmpTcp.UnknownVersion",
                "A TCP-Message of version " + Number(version) + " came; there is none above " + Number(Version) + ".") { Octets = Shown(start) };
        }
        return version < Version || length >= 3
            ? (int)length + LengthOctets
            : throw Invalid("its length of " + Number(length) + " is less than its header takes", start);
    }

    /// <summary>Reads a whole message. Its type is not judged.</summary>
    /// <param name="octets">One message and nothing else. The value is a slice of it.</param>
    /// <param name="maxBytes">The most octets of a PKIMessage that are borne.</param>
    /// <returns>The message.</returns>
    /// <exception cref="CmpException">As for <see cref="ReadLength"/>; also <c>CmpTcp.InvalidMessage</c> where octets are missing or left over.</exception>
    public static TcpMessage Decode(ReadOnlyMemory<byte> octets, int maxBytes)
    {
        ReadOnlySpan<byte> span = octets.Span;
        int length = ReadLength(span, maxBytes);
        if (length == 0)
            throw Invalid("it ends after " + Number(span.Length) + " octets", span);
        if (length != span.Length)
            throw Invalid("it says to be " + Number(length) + " octets long, but is " + Number(span.Length), span);
        // the flags beside the one are ignored (draft-ietf-pkix-cmp-tcp-00 2.3)
        return span[LengthOctets] < Version
            ? new TcpMessage(TcpMessageStyle.Rfc2510, (TcpMessageType)span[LengthOctets], octets.Slice(LengthOctets + 1))
            : new TcpMessage(TcpMessageStyle.Version10, (TcpMessageType)span[LengthOctets + 2], octets.Slice(LengthOctets + 3)) { Closes = (span[LengthOctets + 1] & CloseFlag) != 0 };
    }

    /// <summary>The message as it goes over the wire, header and value in one piece.</summary>
    /// <returns>The octets.</returns>
    public byte[] ToArray()
    {
        int header = Style == TcpMessageStyle.Rfc2510 ? LengthOctets + 1 : LengthOctets + 3;
        byte[] octets = new byte[header + Value.Length];
        BinaryPrimitives.WriteUInt32BigEndian(octets, (uint)(octets.Length - LengthOctets));
        octets[header - 1] = (byte)Type;
        if (Style == TcpMessageStyle.Version10)
        {
            octets[LengthOctets] = Version;
            octets[LengthOctets + 1] = Closes ? CloseFlag : (byte)0;
        }
        Value.Span.CopyTo(octets.AsSpan(header));
        return octets;
    }

    private static byte[] Polling(PollingReference reference, uint checkBack, ReadOnlyMemory<byte> message)
    {
        byte[] value = new byte[PollingOctets + message.Length];
        BinaryPrimitives.WriteUInt32BigEndian(value, reference.Value);
        BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(LengthOctets), checkBack);
        message.Span.CopyTo(value.AsSpan(PollingOctets));
        return value;
    }

    private void EnsureLength(bool isRight)
    {
        if (!isRight)
            throw Invalid("its value of " + Number(Value.Length) + " octets does not fit its type " + Number((byte)Type), Value.Span);
    }

    /// <summary>An answer that begins as other protocols do is no TCP-Message of a gigabyte.</summary>
    private static CmpException? Foreign(ReadOnlySpan<byte> start)
    {
        string? what = start.StartsWith("HTTP"u8) ? "HTTP"
            : start[0] is 0x15 or 0x16 && start[1] == 3 ? "TLS"
            : start[0] == 0x30 && start[1] is >= 0x81 and <= 0x84 ? "a CMP message with nothing around it"
            : null;
        return what is null ? null : new CmpException(CmpErrorKind.Protocol, "CmpTcp.InvalidMessage", "What came is no TCP-Message but " + what + ".")
        {
            RecommendedAction = "Check the server's port, and whether it is to be reached by http: or https:.",
            Octets = Shown(start),
        };
    }

    private static CmpException Invalid(string reason, ReadOnlySpan<byte> octets) =>
        new(CmpErrorKind.Protocol, "CmpTcp.InvalidMessage", "A TCP-Message is broken: " + reason + ".") { Octets = Shown(octets) };

    private static byte[] Shown(ReadOnlySpan<byte> octets) => octets.Slice(0, Math.Min(octets.Length, ShownOctets)).ToArray();

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
