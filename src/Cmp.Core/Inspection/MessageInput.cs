using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Framing;
using Cmp.Inspection.Captures;
using Cmp.Messages.Asn1;

namespace Cmp.Inspection;

/// <summary>
/// Finds the messages in octets or texts that somebody has at hand. What they are is told by their content: DER, several in a row; PEM, base64,
/// hexadecimal; TCP-Messages of both styles; HTTP with its head; a mail.
/// </summary>
public static class MessageInput
{
    private const int MaxMessages = 10_000;

    private static readonly byte[][] HttpWords = [[.. "HTTP/"u8], [.. "POST "u8], [.. "GET "u8], [.. "PUT "u8]];
    private static readonly byte[] HeadEnd = [.. "\r\n\r\n"u8];
    private static readonly byte[] BareHeadEnd = [.. "\n\n"u8];
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Finds them in octets.</summary>
    /// <param name="octets">The octets, of a file for example.</param>
    /// <param name="limits">How large a message may be: as large as a CRL.</param>
    /// <param name="warn">Hears of what was tolerated or left out, one sentence, escaped.</param>
    /// <returns>The octets of each message, which need not decode; at least one.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.NotAMessage</c>: there is none; <c>CmpMail.…</c>: the mail cannot be read, or has none.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> octets, CmpLimits limits, Action<string>? warn = null)
    {
        if (MessageStart.IsMessage(octets.Span))
            return Split(octets, limits);
        if (CaptureFormat.IsCapture(octets.Span))
            throw MessageStart.NotAMessage(octets, "They begin as captures of network traffic do, and those are read from files: name it by -CapturePath.");
        if (HttpWords.Any(word => octets.Span.StartsWith(word)))
            return ReadHttp(octets, limits, warn);
        if (ReadFrames(octets, limits, warn) is { Count: > 0 } framed)
            return framed;
        return TextOf(octets) is { } text ? ReadText(text, octets, limits, warn) : throw MessageStart.NotAMessage(octets);
    }

    /// <summary>Finds them in a text.</summary>
    /// <param name="text">PEM, base64, hexadecimal, each line one or all together, or a mail.</param>
    /// <param name="limits">How large a message may be.</param>
    /// <param name="warn">Hears of what was tolerated or left out.</param>
    /// <returns>As <see cref="Read(ReadOnlyMemory{byte}, CmpLimits, Action{string}?)"/>.</returns>
    /// <exception cref="CmpException">As <see cref="Read(ReadOnlyMemory{byte}, CmpLimits, Action{string}?)"/>.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Read(string text, CmpLimits limits, Action<string>? warn = null) => ReadText(text, Encoding.UTF8.GetBytes(text), limits, warn);

    /// <summary>Whether a text is one whole message by itself, so that no further lines are waited for.</summary>
    /// <param name="text">A line in hexadecimal or base64.</param>
    /// <returns>True where its octets are as many as its outer length says.</returns>
    public static bool IsWhole(string text)
    {
        if (Decode(text) is not { } octets || !MessageStart.IsMessage(octets))
            return false;
        try
        {
            return MessageOctets.ReadLength(octets, int.MaxValue) == octets.Length;
        }
        catch (CmpException)
        {
            return false;
        }
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>> ReadText(string text, ReadOnlyMemory<byte> octets, CmpLimits limits, Action<string>? warn)
    {
        if (text.IndexOf("-----BEGIN ", StringComparison.Ordinal) >= 0)
            return ReadPem(octets, warn);
        string[] lines = [.. text.Split('\n').Where(line => line.Trim().Length > 0)];
        if (lines.Length is > 1 and <= MaxMessages && lines.All(IsWhole))
            return [.. lines.Select(line => new ReadOnlyMemory<byte>(Decode(line)))];
        if (Decode(text) is { Length: > 0 } whole && !MayBeMail(text))
            return Read(whole, limits, warn);
        return MayBeMail(text) ? [ReadMail(octets, limits, warn)] : throw MessageStart.NotAMessage(octets);
    }

    /// <summary>One message, or several with nothing between them. What follows the last stays with it: it is a finding.</summary>
    private static IReadOnlyList<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> octets, CmpLimits limits)
    {
        var messages = new List<ReadOnlyMemory<byte>>();
        while (messages.Count < MaxMessages && LengthOf(octets.Span, limits) is > 0 and int length && length < octets.Length && MessageStart.IsMessage(octets.Span.Slice(length)))
        {
            messages.Add(octets.Slice(0, length));
            octets = octets.Slice(length);
        }
        messages.Add(octets);
        return messages;
    }

    private static int LengthOf(ReadOnlySpan<byte> octets, CmpLimits limits)
    {
        try
        {
            return MessageOctets.ReadLength(octets, limits.MaxCrlBytes);
        }
        catch (CmpException)
        {
            return 0;
        }
    }

    /// <summary>TCP-Messages, one after the other to the end; what says nothing of CMP is left out. Nothing where they are none.</summary>
    private static IReadOnlyList<ReadOnlyMemory<byte>> ReadFrames(ReadOnlyMemory<byte> octets, CmpLimits limits, Action<string>? warn)
    {
        var messages = new List<ReadOnlyMemory<byte>>();
        int others = 0;
        try
        {
            while (!octets.IsEmpty && messages.Count < MaxMessages)
            {
                int length = TcpMessage.ReadLength(octets.Span, limits.MaxCrlBytes);
                if (length == 0 || length > octets.Length)
                    return [];
                var frame = TcpMessage.Decode(octets.Slice(0, length), limits.MaxCrlBytes);
                if (frame.Type is TcpMessageType.PkiReq or TcpMessageType.PkiRep or TcpMessageType.PartialMsgRep)
                    messages.Add(frame.PkiMessage(limits.MaxCrlBytes));
                else
                    others++;
                octets = octets.Slice(length);
            }
        }
        catch (CmpException)
        {
            return [];
        }
        if (messages.Count > 0 && others > 0)
            warn?.Invoke($"{others} TCP-Messages carry no message of CMP, and were left out.");
        return messages;
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>> ReadHttp(ReadOnlyMemory<byte> octets, CmpLimits limits, Action<string>? warn)
    {
        int end = octets.Span.IndexOf(HeadEnd);
        int body = end < 0 ? octets.Span.IndexOf(BareHeadEnd) + BareHeadEnd.Length : end + HeadEnd.Length;
        bool hasBody = body >= BareHeadEnd.Length && body < octets.Length;
        return hasBody ? Read(octets.Slice(body), limits, warn) : throw MessageStart.NotAMessage(octets);
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>> ReadPem(ReadOnlyMemory<byte> octets, Action<string>? warn)
    {
        IReadOnlyList<PemBlock> blocks;
        try
        {
            blocks = Pem.Read(octets.ToArray());
        }
        catch (FormatException e)
        {
            throw MessageStart.NotAMessage(octets, e.Message);
        }
        List<ReadOnlyMemory<byte>> messages = [.. blocks.Where(block => MessageStart.IsMessage(block.Octets)).Select(block => new ReadOnlyMemory<byte>(block.Octets))];
        if (messages.Count == 0)
            throw MessageStart.NotAMessage(octets, $"The PEM blocks are {string.Join(", ", blocks.Select(block => PeerText.Escape(block.Label, 100)).Distinct().Take(5))}.");
        if (messages.Count < blocks.Count)
            warn?.Invoke($"{blocks.Count - messages.Count} of {blocks.Count} PEM blocks are no CMP messages, and were left out.");
        return messages;
    }

    private static ReadOnlyMemory<byte> ReadMail(ReadOnlyMemory<byte> mail, CmpLimits limits, Action<string>? warn)
    {
        switch (MailReader.Read(mail, limits.MaxCrlBytes, lenient: true))
        {
            case MailContent.Message message:
                if (message.Warning is { } warning)
                    warn?.Invoke(warning);
                return message.Octets;
            case MailContent.Words words:
                throw MessageStart.NotAMessage(mail, $"If it is a mail, it has no message: {words.Text}");
            case MailContent.Bounce bounce:
                throw MessageStart.NotAMessage(mail, $"It is a report that a mail did not arrive: {bounce.Text}");
            default:
                throw MessageStart.NotAMessage(mail, "If it is a mail, it ends in the middle.");
        }
    }

    /// <summary>The first line is a field: a name of letters and hyphens, and a colon.</summary>
    private static bool MayBeMail(string text)
    {
        int colon = text.IndexOf(':');
        return colon > 0 && text.Take(colon).All(c => c == '-' || (c < 128 && char.IsLetter(c))) && text.Take(colon).Any(c => !Uri.IsHexDigit(c));
    }

    /// <summary>Hexadecimal with blanks, colons, hyphens, commas and 0x between or before the octets, or base64 in lines.</summary>
    private static byte[]? Decode(string text)
    {
        var plain = new StringBuilder(text.Length);
        bool isHex = true;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (char.IsWhiteSpace(c) || c == '\uFEFF')
                continue;
            plain.Append(c);
            isHex &= Uri.IsHexDigit(c) || c is ':' or '-' or ',' or 'x' or 'X';
        }
        return (isHex ? FromHex(plain.ToString()) : null) ?? FromBase64(plain.ToString());
    }

    private static byte[]? FromHex(string text)
    {
        var digits = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '0' && i + 1 < text.Length && text[i + 1] is 'x' or 'X')
                i++;
            else if (Uri.IsHexDigit(c))
                digits.Append(c);
            else if (c is 'x' or 'X')
                return null;
        }
        return digits.Length % 2 == 0 ? Hex.Parse(digits.ToString()) : null;
    }

    private static byte[]? FromBase64(string text)
    {
        try
        {
            return Convert.FromBase64String(text.Replace('-', '+').Replace('_', '/'));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>The octets as a text; <see langword="null"/> where they are none.</summary>
    private static string? TextOf(ReadOnlyMemory<byte> octets)
    {
        ReadOnlySpan<byte> span = octets.Span;
        byte[] array = octets.ToArray();
        try
        {
            string text = span.StartsWith(new byte[] { 0xFF, 0xFE }) ? Encoding.Unicode.GetString(array)
                : span.StartsWith(new byte[] { 0xFE, 0xFF }) ? Encoding.BigEndianUnicode.GetString(array)
                : StrictUtf8.GetString(array);
            text = text.TrimStart('\uFEFF');
            return text.Length > 0 && text.IndexOf('\0') < 0 ? text : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
