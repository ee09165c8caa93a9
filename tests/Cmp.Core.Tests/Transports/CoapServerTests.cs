using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>The message layer of the CoAP server, and what it refuses (RFC 7252).</summary>
public class CoapServerTests
{
    [Fact]
    public void A_message_is_answered_in_its_acknowledgement()
    {
        CoapDesk desk = new();
        CoapMessage request = desk.Post(Some.Message);
        CoapMessage answer = desk.Ask(request);
        Assert.Equal((CoapType.Acknowledgement, CoapCode.Changed, request.MessageId), (answer.Type, answer.Code, answer.MessageId));
        Assert.Equal(request.Token.ToArray(), answer.Token.ToArray());
        Assert.Equal(259u, answer.FindNumber(CoapOptionNumber.ContentFormat));
        Assert.Equal(Some.Message, answer.Payload.ToArray());
        Assert.False(answer.Has(CoapOptionNumber.Block1) || answer.Has(CoapOptionNumber.Block2));
    }

    [Theory]
    [InlineData("/.well-known/cmp/ir", CmpOperation.Initialization)]
    [InlineData("/.well-known/cmp/p/gold/kur", CmpOperation.KeyUpdate)]
    [InlineData("/.well-known/cmp/ann", CmpOperation.Announcement)]
    [InlineData("/.well-known/cmp/initialization", CmpOperation.General)]
    [InlineData("/", CmpOperation.General)]
    [InlineData("/a%2Fb/%C3%BC/nest?x=1&y", CmpOperation.Nested)]
    public void The_handler_is_told_the_operation_and_the_path(string path, CmpOperation operation)
    {
        CoapDesk desk = new();
        CoapMessage request = desk.Post(Some.Message);
        desk.Ask(request with { Options = [.. CoapPath.ToOptions(path), CoapOption.Of(CoapOptionNumber.ContentFormat, 259)] });
        TransportRequest seen = Assert.Single(desk.Heard);
        Assert.Equal((operation, path), (seen.Operation, seen.Path));
        Assert.Equal(Some.Message, seen.Octets.ToArray());
        Assert.False(seen.First || seen.Last);
        Assert.NotNull(seen.From);
    }

    [Fact]
    public void Nothing_is_2_04_without_a_payload()
    {
        CoapDesk desk = new(handler: _ => new TransportReply.Nothing());
        CoapMessage answer = desk.Ask(desk.Post(Some.Message));
        Assert.Equal(CoapCode.Changed, answer.Code);
        Assert.True(answer.Payload.IsEmpty);
        Assert.Empty(answer.Options);
    }

    [Theory]
    [InlineData(201, "2.04")]
    [InlineData(400, "4.00")]
    [InlineData(404, "4.04")]
    [InlineData(418, "4.00")]
    [InlineData(429, "4.29")]
    [InlineData(500, "5.00")]
    [InlineData(503, "5.03")]
    [InlineData(599, "5.00")]
    [InlineData(99, "5.00")]
    [InlineData(304, "5.00")]
    public void A_status_of_HTTP_becomes_the_code_that_stands_for_it(int status, string code)
    {
        CoapDesk desk = new(handler: request => new TransportReply.Octets(request.Octets) { HttpStatus = status });
        CoapMessage answer = desk.Ask(desk.Post(Some.Message));
        Assert.Equal(code, answer.Code.ToString());
        // RFC 7252 5.5.1: with a content format the payload of an error is what it says, so that a CMP error finds its way
        bool isMessage = status is 201 or >= 400;
        Assert.Equal(isMessage ? Some.Message : [], answer.Payload.ToArray());
        Assert.Equal(isMessage, answer.Has(CoapOptionNumber.ContentFormat));
    }

    [Fact]
    public void Rule55_Who_is_busy_says_for_how_long_where_it_is_known()
    {
        CoapMessage Ask(TimeSpan? wait)
        {
            CoapDesk desk = new(handler: _ => new TransportReply.Nothing { HttpStatus = 503, RetryAfter = wait });
            return desk.Ask(desk.Post(Some.Message));
        }

        CoapMessage busy = Ask(TimeSpan.FromSeconds(6.5));
        Assert.Equal((CoapCode.ServiceUnavailable, 7u), (busy.Code, busy.FindNumber(CoapOptionNumber.MaxAge)));
        Assert.Null(Ask(null).FindNumber(CoapOptionNumber.MaxAge));
    }

    [Fact]
    public void What_goes_wrong_inside_is_5_00_and_nothing_else()
    {
        foreach (TransportReply? reply in new TransportReply?[] { null, new TransportReply.NotYet("a secret", DateTimeOffset.UnixEpoch) })
        {
            CoapDesk desk = new(handler: _ => reply);
            CoapMessage answer = desk.Ask(desk.Post(Some.Message));
            Assert.Equal(CoapCode.InternalServerError, answer.Code);
            Assert.True(answer.Payload.IsEmpty);
        }
    }

    [Fact]
    public void A_copy_gets_the_same_answer_and_is_not_handled_again()
    {
        int calls = 0;
        CoapDesk desk = new(handler: _ => new TransportReply.Octets(new byte[] { 0x30, 1, (byte)++calls }));
        CoapMessage request = desk.Post(Some.Message);
        byte[] first = desk.Ask(request).Encode();
        // EXCHANGE_LIFETIME (RFC 7252 4.8.2)
        desk.Wait(TimeSpan.FromSeconds(246));
        Assert.Equal(first, desk.Ask(request).Encode());
        Assert.Equal(1, calls);
        desk.Wait(TimeSpan.FromSeconds(1));
        Assert.Equal(0, desk.Server.Remembered);
        Assert.Equal([0x30, 1, 2], desk.Ask(request).Payload.ToArray());
    }

    [Fact]
    public void The_same_ID_of_another_client_or_with_another_token_is_another_message()
    {
        int calls = 0;
        CoapDesk desk = new(handler: _ => new TransportReply.Octets(new byte[] { 0x30, 1, (byte)++calls }));
        CoapMessage request = desk.Post(Some.Message);
        desk.Ask(request);
        Assert.Equal(2, desk.Ask(request, CoapDesk.Far).Payload.Span[2]);
        Assert.Equal(3, desk.Ask(request, new IPEndPoint(CoapDesk.Near.Address, 40_002)).Payload.Span[2]);
        Assert.Equal(4, desk.Ask(request with { Token = new byte[] { 5 } }).Payload.Span[2]);
        Assert.Equal(4, desk.Ask(request with { Token = new byte[] { 5 } }).Payload.Span[2]);
    }

    [Fact]
    public void A_quick_handler_answers_in_the_acknowledgement_and_a_slow_one_by_itself()
    {
        foreach (int seconds in new[] { 0, 1 })
        {
            CoapDesk desk = new(new CoapListenerSettings { AckDelay = TimeSpan.FromSeconds(1) }) { Handler = null };
            CoapMessage request = desk.Post(Some.Message);
            Assert.Empty(desk.Send(request));
            // a copy that comes meanwhile is not handled again
            Assert.Empty(desk.Send(request));
            IReadOnlyList<CoapMessage> early = desk.Wait(TimeSpan.FromSeconds(seconds));
            CoapMessage answer = Assert.Single(desk.Complete(new TransportReply.Octets(Some.Message)));
            Assert.Single(desk.Heard);
            Assert.Equal(Some.Message, answer.Payload.ToArray());
            Assert.Equal(request.Token.ToArray(), answer.Token.ToArray());
            if (seconds == 0)
            {
                Assert.Empty(early);
                Assert.Equal((CoapType.Acknowledgement, request.MessageId), (answer.Type, answer.MessageId));
                Assert.Equal(answer.Encode(), desk.Ask(request).Encode());
                continue;
            }
            CoapMessage acknowledged = Assert.Single(early);
            Assert.Equal((CoapType.Acknowledgement, CoapCode.Empty, request.MessageId), (acknowledged.Type, acknowledged.Code, acknowledged.MessageId));
            Assert.Equal((CoapType.Confirmable, CoapCode.Changed), (answer.Type, answer.Code));
            // RFC 7252 5.2.2: once promised, a copy is acknowledged empty, and the answer never comes in an acknowledgement
            Assert.Equal(acknowledged.Encode(), desk.Ask(request).Encode());
            Assert.Empty(desk.Send(answer.Acknowledge()));
            Assert.Empty(desk.Wait(TimeSpan.FromSeconds(100)));
            Assert.Equal(acknowledged.Encode(), desk.Ask(request).Encode());
        }
    }

    [Fact]
    public void An_answer_by_itself_is_repeated_until_it_is_acknowledged_or_given_up()
    {
        (CoapDesk desk, CoapMessage answer) = Slow();
        List<CoapMessage> again = [.. desk.Wait(TimeSpan.FromSeconds(92))];
        // 2.5 s, then 5, 10, 20: four times, and no more
        Assert.Equal(4, again.Count);
        Assert.All(again, copy => Assert.Equal(answer.Encode(), copy.Encode()));
        Assert.Empty(desk.Wait(TimeSpan.FromSeconds(1000)));
        Assert.Equal(0, desk.Server.Remembered);

        (desk, answer) = Slow();
        Assert.Single(desk.Wait(TimeSpan.FromSeconds(3)));
        desk.Send(answer.Acknowledge());
        Assert.Empty(desk.Wait(TimeSpan.FromSeconds(100)));

        (desk, answer) = Slow();
        desk.Send(CoapMessage.ResetOf(answer.MessageId));
        Assert.Empty(desk.Wait(TimeSpan.FromSeconds(100)));
    }

    [Fact]
    public void Who_is_not_meant_acknowledges_nothing()
    {
        (CoapDesk desk, CoapMessage answer) = Slow();
        desk.Send(answer.Acknowledge(), CoapDesk.Far);
        desk.Send(answer.Acknowledge() with { MessageId = (ushort)(answer.MessageId + 1) });
        Assert.Equal(4, desk.Wait(TimeSpan.FromSeconds(92)).Count);
    }

    [Fact]
    public void A_client_is_sent_one_message_at_a_time()
    {
        CoapDesk desk = new() { Handler = null };
        CoapMessage[] requests = [.. Enumerable.Range(0, 3).Select(_ => desk.Post(Some.Message))];
        foreach (CoapMessage request in requests)
            desk.Send(request);
        desk.Wait(TimeSpan.FromSeconds(1));
        // RFC 7641 4.5.1
        CoapMessage first = Assert.Single(desk.Complete(new TransportReply.Octets(Some.Message)));
        Assert.Empty(desk.Complete(new TransportReply.Octets(Some.Message)));
        Assert.Empty(desk.Complete(new TransportReply.Octets(Some.Message)));
        CoapMessage second = desk.Ask(first.Acknowledge());
        CoapMessage third = desk.Ask(CoapMessage.ResetOf(second.MessageId));
        Assert.Equal(requests.Select(request => Convert.ToHexString(request.Token.ToArray())), new[] { first, second, third }.Select(answer => Convert.ToHexString(answer.Token.ToArray())));
        Assert.Equal(3, new[] { first, second, third }.Select(answer => answer.MessageId).Distinct().Count());
    }

    [Fact]
    public void What_is_not_confirmable_is_answered_likewise_and_once()
    {
        CoapDesk desk = new();
        CoapMessage request = desk.Post(Some.Message) with { Type = CoapType.NonConfirmable };
        CoapMessage answer = desk.Ask(request);
        Assert.Equal((CoapType.NonConfirmable, CoapCode.Changed), (answer.Type, answer.Code));
        Assert.Equal(Some.Message, answer.Payload.ToArray());
        Assert.Empty(desk.Send(request));
        Assert.Single(desk.Heard);
        Assert.NotEqual(answer.MessageId, desk.Ask(desk.Post(Some.Message) with { Type = CoapType.NonConfirmable }).MessageId);
    }

    [Fact]
    public void A_ping_is_reset()
    {
        CoapDesk desk = new();
        CoapMessage answer = desk.Ask(new CoapMessage { Type = CoapType.Confirmable, MessageId = 7 });
        Assert.Equal((CoapType.Reset, (ushort)7), (answer.Type, answer.MessageId));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("400200", false)]
    [InlineData("FFFFFFFF", false)]
    [InlineData("80020001", false)] // version 2
    [InlineData("60450001", false)] // acknowledgements of nothing
    [InlineData("70000001", false)]
    [InlineData("6002000141", false)]
    [InlineData("50450001", false)] // an answer that nobody asked for, not confirmable
    [InlineData("40450001", true)] // the same, confirmable
    [InlineData("49020001112233445566778899", true)] // a token of nine octets
    [InlineData("40E10001", true)] // a reserved class
    [InlineData("4000000101", true)] // empty with content
    [InlineData("40020001FF", true)] // a payload that is none
    [InlineData("40020001F1", true)] // a reserved nibble
    [InlineData("40020001BD", true)] // half an option
    [InlineData("40020001E1FFFF", true)] // half an option of a number beyond all
    public void What_is_no_message_is_reset_or_passed_over(string hex, bool isReset)
    {
        CoapDesk desk = new();
        IReadOnlyList<CoapMessage> answers = desk.SendOctets(Convert.FromHexString(hex));
        if (isReset)
            Assert.Equal((CoapType.Reset, (ushort)1), (Assert.Single(answers).Type, answers[0].MessageId));
        else
            Assert.Empty(answers);
        Assert.Empty(desk.Heard);
        Assert.Equal(0, desk.Server.Remembered);
    }

    [Theory]
    [InlineData(0x01, "4.05")]
    [InlineData(0x03, "4.05")]
    [InlineData(0x04, "4.05")]
    [InlineData(0x05, "4.05")]
    [InlineData(0x1F, "4.05")]
    public void Other_methods_are_not_allowed(byte method, string code)
    {
        CoapDesk desk = new();
        CoapMessage answer = desk.Ask(desk.Post(Some.Message) with { Code = new CoapCode(method) });
        Assert.Equal(code, answer.Code.ToString());
        Assert.Empty(desk.Heard);
    }

    [Fact]
    public void What_is_not_CMP_is_refused()
    {
        CoapDesk desk = new();
        CoapMessage post = desk.Post(Some.Message);
        Assert.Equal("4.15", Code([CoapOption.Of(CoapOptionNumber.ContentFormat, 0)]));
        Assert.Equal("4.15", Code([CoapOption.Of(CoapOptionNumber.ContentFormat, 258)]));
        Assert.Equal("4.15", Code([]));
        Assert.Equal("4.06", Code([CoapOption.Of(CoapOptionNumber.ContentFormat, 259), CoapOption.Of(CoapOptionNumber.Accept, 0)]));
        Assert.Equal("2.04", Code([CoapOption.Of(CoapOptionNumber.ContentFormat, 259), CoapOption.Of(CoapOptionNumber.Accept, 259)]));
        Assert.Equal("4.00", desk.Ask(desk.Post(default)).Code.ToString());
        Assert.Single(desk.Heard);

        string Code(CoapOption[] options) => desk.Ask(desk.Post(Some.Message) with { Options = options }).Code.ToString();
    }

    public static TheoryData<int, string, string> Options() => new()
    {
        { 65001, "", "4.02" }, // nobody knows it
        { CoapOptionNumber.IfMatch, "01", "4.02" },
        { CoapOptionNumber.IfNoneMatch, "", "4.02" },
        { 9, "", "4.02" }, // OSCORE
        { CoapOptionNumber.ProxyUri, "61", "5.05" },
        { CoapOptionNumber.ProxyScheme, "61", "5.05" },
        { CoapOptionNumber.Accept, "000103", "4.02" }, // too long for what it is (RFC 7252 5.4.3)
        { CoapOptionNumber.UriHost, "", "4.02" },
        { CoapOptionNumber.Block1, "00000000", "4.02" },
        { CoapOptionNumber.Block1, "07", "4.00" }, // the reserved size
        { CoapOptionNumber.Block2, "0F", "4.00" },
        { 65000, "00", "2.04" }, // elective
        { CoapOptionNumber.ETag, "0102030405060708090A", "2.04" },
        { CoapOptionNumber.Observe, "00", "2.04" },
        { CoapOptionNumber.UriHost, "6578616D706C65", "2.04" },
        { CoapOptionNumber.UriPort, "1633", "2.04" },
        { CoapOptionNumber.UriQuery, "61", "2.04" },
    };

    [Theory]
    [MemberData(nameof(Options))]
    public void Critical_options_are_understood_or_refused(int number, string value, string code)
    {
        CoapDesk desk = new();
        var option = new CoapOption(number, Convert.FromHexString(value));
        CoapMessage answer = desk.Ask(desk.Post(Some.Message, option));
        Assert.Equal(code, answer.Code.ToString());
        Assert.Equal(code == "2.04" ? 1 : 0, desk.Heard.Count);
        if (code == "4.02")
            Assert.Equal($"Option {number} is not understood here.", Encoding.UTF8.GetString(answer.Payload.Span));
        // RFC 7252 5.4.1: a message that is not confirmable is rejected, which is silence
        IReadOnlyList<CoapMessage> answers = desk.Send(desk.Post(Some.Message, option) with { Type = CoapType.NonConfirmable });
        Assert.Equal(code is "4.02" or "5.05" ? 0 : 1, answers.Count);
    }

    [Fact]
    public void An_option_that_comes_again_is_not_understood()
    {
        CoapDesk desk = new();
        CoapOption accept = CoapOption.Of(CoapOptionNumber.Accept, 259);
        Assert.Equal("2.04", desk.Ask(desk.Post(Some.Message, accept)).Code.ToString());
        Assert.Equal("4.02", desk.Ask(desk.Post(Some.Message, accept, accept)).Code.ToString());
    }

    [Fact]
    public void A_bomb_of_options_is_reset()
    {
        CoapDesk desk = new();
        byte[] bomb = new byte[60_000];
        Convert.FromHexString("40020009").CopyTo(bomb, 0);
        Array.Fill(bomb, (byte)0, 4, bomb.Length - 4);
        CoapMessage answer = Assert.Single(desk.SendOctets(bomb));
        Assert.Equal(CoapType.Reset, answer.Type);
    }

    [Fact]
    public void More_than_is_borne_is_4_13_with_what_would_be()
    {
        CoapDesk desk = new(new CoapListenerSettings { MaxRequestBytes = 1000 });
        Assert.Equal("2.04", desk.Ask(desk.Post(new byte[1000])).Code.ToString());
        CoapMessage answer = desk.Ask(desk.Post(new byte[1001]));
        Assert.Equal("4.13", answer.Code.ToString());
        Assert.Equal(1000u, answer.FindNumber(CoapOptionNumber.Size1));
        // a size of a gigabyte that is only claimed
        Assert.Equal("4.13", desk.Ask(desk.Post(Some.Message, CoapOption.Of(CoapOptionNumber.Size1, 1 << 30))).Code.ToString());
        Assert.Single(desk.Heard);
    }

    [Fact]
    public void With_too_many_at_work_the_next_is_told_when_to_come_again()
    {
        CoapDesk desk = new(new CoapListenerSettings { MaxRequests = 2 }) { Handler = null };
        Assert.Empty(desk.Send(desk.Post(Some.Message)));
        Assert.Empty(desk.Send(desk.Post(Some.Message)));
        CoapMessage third = desk.Post(Some.Message);
        CoapMessage answer = desk.Ask(third);
        Assert.Equal("5.03", answer.Code.ToString());
        Assert.Equal(5u, answer.FindNumber(CoapOptionNumber.MaxAge));
        desk.Complete(new TransportReply.Nothing());
        // the same message finds room now: no is not remembered
        Assert.Empty(desk.Send(third));
        desk.Complete(new TransportReply.Nothing());
        Assert.Equal("2.04", Assert.Single(desk.Complete(new TransportReply.Nothing())).Code.ToString());
    }

    [Fact]
    public void A_flood_of_messages_takes_no_more_memory_than_is_borne()
    {
        CoapDesk desk = new(new CoapListenerSettings { MaxMemoryBytes = 100_000 });
        CoapMessage first = desk.Post(Some.Message);
        desk.Send(first);
        for (int i = 0; i < 2000; i++)
            desk.Send(desk.Post(Some.Message), new IPEndPoint(CoapDesk.Near.Address, 1024 + i));
        Assert.InRange(desk.Server.Remembered, 100, 400);
        // the oldest were forgotten: what comes again is handled again, which CMP servers bear
        desk.Send(first);
        Assert.Equal(2002, desk.Heard.Count);
    }

    private static (CoapDesk Desk, CoapMessage Answer) Slow()
    {
        CoapDesk desk = new() { Handler = null };
        desk.Send(desk.Post(Some.Message));
        desk.Wait(desk.Settings.AckDelay);
        return (desk, Assert.Single(desk.Complete(new TransportReply.Octets(Some.Message))));
    }
}
