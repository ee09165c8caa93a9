using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Keys;
using Cmp.Messages;
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
        using var client = new CmpClient(new ServerSettings { Uri = road is null ? server.Uri : server.Uris[road], Secret = new ReferenceAndSecret(server.Reference, server.Secret), IterationCount = 500, NoProxy = ["*"] }, transport: null);
        using var enrollment = new Enrollment(client, new EnrollmentRequest { Subject = Name.Parse(subject), Key = new KeyRequest(), Destination = CertificateDestination.None });
        Assert.True((await enrollment.RunAsync(TimeSpan.FromSeconds(30)))!.Confirmed);
        return server.Issued[^1];
    }
}
