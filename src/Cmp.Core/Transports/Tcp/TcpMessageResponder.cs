using System;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// Has the TCP-Messages of clients answered, be they bodies of HTTP or frames of a connection: one answer for each question, in the style of the question
/// (draft-ietf-pkix-cmp-transport-protocols-05 3.3). The close flag is the connection's affair.
/// </summary>
/// <param name="handler">Gets each PKIMessage that arrives.</param>
/// <param name="collect">Gets each polling reference, as <see cref="PollingReference.ToString"/> writes it; <see langword="null"/> where there are none to give.</param>
/// <param name="maxBytes">Octets of a PKIMessage.</param>
/// <param name="failed">Hears of what a handler threw; the peer is told that something went wrong, and nothing else.</param>
/// <param name="refused">Hears of what is answered by an error without a handler.</param>
/// <param name="clock">The time.</param>
internal sealed class TcpMessageResponder(
    Func<TransportRequest, CancellationToken, Task<TransportReply>> handler,
    Func<string, CancellationToken, Task<TransportReply>>? collect,
    int maxBytes,
    Action<Exception>? failed,
    Action<ListenerRefusal>? refused,
    Func<DateTimeOffset> clock)
{
    private const string UnknownTicket = "CmpTransport.UnknownTicket";
    private const string UnknownReference = "The polling reference is not known.";
    private const string NoQuestion = "A server does not expect such a message.";

    /// <summary>The answer to a version that is too high.</summary>
    public static readonly TcpMessage VersionNotSupported =
        Error(TcpMessageStyle.Version10, TcpErrorType.VersionNotSupported, [TcpMessage.Version], "The highest version is 10.");

    /// <summary>Answers one message.</summary>
    /// <param name="asked">The message.</param>
    /// <param name="request">What is known of it beside its octets: the operation, the path, the peer.</param>
    /// <param name="cancellationToken">Goes to the handlers.</param>
    /// <returns>The answer; an errorMsgRep where the message makes no sense or a handler failed.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<TcpMessage> AnswerAsync(TcpMessage asked, TransportRequest request, CancellationToken cancellationToken)
    {
        Func<Task<TransportReply>> ask;
        PollingReference reference = default;
        try
        {
            switch (asked.Type)
            {
                case TcpMessageType.PkiReq:
                    request = request with { Octets = asked.PkiMessage(maxBytes), CanPoll = collect is not null };
                    ask = () => handler(request, cancellationToken);
                    break;
                case TcpMessageType.PollReq:
                    reference = asked.PollingReference();
                    if (collect is null)
                        return Refuse(InvalidPollId(asked.Style, reference), request, UnknownReference);
                    ask = () => collect(reference.ToString(), cancellationToken);
                    break;
                default:
                    return Refuse(Error(asked.Style, TcpErrorType.InvalidMessageType, [(byte)asked.Type], NoQuestion), request, NoQuestion);
            }
        }
        catch (CmpException e)
        {
            return Refuse(Error(asked.Style, TcpErrorType.GeneralClientError, [], e.Message), request, e.Message);
        }
        try
        {
            return Wrap(await ask().ConfigureAwait(false), asked.Style);
        }
        catch (CmpException e) when (e.ErrorId == UnknownTicket && asked.Type == TcpMessageType.PollReq)
        {
            return InvalidPollId(asked.Style, reference);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            failed?.Invoke(e);
            return Error(asked.Style, TcpErrorType.GeneralServerError, [], "The server failed.");
        }
    }

    private TcpMessage Refuse(TcpMessage error, TransportRequest request, string reason)
    {
        refused?.Invoke(new ListenerRefusal(400, reason, request.From));
        return error;
    }

    private TcpMessage Wrap(TransportReply reply, TcpMessageStyle style)
    {
        switch (reply)
        {
            case TransportReply.Octets { Next: { } next } part when style == TcpMessageStyle.Rfc2510 && PollingReference.TryParse(next.Ticket, out PollingReference reference):
                return TcpMessage.PartialMsgRep(reference, CheckBackTime.Write(next.NotBefore, style, clock()), part.Value);
            case TransportReply.Octets { Next: null } octets:
                return new TcpMessage(style, TcpMessageType.PkiRep, octets.Value);
            case TransportReply.Nothing { HttpStatus: null or (>= 200 and < 300) }:
                return TcpMessage.FinRep(style);
            case TransportReply.Nothing { HttpStatus: { } status } when TcpStatus.Of(status) is { } error:
                return Error(style, error, [], TcpStatus.Words(status));
            case TransportReply.NotYet later when PollingReference.TryParse(later.Ticket, out PollingReference reference):
                return TcpMessage.PollRep(style, reference, CheckBackTime.Write(later.NotBefore, style, clock()));
            default:
                throw new InvalidOperationException("A TCP-Message carries a message, nothing, or a polling reference, and a message with a reference in the old style only.");
        }
    }

    private static TcpMessage InvalidPollId(TcpMessageStyle style, PollingReference reference)
    {
        uint value = reference.Value;
        return Error(style, TcpErrorType.InvalidPollId, [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value], UnknownReference);
    }

    /// <summary>An errorMsgRep; in the old style it is its text.</summary>
    /// <param name="style">The style.</param>
    /// <param name="type">What it is about.</param>
    /// <param name="data">What belongs to the type.</param>
    /// <param name="text">A sentence.</param>
    /// <returns>The message.</returns>
    public static TcpMessage Error(TcpMessageStyle style, TcpErrorType type, byte[] data, string text) => new(style, TcpMessageType.ErrorMsgRep,
        style == TcpMessageStyle.Rfc2510 ? System.Text.Encoding.ASCII.GetBytes(text) : new TcpErrorMessage(type, data, text).ToArray());
}
