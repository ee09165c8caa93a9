using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.TestServer;
using Cmp.Tests.Transactions;
using Cmp.Tests.Transports;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;
using ServerPeer = Cmp.Tests.TestServer.Peer;

namespace Cmp.Tests.Client;

/// <summary>A probe comes as far as it gets, and says where it stopped.</summary>
public sealed class ProbeTests : IDisposable
{
    private readonly TlsCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task A_server_that_answers_shows_all_that_there_is()
    {
        using Server server = Server.Start();
        using var client = new CmpClient(Said(server.Uri, server));
        ServerProbe probe = await client.ProbeAsync();
        Assert.Equal(ProbeStage.Informed, probe.Stage);
        Assert.Null(probe.Error);
        Assert.Equal((200, 2, "genp"), (probe.HttpStatus, probe.ProtocolVersion, probe.Answer));
        Assert.Equal(Oids.PasswordBasedMac, probe.ProtectionAlgorithm!.Oid);
        Assert.Null(probe.Signer);
        Assert.True(probe.ClockDifference!.Value.Duration() < TimeSpan.FromMinutes(1));
        Assert.Null(probe.TlsProtocol);
        Assert.Contains("ECDSA_P256", probe.SignKeyPairTypes);
        Assert.Contains("RSA", probe.EncKeyPairTypes);
        Assert.Equal("aes256-CBC", probe.PreferredSymmetricAlgorithm);
        Assert.Superset(new HashSet<string> { "signKeyPairTypes", "caCerts", "certReqTemplate", "currentCRL", "rootCaKeyUpdate" }, new HashSet<string>(probe.InfoTypes));
        Assert.Empty(server.Issued);
    }

    [Fact]
    public async Task A_server_over_CoAP_is_asked_what_it_has()
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Coap] });
        using var client = new CmpClient(Said(server.Uri, server));
        ServerProbe probe = await client.ProbeAsync();
        Assert.Equal((ProbeStage.Informed, "genp", null), (probe.Stage, probe.Answer, probe.HttpStatus));
        Assert.Contains("/.well-known/cmp", probe.Resources);
        // a wrong path is answered by a code, and what the server has stands beside it
        await using UdpServer other = new(request => [request.Code == Cmp.Framing.CoapCode.Get
            ? UdpServer.Answer(request, Cmp.Framing.CoapCode.Content, "</a\u001b>;ct=259,</b>;ct=0,</c>;ct=\"0 259\""u8.ToArray(), Cmp.Framing.CoapOption.Of(12, 40))
            : UdpServer.Answer(request, Cmp.Framing.CoapCode.NotFound, [])]);
        using var lost = new CmpClient(Said(other.Uri, server));
        probe = await lost.ProbeAsync();
        Assert.Equal((ProbeStage.Reached, "CmpCoap.404"), (probe.Stage, probe.Error!.ErrorId));
        Assert.Equal(["/a\\u{001B}", "/c"], probe.Resources);
        // one that does not say what it has is no worse for it
        await using UdpServer silent = new(request => request.Code == Cmp.Framing.CoapCode.Get ? [UdpServer.Answer(request, Cmp.Framing.CoapCode.NotFound, [])]
            : [UdpServer.Answer(request, Cmp.Framing.CoapCode.Changed, [0x30, 0x80], Cmp.Framing.CoapOption.Of(12, 259))]);
        using var odd = new CmpClient(Said(silent.Uri, server));
        probe = await odd.ProbeAsync();
        Assert.Equal((ProbeStage.Reached, "CmpMessage.Malformed"), (probe.Stage, probe.Error!.ErrorId));
        Assert.Empty(probe.Resources);
    }

    [Fact]
    public async Task A_strict_server_is_asked_one_by_one()
    {
        using var counter = new Counter(new TestServerOptions { Strict = true, SignAnswers = true });
        ServerProbe probe = await counter.Client.ProbeAsync();
        Assert.Equal((ProbeStage.Informed, "error with status rejection (badRequest)"), (probe.Stage, probe.Answer));
        Assert.True(probe.Signer!.IsSameAs(ServerPeer.Authority.Signer));
        Assert.Contains("caCerts", probe.InfoTypes);
        Assert.NotEmpty(probe.SignKeyPairTypes);
    }

    [Fact]
    public async Task Who_has_no_credential_hears_a_refusal_and_knows_who_refuses()
    {
        using var counter = new Counter(settings: said => said with { Secret = null });
        ServerProbe probe = await counter.Client.ProbeAsync();
        Assert.Equal((ProbeStage.Authenticated, "error with status rejection (wrongIntegrity)"), (probe.Stage, probe.Answer));
        Assert.Equal("CmpServer.wrongIntegrity", probe.Error!.ErrorId);
        Assert.True(probe.Signer!.IsSameAs(ServerPeer.Authority.Signer));

        using var stranger = new Counter(settings: said => said with { Secret = null, TrustAnchor = [ServerPeer.OtherAuthority.Root] });
        probe = await stranger.Client.ProbeAsync();
        Assert.Equal(ProbeStage.Answered, probe.Stage);
        Assert.Null(probe.Signer);
        Assert.Equal(2, probe.ProtocolVersion);
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", probe.Error!.ErrorId);
    }

    [Fact]
    public async Task Nobody_there_is_said()
    {
        var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        int port = ((IPEndPoint)nobody.LocalEndpoint).Port;
        nobody.Stop();
        using var client = new CmpClient(Said(new Uri($"http://127.0.0.1:{port}/")));
        ServerProbe probe = await client.ProbeAsync();
        Assert.Equal(ProbeStage.None, probe.Stage);
        Assert.False(probe.IsReachable);
        Assert.Equal("CmpTransport.ConnectFailed", probe.Error!.ErrorId);
    }

    [Theory]
    [InlineData("404 Not Found", "text/html", "CmpHttp.404", 404)]
    [InlineData("200 OK", "text/html", "CmpHttp.ContentType", 200)]
    public async Task What_is_no_CMP_server_is_said_with_its_status(string status, string type, string errorId, int code)
    {
        await using ScriptedServer server = new(async connection =>
        {
            await connection.ReceiveAsync();
            await connection.SendAsync(Some.Answer("<html>hello</html>"u8.ToArray(), status: status, type: type));
            await connection.UntilClosedAsync();
        });
        using var client = new CmpClient(Said(server.Uri));
        ServerProbe probe = await client.ProbeAsync();
        Assert.Equal((ProbeStage.Reached, errorId, (int?)code), (probe.Stage, probe.Error!.ErrorId, probe.HttpStatus));
        Assert.Null(probe.Answer);
    }

    [Fact]
    public async Task Of_TLS_version_and_certificate_are_shown_be_they_believed_or_not()
    {
        using X509Certificate2 certificate = _certificates.Server();
        await using ScriptedServer server = new(c => c.ServeAsync(), c => c.ServeAsync(), c => c.ServeAsync(), c => c.ServeAsync()) { Tls = TlsCertificates.Options(certificate) };
        using var client = new CmpClient(Said(server.Uri) with { TlsTrustAnchor = [_certificates.Root] });
        ServerProbe probe = await client.ProbeAsync();
        Assert.StartsWith("Tls1", probe.TlsProtocol, StringComparison.Ordinal);
        Assert.Equal(certificate.RawData, probe.TlsCertificate!.RawData);
        Assert.Equal((ProbeStage.Reached, 200), (probe.Stage, probe.HttpStatus));
        Assert.NotNull(probe.Error);

        using var stranger = new CmpClient(Said(server.Uri) with { TlsTrustAnchor = [] });
        probe = await stranger.ProbeAsync();
        Assert.Equal((ProbeStage.Reached, "CmpTransport.TlsFailed"), (probe.Stage, probe.Error!.ErrorId));
        Assert.Equal(certificate.RawData, probe.TlsCertificate!.RawData);
    }

    [Fact]
    public async Task TLS_where_there_is_none_is_said_at_once()
    {
        using Server server = Server.Start();
        using var client = new CmpClient(Said(new Uri("https://127.0.0.1:" + server.Uri.Port), server));
        ServerProbe probe = await client.ProbeAsync();
        Assert.Equal((ProbeStage.Reached, "CmpTransport.TlsFailed"), (probe.Stage, probe.Error!.ErrorId));
        Assert.Contains("does not speak TLS", probe.Error.Message, StringComparison.Ordinal);
        Assert.Null(probe.TlsCertificate);
    }

    [Fact]
    public async Task A_proxy_that_refuses_is_not_the_server()
    {
        await using ScriptedServer proxy = new(async connection =>
        {
            await connection.ReceiveAsync();
            await connection.SendAsync("HTTP/1.1 403 Filtered\r\nContent-Length: 0\r\n\r\n");
        });
        using var client = new CmpClient(Said(new Uri("https://ca.example/")) with { Proxy = new Uri("http://127.0.0.1:" + proxy.Port), NoProxy = [] });
        ServerProbe probe = await client.ProbeAsync();
        Assert.Equal((ProbeStage.None, "CmpTransport.ProxyFailed", 403), (probe.Stage, probe.Error!.ErrorId, probe.HttpStatus));
    }

    [Fact]
    public async Task An_answer_that_is_collected_by_a_ticket_took_all_that_time()
    {
        using var peer = new ServerPeer();
        var answers = new Dictionary<string, ReadOnlyMemory<byte>>();
        var road = new FakeRoad((request, _) =>
        {
            string ticket = answers.Count.ToString(CultureInfo.InvariantCulture);
            answers.Add(ticket, peer.Responder.Respond(request.Octets));
            return Task.FromResult<TransportReply>(new TransportReply.NotYet(ticket, peer.Now.AddSeconds(20)));
        })
        {
            Collect = ticket => new TransportReply.Octets(answers[ticket]),
        };
        var trace = new ListTrace();
        ServerSettings said = Said(new Uri("file:///carried")) with { Secret = new ReferenceAndSecret(ServerPeer.Reference, new NetworkCredential(string.Empty, "correct horse battery staple").SecurePassword) };
        using var client = new CmpClient(said, road, () => peer.Now, (time, _) =>
        {
            peer.Now += time;
            return Task.CompletedTask;
        });
        ServerProbe probe = await client.ProbeAsync(new RequestOptions { Trace = trace });
        Assert.Equal((ProbeStage.Informed, TimeSpan.FromSeconds(20)), (probe.Stage, probe.RoundTrip));
        Assert.NotEmpty(trace.Times);
        Assert.All(trace.Times, time => Assert.Equal(TimeSpan.FromSeconds(20), time));
    }

    [Theory]
    [InlineData("http+tcp://ca.example/", ProbeStage.Reached)] // a polling reference came from somebody
    [InlineData("file:///carried", ProbeStage.None)]
    [InlineData("mailto:ca@example.com", ProbeStage.None)]
    public async Task What_was_put_down_for_others_to_carry_has_reached_nobody_yet(string uri, ProbeStage stage)
    {
        var clock = new FakeClock();
        var road = new FakeRoad((_, _) => Task.FromResult(NotYet())) { Collect = _ => NotYet() };
        using var client = new CmpClient(Said(new Uri(uri)), road, () => clock.Now, clock.Delay);
        ServerProbe probe = await client.ProbeAsync(new RequestOptions { Timeout = TimeSpan.FromMinutes(1) });
        Assert.Equal((stage, "CmpTransaction.StillWaiting"), (probe.Stage, probe.Error!.ErrorId));
        Assert.Null(probe.RoundTrip);
        Assert.Null(probe.Answer);
        Assert.Single(road.Requests);

        TransportReply NotYet() => new TransportReply.NotYet("7", clock.Now.AddSeconds(10));
    }

    [Fact]
    public async Task It_can_be_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        using var client = new CmpClient(Said(new Uri("http://localhost/")), FakeRoad.ToSilence(cancellation.Cancel));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ProbeAsync(cancellationToken: cancellation.Token));
    }

    private static ServerSettings Said(Uri uri, Server? server = null) => new()
    {
        Uri = uri,
        Secret = server is null ? Desk.Secret() : new ReferenceAndSecret(server.Reference, server.Secret),
        TrustAnchor = server is null ? [] : [Cmp.Messages.Pkix.Certificate.From(server.RootCertificate)],
        IterationCount = 500,
    };
}
