using System;
using System.Buffers.Binary;
using System.Text;

namespace Cmp.Framing;

/// <summary>The value of an errorMsgRep of version 10: type, data and a text (draft-ietf-pkix-cmp-transport-protocols-05 3.5.6). Nobody vouches for it.</summary>
/// <remarks><code>error-type (16) data-length (16) data text</code>In the old style the whole value is a text (<see cref="ReadText"/>).</remarks>
/// <param name="Type">What it is about; a peer's may be a number without a name.</param>
/// <param name="Data">What belongs to the type.</param>
/// <param name="Text">A text for people; of a peer escaped and bounded, without its language tag; empty where there is none.</param>
public sealed record TcpErrorMessage(TcpErrorType Type, ReadOnlyMemory<byte> Data, string Text)
{
    private const int HeaderOctets = 4;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the value of an errorMsgRep of version 10.</summary>
    /// <param name="value">The value. <see cref="Data"/> is a slice of it.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="CmpException"><c>CmpTcp.InvalidMessage</c>: it ends too early.</exception>
    public static TcpErrorMessage Decode(ReadOnlyMemory<byte> value)
    {
        int length = value.Length < HeaderOctets ? 0 : BinaryPrimitives.ReadUInt16BigEndian(value.Span.Slice(2));
        if (value.Length < HeaderOctets + length)
            throw new CmpException(CmpErrorKind.Protocol, "CmpTcp.InvalidMessage", "A TCP-Message is broken: its error ends too early.");
        TcpErrorType type = (TcpErrorType)BinaryPrimitives.ReadUInt16BigEndian(value.Span);
        ReadOnlyMemory<byte> data = value.Slice(HeaderOctets, length);
        ReadOnlyMemory<byte> text = value.Slice(HeaderOctets + length);
        // since draft -06 the text is drawn as the data, though the tables keep both: what has not the length of a type's data is a text
        return new TcpErrorMessage(type, data, ReadText(text.IsEmpty && length != DataOctets(type) ? data.Span : text.Span));
    }

    /// <summary>The text of an error, fit to be shown: UTF-8 where it is, else ISO 8859-1, since RFC 2510 does not say; the language tag of RFC 2482 is left out.</summary>
    /// <param name="octets">The octets of a peer.</param>
    /// <returns>The text, escaped, of at most <see cref="CmpLimits.MaxTextLength"/> characters.</returns>
    public static string ReadText(ReadOnlySpan<byte> octets)
    {
        int max = CmpLimits.Default.MaxTextLength;
        int length = Math.Min(octets.Length, 4 * (max + 1));
        // no character is cut in two
        while (length < octets.Length && length > 0 && (octets[length] & 0xC0) == 0x80)
            length--;
        byte[] shown = octets.Slice(0, length).ToArray();
        string text;
        try
        {
            text = Utf8.GetString(shown);
        }
        catch (DecoderFallbackException)
        {
            text = Encoding.GetEncoding("iso-8859-1").GetString(shown);
        }
        return PeerText.Escape(WithoutTags(text).Trim(), max);
    }

    /// <summary>The value as it goes over the wire.</summary>
    /// <returns>The octets.</returns>
    /// <exception cref="ArgumentException">The data is longer than 65535 octets.</exception>
    public byte[] ToArray()
    {
        if (Data.Length > ushort.MaxValue)
            throw new ArgumentException("An errorMsgRep carries at most 65535 octets of data.");
        byte[] text = Utf8.GetBytes(Text);
        byte[] value = new byte[HeaderOctets + Data.Length + text.Length];
        BinaryPrimitives.WriteUInt16BigEndian(value, (ushort)Type);
        BinaryPrimitives.WriteUInt16BigEndian(value.AsSpan(2), (ushort)Data.Length);
        Data.Span.CopyTo(value.AsSpan(HeaderOctets));
        text.CopyTo(value, HeaderOctets + Data.Length);
        return value;
    }

    private static int DataOctets(TcpErrorType type) => type switch
    {
        TcpErrorType.VersionNotSupported or TcpErrorType.InvalidMessageType => 1,
        TcpErrorType.InvalidPollId => 4,
        _ => 0,
    };

    /// <summary>RFC 2482: U+E0001 and what follows it up to U+E007F spell a language, and are not to be seen.</summary>
    private static string WithoutTags(string text)
    {
        if (text.IndexOf('\uDB40') < 0)
            return text;
        var bare = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\uDB40' && i + 1 < text.Length && text[i + 1] is >= '\uDC00' and <= '\uDC7F')
                i++;
            else
                bare.Append(text[i]);
        }
        return bare.ToString();
    }
}
