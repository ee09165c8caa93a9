using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class HttpChunksTests
{
    [Theory]
    [InlineData("3\r\nabc\r\n0\r\n\r\nrest", "abc", "rest")]
    [InlineData("0003 ;x=y;z\r\nabc\r\nA\r\n0123456789\r\n0;end\r\nTrailer: 1\r\nOther: 2\r\n\r\nrest", "abc0123456789", "rest")]
    [InlineData("3\nabc\n0\n\nrest", "abc", "rest")]
    [InlineData("0\r\n\r\n", "", "")]
    public void Data_comes_out_and_what_follows_stays(string text, string data, string rest)
    {
        byte[] octets = Encoding.ASCII.GetBytes(text);
        for (int size = 1; size <= octets.Length; size++)
        {
            HttpChunks chunks = default;
            List<byte> read = [];
            int place = 0;
            while (!chunks.IsComplete)
            {
                ReadOnlySpan<byte> piece = octets.AsSpan(place, Math.Min(size, octets.Length - place));
                int before = piece.Length;
                read.AddRange(chunks.Read(ref piece).ToArray());
                Assert.False(chunks.IsBroken);
                Assert.True(before > piece.Length);
                place += before - piece.Length;
            }
            Assert.Equal(data, Encoding.ASCII.GetString(read.ToArray()));
            Assert.Equal(rest, Encoding.ASCII.GetString(octets, place, octets.Length - place));
        }
    }

    [Theory]
    [InlineData("x\r\n")]
    [InlineData("\r\n")]
    [InlineData(";a\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("0000000000000003\r\n")]
    [InlineData("FFFFFFFFFFFFFFFF\r\n")]
    [InlineData("3\r\nabcd\r\n")]
    [InlineData("3\r\nabc3\r\n")]
    public void What_is_no_chunk_is_broken(string text)
    {
        HttpChunks chunks = default;
        ReadOnlySpan<byte> octets = Encoding.ASCII.GetBytes(text);
        while (!octets.IsEmpty && !chunks.IsBroken)
            chunks.Read(ref octets);
        Assert.True(chunks.IsBroken);
        Assert.False(chunks.IsComplete);
    }

    [Theory]
    [InlineData("1;")]
    [InlineData("0\r\nX")]
    public void Neither_extensions_nor_trailers_go_on_for_ever(string text)
    {
        HttpChunks chunks = default;
        ReadOnlySpan<byte> octets = Encoding.ASCII.GetBytes(text);
        chunks.Read(ref octets);
        int passed = 0;
        for (; !chunks.IsBroken; passed += 100)
        {
            octets = Encoding.ASCII.GetBytes(new string('x', 100));
            chunks.Read(ref octets);
        }
        Assert.InRange(passed, 60_000, 70_000);
    }

    [Fact]
    public void Data_that_did_not_come_is_passed_over()
    {
        HttpChunks chunks = default;
        ReadOnlySpan<byte> octets = Encoding.ASCII.GetBytes("A\r\n01");
        Assert.True(chunks.Read(ref octets).Length == 2);
        Assert.Equal(8, chunks.Promised);
        chunks.Skip(8);
        Assert.Equal(0, chunks.Promised);
        octets = Encoding.ASCII.GetBytes("\r\n0\r\n\r\n");
        Assert.True(chunks.Read(ref octets).IsEmpty);
        Assert.True(chunks.IsComplete);
    }

    /// <summary>What stands between the data is bounded each time, not in all.</summary>
    [Fact]
    public void There_may_be_very_many_chunks()
    {
        HttpChunks chunks = default;
        ReadOnlySpan<byte> octets = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("1\r\nx\r\n", 40_000)) + "0\r\n\r\nnext");
        int data = 0;
        while (!chunks.IsComplete && !chunks.IsBroken)
            data += chunks.Read(ref octets).Length;
        Assert.Equal((40_000, true), (data, chunks.IsComplete));
        Assert.Equal(4, octets.Length);
    }
}
