using System;
using System.IO;
using System.IO.Compression;
using System.Text;
using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class HttpCodingTests
{
    private static readonly byte[] Body = Encoding.ASCII.GetBytes("the body, the body, the body");

    [Fact]
    public void Codings_are_taken_off_in_the_reverse_order()
    {
        Assert.Null(HttpCoding.Decode("GZIP", Gzip(Body), 1000, out ReadOnlyMemory<byte> body));
        Assert.Equal(Body, body.ToArray());
        Assert.Null(HttpCoding.Decode("deflate , x-gzip, identity", Gzip(Deflate(Body)), 1000, out body));
        Assert.Equal(Body, body.ToArray());
        Assert.Null(HttpCoding.Decode("deflate", Zlib(Body), 1000, out body));
        Assert.Equal(Body, body.ToArray());
        Assert.Null(HttpCoding.Decode("identity", Body, 1000, out body));
        Assert.Equal(Body, body.ToArray());
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("Identity", true)]
    [InlineData("gzip", false)]
    [InlineData("identity, gzip", false)]
    public void None_is_none(string codings, bool isNone) => Assert.Equal(isNone, HttpCoding.IsNone(Encoding.ASCII.GetBytes(codings)));

    [Fact]
    public void Rule72_no_more_comes_out_than_is_borne()
    {
        Assert.Null(HttpCoding.Decode("gzip", Gzip(Body), Body.Length, out _));
        Assert.Contains("longer than the 27 octets", HttpCoding.Decode("gzip", Gzip(Body), Body.Length - 1, out ReadOnlyMemory<byte> body), StringComparison.Ordinal);
        Assert.True(body.IsEmpty);
    }

    [Fact]
    public void What_cannot_be_taken_off_is_named()
    {
        Assert.Contains("as b\\u{000A}r,", HttpCoding.Decode("b\nr", Body, 1000, out _), StringComparison.Ordinal);
        Assert.Contains("more than 3 times", HttpCoding.Decode("gzip,gzip,gzip,gzip", Body, 1000, out _), StringComparison.Ordinal);
        Assert.Contains("no gzip", HttpCoding.Decode("gzip", Body, 1000, out _), StringComparison.Ordinal);
        Assert.Contains("no deflate", HttpCoding.Decode("deflate", new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, 1000, out _), StringComparison.Ordinal);
    }

    private static byte[] Gzip(byte[] octets)
    {
        using var output = new MemoryStream();
        using (var encoder = new GZipStream(output, CompressionMode.Compress, leaveOpen: true))
            encoder.Write(octets, 0, octets.Length);
        return output.ToArray();
    }

    private static byte[] Deflate(byte[] octets)
    {
        using var output = new MemoryStream();
        using (var encoder = new DeflateStream(output, CompressionMode.Compress, leaveOpen: true))
            encoder.Write(octets, 0, octets.Length);
        return output.ToArray();
    }

    /// <summary>RFC 1950: two octets before it, and a checksum behind it, at which nobody looks here.</summary>
    private static byte[] Zlib(byte[] octets) => [0x78, 0x9C, .. Deflate(octets), 0, 0, 0, 0];
}
