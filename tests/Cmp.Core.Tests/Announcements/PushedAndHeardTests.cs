using System;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Messages.Pkix;
using Cmp.Tests.Client;
using Cmp.Tests.Transports;
using Xunit;
using static Cmp.Tests.Announcements.PushScene;

namespace Cmp.Tests.Announcements;

/// <summary>Our own sender and our own listener, over each road: one hears what the other says.</summary>
public class PushedAndHeardTests
{
    private static async Task<Delivery> SendAsync(PushScene scene, byte[] message, Func<ServerSettings, ServerSettings>? change = null, Action? waiting = null)
    {
        var settings = new ServerSettings { Uri = scene.Uri, NoProxy = ["*"], Timeout = TimeSpan.FromMinutes(5) };
        var clock = new FakeClock { Waiting = waiting };
        using CmpClient client = new(change is null ? settings : change(settings), transport: null, () => clock.Now, clock.Delay);
        return await new AnnouncementSender(client).SendAsync(message).WaitAsync(Some.Time);
    }

    [Theory]
    [InlineData("http://localhost:0/pkix")]
    [InlineData("http://127.0.0.1:0/")]
    public async Task What_is_believed_is_stored(string uri)
    {
        await using PushScene scene = new(uri);
        Delivery delivery = await SendAsync(scene, Signed(ToPush.Crl));
        Assert.Equal((DeliveryStatus.Stored, 201, 1), (delivery.Status, delivery.HttpStatus!.Value, delivery.Attempts));
        Assert.Single(scene.Emitted);
    }

    [Fact]
    public async Task What_is_not_believed_is_accepted_and_comes_again_and_is_emitted_once()
    {
        await using PushScene scene = new();
        Delivery delivery = await SendAsync(scene, Unprotected(ToPush.Crl));
        Assert.Equal((DeliveryStatus.Accepted, 202), (delivery.Status, delivery.HttpStatus!.Value));
        Assert.InRange(delivery.Attempts, 2, 20);
        Assert.Single(scene.Emitted);
    }

    [Fact]
    public async Task Rule55_Who_is_told_how_long_to_wait_is_taken_when_he_comes_again()
    {
        await using PushScene scene = new(change: settings => settings with { MaxPushesPerMinute = 1 });
        Assert.Equal(DeliveryStatus.Stored, (await SendAsync(scene, Signed(ToPush.Crl))).Status);
        Delivery delivery = await SendAsync(scene, Signed(ToPush.Revocation), waiting: () => scene.Time += TimeSpan.FromMinutes(1));
        Assert.Equal((DeliveryStatus.Stored, 2), (delivery.Status, delivery.Attempts));
    }

    [Fact]
    public async Task A_batch_is_stored_when_all_of_it_is_believed()
    {
        await using PushScene scene = new();
        Assert.Equal(DeliveryStatus.Stored, (await SendAsync(scene, Batch([.. ToPush.All.Select(Signed)]))).Status);
        Assert.Equal(4, scene.Emitted.Count);
    }

    [Fact]
    public async Task Over_TLS_it_is_stored()
    {
        using TlsCertificates certificates = new();
        using X509Certificate2 certificate = certificates.Server();
        await using PushScene scene = new("https://localhost:0/", settings => settings with { TlsCertificate = certificate });
        Delivery delivery = await SendAsync(scene, Signed(ToPush.Crl), settings => settings with { TlsTrustAnchor = [certificates.Root] });
        Assert.Equal(DeliveryStatus.Stored, delivery.Status);
    }

    [Theory]
    [InlineData(TcpMessageStyle.Version10)]
    [InlineData(TcpMessageStyle.Rfc2510)]
    public async Task Over_TCP_it_is_delivered_or_refused(TcpMessageStyle style)
    {
        await using PushScene scene = new("tcp://localhost:0", settings => settings with { MaxPushesPerMinute = 2 });
        ServerSettings Styled(ServerSettings settings) => settings with { TcpStyle = style };
        Assert.Equal(DeliveryStatus.Delivered, (await SendAsync(scene, Signed(ToPush.Crl), Styled)).Status);
        Assert.Equal(DeliveryStatus.Delivered, (await SendAsync(scene, Unprotected(ToPush.Revocation), Styled)).Status);
        CmpException busy = await Assert.ThrowsAnyAsync<CmpException>(() => SendAsync(scene, Signed(ToPush.Certificate), Styled));
        Assert.Contains("The server is busy.", busy.Message, StringComparison.Ordinal);
        Assert.Equal(2, scene.Emitted.Count);
    }
}
