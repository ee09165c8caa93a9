using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Messages.Asn1;

public sealed class PemTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(47)]
    [InlineData(48)]
    [InlineData(49)]
    [InlineData(1000)]
    public void Writes_as_DotNet_does_and_reads_it_back(int length)
    {
        byte[] octets = RandomNumberGenerator.GetBytes(length);
        byte[] pem = Pem.Write("SOME THING", octets);
        if (length > 0)
            Assert.Equal(PemEncoding.WriteString("SOME THING", octets) + "\n", Encoding.ASCII.GetString(pem));
        Assert.True(Pem.IsPem(pem));
        PemBlock block = Assert.Single(Pem.Read(pem));
        Assert.Equal("SOME THING", block.Label);
        Assert.Equal(octets, block.Octets);
        Assert.False(block.HasHeaders);
    }

    [Fact]
    public void Reads_several_blocks_with_text_around_them_and_any_line_ends()
    {
        const string Text = "Bag Attributes\r\n  friendlyName: x\r\n-----BEGIN A-----\r\nAQID\r\n-----END A-----\r\nmore\n-----BEGIN B-----BAUG-----END B-----";
        foreach (byte[] octets in new[] { Encoding.UTF8.GetBytes(Text), [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Text)], [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Text)] })
        {
            IReadOnlyList<PemBlock> blocks = Pem.Read(octets);
            Assert.Equal(["A", "B"], blocks.Select(block => block.Label));
            Assert.Equal([1, 2, 3], blocks[0].Octets);
            Assert.Equal([4, 5, 6], blocks[1].Octets);
        }
    }

    [Fact]
    public void Sees_the_headers_of_an_old_encrypted_key()
    {
        PemBlock block = Assert.Single(Pem.Read(Encoding.ASCII.GetBytes("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011\n\nAQID\n-----END RSA PRIVATE KEY-----\n")));
        Assert.True(block.HasHeaders);
        Assert.Equal([1, 2, 3], block.Octets);
    }

    [Theory]
    [InlineData("-----BEGIN A")]
    [InlineData("-----BEGIN A-----\nAQID\n")]
    [InlineData("-----BEGIN A-----\nAQID\n-----END B-----\n")]
    [InlineData("-----BEGIN A-----\nAQID\n-----BEGIN A-----\n-----END A-----\n")]
    [InlineData("-----BEGIN A-----\n!\n-----END A-----\n")]
    public void Refuses_a_block_that_is_damaged(string text) => Assert.Throws<FormatException>(() => Pem.Read(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void DER_is_no_PEM() => Assert.False(Pem.IsPem([0x30, 0x82, 0x01, 0x00]));
}
