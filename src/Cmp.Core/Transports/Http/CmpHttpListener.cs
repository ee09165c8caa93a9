using System;
#if NET
using System.Net.Security;
#endif
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>
/// An HTTP/1.1 server for CMP and nothing else: on sockets of its own, since HttpListener has no TLS off Windows and needs URL rights on it.
/// It is bounded in connections, sizes and times, answers whatever it does not understand with the status that HTTP has for it,
/// and tells a peer nothing about what went wrong inside.
/// </summary>
/// <remarks>
/// The status codes: 400 malformed, 405 another method than POST, 408 too slow, 411 no Content-Length, 413 body too large, 415 not CMP,
/// 417 an unknown expectation, 431 header too large, 500 the handler failed, 503 too many connections, 505 another HTTP.
/// </remarks>
public sealed class CmpHttpListener : IFinishingListener
{
    private readonly ConnectionAcceptor _acceptor;

    private CmpHttpListener(
        HttpListenerSettings settings,
        Func<TransportRequest, CancellationToken, Task<TransportReply>> handler,
        Func<string, CancellationToken, Task<TransportReply>>? collect)
    {
        Settings = settings;
        Handler = handler;
        if (settings.TcpMessages)
            TcpMessages = new TcpMessageResponder(handler, collect, settings.MaxRequestBytes, settings.HandlerFailed, settings.Refused, settings.Clock);
#if NET
        if (settings.Certificate is not null)
            CertificateContext = SslStreamCertificateContext.Create(settings.Certificate, additionalCertificates: null, offline: true);
#endif
        _acceptor = new ConnectionAcceptor(settings, saysNo: settings.Certificate is null, socket => new ListenerConnection(this, socket), ListenerConnection.Busy);
        Uri = _acceptor.UriOf((settings.Certificate is null ? "http" : "https") + (settings.TcpMessages ? "+tcp" : string.Empty));
        _acceptor.Begin();
    }

    /// <summary>Where the listener is reached, with the port that it has. One that understands TCP-Messages is named by <c>http+tcp</c>, and reached by <c>http</c>, too.</summary>
    public Uri Uri { get; }

    /// <summary>What the listener bears.</summary>
    internal HttpListenerSettings Settings { get; }

    /// <summary>What answers.</summary>
    internal Func<TransportRequest, CancellationToken, Task<TransportReply>> Handler { get; }

    /// <summary>What answers TCP-Messages, where they are understood.</summary>
    internal TcpMessageResponder? TcpMessages { get; }

#if NET
    /// <summary>The certificate for TLS, prepared once; its chain is not looked for elsewhere.</summary>
    internal SslStreamCertificateContext? CertificateContext { get; }
#endif

    /// <summary>Cancelled when the listener stops.</summary>
    internal CancellationToken Stopping => _acceptor.Stopping;

    /// <summary>Begins to listen.</summary>
    /// <param name="settings">Where, and what is borne.</param>
    /// <param name="handler">Gets each message that arrives, several at once, and answers it: <see cref="TransportReply.Octets"/> or <see cref="TransportReply.Nothing"/>,
    /// with their HTTP status if it is not to be 200; to a TCP-Message also <see cref="TransportReply.NotYet"/>, whose ticket is a <see cref="Framing.PollingReference"/>.
    /// Its token is cancelled when the listener stops.</param>
    /// <param name="collect">Gets the polling references by which clients ask later, and answers as <paramref name="handler"/> does; one that it does not know is
    /// <c>CmpTransport.UnknownTicket</c>. <see langword="null"/> where none are given.</param>
    /// <returns>The listener; it listens until it is disposed.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.ListenFailed</c>: the address or port cannot be had; <c>CmpTransport.InvalidSetting</c>: the TLS certificate has no private key.</exception>
    public static CmpHttpListener Start(
        HttpListenerSettings settings,
        Func<TransportRequest, CancellationToken, Task<TransportReply>> handler,
        Func<string, CancellationToken, Task<TransportReply>>? collect = null)
    {
        if (settings.Certificate is { HasPrivateKey: false })
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting", "The certificate to speak TLS with has no private key.");
        return new CmpHttpListener(settings, handler, collect);
    }

    /// <summary>Stops listening, closes every connection at once, and waits until their work has ended; for a handler that does not heed its token, 5 seconds at most.</summary>
    /// <returns>The end of it.</returns>
    public Task StopAsync() => _acceptor.StopAsync();

    /// <summary>Closes the connections whose requests are not whole, waits until the handler's answers are sent, 5 seconds at most, and stops.</summary>
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
