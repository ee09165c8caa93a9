using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Cmp.Tests.Transports;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>An announcement goes where requests go, on each road, in the way of that road.</summary>
public sealed class AnnouncementRoadsTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly ReadOnlyMemory<byte> _octets = ToPush.Signed(ToPush.Revocation).Encoded;
    private TransportRequest? _heard;

    public void Dispose() => _folder.Dispose();

    private Func<TransportRequest, CancellationToken, Task<TransportReply>> Answer(int? status) => (request, _) =>
    {
        _heard = request;
        return Task.FromResult<TransportReply>(new TransportReply.Nothing { HttpStatus = status });
    };

    private async Task<DeliveryStatus> SendAsync(Uri uri, Func<ServerSettings, ServerSettings>? change = null)
    {
        var settings = new ServerSettings { Uri = uri, NoProxy = ["*"], Timeout = Some.Time, CertificateProfile = "profile1" };
        using var client = new CmpClient(change is null ? settings : change(settings));
        return (await new AnnouncementSender(client).SendAsync(_octets).WaitAsync(Some.Time)).Status;
    }

    private void Heard(string path)
    {
        Assert.Equal(Hex.Of(_octets.Span), Hex.Of(_heard!.Octets.Span));
        Assert.Equal(path, _heard.Path);
    }

    [Theory]
    [InlineData("/pkix/", false, "/pkix/")]
    [InlineData("/pkix/ee7?a=b", false, "/pkix/ee7?a=b")]
    [InlineData("", true, "/.well-known/cmp/p/profile1")]
    public async Task Over_HTTP_it_is_a_POST_to_the_address(string path, bool wellKnown, string expected)
    {
        await using CmpHttpListener listener = CmpHttpListener.Start(new HttpListenerSettings(), Answer(201));
        Assert.Equal(DeliveryStatus.Stored, await SendAsync(new Uri(listener.Uri.GetLeftPart(UriPartial.Authority) + path), settings => settings with { WellKnown = wellKnown }));
        Heard(expected);
    }

    /// <summary>RFC 9482 has no way to push. Its path for announcements is where they are asked for, and so an address is taken as it is.</summary>
    [Theory]
    [InlineData("/cmp", "/cmp")]
    [InlineData("", "/.well-known/cmp")]
    public async Task Over_CoAP_it_is_a_POST_to_the_address_and_not_to_where_announcements_are_asked_for(string path, string expected)
    {
        await using CmpCoapListener listener = CmpCoapListener.Start(new CoapListenerSettings(), Answer(201));
        Assert.Equal(DeliveryStatus.Delivered, await SendAsync(new Uri(listener.Uri.GetLeftPart(UriPartial.Authority) + path)));
        Heard(expected);
    }

    [Theory]
    [InlineData(TcpMessageStyle.Version10)]
    [InlineData(TcpMessageStyle.Rfc2510)]
    public async Task Over_TCP_it_is_a_pkiReq_that_a_finRep_ends(TcpMessageStyle style)
    {
        await using CmpTcpListener listener = CmpTcpListener.Start(new TcpListenerSettings(), Answer(null));
        Assert.Equal(DeliveryStatus.Delivered, await SendAsync(listener.Uri, settings => settings with { TcpStyle = style }));
        Assert.Equal(Hex.Of(_octets.Span), Hex.Of(_heard!.Octets.Span));
    }

    [Fact]
    public async Task Over_TCP_the_finRep_may_come_by_a_reference()
    {
        await using CmpTcpListener listener = CmpTcpListener.Start(
            new TcpListenerSettings(),
            (_, _) => Task.FromResult<TransportReply>(new TransportReply.NotYet(new PollingReference(7).ToString(), DateTimeOffset.UtcNow)),
            (_, _) => Task.FromResult<TransportReply>(new TransportReply.Nothing()));
        Assert.Equal(DeliveryStatus.Delivered, await SendAsync(listener.Uri));
    }

    [Fact]
    public async Task In_a_folder_it_lies_once_however_often_it_is_sent()
    {
        string road = Directory.CreateDirectory(_folder.PathOf("road")).FullName;
        var uri = new Uri("file://" + new Uri(road).AbsolutePath);
        Assert.Equal(DeliveryStatus.Sent, await SendAsync(uri));
        Assert.Equal(DeliveryStatus.Sent, await SendAsync(uri));
        Assert.Equal(_octets.ToArray(), File.ReadAllBytes(Assert.Single(Directory.GetFiles(road, "*.request.pki"))));
    }
}
