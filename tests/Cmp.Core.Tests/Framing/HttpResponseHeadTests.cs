using System;
using System.Text;
using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class HttpResponseHeadTests
{
    private static readonly DateTimeOffset Now = new(2026, 2, 3, 4, 5, 6, TimeSpan.FromHours(2));

    private static string Write(int status, int length, bool keepAlive, int minorVersion, string type = CmpMediaType.Pkixcmp, int? retryAfter = null)
    {
        byte[] octets = new byte[HttpResponseHead.MaxBytes];
        return Encoding.ASCII.GetString(octets, 0, HttpResponseHead.Write(octets, status, length, type, keepAlive, minorVersion, Now, retryAfter));
    }

    [Fact]
    public void A_message_has_type_length_and_date() => Assert.Equal(
        "HTTP/1.1 200 OK\r\nDate: Tue, 03 Feb 2026 02:05:06 GMT\r\nContent-Type: application/pkixcmp\r\nCache-Control: no-cache\r\nContent-Length: 1234567890\r\n\r\n",
        Write(200, 1234567890, keepAlive: true, minorVersion: 1));

    [Theory]
    [InlineData(CmpMediaType.XPkixcmp)]
    [InlineData(CmpMediaType.PkixcmpPoll)]
    [InlineData(CmpMediaType.XPkixcmpPoll)]
    public void A_message_is_called_as_it_was_asked_for(string type) =>
        Assert.Contains("\r\nContent-Type: " + type + "\r\n", Write(200, 5, keepAlive: true, minorVersion: 1, type), StringComparison.Ordinal);

    [Fact]
    public void An_older_client_is_told_twice_that_an_answer_is_not_to_be_kept()
    {
        Assert.Contains("\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n", Write(200, 5, keepAlive: true, minorVersion: 0), StringComparison.Ordinal);
        Assert.DoesNotContain("Pragma", Write(200, 0, keepAlive: true, minorVersion: 0), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_has_a_length_of_0_and_no_type() => Assert.Equal(
        "HTTP/1.1 201 Created\r\nDate: Tue, 03 Feb 2026 02:05:06 GMT\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", Write(201, 0, keepAlive: false, minorVersion: 1));

    [Fact]
    public void Status_204_has_no_length() => Assert.DoesNotContain("Content-Length", Write(204, 0, keepAlive: true, minorVersion: 1), StringComparison.Ordinal);

    [Fact]
    public void An_older_client_is_told_that_the_connection_is_kept() => Assert.Contains("\r\nConnection: keep-alive\r\n", Write(200, 5, keepAlive: true, minorVersion: 0), StringComparison.Ordinal);

    [Fact]
    public void Status_405_names_the_method_that_is_allowed() => Assert.Contains("\r\nAllow: POST\r\n", Write(405, 0, keepAlive: false, minorVersion: 1), StringComparison.Ordinal);

    [Fact]
    public void Who_is_busy_says_for_how_long() => Assert.Equal(
        "HTTP/1.1 503 Service Unavailable\r\nDate: Tue, 03 Feb 2026 02:05:06 GMT\r\nContent-Length: 0\r\nRetry-After: 20\r\n\r\n", Write(503, 0, keepAlive: true, minorVersion: 1, retryAfter: 20));

    [Fact]
    public void Who_does_not_know_for_how_long_says_nothing() => Assert.DoesNotContain("Retry-After", Write(503, 0, keepAlive: true, minorVersion: 1), StringComparison.Ordinal);

    [Fact]
    public void Every_status_fits()
    {
        for (int status = 200; status < 600; status++)
            Assert.EndsWith("\r\n\r\n", Write(status, int.MaxValue, keepAlive: false, minorVersion: 0, CmpMediaType.XPkixcmpPoll, int.MaxValue), StringComparison.Ordinal);
    }
}
