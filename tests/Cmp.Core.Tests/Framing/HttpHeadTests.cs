using System;
using System.Text;
using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class HttpHeadTests
{
    [Fact]
    public void A_request_is_read()
    {
        string text = "POST http://a.example/p?q HTTP/1.1\r\nHost: a\r\nContent-TYPE : \tApplication/x\r\nContent-Length: 12\r\nContent-Encoding: gzip\r\n\r\n";
        Assert.True(HttpHead.TryRead(Octets(text), isRequest: true, out HttpHead head));
        Assert.Equal("POST", Text(head.Method));
        Assert.Equal("http://a.example/p?q", Text(head.Target));
        Assert.Equal("Application/x", Text(head.ContentType));
        Assert.Equal("gzip", Text(head.ContentEncoding));
        Assert.Equal(12, head.ContentLength);
        Assert.Equal((0, false, false), (head.Status, head.IsChunked, head.HasBadLength));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", 200, "OK")]
    [InlineData("HTTP/1.0 404 Not Found\n\n", 404, "Not Found")]
    [InlineData("HTTP/1.1 503\r\n\r\n", 503, "")]
    [InlineData("HTTP/1.1 503 \r\n\r\n", 503, "")]
    public void A_response_is_read(string text, int status, string reason)
    {
        Assert.True(HttpHead.TryRead(Octets(text), isRequest: false, out HttpHead head));
        Assert.Equal((status, reason), (head.Status, Text(head.Reason)));
        Assert.Null(head.ContentLength);
    }

    [Theory]
    [InlineData("POST / HTTP/2.0\r\n\r\n", true)]
    [InlineData("POST /\r\n\r\n", true)]
    [InlineData("POST / a HTTP/1.1\r\n\r\n", true)]
    [InlineData("P(ST / HTTP/1.1\r\n\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", true)]
    [InlineData("HTTP/2 200 OK\r\n\r\n", false)]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n", false)]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n", false)]
    [InlineData("HTTP/1.1 099 OK\r\n\r\n", false)]
    [InlineData("ICY 200 OK\r\n\r\n", false)]
    public void Another_first_line_is_none(string text, bool isRequest)
    {
        Assert.False(HttpHead.TryRead(Octets(text), isRequest, out _));
        Assert.False(HttpHead.IsFirstLine(Octets(text), isRequest));
    }

    [Theory]
    [InlineData("chunked", true, "")]
    [InlineData("gzip, Chunked", true, "gzip")]
    [InlineData("gzip", false, "gzip")]
    public void The_last_coding_of_the_transfer_tells_whether_there_are_chunks(string value, bool isChunked, string others)
    {
        Assert.True(HttpHead.TryRead(Octets($"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: {value}\r\n\r\n"), isRequest: false, out HttpHead head));
        Assert.Equal((isChunked, others), (head.IsChunked, Text(head.TransferCoding)));
        Assert.Null(head.ContentLength);
    }

    [Theory]
    [InlineData("Content-Length: 3, 3\r\n", 3L, false)]
    [InlineData("Content-Length: 3\r\nContent-Length: 3\r\n", 3L, false)]
    [InlineData("Content-Length: 3, 4\r\n", 0L, true)]
    [InlineData("Content-Length: 3\r\nContent-Length: 4\r\n", 3L, true)]
    [InlineData("Content-Length: -3\r\n", 0L, true)]
    [InlineData("Content-Length: 9999999999999999999\r\n", 0L, true)]
    public void A_length_must_be_one(string fields, long length, bool isBad)
    {
        Assert.True(HttpHead.TryRead(Octets("HTTP/1.1 200 OK\r\n" + fields + "\r\n"), isRequest: false, out HttpHead head));
        Assert.Equal((length, isBad), (head.ContentLength, head.HasBadLength));
    }

    [Theory]
    [InlineData("a\r\nb: c\r\n\r\nbody", 11)]
    [InlineData("a\nb: c\n\nbody", 8)]
    [InlineData("a\r\nb: c\n\r\nbody", 10)]
    [InlineData("a\r\nb\r\n", -1)]
    [InlineData("a\r\n\rb\n", -1)]
    public void The_end_is_found_however_much_comes_at_a_time(string text, int end)
    {
        byte[] octets = Octets(text);
        int seen = 0;
        Assert.Equal(end, HttpHead.FindEnd(octets, ref seen));
        seen = 0;
        for (int length = 0; length <= octets.Length; length++)
        {
            int found = HttpHead.FindEnd(octets.AsSpan(0, length), ref seen);
            Assert.Equal(end >= 0 && length >= end ? end : -1, found);
            Assert.InRange(seen, 0, length);
            if (found >= 0)
                return;
        }
    }

    [Theory]
    [InlineData("GET /", true)]
    [InlineData("POST http", true)]
    [InlineData("CONNECT a:1", true)]
    [InlineData("POST ", null)]
    [InlineData("PO", null)]
    [InlineData("P", null)]
    [InlineData("", null)]
    [InlineData("POX", false)]
    [InlineData("GETS", false)]
    [InlineData("GET  /", false)]
    [InlineData("GET \r\n", false)]
    [InlineData("get /", false)]
    [InlineData("HTTP/1.1", false)]
    public void A_request_is_known_by_its_beginning(string text, bool? begins) => Assert.Equal(begins, HttpHead.BeginsRequest(Octets(text)));

    [Theory]
    [InlineData("HTTP/1.1 200", true)]
    [InlineData("HTTP/1.0 404 Not", true)]
    [InlineData("HTTP/1.1 20", null)]
    [InlineData("H", null)]
    [InlineData("", null)]
    [InlineData("HTTP/2", false)]
    [InlineData("HTTP/1.1 2x", false)]
    [InlineData("HELO", false)]
    public void A_response_is_known_by_its_beginning(string text, bool? begins) => Assert.Equal(begins, HttpHead.BeginsResponse(Octets(text)));

    private static byte[] Octets(string text) => Encoding.ASCII.GetBytes(text);

    private static string Text(ReadOnlySpan<byte> octets) => Encoding.ASCII.GetString(octets.ToArray());
}
