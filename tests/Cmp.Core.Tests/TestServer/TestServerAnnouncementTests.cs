using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests.Transports;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.TestServer;

/// <summary>What the server says unasked, on its roads: to those who observe, to those who have a reference, and to those who poll.</summary>
public sealed class TestServerAnnouncementTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Where_no_road_has_polling_of_its_own_there_is_no_reference()
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Http, TestServerRoad.Coap] });
        TestAnnouncement announced = server.Announce(AnnouncementType.Crl);
        Assert.Null(announced.PollingReference);
        Assert.IsType<CrlAnnContent>(PkiMessage.Decode(announced.Message).Body);
        Assert.Equal(AnnouncementType.Crl, announced.Type);
    }

    [Theory]
    [InlineData(TestServerRoad.Tcp, TcpMessageStyle.Version10)]
    [InlineData(TestServerRoad.Tcp, TcpMessageStyle.Rfc2510)]
    [InlineData(TestServerRoad.HttpTcp, TcpMessageStyle.Version10)]
    [InlineData(TestServerRoad.HttpTcp, TcpMessageStyle.Rfc2510)]
    public async Task Who_has_the_reference_gets_what_was_announced_and_so_does_the_next_one(TestServerRoad road, TcpMessageStyle style)
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [road] });
        TestAnnouncement first = server.Announce(AnnouncementType.Crl), second = server.Announce(AnnouncementType.Crl);
        Assert.NotEqual(first.PollingReference, second.PollingReference);
        using ICmpTransport transport = Transport(server, style);
        foreach (TestAnnouncement announced in new[] { second, first, first })
            Assert.Equal(announced.Message, Assert.IsType<TransportReply.Octets>(await CollectAsync(transport, style, announced.PollingReference!)).Value.ToArray());
        uint other = Convert.ToUInt32(first.PollingReference, 16) ^ 1;
        Assert.Equal("CmpTransport.UnknownTicket", (await Assert.ThrowsAsync<CmpException>(() => CollectAsync(transport, style, new PollingReference(other).ToString()))).ErrorId);
    }

    [Fact]
    public async Task Who_has_the_reference_waits_where_all_are_to_wait()
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Tcp], TransportPollCount = 1, TransportCheckAfter = 0 });
        TestAnnouncement announced = server.Announce(AnnouncementType.Crl);
        using ICmpTransport transport = Transport(server, TcpMessageStyle.Version10);
        var later = Assert.IsType<TransportReply.NotYet>(await CollectAsync(transport, TcpMessageStyle.Version10, announced.PollingReference!));
        Assert.Contains(announced.PollingReference!, later.Ticket, StringComparison.Ordinal);
        Assert.Equal(announced.Message, Assert.IsType<TransportReply.Octets>(await transport.CollectAsync(later.Ticket, CancellationToken.None).WaitAsync(Some.Time)).Value.ToArray());
    }

    [Fact]
    public async Task Answers_are_there_at_once_where_only_announcements_have_references()
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Tcp] });
        server.Announce(AnnouncementType.Crl);
        await EnrollAsync(server, "CN=a");
        Assert.Equal("CN=a", Assert.Single(server.Issued).Subject);
    }

    [Theory]
    [InlineData(TestServerRoad.Coap)]
    [InlineData(TestServerRoad.Coaps)]
    public async Task Who_observes_is_told_and_who_comes_later_gets_the_latest(TestServerRoad road)
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [road, TestServerRoad.Tcp] });
        using var transport = new CoapTransport(new CoapTransportSettings { Uri = server.Uri, TlsTrustAnchors = server.TlsRootCertificate is { } root ? [root] : null });
        using var stopping = new CancellationTokenSource(Some.Time);
        var told = Channel.CreateUnbounded<byte[]>();
        Task observing = transport.ObserveAsync(null, (notification, _) => told.Writer.WriteAsync(notification.Octets.ToArray()).AsTask(), stopping.Token);
        // there is nothing yet, and no error either
        Assert.Empty(await told.Reader.ReadAsync(stopping.Token));
        await EnrollAsync(server, "CN=a", "Tcp");
        List<byte[]> expected = [server.Announce(AnnouncementType.Crl).Message, server.Announce(AnnouncementType.Certificate).Message, server.Announce(AnnouncementType.Revocation, server.Issued[0]).Message];
        foreach (byte[] message in expected)
            Assert.Equal(message, await told.Reader.ReadAsync(stopping.Token));
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => observing);

        using var again = new CancellationTokenSource(Some.Time);
        using var late = new CoapTransport(new CoapTransportSettings { Uri = server.Uri, TlsTrustAnchors = server.TlsRootCertificate is { } trusted ? [trusted] : null });
        byte[]? latest = null;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late.ObserveAsync(null, async (notification, _) =>
        {
            latest = notification.Octets.ToArray();
            await again.CancelAsync();
        }, again.Token));
        Assert.Equal(expected[^1], latest);
    }

    [Fact]
    public void A_server_that_has_stopped_says_nothing()
    {
        Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Coap] });
        server.Dispose();
        Assert.Throws<ObjectDisposedException>(() => server.Announce(AnnouncementType.Crl));
    }

    [Fact]
    public void Rule73_A_key_update_is_announced_under_the_old_root_by_another_server_of_the_same_state_too()
    {
        TestServerOptions options = new() { StatePath = _folder.PathOf("state") };
        Certificate old;
        using (Server one = Server.Start(options))
        {
            Assert.Equal("CmpArgument.Announcement", Assert.Throws<CmpException>(() => one.Announce(AnnouncementType.CaKeyUpdate)).ErrorId);
            old = Certificate.From(one.RootCertificate);
            one.UpdateRoot();
        }
        using Server two = Server.Start(options);
        PkiMessage message = PkiMessage.Decode(two.Announce(AnnouncementType.CaKeyUpdate).Message);
        using var verifier = new AnswerVerifier(new TrustSettings { Anchors = [old] }, null, ProtectionKind.Signature);
        Assert.True(verifier.Verify(message with { ExtraCerts = [.. message.ExtraCerts.Where(certificate => !certificate.IsSelfIssued)] }, [], DateTimeOffset.UtcNow).IsAuthenticated);
        Assert.Equal(two.RootCertificate.RawData, Assert.IsType<CaKeyUpdContent>(message.Body).NewWithNew.Encoded.ToArray());
    }

    public static TheoryData<TestServerRoad> HttpRoads => [TestServerRoad.Http, TestServerRoad.Https, TestServerRoad.HttpTcp];

    [Theory]
    [MemberData(nameof(HttpRoads))]
    public async Task Who_polls_by_GET_gets_what_there_is_and_is_told_what_is_not(TestServerRoad road)
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [road, TestServerRoad.Tcp] });
        using HttpClient http = Http(server);
        string issuer = Hex.Of(Certificate.From(server.IssuingCertificate).Subject.Encoded.Span);
        foreach (string path in new[] { "", ".well-known/cmp/p/gold/", "any/path/at/all/" })
        {
            using HttpResponseMessage found = await http.GetAsync(path + "CRLAnn.PKI?issuer=" + issuer);
            Assert.Equal((HttpStatusCode.OK, "application/pkixcmp"), (found.StatusCode, found.Content.Headers.ContentType!.MediaType));
            Assert.IsType<CrlAnnContent>(PkiMessage.Decode(await found.Content.ReadAsByteArrayAsync()).Body);
        }
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, "GET", "CRLAnn.PKI?issuer=" + issuer.ToLowerInvariant()));
        (string Target, HttpStatusCode Status)[] asked =
        [
            ("CRLAnn.PKI?issuer=3000", HttpStatusCode.NotFound),
            ("RevAnn.PKI?issuer=" + issuer + "&serialNumber=1A2B", HttpStatusCode.NotFound),
            ("CAKeyUpdAnn.PKI?AuthorityKeyIdentifier=30048002ABCD", HttpStatusCode.NotFound),
            ("CRLAnn.PKI", HttpStatusCode.BadRequest),
            ("CRLAnn.PKI?issuer=", HttpStatusCode.BadRequest),
            ("CRLAnn.PKI?issuer=XY", HttpStatusCode.BadRequest),
            ("CRLAnn.PKI?issuer=0500", HttpStatusCode.BadRequest),
            ("CRLAnn.PKI?issuer=" + new string('3', 8000), HttpStatusCode.BadRequest),
            ("RevAnn.PKI?issuer=" + issuer, HttpStatusCode.BadRequest),
            ("CAKeyUpdAnn.PKI?issuer=" + issuer, HttpStatusCode.BadRequest),
            // there is no cann to poll for, and nothing else to get
            ("CertAnn.PKI?issuer=" + issuer, HttpStatusCode.MethodNotAllowed),
            (".well-known/cmp", HttpStatusCode.MethodNotAllowed),
        ];
        foreach ((string target, HttpStatusCode status) in asked)
            Assert.Equal(status, await StatusAsync(http, "GET", target));
        foreach (string method in new[] { "HEAD", "PUT", "DELETE", "OPTIONS" })
            Assert.Equal(HttpStatusCode.MethodNotAllowed, await StatusAsync(http, method, "CRLAnn.PKI?issuer=" + issuer));
    }

    [Fact]
    public async Task What_is_polled_for_by_GET_is_as_it_is_now_at_another_server_of_the_same_state_too()
    {
        TestServerOptions options = new() { StatePath = _folder.PathOf("state") };
        string keyUpdate, revocation, warning, crl;
        DateTimeOffset thisUpdate;
        using (Server one = Server.Start(options))
        {
            using HttpClient http = Http(one);
            Certificate root = Certificate.From(one.RootCertificate);
            using X509Certificate2 enrolled = await EnrollAsync(one, "CN=a");
            Certificate certificate = Certificate.From(enrolled);
            keyUpdate = "CAKeyUpdAnn.PKI?AuthorityKeyIdentifier=" + Hex.Of(AuthorityKeyIdentifier.Of(root).Encoded.Span);
            revocation = $"RevAnn.PKI?issuer={Hex.Of(certificate.Issuer.Encoded.Span)}&serialNumber={Hex.Of(certificate.SerialNumber.Span)}";
            crl = "CRLAnn.PKI?issuer=" + Hex.Of(certificate.Issuer.Encoded.Span);
            thisUpdate = Assert.Single(Assert.IsType<CrlAnnContent>((await GetAsync(http, crl))!.Body).Crls).ThisUpdate;
            Assert.Null(await GetAsync(http, keyUpdate));
            Assert.Null(await GetAsync(http, revocation));
            using X509Certificate2 warned = await EnrollAsync(one, "CN=warned");
            one.Announce(AnnouncementType.Revocation, warned);
            warning = $"RevAnn.PKI?issuer={Hex.Of(certificate.Issuer.Encoded.Span)}&serialNumber={warned.SerialNumber}";
            Assert.NotNull(await GetAsync(http, warning));
            one.UpdateRoot();
            using var client = new CmpClient(SettingsOf(one), transport: null);
            await client.RevokeAsync([new RevocationRequest { Certificate = certificate, Reason = RevocationReason.CessationOfOperation }]);
        }
        using Server two = Server.Start(options with { Clock = () => DateTimeOffset.UtcNow.AddMinutes(1) });
        using HttpClient again = Http(two);
        Assert.Equal(two.RootCertificate.RawData, Assert.IsType<CaKeyUpdContent>((await GetAsync(again, keyUpdate))!.Body).NewWithNew.Encoded.ToArray());
        var told = Assert.IsType<RevAnnContent>((await GetAsync(again, revocation))!.Body);
        // what was only said, and never happened, is not kept
        Assert.Null(await GetAsync(again, warning));
        // a zero before the number counts nothing
        Assert.NotNull(await GetAsync(again, revocation.Replace("serialNumber=", "serialNumber=000", StringComparison.Ordinal)));
        Assert.Equal((PkiStatus.RevocationNotification, 1), (told.Status, told.CrlDetails.Count));
        CertificateList latest = Assert.Single(Assert.IsType<CrlAnnContent>((await GetAsync(again, crl))!.Body).Crls);
        Assert.NotNull(latest.Find(told.CertId.SerialNumber));
        Assert.True(latest.ThisUpdate > thisUpdate);
    }

    [Theory]
    [InlineData(AnnouncementType.CaKeyUpdate)]
    [InlineData(AnnouncementType.Certificate)]
    [InlineData(AnnouncementType.Revocation)]
    [InlineData(AnnouncementType.Crl)]
    public async Task Rule74_What_is_announced_is_believed_by_who_trusts_the_authority_and_by_nobody_else(AnnouncementType type)
    {
        using Server server = Server.Start(), other = Server.Start();
        Certificate root = Certificate.From(server.RootCertificate);
        using X509Certificate2 enrolled = await EnrollAsync(server, "CN=a");
        if (type == AnnouncementType.CaKeyUpdate)
            server.UpdateRoot();
        TestAnnouncement announced = server.Announce(type, type == AnnouncementType.Revocation ? enrolled : null);
        foreach (bool isTrusted in new[] { true, false })
        {
            using CmpClient client = CmpClient.ByHand(SettingsOf(server) with { TrustAnchor = [isTrusted ? root : Certificate.From(other.RootCertificate)] });
            Announcement judged = Assert.Single(await new AnnouncementJudge(client).JudgeAsync(announced.Message, AnnouncementSource.Push));
            Assert.Equal((type, isTrusted), (judged.Type, judged.Verified));
        }
    }

    [Fact]
    public async Task Whichever_way_a_key_update_comes_it_says_the_same_and_is_believed()
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Http, TestServerRoad.Tcp, TestServerRoad.HttpTcp, TestServerRoad.Coap] });
        Certificate old = Certificate.From(server.RootCertificate);
        server.UpdateRoot();
        PollingReference.TryParse(server.Announce(AnnouncementType.CaKeyUpdate).PollingReference, out PollingReference reference);
        (string Road, AnnouncementQuestion Question)[] ways =
        [
            ("Http", new AnnouncementQuestion { PollBy = PollingWay.GeneralMessage }),
            ("Http", new AnnouncementQuestion { PollBy = PollingWay.HttpGet }),
            ("Tcp", new AnnouncementQuestion { PollBy = PollingWay.TcpReference, Reference = reference }),
            ("HttpTcp", new AnnouncementQuestion { PollBy = PollingWay.TcpReference, Reference = reference }),
            ("Coap", new AnnouncementQuestion { PollBy = PollingWay.Observe }),
        ];
        var ids = new HashSet<string>();
        foreach ((string road, AnnouncementQuestion question) in ways)
        {
            Announcement announced = Assert.Single(await PollAsync(SettingsOf(server, road) with { TrustAnchor = [old] }, question with { Types = question.PollBy == PollingWay.TcpReference ? null : [AnnouncementType.CaKeyUpdate] }));
            Assert.True(announced.Verified, $"{question.PollBy}: {announced.Problem?.Text}");
            Assert.Equal(server.RootCertificate.RawData, announced.RootUpdate!.NewWithNew.Encoded.ToArray());
            ids.Add(announced.Id);
        }
        Assert.Single(ids);
    }

    [Fact]
    public async Task Whichever_way_a_CRL_comes_it_is_the_same_and_is_believed()
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Http, TestServerRoad.Tcp, TestServerRoad.Coap] });
        Certificate enrolled = Certificate.From(await EnrollAsync(server, "CN=a"));
        PollingReference.TryParse(server.Announce(AnnouncementType.Crl).PollingReference, out PollingReference reference);
        (string Road, AnnouncementQuestion Question)[] ways =
        [
            ("Http", new AnnouncementQuestion { PollBy = PollingWay.GeneralMessage, Types = [AnnouncementType.Crl], Certificate = enrolled }),
            ("Http", new AnnouncementQuestion { PollBy = PollingWay.HttpGet, Types = [AnnouncementType.Crl], Certificate = enrolled }),
            ("Http", new AnnouncementQuestion { PollBy = PollingWay.HttpGet, Types = [AnnouncementType.Crl], Certificate = enrolled, IssuerAsGeneralNames = true }),
            ("Tcp", new AnnouncementQuestion { PollBy = PollingWay.TcpReference, Reference = reference }),
            ("Coap", new AnnouncementQuestion { PollBy = PollingWay.Observe, Types = [AnnouncementType.Crl] }),
        ];
        var crls = new HashSet<string>();
        foreach ((string road, AnnouncementQuestion question) in ways)
        {
            Announcement announced = Assert.Single(await PollAsync(SettingsOf(server, road) with { TrustAnchor = [Certificate.From(server.RootCertificate)] }, question));
            Assert.True(announced.Verified, $"{question.PollBy}: {announced.Problem?.Text}");
            // announced are those of the root too
            crls.Add(Hex.Of(Assert.Single(((CrlAnnContent)announced.Content).Crls, crl => crl.Issuer.IsSameAs(enrolled.Issuer)).Encoded.Span));
        }
        Assert.Single(crls);
    }

    /// <summary>Polls; who observes ends with the first that he hears.</summary>
    private static async Task<IReadOnlyList<Announcement>> PollAsync(ServerSettings settings, AnnouncementQuestion question)
    {
        using var client = new CmpClient(settings, transport: null);
        using var stopping = new CancellationTokenSource(Some.Time);
        var emitted = new List<Announcement>();
        Task polling = new AnnouncementPoller(client, new AnnouncementJudge(client)).PollAsync(question, async (announcement, _) =>
        {
            emitted.Add(announcement);
            if (question.PollBy == PollingWay.Observe)
                await stopping.CancelAsync();
        }, cancellationToken: stopping.Token);
        if (question.PollBy == PollingWay.Observe)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => polling);
        else
            await polling;
        return emitted;
    }

    private static HttpClient Http(Server server)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (server.TlsRootCertificate is { } root)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(root);
        }
        return new HttpClient(handler) { BaseAddress = server.Uri.Scheme == "http+tcp" ? new UriBuilder(server.Uri) { Scheme = "http" }.Uri : server.Uri, Timeout = Some.Time };
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, string method, string target)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), target);
        using HttpResponseMessage response = await http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode || (await response.Content.ReadAsByteArrayAsync()).Length == 0);
        return response.StatusCode;
    }

    /// <summary>The message, or nothing where there is none.</summary>
    private static async Task<PkiMessage?> GetAsync(HttpClient http, string target)
    {
        using HttpResponseMessage response = await http.GetAsync(target);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return null;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return PkiMessage.Decode(await response.Content.ReadAsByteArrayAsync());
    }

    private static ServerSettings SettingsOf(Server server, string? road = null) => new()
    {
        Uri = road is null ? server.Uri : server.Uris[road],
        Secret = new ReferenceAndSecret(server.Reference, server.Secret),
        IterationCount = 500,
        NoProxy = ["*"],
    };

    private static ICmpTransport Transport(Server server, TcpMessageStyle style) => server.Uri.Scheme == "tcp"
        ? new TcpTransport(new TcpTransportSettings { Uri = server.Uri, Style = style })
        : new HttpTransport(new HttpTransportSettings { Uri = server.Uri, Generation = style == TcpMessageStyle.Rfc2510 ? HttpGeneration.CmpHttp00 : HttpGeneration.Transport02 });

    private static Task<TransportReply> CollectAsync(ICmpTransport transport, TcpMessageStyle style, string reference)
    {
        Assert.True(PollingReference.TryParse(reference, out PollingReference parsed));
        var ticket = new TcpTicket(style, parsed);
        return transport.CollectAsync(transport is TcpTransport ? ticket.ToString() : new HttpTicket(CmpOperation.Announcement, ticket).ToString(), CancellationToken.None).WaitAsync(Some.Time);
    }

    private static async Task<X509Certificate2> EnrollAsync(Server server, string subject, string? road = null)
    {
        using var client = new CmpClient(SettingsOf(server, road), transport: null);
        using var enrollment = new Enrollment(client, new EnrollmentRequest { Subject = Name.Parse(subject), Key = new KeyRequest(), Destination = CertificateDestination.None });
        Assert.True((await enrollment.RunAsync(TimeSpan.FromSeconds(30)))!.Confirmed);
        return server.Issued[^1];
    }
}
