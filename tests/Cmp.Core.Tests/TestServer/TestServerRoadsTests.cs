using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.TestServer;

/// <summary>One server on all its roads.</summary>
public sealed class TestServerRoadsTests : IDisposable
{
    private readonly Folder _folder = new();

    public static TheoryData<TestServerRoad> Roads => [.. Enum.GetValues<TestServerRoad>()];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Roads))]
    public async Task Who_has_its_address_and_its_secret_gets_a_certificate(TestServerRoad road)
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [road] });
        Assert.Equal(server.Uris[road.ToString()], server.Uri);
        EnrolledCertificate enrolled = await EnrollAsync(SettingsOf(server, road), "CN=wanted");
        Assert.True(enrolled.Confirmed);
        Assert.Equal(enrolled.Certificate.Encoded.ToArray(), Assert.Single(server.Issued).RawData);

        CmpException error = await Assert.ThrowsAnyAsync<CmpException>(() => EnrollAsync(SettingsOf(server, road, "wrong"), "CN=intruder"));
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", error.ErrorId);
        Assert.Single(server.Issued);
    }

    [Fact]
    public async Task All_roads_lead_to_one_authority()
    {
        TestServerRoad[] roads = Enum.GetValues<TestServerRoad>();
        using Server server = Server.Start(new TestServerOptions { Roads = roads });
        Assert.Equal(roads.Select(road => road.ToString()), server.Uris.Keys);
        Assert.Equal(server.Uris["http"], server.Uri);
        await Task.WhenAll(roads.Select(road => EnrollAsync(SettingsOf(server, road), "CN=" + road)));
        Assert.Equal(roads.Select(road => "CN=" + road).Order(StringComparer.Ordinal), server.Issued.Select(certificate => certificate.Subject).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_road_that_is_named_twice_is_one()
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Http, TestServerRoad.Http] });
        Assert.Equal(["Http"], server.Uris.Keys);
    }

    [Fact]
    public void A_server_without_a_road_does_not_start()
    {
        Assert.Equal("CmpArgument.Transport", Assert.Throws<CmpException>(() => Server.Start(new TestServerOptions { Roads = [] })).ErrorId);
        Assert.Equal("CmpArgument.Transport", Assert.Throws<CmpException>(() => Server.Start(new TestServerOptions { Roads = [(TestServerRoad)99] })).ErrorId);
    }

    [Fact]
    public void Roads_take_the_ports_that_follow()
    {
        for (int attempt = 0; ; attempt++)
        {
            int port = TwoFreePorts();
            try
            {
                using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Https, TestServerRoad.Http], Port = port });
                Assert.Equal((port, port + 1), (server.Uris["Https"].Port, server.Uris["Http"].Port));
                return;
            }
            catch (CmpException e) when (e.ErrorId == "CmpTransport.ListenFailed" && attempt < 10)
            {
                // somebody was faster
            }
        }
    }

    [Fact]
    public void One_road_that_cannot_be_had_undoes_the_others()
    {
        for (int attempt = 0; ; attempt++)
        {
            int port = TwoFreePorts();
            try
            {
                using var taken = new TcpListener(IPAddress.Loopback, port + 1);
                taken.Start();
                Assert.Equal("CmpTransport.ListenFailed", Assert.Throws<CmpException>(() => Server.Start(new TestServerOptions { Roads = [TestServerRoad.Http, TestServerRoad.Https], Port = port })).ErrorId);
                using var first = new TcpListener(IPAddress.Loopback, port);
                first.Start();
                return;
            }
            catch (SocketException) when (attempt < 10)
            {
                // somebody was faster
            }
        }
    }

    [Fact]
    public void A_folder_of_its_own_goes_with_the_server_and_one_that_was_named_stays()
    {
        Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.File] });
        string own = server.FolderPath!;
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, UnixMode.Of(own));
        server.Dispose();
        Assert.False(Directory.Exists(own));

        string named = _folder.PathOf("made/for it");
        server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.File], FolderPath = named });
        Assert.Equal(named, server.FolderPath);
        server.Dispose();
        Assert.True(Directory.Exists(named));
    }

    [Fact]
    public void A_folder_that_cannot_be_had_is_an_error_and_where_none_is_needed_none_can_be_named()
    {
        string file = _folder.PathOf("file");
        File.WriteAllText(file, "");
        Assert.Equal("CmpTransport.ListenFailed", Assert.Throws<CmpException>(() => Server.Start(new TestServerOptions { Roads = [TestServerRoad.File], FolderPath = file })).ErrorId);
        Assert.Equal("CmpArgument.Transport", Assert.Throws<CmpException>(() => Server.Start(new TestServerOptions { FolderPath = _folder.PathOf("a") })).ErrorId);
        using Server bare = Server.Start();
        Assert.Null(bare.FolderPath);
    }

    [Fact]
    public async Task Rule59_TLS_is_vouched_for_by_a_root_that_says_nothing_about_messages()
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Https, TestServerRoad.Http] });
        using Server other = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Https] });
        Assert.NotEqual(server.RootCertificate.RawData, server.TlsRootCertificate!.RawData);
        ServerSettings settings = SettingsOf(server, TestServerRoad.Https);
        foreach (X509Certificate2 wrong in new[] { server.RootCertificate, other.TlsRootCertificate! })
        {
            CmpException error = await Assert.ThrowsAnyAsync<CmpException>(() => EnrollAsync(settings with { TlsTrustAnchor = [wrong] }, "CN=a"));
            Assert.Equal("CmpTransport.TlsFailed", error.ErrorId);
        }
        // by name, too; of another one it says nothing
        await EnrollAsync(settings with { Uri = new UriBuilder(server.Uri) { Host = "localhost" }.Uri }, "CN=a");
        using Server bare = Server.Start();
        Assert.Null(bare.TlsRootCertificate);
    }

    [Fact]
    public async Task The_root_for_TLS_is_kept_with_the_state()
    {
        TestServerOptions options = new() { Roads = [TestServerRoad.Https], StatePath = _folder.PathOf("state") };
        Server one = Server.Start(options);
        ServerSettings settings = SettingsOf(one, TestServerRoad.Https);
        one.Dispose();
        using (Server two = Server.Start(options))
        {
            Assert.Equal(one.TlsRootCertificate!.RawData, two.TlsRootCertificate!.RawData);
            await EnrollAsync(settings with { Uri = two.Uri }, "CN=a");
        }
        string secret = _folder.PathOf("state/authority/tls-root.secret");
        File.WriteAllBytes(secret, [0x30, 0]);
        CmpException damaged = Assert.Throws<CmpException>(() => Server.Start(options));
        Assert.Equal("CmpState.Unreadable", damaged.ErrorId);
        Assert.Contains(secret, damaged.Message, StringComparison.Ordinal);
        File.Delete(secret);
        Assert.Equal("CmpState.Unreadable", Assert.Throws<CmpException>(() => Server.Start(options)).ErrorId);
        // who needs no TLS need not have it
        using Server http = Server.Start(options with { Roads = [TestServerRoad.Http] });
        Assert.Null(http.TlsRootCertificate);
    }

    public static TheoryData<TestServerRoad> PollingRoads => [.. Enum.GetValues<TestServerRoad>().Where(ListeningRoads.CanPoll)];

    [Theory]
    [MemberData(nameof(PollingRoads))]
    public async Task Each_answer_is_polled_for_by_a_reference(TestServerRoad road)
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [road], TransportPollCount = 2, TransportCheckAfter = 0 });
        int waits = 0;
        EnrolledCertificate enrolled = await EnrollAsync(SettingsOf(server, road) with { ImplicitConfirm = false }, "CN=patient", () => waits++);
        Assert.True(enrolled.Confirmed);
        Assert.Equal(6, waits); // three polls for the ip, three for the pkiConf
        Assert.Single(server.Issued);
    }

    [Theory]
    [MemberData(nameof(PollingRoads))]
    public async Task Rule50_A_reference_that_a_new_server_does_not_know_leads_to_the_same_answer(TestServerRoad road)
    {
        TestServerOptions options = new() { Roads = [road], TransportPollCount = 1, TransportCheckAfter = 0, StatePath = _folder.PathOf("state") };
        Server server = Server.Start(options);
        ServerSettings settings = SettingsOf(server, road);
        try
        {
            int waits = 0;
            EnrolledCertificate enrolled = await EnrollAsync(settings, "CN=patient", () =>
            {
                if (++waits != 2)
                    return;
                int port = server.Uri.Port;
                server.Dispose();
                server = Server.Start(options with { Port = port });
            });
            Assert.Equal(4, waits); // one poll at the first server, one that finds nothing, and the two that are due to the message said again
            Assert.Equal(enrolled.Certificate.Encoded.ToArray(), Assert.Single(server.Issued).RawData);
        }
        finally
        {
            server.Dispose();
        }
    }

    [Fact]
    public async Task On_other_roads_the_answer_is_there_at_once()
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Http, TestServerRoad.HttpTcp], TransportPollCount = 5 });
        await EnrollAsync(SettingsOf(server, TestServerRoad.Http), "CN=a", () => Assert.Fail("There is nothing to wait for."));
        // nor does a message that comes as it is on a road that has polling know how to wait
        await EnrollAsync(SettingsOf(server, TestServerRoad.HttpTcp) with { HttpGeneration = HttpGeneration.Rfc9811, Uri = new UriBuilder(server.Uris["HttpTcp"]) { Scheme = "http" }.Uri }, "CN=a", () => Assert.Fail("There is nothing to wait for."));
    }

    [Theory]
    [InlineData(TcpMessageStyle.Version10, TcpMessageStyle.Version10, null)]
    [InlineData(TcpMessageStyle.Rfc2510, TcpMessageStyle.Rfc2510, null)]
    [InlineData(TcpMessageStyle.Rfc2510, null, null)]
    [InlineData(null, TcpMessageStyle.Rfc2510, null)]
    [InlineData(TcpMessageStyle.Rfc2510, TcpMessageStyle.Version10, "CmpTcp.")]
    [InlineData(TcpMessageStyle.Version10, TcpMessageStyle.Rfc2510, "CmpTcp.")]
    public async Task A_style_that_is_not_understood_is_an_error_and_version_10_falls_back_by_itself(TcpMessageStyle? serves, TcpMessageStyle? speaks, string? error)
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Tcp], TcpStyle = serves });
        Task<EnrolledCertificate> enrolled = EnrollAsync(SettingsOf(server, TestServerRoad.Tcp) with { TcpStyle = speaks }, "CN=a");
        if (error is null)
            Assert.True((await enrolled).Confirmed);
        else
            Assert.StartsWith(error, (await Assert.ThrowsAnyAsync<CmpException>(() => enrolled)).ErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_style_is_for_the_road_that_has_styles() =>
        Assert.Equal("CmpArgument.Transport", Assert.Throws<CmpException>(() => Server.Start(new TestServerOptions { Roads = [TestServerRoad.HttpTcp], TcpStyle = TcpMessageStyle.Rfc2510 })).ErrorId);

    [Fact]
    public void Where_no_road_has_polling_of_its_own_none_can_be_asked_for()
    {
        CmpException error = Assert.Throws<CmpException>(() => Server.Start(new TestServerOptions { Roads = [TestServerRoad.Http, TestServerRoad.Https], TransportPollCount = 1 }));
        Assert.Equal("CmpArgument.Transport", error.ErrorId);
    }

    private static ServerSettings SettingsOf(Server server, TestServerRoad road, string? secret = null) => new()
    {
        Uri = server.Uris[road.ToString()],
        Secret = new ReferenceAndSecret(server.Reference, secret is null ? server.Secret : new NetworkCredential(string.Empty, secret).SecurePassword),
        IterationCount = 500,
        NoProxy = ["*"],
        MailFolder = road == TestServerRoad.Mail ? server.FolderPath : null,
        TlsTrustAnchor = road is TestServerRoad.Https or TestServerRoad.Coaps ? [server.TlsRootCertificate!] : null,
    };

    /// <summary>Enrols, without waiting in earnest where the road has us wait.</summary>
    private static async Task<EnrolledCertificate> EnrollAsync(ServerSettings settings, string subject, Action? waits = null)
    {
        using var client = new CmpClient(settings, transport: null, delay: waits is null ? null : (_, _) => Wait());
        var request = new EnrollmentRequest { Subject = Name.Parse(subject), Key = new KeyRequest(), Destination = CertificateDestination.None };
        using var enrollment = new Enrollment(client, request);
        return (await enrollment.RunAsync(TimeSpan.FromSeconds(30)))!;

        Task Wait()
        {
            waits();
            return Task.CompletedTask;
        }
    }

    private static int TwoFreePorts()
    {
        while (true)
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            int port = ((IPEndPoint)first.LocalEndpoint).Port;
            using var second = new TcpListener(IPAddress.Loopback, port + 1);
            try
            {
                second.Start();
                return port;
            }
            catch (SocketException)
            {
                // the next one may have a neighbour
            }
        }
    }
}
