using System;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using Cmp.Framing;
using Cmp.Inspection.Captures;
using Cmp.Messages;
using Xunit;

namespace Cmp.Tests.Inspection.Captures;

public class HttpRoadTests
{
    private static readonly byte[] Ir = Traffic.Ir, Ip = Traffic.Ip;

    [Fact]
    public void A_question_and_its_answer_are_found()
    {
        Traffic traffic = new Traffic().FromClient(Traffic.Post(Ir.Length), Ir).FromServer(Traffic.Ok(Ip.Length), Ip);
        Assert.Equal(["Http > POST /pki [ir]", "Http < HTTP 200 OK [ip]"], traffic.Lines());
        CapturedItem[] items = [.. traffic.Read()];
        Assert.All(items, item => Assert.Equal((Traffic.Client, traffic.Server), (item.Client, item.Server)));
        Assert.Equal([1L, 2L], items.Select(item => item.Packet));
        Assert.Equal(TimeSpan.FromSeconds(1), items[1].Time - items[0].Time);
    }

    [Fact]
    public void A_connection_is_used_again_and_requests_may_be_sent_ahead()
    {
        Traffic traffic = new Traffic()
            .FromClient("GET /a HTTP/1.1\nHost: a\n\n", Traffic.Post(Ir.Length), Ir, "HEAD /b HTTP/1.1\nHost: a\n\n", Traffic.Post(Ir.Length), Ir)
            .FromServer("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", Traffic.Ok(Ip.Length), Ip, "HTTP/1.1 200 OK\nContent-Length: 1000000\n\n", Traffic.Ok(Ip.Length), Ip);
        Assert.Equal(["Http > POST /pki [ir]", "Http > POST /pki [ir]", "Http < HTTP 200 OK [ip]", "Http < HTTP 200 OK [ip]"], traffic.Lines());
    }

    [Fact]
    public void Chunks_extensions_and_trailers_are_read()
    {
        byte[] first = Ip[..10], second = Ip[10..];
        string head = "Content-Type: application/pkixcmp\nTransfer-Encoding: chunked\n\n";
        Traffic traffic = new Traffic()
            .FromClient("POST /pki HTTP/1.1\nHost: a\n" + head, $"{Ir.Length:X};a=b;c=\"d\"\n", Ir, "\n0;last\nX-Trailer: 1\nOther: 2\n\n", Traffic.Post(Ir.Length), Ir)
            .FromServer("HTTP/1.1 200 OK\n" + head, "000A\n", first, $"\n{second.Length:x}\n", second, "\n0\n\n", Traffic.Ok(Ip.Length), Ip);
        Assert.Equal(["Http > POST /pki [ir]", "Http > POST /pki [ir]", "Http < HTTP 200 OK [ip]", "Http < HTTP 200 OK [ip]"], traffic.Lines());
    }

    [Fact]
    public void Broken_chunks_are_named_and_a_length_beside_chunks_does_not_count()
    {
        Traffic broken = new Traffic().FromClient("POST /pki HTTP/1.1\nContent-Type: application/pkixcmp\nTransfer-Encoding: chunked\n\n", "5\nabcdeXX");
        Assert.Equal(["Http > POST /pki ! Its chunks are broken."], broken.Lines());
        Traffic both = new Traffic().FromClient("POST /pki HTTP/1.1\nContent-Type: application/pkixcmp\nContent-Length: 3\nTransfer-Encoding: chunked\n\n", $"{Ir.Length:x}\n", Ir, "\n0\n\n");
        Assert.Equal(["Http > POST /pki [ir]"], both.Lines());
    }

    [Theory]
    [InlineData("Content-Length: 5, 7\n")]
    [InlineData("Content-Length: 5\nContent-Length: 7\n")]
    [InlineData("Content-Length: five\n")]
    [InlineData("Transfer-Encoding: gzip\n")]
    public void A_length_that_nobody_knows_is_named(string field)
    {
        Traffic traffic = new Traffic().FromClient("POST /pki HTTP/1.1\nContent-Type: application/pkixcmp\n" + field + "\n");
        Assert.Equal(["Http > POST /pki ! How long it is cannot be known."], traffic.Lines());
    }

    [Fact]
    public void The_same_length_twice_is_one()
    {
        Traffic traffic = new Traffic().FromClient($"POST /pki HTTP/1.1\nContent-Type: application/pkixcmp\nContent-Length: {Ir.Length}, {Ir.Length}\nContent-Length: {Ir.Length}\n\n", Ir, Traffic.Post(Ir.Length), Ir);
        Assert.Equal(["Http > POST /pki [ir]", "Http > POST /pki [ir]"], traffic.Lines());
    }

    [Fact]
    public void A_body_that_ends_with_the_connection_is_read()
    {
        Traffic traffic = new Traffic().FromClient(Traffic.Post(Ir.Length), Ir).FromServer("HTTP/1.0 200 OK\nContent-Type: application/pkixcmp\n\n", Ip);
        Assert.Equal(["Http > POST /pki [ir]", "Http < HTTP 200 OK [ip]"], traffic.Lines());
    }

    [Fact]
    public void Lines_may_end_with_a_line_feed_alone_and_names_have_any_case()
    {
        byte[] head = Encoding.ASCII.GetBytes($"POST /pki HTTP/1.1\nX-Folded: a\n Content-Length: 99\nCONTENT-type :\tApplication/PKIXCMP; a=b\ncontent-length: {Ir.Length}\nno field\n\n");
        Assert.Equal(["Http > POST /pki [ir]"], new Traffic().FromClient(head, Ir).Lines());
    }

    [Fact]
    public void Who_waits_for_100_is_heard_and_other_interim_responses_are_passed_over()
    {
        Traffic traffic = new Traffic()
            .FromClient(Traffic.Post(Ir.Length, "Expect: 100-continue\n"))
            .FromServer("HTTP/1.1 100 Continue\n\n", "HTTP/1.1 103 Early Hints\nLink: <a>\n\n")
            .FromClient(Ir)
            .FromServer(Traffic.Ok(Ip.Length), Ip);
        Assert.Equal(["Http > POST /pki [ir]", "Http < HTTP 200 OK [ip]"], traffic.Lines());
    }

    [Theory]
    [InlineData("Content-Length: 500")]
    [InlineData("Transfer-Encoding: chunked")]
    public void Who_is_refused_before_the_body_sends_the_next_request_in_its_place(string field)
    {
        Traffic traffic = new Traffic()
            .FromClient($"POST /pki HTTP/1.1\nContent-Type: application/pkixcmp\nExpect: 100-continue\n{field}\n\n")
            .FromServer("HTTP/1.1 417 Expectation Failed\nContent-Length: 0\n\n")
            .FromClient(Traffic.Post(Ir.Length), Ir).FromServer(Traffic.Ok(Ip.Length), Ip);
        Assert.Equal(["Http < HTTP 417 Expectation Failed", "Http > POST /pki ! It was not sent: the answer came first.", "Http > POST /pki [ir]", "Http < HTTP 200 OK [ip]"], traffic.Lines());
    }

    [Fact]
    public void An_answer_that_comes_before_the_body_does_not_end_it()
    {
        Traffic traffic = new Traffic().FromClient(Traffic.Post(Ir.Length)).FromServer("HTTP/1.1 401 No\nContent-Length: 0\n\n").FromClient(Ir, Traffic.Post(Ir.Length), Ir);
        Assert.Equal(["Http < HTTP 401 No", "Http > POST /pki [ir]", "Http > POST /pki [ir]"], traffic.Lines());
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\n\n", "HTTP 204 No Content")]
    [InlineData("HTTP/1.1 201 Created\nContent-Length: 0\n\n", "HTTP 201 Created")]
    [InlineData("HTTP/1.1 202 \nContent-Length: 0\n\n", "HTTP 202")]
    [InlineData("HTTP/1.1 304 Not Modified\nContent-Length: 12\n\n", "HTTP 304 Not Modified")]
    [InlineData("HTTP/1.1 404 Not Found\nContent-Type: text/html\nContent-Length: 29\n\n<html>\r\n<p>Not here\u001b[31m</p>\n", "HTTP 404 Not Found (text/html): <html> / <p>Not here\\u{001B}[31m</p>")]
    [InlineData("HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Basic\nContent-Length: 0\n\n", "HTTP 401 Unauthorized")]
    [InlineData("HTTP/1.1 500 Oh\u202e no\nContent-Type: application/octet-stream\nContent-Length: 3\n\nabc", "HTTP 500 Oh\\u{202E} no (application/octet-stream)")]
    [InlineData("HTTP/1.1 503 Busy\nContent-Length: 2\n\nno", "HTTP 503 Busy (no media type)")]
    public void An_answer_without_a_message_is_told_by_its_road(string answer, string text)
    {
        Traffic traffic = new Traffic().FromClient(Traffic.Post(Ir.Length), Ir).FromServer(answer).FromClient(Traffic.Post(Ir.Length), Ir).FromServer(Traffic.Ok(Ip.Length), Ip);
        Assert.Equal(["Http > POST /pki [ir]", "Http < " + text, "Http > POST /pki [ir]", "Http < HTTP 200 OK [ip]"], traffic.Lines());
    }

    [Fact]
    public void Answers_to_what_is_no_CMP_are_not_told()
    {
        Traffic traffic = new Traffic()
            .FromClient("GET / HTTP/1.1\nHost: a\n\nPOST /form HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 3\n\na=bPUT /x HTTP/1.1\nContent-Length: 3\n\nabc")
            .FromServer("HTTP/1.1 404 Not Found\nContent-Type: text/html\nContent-Length: 3\n\nabcHTTP/1.1 500 No\nContent-Type: text/html\nContent-Length: 3\n\nabcHTTP/1.1 201 Created\nContent-Length: 0\n\n");
        Assert.Empty(traffic.Lines());
        Assert.Equal((false, false), traffic.Done);
    }

    [Fact]
    public void A_message_is_known_by_its_octets_where_the_media_type_does_not_say_so()
    {
        Traffic traffic = new Traffic()
            .FromClient($"POST /cmp HTTP/1.1\nContent-Type: application/octet-stream\nContent-Length: {Ir.Length}\n\n", Ir)
            .FromServer($"HTTP/1.1 200 OK\nContent-Length: {Ip.Length}\n\n", Ip);
        Assert.Equal(["Http > POST /cmp (application/octet-stream) [ir]", "Http < HTTP 200 OK (no media type) [ip]"], traffic.Lines());
    }

    [Fact]
    public void Of_a_GET_only_the_media_type_tells()
    {
        Traffic traffic = new Traffic().FromClient("GET /x HTTP/1.1\n\n").FromServer($"HTTP/1.1 200 OK\nContent-Length: {Ip.Length}\n\n", Ip);
        Assert.Empty(traffic.Lines());
    }

    [Theory]
    [InlineData(TcpMessageStyle.Version10, "application/pkixcmp-poll", "pkiReq", "pkiRep")]
    [InlineData(TcpMessageStyle.Rfc2510, "application/x-pkixcmp-poll", "pkiMsg", "finalMsgRep")]
    [InlineData(TcpMessageStyle.Version10, "application/pkixcmp", "pkiReq", "pkiRep")]
    [InlineData(TcpMessageStyle.Version10, "application/octet-stream", "pkiReq", "pkiRep")]
    public void TCP_Messages_in_bodies_are_read(TcpMessageStyle style, string type, string request, string response)
    {
        byte[] up = new TcpMessage(style, TcpMessageType.PkiReq, Ir).ToArray(), down = new TcpMessage(style, TcpMessageType.PkiRep, Ip).ToArray();
        Traffic traffic = new Traffic()
            .FromClient($"POST /pki HTTP/1.1\nContent-Type: {type}\nContent-Length: {up.Length}\n\n", up)
            .FromServer($"HTTP/1.1 200 OK\nContent-Type: {type}\nContent-Length: {down.Length}\n\n", down);
        string shown = type == "application/pkixcmp" ? "" : $" ({type})";
        Assert.Equal([$"HttpTcp > POST /pki{shown}, {request} [ir]", $"HttpTcp < HTTP 200 OK{shown}, {response} [ip]"], traffic.Lines());
    }

    [Fact]
    public void Polling_in_bodies_is_read()
    {
        byte[] later = TcpMessage.PollRep(TcpMessageStyle.Version10, new PollingReference(7), 30).ToArray(), ask = TcpMessage.PollReq(TcpMessageStyle.Version10, new PollingReference(7)).ToArray();
        Traffic traffic = new Traffic().FromClient(Traffic.Post(ask.Length), ask).FromServer(Traffic.Ok(later.Length), later);
        Assert.Equal(["HttpTcp > POST /pki, pollReq 00000007", "HttpTcp < HTTP 200 OK, pollRep 00000007, 30 s"], traffic.Lines());
    }

    [Fact]
    public void A_body_that_claims_to_be_a_message_and_is_none_is_told_with_the_reason()
    {
        Traffic traffic = new Traffic()
            .FromClient(Traffic.Post(3), "abc", Traffic.Post(0), Traffic.Post(Ir.Length + 2), Ir, "xx", Traffic.Post(Ir.Length - 1), Ir[..^1]);
        string[] lines = traffic.Lines();
        Assert.Equal("Http > POST /pki [3] ! What came is no CMP message: it begins with octet 0x61, not with a SEQUENCE.", lines[0]);
        Assert.Equal("Http > POST /pki ! There is no message in it.", lines[1]);
        Assert.Contains("Octets follow the message", lines[2], StringComparison.Ordinal);
        Assert.Contains("The message is cut off", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public void Announcements_that_are_fetched_are_told_and_a_404_too()
    {
        Traffic traffic = new Traffic()
            .FromClient("GET /pki/CRLAnn.PKI?issuer=3003 HTTP/1.1\nHost: a\n\n").FromServer(Traffic.Ok(Ip.Length), Ip)
            .FromClient("GET /pki/RevAnn.PKI?issuer=30 HTTP/1.1\nHost: a\n\n").FromServer("HTTP/1.1 404 Not Found\nContent-Length: 0\n\n")
            .FromClient("GET /pki/Other.PKI?issuer=30 HTTP/1.1\nHost: a\n\nGET /pki/NoAnn.PKI HTTP/1.1\n\n").FromServer("HTTP/1.1 404 Not Found\nContent-Length: 0\n\nHTTP/1.1 404 Not Found\nContent-Length: 0\n\n");
        Assert.Equal(
            [
                "Http > GET /pki/CRLAnn.PKI?issuer=3003", "Http < HTTP 200 OK [ip]",
                "Http > GET /pki/RevAnn.PKI?issuer=30 ! RevAnn.PKI is asked for without serialNumber.", "Http < HTTP 404 Not Found",
            ], traffic.Lines());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("x-gzip")]
    [InlineData("deflate")]
    [InlineData("raw deflate")]
    public void Encoded_bodies_are_read(string coding)
    {
        byte[] up = Encode(coding, Ir), down = Encode(coding, Ip), page = Encode(coding, Encoding.ASCII.GetBytes("no such page"));
        string name = coding.Replace("raw ", "", StringComparison.Ordinal);
        Traffic traffic = new Traffic()
            .FromClient(Traffic.Post(up.Length, $"Content-Encoding: {name}\n"), up)
            .FromServer($"HTTP/1.1 200 OK\nContent-Type: application/pkixcmp\nContent-Encoding: {name.ToUpperInvariant()}\nContent-Length: {down.Length}\n\n", down)
            .FromClient($"POST /x HTTP/1.1\nContent-Encoding: {name}\nContent-Length: {up.Length}\n\n", up)
            .FromServer($"HTTP/1.1 404 No\nContent-Type: text/plain\nContent-Encoding: {name}\nContent-Length: {page.Length}\n\n", page);
        Assert.Equal(["Http > POST /pki [ir]", "Http < HTTP 200 OK [ip]", "Http > POST /x (no media type) [ir]", "Http < HTTP 404 No (text/plain): no such page"], traffic.Lines());
    }

    [Fact]
    public void Codings_of_the_transfer_are_taken_off_too()
    {
        byte[] down = Encode("gzip", Encode("deflate", Ip));
        Traffic traffic = new Traffic()
            .FromServer($"HTTP/1.1 200 OK\nContent-Type: application/pkixcmp\nContent-Encoding: deflate\nTransfer-Encoding: gzip, chunked\n\n{down.Length:x}\n", down, "\n0\n\n");
        Assert.Equal(["Http < HTTP 200 OK [ip]"], traffic.Lines());
    }

    [Theory]
    [InlineData("br", "It is encoded as br, which is not read here.")]
    [InlineData("gzip, gzip, gzip, gzip", "It is encoded more than 3 times.")]
    [InlineData("gzip", "It is no gzip, though it says so.")]
    [InlineData("deflate", "It is no deflate, though it says so.")]
    public void A_coding_that_cannot_be_taken_off_is_named(string coding, string defect)
    {
        byte[] garbage = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        Assert.Equal(["Http > POST /pki ! " + defect], new Traffic().FromClient(Traffic.Post(garbage.Length, $"Content-Encoding: {coding}\n"), garbage).Lines());
    }

    [Fact]
    public void Rule72_a_bomb_is_not_inflated()
    {
        byte[] bomb = Encode("gzip", new byte[50_000_000]);
        Traffic traffic = new Traffic().FromClient(Traffic.Post(bomb.Length, "Content-Encoding: gzip\n"), bomb);
        long before = GC.GetAllocatedBytesForCurrentThread();
        CapturedItem item = Assert.Single(traffic.Read());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 12_000_000);
        Assert.StartsWith("Decoded it is longer than", item.Defect, StringComparison.Ordinal);
        Assert.True(item.Octets.IsEmpty);
    }

    /// <summary>A message becomes little shorter by coding; what becomes very much longer is worth no time, though it keeps below the bound of a message.</summary>
    [Theory]
    [InlineData(500_000, true)]
    [InlineData(60_000, false)]
    public void Rule72_what_expands_beyond_measure_is_not_inflated(int octets, bool isBomb)
    {
        byte[] bomb = Encode("gzip", new byte[octets]);
        CapturedItem item = Assert.Single(new Traffic().FromClient(Traffic.Post(bomb.Length, "Content-Encoding: gzip\n"), bomb).Read());
        Assert.Equal(isBomb ? "Decoded it is longer than the 65536 octets that are read." : null, isBomb ? item.Defect : null);
        Assert.Equal(isBomb ? 0 : octets, item.Octets.Length);
    }

    [Fact]
    public void A_message_that_is_too_long_is_passed_over_and_the_next_one_read()
    {
        byte[] large = new byte[5000];
        Traffic traffic = new Traffic { Options = CaptureOptions.Default with { Limits = CmpLimits.Default with { MaxResponseBytes = 4000 } } }
            .FromClient(Traffic.Post(large.Length), large, Traffic.Post(Ir.Length), Ir);
        Assert.Equal(["Http > POST /pki ! It is longer than the 4000 octets that are read.", "Http > POST /pki [ir]"], traffic.Lines());
    }

    [Fact]
    public void A_tunnel_is_read_where_it_is_not_TLS()
    {
        Traffic traffic = new Traffic()
            .FromClient("CONNECT ca.example:80 HTTP/1.1\nHost: a\n\n").FromServer("HTTP/1.1 407 Who are you\nContent-Length: 2\n\nno")
            .FromClient("CONNECT ca.example:80 HTTP/1.1\nHost: a\n\n").FromServer("HTTP/1.1 200 Connection established\n\n")
            .FromClient(Traffic.Post(Ir.Length), Ir).FromServer(Traffic.Ok(Ip.Length), Ip);
        Assert.Equal(["Http > POST /pki [ir]", "Http < HTTP 200 OK [ip]"], traffic.Lines());
        Assert.Equal(0, traffic.Summary.TlsConnections);
    }

    [Fact]
    public void A_tunnel_of_TLS_is_counted_and_done()
    {
        byte[] hello = [22, 3, 1, 0, 50, 1, 0, 0];
        Traffic traffic = new Traffic().FromClient("CONNECT ca.example:443 HTTP/1.1\nHost: a\n\n").FromServer("HTTP/1.1 200 OK\n\n").FromClient(hello).FromServer(hello);
        Assert.Empty(traffic.Lines());
        Assert.Equal((true, true), traffic.Done);
        Assert.Equal(1, traffic.Summary.TlsConnections);
    }

    [Fact]
    public void A_tunnel_of_TCP_Messages_is_read()
    {
        Traffic traffic = new Traffic { Port = 3128 }.FromClient("CONNECT ca.example:829 HTTP/1.1\nHost: a\n\n").FromServer("HTTP/1.1 200 OK\n\n")
            .FromClient(new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiReq, Ir).ToArray()).FromServer(new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiRep, Ip).ToArray());
        Assert.Equal(["Tcp > pkiReq [ir]", "Tcp < pkiRep [ip]"], traffic.Lines());
    }

    [Fact]
    public void After_an_upgrade_nothing_is_read()
    {
        Traffic traffic = new Traffic().FromClient("GET /chat HTTP/1.1\nUpgrade: websocket\nConnection: Upgrade\n\n").FromServer("HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\n\n").FromClient(Traffic.Post(Ir.Length), Ir);
        Assert.Empty(traffic.Lines());
        Assert.Equal((true, true), traffic.Done);
    }

    [Fact]
    public void Bodies_of_others_are_not_kept()
    {
        byte[] body = new byte[20_000_000];
        Traffic traffic = new Traffic().FromClient("GET / HTTP/1.1\n\n").FromServer($"HTTP/1.1 200 OK\nContent-Length: {body.Length}\n\n", body)
            .FromClient(Traffic.Post(Ir.Length), Ir);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(["Http > POST /pki [ir]"], traffic.Read(0).Select(Traffic.Line));
        // the copy that the test itself makes
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, body.Length, body.Length + 100_000);
    }

    [Fact]
    public void Octets_that_are_missing_in_a_body_cost_that_message_only()
    {
        Traffic traffic = new Traffic()
            .FromClient(Traffic.Post(Ir.Length), Ir[..20]).LoseFromClient(30).FromClient(Ir[50..], Traffic.Post(Ir.Length), Ir)
            .FromServer("HTTP/1.1 200 OK\nContent-Type: application/pkixcmp\nTransfer-Encoding: chunked\n\n", $"{Ip.Length:x}\n", Ip[..20]).LoseFromServer(30).FromServer(Ip[50..], "\n0\n\n", Traffic.Ok(Ip.Length), Ip);
        Assert.Equal(
            [
                "Http > POST /pki ! 30 octets of it are missing in the capture.", "Http > POST /pki [ir]",
                "Http < HTTP 200 OK ! 30 octets of it are missing in the capture.", "Http < HTTP 200 OK [ip]",
            ], traffic.Lines());
    }

    [Fact]
    public void Octets_that_are_missing_up_to_the_end_of_a_body_cost_that_message_only()
    {
        Traffic traffic = new Traffic().FromClient(Traffic.Post(Ir.Length), Ir[..^3]).LoseFromClient(3).FromClient(Traffic.Post(Ir.Length), Ir);
        Assert.Equal(["Http > POST /pki ! 3 octets of it are missing in the capture.", "Http > POST /pki [ir]"], traffic.Lines());
    }

    [Fact]
    public void Octets_that_are_missing_up_to_the_end_of_a_chunk_cost_that_message_only()
    {
        Traffic traffic = new Traffic().FromClient(Traffic.Post(Ir.Length), Ir)
            .FromServer("HTTP/1.1 200 OK\nContent-Type: application/pkixcmp\nTransfer-Encoding: chunked\n\n5\nabc").LoseFromServer(2).FromServer("\n0\n\n", Traffic.Ok(Ip.Length), Ip);
        Assert.Equal(["Http > POST /pki [ir]", "Http < HTTP 200 OK ! 2 octets of it are missing in the capture.", "Http < HTTP 200 OK [ip]"], traffic.Lines());
    }

    [Fact]
    public void Behind_what_is_missing_the_next_head_is_found_at_the_beginning_of_a_segment()
    {
        Traffic traffic = new Traffic()
            .FromClient(Traffic.Post(Ir.Length), Ir[..20]).LoseFromClient(5000).FromClient("ion: close\n\n").FromClient("more of it").FromClient(Traffic.Post(Ir.Length), Ir)
            .FromServer(Traffic.Ok(Ip.Length), Ip[..20]).LoseFromServer(5000).FromServer("ion: close\n\n").FromServer(Traffic.Ok(Ip.Length), Ip);
        Assert.Equal(
            [
                "Http > POST /pki ! Its end is missing in the capture.", "Http > POST /pki [ir]",
                "Http < HTTP 200 OK ! Its end is missing in the capture.", "Http < HTTP 200 OK [ip]",
            ], traffic.Lines());
    }

    [Fact]
    public void A_head_that_is_missing_in_part_or_whole_is_named()
    {
        Traffic part = new Traffic().FromClient("POST /pki HTTP/1.1\nContent-Type: application/pkixcmp\nConte").LoseFromClient(500).FromClient("behind");
        Assert.Equal(["Http > POST /pki ! Of it only a part of its head is in the capture."], part.Lines());
        Traffic answer = new Traffic().FromClient(Traffic.Post(Ir.Length), Ir).FromServer("HTTP/1.1 500 Oh").LoseFromServer(500);
        Assert.Equal(["Http > POST /pki [ir]", "Http < HTTP 500 Oh ! Of it only a part of its head is in the capture."], answer.Lines());
        Traffic whole = new Traffic().FromClient(Traffic.Post(Ir.Length), Ir).FromServer("HTTP/1.1 100 Continue\n\n").LoseFromServer(500).FromServer("behind");
        Assert.Equal(["Http > POST /pki [ir]", "Http <  ! The answer is missing in the capture."], whole.Lines());
        Traffic none = new Traffic().FromClient("GET / HTTP/1.1\n\n").FromServer("HTTP/1.1 100 Continue\n\n").LoseFromServer(500).FromServer("behind");
        Assert.Empty(none.Lines());
    }

    [Fact]
    public void After_a_loss_an_answer_goes_with_the_last_question()
    {
        Traffic traffic = new Traffic()
            .FromClient("GET / HTTP/1.1\n\n").FromServer("HTTP/1.1 200 OK\nContent-Length: 3\n\nabc")
            .FromClient("HEAD / HTTP/1.1\n\n").LoseFromServer(400)
            .FromClient(Traffic.Post(Ir.Length), Ir).FromServer("HTTP/1.1 404 Not Found\nContent-Length: 3\n\nabc");
        Assert.Equal(["Http > POST /pki [ir]", "Http < HTTP 404 Not Found (no media type)"], traffic.Lines());
        Traffic other = new Traffic()
            .FromClient(Traffic.Post(Ir.Length), Ir).FromServer("HTTP/1.1 100 Continue\n\n").LoseFromServer(400)
            .FromClient("GET / HTTP/1.1\n\n").FromServer("HTTP/1.1 200 OK\nContent-Length: 3\n\nabc");
        Assert.Equal(["Http > POST /pki [ir]", "Http <  ! The answer is missing in the capture."], other.Lines());
    }

    [Fact]
    public void An_answer_that_was_captured_before_its_question_does_not_shift_the_others()
    {
        Traffic traffic = new Traffic()
            .FromServer("HTTP/1.1 200 OK\nContent-Length: 3\n\nabc").FromClient("GET / HTTP/1.1\n\n")
            .FromClient(Traffic.Post(Ir.Length), Ir).FromServer("HTTP/1.1 404 Not Found\nContent-Length: 0\n\n");
        Assert.Equal(["Http > POST /pki [ir]", "Http < HTTP 404 Not Found"], traffic.Lines());
    }

    [Fact]
    public void A_connection_met_in_its_midst_is_read_from_its_next_message_on()
    {
        Traffic traffic = new Traffic { IsOpening = false, IsServerFirst = true }
            .FromServer("rest of a page\n").FromServer("more of it").FromServer("HTTP/1.1 200 OK\nContent-Length: 3\n\nabc")
            .FromClient("t: b\n\n").FromClient(Traffic.Post(Ir.Length), Ir)
            .FromServer(Traffic.Ok(Ip.Length), Ip);
        Assert.Equal(["Http > POST /pki [ir]", "Http < HTTP 200 OK [ip]"], traffic.Read().Select(Traffic.Line));
        Assert.Equal((Traffic.Client, traffic.Server), (traffic.Read()[0].Client, traffic.Read()[0].Server));
    }

    [Fact]
    public void In_the_midst_of_a_connection_nobody_looks_for_ever()
    {
        Traffic traffic = new Traffic { IsOpening = false };
        for (int i = 0; i < 12; i++)
            traffic.FromServer(Enumerable.Repeat((byte)0xAA, 100_000).ToArray());
        Assert.Empty(traffic.Read());
        Assert.Equal((false, true), traffic.Done);
    }

    [Fact]
    public void A_connection_that_breaks_off_is_named()
    {
        Assert.Equal(["Http > POST /pki ! The connection ends before it does."], new Traffic().FromClient(Traffic.Post(Ir.Length), Ir[..^1]).Lines());
        Assert.Equal(["Http > POST /pki ! Of it only a part of its head is in the capture."], new Traffic().FromClient("POST /pki HTTP/1.1\nContent-Type: application/pkixcmp\n").Lines());
    }

    [Fact]
    public void Rule70_paths_and_types_are_escaped_and_bounded()
    {
        string path = "/\u001b]0;x\u0007" + new string('y', 1000);
        Traffic traffic = new Traffic().FromClient($"POST {path} HTTP/1.1\nContent-Type: a/\u202eb\nContent-Length: {Ir.Length}\n\n", Ir);
        string text = Assert.Single(traffic.Read()).RoadText!;
        Assert.StartsWith("POST /\\u{001B}]0;x\\u{0007}yyy", text, StringComparison.Ordinal);
        Assert.EndsWith("… (a/\\u{202E}b)", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 100, 400);
    }

    [Fact]
    public void A_head_without_end_is_given_up()
    {
        Traffic traffic = new Traffic().FromClient("GET / HTTP/1.1\nX: ", new string('x', 70_000));
        Assert.Empty(traffic.Read());
        Traffic line = new Traffic().FromClient("GET /", new string('x', 70_000));
        Assert.Empty(line.Read(1000));
        Assert.True(line.Done.Client);
    }

    [Theory]
    [InlineData("GET / HTTP/2.0\nHost: a\n\n")]
    [InlineData("PRI * HTTP/2.0\n\nSM\n\n")]
    [InlineData("OPTIONS rtsp://a/ RTSP/1.0\n\n")]
    [InlineData("GET /\n")]
    [InlineData("POST a mail\n")]
    [InlineData("HTTP/2 200\n\n")]
    [InlineData("ICY 200 OK\n\n")]
    [InlineData("EHLO client.example\n")]
    public void What_is_only_like_HTTP_is_done(string text)
    {
        Traffic traffic = new Traffic().FromClient(text, Traffic.Post(Ir.Length), Ir).FromServer(text);
        Assert.Empty(traffic.Lines());
        Assert.True(traffic.Done.Client);
    }

    private static byte[] Encode(string coding, byte[] octets)
    {
        using var output = new MemoryStream();
        using (Stream encoder = coding switch
        {
            "deflate" => new ZLibStream(output, CompressionLevel.Optimal, leaveOpen: true),
            "raw deflate" => new DeflateStream(output, CompressionLevel.Optimal, leaveOpen: true),
            _ => new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true),
        })
            encoder.Write(octets);
        return output.ToArray();
    }
}
