using System;
using System.Globalization;
using Cmp.Framing;

namespace Cmp.Inspection.Captures;

/// <summary>Says what a TCP-Message says, in one line, escaped, and takes from it what it carries.</summary>
internal static class TcpMessageText
{
    private const int PollingOctets = 8;
    private const int MaxShown = 200;

    /// <summary>What it says.</summary>
    /// <param name="message">The message, of whatever type.</param>
    /// <returns>As in <c>pollRep 00000001, 30 s</c>; its name is the one of its style.</returns>
    public static string Of(TcpMessage message)
    {
        string text = NameOf(message.Style, (byte)message.Type);
        try
        {
            text += message.Type switch
            {
                TcpMessageType.PollReq => " " + message.PollingReference(),
                TcpMessageType.PollRep or TcpMessageType.PartialMsgRep => " " + message.PollingReference() + ", " + CheckBack(message),
                TcpMessageType.ErrorMsgRep => " " + Error(message),
                _ => "",
            };
        }
        catch (CmpException)
        {
            text += ", whose value of " + Number(message.Value.Length) + " octets does not fit its type";
        }
        return (message.Closes ? text + ", close" : text).TrimEnd();
    }

    /// <summary>What a type is called.</summary>
    /// <param name="style">The style of its message.</param>
    /// <param name="type">The type; a peer's may be any number.</param>
    /// <returns>The name in the text of that style (RFC 2510 5.2, the drafts).</returns>
    public static string NameOf(TcpMessageStyle style, byte type) => (TcpMessageType)type switch
    {
        TcpMessageType.PkiReq => style == TcpMessageStyle.Rfc2510 ? "pkiMsg" : "pkiReq",
        TcpMessageType.PollRep => "pollRep",
        TcpMessageType.PollReq => "pollReq",
        TcpMessageType.FinRep => style == TcpMessageStyle.Rfc2510 ? "negPollRep" : "finRep",
        TcpMessageType.PartialMsgRep when style == TcpMessageStyle.Rfc2510 => "partialMsgRep",
        TcpMessageType.PkiRep => style == TcpMessageStyle.Rfc2510 ? "finalMsgRep" : "pkiRep",
        TcpMessageType.ErrorMsgRep => "errorMsgRep",
        _ => "TCP-Message of type " + Number(type),
    };

    /// <summary>The octets of the PKIMessage that it carries, judged by nobody.</summary>
    /// <param name="message">The message.</param>
    /// <returns>A slice; empty where it is of a type that carries none.</returns>
    public static ReadOnlyMemory<byte> OctetsOf(TcpMessage message) => message.Type switch
    {
        TcpMessageType.PkiReq or TcpMessageType.PkiRep => message.Value,
        TcpMessageType.PartialMsgRep when message.Value.Length >= PollingOctets => message.Value.Slice(PollingOctets),
        _ => default,
    };

    /// <summary>Whether a type says that a client sends the message, or that a server does.</summary>
    /// <param name="type">The type.</param>
    /// <returns>True for a client; <see langword="null"/> where it says neither.</returns>
    public static bool? IsOfClient(byte type) => (TcpMessageType)type switch
    {
        TcpMessageType.PollReq => true,
        TcpMessageType.PollRep or TcpMessageType.FinRep or TcpMessageType.PartialMsgRep or TcpMessageType.PkiRep or TcpMessageType.ErrorMsgRep => false,
        _ => null,
    };

    /// <summary>RFC 2510 says when as a time, the drafts as seconds from now; whichever it is is shown as such.</summary>
    private static string CheckBack(TcpMessage message)
    {
        uint value = message.CheckBack();
        return CheckBackTime.TimeOf(value, message.Style) is { } time
            ? time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : Number(value) + " s";
    }

    private static string Error(TcpMessage message)
    {
        // the whole value is a text in the old style
        if (message.Style == TcpMessageStyle.Rfc2510)
            return Shown(TcpErrorMessage.ReadText(message.Value.Span));
        TcpErrorMessage error = TcpErrorMessage.Decode(message.Value);
        string text = ((int)error.Type).ToString("X4", CultureInfo.InvariantCulture);
        if (Enum.IsDefined(typeof(TcpErrorType), error.Type))
            text += " " + error.Type;
        if (error.Data.Length is > 0 and <= 16)
        {
            text += " (";
            foreach (byte octet in error.Data.Span)
                text += octet.ToString("X2", CultureInfo.InvariantCulture);
            text += ")";
        }
        return error.Text.Length == 0 ? text : text + ": " + Shown(error.Text);
    }

    private static string Shown(string escaped) => escaped.Length <= MaxShown ? escaped : escaped.Substring(0, MaxShown) + "…";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
