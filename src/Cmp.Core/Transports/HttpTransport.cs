using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Security.Cryptography.X509Certificates;
using System.Text;
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
public sealed class HttpTransport : ICmpTransport
{
    private const int FirstRead = 4096;
    private const int MaxShown = 400;
    private const int MaxRedirects = 5;
    private static readonly Version Http2 = new(2, 0);
    private static readonly TimeSpan ShownTimeout = TimeSpan.FromSeconds(3);
    private static readonly string UserAgent = "Cmp/" + typeof(HttpTransport).Assembly.GetName().Version!.ToString(3);

    private readonly HttpTransportSettings _settings;
    private readonly HttpTarget _target;
    private readonly ProxyRule _proxies;
    private readonly X509Certificate2? _certificate;
    private readonly HttpMessageInvoker _http;
    private readonly Lazy<HttpMessageInvoker> _elsewhere;
    private volatile HttpDialect _dialect;

    /// <summary>Makes a road to a server; nothing is sent yet.</summary>
    /// <param name="settings">How the server is reached.</param>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidUri</c>, <c>CmpTransport.InvalidProxy</c>, <c>CmpTransport.InvalidSetting</c>, <c>CmpPlatform.NotSupported</c>.</exception>
    public HttpTransport(HttpTransportSettings settings)
    {
        _settings = settings;
        _target = new HttpTarget(settings);
        _dialect = DialectOf(settings, _target.IsFramed);
        EnsureSpoken(settings.HttpVersion);
        if (settings.ConnectTimeout <= TimeSpan.Zero || settings.ExchangeTimeout <= TimeSpan.Zero || settings.MaxResponseBytes <= 0 || settings.MaxConnections <= 0)
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting", "Times, sizes and counts of a connection must be positive.");
        _proxies = new ProxyRule(settings with { Uri = _target.Root });
        _certificate = settings.TlsClientCertificate is { } certificate ? TlsIdentity.Of(certificate) : null;
        _http = new HttpMessageInvoker(HttpHandlers.Create(settings, _proxies, _certificate), disposeHandler: true);
        _elsewhere = new Lazy<HttpMessageInvoker>(() => new HttpMessageInvoker(HttpHandlers.Create(settings, _proxies, certificate: null), disposeHandler: true));
    }

    /// <inheritdoc/>
    public async Task<TransportReply> ExchangeAsync(TransportRequest request, CancellationToken cancellationToken)
    {
        HttpDialect dialect = _dialect;
        TransportReply reply = await PostAsync(HttpPost.Of(dialect, request), cancellationToken).ConfigureAwait(false);
        if (dialect.Framing == TcpMessageStyle.Version10 && _settings.FallsBack && FramedIn(reply) is { Style: TcpMessageStyle.Rfc2510, Type: TcpMessageType.ErrorMsgRep })
        {
            HttpDialect old = HttpDialect.Of(HttpGeneration.CmpHttp00);
            reply = await PostAsync(HttpPost.Of(old, request), cancellationToken).ConfigureAwait(false);
            // an error once more is no word of the old style: the next message starts as this one did
            if (FramedIn(reply) is { Style: TcpMessageStyle.Rfc2510, Type: not TcpMessageType.ErrorMsgRep })
                _dialect = old;
        }
        return Unwrap(reply, dialect, request.Operation, isPoll: false);
    }

    /// <inheritdoc/>
    public async Task<TransportReply> CollectAsync(string ticket, CancellationToken cancellationToken)
    {
        if ((_dialect.Framing is null && !_settings.Lenient) || !HttpTicket.TryParse(ticket, out HttpTicket parsed))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.UnknownTicket", _dialect.Framing is null
                ? "HTTP gives no tickets to collect an answer with."
                : "'" + PeerText.Escape(ticket, 100) + "' is no ticket of this road.");
        }
        // what was said in one style is asked for in it
        HttpDialect dialect = parsed.Tcp.Style == _dialect.Framing ? _dialect
            : HttpDialect.Of(parsed.Tcp.Style == TcpMessageStyle.Rfc2510 ? HttpGeneration.CmpHttp00 : HttpGeneration.Transport02);
        TransportReply reply = await PostAsync(HttpPost.Poll(dialect, parsed), cancellationToken).ConfigureAwait(false);
        return Unwrap(reply, dialect, parsed.Operation, isPoll: true);
    }

    /// <summary>Closes all connections; exchanges that are under way fail.</summary>
    public void Dispose()
    {
        _http.Dispose();
        if (_elsewhere.IsValueCreated)
            _elsewhere.Value.Dispose();
        // the one that was given belongs to whoever gave it
        if (!ReferenceEquals(_certificate, _settings.TlsClientCertificate))
            _certificate?.Dispose();
    }

    private static void EnsureSpoken(Version version)
    {
        if (version != System.Net.HttpVersion.Version10 && version != System.Net.HttpVersion.Version11 && version != Http2)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting", "HTTP " + version + " is not spoken here.")
            {
                RecommendedAction = "Use -HttpVersion 1.0, 1.1 or, in PowerShell 7, 2.0.",
            };
        }
#if !NET
        if (version == Http2)
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
        HttpDialect dialect = HttpDialect.Of(settings.Generation ?? (isFramed ? HttpGeneration.Transport02 : HttpGeneration.Rfc9811));
        return dialect.Framing is not null == isFramed ? dialect : throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting",
            "The address " + PeerText.Escape(settings.Uri.OriginalString) + (isFramed ? " says that TCP-Messages go in the bodies" : " says that messages go in the bodies as they are")
            + ", which " + dialect.Generation + " does not know.")
        {
            RecommendedAction = isFramed
                ? "Write the address as http:// or https://, or name a generation that has TCP-Messages: CmpHttp00, Transport00, Transport02, Transport05."
                : "Write the address as http+tcp:// or https+tcp://, or name a generation without TCP-Messages.",
        };
    }

    /// <summary>The TCP-Message in an answer, if there is one.</summary>
    private TcpMessage? FramedIn(TransportReply reply) =>
        reply is TransportReply.Octets body && HttpBody.IsFramed(body.Value.Span) ? TcpMessage.Decode(body.Value, _settings.MaxResponseBytes) : null;

    /// <summary>What an answer says, when the TCP-Message around it is gone, be it due or not.</summary>
    private TransportReply Unwrap(TransportReply reply, HttpDialect dialect, CmpOperation operation, bool isPoll)
    {
        if (reply is not TransportReply.Octets body)
            return reply;
        if (FramedIn(reply) is not { } message)
            return dialect.Framing is null ? body : body with { Warning = Join(body.Warning, "The answer is no TCP-Message.") };
        TransportReply said;
        try
        {
            said = TcpAnswer.Read(message, isPoll, _target.Server, _settings.MaxResponseBytes, _settings.Clock());
        }
        catch (CmpException) when (body.StatusError is not null && message.Type != TcpMessageType.ErrorMsgRep)
        {
            throw body.StatusError;
        }
        if (said is TransportReply.Octets octets)
            return body with { Value = octets.Value, Warning = Join(Join(body.Warning, octets.Warning), dialect.Framing is null ? "The answer is a TCP-Message." : null) };
        // only a message counts whatever the status (rule 55)
        if (body.StatusError is not null)
            throw body.StatusError;
        return said is TransportReply.NotYet later && TcpTicket.TryParse(later.Ticket, out TcpTicket ticket)
            ? later with { Ticket = new HttpTicket(operation, ticket).ToString() }
            : said;
    }

    private static string? Join(string? first, string? second) => first is null ? second : second is null ? first : first + " " + second;

    /// <summary>Posts, and brings a body that may be a TCP-Message back as <see cref="TransportReply.Octets"/>.</summary>
    private async Task<TransportReply> PostAsync(HttpPost post, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Exchange exchange = new(post, _target.For(post.Operation), timer);
        try
        {
            exchange.Arm(_settings);
            while (true)
            {
                using HttpResponseMessage answer = await SendAsync(exchange).ConfigureAwait(false);
                exchange.AnswerBegan = true;
#if !NET
                // .NET Framework does not let go of a body that is being read
                using CancellationTokenRegistration abort = timer.Token.Register(static a => ((HttpResponseMessage)a!).Dispose(), answer);
#endif
                if ((int)answer.StatusCode is not (>= 300 and < 400))
                    return await ReadAsync(exchange, answer).ConfigureAwait(false);
                exchange.Redirect(Redirected(exchange, answer));
            }
        }
        catch (CmpException)
        {
            throw;
        }
        catch (Exception e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            HttpAttempt attempt = Describe(exchange);
            if (timer.IsCancellationRequested && exchange.MayExchange)
                throw HttpFailure.Timeout(attempt.Server, _settings.ExchangeTimeout, e);
            if (timer.IsCancellationRequested || e is OperationCanceledException)
                throw HttpFailure.ConnectTimeout(attempt, _settings.ConnectTimeout, e);
            throw HttpFailure.From(e, attempt);
        }
    }

    private static async Task<int> ReadAsync(Stream body, byte[] buffer, int offset, CancellationToken cancellationToken) =>
#if NET
        await body.ReadAsync(buffer.AsMemory(offset), cancellationToken).ConfigureAwait(false);
#else
        await body.ReadAsync(buffer, offset, buffer.Length - offset, cancellationToken).ConfigureAwait(false);
#endif

    private static async Task<Stream> OpenAsync(HttpResponseMessage answer) =>
#if NET
        answer.Content.ReadAsStream();
#else
        answer.Content is null ? Stream.Null : await answer.Content.ReadAsStreamAsync().ConfigureAwait(false);
#endif

    /// <summary>Sends a message; the first one of a transaction once more, on a fresh connection, if a kept one was closed under it in silence (rule 53).</summary>
    private async Task<HttpResponseMessage> SendAsync(Exchange exchange)
    {
        // who we are in TLS is shown to the host that the user named, and to no other that a redirect names
        HttpMessageInvoker http = _certificate is null || _target.IsHost(exchange.Uri) ? _http : _elsewhere.Value;
#if NET
        ConnectionTrace trace = new();
        while (true)
        {
            ConnectionTrace.Current.Value = trace;
            using HttpRequestMessage message = Message(exchange);
            try
            {
                return await http.SendAsync(message, exchange.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or IOException && !exchange.Token.IsCancellationRequested
                && (trace.WasRefused || (exchange.Post.IsRepeatable && !trace.MustBeFresh && trace.KeptAndSilent)))
            {
                // each turn either wrote nothing or is the one repetition, so this ends with the pool's last kept connection
                trace = new ConnectionTrace { MustBeFresh = true };
            }
        }
#else
        // HttpClient does not tell which connection it took here, but the system has a word for just this failure
        HttpRequestMessage message = Message(exchange);
        try
        {
            return await http.SendAsync(message, exchange.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (exchange.Post.IsRepeatable && HttpFailure.IsKeepAliveFailure(e) && !exchange.Token.IsCancellationRequested)
        {
            message = Message(exchange);
        }
        return await http.SendAsync(message, exchange.Token).ConfigureAwait(false);
#endif
    }

    private HttpRequestMessage Message(Exchange exchange)
    {
        HttpRequestMessage message = new(HttpMethod.Post, exchange.Uri)
        {
            Version = _settings.HttpVersion,
            Content = new OctetsContent(exchange.Post.Body, exchange.Post.Dialect.MediaType, exchange.NoteConnected),
        };
        message.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        message.Headers.TryAddWithoutValidation("Cache-Control", "no-cache");
        if (exchange.Post.Dialect.WantsNoCache && _settings.HttpVersion is { Major: 1, Minor: 0 })
            message.Headers.TryAddWithoutValidation("Pragma", "no-cache");
#if NET
        if (_settings.HttpVersion == Http2)
            message.VersionPolicy = exchange.IsTls ? HttpVersionPolicy.RequestVersionOrLower : HttpVersionPolicy.RequestVersionExact;
        else if (_settings.KeepAlive == HttpKeepAlive.No)
            message.Headers.ConnectionClose = true;
        else if (_settings.HttpVersion.Minor == 0)
            message.Headers.TryAddWithoutValidation("Connection", "keep-alive");
        if (_settings.KeepAlive == HttpKeepAlive.Require && exchange.Post.Continues)
            message.Options.Set(HttpHandlers.KeptOnly, true);
        if (exchange.IsTls)
            message.Options.Set(HttpHandlers.Beginning, exchange.Beginning = new TlsBeginning());
#else
        message.Headers.ConnectionClose = _settings.KeepAlive == HttpKeepAlive.No;
        message.Headers.ExpectContinue = false;
#endif
        return message;
    }

    /// <summary>Who is asked, fit to be shown: host and port, and the proxy on the way.</summary>
    private string Server(Exchange exchange) => Server(exchange, _proxies.Describe(exchange.Uri));

    private string Server(Exchange exchange, string? proxy) =>
        (exchange.Redirects == 0 ? _target.Server : PeerText.Escape(exchange.Uri.Authority)) + (proxy is null ? "" : " over the proxy " + proxy);

    private HttpAttempt Describe(Exchange exchange)
    {
        string? proxy = _proxies.Describe(exchange.Uri);
        return new HttpAttempt(Server(exchange, proxy))
        {
            IsOverProxy = proxy is not null,
            IsTls = exchange.IsTls,
            IsHttp2WithoutTls = _settings.HttpVersion == Http2 && !exchange.IsTls,
            IsConnected = exchange.IsConnected,
#if NET
            IsOtherProtocol = exchange.Beginning?.IsOtherProtocol == true,
#endif
            AnswerBegan = exchange.AnswerBegan,
        };
    }

    private Uri Redirected(Exchange exchange, HttpResponseMessage answer)
    {
        string location = Header(answer.Headers, "Location") ?? "";
        string detail = location.Length == 0 ? "it names no target." : "it redirects to " + PeerText.Escape(location, MaxShown) + ".";
        // 303 asks for a GET, which CMP does not have
        if (!_settings.AllowRedirect || location.Length == 0 || (int)answer.StatusCode is not (301 or 302 or 307 or 308) || exchange.Redirects == MaxRedirects)
            throw HttpFailure.Status(answer, Server(exchange), detail);
        Uri target;
        try
        {
            target = HttpTarget.Redirect(exchange.Uri, location);
        }
        catch (CmpException e)
        {
            throw HttpFailure.Status(answer, Server(exchange), detail, e);
        }
        return exchange.IsTls && target.Scheme != "https"
            ? throw HttpFailure.Status(answer, Server(exchange), detail + " That would leave TLS.")
            : target;
    }

    private async Task<TransportReply> ReadAsync(Exchange exchange, HttpResponseMessage answer)
    {
        HttpPost post = exchange.Post;
        int status = (int)answer.StatusCode;
        if (Header(answer.Content?.Headers, "Content-Encoding") is string encoding && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            // rule 72
            throw new CmpException(CmpErrorKind.Protocol, "CmpHttp.ContentEncoding",
                "The answer of " + Server(exchange) + " is encoded as " + PeerText.Escape(encoding, 100) + ", which was not asked for.")
            { HttpStatus = status, ServerTime = answer.Headers.Date };
        }
        string? contentType = Header(answer.Content?.Headers, "Content-Type");
        string? warning = null;
        bool success = status is >= 200 and < 300;
        string? mediaType = CmpMediaType.Of(contentType);
        // rule 54: what the text has itself needs no leave
        if (mediaType is null || !post.Dialect.Has(mediaType))
        {
            if (!(mediaType is null ? contentType is null && _settings.Lenient : post.Dialect.Framing is not null || _settings.Lenient))
                return await WithoutMessageAsync(exchange, answer, contentType).ConfigureAwait(false);
            warning = contentType is null ? "The answer has no media type." : "The answer has the media type " + mediaType + ", where " + post.Dialect.MediaType + " is due.";
        }
        bool takesTcpMessages = post.Dialect.Framing is not null || _settings.Lenient || mediaType is CmpMediaType.PkixcmpPoll or CmpMediaType.XPkixcmpPoll;
        ReadOnlyMemory<byte> octets;
        try
        {
            octets = await ReadBodyAsync(exchange, answer, takesTcpMessages).ConfigureAwait(false);
        }
        catch (CmpException malformed) when (!success)
        {
            throw HttpFailure.Status(answer, Server(exchange), "its body is no CMP message.", malformed);
        }
        if (octets.IsEmpty)
            return status is 200 or 201 or 202 or 204 ? new TransportReply.Nothing { HttpStatus = status } : throw HttpFailure.Status(answer, Server(exchange), "");
        if (_settings.KeepAlive == HttpKeepAlive.Require && !post.IsLast && Closes(answer))
            throw HttpFailure.NotKept(status);
        if (success && status != 200)
            warning = Join(warning, "The answer came with HTTP status " + answer.StatusCode.ToString("D") + " where 200 is due.");
        return new TransportReply.Octets(octets)
        {
            HttpStatus = status,
            ServerTime = answer.Headers.Date,
            Warning = warning,
            StatusError = success ? null : HttpFailure.Status(answer, Server(exchange), "its body is no CMP message."),
        };
    }

    /// <summary>Reads a body that claims to be a message, no further than it says to be long (rule 56).</summary>
    private async Task<ReadOnlyMemory<byte>> ReadBodyAsync(Exchange exchange, HttpResponseMessage answer, bool takesTcpMessages)
    {
        int max = _settings.MaxResponseBytes;
        long? declared = answer.Content?.Headers.ContentLength;
        // RFC 9112 6.3: what is no number, or more than one, is no length; .NET passes over it
        if (Header(answer.Content?.Headers, "Content-Length") is string field && (declared is null || !field.All(char.IsDigit)))
            throw HttpFailure.InvalidResponse(Server(exchange), "its Content-Length is " + PeerText.Escape(field, 100));
        if (declared > max && !takesTcpMessages)
            throw MessageOctets.TooLarge(declared.Value, max, default);
        if (declared == 0)
            return default;
        using Stream body = await OpenAsync(answer).ConfigureAwait(false);
        // what a peer claims is no reason to allocate: beyond the first read, the buffer only doubles what has arrived
        byte[] buffer = new byte[Math.Min(declared ?? FirstRead, FirstRead)];
        int have = 0, length = 0;
        while (true)
        {
            if (length == 0)
            {
                length = HttpBody.ReadLength(buffer.AsSpan(0, have), declared, max, takesTcpMessages);
                if (length != 0 && declared is long said && said != length)
                    throw MessageOctets.LengthMismatch(length, said, buffer.AsSpan(0, have));
            }
            if (length != 0 && have >= length && (declared is not null || have > length))
                break;
            if (have == buffer.Length)
                Array.Resize(ref buffer, (int)Math.Min(Math.Max(2L * have, FirstRead), declared ?? (length == 0 ? max : length) + 1L));
            int read = await ReadAsync(body, buffer, have, exchange.Token).ConfigureAwait(false);
            if (read == 0)
                break;
            have += read;
        }
        if (have > length && length != 0)
            throw MessageOctets.LengthMismatch(length, have, buffer.AsSpan(0, have));
        if (have < (declared ?? length))
            throw declared is null ? MessageOctets.Truncated(buffer.AsSpan(0, have)) : new EndOfStreamException("The body ended before its Content-Length.");
        if (length == 0 && have != 0)
            throw MessageOctets.Truncated(buffer.AsSpan(0, have));
        return buffer.AsMemory(0, have);
    }

    /// <summary>An answer whose body is no message: nothing at all, or somebody else's page.</summary>
    private async Task<TransportReply> WithoutMessageAsync(Exchange exchange, HttpResponseMessage answer, string? contentType)
    {
        int status = (int)answer.StatusCode;
        bool text = contentType is not null && (contentType.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
            || contentType.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
            || contentType.StartsWith("application/problem+json", StringComparison.OrdinalIgnoreCase));
        (int octets, string shown) = await ReadShownAsync(answer, text, exchange.Token).ConfigureAwait(false);
        if (octets == 0 && status is 200 or 201 or 202 or 204)
            return new TransportReply.Nothing { HttpStatus = status };
        if (status is not (>= 200 and < 300) || octets == 0)
            throw HttpFailure.Status(answer, Server(exchange), shown);
        throw new CmpException(CmpErrorKind.Protocol, "CmpHttp.ContentType",
            "The server " + Server(exchange) + (contentType is null ? " answered without a media type" : " answered with " + PeerText.Escape(contentType, 100))
            + ", not with " + exchange.Post.Dialect.MediaType + (shown.Length == 0 ? "." : ": " + shown))
        {
            RecommendedAction = contentType is null || CmpMediaType.IsLegacy(contentType)
                ? "Where the server is an old one, write its address as in http+tcp://ca.example/, or use -Lenient."
                : "Check the path of the server's URI: a web page answered, not a CMP server.",
            HttpStatus = status,
            ServerTime = answer.Headers.Date,
        };
    }

    /// <summary>The beginning of a body, fit to be shown. It explains an error and never causes another one.</summary>
    private static async Task<(int Octets, string Shown)> ReadShownAsync(HttpResponseMessage answer, bool text, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(ShownTimeout);
        byte[] buffer = new byte[text ? 2048 : 1];
        int have = 0;
        try
        {
            using Stream body = await OpenAsync(answer).ConfigureAwait(false);
            int read;
            while (have < buffer.Length && (read = await ReadAsync(body, buffer, have, timer.Token).ConfigureAwait(false)) != 0)
                have += read;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // a page that breaks off or stalls: what has come is shown
        }
        if (!text)
            return (have, "");
        List<string> lines = [];
        foreach (string line in Encoding.UTF8.GetString(buffer, 0, have).Split('\n'))
        {
            string trimmed = line.Trim();
            if (trimmed.Length != 0 && lines.Count < 5)
                lines.Add(trimmed);
        }
        return (have, PeerText.Escape(string.Join(" / ", lines), MaxShown));
    }

    private static bool Closes(HttpResponseMessage answer) => answer.Headers.ConnectionClose == true
        || (answer.Version.Major == 1 && answer.Version.Minor == 0
            && Header(answer.Headers, "Connection")?.IndexOf("keep-alive", StringComparison.OrdinalIgnoreCase) is null or < 0);

    /// <summary>A header field as it came, not parsed.</summary>
    private static string? Header(System.Net.Http.Headers.HttpHeaders? headers, string name)
    {
#if NET
        return headers is not null && headers.NonValidated.TryGetValues(name, out System.Net.Http.Headers.HeaderStringValues values) ? values.ToString() : null;
#else
        return headers is not null && headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(", ", values) : null;
#endif
    }

    /// <summary>What is known of one exchange while it runs.</summary>
    private sealed class Exchange
    {
        private readonly CancellationTokenSource _timer;
#if !NET
        private TimeSpan _limit;
#endif

        public Exchange(HttpPost post, Uri uri, CancellationTokenSource timer)
        {
            Post = post;
            Uri = uri;
            _timer = timer;
            Token = timer.Token;
        }

        public HttpPost Post { get; }

        /// <summary>The address that is asked now.</summary>
        public Uri Uri { get; private set; }

        public bool IsTls => Uri.Scheme == "https";

        public int Redirects { get; private set; }

        public CancellationToken Token { get; }

        public bool AnswerBegan { get; set; }

        public void Redirect(Uri uri)
        {
            Uri = uri;
            Redirects++;
            AnswerBegan = false;
        }

#if NET
        public TlsBeginning? Beginning { get; set; }

        public bool IsConnected => Beginning?.IsConnected == true;

        // SocketsHttpHandler watches over the connecting itself
        public bool MayExchange => true;

        public Action? NoteConnected => null;

        public void Arm(HttpTransportSettings settings) => _timer.CancelAfter(settings.ExchangeTimeout);
#else
        public bool IsConnected { get; private set; }

        public bool MayExchange => IsConnected;

        public void Arm(HttpTransportSettings settings)
        {
            _limit = settings.ExchangeTimeout;
            _timer.CancelAfter(settings.ConnectTimeout);
        }

        /// <summary>The body is asked for when the connection stands: what was time to connect becomes time to exchange.</summary>
        public void NoteConnected()
        {
            IsConnected = true;
            _timer.CancelAfter(_limit);
        }
#endif
    }
}
