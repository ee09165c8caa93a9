using System;
using System.IO;
using System.Net.Http;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>Asks one server over connections that it keeps: sends once more where that is safe, follows redirects where it may, and says what went wrong on the way.</summary>
internal sealed class HttpCaller : IDisposable
{
    /// <summary>HTTP/2, for which .NET Framework has no name.</summary>
    public static readonly Version Http2 = new(2, 0);

    private const int MaxShown = 400;
    private const int MaxRedirects = 5;
    private static readonly string UserAgent = "Cmp/" + typeof(HttpCaller).Assembly.GetName().Version!.ToString(3);

    private readonly HttpTransportSettings _settings;
    private readonly HttpTarget _target;
    private readonly ProxyRule _proxies;
    private readonly X509Certificate2? _certificate;
    private readonly HttpMessageInvoker _http;
    private readonly Lazy<HttpMessageInvoker> _elsewhere;

    /// <summary>Makes one; nothing is sent yet.</summary>
    /// <param name="settings">How the server is reached.</param>
    /// <param name="target">Where it is.</param>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidProxy</c>.</exception>
    public HttpCaller(HttpTransportSettings settings, HttpTarget target)
    {
        _settings = settings;
        _target = target;
        _proxies = new ProxyRule(settings with { Uri = _target.Root });
        _certificate = settings.TlsClientCertificate is { } certificate ? TlsIdentity.Of(certificate) : null;
        _http = new HttpMessageInvoker(HttpHandlers.Create(settings, _proxies, _certificate), disposeHandler: true);
        _elsewhere = new Lazy<HttpMessageInvoker>(() => new HttpMessageInvoker(HttpHandlers.Create(settings, _proxies, certificate: null), disposeHandler: true));
    }

    /// <summary>Whether a proxy stands on the way to the server.</summary>
    public bool IsOverProxy => _proxies.Describe(_target.Root) is not null;

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

    /// <summary>Posts or gets, and brings a body that may be a TCP-Message back as <see cref="TransportReply.Octets"/>.</summary>
    /// <param name="question">What is asked.</param>
    /// <param name="cancellationToken">Ends the wait at once and closes the connection.</param>
    /// <returns>A body, or nothing.</returns>
    /// <exception cref="CmpException">As <see cref="HttpTransport"/> says.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<TransportReply> AskAsync(HttpQuestion question, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        HttpExchange exchange = new(question, question.Announcement is { } announcement ? _target.For(announcement) : _target.For(question.Operation), timer);
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
                    return await new HttpAnswer(answer, question, _settings, () => Server(exchange), timer.Token).ReadAsync().ConfigureAwait(false);
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
                throw ConnectionFailure.Timeout(attempt.Server, _settings.ExchangeTimeout, e);
            if (timer.IsCancellationRequested || e is OperationCanceledException)
                throw HttpFailure.ConnectTimeout(attempt, _settings.ConnectTimeout, e);
            throw HttpFailure.From(e, attempt);
        }
    }

    /// <summary>Sends a message; the first one of a transaction once more, on a fresh connection, if a kept one was closed under it in silence (rule 53).</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpExchange exchange)
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
                && (trace.WasRefused || (exchange.Question.IsRepeatable && !trace.MustBeFresh && trace.KeptAndSilent)))
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
        catch (Exception e) when (exchange.Question.IsRepeatable && HttpFailure.IsKeepAliveFailure(e) && !exchange.Token.IsCancellationRequested)
        {
            message = Message(exchange);
        }
        return await http.SendAsync(message, exchange.Token).ConfigureAwait(false);
#endif
    }

    private HttpRequestMessage Message(HttpExchange exchange)
    {
        bool isGet = exchange.Question.Announcement is not null;
        HttpRequestMessage message = new(isGet ? HttpMethod.Get : HttpMethod.Post, exchange.Uri) { Version = _settings.HttpVersion };
        if (!isGet)
            message.Content = new OctetsContent(exchange.Question.Body, exchange.Question.Dialect.MediaType, exchange.NoteConnected);
        message.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        message.Headers.TryAddWithoutValidation("Cache-Control", "no-cache");
        if (exchange.Question.Dialect.WantsNoCache && _settings.HttpVersion is { Major: 1, Minor: 0 })
            message.Headers.TryAddWithoutValidation("Pragma", "no-cache");
#if NET
        if (_settings.HttpVersion == Http2)
            message.VersionPolicy = exchange.IsTls ? HttpVersionPolicy.RequestVersionOrLower : HttpVersionPolicy.RequestVersionExact;
        else if (_settings.KeepAlive == KeepAliveMode.No)
            message.Headers.ConnectionClose = true;
        else if (_settings.HttpVersion.Minor == 0)
            message.Headers.TryAddWithoutValidation("Connection", "keep-alive");
        if (_settings.KeepAlive == KeepAliveMode.Require && exchange.Question.Continues)
            message.Options.Set(HttpHandlers.KeptOnly, true);
        if (exchange.IsTls)
            message.Options.Set(HttpHandlers.Beginning, exchange.Beginning = new TlsBeginning());
#else
        message.Headers.ConnectionClose = _settings.KeepAlive == KeepAliveMode.No;
        message.Headers.ExpectContinue = false;
#endif
        return message;
    }

    /// <summary>Who is asked, fit to be shown: host and port, and the proxy on the way.</summary>
    private string Server(HttpExchange exchange) => Server(exchange, _proxies.Describe(exchange.Uri));

    private string Server(HttpExchange exchange, string? proxy) =>
        (exchange.Redirects == 0 ? _target.Server : PeerText.Escape(exchange.Uri.Authority)) + (proxy is null ? "" : " over the proxy " + proxy);

    private HttpAttempt Describe(HttpExchange exchange)
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

    private Uri Redirected(HttpExchange exchange, HttpResponseMessage answer)
    {
        string location = HttpAnswer.Header(answer.Headers, "Location") ?? "";
        string detail = location.Length == 0 ? "it names no target." : "it redirects to " + PeerText.Escape(location, MaxShown) + ".";
        // 303 asks for a GET, which a message cannot be
        bool mayFollow = (int)answer.StatusCode is 301 or 302 or 307 or 308 || ((int)answer.StatusCode == 303 && exchange.Question.Announcement is not null);
        if (!_settings.AllowRedirect || location.Length == 0 || !mayFollow || exchange.Redirects == MaxRedirects)
            throw Status(detail);
        Uri target;
        try
        {
            target = HttpTarget.Redirect(exchange.Uri, location);
        }
        catch (CmpException e)
        {
            throw Status(detail, e);
        }
        return exchange.IsTls && target.Scheme != "https"
            ? throw Status(detail + " That would leave TLS.")
            : target;

        CmpException Status(string what, Exception? cause = null) => HttpFailure.Status(answer, Server(exchange), what, cause, isGet: exchange.Question.Announcement is not null);
    }
}
