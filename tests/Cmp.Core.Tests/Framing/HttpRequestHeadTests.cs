using System;
using System.Text;
using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class HttpRequestHeadTests
{
    private static int Parse(string text, out HttpRequestHead? head) => HttpRequestHead.Parse(Encoding.GetEncoding("iso-8859-1").GetBytes(text), out head);

    [Fact]
    public void A_request_is_read()
    {
        string text = "POST /p/x?y=%2f HTTP/1.1\r\nHost: a\r\nContent-type:\tApplication/PkixCmp \r\ncontent-LENGTH: 12\r\nX-Other: äöü\r\n\r\n";
        Assert.Equal(0, Parse(text, out HttpRequestHead? head));
        Assert.Equal("POST", head!.Method);
        Assert.Equal("/p/x?y=%2f", head.Target);
        Assert.Equal(1, head.MinorVersion);
        Assert.Equal("application/pkixcmp", head.ContentType);
        Assert.Equal(12, head.ContentLength);
        Assert.True(head.KeepAlive);
        Assert.False(head.HasTransferEncoding);
        Assert.False(head.ExpectsContinue);
        Assert.Equal(text.Length, HttpRequestHead.FindEnd(Encoding.GetEncoding("iso-8859-1").GetBytes(text + "body")));
    }

    [Theory]
    [InlineData("HTTP/1.1", "", true)]
    [InlineData("HTTP/1.1", "Connection: close\r\n", false)]
    [InlineData("HTTP/1.1", "Connection: TE, Close\r\n", false)]
    [InlineData("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n", false)]
    [InlineData("HTTP/1.0", "", false)]
    [InlineData("HTTP/1.0", "Connection: Keep-Alive\r\n", true)]
    [InlineData("HTTP/1.0", "Connection: keep-alive, close\r\n", false)]
    public void Whether_the_connection_is_kept_follows_from_version_and_field(string version, string field, bool kept)
    {
        Assert.Equal(0, Parse("POST / " + version + "\r\nHost: a\r\n" + field + "\r\n", out HttpRequestHead? head));
        Assert.Equal(kept, head!.KeepAlive);
    }

    [Theory]
    [InlineData("http://a.example:80/p/q", "/p/q")]
    [InlineData("HTTPS://a.example/", "/")]
    [InlineData("http://a.example", "/")]
    [InlineData("*", "*")]
    public void The_absolute_form_is_accepted(string target, string path)
    {
        Assert.Equal(0, Parse("OPTIONS " + target + " HTTP/1.1\r\nHost: a\r\n\r\n", out HttpRequestHead? head));
        Assert.Equal(path, head!.Target);
    }

    [Theory]
    [InlineData("POST /\r\nHost: a\r\n\r\n")]
    [InlineData("POST  HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData(" POST / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST / / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("P(ST / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST / HTTP/11\r\nHost: a\r\n\r\n")]
    [InlineData("POST / http/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST x HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST http:///b HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST /\u0001 HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST /ä HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost : a\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\n folded: x\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\rb\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nContent-Type: a/b\r\n\r\n")]
    [InlineData("\r\n\r\n")]
    [InlineData("")]
    public void A_malformed_request_is_refused(string text)
    {
        Assert.Equal(400, Parse(text, out HttpRequestHead? head));
        Assert.Null(head);
    }

    [Theory]
    [InlineData("POST / HTTP/2.0\r\nHost: a\r\n\r\n", 505)]
    [InlineData("POST / HTTP/0.9\r\nHost: a\r\n\r\n", 505)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nExpect: a-miracle\r\n\r\n", 417)]
    public void What_is_understood_and_not_wanted_has_a_status_of_its_own(string text, int status) => Assert.Equal(status, Parse(text, out _));

    [Fact]
    public void Fields_are_bounded_in_number()
    {
        StringBuilder text = new("POST / HTTP/1.0\r\n");
        for (int i = 0; i < 100; i++)
            text.Append("X: y\r\n");
        Assert.Equal(0, Parse(text + "\r\n", out _));
        Assert.Equal(400, Parse(text + "X: y\r\n\r\n", out _));
    }

    [Fact]
    public void Rule64_No_octets_make_the_reader_throw()
    {
        byte[] seed = Encoding.ASCII.GetBytes("POST http://h/p HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nConnection: close, x\r\nExpect: 100-continue\r\n\r\n");
        Random random = new(52);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] octets = (byte[])seed.Clone();
            for (int n = random.Next(1, 6); n > 0; n--)
                octets[random.Next(octets.Length)] = (byte)random.Next(256);
            int status = HttpRequestHead.Parse(octets.AsSpan(0, random.Next(octets.Length + 1)), out HttpRequestHead? head);
            Assert.Equal(status == 0, head is not null);
        }
    }
}
