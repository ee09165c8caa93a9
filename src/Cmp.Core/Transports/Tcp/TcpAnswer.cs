using System;
using System.Globalization;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// What a server's TCP-Message means, be it a frame of a connection or the body of an HTTP response. Nobody vouches for anything in it but for the
/// PKIMessage: an error is shown, and ends no transaction (draft-ietf-pkix-cmp-transport-protocols-05 7).
/// </summary>
internal static class TcpAnswer
{
    /// <summary>Reads an answer.</summary>
    /// <param name="message">The message.</param>
    /// <param name="asked">The ticket that was asked with; <see langword="null"/> where a PKIMessage was sent.</param>
    /// <param name="server">Host and port, fit to be shown.</param>
    /// <param name="maxBytes">Octets that a PKIMessage may have.</param>
    /// <param name="now">The time.</param>
    /// <returns>A message, nothing, or a <see cref="TcpTicket"/>.</returns>
    /// <exception cref="CmpException"><c>CmpTcp.VersionNotSupported</c>, <c>.GeneralClientError</c>, <c>.InvalidMessageType</c>, <c>.InvalidPollId</c>, <c>.GeneralServerError</c>,
    /// <c>.Error</c>: an errorMsgRep; <c>CmpTransport.UnknownTicket</c>: one that tells that the reference of a pollReq is not known; <c>CmpTcp.UnexpectedType</c>: no message of a server;
    /// <c>CmpTcp.PollingReference</c>: another reference than the one that was asked with;
    /// <c>CmpTcp.InvalidMessage</c>, <c>CmpMessage.Malformed</c>, <c>CmpMessage.TooLarge</c>: what it carries is broken.</exception>
    public static TransportReply Read(TcpMessage message, TcpTicket? asked, string server, int maxBytes, DateTimeOffset now)
    {
        switch (message.Type)
        {
            // cryptlib has one type for both directions
            case TcpMessageType.PkiRep or TcpMessageType.PkiReq:
                return new TransportReply.Octets(message.PkiMessage(maxBytes));
            case TcpMessageType.PartialMsgRep when message.Style == TcpMessageStyle.Rfc2510:
                return new TransportReply.Octets(message.PkiMessage(maxBytes)) { Next = Later(message, now) };
            case TcpMessageType.FinRep:
                message.EnsureSaysNothing();
                return new TransportReply.Nothing();
            case TcpMessageType.PollRep:
                return Later(message, asked, server, now);
            case TcpMessageType.ErrorMsgRep:
                throw Error(message, asked is not null, server);
            default:
                throw new CmpException(CmpErrorKind.Protocol, "CmpTcp.UnexpectedType",
                    "The server " + server + " answered with a TCP-Message of type " + ((byte)message.Type).ToString(CultureInfo.InvariantCulture) + ", which is no answer.");
        }
    }

    /// <summary>
    /// In version 10 a pollReq has the reference of the pollRep, and that stays the same between polls (transport-protocols-05 3.5.3 and 7): another one
    /// would lead away from the answer. RFC 2510 5.2 says nothing of the kind.
    /// </summary>
    private static TransportReply.NotYet Later(TcpMessage message, TcpTicket? asked, string server, DateTimeOffset now)
    {
        if (message.Style == TcpMessageStyle.Version10 && asked is { Style: TcpMessageStyle.Version10 } before && before.Reference != message.PollingReference())
        {
            throw new CmpException(CmpErrorKind.Protocol, "CmpTcp.PollingReference", "The server " + server + " was asked by the polling reference " + before.Reference
                + " and answered with another one, " + message.PollingReference() + ".");
        }
        return Later(message, now);
    }

    private static TransportReply.NotYet Later(TcpMessage message, DateTimeOffset now) =>
        new(new TcpTicket(message.Style, message.PollingReference()).ToString(), CheckBackTime.Read(message.CheckBack(), message.Style, now));

    private static CmpException Error(TcpMessage message, bool isPoll, string server)
    {
        // the old style has no numbers: what may go wrong with a question for an answer is that nobody knows of it
        if (message.Style == TcpMessageStyle.Rfc2510)
            return Error(isPoll ? "CmpTransport.UnknownTicket" : "CmpTcp.Error", server, string.Empty, TcpErrorMessage.ReadText(message.Value.Span));
        TcpErrorMessage error = TcpErrorMessage.Decode(message.Value);
        string number = "0x" + ((int)error.Type).ToString("X4", CultureInfo.InvariantCulture);
        return error.Type switch
        {
            TcpErrorType.VersionNotSupported => Error("CmpTcp.VersionNotSupported", server, "it does not speak version 10 of TCP-Messages", error.Text),
            TcpErrorType.GeneralClientError => Error("CmpTcp.GeneralClientError", server, "it finds something wrong with what we sent", error.Text),
            TcpErrorType.InvalidMessageType => Error("CmpTcp.InvalidMessageType", server, "it does not expect a TCP-Message of such a type", error.Text),
            TcpErrorType.InvalidPollId => Error(isPoll ? "CmpTransport.UnknownTicket" : "CmpTcp.InvalidPollId", server, "it does not know the polling reference", error.Text),
            TcpErrorType.GeneralServerError => Error("CmpTcp.GeneralServerError", server, "something went wrong with it", error.Text),
            _ => Error("CmpTcp.Error", server, "error " + number, error.Text),
        };
    }

    private static CmpException Error(string errorId, string server, string what, string text) => new(CmpErrorKind.Protocol, errorId,
        "The server " + server + " answered with an error of TCP-Messages" + (what.Length == 0 ? "" : ": " + what) + (text.Length == 0 ? "." : ": " + text));
}
