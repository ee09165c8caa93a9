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
    /// <summary>Marks a request that must not open a connection (<see cref="HttpKeepAlive.Require"/>).</summary>
    public static readonly HttpRequestOptionsKey<bool> KeptOnly = new("Cmp.KeptOnly");

    /// <summary>Makes the handler, which holds the connections.</summary>
    /// <param name="settings">How the server is reached.</param>
    /// <returns>The handler.</returns>
    public static HttpMessageHandler Create(HttpTransportSettings settings)
    {
        SocketsHttpHandler handler = new()
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = settings.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            MaxConnectionsPerServer = settings.MaxConnections,
            MaxResponseDrainSize = 64 * 1024,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            PlaintextStreamFilter = static (context, _) => new ValueTask<Stream>(new TracedStream(context.PlaintextStream)),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            Proxy = new ProxyRule(settings),
            UseCookies = false,
        };
        if (settings.KeepAlive == HttpKeepAlive.Require)
            handler.ConnectCallback = ConnectForFirstAsync;
        handler.SslOptions.CertificateChainPolicy = TlsTrust.Policy(settings.TlsTrustAnchors);
        handler.SslOptions.CertificateRevocationCheckMode = X509RevocationMode.NoCheck;
        if (settings.TlsClientCertificate is X509Certificate2 certificate)
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        return handler;
    }

    private static async ValueTask<Stream> ConnectForFirstAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        if (context.InitialRequestMessage.Options.TryGetValue(KeptOnly, out bool keptOnly) && keptOnly)
            throw HttpFailure.NotKept(null);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
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
    /// <returns>The handler.</returns>
    public static HttpMessageHandler Create(HttpTransportSettings settings)
    {
        HttpClientHandler handler = new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxConnectionsPerServer = settings.MaxConnections,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            Proxy = new ProxyRule(settings),
            // what the session's ServicePointManager says is the session's
            SslProtocols = SslProtocols.Tls12,
            UseCookies = false,
            UseProxy = true,
        };
        if (settings.TlsTrustAnchors is { } anchors)
            handler.ServerCertificateCustomValidationCallback = (_, certificate, chain, errors) => TlsTrust.Accepts(certificate, chain, errors, anchors);
        if (settings.TlsClientCertificate is X509Certificate2 certificate)
        {
            handler.ClientCertificateOptions = ClientCertificateOption.Manual;
            handler.ClientCertificates.Add(certificate);
        }
        return handler;
    }
#endif
}
