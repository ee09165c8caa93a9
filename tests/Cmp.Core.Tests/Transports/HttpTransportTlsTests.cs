using System;
using System.Linq;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.HttpTest;

namespace Cmp.Tests.Transports;

/// <summary>Whom TLS believes.</summary>
public sealed class HttpTransportTlsTests : IDisposable
{
    private readonly TlsCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    private HttpTransportSettings Trusting(Uri uri) => Settings(uri) with { TlsTrustAnchors = [_certificates.Root] };

    private async Task<CmpException> RefusedAsync(X509Certificate2 certificate, Func<HttpTransportSettings, HttpTransportSettings> change)
    {
        await using ScriptedServer server = new(c => c.ServeAsync()) { Tls = TlsCertificates.Options(certificate) };
        using HttpTransport transport = new(change(Trusting(server.Uri)));
        CmpException error = await transport.FailsAsync();
        Assert.Empty(server.Requests);
        Assert.Equal("CmpTransport.TlsFailed", error.ErrorId);
        Assert.Equal(CmpErrorKind.Transport, error.Kind);
        Assert.NotNull(error.RecommendedAction);
        return error;
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    public async Task Rule59_Own_anchors_are_believed(string host)
    {
        using X509Certificate2 certificate = _certificates.Server();
        await using ScriptedServer server = new(c => c.ServeAsync()) { Tls = TlsCertificates.Options(certificate) };
        using HttpTransport transport = new(Trusting(new Uri("https://" + host + ":" + server.Port + "/x")));
        await transport.OctetsAsync();
        Assert.Equal("POST /x HTTP/1.1", server.Requests.Single().RequestLine);
    }

    [Fact]
    public async Task Rule59_A_foreign_anchor_is_refused()
    {
        using TlsCertificates foreign = new();
        using X509Certificate2 certificate = _certificates.Server();
        await RefusedAsync(certificate, s => s with { TlsTrustAnchors = [foreign.Root] });
        await RefusedAsync(certificate, s => s with { TlsTrustAnchors = [] });
    }

    [Fact]
    public async Task Rule59_The_system_does_not_know_our_root()
    {
        using X509Certificate2 certificate = _certificates.Server();
        await RefusedAsync(certificate, s => s with { TlsTrustAnchors = null });
    }

    [Fact]
    public async Task Rule59_Another_host_name_is_refused()
    {
        using X509Certificate2 certificate = _certificates.Server("other.example");
        await RefusedAsync(certificate, s => s);
    }

    [Fact]
    public async Task Rule59_An_expired_certificate_is_refused()
    {
        using X509Certificate2 certificate = _certificates.Server(validTo: -5);
        await RefusedAsync(certificate, s => s);
    }

    [Fact]
    public async Task Rule59_A_certificate_for_clients_is_no_server()
    {
        using X509Certificate2 certificate = _certificates.Client();
        await RefusedAsync(certificate, s => s);
    }

    [Fact]
    public async Task Rule59_A_server_without_TLS_is_an_error()
    {
        await using ScriptedServer server = new(async c => await c.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
        using HttpTransport transport = new(Trusting(new Uri("https://localhost:" + server.Port + "/")));
        Assert.Equal("CmpTransport.TlsFailed", (await transport.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task The_client_certificate_is_shown()
    {
        using X509Certificate2 certificate = _certificates.Server();
        using X509Certificate2 client = _certificates.Client();
        string? shown = null;
        SslServerAuthenticationOptions options = TlsCertificates.Options(certificate);
        options.ClientCertificateRequired = true;
        options.RemoteCertificateValidationCallback = (_, c, _, _) =>
        {
            shown = c?.GetCertHashString();
            return c is not null;
        };
        await using ScriptedServer server = new(c => c.ServeAsync()) { Tls = options };
        using HttpTransport transport = new(Trusting(server.Uri) with { TlsClientCertificate = client });
        await transport.OctetsAsync();
        Assert.Equal(client.Thumbprint, shown);
    }

    [Fact]
    public async Task A_server_that_wants_a_client_certificate_refuses_one_who_has_none()
    {
        using X509Certificate2 certificate = _certificates.Server();
        SslServerAuthenticationOptions options = TlsCertificates.Options(certificate);
        options.ClientCertificateRequired = true;
        options.RemoteCertificateValidationCallback = (_, c, _, _) => c is not null;
        await using ScriptedServer server = new(c => c.ServeAsync()) { Tls = options };
        using HttpTransport transport = new(Trusting(server.Uri));
        // TLS 1.3 tells only after the client thinks that all is well: then the connection just breaks
        Assert.Contains((await transport.FailsAsync()).ErrorId, new[] { "CmpTransport.TlsFailed", "CmpTransport.ConnectionClosed" });
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule53_The_first_message_is_sent_once_more_over_TLS_too(bool notify)
    {
        using X509Certificate2 certificate = _certificates.Server();
        await using ScriptedServer server = new(
            async c =>
            {
                await c.ServeAsync();
                await c.ReceiveAsync();
                if (notify)
                    await ((SslStream)c.Stream).ShutdownAsync();
            },
            c => c.ServeAsync())
        { Tls = TlsCertificates.Options(certificate) };
        using HttpTransport transport = new(Trusting(server.Uri));
        await transport.OctetsAsync(Later);
        await transport.OctetsAsync(First);
        Assert.Equal(2, server.Accepted);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_redirect_never_leaves_TLS()
    {
        using X509Certificate2 certificate = _certificates.Server();
        await using ScriptedServer plain = new(c => c.ServeAsync());
        await using ScriptedServer server = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync("HTTP/1.1 307 Elsewhere\r\nLocation: " + plain.Uri + "\r\nContent-Length: 0\r\n\r\n");
        })
        { Tls = TlsCertificates.Options(certificate) };
        using HttpTransport transport = new(Trusting(server.Uri) with { AllowRedirect = true });
        Assert.Equal("CmpHttp.307", (await transport.FailsAsync()).ErrorId);
        Assert.Empty(plain.Requests);
    }

    [Fact]
    public async Task Our_listener_speaks_TLS()
    {
        using X509Certificate2 certificate = _certificates.Server();
        await using CmpHttpListener listener = CmpHttpListener.Start(
            new HttpListenerSettings { Certificate = certificate, HostName = "localhost" }, (r, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(r.Octets)));
        Assert.StartsWith("https://localhost:", listener.Uri.ToString(), StringComparison.Ordinal);
        using HttpTransport transport = new(Trusting(listener.Uri));
        for (int i = 0; i < 3; i++)
            Assert.Equal(First.Octets.ToArray(), (await transport.OctetsAsync()).Value.ToArray());
        byte[] large = Some.Sequence(500_000);
        Assert.Equal(large, (await transport.OctetsAsync(First with { Octets = large })).Value.ToArray());
    }

    [Fact]
    public async Task HTTP_2_is_spoken_where_it_is_asked_for_and_else_1_1()
    {
        using X509Certificate2 certificate = _certificates.Server();
        await using ScriptedServer server = new(c => c.ServeAsync()) { Tls = TlsCertificates.Options(certificate) };
        using HttpTransport transport = new(Trusting(server.Uri) with { HttpVersion = new Version(2, 0) });
        await transport.OctetsAsync();
        Assert.Equal("POST /pkix/ HTTP/1.1", server.Requests.Single().RequestLine);
    }

    [Fact]
    public void A_listener_refuses_a_certificate_without_its_key()
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(_certificates.Root.RawData);
        Assert.Equal("CmpTransport.InvalidSetting", Assert.Throws<CmpException>(() => CmpHttpListener.Start(
            new HttpListenerSettings { Certificate = certificate }, (_, _) => Task.FromResult<TransportReply>(new TransportReply.Nothing()))).ErrorId);
    }
}
