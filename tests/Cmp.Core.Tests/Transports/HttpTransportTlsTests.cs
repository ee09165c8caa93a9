using System;
using System.Linq;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.TestServer;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;
using static Cmp.Tests.Transports.HttpTest;

namespace Cmp.Tests.Transports;

/// <summary>Whom TLS believes.</summary>
public sealed class HttpTransportTlsTests : IDisposable
{
    private readonly TlsCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    private HttpTransportSettings Trusting(Uri uri) => Settings(uri) with { TlsTrustAnchors = [_certificates.Root] };

    private static CmpHttpListener Listen(X509Certificate2 certificate, IPAddress? address = null) => CmpHttpListener.Start(
        new HttpListenerSettings { Certificate = certificate, HostName = "localhost", Address = address ?? IPAddress.Loopback },
        (request, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(request.Octets)));

    /// <summary>A server that asks for a client certificate, and tells which one it is shown.</summary>
    private static SslServerAuthenticationOptions Asking(X509Certificate2 certificate, Action<string?> shown, bool isRequired = true)
    {
        SslServerAuthenticationOptions options = TlsCertificates.Options(certificate);
        options.ClientCertificateRequired = true;
        options.RemoteCertificateValidationCallback = (_, client, _, _) =>
        {
            shown(client?.GetCertHashString());
            return client is not null || !isRequired;
        };
        return options;
    }

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
    public async Task Rule59_Who_is_believed_in_TLS_is_not_believed_in_CMP_nor_the_other_way_round()
    {
        await using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Https], SignAnswers = true });
        ServerSettings right = new()
        {
            Uri = server.Uris["Https"],
            Secret = new ReferenceAndSecret(server.Reference, server.Secret),
            IterationCount = 500,
            TrustAnchor = [Cmp.Messages.Pkix.Certificate.From(server.RootCertificate)],
            TlsTrustAnchor = [server.TlsRootCertificate!],
        };
        using (CmpClient client = new(right))
            Assert.NotEmpty(await client.GetCACertificatesAsync());
        using (CmpClient client = new(right with { TrustAnchor = [Cmp.Messages.Pkix.Certificate.From(server.TlsRootCertificate!)] }))
            Assert.Equal(CmpErrorKind.Trust, (await Assert.ThrowsAsync<CmpException>(() => client.GetCACertificatesAsync())).Kind);
        using (CmpClient client = new(right with { TrustAnchor = [] }))
            Assert.Contains((await Assert.ThrowsAsync<CmpException>(() => client.GetCACertificatesAsync())).Kind, new[] { CmpErrorKind.Trust, CmpErrorKind.Protection });
        using (CmpClient client = new(right with { TlsTrustAnchor = [server.RootCertificate] }))
            Assert.Equal("CmpTransport.TlsFailed", (await Assert.ThrowsAsync<CmpException>(() => client.GetCACertificatesAsync())).ErrorId);
    }

    [SkippableTheory]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    public async Task Rule59_An_address_counts_where_the_certificate_names_it_as_one(string address)
    {
        Skip.If(address[0] == '[' && !Socket.OSSupportsIPv6, "there is no IPv6 here");
        using X509Certificate2 certificate = _certificates.Server("localhost", IPAddress.Loopback, IPAddress.IPv6Loopback);
        await using CmpHttpListener listener = Listen(certificate, IPAddress.Parse(address.Trim('[', ']')));
        using HttpTransport transport = new(Trusting(new Uri("https://" + address + ":" + listener.Uri.Port + "/")));
        await transport.OctetsAsync();
    }

    [Fact]
    public async Task Rule59_Another_address_than_the_certificate_names_is_refused()
    {
        using X509Certificate2 certificate = _certificates.Server("localhost", []);
        await using CmpHttpListener listener = Listen(certificate);
        using HttpTransport transport = new(Trusting(new Uri("https://127.0.0.1:" + listener.Uri.Port + "/")));
        Assert.Equal("CmpTransport.TlsFailed", (await transport.FailsAsync()).ErrorId);
        using X509Certificate2 another = _certificates.Server("localhost", IPAddress.Parse("127.0.0.2"));
        await using CmpHttpListener elsewhere = Listen(another);
        using HttpTransport toElsewhere = new(Trusting(new Uri("https://127.0.0.1:" + elsewhere.Uri.Port + "/")));
        Assert.Equal("CmpTransport.TlsFailed", (await toElsewhere.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule59_A_certificate_that_nobody_vouches_for_is_believed_only_where_it_is_an_anchor_itself()
    {
        using X509Certificate2 certificate = TlsCertificates.SelfSigned();
        await RefusedAsync(certificate, s => s);
        await using CmpHttpListener listener = Listen(certificate);
        using HttpTransport transport = new(Trusting(listener.Uri) with { TlsTrustAnchors = [certificate] });
        await transport.OctetsAsync();
    }

    [Fact]
    public async Task Rule59_A_chain_with_a_gap_is_refused_and_not_fetched()
    {
        (X509Certificate2 certificate, X509Certificate2 issuer) = _certificates.ServerBelow();
        using (certificate)
        using (issuer)
        {
            await RefusedAsync(certificate, s => s);
            SslServerAuthenticationOptions whole = new() { ServerCertificateContext = SslStreamCertificateContext.Create(certificate, [issuer], offline: true) };
            await using ScriptedServer server = new(c => c.ServeAsync()) { Tls = whole };
            using HttpTransport transport = new(Trusting(server.Uri));
            await transport.OctetsAsync();
        }
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task TLS_1_2_and_1_3_are_spoken_with_client_certificates_of_all_kinds(SslProtocols protocol)
    {
        using X509Certificate2 certificate = _certificates.Server();
        using RSA rsa = RSA.Create(2048);
        using ECDsa p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        foreach (AsymmetricAlgorithm? key in new AsymmetricAlgorithm?[] { null, rsa, p384 })
        {
            using X509Certificate2 client = _certificates.Client(key);
            string? shown = null;
            SslServerAuthenticationOptions options = Asking(certificate, seen => shown = seen);
            options.EnabledSslProtocols = protocol;
            await using ScriptedServer server = new(c => c.ServeAsync()) { Tls = options };
            using HttpTransport transport = new(Trusting(server.Uri) with { TlsClientCertificate = client });
            await transport.OctetsAsync();
            Assert.Equal(client.Thumbprint, shown);
        }
    }

    [Theory]
    [InlineData("device.pem")]
    [InlineData("device.p12")]
    [InlineData("store")]
    public async Task The_client_certificate_may_come_from_a_file_or_a_store(string place)
    {
        using Folder folder = new();
        using X509Certificate2 certificate = _certificates.Server();
        using RSA key = RSA.Create(2048);
        using X509Certificate2 client = _certificates.Client(key);
        using X509Store store = new(StoreName.My, StoreLocation.CurrentUser);
        store.Open(OpenFlags.ReadWrite);
        try
        {
            string name = client.Thumbprint;
            if (place == "store")
                store.Add(client);
            else
                name = folder.PathOf(place);
            if (place == "device.pem")
                System.IO.File.WriteAllText(name, client.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
            else if (place == "device.p12")
                System.IO.File.WriteAllBytes(name, client.Export(X509ContentType.Pkcs12));
            using Cmp.Stores.FoundCertificate found = Cmp.Stores.CertificateSource.Find(name);
            string? shown = null;
            await using ScriptedServer server = new(c => c.ServeAsync()) { Tls = Asking(certificate, seen => shown = seen) };
            using HttpTransport transport = new(Trusting(server.Uri) with { TlsClientCertificate = found.Certificate });
            await transport.OctetsAsync();
            Assert.Equal(client.Thumbprint, shown);
        }
        finally
        {
            store.Remove(client);
        }
    }

    [Fact]
    public void A_client_certificate_without_its_key_is_an_error_before_any_traffic()
    {
        using X509Certificate2 bare = X509CertificateLoader.LoadCertificate(_certificates.Root.RawData);
        CmpException error = Assert.Throws<CmpException>(() => new HttpTransport(Trusting(new Uri("https://localhost/")) with { TlsClientCertificate = bare }));
        Assert.Equal(("CmpTransport.InvalidSetting", CmpErrorKind.Argument), (error.ErrorId, error.Kind));
        Assert.NotNull(error.RecommendedAction);
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("127.0.0.1", false)]
    public async Task A_redirect_shows_the_client_certificate_to_the_host_that_was_named_and_to_no_other(string host, bool isShown)
    {
        using X509Certificate2 certificate = _certificates.Server();
        using X509Certificate2 client = _certificates.Client();
        string? shown = null;
        await using ScriptedServer target = new(c => c.ServeAsync()) { Tls = Asking(certificate, seen => shown = seen ?? "none", isRequired: false) };
        await using ScriptedServer server = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync("HTTP/1.1 308 Elsewhere\r\nLocation: https://" + host + ":" + target.Port + "/x\r\nContent-Length: 0\r\n\r\n");
        })
        { Tls = Asking(certificate, _ => { }) };
        using HttpTransport transport = new(Trusting(server.Uri) with { TlsClientCertificate = client, AllowRedirect = true });
        await transport.OctetsAsync();
        Assert.Equal(First.Octets.ToArray(), target.Requests.Single().Body);
        Assert.Equal(isShown ? client.Thumbprint : "none", shown);
    }

    [Fact]
    public async Task A_redirect_may_lead_into_TLS()
    {
        using X509Certificate2 certificate = _certificates.Server();
        await using ScriptedServer target = new(c => c.ServeAsync()) { Tls = TlsCertificates.Options(certificate) };
        await using ScriptedServer server = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync("HTTP/1.1 301 Elsewhere\r\nLocation: " + target.Uri + "\r\nContent-Length: 0\r\n\r\n");
        });
        using HttpTransport transport = new(Trusting(server.Uri) with { AllowRedirect = true });
        await transport.OctetsAsync();
        Assert.Equal("POST /pkix/ HTTP/1.1", target.Requests.Single().RequestLine);
    }

    [Fact]
    public async Task A_redirect_to_a_host_that_TLS_does_not_believe_is_refused_by_its_name()
    {
        using X509Certificate2 certificate = _certificates.Server("other.example");
        await using ScriptedServer target = new(c => c.ServeAsync()) { Tls = TlsCertificates.Options(certificate) };
        await using ScriptedServer server = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync("HTTP/1.1 301 Elsewhere\r\nLocation: " + target.Uri + "\r\nContent-Length: 0\r\n\r\n");
        });
        using HttpTransport transport = new(Trusting(server.Uri) with { AllowRedirect = true });
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpTransport.TlsFailed", error.ErrorId);
        Assert.Contains("localhost:" + target.Port, error.Message, StringComparison.Ordinal);
        Assert.Empty(target.Requests);
    }

    [Fact]
    public async Task Rule59_A_server_without_TLS_is_an_error_that_says_so()
    {
        await using ScriptedServer server = new(async c => await c.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
        using HttpTransport transport = new(Trusting(new Uri("https://localhost:" + server.Port + "/")));
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpTransport.TlsFailed", error.ErrorId);
        Assert.Contains("does not speak TLS", error.Message, StringComparison.Ordinal);
        Assert.Contains("http:", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rule61_Our_listener_without_TLS_says_so_at_once()
    {
        await using CmpHttpListener listener = CmpHttpListener.Start(new HttpListenerSettings(), (_, _) => throw new InvalidOperationException("Nobody was to be asked."));
        using HttpTransport transport = new(Trusting(new Uri("https://localhost:" + listener.Uri.Port + "/")));
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpTransport.TlsFailed", error.ErrorId);
        Assert.Contains("does not speak TLS", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Our_listener_with_TLS_tells_who_speaks_none_that_the_request_is_bad()
    {
        using X509Certificate2 certificate = _certificates.Server();
        await using CmpHttpListener listener = Listen(certificate);
        using HttpTransport transport = new(Settings(new Uri("http://localhost:" + listener.Uri.Port + "/")));
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpHttp.400", error.ErrorId);
        Assert.Contains("https", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_certificate_is_shown()
    {
        using X509Certificate2 certificate = _certificates.Server();
        using X509Certificate2 client = _certificates.Client();
        string? shown = null;
        await using ScriptedServer server = new(c => c.ServeAsync()) { Tls = Asking(certificate, seen => shown = seen) };
        using HttpTransport transport = new(Trusting(server.Uri) with { TlsClientCertificate = client });
        await transport.OctetsAsync();
        Assert.Equal(client.Thumbprint, shown);
    }

    [Fact]
    public async Task A_server_that_wants_a_client_certificate_refuses_one_who_has_none()
    {
        using X509Certificate2 certificate = _certificates.Server();
        await using ScriptedServer server = new(c => c.ServeAsync()) { Tls = Asking(certificate, _ => { }) };
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
