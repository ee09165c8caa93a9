using System;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.HttpTest;

namespace Cmp.Tests.Transports;

/// <summary>What is sent, and what is made of each answer.</summary>
public class HttpTransportTests
{
    private static byte[] Raw(string text, params byte[] body) => [.. Encoding.Latin1.GetBytes(text), .. body];

    [Fact]
    public async Task Rule52_A_message_is_a_POST_of_known_length_with_these_fields_and_no_others()
    {
        await using ScriptedServer server = new(c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri));
        // a session that traces must not leak into the request
        using Activity activity = new Activity("test").Start();
        await transport.OctetsAsync();

        Assert.True(server.Requests.TryDequeue(out ReceivedRequest? request));
        Assert.Equal("POST /pkix/ HTTP/1.1", request.RequestLine);
        Assert.Equal(["Cache-Control", "Content-Length", "Content-Type", "Host", "User-Agent"], request.Fields.Keys.Order());
        Assert.Equal("application/pkixcmp", request.Fields["Content-Type"]);
        Assert.Equal("5", request.Fields["Content-Length"]);
        Assert.Equal("127.0.0.1:" + server.Port, request.Fields["Host"]);
        Assert.Matches("^Cmp/[0-9]+[.][0-9]+[.][0-9]+$", request.Fields["User-Agent"]);
        Assert.Equal(First.Octets.ToArray(), request.Body);
    }

    [Fact]
    public async Task Rule52_A_large_message_is_neither_chunked_nor_announced()
    {
        byte[] message = Some.Sequence(300_000);
        await using ScriptedServer server = new(c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri));
        await transport.OctetsAsync(First with { Octets = message });
        Assert.True(server.Requests.TryDequeue(out ReceivedRequest? request));
        Assert.Equal(message, request.Body);
        Assert.DoesNotContain("Expect", request.Fields.Keys);
        Assert.DoesNotContain("Transfer-Encoding", request.Fields.Keys);
    }

    [Theory]
    [InlineData("1.0", "POST /pkix/ HTTP/1.0")]
    [InlineData("1.1", "POST /pkix/ HTTP/1.1")]
    public async Task Rule52_HTTP_1_0_servers_work(string version, string requestLine)
    {
        await using ScriptedServer server = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync(Raw("HTTP/1.0 200 OK\r\nContent-Type: application/pkixcmp\r\nContent-Length: 5\r\n\r\n", Some.Message));
        });
        using HttpTransport transport = new(Settings(server.Uri) with { HttpVersion = Version.Parse(version) });
        Assert.Equal(Some.Message, (await transport.OctetsAsync()).Value.ToArray());
        Assert.Equal(requestLine, server.Requests.Single().RequestLine);
    }

    [Fact]
    public async Task A_slice_of_a_buffer_is_sent_as_it_is()
    {
        await using ScriptedServer server = new(c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri));
        await transport.OctetsAsync(First with { Octets = new byte[] { 9, 9, 0x30, 1, 7, 9 }.AsMemory(2, 3) });
        Assert.Equal([0x30, 1, 7], server.Requests.Single().Body);
    }

    [Fact]
    public async Task An_answer_brings_its_octets_status_and_time()
    {
        TransportReply.Octets reply = Assert.IsType<TransportReply.Octets>(await AnsweredAsync(Some.Answer(Some.Message, "Date: Tue, 03 Feb 2026 02:05:06 GMT\r\n")));
        Assert.Equal(Some.Message, reply.Value.ToArray());
        Assert.Equal(200, reply.HttpStatus);
        Assert.Equal(new DateTimeOffset(2026, 2, 3, 2, 5, 6, TimeSpan.Zero), reply.ServerTime);
        Assert.Null(reply.Warning);
        Assert.Null(reply.StatusError);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Date: yesterday\r\n")]
    public async Task A_missing_or_odd_Date_is_no_time(string field) =>
        Assert.Null(Assert.IsType<TransportReply.Octets>(await AnsweredAsync(Some.Answer(Some.Message, field))).ServerTime);

    [Theory]
    [InlineData("application/pkixcmp")]
    [InlineData("Application/PKIXcmp; charset=\"x\"")]
    public async Task Rule54_Case_and_parameters_of_the_media_type_do_not_matter(string type) =>
        Assert.Null(Assert.IsType<TransportReply.Octets>(await AnsweredAsync(Some.Answer(Some.Message, type: type))).Warning);

    [Theory]
    [InlineData("application/x-pkixcmp")]
    [InlineData("application/pkixcmp-poll")]
    [InlineData("application/x-pkixcmp-poll")]
    public async Task Rule54_Legacy_media_types_need_Lenient(string type)
    {
        CmpException error = await RefusedAsync(Some.Answer(Some.Message, type: type));
        Assert.Equal("CmpHttp.ContentType", error.ErrorId);
        Assert.Equal(CmpErrorKind.Protocol, error.Kind);
        Assert.Contains("-Lenient", error.RecommendedAction, StringComparison.Ordinal);

        TransportReply.Octets reply = Assert.IsType<TransportReply.Octets>(await AnsweredAsync(Some.Answer(Some.Message, type: type), s => s with { Lenient = true }));
        Assert.Contains(type, reply.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rule54_A_missing_media_type_needs_Lenient()
    {
        byte[] answer = Raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Some.Message);
        Assert.Equal("CmpHttp.ContentType", (await RefusedAsync(answer)).ErrorId);
        Assert.NotNull(Assert.IsType<TransportReply.Octets>(await AnsweredAsync(answer, s => s with { Lenient = true })).Warning);
    }

    [Fact]
    public async Task Rule54_A_web_page_shows_its_first_lines_escaped()
    {
        CmpException error = await RefusedAsync(Some.Answer(Encoding.UTF8.GetBytes("\n<html>\n  <title>Login \u001b[31m</title>\r\n\u202eevil"), type: "text/html; charset=utf-8"), s => s with { Lenient = true });
        Assert.Equal("CmpHttp.ContentType", error.ErrorId);
        Assert.Equal(200, error.HttpStatus);
        Assert.Contains("<html> / <title>Login \\u{001B}[31m</title> / \\u{202E}evil", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', error.Message);
        Assert.NotNull(error.RecommendedAction);
    }

    [Fact]
    public async Task Rule54_Two_media_types_are_none()
    {
        byte[] answer = Some.Answer(Some.Message, "Content-Type: text/html\r\n");
        Assert.Equal("CmpHttp.ContentType", (await RefusedAsync(answer, s => s with { Lenient = true })).ErrorId);
    }

    [Theory]
    [InlineData("400 Bad Request", 400)]
    [InlineData("404 Not Found", 404)]
    [InlineData("500 Internal Server Error", 500)]
    [InlineData("503 Service Unavailable", 503)]
    public async Task Rule55_A_CMP_body_of_an_error_status_is_handed_on_with_what_to_throw_if_it_is_none(string status, int number)
    {
        TransportReply.Octets reply = Assert.IsType<TransportReply.Octets>(await AnsweredAsync(Some.Answer(Some.Message, status: status)));
        Assert.Equal(Some.Message, reply.Value.ToArray());
        Assert.Equal(number, reply.HttpStatus);
        Assert.Equal("CmpHttp." + number, reply.StatusError!.ErrorId);
        Assert.Equal(number, reply.StatusError.HttpStatus);
    }

    [Theory]
    [InlineData("201 Created", 201)]
    [InlineData("203 Non-Authoritative Information", 203)]
    public async Task Rule55_A_CMP_body_of_another_success_has_a_warning(string status, int number)
    {
        TransportReply.Octets reply = Assert.IsType<TransportReply.Octets>(await AnsweredAsync(Some.Answer(Some.Message, status: status)));
        Assert.Equal(number, reply.HttpStatus);
        Assert.Contains(status.Substring(0, 3), reply.Warning, StringComparison.Ordinal);
        Assert.Null(reply.StatusError);
    }

    [Theory]
    [InlineData("404 Not Found", "text/html", "<h1>nothing here</h1>", "CmpHttp.404")]
    [InlineData("403 Forbidden", "text/plain", "nothing here", "CmpHttp.403")]
    [InlineData("500 Oops", "application/json", "{\"nothing here\":1}", "CmpHttp.500")]
    [InlineData("429 Too Many Requests", "application/problem+json", "nothing here", "CmpHttp.429")]
    public async Task Rule55_Without_a_CMP_body_the_status_is_the_error(string status, string type, string body, string errorId)
    {
        CmpException error = await RefusedAsync(Some.Answer(Encoding.ASCII.GetBytes(body), "Date: Tue, 03 Feb 2026 02:05:06 GMT\r\n", status, type));
        Assert.Equal(errorId, error.ErrorId);
        Assert.Equal(CmpErrorKind.Protocol, error.Kind);
        Assert.Equal(errorId, "CmpHttp." + error.HttpStatus);
        Assert.Contains("nothing here", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.ServerTime);
    }

    [Theory]
    [InlineData("404 Not Found")]
    [InlineData("500 Oops")]
    public async Task Rule55_An_empty_body_of_an_error_status_is_that_error(string status)
    {
        Assert.Equal("CmpHttp." + status.Substring(0, 3), (await RefusedAsync(Some.Answer([], status: status))).ErrorId);
        Assert.Equal("CmpHttp." + status.Substring(0, 3), (await RefusedAsync(Raw("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n"))).ErrorId);
    }

    [Fact]
    public async Task Rule55_A_body_that_only_claims_to_be_CMP_leaves_the_status_the_error()
    {
        CmpException error = await RefusedAsync(Some.Answer("<html>"u8.ToArray(), status: "502 Bad Gateway"));
        Assert.Equal("CmpHttp.502", error.ErrorId);
        Assert.Equal("CmpMessage.Malformed", Assert.IsType<CmpException>(error.InnerException).ErrorId);
    }

    [Theory]
    [InlineData("503 Busy", "Retry-After: 120\r\n", 120)]
    [InlineData("429 Too Many Requests", "Retry-After: 120\r\n", 120)]
    [InlineData("503 Busy", "retry-after:  7 \r\n", 7)]
    [InlineData("503 Busy", "Retry-After: 0\r\n", 0)]
    [InlineData("503 Busy", "Retry-After: 99999999999999999999\r\n", int.MaxValue)]
    [InlineData("503 Busy", "Retry-After: Tue, 03 Feb 2026 02:06:06 GMT\r\n", 60)]
    [InlineData("503 Busy", "Retry-After: Tuesday, 03-Feb-26 02:06:06 GMT\r\n", 60)]
    [InlineData("503 Busy", "Retry-After: Tue Feb  3 02:06:06 2026\r\n", 60)]
    [InlineData("503 Busy", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", 251632216493)]
    [InlineData("503 Busy", "Retry-After: Tue, 03 Feb 2026 02:05:05 GMT\r\n", 0)]
    [InlineData("503 Busy", "", 0)]
    [InlineData("503 Busy", "Retry-After: \r\n", 0)]
    [InlineData("503 Busy", "Retry-After: soon\r\n", 0)]
    [InlineData("503 Busy", "Retry-After: -5\r\n", 0)]
    [InlineData("503 Busy", "Retry-After: 1.5\r\n", 0)]
    [InlineData("503 Busy", "Retry-After: 5\r\nRetry-After: 6\r\n", 0)]
    [InlineData("500 Oops", "Retry-After: 120\r\n", null)]
    [InlineData("404 Not Found", "", null)]
    public async Task Rule55_A_busy_server_says_how_long_it_is_to_be_left_alone(string status, string field, object? seconds)
    {
        CmpException error = await RefusedAsync(Some.Answer([], "Date: Tue, 03 Feb 2026 02:05:06 GMT\r\n" + field, status));
        Assert.Equal(seconds is null ? null : Convert.ToInt64(seconds, System.Globalization.CultureInfo.InvariantCulture), (long?)error.RetryAfter?.TotalSeconds);
        Assert.Equal(error.RetryAfter > TimeSpan.Zero, error.Message.Contains("left alone for " + seconds + " s", StringComparison.Ordinal));
        // also where its body claims to be a message
        TransportReply.Octets reply = Assert.IsType<TransportReply.Octets>(await AnsweredAsync(Some.Answer(Some.Message, "Date: Tue, 03 Feb 2026 02:05:06 GMT\r\n" + field, status)));
        Assert.Equal(error.RetryAfter, reply.StatusError!.RetryAfter);
    }

    [Fact]
    public async Task Rule55_A_date_of_a_server_that_does_not_tell_its_time_is_by_our_clock()
    {
        string tomorrow = DateTimeOffset.UtcNow.AddDays(1).ToString("r", System.Globalization.CultureInfo.InvariantCulture);
        CmpException error = await RefusedAsync(Some.Answer([], "Retry-After: " + tomorrow + "\r\n", "503 Busy"));
        Assert.InRange(error.RetryAfter!.Value, TimeSpan.FromHours(23), TimeSpan.FromHours(25));
    }

    [Fact]
    public async Task Rule70_The_words_of_a_status_line_are_escaped()
    {
        CmpException error = await RefusedAsync(Some.Answer([], status: "500 \u001b[31mred\u009b"));
        Assert.DoesNotContain(error.Message, c => char.IsControl(c));
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Rule55_A_redirect_is_not_followed_but_named(int status)
    {
        CmpException error = await RefusedAsync(Raw("HTTP/1.1 " + status + " Elsewhere\r\nLocation: http://elsewhere.example/\u001b[0m\r\nContent-Length: 0\r\n\r\n"));
        Assert.Equal("CmpHttp." + status, error.ErrorId);
        Assert.Contains("http://elsewhere.example/", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(error.Message, c => char.IsControl(c));
        Assert.Contains("-AllowRedirect", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rule55_An_allowed_redirect_repeats_the_message_at_its_target()
    {
        await using ScriptedServer target = new(c => c.ServeAsync());
        await using ScriptedServer server = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync("HTTP/1.1 307 Elsewhere\r\nLocation: /other/%2f\r\nContent-Length: 0\r\n\r\n");
            await c.ReceiveAsync();
            await c.SendAsync("HTTP/1.1 302 Elsewhere\r\nLocation: http://127.0.0.1:" + target.Port + "/a/../b\r\nContent-Length: 0\r\n\r\n");
        });
        using HttpTransport transport = new(Settings(server.Uri) with { AllowRedirect = true });
        Assert.Equal(Some.Message, (await transport.OctetsAsync()).Value.ToArray());
        Assert.Equal("POST /other/%2f HTTP/1.1", server.Requests.Last().RequestLine);
        Assert.Equal("POST /a/../b HTTP/1.1", target.Requests.Single().RequestLine);
        Assert.Equal(First.Octets.ToArray(), target.Requests.Single().Body);
    }

    [Theory]
    [InlineData(303, "/x")]
    [InlineData(304, "/x")]
    [InlineData(302, "")]
    [InlineData(302, "file:///etc/passwd")]
    [InlineData(302, "http://user@127.0.0.1/")]
    [InlineData(302, "http://127.0.0.1/a\rX: y")]
    [InlineData(302, "http://127.0.0.1/a\u0001")]
    [InlineData(302, "http:///a")]
    [InlineData(302, "http://127.0.0.1/\u00e4")]
    public async Task Rule55_An_allowed_redirect_leads_to_a_POST_over_HTTP_or_nowhere(int status, string location)
    {
        byte[] answer = Raw("HTTP/1.1 " + status + " Elsewhere\r\n" + (location.Length == 0 ? "" : "Location: " + location + "\r\n") + "Content-Length: 0\r\n\r\n");
        Assert.Equal("CmpHttp." + status, (await RefusedAsync(answer, s => s with { AllowRedirect = true })).ErrorId);
    }

    [Fact]
    public async Task Rule58_A_line_end_in_a_target_stays_what_it_was_written_as()
    {
        await using ScriptedServer server = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync("HTTP/1.1 307 Elsewhere\r\nLocation: /a%0d%0aX:%20y\r\nContent-Length: 0\r\n\r\n");
            await c.ServeAsync();
        });
        using HttpTransport transport = new(Settings(server.Uri) with { AllowRedirect = true });
        await transport.OctetsAsync();
        Assert.Equal("POST /a%0d%0aX:%20y HTTP/1.1", server.Requests.Last().RequestLine);
        Assert.DoesNotContain("X", server.Requests.Last().Fields.Keys);
    }

    [Fact]
    public async Task Rule55_Redirects_end()
    {
        await using ScriptedServer server = new(async c =>
        {
            while (true)
            {
                await c.ReceiveAsync();
                await c.SendAsync("HTTP/1.1 308 Again\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
            }
        });
        using HttpTransport transport = new(Settings(server.Uri) with { AllowRedirect = true });
        Assert.Equal("CmpHttp.308", (await transport.FailsAsync()).ErrorId);
        Assert.Equal(6, server.Requests.Count);
    }

    [Fact]
    public async Task Rule55_An_interim_answer_is_passed_over() =>
        Assert.IsType<TransportReply.Octets>(await AnsweredAsync([.. Encoding.ASCII.GetBytes("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"), .. Some.Answer(Some.Message)]));

    [Theory]
    [InlineData("30030201050000")]
    [InlineData("300302010530")]
    public async Task Rule56_Trailing_octets_are_refused(string body)
    {
        CmpException error = await RefusedAsync(Some.Answer(Convert.FromHexString(body)));
        Assert.Equal("CmpMessage.Malformed", error.ErrorId);
        Assert.Equal(CmpErrorKind.Malformed, error.Kind);
        Assert.False(error.Octets.IsEmpty);
    }

    [Theory]
    [InlineData("3080020105000000")]
    [InlineData("30")]
    [InlineData("3004020105")]
    [InlineData("3085000000000100")]
    [InlineData("0203010001")]
    public async Task Rule56_A_body_that_is_not_one_value_is_refused(string body) =>
        Assert.Equal("CmpMessage.Malformed", (await RefusedAsync(Some.Answer(Convert.FromHexString(body)))).ErrorId);

    [Fact]
    public async Task Rule56_The_largest_allowed_answer_comes_and_one_octet_more_does_not()
    {
        byte[] answer = Some.Answer(Some.Sequence(99_995));
        Assert.Equal(100_000, Assert.IsType<TransportReply.Octets>(await AnsweredAsync(answer, s => s with { MaxResponseBytes = 100_000 })).Value.Length);
        Assert.Equal("CmpMessage.TooLarge", (await RefusedAsync(answer, s => s with { MaxResponseBytes = 99_999 })).ErrorId);
    }

    [Theory]
    [InlineData("Content-Length: 2147483648\r\n")]
    [InlineData("Content-Length: 4611686018427387904\r\n")]
    public async Task Rule56_A_claim_of_2_GB_is_refused_before_the_body(string field) =>
        Assert.Equal("CmpMessage.TooLarge", (await RefusedAsync(Raw("HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\n" + field + "\r\n", Some.Message))).ErrorId);

    [Theory]
    [InlineData("Content-Length: 99999999999999999999\r\n")]
    [InlineData("Content-Length: -5\r\n")]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n")]
    public async Task Rule56_A_length_that_is_no_number_or_two_is_refused(string field) => Assert.Equal("CmpHttp.InvalidResponse",
        (await RefusedAsync(Raw("HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\n" + field + "\r\n", Some.Message))).ErrorId);

    [Fact]
    public async Task Rule56_A_message_that_claims_2_GB_takes_no_memory()
    {
        byte[] answer = Raw("HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nConnection: close\r\n\r\n", 0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xF0, 1, 2, 3);
        long before = GC.GetTotalAllocatedBytes();
        Assert.Equal("CmpMessage.Malformed", (await RefusedAsync(answer, s => s with { MaxResponseBytes = int.MaxValue })).ErrorId);
        Assert.True(GC.GetTotalAllocatedBytes() - before < 500_000_000);
        Assert.Equal("CmpMessage.TooLarge", (await RefusedAsync(answer)).ErrorId);
    }

    [Fact]
    public async Task Rule56_Content_Length_and_the_length_of_the_message_agree()
    {
        CmpException error = await RefusedAsync(Raw("HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nContent-Length: 4\r\n\r\n", Some.Message));
        Assert.Equal("CmpMessage.Malformed", error.ErrorId);
    }

    [Fact]
    public async Task Rule56_A_chunked_answer_is_read_and_bounded()
    {
        static byte[] Chunked(params byte[][] chunks)
        {
            byte[] answer = Raw("HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nTransfer-Encoding: chunked\r\n\r\n");
            foreach (byte[] chunk in chunks)
                answer = [.. answer, .. Encoding.ASCII.GetBytes(chunk.Length.ToString("x", System.Globalization.CultureInfo.InvariantCulture) + "\r\n"), .. chunk, 13, 10];
            return [.. answer, .. "0\r\n\r\n"u8];
        }

        TransportReply.Octets reply = Assert.IsType<TransportReply.Octets>(await AnsweredAsync(Chunked([0x30], [3, 2], [1, 5])));
        Assert.Equal(Some.Message, reply.Value.ToArray());
        byte[] large = Some.Sequence(200_000);
        Assert.Equal(large, Assert.IsType<TransportReply.Octets>(await AnsweredAsync(Chunked(large.AsSpan(0, 100_000).ToArray(), large.AsSpan(100_000).ToArray()))).Value.ToArray());
        Assert.Equal("CmpMessage.TooLarge", (await RefusedAsync(Chunked(large), s => s with { MaxResponseBytes = 200_000 })).ErrorId);
        Assert.Equal("CmpMessage.Malformed", (await RefusedAsync(Chunked(Some.Message, [0]))).ErrorId);
        Assert.Equal("CmpMessage.Malformed", (await RefusedAsync(Chunked([0x30, 3, 2]))).ErrorId);
    }

    [Fact]
    public async Task Rule56_An_answer_without_a_length_ends_with_the_connection()
    {
        const string Head = "HTTP/1.0 200 OK\r\nContent-Type: application/pkixcmp\r\n\r\n";
        byte[] large = Some.Sequence(70_000);
        Assert.Equal(large, Assert.IsType<TransportReply.Octets>(await AnsweredAsync(Raw(Head, large))).Value.ToArray());
        Assert.Equal("CmpMessage.Malformed", (await RefusedAsync(Raw(Head, [.. large, 0]))).ErrorId);
        Assert.Equal("CmpMessage.Malformed", (await RefusedAsync(Raw(Head, large.AsSpan(0, 69_999).ToArray()))).ErrorId);
        Assert.Equal("CmpMessage.TooLarge", (await RefusedAsync(Raw(Head, large), s => s with { MaxResponseBytes = 1000 })).ErrorId);
    }

    [Theory]
    [InlineData("200 OK", 200)]
    [InlineData("201 Created", 201)]
    [InlineData("202 Accepted", 202)]
    public async Task Rule57_An_empty_success_is_nothing(string status, int number)
    {
        Assert.Equal(number, Assert.IsType<TransportReply.Nothing>(await AnsweredAsync(Raw("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n"))).HttpStatus);
        Assert.Equal(number, Assert.IsType<TransportReply.Nothing>(await AnsweredAsync(Some.Answer([], status: status))).HttpStatus);
        Assert.Equal(number, Assert.IsType<TransportReply.Nothing>(await AnsweredAsync(Raw("HTTP/1.0 " + status + "\r\nContent-Type: text/html\r\n\r\n"))).HttpStatus);
    }

    [Fact]
    public async Task Rule57_Status_204_is_nothing() =>
        Assert.Equal(204, Assert.IsType<TransportReply.Nothing>(await AnsweredAsync(Raw("HTTP/1.1 204 No Content\r\n\r\n"))).HttpStatus);

    [Theory]
    [InlineData("203 Odd")]
    [InlineData("205 Reset Content")]
    [InlineData("206 Partial Content")]
    public async Task Rule57_Another_empty_success_is_an_error(string status) =>
        Assert.Equal("CmpHttp." + status.Substring(0, 3), (await RefusedAsync(Raw("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n"))).ErrorId);

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate, br")]
    public async Task Rule72_An_encoded_answer_is_refused(string encoding) =>
        Assert.Equal("CmpHttp.ContentEncoding", (await RefusedAsync(Some.Answer(Some.Message, "Content-Encoding: " + encoding + "\r\n"))).ErrorId);

    [Fact]
    public async Task Rule72_Identity_is_no_encoding() =>
        Assert.IsType<TransportReply.Octets>(await AnsweredAsync(Some.Answer(Some.Message, "Content-Encoding: identity\r\n")));

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("HTTP/1.1 200\u0001OK\u001b[31m\r\n\r\n")]
    [InlineData("HTTP/1.1 abc OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    [InlineData("\r\n\r\n\r\n")]
    public async Task Rule64_What_is_not_HTTP_is_an_error_that_shows_it_escaped(string answer)
    {
        CmpException error = await RefusedAsync(Raw(answer));
        Assert.Equal("CmpHttp.InvalidResponse", error.ErrorId);
        Assert.DoesNotContain(error.Message, c => char.IsControl(c));
        Assert.NotNull(error.RecommendedAction);
    }

    [Fact]
    public async Task Rule64_A_huge_header_is_refused()
    {
        CmpException error = await RefusedAsync(Raw("HTTP/1.1 200 OK\r\nX: " + new string('x', 100_000) + "\r\n\r\n"));
        Assert.Equal("CmpHttp.HeadersTooLarge", error.ErrorId);
        StringBuilder many = new();
        for (int i = 0; i < 10_000; i++)
            many.Append("X-").Append(i).Append(": y\r\n");
        Assert.Equal("CmpHttp.HeadersTooLarge", (await RefusedAsync(Raw("HTTP/1.1 200 OK\r\n" + many + "\r\n"))).ErrorId);
    }

    [Fact]
    public async Task A_page_that_stalls_does_not_hide_its_status()
    {
        await using ScriptedServer server = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<b>gone");
            await c.UntilClosedAsync();
        });
        using HttpTransport transport = new(Settings(server.Uri));
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpHttp.404", error.ErrorId);
        Assert.Contains("<b>gone", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HTTP_has_no_tickets()
    {
        using HttpTransport transport = new(Settings(new Uri("http://127.0.0.1:1/")));
        Assert.Equal("CmpTransport.UnknownTicket", (await Assert.ThrowsAsync<CmpException>(() => transport.CollectAsync("1", default))).ErrorId);
    }

    [Theory]
    [InlineData("0.9")]
    [InlineData("1.2")]
    [InlineData("1.1.1")]
    [InlineData("2.1")]
    [InlineData("3.0")]
    public void A_version_of_HTTP_that_we_do_not_speak_is_refused_at_once(string version)
    {
        CmpException error = Assert.Throws<CmpException>(() => new HttpTransport(Settings(new Uri("http://a/")) with { HttpVersion = Version.Parse(version) }));
        Assert.Equal(("CmpTransport.InvalidSetting", CmpErrorKind.Argument), (error.ErrorId, error.Kind));
        Assert.Contains("HTTP " + version, error.Message, StringComparison.Ordinal);
        Assert.Contains("1.0, 1.1 or", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Rule53_HTTP_2_has_no_connection_for_each_message()
    {
        CmpException error = Assert.Throws<CmpException>(() => new HttpTransport(Settings(new Uri("https://a/")) with { HttpVersion = new Version(2, 0), KeepAlive = KeepAliveMode.No }));
        Assert.Equal("CmpTransport.InvalidSetting", error.ErrorId);
        Assert.Contains("-KeepAlive", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HTTP_2_without_TLS_is_an_error_at_a_server_that_does_not_expect_it()
    {
        await using CmpHttpListener listener = CmpHttpListener.Start(new HttpListenerSettings(), (_, _) => throw new InvalidOperationException("Nobody was to be asked."));
        using HttpTransport transport = new(Settings(listener.Uri) with { HttpVersion = new Version(2, 0) });
        CmpException error = await transport.FailsAsync();
        Assert.Contains(error.ErrorId, new[] { "CmpHttp.InvalidResponse", "CmpTransport.ConnectionClosed" });
        Assert.Contains("-HttpVersion 1.1", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_show_nothing_but_the_address() =>
        Assert.Equal("http://a/b", (Settings(new Uri("http://a/b")) with { ProxyCredential = new NetworkCredential("u", "secret") }).ToString());
}
