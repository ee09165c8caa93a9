using System;
using System.Net;
using System.Net.Http;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
#if NET
using System.IO;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
#endif

namespace Cmp.Transports;

/// <summary>Sets up what .NET has for HTTP, so that it does what the rules say and nothing by itself: no redirects, cookies, decoding, credentials or tracing headers.</summary>
internal static class HttpHandlers
{
    private const int MaxHeaderKilobytes = 64;

#if NET
    /// <summary>Marks a request that must not open a connection (<see cref="KeepAliveMode.Require"/>).</summary>
    public static readonly HttpRequestOptionsKey<bool> KeptOnly = new("Cmp.KeptOnly");

    /// <summary>Hears of the connection that is made for a request, where TLS is to be spoken to the server itself.</summary>
    public static readonly HttpRequestOptionsKey<TlsBeginning> Beginning = new("Cmp.Beginning");

    private static readonly TimeSpan Ping = TimeSpan.FromSeconds(30);

    /// <summary>Makes the handler, which holds the connections.</summary>
    /// <param name="settings">How the server is reached.</param>
    /// <param name="proxies">Which proxy serves which host.</param>
    /// <param name="certificate">The certificate that a TLS server is shown which asks, as <see cref="TlsIdentity"/> prepared it; or <see langword="null"/>.</param>
    /// <returns>The handler.</returns>
    public static HttpMessageHandler Create(HttpTransportSettings settings, ProxyRule proxies, X509Certificate2? certificate)
    {
        SocketsHttpHandler handler = new()
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = ConnectAsync,
            ConnectTimeout = settings.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            // exchanges that ran out of time leave an HTTP/2 connection to others: one that nobody answers at any more is found out and closed
            KeepAlivePingDelay = Ping,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            MaxConnectionsPerServer = settings.MaxConnections,
            MaxResponseDrainSize = 64 * 1024,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            PlaintextStreamFilter = static (context, _) => new ValueTask<Stream>(new TracedStream(context.PlaintextStream)),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            Proxy = proxies,
            UseCookies = false,
        };
        handler.SslOptions.CertificateChainPolicy = TlsTrust.Policy(settings.TlsTrustAnchors);
        handler.SslOptions.CertificateRevocationCheckMode = X509RevocationMode.NoCheck;
        if (certificate is not null)
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        return handler;
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        if (context.InitialRequestMessage.Options.TryGetValue(KeptOnly, out bool keptOnly) && keptOnly)
            throw HttpFailure.NotKept(null);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken).ConfigureAwait(false);
            NetworkStream stream = new(socket, ownsSocket: true);
            if (!context.InitialRequestMessage.Options.TryGetValue(Beginning, out TlsBeginning? beginning))
                return stream;
            beginning.IsConnected = true;
            return new BeginningStream(stream, beginning);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
#else
    /// <summary>Makes the handler, which holds the connections.</summary>
    /// <param name="settings">How the server is reached.</param>
    /// <param name="proxies">Which proxy serves which host.</param>
    /// <param name="certificate">The certificate that a TLS server is shown which asks, as <see cref="TlsIdentity"/> prepared it; or <see langword="null"/>.</param>
    /// <returns>The handler.</returns>
    public static HttpMessageHandler Create(HttpTransportSettings settings, ProxyRule proxies, X509Certificate2? certificate)
    {
        HttpClientHandler handler = new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxConnectionsPerServer = settings.MaxConnections,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            Proxy = proxies,
            // what the session's ServicePointManager says is the session's
            SslProtocols = SslProtocols.Tls12,
            UseCookies = false,
            UseProxy = true,
        };
        if (settings.TlsTrustAnchors is { } anchors)
            handler.ServerCertificateCustomValidationCallback = (_, certificate, chain, errors) => TlsTrust.Accepts(certificate, chain, errors, anchors);
        if (certificate is not null)
        {
            handler.ClientCertificateOptions = ClientCertificateOption.Manual;
            handler.ClientCertificates.Add(certificate);
        }
        return handler;
    }
#endif
}
