using System;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.HttpTest;

namespace Cmp.Tests.Transports;

/// <summary>TCP-Messages as bodies of HTTP: what each generation sends, and what is made of each answer.</summary>
public class HttpTcpTests
{
    private const string Poll = "application/pkixcmp-poll";

    /// <summary>A message as <see cref="Some.Message"/>, in version 10 and in the old style.</summary>
    private const string PkiRep = "000000080A00053003020105", FinalMsgRep = "00000006053003020105";

    private static readonly DateTimeOffset Now = new(2026, 2, 3, 4, 5, 6, TimeSpan.Zero);

    private static Uri Framed(ScriptedServer server) => new("http+tcp://127.0.0.1:" + server.Port + "/pkix/");

    private static HttpTransportSettings Settings(ScriptedServer server) => HttpTest.Settings(Framed(server)) with { Clock = () => Now };

    private static byte[] Answer(string body, string type = Poll, string status = "200 OK", string fields = "") => Some.Answer(Hex.Parse(body), fields, status, type);

    private static async Task<TransportReply> AnsweredAsync(byte[] answer, Func<HttpTransportSettings, HttpTransportSettings>? change = null, TransportRequest? request = null)
    {
        await using ScriptedServer server = Answering(answer);
        using HttpTransport transport = new(change is null ? Settings(server) : change(Settings(server)));
        return await transport.SendAsync(request);
    }

    private static ScriptedServer Answering(params byte[][] answers) => new(async c =>
    {
        foreach (byte[] answer in answers)
        {
            await c.ReceiveAsync();
            await c.SendAsync(answer);
        }
    });

    private static async Task<TransportReply.Octets> OctetsAsync(byte[] answer, Func<HttpTransportSettings, HttpTransportSettings>? change = null)
    {
        TransportReply.Octets reply = Assert.IsType<TransportReply.Octets>(await AnsweredAsync(answer, change));
        Assert.Equal(Some.Message, reply.Value.ToArray());
        return reply;
    }

    private static Task<CmpException> RefusedAsync(byte[] answer, Func<HttpTransportSettings, HttpTransportSettings>? change = null) =>
        Assert.ThrowsAsync<CmpException>(() => AnsweredAsync(answer, change));

    private static HttpTransportSettings Plain(HttpTransportSettings settings) => settings with { Uri = new Uri("http://" + settings.Uri.Authority + "/pkix/") };

    private static HttpTransportSettings Lenient(HttpTransportSettings settings) => Plain(settings) with { Lenient = true };

    /// <summary>Request and answer of each generation, octet for octet.</summary>
    [Theory]
    [InlineData(HttpGeneration.Rfc9811, "3003020101", "application/pkixcmp", "3003020105")]
    [InlineData(HttpGeneration.Rfc6712, "3003020101", "application/pkixcmp", "3003020105")]
    [InlineData(HttpGeneration.Rfc2510, "3003020101", "application/pkixcmp", "3003020105")]
    [InlineData(HttpGeneration.CmpHttp00, "00000006003003020101", Poll, FinalMsgRep)]
    [InlineData(HttpGeneration.Transport00, "000000080A00003003020101", "application/pkixcmp", PkiRep)]
    [InlineData(HttpGeneration.Transport02, "000000080A00003003020101", Poll, PkiRep)]
    [InlineData(HttpGeneration.Transport05, "000000080A00003003020101", "application/pkixcmp", PkiRep)]
    [InlineData(HttpGeneration.Transport06, "3003020101", "application/pkixcmp", "3003020105")]
    public async Task Rule52_Each_generation_speaks_its_way(HttpGeneration generation, string body, string type, string answer)
    {
        foreach (string version in new[] { "1.1", "1.0" })
        {
            await using ScriptedServer server = Answering(Answer(answer, type));
            HttpTransportSettings settings = Settings(server) with { Generation = generation, HttpVersion = Version.Parse(version) };
            if (HttpDialect.Of(generation).Framing is null)
                settings = Plain(settings);
            using HttpTransport transport = new(settings);
            TransportReply.Octets reply = await transport.OctetsAsync();
            Assert.Equal(Some.Message, reply.Value.ToArray());
            Assert.Null(reply.Warning);

            ReceivedRequest request = server.Requests.Single();
            bool isOld = version == "1.0";
            Assert.Equal(
                $"POST /pkix/ HTTP/{version}\r\nHost: 127.0.0.1:{server.Port}\r\nUser-Agent: {request.Fields["User-Agent"]}\r\nCache-Control: no-cache\r\n"
                    + (isOld && HttpDialect.Of(generation).WantsNoCache ? "Pragma: no-cache\r\n" : "") + (isOld ? "Connection: keep-alive\r\n" : "")
                    + $"Content-Type: {type}\r\nContent-Length: {body.Length / 2}\r\n\r\n",
                request.Head);
            Assert.Equal(body, Hex.Of(request.Body));
        }
    }

    [Fact]
    public async Task Where_nothing_is_said_the_scheme_decides()
    {
        await using ScriptedServer server = Answering(Answer(PkiRep), Answer("3003020105", "application/pkixcmp"));
        using HttpTransport framed = new(Settings(server));
        Assert.Equal(Some.Message, (await framed.OctetsAsync()).Value.ToArray());
        ReceivedRequest request = server.Requests.Single();
        Assert.Equal(Poll, request.Fields["Content-Type"]);
        Assert.Equal("000000080A00003003020101", Hex.Of(request.Body));
    }

    [Theory]
    [InlineData("http+tcp://a/", HttpGeneration.Rfc9811)]
    [InlineData("http+tcp://a/", HttpGeneration.Rfc6712)]
    [InlineData("https+tcp://a/", HttpGeneration.Rfc2510)]
    [InlineData("https+tcp://a/", HttpGeneration.Transport06)]
    [InlineData("http://a/", HttpGeneration.CmpHttp00)]
    [InlineData("http://a/", HttpGeneration.Transport00)]
    [InlineData("https://a/", HttpGeneration.Transport02)]
    [InlineData("https://a/", HttpGeneration.Transport05)]
    public void A_generation_that_does_not_fit_the_address_is_an_error_before_any_traffic(string uri, HttpGeneration generation)
    {
        CmpException error = Assert.Throws<CmpException>(() => new HttpTransport(HttpTest.Settings(new Uri(uri)) with { Generation = generation }));
        Assert.Equal(("CmpTransport.InvalidSetting", CmpErrorKind.Argument), (error.ErrorId, error.Kind));
        Assert.Contains(generation.ToString(), error.Message, StringComparison.Ordinal);
        Assert.Contains("http", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, TcpMessageStyle.Version10, "000000080A00003003020101", Poll)]
    [InlineData(null, TcpMessageStyle.Rfc2510, "00000006003003020101", Poll)]
    [InlineData(HttpGeneration.CmpHttp00, TcpMessageStyle.Rfc2510, "00000006003003020101", Poll)]
    [InlineData(HttpGeneration.Transport05, TcpMessageStyle.Version10, "000000080A00003003020101", "application/pkixcmp")]
    public async Task A_style_that_is_wanted_is_spoken(HttpGeneration? generation, TcpMessageStyle style, string body, string type)
    {
        await using ScriptedServer server = Answering(Answer(PkiRep));
        using HttpTransport transport = new(Settings(server) with { Generation = generation, TcpStyle = style });
        await transport.OctetsAsync();
        Assert.Equal((body, type), (Hex.Of(server.Requests.Single().Body), server.Requests.Single().Fields["Content-Type"]));
    }

    [Theory]
    [InlineData(HttpGeneration.CmpHttp00, TcpMessageStyle.Version10)]
    [InlineData(HttpGeneration.Transport02, TcpMessageStyle.Rfc2510)]
    public void A_generation_of_another_style_than_is_wanted_is_an_error_before_any_traffic(HttpGeneration generation, TcpMessageStyle style)
    {
        CmpException error = Assert.Throws<CmpException>(() => new HttpTransport(HttpTest.Settings(new Uri("http+tcp://a/")) with { Generation = generation, TcpStyle = style }));
        Assert.Equal(("CmpTransport.InvalidSetting", CmpErrorKind.Argument), (error.ErrorId, error.Kind));
        Assert.Contains("-TcpStyle", error.RecommendedAction, StringComparison.Ordinal);
        // without TCP-Messages there is no style
        new HttpTransport(HttpTest.Settings(new Uri("http://a/")) with { TcpStyle = style }).Dispose();
    }

    [Theory]
    [InlineData("application/pkixcmp-poll", false)]
    [InlineData("application/x-pkixcmp-poll", false)]
    [InlineData("Application/PKIXCMP-poll; charset=x", false)]
    [InlineData("application/pkixcmp", true)]
    [InlineData("application/x-pkixcmp", true)]
    public async Task Rule54_All_four_media_types_are_taken_under_http_tcp(string type, bool warns)
    {
        TransportReply.Octets reply = await OctetsAsync(Answer(PkiRep, type));
        Assert.Equal(warns, reply.Warning is not null);
        Assert.Equal(200, reply.HttpStatus);
    }

    [Theory]
    [InlineData("application/octet-stream")]
    [InlineData("text/html")]
    [InlineData("application/pkixcmp-polls")]
    public async Task Rule54_Other_media_types_are_not(string type)
    {
        CmpException error = await RefusedAsync(Answer(PkiRep, type));
        Assert.Equal(("CmpHttp.ContentType", CmpErrorKind.Protocol), (error.ErrorId, error.Kind));
        Assert.Contains("not with application/pkixcmp-poll", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rule54_A_missing_media_type_needs_Lenient_here_too()
    {
        byte[] answer = [.. Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"), .. Hex.Parse(PkiRep)];
        Assert.Equal("CmpHttp.ContentType", (await RefusedAsync(answer)).ErrorId);
        Assert.NotNull((await OctetsAsync(answer, s => s with { Lenient = true })).Warning);
    }

    [Theory]
    [InlineData(PkiRep, false)]
    [InlineData("000000080AFE053003020105", false)]
    [InlineData("000000080A00003003020105", false)]
    [InlineData(FinalMsgRep, false)]
    [InlineData("00000006003003020105", false)]
    [InlineData("0000000E0400000001650000003003020105", false)]
    [InlineData("3003020105", true)]
    public async Task How_an_answer_is_framed_is_seen_from_its_octets_whatever_the_generation(string body, bool warns)
    {
        foreach (HttpGeneration generation in new[] { HttpGeneration.Transport00, HttpGeneration.Transport02, HttpGeneration.Transport05, HttpGeneration.CmpHttp00 })
            Assert.Equal(warns, (await OctetsAsync(Answer(body, HttpDialect.Of(generation).MediaType), s => s with { Generation = generation })).Warning is not null);
    }

    [Theory]
    [InlineData("000000040A000300")]
    [InlineData("000000030A0003")]
    [InlineData("000000040A010300")]
    [InlineData("000000020300")]
    [InlineData("")]
    public async Task Rule57_A_finRep_is_nothing_and_so_is_an_empty_body(string body) =>
        Assert.Equal(200, Assert.IsType<TransportReply.Nothing>(await AnsweredAsync(Answer(body))).HttpStatus ?? 200);

    [Theory]
    [InlineData("0000000B0A00010000002A0000001E", "Initialization-Version10-0000002A", 30)]
    [InlineData("00000009010000002A6981740C", "Initialization-Rfc2510-0000002A", 0x6981740C - 1770091506)]
    public async Task A_pollRep_is_a_ticket(string body, string ticket, int seconds)
    {
        TransportReply.NotYet later = Assert.IsType<TransportReply.NotYet>(await AnsweredAsync(Answer(body)));
        Assert.Equal(ticket, later.Ticket);
        Assert.Equal(Now.AddSeconds(seconds), later.NotBefore);
    }

    [Theory]
    [InlineData("0000000A0A0006010100010A6E6F", "CmpTcp.VersionNotSupported", "no")]
    [InlineData("000000070A000602000000", "CmpTcp.GeneralClientError", "")]
    [InlineData("000000080A00060201000100", "CmpTcp.InvalidMessageType", "")]
    [InlineData("0000000B0A00060202000400000001", "CmpTcp.InvalidPollId", "")]
    [InlineData("0000000A0A0006030000006F7570", "CmpTcp.GeneralServerError", "oup")]
    [InlineData("0000000A0A00068001000061621B", "CmpTcp.Error", "0x8001: ab\\u{001B}")]
    public async Task Rule62_An_errorMsgRep_is_a_typed_error_that_nobody_vouches_for(string body, string errorId, string text)
    {
        CmpException error = await RefusedAsync(Answer(body));
        Assert.Equal((errorId, CmpErrorKind.Protocol), (error.ErrorId, error.Kind));
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("000000090A00053003020105", "CmpMessage.Malformed")]
    [InlineData("000000070A00053003020105", "CmpMessage.Malformed")]
    [InlineData("00000007053003020105", "CmpMessage.Malformed")]
    [InlineData("000000080A00053003020105000000080A00053003020105", "CmpMessage.Malformed")]
    [InlineData("000000090A0005300302010500", "CmpMessage.Malformed")]
    [InlineData("000000070A000530030201", "CmpMessage.Malformed")]
    [InlineData("000000030A0005", "CmpMessage.Malformed")]
    [InlineData("000000080A00053103020105", "CmpMessage.Malformed")]
    [InlineData("300302010500", "CmpMessage.Malformed")]
    [InlineData("300302010530030201053003020105", "CmpMessage.Malformed")]
    [InlineData("000000050A00030000", "CmpTcp.InvalidMessage")]
    [InlineData("000000040A000301", "CmpTcp.InvalidMessage")]
    [InlineData("000000070A000100000001", "CmpTcp.InvalidMessage")]
    [InlineData("000000050A00060101", "CmpTcp.InvalidMessage")]
    [InlineData("00000000", "CmpTcp.InvalidMessage")]
    [InlineData("000000020A05", "CmpTcp.InvalidMessage")]
    [InlineData("FFFFFFFF0A0005", "CmpMessage.Malformed")]
    [InlineData("000000080B00053003020105", "CmpTcp.UnknownVersion")]
    [InlineData("000000070A000200000001", "CmpTcp.UnexpectedType")]
    [InlineData("000000080A00093003020105", "CmpTcp.UnexpectedType")]
    [InlineData("0000000F0A000400000001000000013003020105", "CmpMessage.Malformed")]
    [InlineData("000000100A000400000001000000013003020105", "CmpTcp.UnexpectedType")]
    [InlineData("00000006093003020105", "CmpTcp.UnexpectedType")]
    [InlineData("3C68746D6C3E", "CmpMessage.Malformed")]
    [InlineData("00", "CmpMessage.Malformed")]
    public async Task Rule56_A_body_is_exactly_one_message(string body, string errorId) => Assert.Equal(errorId, (await RefusedAsync(Answer(body))).ErrorId);

    /// <summary>Without a Content-Length the end of the body is the end of the connection.</summary>
    [Theory]
    [InlineData(PkiRep, null)]
    [InlineData(PkiRep + "00", "CmpMessage.Malformed")]
    [InlineData("000000080A000530030201", "CmpMessage.Malformed")]
    [InlineData("000000", "CmpMessage.Malformed")]
    [InlineData("FFFFFFFF0A0005", "CmpMessage.TooLarge")]
    public async Task Rule56_A_body_of_unknown_length_is_no_longer_than_it_says(string body, string? errorId)
    {
        byte[] answer = [.. Encoding.ASCII.GetBytes("HTTP/1.0 200 OK\r\nContent-Type: " + Poll + "\r\n\r\n"), .. Hex.Parse(body)];
        if (errorId is null)
            await OctetsAsync(answer);
        else
            Assert.Equal(errorId, (await RefusedAsync(answer)).ErrorId);
    }

    [Fact]
    public async Task Rule56_A_message_may_be_as_long_as_is_borne_and_no_longer()
    {
        byte[] message = Some.Sequence(995);
        string body = Hex.Of(new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiRep, message).ToArray());
        Assert.Equal(message, Assert.IsType<TransportReply.Octets>(await AnsweredAsync(Answer(body), s => s with { MaxResponseBytes = 1000 })).Value.ToArray());
        Assert.Equal("CmpMessage.TooLarge", (await RefusedAsync(Answer(body), s => s with { MaxResponseBytes = 999 })).ErrorId);
        Assert.Equal("CmpMessage.TooLarge", (await RefusedAsync(Answer(body), s => s with { MaxResponseBytes = 900 })).ErrorId);
    }

    [Fact]
    public async Task Rule72_An_encoded_body_is_an_error() =>
        Assert.Equal("CmpHttp.ContentEncoding", (await RefusedAsync(Answer(PkiRep, fields: "Content-Encoding: gzip\r\n"))).ErrorId);

    [Theory]
    [InlineData("500 Internal Server Error")]
    [InlineData("404 Not Found")]
    public async Task Rule55_A_message_counts_whatever_the_status_and_nothing_else_does(string status)
    {
        string errorId = "CmpHttp." + status.Substring(0, 3);
        TransportReply.Octets reply = await OctetsAsync(Answer(PkiRep, status: status));
        Assert.Equal(errorId, reply.StatusError!.ErrorId);
        Assert.Equal(errorId, (await RefusedAsync(Answer("000000040A000300", status: status))).ErrorId);
        Assert.Equal(errorId, (await RefusedAsync(Answer("0000000B0A00010000002A0000001E", status: status))).ErrorId);
        Assert.Equal(errorId, (await RefusedAsync(Answer("000000090A00053003020105", status: status))).ErrorId);
        Assert.Equal(errorId, (await RefusedAsync(Answer("000000090A0005300302010500", status: status))).ErrorId);
        // what the server says itself is more than a number
        Assert.Equal("CmpTcp.GeneralServerError", (await RefusedAsync(Answer("000000070A000603000000", status: status))).ErrorId);
    }

    [Fact]
    public async Task Rule55_A_message_with_another_2xx_draws_a_warning() =>
        Assert.Contains("201", (await OctetsAsync(Answer(PkiRep, status: "201 Created"))).Warning, StringComparison.Ordinal);

    [Theory]
    [InlineData("application/pkixcmp", "CmpMessage.Malformed")]
    [InlineData("application/x-pkixcmp", "CmpHttp.ContentType")]
    [InlineData(Poll, "CmpHttp.ContentType")]
    public async Task Rule54_In_plain_http_a_TCP_Message_needs_Lenient(string type, string errorId)
    {
        CmpException error = await RefusedAsync(Answer(PkiRep, type), Plain);
        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains("http+tcp://", error.RecommendedAction, StringComparison.Ordinal);
        foreach (string body in new[] { PkiRep, FinalMsgRep })
            Assert.Contains("TCP-Message", (await OctetsAsync(Answer(body, type), Lenient)).Warning, StringComparison.Ordinal);
        Assert.IsType<TransportReply.Nothing>(await AnsweredAsync(Answer("000000040A000300", type), Lenient));
        Assert.Equal("CmpTcp.GeneralServerError", (await RefusedAsync(Answer("000000070A000603000000", type), Lenient)).ErrorId);
    }

    /// <summary>transport-protocols-06 4.5, RFC 2510 5.4.</summary>
    [Fact]
    public async Task What_a_generation_has_itself_needs_no_leave()
    {
        HttpTransportSettings Transport06(HttpTransportSettings s) => Plain(s) with { Generation = HttpGeneration.Transport06 };
        HttpTransportSettings Rfc2510(HttpTransportSettings s) => Plain(s) with { Generation = HttpGeneration.Rfc2510 };
        Assert.Contains("TCP-Message", (await OctetsAsync(Answer(PkiRep), Transport06)).Warning, StringComparison.Ordinal);
        Assert.Null((await OctetsAsync(Answer("3003020105"), Transport06)).Warning);
        Assert.Null((await OctetsAsync(Answer("3003020105", "application/x-pkixcmp"), Rfc2510)).Warning);

        Assert.Equal("CmpHttp.ContentType", (await RefusedAsync(Answer("3003020105", "application/x-pkixcmp"), Transport06)).ErrorId);
        Assert.Equal("CmpHttp.ContentType", (await RefusedAsync(Answer("3003020105"), Rfc2510)).ErrorId);
        Assert.Equal("CmpMessage.Malformed", (await RefusedAsync(Answer(PkiRep, "application/pkixcmp"), Transport06)).ErrorId);
    }

    [Fact]
    public async Task Rule62_An_error_in_the_old_style_leads_to_the_old_style_as_long_as_it_is_understood()
    {
        await using ScriptedServer server = Answering(Answer("00000003066E6F"), Answer(FinalMsgRep), Answer("000000020300"));
        using HttpTransport transport = new(Settings(server) with { Generation = HttpGeneration.Transport05 });
        Assert.Null((await transport.OctetsAsync()).Warning);
        Assert.IsType<TransportReply.Nothing>(await transport.SendAsync(Later));
        Assert.Equal(1, server.Accepted);
        Assert.Equal(
            [("000000080A00003003020101", "application/pkixcmp"), ("00000006003003020101", Poll), ("00000006003003020102", Poll)],
            server.Requests.Select(request => (Hex.Of(request.Body), request.Fields["Content-Type"])));
    }

    [Fact]
    public async Task Rule62_A_second_error_is_one_and_the_next_message_starts_anew()
    {
        await using ScriptedServer server = Answering(Answer("00000003066E6F"), Answer("000000040662797E"), Answer(PkiRep));
        using HttpTransport transport = new(Settings(server));
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpTcp.Error", error.ErrorId);
        Assert.Contains("by~", error.Message, StringComparison.Ordinal);
        await transport.OctetsAsync();
        Assert.Equal(["000000080A00003003020101", "00000006003003020101", "000000080A00003003020101"], server.Requests.Select(request => Hex.Of(request.Body)));
    }

    [Theory]
    [InlineData("000000070A000602000000", "CmpTcp.GeneralClientError")]
    [InlineData("00000003066E6F", "CmpTcp.Error")]
    public async Task Rule62_Nobody_makes_us_speak_the_old_style_for_good(string refusal, string errorId)
    {
        await using ScriptedServer server = Answering(Answer("00000003066E6F"), Answer(FinalMsgRep), Answer(refusal), Answer(PkiRep));
        using HttpTransport transport = new(Settings(server));
        await transport.OctetsAsync();
        Assert.Equal(errorId, (await transport.FailsAsync()).ErrorId);
        await transport.OctetsAsync();
        Assert.Equal(["000000080A00003003020101", "00000006003003020101", "00000006003003020101", "000000080A00003003020101"], server.Requests.Select(request => Hex.Of(request.Body)));
    }

    [Fact]
    public async Task Rule62_Where_it_must_not_there_is_no_falling_back()
    {
        foreach (Func<HttpTransportSettings, HttpTransportSettings> change in new Func<HttpTransportSettings, HttpTransportSettings>[]
        {
            s => s with { TcpStyle = TcpMessageStyle.Version10 }, s => s with { Generation = HttpGeneration.CmpHttp00 }, Lenient,
        })
        {
            await using ScriptedServer server = Answering(Answer("00000003066E6F"), Answer(PkiRep));
            using HttpTransport transport = new(change(Settings(server)));
            Assert.Equal("CmpTcp.Error", (await transport.FailsAsync()).ErrorId);
            Assert.Single(server.Requests);
        }
    }

    [Theory]
    [InlineData("Initialization-Version10-0000002A", HttpGeneration.Transport02, "000000070A00020000002A", Poll)]
    [InlineData("Initialization-Version10-0000002A", HttpGeneration.Transport05, "000000070A00020000002A", "application/pkixcmp")]
    [InlineData("Initialization-Version10-0000002A", HttpGeneration.CmpHttp00, "000000070A00020000002A", Poll)]
    [InlineData("Initialization-Rfc2510-FFFFFFFF", HttpGeneration.Transport05, "0000000502FFFFFFFF", Poll)]
    public async Task A_ticket_is_asked_for_in_a_POST_and_in_its_own_style(string ticket, HttpGeneration generation, string body, string type)
    {
        await using ScriptedServer server = Answering(Answer("0000000B0A00010000002A00000005", type), Answer(PkiRep, type), Answer("000000040A000300", type));
        using HttpTransport transport = new(Settings(server) with { Generation = generation });
        TransportReply.NotYet next = Assert.IsType<TransportReply.NotYet>(await transport.CollectAsync(ticket, default));
        Assert.Equal("Initialization-Version10-0000002A", next.Ticket);
        Assert.Equal(Now.AddSeconds(5), next.NotBefore);
        Assert.Equal(Some.Message, Assert.IsType<TransportReply.Octets>(await transport.CollectAsync(ticket, default)).Value.ToArray());
        Assert.IsType<TransportReply.Nothing>(await transport.CollectAsync(ticket, default));
        Assert.All(server.Requests, request =>
        {
            Assert.Equal("POST /pkix/ HTTP/1.1", request.RequestLine);
            Assert.Equal(type, request.Fields["Content-Type"]);
            Assert.Equal(body, Hex.Of(request.Body));
        });
    }

    /// <summary>Version 10 forbids it (transport-protocols-05 3.5.3); RFC 2510 says nothing of it.</summary>
    [Fact]
    public async Task A_polling_reference_that_changes_is_an_error_in_version_10()
    {
        await using ScriptedServer server = Answering(Answer("0000000B0A00010000002B00000005"), Answer("00000009010000002B00000005"));
        using HttpTransport transport = new(Settings(server));
        Assert.Equal("CmpTcp.PollingReference", (await Assert.ThrowsAsync<CmpException>(() => transport.CollectAsync("Initialization-Version10-0000002A", default))).ErrorId);
        Assert.Equal("Initialization-Rfc2510-0000002B", Assert.IsType<TransportReply.NotYet>(await transport.CollectAsync("Initialization-Rfc2510-0000002A", default)).Ticket);
    }

    [Fact]
    public async Task Who_gave_a_reference_in_the_old_style_is_spoken_to_in_it()
    {
        await using ScriptedServer server = Answering(Answer(FinalMsgRep), Answer(FinalMsgRep));
        using HttpTransport transport = new(Settings(server));
        Assert.IsType<TransportReply.Octets>(await transport.CollectAsync("Initialization-Rfc2510-0000002A", default));
        await transport.OctetsAsync(Later);
        Assert.Equal(["00000005020000002A", "00000006003003020102"], server.Requests.Select(request => Hex.Of(request.Body)));
    }

    /// <summary>RFC 2510 5.2: a part of an answer, and what the next part is asked for by.</summary>
    [Fact]
    public async Task A_part_of_an_answer_has_the_ticket_of_the_next()
    {
        await using ScriptedServer server = Answering(Answer("0000000E040000002B6981740C3003020105"), Answer(FinalMsgRep));
        using HttpTransport transport = new(Settings(server) with { Generation = HttpGeneration.CmpHttp00 });
        TransportReply.Octets part = await transport.OctetsAsync();
        Assert.Equal(Some.Message, part.Value.ToArray());
        Assert.Equal(("Initialization-Rfc2510-0000002B", Now.AddSeconds(26)), (part.Next!.Ticket, part.Next.NotBefore));
        Assert.Null(Assert.IsType<TransportReply.Octets>(await transport.CollectAsync(part.Next.Ticket, default)).Next);
    }

    [Fact]
    public async Task An_answer_is_asked_for_where_its_message_went()
    {
        await using ScriptedServer server = Answering(Answer("0000000B0A00010000002A00000000"), Answer(PkiRep));
        HttpTransportSettings settings = HttpTest.Settings(new Uri("http+tcp://127.0.0.1:" + server.Port)) with { WellKnown = true };
        using HttpTransport one = new(settings), other = new(settings);
        TransportReply.NotYet later = Assert.IsType<TransportReply.NotYet>(await one.SendAsync(Later with { Operation = CmpOperation.KeyUpdate }));
        Assert.IsType<TransportReply.Octets>(await one.CollectAsync(later.Ticket, default));
        Assert.All(server.Requests, request => Assert.Equal("POST /.well-known/cmp/keyupdate HTTP/1.1", request.RequestLine));
    }

    [Fact]
    public async Task A_ticket_outlives_the_transport_that_got_it()
    {
        await using ScriptedServer server = new(
            async c =>
            {
                await c.ReceiveAsync();
                await c.SendAsync(Answer("0000000B0A00010000002A00000000", fields: "Connection: close\r\n"));
            },
            async c =>
            {
                await c.ReceiveAsync();
                await c.SendAsync(Answer(PkiRep));
            });
        string ticket;
        using (HttpTransport one = new(Settings(server)))
            ticket = Assert.IsType<TransportReply.NotYet>(await one.SendAsync()).Ticket;
        using HttpTransport other = new(Settings(server));
        Assert.IsType<TransportReply.Octets>(await other.CollectAsync(ticket, default));
        Assert.Equal("000000070A00020000002A", Hex.Of(server.Requests.Last().Body));
    }

    [Theory]
    [InlineData("0000000B0A0006020200040000002A")]
    [InlineData("0000000306676F")]
    public async Task A_reference_that_the_server_does_not_know_is_an_unknown_ticket(string body)
    {
        await using ScriptedServer server = Answering(Answer(body));
        using HttpTransport transport = new(Settings(server));
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => transport.CollectAsync("Initialization-Version10-0000002A", default));
        Assert.Equal("CmpTransport.UnknownTicket", error.ErrorId);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("000000070A000602000000", "CmpTcp.GeneralClientError")]
    [InlineData("000000070A000603000000", "CmpTcp.GeneralServerError")]
    public async Task Another_error_loses_no_ticket(string body, string errorId)
    {
        await using ScriptedServer server = Answering(Answer(body));
        using HttpTransport transport = new(Settings(server));
        Assert.Equal(errorId, (await Assert.ThrowsAsync<CmpException>(() => transport.CollectAsync("Initialization-Version10-0000002A", default))).ErrorId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000002A")]
    [InlineData("Version10-0000002A")]
    [InlineData("0-Version10-0000002A")]
    [InlineData("Initialization-Version11-0000002A")]
    [InlineData("Initialization-Version10-0000002a")]
    [InlineData("Initialization-Version10-2A")]
    [InlineData("Initialization-Version10-0000002A-")]
    [InlineData("initialization-Version10-0000002A")]
    public async Task What_this_road_did_not_give_is_no_ticket(string ticket)
    {
        using HttpTransport transport = new(HttpTest.Settings(new Uri("http+tcp://127.0.0.1:1/")));
        Assert.Equal("CmpTransport.UnknownTicket", (await Assert.ThrowsAsync<CmpException>(() => transport.CollectAsync(ticket, default))).ErrorId);
    }

    /// <summary>transport-protocols-06 4.5: what its forerunners called application/pkixcmp-poll is a TCP-Message still.</summary>
    [Fact]
    public async Task Where_plain_http_takes_TCP_Messages_it_takes_their_references()
    {
        await using ScriptedServer server = Answering(Answer("0000000B0A00010000002A00000000", Poll), Answer(PkiRep, Poll));
        using HttpTransport transport = new(Plain(Settings(server)) with { Generation = HttpGeneration.Transport06 });
        string ticket = Assert.IsType<TransportReply.NotYet>(await transport.SendAsync()).Ticket;
        Assert.IsType<TransportReply.Octets>(await transport.CollectAsync(ticket, default));
    }

    [Fact]
    public async Task Rule53_KeepAlive_Require_collects_also_what_another_process_asked_for()
    {
        await using ScriptedServer server = Answering(Answer(PkiRep), Answer("000000040A000300"));
        using HttpTransport transport = new(Settings(server) with { KeepAlive = KeepAliveMode.Require });
        Assert.IsType<TransportReply.Octets>(await transport.CollectAsync("Initialization-Version10-0000002A", default));
        Assert.IsType<TransportReply.Nothing>(await transport.SendAsync(Later));
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task In_plain_http_tickets_are_given_and_collected_with_Lenient_only()
    {
        await using ScriptedServer server = Answering(Answer("0000000B0A00010000002A00000000"), Answer(PkiRep));
        using HttpTransport lenient = new(Lenient(Settings(server))), strict = new(Plain(Settings(server)));
        string ticket = Assert.IsType<TransportReply.NotYet>(await lenient.SendAsync()).Ticket;
        Assert.Equal("CmpTransport.UnknownTicket", (await Assert.ThrowsAsync<CmpException>(() => strict.CollectAsync(ticket, default))).ErrorId);
        Assert.IsType<TransportReply.Octets>(await lenient.CollectAsync(ticket, default));
    }

    /// <summary>transport-protocols-05 4: connections are managed by HTTP, not by the flag.</summary>
    [Fact]
    public async Task Rule53_The_close_flag_closes_no_connection_and_the_field_does()
    {
        await using ScriptedServer server = new(
            async c =>
            {
                foreach (string fields in new[] { "", "Connection: close\r\n" })
                {
                    await c.ReceiveAsync();
                    await c.SendAsync(Answer("000000080A01053003020105", fields: fields));
                }
                await c.UntilClosedAsync();
            },
            async c =>
            {
                await c.ReceiveAsync();
                await c.SendAsync(Answer(PkiRep));
            });
        using HttpTransport transport = new(Settings(server));
        await transport.OctetsAsync();
        await transport.OctetsAsync(Later);
        Assert.Equal(1, server.Accepted);
        await transport.OctetsAsync(Later);
        Assert.Equal(2, server.Accepted);
        Assert.All(server.Requests, request => Assert.Equal(0, request.Body[5]));
    }

    [Theory]
    [InlineData("/a%2fb/../C//?x=%2F", "/a%2fb/../C//?x=%2F")]
    [InlineData("", "/")]
    public async Task Rule60_The_path_goes_out_as_it_was_written(string written, string sent)
    {
        await using ScriptedServer server = Answering(Answer(PkiRep));
        using HttpTransport transport = new(HttpTest.Settings(new Uri("HTTP+TCP://127.0.0.1:" + server.Port + written)));
        await transport.OctetsAsync();
        Assert.Equal("POST " + sent + " HTTP/1.1", server.Requests.Single().RequestLine);
    }

    [Theory]
    [InlineData("http+tcp:///x")]
    [InlineData("http+tcp://user@ca.example/")]
    [InlineData("http+tcp:ca.example")]
    [InlineData("http+tls://ca.example/")]
    [InlineData("tcp://ca.example/")]
    public void Rule58_What_is_no_address_for_HTTP_is_refused(string uri) =>
        Assert.Equal("CmpTransport.InvalidUri", Assert.Throws<CmpException>(() => new HttpTransport(HttpTest.Settings(new Uri(uri)))).ErrorId);

    [Theory]
    [InlineData("http+tcp://ca.example/x", "POST http://ca.example/x HTTP/1.1")]
    [InlineData("https+tcp://ca.example/x", "CONNECT ca.example:443 HTTP/1.1")]
    public async Task Rule58_A_proxy_hears_of_http_only(string uri, string requestLine)
    {
        await using ScriptedServer proxy = Answering(Answer(PkiRep, status: "403 No"));
        using HttpTransport transport = new(HttpTest.Settings(new Uri(uri)) with { Proxy = new Uri("http://127.0.0.1:" + proxy.Port), NoProxy = [] });
        if (uri.StartsWith("https", StringComparison.Ordinal))
            Assert.Equal("CmpTransport.ProxyFailed", (await transport.FailsAsync()).ErrorId);
        else
            await transport.OctetsAsync();
        Assert.Equal(requestLine, proxy.Requests.Single().RequestLine);
    }

    [Fact]
    public async Task Rule61_Half_a_message_and_silence_is_a_timeout_and_the_connection_is_closed()
    {
        TaskCompletionSource closed = new();
        byte[] answer = Answer(PkiRep);
        await using ScriptedServer server = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync(answer.AsSpan(0, answer.Length - 4).ToArray());
            await c.UntilClosedAsync();
            closed.SetResult();
        });
        using HttpTransport transport = new(Settings(server) with { ExchangeTimeout = TimeSpan.FromMilliseconds(300) });
        CmpException error = await transport.FailsAsync();
        Assert.Equal(("CmpTransport.Timeout", CmpErrorKind.Timeout), (error.ErrorId, error.Kind));
        await closed.Task.WaitAsync(Some.Time);
    }

    [Fact]
    public async Task A_message_is_cut_anywhere_and_the_connection_not_used_again()
    {
        byte[] answer = Answer(PkiRep);
        for (int cut = 1; cut < answer.Length; cut++)
        {
            int length = cut;
            await using ScriptedServer server = new(
                async c =>
                {
                    await c.ReceiveAsync();
                    await c.SendAsync(answer.AsSpan(0, length).ToArray());
                },
                async c =>
                {
                    await c.ReceiveAsync();
                    await c.SendAsync(answer);
                });
            using HttpTransport transport = new(Settings(server));
            CmpException error = await transport.FailsAsync(Later);
            Assert.StartsWith("Cmp", error.ErrorId, StringComparison.Ordinal);
            Assert.Equal(Some.Message, (await transport.OctetsAsync(Later)).Value.ToArray());
            Assert.Equal(2, server.Accepted);
        }
    }
}
