using System;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.TcpTest;

namespace Cmp.Tests.Transports;

/// <summary>What is said over TCP-Messages, and what is made of each answer, good and bad.</summary>
public class TcpTransportTests
{
    private static readonly uint Epoch = (uint)Now.ToUnixTimeSeconds();

    private static Task<CmpException> RefusedAsync(string answer, Func<TcpTransportSettings, TcpTransportSettings>? change = null) =>
        Assert.ThrowsAsync<CmpException>(() => AnsweredAsync(answer, change));

    /// <summary>Asks by a ticket what a server answers so.</summary>
    private static async Task<(TransportReply Reply, string[] Frames)> CollectedAsync(string ticket, string answer, Func<TcpTransportSettings, TcpTransportSettings>? change = null)
    {
        await using ScriptedServer server = new(Answering(answer));
        using TcpTransport transport = new(change is null ? Settings(server.Uri()) : change(Settings(server.Uri())));
        return (await transport.CollectAsync(ticket), server.Frames());
    }

    [Theory]
    [InlineData(null, Asked, PkiRep)]
    [InlineData(TcpMessageStyle.Version10, Asked, PkiRep)]
    [InlineData(TcpMessageStyle.Rfc2510, AskedOld, FinalMsgRep)]
    public async Task Rule62_A_message_is_asked_and_answered_in_one_frame_each(TcpMessageStyle? style, string asked, string answer)
    {
        string? first = null;
        await using ScriptedServer server = new(async c =>
        {
            // what leaves in one piece arrives in one over the loopback
            byte[] buffer = new byte[4096];
            first = Hex.Of(buffer.AsSpan(0, await c.Stream.ReadAsync(buffer, c.Stopping)));
            await c.SendAsync(Hex.Parse(answer));
        });
        using TcpTransport transport = new(Settings(server.Uri()) with { Style = style });
        TransportReply.Octets reply = await transport.OctetsAsync();
        Assert.Equal(Some.Message, reply.Value.ToArray());
        Assert.Null(reply.Warning);
        Assert.Null(reply.Next);
        Assert.Null(reply.HttpStatus);
        Assert.Equal(asked, first);
    }

    [Fact]
    public async Task Rule62_An_answer_may_come_octet_by_octet_and_be_long()
    {
        byte[] message = Some.Sequence(70_000);
        await using ScriptedServer server = new(
            async c =>
            {
                await c.FrameAsync();
                foreach (byte octet in Hex.Parse(PkiRep))
                    await c.SendAsync([octet]);
            },
            async c =>
            {
                await c.FrameAsync();
                await c.SendAsync(new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiRep, message).ToArray());
            });
        using TcpTransport transport = new(Settings(server.Uri()) with { KeepAlive = KeepAliveMode.No });
        Assert.Equal(Some.Message, (await transport.OctetsAsync()).Value.ToArray());
        Assert.Equal(message, (await transport.OctetsAsync()).Value.ToArray());
    }

    /// <summary>cryptlib has one type for both directions (facts A.4).</summary>
    [Theory]
    [InlineData("000000080A00003003020105", false)]
    [InlineData("000000080A01003003020105", false)]
    [InlineData("00000006003003020105", true)]
    public async Task A_server_may_answer_with_the_type_of_a_request_as_cryptlib_does(string answer, bool isOld) =>
        Assert.Null(Assert.IsType<TransportReply.Octets>(await AnsweredAsync(answer, isOld ? Old : null)).Warning);

    /// <summary>EJBCA closes with its finRep (facts A.4).</summary>
    [Theory]
    [InlineData(FinRep, false)]
    [InlineData("000000040A010300", false)]
    [InlineData("000000030A0003", false)]
    [InlineData(NegPollRep, true)]
    public async Task Rule62_Where_nothing_follows_there_is_no_message(string answer, bool isOld) =>
        Assert.Equal(new TransportReply.Nothing(), await AnsweredAsync(answer, isOld ? Old : null));

    [Theory]
    [InlineData("0000000B0A00010000002A0000001E", false, "Version10-0000002A", 30)]
    [InlineData("0000000B0A0101FFFFFFFF00000E10", false, "Version10-FFFFFFFF", 3600)]
    public async Task Rule62_What_is_late_has_a_ticket_and_a_time(string answer, bool isOld, string ticket, int seconds)
    {
        var later = Assert.IsType<TransportReply.NotYet>(await AnsweredAsync(answer, isOld ? Old : null));
        Assert.Equal(ticket, later.Ticket);
        Assert.Equal(Now.AddSeconds(seconds), later.NotBefore);
    }

    /// <summary>In the past, in 1970, in 2106; as SSH's client reads them in either style, and as others mean them (facts A.4).</summary>
    [Theory]
    [InlineData(30, 30)]
    [InlineData(-3600, 10)]
    [InlineData(3600, 3600)]
    public async Task A_time_to_check_back_makes_sense_in_either_style(int fromNow, int waited)
    {
        uint time = (uint)(Epoch + fromNow);
        foreach ((string answer, bool isOld) in new[] { ("0000000B0A00010000002A" + time.ToString("X8"), false), ("00000009010000002A" + time.ToString("X8"), true) })
            Assert.Equal(Now.AddSeconds(waited), Assert.IsType<TransportReply.NotYet>(await AnsweredAsync(answer, isOld ? Old : null)).NotBefore);
    }

    [Theory]
    [InlineData("00000000", 1)]
    [InlineData("00000001", 1)]
    [InlineData("0000001E", 30)]
    [InlineData("FFFFFFFF", 86400)]
    public async Task A_time_of_1970_or_2106_is_none_that_is_waited_for(string time, int waited)
    {
        foreach ((string answer, bool isOld) in new[] { ("0000000B0A00010000002A" + time, false), ("00000009010000002A" + time, true) })
            Assert.Equal(Now.AddSeconds(waited), Assert.IsType<TransportReply.NotYet>(await AnsweredAsync(answer, isOld ? Old : null)).NotBefore);
    }

    [Fact]
    public async Task Rule62_A_part_of_an_answer_comes_with_the_ticket_of_the_next()
    {
        var part = Assert.IsType<TransportReply.Octets>(await AnsweredAsync("0000000E0400000007" + (Epoch + 9).ToString("X8") + "3003020105", Old));
        Assert.Equal(Some.Message, part.Value.ToArray());
        Assert.Equal(new TransportReply.NotYet("Rfc2510-00000007", Now.AddSeconds(9)), part.Next);
    }

    [Theory]
    [InlineData("0000000A0A0006010100010A6E6F", "CmpTcp.VersionNotSupported", "no")]
    [InlineData("000000070A000602000000", "CmpTcp.GeneralClientError", null)]
    [InlineData("000000080A00060201000100", "CmpTcp.InvalidMessageType", null)]
    [InlineData("0000000B0A00060202000400000001", "CmpTcp.InvalidPollId", null)]
    [InlineData("000000090A0106030000006E6F", "CmpTcp.GeneralServerError", "no")]
    [InlineData("000000090A0006030000026E6F", "CmpTcp.GeneralServerError", "no")]
    [InlineData("000000090A0006810100006E6F", "CmpTcp.Error", "0x8101")]
    [InlineData("000000090A0006FFFF00006E6F", "CmpTcp.Error", "0xFFFF")]
    public async Task Rule62_What_a_server_says_at_this_level_is_an_error_of_its_own(string answer, string errorId, string? word)
    {
        CmpException error = await RefusedAsync(answer);
        Assert.Equal(errorId, error.ErrorId);
        Assert.Equal(CmpErrorKind.Protocol, error.Kind);
        Assert.Contains("127.0.0.1:", error.Message, StringComparison.Ordinal);
        Assert.Contains(word ?? "", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rule70_What_a_server_says_is_escaped()
    {
        string text = Hex.Of(Encoding.UTF8.GetBytes("\u001B[2J"));
        CmpException old = await RefusedAsync("0000000506" + text, Old);
        Assert.Equal("CmpTcp.Error", old.ErrorId);
        Assert.Contains("\\u{001B}[2J", old.Message, StringComparison.Ordinal);
        Assert.Contains("\\u{001B}[2J", (await RefusedAsync("0000000B0A000603000000" + text)).Message, StringComparison.Ordinal);
    }

    [Theory]
    // an unknown type; those of a client; a part, which version 10 does not know
    [InlineData("000000030A0007", false, "CmpTcp.UnexpectedType")]
    [InlineData("000000030A00FF", false, "CmpTcp.UnexpectedType")]
    [InlineData("000000070A000200000001", false, "CmpTcp.UnexpectedType")]
    [InlineData("000000100A000400000007000000013003020105", false, "CmpTcp.UnexpectedType")]
    [InlineData("0000000109", true, "CmpTcp.UnexpectedType")]
    [InlineData("000000050200000001", true, "CmpTcp.UnexpectedType")]
    // lengths of nothing, of less than the header, of the most there is; another version
    [InlineData("00000000", false, "CmpTcp.InvalidMessage")]
    [InlineData("000000020A0005", false, "CmpTcp.InvalidMessage")]
    [InlineData("FFFFFFFF0A0005", false, "CmpMessage.TooLarge")]
    [InlineData("FFFFFFFF05", true, "CmpMessage.TooLarge")]
    [InlineData("000000040B000300", false, "CmpTcp.UnknownVersion")]
    [InlineData("000000040B000300", true, "CmpTcp.UnknownVersion")]
    // something else than TCP-Messages
    [InlineData("485454502F312E3120323030", false, "CmpTcp.InvalidMessage")]
    [InlineData("15030300020246", false, "CmpTcp.InvalidMessage")]
    // values that do not fit
    [InlineData("0000000A0A000100000001000000", false, "CmpTcp.InvalidMessage")]
    [InlineData("000000050A00030000", false, "CmpTcp.InvalidMessage")]
    [InlineData("000000040A000301", false, "CmpTcp.InvalidMessage")]
    [InlineData("000000050A00060101", false, "CmpTcp.InvalidMessage")]
    [InlineData("000000080400000001000000", true, "CmpTcp.InvalidMessage")]
    public async Task Bad_answers_are_errors_and_their_connection_is_not_used_again(string answer, bool isOld, string errorId)
    {
        await using ScriptedServer server = new(Keeping(answer), Keeping(isOld ? FinalMsgRep : PkiRep));
        TcpTransportSettings settings = Settings(server.Uri());
        using TcpTransport transport = new(isOld ? Old(settings) : settings);
        Assert.Equal(errorId, (await transport.FailsAsync()).ErrorId);
        await transport.OctetsAsync(Later);
        Assert.Equal(2, server.Accepted);
    }

    [Theory]
    [InlineData("000000030A0005", "CmpMessage.Malformed")]
    [InlineData("000000050A00050403", "CmpMessage.Malformed")]
    [InlineData("000000090A0005300302010500", "CmpMessage.Malformed")]
    [InlineData("000000070A000530030201", "CmpMessage.Malformed")]
    public async Task Rule56_What_is_not_exactly_one_message_is_malformed(string answer, string errorId) => Assert.Equal(errorId, (await RefusedAsync(answer)).ErrorId);

    [Fact]
    public async Task Rule56_A_message_may_be_as_large_as_is_borne_and_no_larger()
    {
        static string Answer(int length) => Hex.Of(new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiRep, Some.Sequence(length - 5)).ToArray());
        static TcpTransportSettings Bounded(TcpTransportSettings settings) => settings with { MaxResponseBytes = 20_000 };
        Assert.Equal(20_000, Assert.IsType<TransportReply.Octets>(await AnsweredAsync(Answer(20_000), Bounded)).Value.Length);
        Assert.Equal("CmpMessage.TooLarge", (await RefusedAsync(Answer(20_001), Bounded)).ErrorId);
    }

    /// <summary>Two answers for one question: neither is taken, for which of them it was nobody knows.</summary>
    [Theory]
    [InlineData(PkiRep + PkiRep)]
    [InlineData(PkiRep + "00")]
    [InlineData(FinRep + PkiRep)]
    public async Task Two_answers_for_one_question_are_none(string answers)
    {
        await using ScriptedServer server = new(Keeping(answers), Keeping(PkiRep));
        using TcpTransport transport = new(Settings(server.Uri()));
        Assert.Equal("CmpTcp.UnaskedMessage", (await transport.FailsAsync()).ErrorId);
        await transport.OctetsAsync(Later);
        Assert.Equal(2, server.Accepted);
    }

    [Fact]
    public async Task An_answer_that_comes_unasked_later_is_never_one_to_another_question()
    {
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously), sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new(
            async c =>
            {
                await Answering(PkiRep)(c);
                await go.Task;
                await c.SendAsync(Hex.Parse(FinRep));
                sent.SetResult();
                await c.UntilClosedAsync();
            },
            Keeping(PkiRep));
        using TcpTransport transport = new(Settings(server.Uri()));
        await transport.OctetsAsync();
        go.SetResult();
        await sent.Task.WaitAsync(Some.Time);
        await transport.OctetsAsync(Later);
        Assert.Equal(2, server.Accepted);
    }

    [Theory]
    [InlineData(PkiRep)]
    [InlineData(FinRep)]
    [InlineData("0000000B0A00010000002A0000001E")]
    [InlineData("0000000B0A0006020200040000002A")]
    public async Task An_answer_in_another_style_than_the_question_is_an_error(string answer)
    {
        // an error of version 10 is one in any case: there is no other way to tell an old client
        CmpException error = await RefusedAsync(answer, Old);
        Assert.Equal(answer.Contains("0A0006", StringComparison.Ordinal) ? "CmpTcp.InvalidPollId" : "CmpTcp.WrongStyle", error.ErrorId);
    }

    [Theory]
    [InlineData("Version10-0000002A", "000000070A00020000002A", PkiRep)]
    [InlineData("Rfc2510-0000002A", "00000005020000002A", FinalMsgRep)]
    public async Task Rule62_A_ticket_is_collected_in_the_style_that_gave_it(string ticket, string asked, string answer)
    {
        foreach (TcpMessageStyle? style in new TcpMessageStyle?[] { null, TcpMessageStyle.Version10, TcpMessageStyle.Rfc2510 })
        {
            (TransportReply reply, string[] frames) = await CollectedAsync(ticket, answer, settings => settings with { Style = style });
            Assert.Equal(Some.Message, Assert.IsType<TransportReply.Octets>(reply).Value.ToArray());
            Assert.Equal([asked], frames);
        }
    }

    [Fact]
    public async Task Rule62_To_a_poll_there_may_be_nothing_or_the_same_again()
    {
        Assert.Equal(new TransportReply.Nothing(), (await CollectedAsync("Version10-0000002A", FinRep)).Reply);
        Assert.Equal(new TransportReply.Nothing(), (await CollectedAsync("Rfc2510-0000002A", NegPollRep)).Reply);
        Assert.Equal(new TransportReply.NotYet("Version10-0000002A", Now.AddSeconds(5)), (await CollectedAsync("Version10-0000002A", "0000000B0A00010000002A00000005")).Reply);
        Assert.Equal(new TransportReply.NotYet("Rfc2510-0000002A", Now.AddSeconds(5)), (await CollectedAsync("Rfc2510-0000002A", "00000009010000002A00000005")).Reply);
        Assert.Equal(new TransportReply.NotYet("Rfc2510-00000007", Now.AddSeconds(5)), Assert.IsType<TransportReply.Octets>((await CollectedAsync("Rfc2510-0000002A", "0000000E0400000007000000053003020105")).Reply).Next);
    }

    /// <summary>Version 10 forbids it; RFC 2510 gives a new one with each part, and says nothing of the rest.</summary>
    [Fact]
    public async Task A_polling_reference_that_changes_is_an_error_in_version_10()
    {
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => CollectedAsync("Version10-0000002A", "0000000B0A00010000002B00000005"));
        Assert.Equal("CmpTcp.PollingReference", error.ErrorId);
        Assert.Equal(CmpErrorKind.Protocol, error.Kind);
        Assert.Equal("Rfc2510-0000002B", Assert.IsType<TransportReply.NotYet>((await CollectedAsync("Rfc2510-0000002A", "00000009010000002B00000005")).Reply).Ticket);
    }

    [Theory]
    [InlineData("Version10-0000002A", "0000000B0A0006020200040000002A")]
    [InlineData("Rfc2510-0000002A", ErrorOld)]
    [InlineData("Version10-0000002A", ErrorOld)]
    public async Task Rule50_A_reference_that_the_server_does_not_know_is_an_unknown_ticket(string ticket, string answer) =>
        Assert.Equal("CmpTransport.UnknownTicket", (await Assert.ThrowsAsync<CmpException>(() => CollectedAsync(ticket, answer))).ErrorId);

    [Fact]
    public async Task Other_errors_of_a_poll_are_no_unknown_tickets() =>
        Assert.Equal("CmpTcp.GeneralServerError", (await Assert.ThrowsAsync<CmpException>(() => CollectedAsync("Version10-0000002A", "000000070A000603000000"))).ErrorId);

    [Theory]
    [InlineData("")]
    [InlineData("0000002A")]
    [InlineData("Version10-2A")]
    [InlineData("Version10-0000002a")]
    [InlineData("Version11-0000002A")]
    [InlineData("version10-0000002A")]
    [InlineData("0-0000002A")]
    [InlineData("Initialization-Version10-0000002A")]
    [InlineData("../etc/passwd")]
    public async Task What_is_no_ticket_of_ours_goes_nowhere(string ticket)
    {
        await using ScriptedServer server = new(Answering(PkiRep));
        using TcpTransport transport = new(Settings(server.Uri()));
        Assert.Equal("CmpTransport.UnknownTicket", (await Assert.ThrowsAsync<CmpException>(() => transport.CollectAsync(ticket))).ErrorId);
        Assert.Equal(0, server.Accepted);
    }

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("tcp://127.0.0.1/pkix/")]
    [InlineData("tcp://127.0.0.1/?a")]
    [InlineData("tcp://127.0.0.1/#a")]
    [InlineData("tcp://user@127.0.0.1/")]
    [InlineData("tcp:127.0.0.1")]
    public void An_address_that_is_none_is_an_error(string uri) => Assert.Equal("CmpTransport.InvalidUri", Assert.Throws<CmpException>(() => new TcpTransport(Settings(new Uri(uri)))).ErrorId);

    [Theory]
    [InlineData("tcp://127.0.0.1", 829)]
    [InlineData("tcp://127.0.0.1/", 829)]
    [InlineData("tcp://[::1]:829", 829)]
    [InlineData("tcp://localhost:1", 1)]
    public async Task Rule62_The_port_is_829_where_none_is_named(string uri, int port)
    {
        using TcpTransport transport = new(Settings(new Uri(uri)));
        // nobody listens there, or nobody whom this test knows
        try
        {
            await transport.SendAsync();
        }
        catch (CmpException e)
        {
            Assert.Contains(":" + port, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Times_and_counts_must_be_positive()
    {
        TcpTransportSettings settings = Settings(new Uri("tcp://127.0.0.1"));
        foreach (TcpTransportSettings bad in new[] { settings with { ConnectTimeout = TimeSpan.Zero }, settings with { ExchangeTimeout = TimeSpan.Zero }, settings with { MaxResponseBytes = 0 }, settings with { MaxConnections = 0 } })
            Assert.Equal("CmpTransport.InvalidSetting", Assert.Throws<CmpException>(() => new TcpTransport(bad)).ErrorId);
    }
}
