using System;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// CMP over HTTP and HTTPS (RFC 9811): each message is the body of a POST, each answer the body of its response. Drafts before RFC 6712 put a TCP-Message
/// around it (<see cref="HttpDialect"/>), by which a server can also say that the answer is not there yet.
/// One instance keeps its connections for all transactions that run over it, also at once.
/// </summary>
/// <remarks>
/// Errors beside those of <see cref="ICmpTransport"/>: <c>CmpTransport.ConnectFailed</c>, <c>.ConnectTimeout</c>, <c>.Timeout</c>, <c>.ConnectionClosed</c>,
/// <c>.TlsFailed</c>, <c>.ProxyFailed</c>; <c>CmpHttp.&lt;status&gt;</c> where a status stands alone, <c>.ContentType</c>, <c>.ContentEncoding</c>,
/// <c>.HeadersTooLarge</c>, <c>.InvalidResponse</c>, <c>.NotKept</c>; <c>CmpTcp.…</c> for TCP-Messages.
/// </remarks>
public sealed class HttpTransport : IReferenceTransport
{
    private static readonly HttpDialect OldStyle = HttpDialect.Of(HttpGeneration.CmpHttp00);

    private readonly HttpTransportSettings _settings;
    private readonly HttpTarget _target;
    private readonly HttpCaller _caller;
    private readonly HttpDialect _first;
    private volatile HttpDialect _dialect;

    /// <summary>Makes a road to a server; nothing is sent yet.</summary>
    /// <param name="settings">How the server is reached.</param>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidUri</c>, <c>CmpTransport.InvalidProxy</c>, <c>CmpTransport.InvalidSetting</c>, <c>CmpPlatform.NotSupported</c>.</exception>
    public HttpTransport(HttpTransportSettings settings)
    {
        _settings = settings;
        _target = new HttpTarget(settings);
        _dialect = _first = DialectOf(settings, _target.IsFramed);
        EnsureSpoken(settings.HttpVersion, settings.KeepAlive);
        settings.Check();
        _caller = new HttpCaller(settings, _target);
    }

    /// <summary>Whether a proxy stands on the way to the server.</summary>
    internal bool IsOverProxy => _caller.IsOverProxy;

    /// <inheritdoc/>
    public async Task<TransportReply> ExchangeAsync(TransportRequest request, CancellationToken cancellationToken)
    {
        HttpDialect dialect = _dialect;
        TransportReply reply = await _caller.AskAsync(HttpQuestion.Of(dialect, request), cancellationToken).ConfigureAwait(false);
        if (dialect.Framing == TcpMessageStyle.Version10 && _settings.TcpStyle is null && FramedIn(reply) is { Style: TcpMessageStyle.Rfc2510, Type: TcpMessageType.ErrorMsgRep })
        {
            reply = await _caller.AskAsync(HttpQuestion.Of(OldStyle, request), cancellationToken).ConfigureAwait(false);
            // an error once more is no word of the old style: the next message starts as this one did
            if (FramedIn(reply) is { Style: TcpMessageStyle.Rfc2510, Type: not TcpMessageType.ErrorMsgRep })
                _dialect = OldStyle;
        }
        else if (dialect != _first && FramedIn(reply) is { Style: TcpMessageStyle.Version10 } or { Type: TcpMessageType.ErrorMsgRep })
        {
            // who answers in version 10 speaks it, and who does not understand the old style need not speak it, whoever it was that spoke for the server before
            _dialect = _first;
        }
        return Unwrap(reply, dialect, request.Operation, asked: null);
    }

    /// <inheritdoc/>
    public async Task<TransportReply> CollectAsync(string ticket, CancellationToken cancellationToken)
    {
        // a text that knows the media type of TCP-Messages takes them, and with them their references
        bool takesTickets = _settings.Lenient || _dialect.Framing is not null || _dialect.Has(CmpMediaType.PkixcmpPoll);
        if (!takesTickets || !HttpTicket.TryParse(ticket, out HttpTicket parsed))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.UnknownTicket", !takesTickets
                ? "HTTP gives no tickets to collect an answer with."
                : "'" + PeerText.Escape(ticket, 100) + "' is no ticket of this transport.");
        }
        // what was said in one style is asked for in it, and who gave a reference in the old style speaks it
        HttpDialect dialect = _dialect;
        if (parsed.Tcp.Style != dialect.Framing)
            dialect = parsed.Tcp.Style == TcpMessageStyle.Rfc2510 ? OldStyle : HttpDialect.Of(HttpGeneration.Transport02);
        if (dialect == OldStyle && _dialect.Framing is not null && _settings.TcpStyle is null)
            _dialect = dialect;
        TransportReply reply = await _caller.AskAsync(HttpQuestion.Poll(dialect, parsed), cancellationToken).ConfigureAwait(false);
        return Unwrap(reply, dialect, parsed.Operation, parsed.Tcp);
    }

    /// <inheritdoc/>
    public string TicketOf(PollingReference reference) => new HttpTicket(CmpOperation.Announcement, new TcpTicket(_dialect.Framing ?? TcpMessageStyle.Version10, reference)).ToString();

    /// <summary>
    /// Asks for what a CA announces by GET, as drafts before RFC 6712 had it (draft-ietf-pkix-cmp-transport-protocols-11 3.7.2): below the server's path, which is sent as it is written.
    /// All that holds for messages holds here: proxy, TLS, times, bounds and redirects.
    /// </summary>
    /// <param name="announcement">What is asked for.</param>
    /// <param name="cancellationToken">Ends the wait at once and closes what it waits on.</param>
    /// <returns>A message; nothing where the server has none (404, 204).</returns>
    /// <exception cref="CmpException">As for <see cref="ExchangeAsync"/>: <c>CmpHttp.405</c> and the like where the server has no GET; <c>CmpTransport.InvalidUri</c>: its address has a query already;
    /// <c>CmpHttp.AnnouncementTarget</c>: what is asked for is too long. Nothing was sent then.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<TransportReply> GetAsync(AnnouncementTarget announcement, CancellationToken cancellationToken)
    {
        HttpDialect dialect = _dialect;
        TransportReply reply = await _caller.AskAsync(HttpQuestion.Get(dialect, announcement), cancellationToken).ConfigureAwait(false);
        return Unwrap(reply, dialect, CmpOperation.Announcement, asked: null);
    }

    /// <summary>Closes all connections; exchanges that are under way fail.</summary>
    public void Dispose() => _caller.Dispose();

    private static void EnsureSpoken(Version version, KeepAliveMode keepAlive)
    {
        if (version != System.Net.HttpVersion.Version10 && version != System.Net.HttpVersion.Version11 && version != HttpCaller.Http2)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting", "HTTP " + version + " is not spoken here.")
            {
                RecommendedAction = "Use -HttpVersion 1.0, 1.1 or, in PowerShell 7, 2.0.",
            };
        }
        if (version == HttpCaller.Http2 && keepAlive == KeepAliveMode.No)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting", "HTTP/2 has one connection for many messages.")
            {
                RecommendedAction = "Where each message is to have its own, use -HttpVersion 1.1; else leave -KeepAlive No out.",
            };
        }
#if !NET
        if (version == HttpCaller.Http2)
        {
            throw new CmpException(CmpErrorKind.Platform, "CmpPlatform.NotSupported", "Windows PowerShell does not speak HTTP/2.")
            {
                RecommendedAction = "Use PowerShell 7, or -HttpVersion 1.1.",
            };
        }
#endif
    }

    private static HttpDialect DialectOf(HttpTransportSettings settings, bool isFramed)
    {
        HttpDialect dialect = settings.Generation is { } named ? HttpDialect.Of(named)
            : !isFramed ? HttpDialect.Of(HttpGeneration.Rfc9811)
            : settings.TcpStyle == TcpMessageStyle.Rfc2510 ? OldStyle
            : HttpDialect.Of(HttpGeneration.Transport02);
        if (dialect.Framing is not null != isFramed)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting",
                "The address " + PeerText.Escape(settings.Uri.OriginalString) + (isFramed ? " says that TCP-Messages go in the bodies" : " says that messages go in the bodies as they are")
                + ", which " + dialect.Generation + " does not know.")
            {
                RecommendedAction = isFramed
                    ? "Write the address as http:// or https://, or name a generation that has TCP-Messages: CmpHttp00, Transport00, Transport02, Transport05."
                    : "Write the address as http+tcp:// or https+tcp://, or name a generation without TCP-Messages.",
            };
        }
        if (isFramed && settings.TcpStyle is { } style && style != dialect.Framing)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting",
                dialect.Generation + " has TCP-Messages of the style " + dialect.Framing + ", and " + style + " is wanted.")
            {
                RecommendedAction = "Name either -HttpGeneration or -TcpStyle; a preset may have named the style.",
            };
        }
        return dialect;
    }

    /// <summary>The TCP-Message in an answer, if there is one.</summary>
    private TcpMessage? FramedIn(TransportReply reply) =>
        reply is TransportReply.Octets body && HttpBody.IsFramed(body.Value.Span) ? TcpMessage.Decode(body.Value, _settings.MaxResponseBytes) : null;

    /// <summary>What an answer says, when the TCP-Message around it is gone, be it due or not.</summary>
    private TransportReply Unwrap(TransportReply reply, HttpDialect dialect, CmpOperation operation, TcpTicket? asked)
    {
        if (reply is not TransportReply.Octets body)
            return reply;
        if (FramedIn(reply) is not { } message)
            return dialect.Framing is null ? body : body.Warn("The answer is no TCP-Message.");
        TransportReply said;
        try
        {
            said = TcpAnswer.Read(message, asked, _target.Server, _settings.MaxResponseBytes, _settings.Clock());
        }
        catch (CmpException) when (body.StatusError is not null && message.Type != TcpMessageType.ErrorMsgRep)
        {
            throw body.StatusError;
        }
        if (said is TransportReply.Octets octets)
        {
            body = body with
            {
                Value = octets.Value,
                Next = octets.Next is { } next ? Ticketed(next, operation) : null,
            };
            return dialect.Framing is null ? body.Warn("The answer is a TCP-Message.") : body;
        }
        // only a message counts whatever the status (rule 55)
        if (body.StatusError is not null)
            throw body.StatusError;
        return said is TransportReply.NotYet later ? Ticketed(later, operation) : said;
    }

    /// <summary>The ticket of this road for that of a TCP-Message.</summary>
    private static TransportReply.NotYet Ticketed(TransportReply.NotYet later, CmpOperation operation) =>
        TcpTicket.TryParse(later.Ticket, out TcpTicket ticket) ? later with { Ticket = new HttpTicket(operation, ticket).ToString() } : later;
}
