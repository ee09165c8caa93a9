using System;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Cmp.Tests.Transports;
using Xunit;
using static Cmp.Tests.Announcements.PushScene;

namespace Cmp.Tests.Announcements;

/// <summary>What a push over TCP-Messages is answered by (draft-ietf-pkix-cmp-tcp-00 3.3), in both styles.</summary>
public class AnnouncementListenerTcpTests
{
    public static TheoryData<TcpMessageStyle> Styles => [TcpMessageStyle.Version10, TcpMessageStyle.Rfc2510];

    private static TcpMessage Push(TcpMessageStyle style, byte[] message) => new(style, TcpMessageType.PkiReq, message);

    private static void IsError(TcpMessage answer, TcpMessageStyle style, TcpErrorType type, string text)
    {
        Assert.Equal((style, TcpMessageType.ErrorMsgRep), (answer.Style, answer.Type));
        if (style == TcpMessageStyle.Version10)
        {
            TcpErrorMessage error = TcpErrorMessage.Decode(answer.Value);
            Assert.Equal((type, text), (error.Type, error.Text));
        }
        else
        {
            Assert.Equal(text, TcpErrorMessage.ReadText(answer.Value.Span));
        }
    }

    [Theory]
    [MemberData(nameof(Styles))]
    public async Task What_is_emitted_is_answered_by_the_last_word_believed_or_not(TcpMessageStyle style)
    {
        await using PushScene scene = new("tcp://localhost:0");
        Assert.Equal("tcp", scene.Uri.Scheme);
        Assert.Equal(TcpMessage.FinRep(style).ToArray(), (await scene.AskAsync(Push(style, Signed(ToPush.Crl)))).ToArray());
        Assert.Equal(TcpMessage.FinRep(style).ToArray(), (await scene.AskAsync(Push(style, Unprotected(ToPush.Revocation)))).ToArray());
        Assert.Equal(TcpMessage.FinRep(style).ToArray(), (await scene.AskAsync(Push(style, Signed(ToPush.Crl)))).ToArray());
        Assert.Equal([true, false], scene.Emitted.Select(one => one.Verified));
        Assert.All(scene.Emitted, one => Assert.True(IPAddress.IsLoopback(IPEndPoint.Parse(one.From!).Address)));
        Assert.Empty(scene.Refusals);
    }

    [Theory]
    [MemberData(nameof(Styles))]
    public async Task What_is_no_announcement_is_the_clients_error(TcpMessageStyle style)
    {
        await using PushScene scene = new("tcp://localhost:0");
        IsError(await scene.AskAsync(Push(style, Other())), style, TcpErrorType.GeneralClientError, "The server does not take that.");
        Assert.Equal(400, scene.Refusal.Status);
        Assert.Contains("announces nothing", scene.Refusal.Reason, StringComparison.Ordinal);
        // no message at all does not reach us
        Assert.Equal(TcpMessageType.ErrorMsgRep, (await scene.AskAsync(Push(style, [0x31, 0]))).Type);
        Assert.Equal([400, 400], scene.Refusals.Select(refusal => refusal.Status));
        Assert.Empty(scene.Emitted);
        Assert.Equal(TcpMessageType.FinRep, (await scene.AskAsync(Push(style, Signed(ToPush.Crl)))).Type);
    }

    [Theory]
    [MemberData(nameof(Styles))]
    public async Task What_is_too_much_is_the_servers_error(TcpMessageStyle style)
    {
        await using PushScene scene = new("tcp://localhost:0", settings => settings with { MaxPushesPerMinute = 1 });
        Assert.Equal(TcpMessageType.FinRep, (await scene.AskAsync(Push(style, Signed(ToPush.Crl)))).Type);
        IsError(await scene.AskAsync(Push(style, Signed(ToPush.Crl))), style, TcpErrorType.GeneralServerError, "The server is busy.");
        Assert.Equal(503, scene.Refusal.Status);
    }

    [Theory]
    [MemberData(nameof(Styles))]
    public async Task What_fails_here_is_the_servers_error_and_tells_nothing(TcpMessageStyle style)
    {
        await using PushScene scene = new("tcp://localhost:0");
        scene.Judge = (_, _, _) => throw new InvalidOperationException("a secret");
        IsError(await scene.AskAsync(Push(style, Signed(ToPush.Crl))), style, TcpErrorType.GeneralServerError, "The server failed.");
        Assert.Equal((500, "a secret"), (scene.Refusal.Status, scene.Refusal.Reason));
    }

    [Theory]
    [MemberData(nameof(Styles))]
    public async Task Nothing_can_be_polled_for(TcpMessageStyle style)
    {
        await using PushScene scene = new("tcp://localhost:0");
        IsError(await scene.AskAsync(TcpMessage.PollReq(style, new PollingReference(1))), style, TcpErrorType.InvalidPollId, "The polling reference is not known.");
        Assert.Equal(400, scene.Refusal.Status);
    }

    [Theory]
    [InlineData("400000000A0000", 413)]
    [InlineData("40000000003003", 413)]
    [InlineData("000000000A0000", 400)]
    [InlineData("000000040B000300", 400)]
    [InlineData("504F5354202F20485454502F312E31", 413)]
    [InlineData("1603010200010001FC", 400)]
    public async Task What_is_no_TCP_Message_is_refused_at_once(string octets, int status)
    {
        await using PushScene scene = new("tcp://localhost:0");
        using (TcpTest.RawTcp client = new(scene.Uri))
        {
            Assert.NotNull(await client.AskAsync(octets));
            Assert.True(await client.IsClosedAsync());
        }
        Assert.Equal(status, scene.Refusal.Status);
        Assert.Equal(TcpMessageType.FinRep, (await scene.AskAsync(Push(TcpMessageStyle.Version10, Signed(ToPush.Crl)))).Type);
    }

    [Fact]
    public async Task Who_sends_an_octet_now_and_then_is_cut_off()
    {
        await using PushScene scene = new("tcp://localhost:0", settings => settings with { RequestTimeout = TimeSpan.FromMilliseconds(300) });
        using TcpTest.RawTcp client = new(scene.Uri);
        await client.SendAsync("000010000A0000");
        await Assert.ThrowsAnyAsync<System.IO.IOException>(async () =>
        {
            while (true)
            {
                await client.SendAsync("30");
                await Task.Delay(20);
            }
        }).WaitAsync(Some.Time);
        await UntilAsync(() => !scene.Refusals.IsEmpty);
        Assert.Null(scene.Refusal.Status);
        Assert.Equal(TcpMessageType.FinRep, (await scene.AskAsync(Push(TcpMessageStyle.Version10, Signed(ToPush.Crl)))).Type);
    }

    [Fact]
    public async Task Connections_over_the_bound_are_told_so()
    {
        await using PushScene scene = new("tcp://localhost:0", settings => settings with { MaxConnections = 1 });
        using TcpTest.RawTcp kept = new(scene.Uri);
        Assert.NotNull(await kept.AskAsync(Hex.Of(Push(TcpMessageStyle.Version10, Signed(ToPush.Crl)).ToArray())));
        IsError(await scene.AskAsync(Push(TcpMessageStyle.Version10, Signed(ToPush.Crl))), TcpMessageStyle.Version10, TcpErrorType.GeneralServerError, "The server is busy.");
        Assert.Equal(503, scene.Refusal.Status);
    }
}
