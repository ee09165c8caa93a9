using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.HttpTest;

namespace Cmp.Tests.Transports;

/// <summary>TCP-Messages as bodies at the listener: each question is answered in its own style and under its own media type.</summary>
public class HttpListenerTcpTests
{
    private const string Poll = "application/pkixcmp-poll";

    private static readonly DateTimeOffset Now = new(2026, 2, 3, 4, 5, 6, TimeSpan.Zero);

    private static readonly HttpListenerSettings Framed = new() { TcpMessages = true, Clock = () => Now };

    private static CmpHttpListener Start(TransportReply reply, HttpListenerSettings? settings = null, ConcurrentQueue<TransportRequest>? heard = null) => CmpHttpListener.Start(
        settings ?? Framed,
        (request, _) =>
        {
            heard?.Enqueue(request);
            return Task.FromResult(reply);
        },
        (ticket, _) => ticket == "0000002A" ? Task.FromResult(reply) : throw new CmpException(CmpErrorKind.Argument, "CmpTransport.UnknownTicket", "Nobody knows it."));

    private static byte[] Post(string body, string type = Poll, string fields = "", string version = "1.1")
    {
        byte[] octets = Hex.Parse(body);
        return [.. Encoding.ASCII.GetBytes($"POST /pkix/initialization HTTP/{version}\r\nHost: a\r\nContent-Type: {type}\r\n{fields}Content-Length: {octets.Length}\r\n\r\n"), .. octets];
    }

    private static async Task<string> AskedAsync(CmpHttpListener listener, string body)
    {
        using RawClient client = new(listener.Uri);
        await client.SendAsync(Post(body));
        (string head, byte[] answer) = (await client.ReceiveAsync())!.Value;
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: " + Poll + "\r\nCache-Control: no-cache\r\n", head, StringComparison.Ordinal);
        return Hex.Of(answer);
    }

    public static IEnumerable<object[]> Answers()
    {
        TransportReply message = new TransportReply.Octets(Some.Message), nothing = new TransportReply.Nothing(), later = new TransportReply.NotYet("0000002B", Now.AddSeconds(29.5));
        foreach ((string pki, string poll, string[] answers) in new[]
        {
            ("000000080A00003003020101", "000000070A00020000002A", new[] { "000000080A00053003020105", "000000040A000300", "0000000B0A00010000002B0000001E" }),
            ("000000080AFF003003020101", "000000070A01020000002A", ["000000080A00053003020105", "000000040A000300", "0000000B0A00010000002B0000001E"]),
            ("00000006003003020101", "00000005020000002A", ["00000006053003020105", "000000020300", "00000009010000002B69817410"]),
        })
        {
            foreach (string asked in new[] { pki, poll })
            {
                yield return [asked, message, answers[0]];
                yield return [asked, nothing, answers[1]];
                yield return [asked, later, answers[2]];
            }
        }
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task A_question_is_answered_in_its_own_style(string asked, TransportReply reply, string answer)
    {
        ConcurrentQueue<TransportRequest> heard = [];
        await using CmpHttpListener listener = Start(reply, heard: heard);
        Assert.Equal(answer, await AskedAsync(listener, asked));
        if (heard.TryDequeue(out TransportRequest? request))
        {
            Assert.Equal("3003020101", Hex.Of(request.Octets.Span));
            Assert.Equal((CmpOperation.Initialization, "/pkix/initialization"), (request.Operation, request.Path));
        }
    }

    [Theory]
    [InlineData("application/pkixcmp")]
    [InlineData("application/x-pkixcmp")]
    [InlineData("application/pkixcmp-poll")]
    [InlineData("Application/X-PKIXCMP-poll; charset=x")]
    public async Task Rule54_An_answer_is_called_what_its_question_was(string type)
    {
        await using CmpHttpListener listener = Start(new TransportReply.Octets(Some.Message));
        using RawClient client = new(listener.Uri);
        foreach ((string asked, string answer) in new[] { ("000000080A00003003020101", "000000080A00053003020105"), ("00000006003003020101", "00000006053003020105"), ("3003020101", "3003020105") })
        {
            await client.SendAsync(Post(asked, type));
            (string head, byte[] body) = (await client.ReceiveAsync())!.Value;
            Assert.Contains("\r\nContent-Type: " + CmpMediaType.Of(type) + "\r\n", head, StringComparison.Ordinal);
            Assert.Equal(answer, Hex.Of(body));
        }
    }

    [Fact]
    public async Task An_older_client_hears_Pragma_and_the_close_flag_closes_nothing()
    {
        await using CmpHttpListener listener = Start(new TransportReply.Octets(Some.Message));
        using RawClient client = new(listener.Uri);
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync(Post("000000080A01003003020101", fields: "Connection: keep-alive\r\n", version: "1.0"));
            Assert.Contains("\r\nPragma: no-cache\r\n", (await client.ReceiveAsync())!.Value.Head, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("000000040A000300", "060201000103")]
    [InlineData("000000080A00053003020105", "060201000105")]
    [InlineData("000000030A00FF", "0602010001FF")]
    [InlineData("000000070A00020000002C", "06020200040000002C")]
    [InlineData("000000080B00003003020101", "06010100010A")]
    [InlineData("0000000411003003", "06010100010A")]
    [InlineData("000000030A0000", "0602000000")]
    [InlineData("000000090A0000300302010100", "0602000000")]
    [InlineData("000000080A00003103020101", "0602000000")]
    [InlineData("000000080A0002000000002A", "0602000000")]
    public async Task Rule62_What_makes_no_sense_is_told_by_number(string asked, string error)
    {
        ConcurrentQueue<TransportRequest> heard = [];
        await using CmpHttpListener listener = Start(new TransportReply.Octets(Some.Message), heard: heard);
        string answer = await AskedAsync(listener, asked);
        Assert.StartsWith("0A00" + error, answer.Substring(8), StringComparison.Ordinal);
        TcpErrorMessage said = TcpErrorMessage.Decode(TcpMessage.Decode(Hex.Parse(answer), 1000).Value);
        Assert.NotEmpty(said.Text);
        Assert.Empty(heard);
    }

    [Theory]
    [InlineData("000000020300")]
    [InlineData("00000005020000002C")]
    [InlineData("0000000100")]
    [InlineData("0000000609FFFFFFFFFF")]
    public async Task Rule62_In_the_old_style_it_is_told_in_words(string asked)
    {
        await using CmpHttpListener listener = Start(new TransportReply.Octets(Some.Message));
        TcpMessage answer = TcpMessage.Decode(Hex.Parse(await AskedAsync(listener, asked)), 1000);
        Assert.Equal((TcpMessageStyle.Rfc2510, TcpMessageType.ErrorMsgRep), (answer.Style, answer.Type));
        Assert.NotEmpty(TcpErrorMessage.ReadText(answer.Value.Span));
    }

    [Fact]
    public async Task Where_no_references_are_given_none_is_known()
    {
        await using CmpHttpListener listener = CmpHttpListener.Start(Framed, (_, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(Some.Message)));
        Assert.StartsWith("0A0006020200040000002A", (await AskedAsync(listener, "000000070A00020000002A")).Substring(8), StringComparison.Ordinal);
    }

    /// <summary>What a handler throws, and what no TCP-Message can carry.</summary>
    [Fact]
    public async Task A_handler_that_fails_is_told_of_by_number_and_no_more()
    {
        foreach (TransportReply? reply in new TransportReply?[] { null, new TransportReply.NotYet("a file", Now) })
        {
            ConcurrentQueue<Exception> failed = [];
            await using CmpHttpListener listener = CmpHttpListener.Start(
                Framed with { HandlerFailed = failed.Enqueue }, (_, _) => Task.FromResult(reply ?? throw new CmpException(CmpErrorKind.Argument, "CmpTransport.UnknownTicket", "A secret.")));
            string answer = await AskedAsync(listener, "000000080A00003003020101");
            Assert.StartsWith("0A000603000000", answer.Substring(8), StringComparison.Ordinal);
            Assert.DoesNotContain("secret", Encoding.ASCII.GetString(Hex.Parse(answer)), StringComparison.Ordinal);
            Assert.Single(failed);
        }
    }

    [Theory]
    [InlineData("000000090A00003003020101")]
    [InlineData("000000080A0000300302010100")]
    [InlineData("000000080A00003003020101000000080A00003003020101")]
    [InlineData("00000000")]
    [InlineData("000000020A00")]
    [InlineData("FFFFFFFF0A00")]
    [InlineData("000000")]
    [InlineData("3C68746D6C3E")]
    public async Task Rule56_A_body_that_is_no_whole_message_is_a_bad_request(string asked)
    {
        ConcurrentQueue<TransportRequest> heard = [];
        await using CmpHttpListener listener = Start(new TransportReply.Octets(Some.Message), heard: heard);
        using RawClient client = new(listener.Uri);
        await client.SendAsync(Post(asked));
        Assert.Equal(400, await client.StatusAsync());
        Assert.True(await client.IsClosedAsync());
        Assert.Empty(heard);
    }

    [Theory]
    [InlineData("text/html", "", 415)]
    [InlineData("application/pkixcmp-polls", "", 415)]
    [InlineData(Poll, "Content-Encoding: gzip\r\n", 415)]
    [InlineData(Poll, "Transfer-Encoding: chunked\r\n", 400)]
    public async Task Rule54_What_claims_to_be_something_else_is_not_read(string type, string fields, int status)
    {
        await using CmpHttpListener listener = Start(new TransportReply.Octets(Some.Message));
        using RawClient client = new(listener.Uri);
        await client.SendAsync(Post("000000080A00003003020101", type, fields));
        Assert.Equal(status, await client.StatusAsync());
    }

    [Fact]
    public async Task Rule56_A_body_over_the_bound_is_refused_before_it_is_read()
    {
        await using CmpHttpListener listener = Start(new TransportReply.Octets(Some.Message), Framed with { MaxRequestBytes = 100 });
        using RawClient client = new(listener.Uri);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: " + Poll + "\r\nContent-Length: 101\r\n\r\n");
        Assert.Equal(413, await client.StatusAsync());
    }

    /// <summary>A listener that was not told to understand them leaves all to its handler, as before.</summary>
    [Fact]
    public async Task Without_the_setting_a_body_is_a_body()
    {
        ConcurrentQueue<TransportRequest> heard = [];
        await using CmpHttpListener listener = Start(new TransportReply.Octets(Some.Message), new HttpListenerSettings { Lenient = true }, heard);
        Assert.Equal("http", listener.Uri.Scheme);
        using RawClient client = new(listener.Uri);
        await client.SendAsync(Post("000000080A00003003020101"));
        (string head, byte[] body) = (await client.ReceiveAsync())!.Value;
        Assert.Contains("\r\nContent-Type: application/pkixcmp\r\n", head, StringComparison.Ordinal);
        Assert.Equal(Some.Message, body);
        Assert.Equal("000000080A00003003020101", Hex.Of(Assert.Single(heard).Octets.Span));
    }

    /// <summary>Our client at our listener: each generation, with a ticket in between.</summary>
    [Theory]
    [InlineData(HttpGeneration.CmpHttp00)]
    [InlineData(HttpGeneration.Transport00)]
    [InlineData(HttpGeneration.Transport02)]
    [InlineData(HttpGeneration.Transport05)]
    public async Task Each_generation_is_understood(HttpGeneration generation)
    {
        await using CmpHttpListener listener = CmpHttpListener.Start(
            Framed,
            (_, _) => Task.FromResult<TransportReply>(new TransportReply.NotYet("FFFFFFFF", Now.AddMinutes(5))),
            (ticket, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(Some.Message)));
        Assert.Equal("http+tcp", listener.Uri.Scheme);
        HttpTransportSettings settings = Settings(listener.Uri) with { Generation = generation, Clock = () => Now };
        TransportReply.NotYet later;
        using (HttpTransport one = new(settings))
            later = Assert.IsType<TransportReply.NotYet>(await one.SendAsync());
        Assert.Equal(Now.AddMinutes(5), later.NotBefore);
        using HttpTransport other = new(settings);
        TransportReply.Octets reply = Assert.IsType<TransportReply.Octets>(await other.CollectAsync(later.Ticket, CancellationToken.None));
        Assert.Equal(Some.Message, reply.Value.ToArray());
        Assert.Null(reply.Warning);
    }
}
