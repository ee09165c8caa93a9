using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Cmp.Framing;

/// <summary>
/// One CoAP message, which is one datagram (RFC 7252 3). Read strictly: what RFC 7252 calls a message format error is none, and what is
/// too much is none either. Whether an option is understood is the reader's to say (<see cref="FindNotUnderstood"/>).
/// </summary>
/// <remarks>
/// <code>
///  0 1 | 2 3  | 4 .. 7       | 8 .. 15 | 16 .. 31   | TKL octets |         |           |
///  Ver | Type | token length | Code    | Message ID | Token      | Options | 0xFF Payload
/// </code>
/// </remarks>
public sealed record CoapMessage
{
    /// <summary>The options that a message may have.</summary>
    public const int MaxOptions = 64;

    /// <summary>The octets that the value of an option may have: as many as the longest that RFC 7252 knows.</summary>
    public const int MaxOptionBytes = 1034;

    /// <summary>The octets that a token may have.</summary>
    public const int MaxTokenBytes = 8;

    private const int HeaderBytes = 4;
    private const byte PayloadMarker = 0xFF;

    private readonly IReadOnlyList<CoapOption> _options = [];

    /// <summary>How it wants to be treated.</summary>
    public required CoapType Type { get; init; }

    /// <summary>What it asks for, or how that went.</summary>
    public CoapCode Code { get; init; }

    /// <summary>What acknowledges and resets it by name, and tells a copy from another message.</summary>
    public ushort MessageId { get; init; }

    /// <summary>What leads a response to its request, chosen by who asks; up to 8 octets.</summary>
    public ReadOnlyMemory<byte> Token { get; init; }

    /// <summary>The options, by their numbers; those of one number in the order that they were given in.</summary>
    public IReadOnlyList<CoapOption> Options
    {
        get => _options;
        init => _options = IsSorted(value) ? value : [.. value.OrderBy(option => option.Number)];
    }

    /// <summary>The payload; in a message that was received a slice of its datagram.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Reads a datagram. Whatever stands in it ends in a message or in a refusal, and nothing is copied.</summary>
    /// <param name="datagram">The datagram.</param>
    /// <param name="message">The message; <see langword="null"/> where it is none.</param>
    /// <returns>Why it is none; <see langword="null"/> where it is one.</returns>
    public static CoapRefusal? Decode(ReadOnlyMemory<byte> datagram, out CoapMessage? message)
    {
        message = null;
        ReadOnlySpan<byte> octets = datagram.Span;
        if (octets.Length < HeaderBytes)
            return new CoapRefusal(CoapDefect.TooShort, octets.Length);
        if (octets[0] >> 6 != 1)
            return new CoapRefusal(CoapDefect.Version, 0);
        var type = (CoapType)((octets[0] >> 4) & 3);
        int tokenLength = octets[0] & 0xF;
        var code = new CoapCode(octets[1]);
        ushort id = BinaryPrimitives.ReadUInt16BigEndian(octets.Slice(2));
        ushort? resetId = type is CoapType.Confirmable or CoapType.NonConfirmable ? id : null;
        CoapRefusal Refuse(CoapDefect defect, int octet) => new(defect, octet) { ResetId = resetId };

        if (tokenLength > MaxTokenBytes || octets.Length < HeaderBytes + tokenLength)
            return Refuse(CoapDefect.Token, 0);
        if (code.IsReserved)
            return Refuse(CoapDefect.ReservedCode, 1);
        if (code == CoapCode.Empty && octets.Length > HeaderBytes)
            return Refuse(CoapDefect.EmptyWithContent, HeaderBytes);
        // RFC 7252 table 1
        if ((type == CoapType.NonConfirmable && code == CoapCode.Empty) || (type == CoapType.Acknowledgement && code.IsRequest) || (type == CoapType.Reset && code != CoapCode.Empty))
            return Refuse(CoapDefect.CodeOfType, 1);

        int place = HeaderBytes + tokenLength;
        int number = 0;
        List<CoapOption>? options = null;
        while (place < octets.Length && octets[place] != PayloadMarker)
        {
            int start = place++;
            CoapDefect? defect = ReadExtended(octets, octets[start] >> 4, ref place, out int delta);
            int length = 0;
            defect ??= ReadExtended(octets, octets[start] & 0xF, ref place, out length);
            number += delta;
            defect ??= number > ushort.MaxValue ? CoapDefect.OptionNumber
                : length > octets.Length - place ? CoapDefect.TruncatedOption
                : length > MaxOptionBytes ? CoapDefect.OptionTooLong
                : options?.Count == MaxOptions ? CoapDefect.TooManyOptions : null;
            if (defect is not null)
                return Refuse(defect.Value, start);
            (options ??= []).Add(new CoapOption(number, datagram.Slice(place, length)));
            place += length;
        }
        if (place == octets.Length - 1)
            return Refuse(CoapDefect.EmptyPayload, place);
        message = new CoapMessage
        {
            Type = type,
            Code = code,
            MessageId = id,
            Token = datagram.Slice(HeaderBytes, tokenLength),
            Options = options ?? (IReadOnlyList<CoapOption>)[],
            Payload = place < octets.Length ? datagram.Slice(place + 1) : default,
        };
        return null;
    }

    /// <summary>The datagram that this is.</summary>
    /// <returns>The octets.</returns>
    /// <exception cref="ArgumentException">There is no such message: a token that is too long, an option whose number there is not, an empty message with something in it.</exception>
    public byte[] Encode()
    {
        if (Token.Length > MaxTokenBytes || (Code == CoapCode.Empty && (Token.Length > 0 || Options.Count > 0 || Payload.Length > 0)))
            throw new ArgumentException("There is no such message.");
        int length = HeaderBytes + Token.Length + (Payload.IsEmpty ? 0 : 1 + Payload.Length);
        int number = 0;
        foreach (CoapOption option in Options)
        {
            if (option.Number is < 0 or > ushort.MaxValue || option.Value.Length > MaxOptionBytes)
                throw new ArgumentException("There is no such " + option + ".");
            length += 1 + ExtendedBytes(option.Number - number) + ExtendedBytes(option.Value.Length) + option.Value.Length;
            number = option.Number;
        }
        byte[] datagram = new byte[length];
        datagram[0] = (byte)(0x40 | ((int)Type << 4) | Token.Length);
        datagram[1] = Code.Value;
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(2), MessageId);
        Token.Span.CopyTo(datagram.AsSpan(HeaderBytes));
        int place = HeaderBytes + Token.Length;
        number = 0;
        foreach (CoapOption option in Options)
        {
            int start = place++;
            int delta = WriteExtended(datagram, option.Number - number, ref place);
            datagram[start] = (byte)((delta << 4) | WriteExtended(datagram, option.Value.Length, ref place));
            option.Value.Span.CopyTo(datagram.AsSpan(place));
            place += option.Value.Length;
            number = option.Number;
        }
        if (!Payload.IsEmpty)
        {
            datagram[place++] = PayloadMarker;
            Payload.Span.CopyTo(datagram.AsSpan(place));
        }
        return datagram;
    }

    /// <summary>The empty acknowledgement of this message.</summary>
    /// <returns>The message.</returns>
    public CoapMessage Acknowledge() => new() { Type = CoapType.Acknowledgement, MessageId = MessageId };

    /// <summary>The message that says that one came and was not understood.</summary>
    /// <param name="messageId">Its Message ID.</param>
    /// <returns>The message.</returns>
    public static CoapMessage ResetOf(ushort messageId) => new() { Type = CoapType.Reset, MessageId = messageId };

    /// <summary>The first option of a number whose value has a length that it may have; one of another length counts as not known (RFC 7252 5.4.3).</summary>
    /// <param name="number">The number.</param>
    /// <returns>The option, or <see langword="null"/>.</returns>
    public CoapOption? Find(int number)
    {
        foreach (CoapOption option in Options)
        {
            if (option.Number == number)
                return HasLegalLength(option) ? option : null;
        }
        return null;
    }

    /// <summary>The value of an option that is a number.</summary>
    /// <param name="number">The number of the option.</param>
    /// <returns>The value; <see langword="null"/> where there is no such option.</returns>
    public uint? FindNumber(int number) => Find(number)?.ToNumber();

    /// <summary>The value of Block1 or Block2.</summary>
    /// <param name="number"><see cref="CoapOptionNumber.Block1"/> or <see cref="CoapOptionNumber.Block2"/>.</param>
    /// <returns>The block; <see langword="null"/> where there is none, or one that there cannot be (<see cref="Has"/> tells).</returns>
    public CoapBlock? FindBlock(int number) => Find(number) is { } option ? CoapBlock.Read(option) : null;

    /// <summary>Whether there is an option of a number, whatever its value.</summary>
    /// <param name="number">The number.</param>
    /// <returns>Whether there is.</returns>
    public bool Has(int number)
    {
        foreach (CoapOption option in Options)
        {
            if (option.Number == number)
                return true;
        }
        return false;
    }

    /// <summary>
    /// The first critical option that must keep its reader from going on: one that the reader does not know, one whose value has a length that it must
    /// not have (RFC 7252 5.4.3), one that comes again though it must not (5.4.5).
    /// </summary>
    /// <param name="understood">The critical options that the reader knows.</param>
    /// <returns>The option; <see langword="null"/> where there is none.</returns>
    public CoapOption? FindNotUnderstood(params int[] understood)
    {
        int last = 0;
        foreach (CoapOption option in Options)
        {
            bool comesAgain = option.Number == last && !CoapOptionNumber.Rule(option.Number).Repeats;
            last = option.Number;
            if (option.IsCritical && (comesAgain || !HasLegalLength(option) || Array.IndexOf(understood, option.Number) < 0))
                return option;
        }
        return null;
    }

    /// <summary>Type, code, ID and the length of the payload, for a log.</summary>
    /// <returns>As in <c>CON 0.02 ID 7D34, 12 octets</c>.</returns>
    public override string ToString() => string.Format(CultureInfo.InvariantCulture, "{0} {1} ID {2:X4}, {3} octets",
        Type switch { CoapType.Confirmable => "CON", CoapType.NonConfirmable => "NON", CoapType.Acknowledgement => "ACK", _ => "RST" }, Code, MessageId, Payload.Length);

    private static bool HasLegalLength(CoapOption option)
    {
        (int min, int max, _) = CoapOptionNumber.Rule(option.Number);
        return option.Value.Length >= min && option.Value.Length <= max;
    }

    private static bool IsSorted(IReadOnlyList<CoapOption> options)
    {
        for (int i = 1; i < options.Count; i++)
        {
            if (options[i].Number < options[i - 1].Number)
                return false;
        }
        return true;
    }

    /// <summary>Reads what a nibble stands for: itself, or one or two octets more (RFC 7252 3.1).</summary>
    private static CoapDefect? ReadExtended(ReadOnlySpan<byte> octets, int nibble, ref int place, out int value)
    {
        value = nibble;
        int more = nibble switch { 13 => 1, 14 => 2, _ => 0 };
        if (nibble == 15)
            return CoapDefect.ReservedNibble;
        if (octets.Length - place < more)
            return CoapDefect.TruncatedOption;
        if (more == 1)
            value = 13 + octets[place];
        else if (more == 2)
            value = 269 + BinaryPrimitives.ReadUInt16BigEndian(octets.Slice(place));
        place += more;
        return null;
    }

    private static int ExtendedBytes(int value) => value < 13 ? 0 : value < 269 ? 1 : 2;

    private static int WriteExtended(byte[] datagram, int value, ref int place)
    {
        int more = ExtendedBytes(value);
        if (more == 0)
            return value;
        if (more == 1)
            datagram[place] = (byte)(value - 13);
        else
            BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(place), (ushort)(value - 269));
        place += more;
        return 12 + more;
    }
}
