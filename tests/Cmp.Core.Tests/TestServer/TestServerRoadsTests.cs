using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Client;
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
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        Assert.Equal("CmpTransport.ListenFailed", Assert.Throws<CmpException>(() => Server.Start(new TestServerOptions { Roads = [TestServerRoad.Http, TestServerRoad.Https], Port = port - 1 })).ErrorId);
        using var first = new TcpListener(IPAddress.Loopback, port - 1);
        first.Start();
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
        System.IO.File.WriteAllBytes(secret, [0x30, 0]);
        CmpException damaged = Assert.Throws<CmpException>(() => Server.Start(options));
        Assert.Equal("CmpState.Unreadable", damaged.ErrorId);
        Assert.Contains(secret, damaged.Message, StringComparison.Ordinal);
        System.IO.File.Delete(secret);
        Assert.Equal("CmpState.Unreadable", Assert.Throws<CmpException>(() => Server.Start(options)).ErrorId);
        // who needs no TLS need not have it
        using Server http = Server.Start(options with { Roads = [TestServerRoad.Http] });
        Assert.Null(http.TlsRootCertificate);
    }

    private static ServerSettings SettingsOf(Server server, TestServerRoad road, string? secret = null) => new()
    {
        Uri = server.Uris[road.ToString()],
        Secret = new ReferenceAndSecret(server.Reference, secret is null ? server.Secret : new NetworkCredential(string.Empty, secret).SecurePassword),
        IterationCount = 500,
        NoProxy = ["*"],
        TlsTrustAnchor = road == TestServerRoad.Https ? [server.TlsRootCertificate!] : null,
    };

    private static async Task<EnrolledCertificate> EnrollAsync(ServerSettings settings, string subject)
    {
        using var client = new CmpClient(settings);
        var request = new EnrollmentRequest { Subject = Name.Parse(subject), Key = new KeyRequest(), Destination = CertificateDestination.None };
        using var enrollment = new Enrollment(client, request);
        return (await enrollment.RunAsync(TimeSpan.FromSeconds(30)))!;
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
