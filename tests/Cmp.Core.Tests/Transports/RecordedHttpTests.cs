using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Cmp.Messages;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.HttpTest;

namespace Cmp.Tests.Transports;

/// <summary>How others framed: what real clients sent is sent to our listener, and what real servers answered to our transport, each oddity by its name.</summary>
public class RecordedHttpTests
{
    /// <summary>cmpforopenssl of 2010 at cryptlib.</summary>
    private const string Cryptlib = "cmp_IR_sequence_OpenSSL-Cryptlib.pcap";

    /// <summary>The same two of 2007; an ir that is granted, and a kur that is refused.</summary>
    private const string Errors = "cmp-in-http-with-errors-in-cmp-protocol.pcap.gz";

    public static TheoryData<string, int> Connections => new() { { Cryptlib, 0 }, { Errors, 0 }, { Errors, 1 } };

    private static string Head(byte[][] turn)
    {
        string text = Encoding.Latin1.GetString(turn.SelectMany(piece => piece).ToArray());
        return text.Substring(0, text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4);
    }

    private static byte[] Body(byte[][] turn)
    {
        byte[] whole = [.. turn.SelectMany(piece => piece)];
        return whole.AsSpan(Head(turn).Length).ToArray();
    }

    private static IEnumerable<byte[][]> Requests(string capture) => Capture.Read(capture).SelectMany(c => c.Turns).Where(t => t.IsClient).Select(t => t.Pieces);

    private static IEnumerable<byte[][]> Answers(string capture) => Capture.Read(capture).SelectMany(c => c.Turns).Where(t => !t.IsClient).Select(t => t.Pieces);

    /// <summary>Has our listener answer what a foreign client sent, in its pieces and on one connection.</summary>
    private static async Task HearAsync(CapturedConnection connection, HttpListenerSettings settings)
    {
        ConcurrentQueue<TransportRequest> heard = [];
        await using CmpHttpListener listener = CmpHttpListener.Start(settings, (request, _) =>
        {
            heard.Enqueue(request);
            return Task.FromResult<TransportReply>(new TransportReply.Octets(Some.Message));
        });
        using RawClient client = new(listener.Uri);
        foreach ((bool isClient, byte[][] pieces) in connection.Turns)
        {
            if (!isClient)
                continue;
            foreach (byte[] piece in pieces)
                await client.SendAsync(piece);
            Assert.Equal(Some.Message, (await client.ReceiveAsync())!.Value.Body);
            Assert.True(heard.TryDequeue(out TransportRequest? request));
            Assert.Equal("/", request.Path);
            Assert.Equal(Body(pieces), request.Octets.ToArray());
            PkiMessage.Decode(request.Octets);
        }
    }

    /// <summary>Has our transport read what a foreign server answered, in its pieces; where that closed, so does ours.</summary>
    private static async Task<List<TransportReply.Octets>> AskAsync(CapturedConnection connection, Func<Uri, Uri>? address = null)
    {
        byte[][][] answers = [.. connection.Turns.Where(t => !t.IsClient).Select(t => t.Pieces)];
        await using ScriptedServer server = new(async c =>
        {
            foreach (byte[][] answer in answers)
            {
                await c.ReceiveAsync();
                foreach (byte[] piece in answer)
                    await c.SendAsync(piece);
            }
        });
        using HttpTransport transport = new(Settings(address is null ? server.Uri : address(server.Uri)));
        List<TransportReply.Octets> replies = [];
        for (int i = 0; i < answers.Length; i++)
        {
            TransportReply.Octets reply = await transport.OctetsAsync(i == 0 ? First : Later);
            Assert.Equal(Body(answers[i]), reply.Value.ToArray());
            PkiMessage.Decode(reply.Value);
            replies.Add(reply);
        }
        Assert.Equal(1, server.Accepted);
        return replies;
    }

    [SkippableTheory]
    [MemberData(nameof(Connections))]
    public async Task What_a_foreign_client_sent_is_understood_with_and_without_TCP_Messages(string capture, int connection)
    {
        await HearAsync(Capture.Read(capture)[connection], new HttpListenerSettings());
        await HearAsync(Capture.Read(capture)[connection], new HttpListenerSettings { TcpMessages = true });
    }

    [SkippableTheory]
    [MemberData(nameof(Connections))]
    public async Task What_a_foreign_server_answered_is_understood(string capture, int connection) =>
        Assert.All(await AskAsync(Capture.Read(capture)[connection]), reply => Assert.Equal((200, null), (reply.HttpStatus, reply.Warning)));

    /// <summary>The framing of an answer is seen from its octets: a PKIMessage where a TCP-Message is due is taken, and named.</summary>
    [SkippableTheory]
    [MemberData(nameof(Connections))]
    public async Task What_a_foreign_server_answered_without_framing_is_understood_under_http_tcp(string capture, int connection) =>
        Assert.All(
            await AskAsync(Capture.Read(capture)[connection], uri => new Uri("http+tcp" + uri.OriginalString.Substring(4))),
            reply => Assert.Contains("no TCP-Message", reply.Warning, StringComparison.Ordinal));

    [SkippableFact]
    public void Cmpforopenssl_asks_in_absolute_form_although_there_is_no_proxy() =>
        Assert.All(Requests(Cryptlib), request => Assert.StartsWith("POST http://127.0.0.1:8080/ HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n", Head(request), StringComparison.Ordinal));

    [SkippableFact]
    public void Cmpforopenssl_names_a_host_without_the_port_that_it_asks_at()
    {
        Assert.All(Capture.Read(Errors), connection => Assert.Equal(4711, connection.ServerPort));
        Assert.All(Requests(Errors), request => Assert.Contains("\r\nHost: 172.16.0.101\r\n", Head(request), StringComparison.Ordinal));
    }

    [SkippableFact]
    public void Cmpforopenssl_writes_Content_type_with_a_small_letter_and_wants_no_cache() =>
        Assert.All(Requests(Cryptlib).Concat(Requests(Errors)), request =>
        {
            Assert.Contains("\r\nContent-type: application/pkixcmp\r\n", Head(request), StringComparison.Ordinal);
            Assert.Contains("\r\nCache-Control: no-cache\r\n", Head(request), StringComparison.Ordinal);
        });

    [SkippableFact]
    public void Cmpforopenssl_sends_head_and_body_in_two_pieces() => Assert.All(Requests(Cryptlib).Concat(Requests(Errors)), request =>
    {
        Assert.Equal(2, request.Length);
        Assert.EndsWith("\r\n\r\n", Encoding.Latin1.GetString(request[0]), StringComparison.Ordinal);
    });

    [SkippableFact]
    public async Task Cryptlib_answers_without_a_Date()
    {
        Assert.All(Answers(Cryptlib).Concat(Answers(Errors)), answer => Assert.DoesNotContain("Date:", Head(answer), StringComparison.OrdinalIgnoreCase));
        Assert.All(await AskAsync(Capture.Read(Cryptlib)[0]), reply => Assert.Null(reply.ServerTime));
    }

    [SkippableFact]
    public void Cryptlib_closes_after_a_pkiConf_and_has_not_said_so()
    {
        foreach (CapturedConnection connection in new[] { Capture.Read(Cryptlib)[0], Capture.Read(Errors)[0] })
        {
            Assert.False(connection.FirstToClose);
            (bool isClient, byte[][] pieces) = connection.Turns[^1];
            Assert.False(isClient);
            Assert.DoesNotContain("Connection:", Head(pieces), StringComparison.OrdinalIgnoreCase);
            Assert.Equal(PkiBodyType.Pkiconf, PkiMessage.Decode(Body(pieces)).Body.Type);
        }
    }

    [SkippableFact]
    public void Cryptlib_refuses_with_status_200_and_says_that_it_closes()
    {
        CapturedConnection connection = Capture.Read(Errors)[1];
        byte[][] answer = connection.Turns[^1].Pieces;
        Assert.StartsWith("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/pkixcmp\r\n", Head(answer), StringComparison.Ordinal);
        Assert.Equal(PkiBodyType.Error, PkiMessage.Decode(Body(answer)).Body.Type);
        Assert.False(connection.FirstToClose);
    }
}
