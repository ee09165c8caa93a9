using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Tests.Transports;
using Xunit;
using static Cmp.Tests.Announcements.PushScene;

namespace Cmp.Tests.Announcements;

/// <summary>Where pushes are listened for: the loopback unless another address is named, and nothing that is passed over in silence.</summary>
public class ListeningPlaceTests
{
    private static bool HasIPv6 => NetworkInterface.GetAllNetworkInterfaces().SelectMany(one => one.GetIPProperties().UnicastAddresses).Any(one => one.Address.Equals(IPAddress.IPv6Loopback));

    private static async Task<bool> IsReachedAsync(IPAddress address, int port)
    {
        using TcpClient client = new(address.AddressFamily);
        try
        {
            await client.ConnectAsync(address, port).WaitAsync(Some.Time);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static CmpException Refused(string uri, Func<AnnouncementListenerSettings, AnnouncementListenerSettings>? change = null)
    {
        PushScene scene = new(uri, change);
        CmpException error = Assert.Throws<CmpException>(() => scene.Listener);
        return error;
    }

    [Theory]
    [InlineData("http://localhost/", "http", 80, "/")]
    [InlineData("http://localhost", "http", 80, "/")]
    [InlineData("https://localhost:8843/cmp/a%2Fb", "https", 8843, "/cmp/a%2Fb")]
    [InlineData("https://localhost/x/../y", "https", 443, "/x/../y")]
    [InlineData("tcp://localhost", "tcp", 829, "/")]
    [InlineData("tcp://localhost/", "tcp", 829, "/")]
    [InlineData("tcp://localhost:0", "tcp", 0, "/")]
    [InlineData("HTTP://LocalHost:0/", "http", 0, "/")]
    public void An_address_is_taken_apart(string uri, string scheme, int port, string path)
    {
        ListeningPlace place = new(new Uri(uri));
        Assert.Equal((scheme, port, path, "localhost"), (place.Scheme, place.Port, place.Path, place.HostName));
    }

    [Fact]
    public void Localhost_is_each_address_of_the_loopback()
    {
        foreach (string host in new[] { "localhost", "localhost." })
        {
            IReadOnlyList<IPAddress> addresses = new ListeningPlace(new Uri($"http://{host}/")).Addresses;
            Assert.Contains(IPAddress.Loopback, addresses);
            Assert.Equal(HasIPv6, addresses.Contains(IPAddress.IPv6Loopback));
            Assert.Equal(HasIPv6 ? 2 : 1, addresses.Count);
        }
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("127.0.0.2", "127.0.0.2")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("[::1]", "::1")]
    [InlineData("[::]", "::")]
    [InlineData("2130706433", "127.0.0.1")]
    public void An_address_of_numbers_is_the_one_that_is_bound(string host, string address)
    {
        ListeningPlace place = new(new Uri($"http://{host}:0/"));
        Assert.Equal(IPAddress.Parse(address), Assert.Single(place.Addresses));
        Assert.Null(place.HostName);
    }

    [Fact]
    public async Task Localhost_is_reached_at_both_addresses_by_one_port()
    {
        await using PushScene scene = new("http://localhost:0/");
        Assert.Equal("localhost", scene.Uri.Host);
        Assert.NotEqual(0, scene.Uri.Port);
        Assert.True(await IsReachedAsync(IPAddress.Loopback, scene.Uri.Port));
        Assert.Equal(HasIPv6, await IsReachedAsync(IPAddress.IPv6Loopback, scene.Uri.Port));
    }

    [SkippableFact]
    public async Task Others_reach_it_only_where_another_address_is_named()
    {
        IPAddress? other = NetworkInterface.GetAllNetworkInterfaces().SelectMany(one => one.GetIPProperties().UnicastAddresses).Select(one => one.Address)
            .FirstOrDefault(one => one.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(one));
        Skip.If(other is null, "this machine has no address but the loopback's");
        await using PushScene closed = new("tcp://localhost:0"), named = new($"tcp://{other}:0"), open = new("tcp://0.0.0.0:0");
        Assert.False(await IsReachedAsync(other!, closed.Uri.Port));
        Assert.True(await IsReachedAsync(other!, named.Uri.Port));
        Assert.False(await IsReachedAsync(IPAddress.Loopback, named.Uri.Port));
        Assert.True(await IsReachedAsync(other!, open.Uri.Port));
        Assert.True(await IsReachedAsync(IPAddress.Loopback, open.Uri.Port));
        Assert.Equal(other!.ToString(), named.Uri.Host);
    }

    [SkippableFact]
    public async Task The_name_of_this_machine_is_its_addresses()
    {
        ListeningPlace? place = null;
        try
        {
            place = new ListeningPlace(new Uri($"http://{Dns.GetHostName()}:0/"));
        }
        catch (CmpException e)
        {
            Assert.Equal("CmpTransport.ListenFailed", e.ErrorId);
            Skip.If(true, "the name of this machine does not resolve to one of its addresses");
        }
        await using PushScene scene = new($"http://{Dns.GetHostName()}:0/");
        Assert.True(await IsReachedAsync(place!.Addresses[0], scene.Uri.Port));
    }

    [SkippableFact]
    public async Task IPv6_is_listened_on()
    {
        Skip.IfNot(HasIPv6, "this machine has no IPv6 loopback");
        await using PushScene scene = new("http://[::1]:0/");
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Crl)));
        Assert.StartsWith("[::1]:", scene.Emitted.Single().From, StringComparison.Ordinal);
        Assert.False(await IsReachedAsync(IPAddress.Loopback, scene.Uri.Port));
    }

    [SkippableFact]
    public async Task All_addresses_are_those_of_one_kind()
    {
        Skip.IfNot(HasIPv6, "this machine has no IPv6 loopback");
        await using PushScene four = new("http://0.0.0.0:0/"), six = new("http://[::]:0/");
        Assert.True(await IsReachedAsync(IPAddress.Loopback, four.Uri.Port));
        Assert.False(await IsReachedAsync(IPAddress.IPv6Loopback, four.Uri.Port));
        Assert.True(await IsReachedAsync(IPAddress.IPv6Loopback, six.Uri.Port));
        Assert.False(await IsReachedAsync(IPAddress.Loopback, six.Uri.Port));
        Assert.Equal(("127.0.0.1", "[::1]"), (four.Uri.Host, six.Uri.Host));
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("[2001:db8::1]")]
    public void An_address_of_another_machine_cannot_be_listened_on(string host)
    {
        CmpException error = Refused($"http://{host}:0/");
        Assert.Equal("CmpTransport.ListenFailed", error.ErrorId);
        Assert.Contains("address of this machine", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_does_not_resolve_cannot_be_listened_on()
    {
        CmpException error = Refused("http://nobody.invalid:0/");
        Assert.Equal("CmpTransport.ListenFailed", error.ErrorId);
        Assert.NotNull(error.RecommendedAction);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_an_error_and_leaves_nothing()
    {
        await using PushScene scene = new("http://127.0.0.1:0/");
        CmpException taken = Refused($"http://127.0.0.1:{scene.Uri.Port}/");
        Assert.Equal("CmpTransport.ListenFailed", taken.ErrorId);
        Assert.Contains("port that is free", taken.RecommendedAction, StringComparison.Ordinal);
        // the other address of the name is free again
        Assert.Equal("CmpTransport.ListenFailed", Refused($"http://localhost:{scene.Uri.Port}/").ErrorId);
        if (HasIPv6)
        {
            await using PushScene free = new($"http://[::1]:{scene.Uri.Port}/");
            Assert.Equal(scene.Uri.Port, free.Uri.Port);
            Assert.Equal("CmpTransport.ListenFailed", Refused($"http://localhost:{scene.Uri.Port}/").ErrorId);
        }
    }

    [Theory]
    [InlineData("ftp://localhost/")]
    [InlineData("coap://localhost/")]
    [InlineData("http+tcp://localhost/")]
    [InlineData("file:///tmp/x")]
    [InlineData("mailto:ca@example.com")]
    public void Another_scheme_is_an_error(string uri) => Assert.Equal("CmpArgument.Scheme", Refused(uri).ErrorId);

    [Theory]
    [InlineData("http://user@localhost/")]
    [InlineData("http://user:password@localhost/")]
    [InlineData("http://@localhost/")]
    [InlineData("http://localhost/?query")]
    [InlineData("http://localhost/?")]
    [InlineData("http://localhost/#there")]
    [InlineData("tcp://localhost/path")]
    [InlineData("http://localhost/ü")]
    [InlineData("http://localhost/a b")]
    [InlineData("http://localhost/a\\b")]
    public void What_an_address_to_listen_at_does_not_have_is_an_error(string uri)
    {
        CmpException error = Refused(uri);
        Assert.Equal(("CmpArgument.ListenUri", CmpErrorKind.Argument), (error.ErrorId, error.Kind));
        Assert.NotNull(error.RecommendedAction);
        Assert.DoesNotContain("password", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_relative_address_is_an_error() =>
        Assert.Equal("CmpArgument.ListenUri", Assert.Throws<CmpException>(() => new ListeningPlace(new Uri("localhost/x/", UriKind.Relative))).ErrorId);

    [Fact]
    public void The_certificate_for_TLS_is_for_https_and_needs_its_key()
    {
        using TlsCertificates certificates = new();
        using X509Certificate2 certificate = certificates.Server(), withoutKey = X509CertificateLoader.LoadCertificate(certificate.RawData);
        Assert.Equal("CmpArgument.TlsCertificate", Refused("https://localhost:0/").ErrorId);
        Assert.Equal("CmpArgument.TlsCertificate", Refused("https://localhost:0/", settings => settings with { TlsCertificate = withoutKey }).ErrorId);
        Assert.Equal("CmpArgument.TlsCertificate", Refused("http://localhost:0/", settings => settings with { TlsCertificate = certificate }).ErrorId);
        Assert.Equal("CmpArgument.TlsCertificate", Refused("tcp://localhost:0", settings => settings with { TlsCertificate = withoutKey }).ErrorId);
    }

    public static TheoryData<AnnouncementListenerSettings> Unbounded
    {
        get
        {
            var settings = new AnnouncementListenerSettings { Uri = new Uri("http://localhost:0/") };
            return
            [
                settings with { MaxPushBytes = 0 }, settings with { MaxConnections = 0 }, settings with { MaxWaiting = -1 }, settings with { MaxPushesPerMinute = 0 },
                settings with { MaxRefusalsPerMinute = 0 }, settings with { RequestTimeout = TimeSpan.Zero }, settings with { IdleTimeout = TimeSpan.FromSeconds(-1) },
            ];
        }
    }

    [Theory]
    [MemberData(nameof(Unbounded))]
    public void A_bound_that_is_none_is_an_error(AnnouncementListenerSettings settings) =>
        Assert.Equal("CmpTransport.InvalidSetting", Refused("http://localhost:0/", _ => settings).ErrorId);
}
