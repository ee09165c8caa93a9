using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>Wireshark's dissector reads the datagrams that we write.</summary>
public class TsharkCoapTests
{
    [SkippableFact]
    public void Wireshark_reads_our_options_and_blocks()
    {
        CoapMessage post = new()
        {
            Type = CoapType.Confirmable,
            Code = CoapCode.Post,
            MessageId = 0x7D34,
            Token = Hex.Parse("0123456789ABCDEF"),
            Options =
            [
                .. CoapPath.ToOptions("/.well-known/cmp/p/Test%20CA/ir"),
                CoapOption.Of(CoapOptionNumber.ContentFormat, CoapContentFormat.Pkixcmp),
                CoapOption.Of(CoapOptionNumber.Accept, CoapContentFormat.Pkixcmp),
                new CoapBlock(70_000, HasMore: true, Exponent: 5).ToOption(CoapOptionNumber.Block1),
                CoapOption.Of(CoapOptionNumber.Size1, 40_000_000),
                CoapOption.Of(CoapOptionNumber.UriHost, "ca.example"),
            ],
            Payload = new byte[512],
        };
        CoapMessage answer = new()
        {
            Type = CoapType.Acknowledgement,
            Code = CoapCode.Changed,
            MessageId = 0x7D34,
            Token = Hex.Parse("0123456789ABCDEF"),
            Options =
            [
                CoapOption.Of(CoapOptionNumber.ContentFormat, CoapContentFormat.Pkixcmp),
                new CoapBlock(2, HasMore: false, Exponent: 6).ToOption(CoapOptionNumber.Block2),
                new CoapOption(CoapOptionNumber.ETag, Hex.Parse("CAFE")),
                CoapOption.Of(CoapOptionNumber.Observe, 66051),
                CoapOption.Of(CoapOptionNumber.MaxAge, 90),
            ],
            Payload = Hex.Parse("3003020101"),
        };
        CoapMessage proxied = new() { Type = CoapType.NonConfirmable, Code = CoapCode.Get, Options = [CoapOption.Of(CoapOptionNumber.ProxyUri, "http://a/" + new string('b', 300))] };
        IReadOnlyList<string[]> lines = Read(
            [post.Encode(), answer.Encode(), CoapMessage.ResetOf(0x1234).Encode(), proxied.Encode()],
            "coap.type", "coap.code", "coap.mid", "coap.token", "coap.opt.uri_path", "coap.opt.ctype", "coap.opt.accept", "coap.opt.block_number", "coap.opt.block_mflag", "coap.opt.block_size", "coap.opt.uri_host", "coap.opt.max_age", "coap.opt.observe", "coap.opt.etag", "coap.opt.proxy_uri");
        Assert.Equal(["0", "2", "32052", "0123456789abcdef", ".well-known,cmp,p,Test CA,ir", "259", "259", "70000", "1", "5", "ca.example", "", "", "", ""], lines[0]);
        Assert.Equal(["2", "68", "32052", "0123456789abcdef", "", "259", "", "2", "0", "6", "", "90", "66051", "cafe", ""], lines[1]);
        Assert.Equal(["3", "0", "4660"], lines[2].Take(3));
        Assert.Equal("http://a/" + new string('b', 300), lines[3][^1]);
    }

    /// <summary>Our client and our server talk, and lose a datagram on the way: a repetition is known as one, and the blocks are the message.</summary>
    [SkippableTheory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(6)]
    public void Wireshark_puts_together_what_our_client_posts(int exponent)
    {
        byte[] message = Some.Sequence(2500);
        CoapNet net = new(new OwnPeer(new CoapListenerSettings(), request => new TransportReply.Octets(request.Octets))) { Fate = (number, _) => number == 3 ? [] : [CoapNet.Latency] };
        Assert.Equal(message, net.Response(CoapNet.Post(message, exponent)).Body.ToArray());
        byte[][] posted = [.. net.Sent.Where(d => d.ToServer).Select(d => d.Octets).Where(octets => CoapMessage.Decode(octets, out CoapMessage? m) is null && m!.Has(CoapOptionNumber.Block1))];
        int blocks = (message.Length + (16 << exponent) - 1) / (16 << exponent);
        // one of them was sent twice
        Assert.Equal(blocks + 1, posted.Length);
        Assert.Equal(message, Reassemble([.. posted.GroupBy(octets => Hex.Of(octets.AsSpan(2, 2))).Select(copies => copies.First())]));
        IReadOnlyList<string[]> lines = Read(posted, "coap.retransmitted", "coap.opt.uri_path", "coap.opt.ctype", "coap.opt.accept", "coap.opt.size1");
        Assert.Single(lines, line => line[0].Length > 0);
        Assert.All(lines, line => Assert.Equal([".well-known,cmp,ir", "259", "259"], line.Skip(1).Take(3)));
    }

    /// <summary>What Wireshark reads of datagrams to the port of CoAP; none of them is malformed to it.</summary>
    /// <param name="datagrams">The datagrams.</param>
    /// <param name="fields">Its names for what is asked.</param>
    /// <returns>The values of the fields, a row a datagram, several values separated by commas.</returns>
    internal static IReadOnlyList<string[]> Read(IReadOnlyList<byte[]> datagrams, params string[] fields)
    {
        using var folder = new TestFolder();
        List<string> arguments = ["-r", Capture(folder, datagrams), "-n", "-T", "fields", "-E", "separator=|", "-E", "occurrence=a", "-e", "_ws.malformed", "-e", "_ws.expert.message"];
        foreach (string field in fields)
            arguments.AddRange(["-e", field]);
        ProgramResult read = Programs.Run(Programs.Find("tshark")!, arguments);
        Assert.True(read.ExitCode == 0, read.Error);
        string[][] rows = [.. read.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r').Split('|'))];
        Assert.Equal(datagrams.Count, rows.Length);
        Assert.All(rows, row => Assert.Equal("", row[0]));
        // which format 259 is, not every version knows
        return [.. rows.Select(row => row[2..].Select(value => value is "Unknown Type 259" or "application/pkixcmp" ? "259" : value).ToArray())];
    }

    /// <summary>What Wireshark puts together of blocks.</summary>
    /// <param name="datagrams">The datagrams of one body, in their order.</param>
    /// <returns>The octets of the body.</returns>
    internal static byte[] Reassemble(IReadOnlyList<byte[]> datagrams)
    {
        using var folder = new TestFolder();
        ProgramResult read = Programs.Run(Programs.Find("tshark")!, ["-r", Capture(folder, datagrams), "-n", "-x"]);
        Assert.True(read.ExitCode == 0, read.Error);
        string[] lines = read.Text.Split('\n');
        int head = Array.FindIndex(lines, line => line.StartsWith("Reassembled CoAP blocks", StringComparison.Ordinal));
        Assert.True(head >= 0, "Wireshark did not put the blocks together");
        // an offset, 16 octets, and what they look like
        return [.. lines.Skip(head + 1).TakeWhile(line => line.Length > 6).SelectMany(line => line.Substring(6, Math.Min(48, line.Length - 6)).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(octet => byte.Parse(octet, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))];
    }

    private static string Capture(TestFolder folder, IReadOnlyList<byte[]> datagrams)
    {
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        Skip.If(Programs.Find("text2pcap") is null, "text2pcap is not installed");
        StringBuilder dump = new();
        foreach (byte[] datagram in datagrams)
            dump.Append("000000 ").Append(string.Join(" ", datagram.Select(octet => octet.ToString("x2", CultureInfo.InvariantCulture)))).Append('\n');
        string capture = folder.PathOf("datagrams.pcap");
        ProgramResult made = Programs.Run(Programs.Find("text2pcap")!, ["-q", "-u", "40000,5683", folder.Write("datagrams.txt", dump.ToString()), capture]);
        Assert.True(made.ExitCode == 0, made.Error);
        return capture;
    }
}
