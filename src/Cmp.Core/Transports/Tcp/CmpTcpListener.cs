using System;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// A server for TCP-Messages in both styles (draft-ietf-pkix-cmp-transport-protocols-06 3, RFC 2510 5.2): one answer for each question, in the style of the question.
/// It is bounded in connections, sizes and times, answers what it does not understand by an errorMsgRep and the end of the connection, and tells a peer nothing
/// about what went wrong inside.
/// </summary>
public sealed class CmpTcpListener : IFinishingListener
{
    private readonly ConnectionAcceptor _acceptor;

    private CmpTcpListener(
        TcpListenerSettings settings,
        Func<TransportRequest, CancellationToken, Task<TransportReply>> handler,
        Func<string, CancellationToken, Task<TransportReply>>? collect)
    {
        Settings = settings;
        Responder = new TcpMessageResponder(handler, collect, settings.MaxRequestBytes, settings.HandlerFailed, settings.Refused, settings.Clock);
        _acceptor = new ConnectionAcceptor(settings, saysNo: true, socket => new TcpListenerConnection(this, socket));
        Uri = _acceptor.UriOf("tcp");
        _acceptor.Begin();
    }

    /// <summary>Where the listener is reached, with the port that it has.</summary>
    public Uri Uri { get; }

    /// <summary>What the listener bears.</summary>
    internal TcpListenerSettings Settings { get; }

    /// <summary>What answers.</summary>
    internal TcpMessageResponder Responder { get; }

    /// <summary>Cancelled when the listener stops.</summary>
    internal CancellationToken Stopping => _acceptor.Stopping;

    /// <summary>Begins to listen.</summary>
    /// <param name="settings">Where, and what is borne.</param>
    /// <param name="handler">Gets each message that arrives, several at once, and answers it: <see cref="TransportReply.Octets"/>, <see cref="TransportReply.Nothing"/>,
    /// whose HTTP status, if it has one that is no success, becomes an errorMsgRep, or <see cref="TransportReply.NotYet"/>, whose ticket is a <see cref="PollingReference"/>. Its token is cancelled when the listener stops.</param>
    /// <param name="collect">Gets the polling references by which clients ask later, and answers as <paramref name="handler"/> does; one that it does not know is
    /// <c>CmpTransport.UnknownTicket</c>. <see langword="null"/> where none are given.</param>
    /// <returns>The listener; it listens until it is disposed.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.ListenFailed</c>: the address or port cannot be had.</exception>
    public static CmpTcpListener Start(
        TcpListenerSettings settings,
        Func<TransportRequest, CancellationToken, Task<TransportReply>> handler,
        Func<string, CancellationToken, Task<TransportReply>>? collect = null) => new(settings, handler, collect);

    /// <summary>Stops listening, closes every connection at once, and waits until their work has ended; for a handler that does not heed its token, 5 seconds at most.</summary>
    /// <returns>The end of it.</returns>
    public Task StopAsync() => _acceptor.StopAsync();

    /// <summary>Closes the connections whose messages are not whole, waits until the handler's answers are sent, 5 seconds at most, and stops.</summary>
    /// <returns>The end of it.</returns>
    public Task FinishAsync() => _acceptor.FinishAsync();

    /// <summary>Does what <see cref="StopAsync"/> does, and waits for it.</summary>
    public void Dispose() => StopAsync().GetAwaiter().GetResult();

#if NET
    /// <summary>Does what <see cref="StopAsync"/> does.</summary>
    /// <returns>The end of it.</returns>
    public ValueTask DisposeAsync() => new(StopAsync());
#endif
}
