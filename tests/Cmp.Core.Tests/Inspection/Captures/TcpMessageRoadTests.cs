using System;
using System.Linq;
using Cmp.Framing;
using Cmp.Inspection.Captures;
using Xunit;

namespace Cmp.Tests.Inspection.Captures;

public class TcpMessageRoadTests
{
    private const TcpMessageStyle New = TcpMessageStyle.Version10, Old = TcpMessageStyle.Rfc2510;
    private static readonly byte[] Ir = Traffic.Ir, Ip = Traffic.Ip;
    private static readonly PollingReference One = new(1);

    private static byte[] Req(TcpMessageStyle style) => new TcpMessage(style, TcpMessageType.PkiReq, Ir).ToArray();

    private static byte[] Rep(TcpMessageStyle style) => new TcpMessage(style, TcpMessageType.PkiRep, Ip).ToArray();

    [Theory]
    [InlineData(New, 829, "pkiReq", "pkiRep")]
    [InlineData(New, 9000, "pkiReq", "pkiRep")]
    [InlineData(Old, 829, "pkiMsg", "finalMsgRep")]
    [InlineData(Old, 9000, "pkiMsg", "finalMsgRep")]
    public void A_question_and_its_answer_are_found_on_every_port(TcpMessageStyle style, int port, string request, string response)
    {
        Traffic traffic = new Traffic { Port = port }.FromClient(Req(style), Req(style)).FromServer(Rep(style), Rep(style));
        Assert.Equal([$"Tcp > {request} [ir]", $"Tcp > {request} [ir]", $"Tcp < {response} [ip]", $"Tcp < {response} [ip]"], traffic.Lines());
        Assert.All(traffic.Read(), item => Assert.Equal((Traffic.Client, traffic.Server), (item.Client, item.Server)));
    }

    [Fact]
    public void Everything_that_version_10_can_say_is_told()
    {
        Traffic traffic = new Traffic { Port = 9000 }
            .FromClient((TcpMessage.PollReq(New, One) with { Closes = true }).ToArray())
            .FromServer(TcpMessage.PollRep(New, One, 30).ToArray())
            .FromClient(TcpMessage.PollReq(New, One).ToArray())
            .FromServer(new TcpMessage(New, TcpMessageType.ErrorMsgRep, new TcpErrorMessage(TcpErrorType.InvalidPollId, new byte[] { 0, 0, 0, 1 }, "un\u001bknown").ToArray()).ToArray())
            .FromServer(TcpMessage.FinRep(New).ToArray())
            .FromServer(new TcpMessage(New, (TcpMessageType)200, new byte[3]).ToArray());
        Assert.Equal(
            [
                "Tcp > pollReq 00000001, close", "Tcp < pollRep 00000001, 30 s", "Tcp > pollReq 00000001",
                "Tcp < errorMsgRep 0202 InvalidPollId (00000001): un\\u{001B}known", "Tcp < finRep", "Tcp < TCP-Message of type 200",
            ], traffic.Lines());
    }

    [Fact]
    public void Everything_that_the_old_style_can_say_is_told()
    {
        Traffic traffic = new Traffic { Port = 9000 }
            .FromClient(Req(Old))
            .FromServer(TcpMessage.PollRep(Old, One, 1_700_000_000).ToArray())
            .FromClient(TcpMessage.PollReq(Old, One).ToArray())
            .FromServer(TcpMessage.PartialMsgRep(new PollingReference(2), 60, Ip).ToArray())
            .FromClient(TcpMessage.PollReq(Old, new PollingReference(2)).ToArray())
            .FromServer(TcpMessage.FinRep(Old).ToArray())
            .FromServer(new TcpMessage(Old, TcpMessageType.ErrorMsgRep, "gone\n"u8.ToArray()).ToArray());
        Assert.Equal(
            [
                "Tcp > pkiMsg [ir]", "Tcp < pollRep 00000001, 2023-11-14 22:13:20Z", "Tcp > pollReq 00000001",
                "Tcp < partialMsgRep 00000002, 60 s [ip]", "Tcp > pollReq 00000002", "Tcp < negPollRep", "Tcp < errorMsgRep gone",
            ], traffic.Lines());
    }

    [Fact]
    public void A_question_of_nine_octets_is_told_once_the_answer_has_proved_it()
    {
        Traffic proved = new Traffic { Port = 9000 }.FromClient(TcpMessage.PollReq(Old, One).ToArray()).FromServer(Rep(Old));
        Assert.Equal(["Tcp > pollReq 00000001", "Tcp < finalMsgRep [ip]"], proved.Lines());
        Traffic never = new Traffic { Port = 9000 }.FromClient(TcpMessage.PollReq(Old, One).ToArray()).FromServer(TcpMessage.FinRep(Old).ToArray());
        Assert.Empty(never.Lines());
        Traffic port = new Traffic { Port = 829 }.FromClient(TcpMessage.PollReq(Old, One).ToArray()).FromServer(TcpMessage.FinRep(Old).ToArray());
        Assert.Equal(["Tcp > pollReq 00000001", "Tcp < negPollRep"], port.Lines());
        Traffic other = new Traffic { Port = 9000 }.FromClient(TcpMessage.PollReq(Old, One).ToArray()).FromServer("something else");
        Assert.Empty(other.Lines());
        Assert.True(other.Done.Server);
    }

    [Fact]
    public void On_a_port_that_is_named_nothing_has_to_be_proved()
    {
        byte[] strange = new TcpMessage(New, TcpMessageType.PkiReq, new byte[] { 1, 2, 3 }).ToArray();
        Traffic unnamed = new Traffic { Port = 9000 }.FromClient(strange);
        Assert.Empty(unnamed.Lines());
        Assert.True(unnamed.Done.Client);
        Traffic named = new Traffic { Port = 9000, Options = CaptureOptions.Default with { Ports = [9000] } }.FromClient(strange);
        Assert.Equal(["Tcp > pkiReq [3] ! What came is no CMP message: it begins with octet 0x01, not with a SEQUENCE."], named.Lines());
        Traffic http = new Traffic { Port = 9000, Options = CaptureOptions.Default with { Ports = [9000] } }.FromClient(Traffic.Post(Ir.Length), Ir);
        Assert.Equal(["Http > POST /pki [ir]"], http.Lines());
    }

    [Fact]
    public void Who_is_the_client_shows_in_the_messages_where_the_SYN_is_missing()
    {
        Traffic answer = new Traffic { Port = 9000, IsOpening = false, IsServerFirst = true }.FromServer(Rep(New)).FromClient(Req(New));
        Assert.Equal(["Tcp < pkiRep [ip]", "Tcp > pkiReq [ir]"], answer.Lines());
        Assert.All(answer.Read(), item => Assert.Equal(Traffic.Client, item.Client));
        // some servers answer with type 0; then who spoke first asked
        Traffic same = new Traffic { Port = 9000, IsOpening = false }.FromClient(Req(New)).FromServer(new TcpMessage(New, TcpMessageType.PkiReq, Ip).ToArray());
        Assert.Equal(["Tcp > pkiReq [ir]", "Tcp < pkiReq [ip]"], same.Lines());
        // or the port tells
        Traffic port = new Traffic { Port = 829, IsOpening = false, IsServerFirst = true }.FromServer(new TcpMessage(New, TcpMessageType.PkiReq, Ip).ToArray());
        Assert.Equal(["Tcp < pkiReq [ip]"], port.Lines());
    }

    [Fact]
    public void Octets_that_are_missing_in_a_message_cost_that_message_only()
    {
        byte[] req = Req(New);
        Traffic traffic = new Traffic { Port = 9000 }.FromClient(req, req[..30]).LoseFromClient(5).FromClient(req[35..], req);
        Assert.Equal(["Tcp > pkiReq [ir]", "Tcp > pkiReq ! 5 octets of the message are missing in the capture.", "Tcp > pkiReq [ir]"], traffic.Lines());
        Traffic end = new Traffic { Port = 9000 }.FromClient(req, req[..30]).LoseFromClient(req.Length - 30).FromClient(req);
        Assert.Equal(["Tcp > pkiReq [ir]", $"Tcp > pkiReq ! {req.Length - 30} octets of the message are missing in the capture.", "Tcp > pkiReq [ir]"], end.Lines());
    }

    [Fact]
    public void Behind_what_is_missing_the_next_message_is_found_at_the_beginning_of_a_segment()
    {
        byte[] req = Req(Old);
        Traffic traffic = new Traffic { Port = 9000 }.FromClient(req, req[..30]).LoseFromClient(5000).FromClient(req[7..]).FromClient(req);
        Assert.Equal(["Tcp > pkiMsg [ir]", "Tcp > pkiMsg ! The rest of the message is missing in the capture.", "Tcp > pkiMsg [ir]"], traffic.Read().Select(Traffic.Line));
        Traffic between = new Traffic { Port = 9000 }.FromClient(req).LoseFromClient(5000).FromClient(req);
        Assert.Equal(["Tcp > pkiMsg [ir]", "Tcp > pkiMsg [ir]"], between.Lines());
        Traffic midst = new Traffic { Port = 9000, IsOpening = false }.FromClient(req[7..]).FromClient(req);
        Assert.Equal(["Tcp > pkiMsg [ir]"], midst.Read().Select(Traffic.Line));
    }

    [Fact]
    public void A_connection_that_breaks_off_is_named()
    {
        byte[] req = Req(New);
        Assert.Equal(["Tcp > pkiReq [ir]", $"Tcp > pkiReq ! The connection ends after 30 octets of {req.Length} of the message."], new Traffic { Port = 9000 }.FromClient(req, req[..30]).Lines());
        Assert.Equal(["Tcp > pkiReq [ir]", "Tcp >  ! The connection ends after 3 octets of the message."], new Traffic { Port = 9000 }.FromClient(req, req[..3]).Lines());
    }

    [Fact]
    public void What_follows_the_messages_and_is_none_is_named_and_the_next_one_found()
    {
        byte[] req = Req(New);
        Traffic version = new Traffic { Port = 9000 }.FromClient(req, new byte[] { 0, 0, 0, 9, 11, 0, 0, 0, 0 }).FromClient(req);
        Assert.Equal(["Tcp > pkiReq [ir]", "Tcp >  ! A TCP-Message of version 11 came; there is none above 10.", "Tcp > pkiReq [ir]"], version.Read().Select(Traffic.Line));
        Traffic flag = new Traffic { Port = 9000 }.FromClient(req, new byte[] { 0, 0, 0, 9, 8, 0, 0, 0, 0 }).FromClient(req);
        Assert.Equal(["Tcp > pkiReq [ir]", "Tcp > TCP-Message of type 8 ! What follows the last message is none.", "Tcp > pkiReq [ir]"], flag.Read().Select(Traffic.Line));
    }

    [Fact]
    public void A_message_that_is_too_long_is_passed_over_and_the_next_one_read()
    {
        byte[] req = Req(New), large = new TcpMessage(New, TcpMessageType.PkiReq, new byte[5000]).ToArray();
        Traffic traffic = new Traffic { Port = 829, Options = CaptureOptions.Default with { Limits = CmpLimits.Default with { MaxResponseBytes = 4000 } } }.FromClient(req, large, req);
        string[] lines = traffic.Lines();
        Assert.Equal(3, lines.Length);
        Assert.Equal(["Tcp > pkiReq [ir]", "Tcp > pkiReq [ir]"], [lines[0], lines[2]]);
        Assert.Contains("The message says to be 5003 octets long; 4000 are allowed.", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_value_cannot_be_is_said()
    {
        Traffic traffic = new Traffic { Port = 829 }
            .FromServer(new TcpMessage(New, TcpMessageType.PollRep, new byte[3]).ToArray(), new TcpMessage(New, TcpMessageType.ErrorMsgRep, new byte[] { 1, 1, 0, 9 }).ToArray(), new TcpMessage(New, TcpMessageType.PkiRep, default).ToArray());
        Assert.Equal(
            [
                "Tcp < pollRep, whose value of 3 octets does not fit its type", "Tcp < errorMsgRep, whose value of 4 octets does not fit its type", "Tcp < pkiRep ! There is no message in it.",
            ], traffic.Lines());
    }
}
