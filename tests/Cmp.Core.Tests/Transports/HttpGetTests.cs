using System;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.HttpTest;

namespace Cmp.Tests.Transports;

/// <summary>Announcements by GET: what goes out, and what is made of each answer.</summary>
public class HttpGetTests
{
    private static readonly AnnouncementTarget Crl = new AnnouncementTarget.Crl(new byte[] { 0x30, 0 });

    private static Task<TransportReply> GetAsync(HttpTransport transport) => transport.GetAsync(Crl, CancellationToken.None).WaitAsync(Some.Time);

    /// <summary>One GET at a server that receives it and answers these octets, then closes.</summary>
    private static async Task<TransportReply> AnsweredAsync(byte[] answer, Func<HttpTransportSettings, HttpTransportSettings>? change = null)
    {
        await using ScriptedServer server = new(async connection =>
        {
            await connection.ReceiveAsync();
            await connection.SendAsync(answer);
        });
        HttpTransportSettings settings = Settings(server.Uri);
        using HttpTransport transport = new(change is null ? settings : change(settings));
        return await GetAsync(transport);
    }

    private static Task<CmpException> RefusedAsync(byte[] answer, Func<HttpTransportSettings, HttpTransportSettings>? change = null) =>
        Assert.ThrowsAsync<CmpException>(() => AnsweredAsync(answer, change));

    [Fact]
    public async Task A_GET_has_no_body_and_these_fields()
    {
        await using ScriptedServer server = new(c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri));
        Assert.Equal(Some.Message, Assert.IsType<TransportReply.Octets>(await GetAsync(transport)).Value.ToArray());
        Assert.True(server.Requests.TryDequeue(out ReceivedRequest? request));
        Assert.Equal("GET /pkix/CRLAnn.PKI?issuer=3000 HTTP/1.1", request.RequestLine);
        Assert.Equal(["Cache-Control", "Host", "User-Agent"], request.Fields.Keys.Order());
        Assert.Equal("no-cache", request.Fields["Cache-Control"]);
        Assert.Empty(request.Body);
    }

    [Theory]
    [InlineData("", "/CRLAnn.PKI?issuer=3000")]
    [InlineData("/", "/CRLAnn.PKI?issuer=3000")]
    [InlineData("/pkix", "/pkix/CRLAnn.PKI?issuer=3000")]
    [InlineData("/a%2fb/../c//", "/a%2fb/../c//CRLAnn.PKI?issuer=3000")]
    [InlineData("/a#b", "/a/CRLAnn.PKI?issuer=3000")]
    public async Task Rule60_The_path_of_the_server_stays_as_it_was_written(string path, string target)
    {
        await using ScriptedServer server = new(c => c.ServeAsync());
        using HttpTransport transport = new(Settings(new Uri("http://127.0.0.1:" + server.Port + path)));
        await GetAsync(transport);
        Assert.Equal("GET " + target + " HTTP/1.1", server.Requests.Single().RequestLine);
    }

    [Fact]
    public async Task Rule60_An_empty_path_is_the_well_known_one_where_that_is_wanted()
    {
        await using ScriptedServer server = new(c => c.ServeAsync());
        using HttpTransport transport = new(Settings(new Uri("http://127.0.0.1:" + server.Port)) with { WellKnown = true, WellKnownName = "x" });
        await GetAsync(transport);
        Assert.Equal("GET /.well-known/cmp/p/x/CRLAnn.PKI?issuer=3000 HTTP/1.1", server.Requests.Single().RequestLine);
    }

    [Fact]
    public async Task An_address_with_a_query_is_refused_before_anything_is_sent()
    {
        await using ScriptedServer server = new(c => c.ServeAsync());
        using HttpTransport transport = new(Settings(new Uri("http://127.0.0.1:" + server.Port + "/pkix?ca=1")));
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => GetAsync(transport));
        Assert.Equal(("CmpTransport.InvalidUri", CmpErrorKind.Argument), (error.ErrorId, error.Kind));
        Assert.Equal(0, server.Accepted);
    }

    [Theory]
    [InlineData("404 Not Found", 404)]
    [InlineData("204 No Content", 204)]
    [InlineData("200 OK", 200)]
    public async Task Where_there_is_none_nothing_comes_and_nothing_is_wrong(string status, int number) =>
        Assert.Equal(number, Assert.IsType<TransportReply.Nothing>(await AnsweredAsync(Some.Answer([], status: status))).HttpStatus);

    [Fact]
    public async Task A_page_that_says_that_there_is_none_is_not_read() =>
        Assert.IsType<TransportReply.Nothing>(await AnsweredAsync(Some.Answer(Encoding.Latin1.GetBytes("<html>not here</html>"), status: "404 Not Found", type: "text/html")));

    [Theory]
    [InlineData("405 Method Not Allowed", "CmpHttp.405")]
    [InlineData("501 Not Implemented", "CmpHttp.501")]
    [InlineData("400 Bad Request", "CmpHttp.400")]
    [InlineData("410 Gone", "CmpHttp.410")]
    [InlineData("414 URI Too Long", "CmpHttp.414")]
    [InlineData("500 Internal Server Error", "CmpHttp.500")]
    public async Task A_server_without_GET_is_an_error_that_names_the_other_way(string status, string errorId)
    {
        CmpException error = await RefusedAsync(Some.Answer([], status: status, type: "text/plain"));
        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains("-PollBy GeneralMessage", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("401 Unauthorized")]
    [InlineData("403 Forbidden")]
    [InlineData("503 Service Unavailable")]
    public async Task Other_refusals_mean_what_they_mean_elsewhere(string status)
    {
        CmpException error = await RefusedAsync(Some.Answer([], "Retry-After: 7\r\n", status, "text/plain"));
        Assert.DoesNotContain("-PollBy", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(status.StartsWith("503", StringComparison.Ordinal) ? TimeSpan.FromSeconds(7) : null, error.RetryAfter);
    }

    [Fact]
    public async Task Rule54_A_body_of_another_type_is_none_of_CMP()
    {
        Assert.Equal("CmpHttp.ContentType", (await RefusedAsync(Some.Answer(Encoding.Latin1.GetBytes("<html>"), type: "text/html"))).ErrorId);
        Assert.Equal("CmpHttp.ContentType", (await RefusedAsync(Some.Answer(Some.Message, type: "application/octet-stream"))).ErrorId);
        Assert.NotNull(Assert.IsType<TransportReply.Octets>(await AnsweredAsync(Some.Answer(Some.Message, type: "application/x-pkixcmp"), settings => settings with { Lenient = true })).Warning);
    }

    [Fact]
    public async Task Rule56_A_body_is_read_no_further_than_it_may_be_long()
    {
        Assert.Equal("CmpMessage.TooLarge", (await RefusedAsync(Some.Answer(Some.Sequence(200_000)), settings => settings with { MaxResponseBytes = 1000 })).ErrorId);
        Assert.Equal("CmpMessage.Malformed", (await RefusedAsync(Some.Answer([.. Some.Message, 0]))).ErrorId);
    }

    [Fact]
    public async Task Rule72_An_encoded_body_is_refused() =>
        Assert.Equal("CmpHttp.ContentEncoding", (await RefusedAsync(Some.Answer(Some.Message, "Content-Encoding: gzip\r\n"))).ErrorId);

    [Theory]
    [InlineData("000000080A00053003020105")]
    [InlineData("00000006053003020105")]
    public async Task A_TCP_Message_around_it_is_seen_from_its_octets(string framed)
    {
        byte[] answer = Some.Answer(Convert.FromHexString(framed), type: "application/pkixcmp-poll");
        TransportReply.Octets reply = Assert.IsType<TransportReply.Octets>(await AnsweredAsync(answer, settings => settings with { Uri = new Uri("http+tcp" + settings.Uri.OriginalString.Substring(4)) }));
        Assert.Equal(Some.Message, reply.Value.ToArray());
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_followed_only_where_that_is_allowed(int status)
    {
        byte[] redirect = Some.Answer([], "Location: /other?issuer=3001\r\n", status + " Elsewhere");
        Assert.Equal("CmpHttp." + status, (await RefusedAsync(redirect)).ErrorId);

        await using ScriptedServer server = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync(redirect);
            await c.ServeAsync();
        }, c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri) with { AllowRedirect = true });
        Assert.IsType<TransportReply.Octets>(await GetAsync(transport));
        Assert.Equal(["GET /pkix/CRLAnn.PKI?issuer=3000 HTTP/1.1", "GET /other?issuer=3001 HTTP/1.1"], server.Requests.Select(request => request.RequestLine));
    }

    [Fact]
    public async Task Rule53_A_kept_connection_that_was_closed_in_silence_is_replaced()
    {
        await using ScriptedServer server = new(async c =>
        {
            await c.ServeAsync();
            await c.ReceiveAsync();
        }, c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri));
        await GetAsync(transport);
        Assert.IsType<TransportReply.Octets>(await GetAsync(transport));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_waited_for_no_longer_than_an_exchange_may_take()
    {
        await using ScriptedServer server = new(async c =>
        {
            await c.ReceiveAsync();
            await c.UntilClosedAsync();
        });
        using HttpTransport transport = new(Settings(server.Uri) with { ExchangeTimeout = TimeSpan.FromMilliseconds(200) });
        Assert.Equal("CmpTransport.Timeout", (await Assert.ThrowsAsync<CmpException>(() => GetAsync(transport))).ErrorId);
    }

    [Fact]
    public void A_polling_reference_becomes_a_ticket_of_the_road()
    {
        var reference = new PollingReference(42);
        using HttpTransport version10 = new(Settings(new Uri("http+tcp://127.0.0.1/"))), old = new(Settings(new Uri("http+tcp://127.0.0.1/")) with { TcpStyle = TcpMessageStyle.Rfc2510 });
        Assert.Equal(["Announcement-Version10-0000002A", "Announcement-Rfc2510-0000002A"], new[] { version10.TicketOf(reference), old.TicketOf(reference) });
        using TcpTransport tcp = new(TcpTest.Settings(new Uri("tcp://127.0.0.1"))), oldTcp = new(TcpTest.Settings(new Uri("tcp://127.0.0.1")) with { Style = TcpMessageStyle.Rfc2510 });
        Assert.Equal(["Version10-0000002A", "Rfc2510-0000002A"], new[] { tcp.TicketOf(reference), oldTcp.TicketOf(reference) });
    }
}
