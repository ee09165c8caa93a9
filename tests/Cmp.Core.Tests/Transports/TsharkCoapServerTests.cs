using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Tests.Messages;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>Wireshark puts together what our server takes and gives in blocks (it knows no CMP in CoAP, but every option and block).</summary>
public class TsharkCoapServerTests
{
    [SkippableTheory]
    [InlineData(16)]
    [InlineData(64)]
    [InlineData(256)]
    public void Wireshark_puts_the_message_together_that_the_server_took_and_the_one_that_it_gave(int size)
    {
        byte[] request = Message(PkiBodyType.Ir), reply = Message(PkiBodyType.Ip);
        CoapDesk desk = new(handler: _ => new TransportReply.Octets(reply));
        List<CoapMessage> asked = [], answered = [];
        for (int number = 0; number * size < request.Length; number++)
            Exchange(desk.Block(request, number, size, CoapOption.Of(CoapOptionNumber.Accept, 259)));
        CoapMessage first = answered[^1];
        CoapDesk.Fetch(first, block => Exchange(desk.Post(default, block)));
        Assert.Equal(request, Assert.Single(desk.Heard).Octets.ToArray());

        // up: a block a message, the whole with the last; then the questions for the rest
        IReadOnlyList<string[]> up = Read(asked.Where(message => message.Has(CoapOptionNumber.Block1)));
        int blocks = (request.Length + size - 1) / size;
        Assert.Equal(blocks, up.Count);
        for (int i = 0; i < blocks; i++)
            Assert.Equal(["0", "2", ".well-known,cmp,ir", "259", Number(i), i == blocks - 1 ? "0" : "1", Number(CoapBlock.ExponentOf(size)), i == blocks - 1 ? Number(request.Length) : ""], up[i].Take(8));
        Assert.Equal(request, TsharkCoapTests.Reassemble(Datagrams(asked.Where(message => message.Has(CoapOptionNumber.Block1)))));

        // down: 2.31 for each block but the last, whose answer begins the reply and acknowledges it in one (RFC 7959 3.3)
        Assert.All(answered.Take(blocks - 1), answer => Assert.Equal(CoapCode.Continue, answer.Code));
        // of two block options in one message, and of Size2, which Wireshark takes for a block size, the fields would have two values
        CoapMessage[] pages = [.. answered.Skip(blocks - 1).Select(answer => answer with { Options = [.. answer.Options.Where(option => option.Number is not (CoapOptionNumber.Block1 or CoapOptionNumber.Size2))] })];
        IReadOnlyList<string[]> down = Read(pages);
        Assert.Equal((reply.Length + size - 1) / size, pages.Length);
        for (int i = 0; i < pages.Length; i++)
            Assert.Equal(["2", "68", "", "259", Number(i), i == pages.Length - 1 ? "0" : "1", Number(CoapBlock.ExponentOf(size)), i == pages.Length - 1 ? Number(reply.Length) : ""], down[i].Take(8));
        Assert.Equal(reply, TsharkCoapTests.Reassemble(Datagrams(pages)));
        Assert.Single(down.Select(row => row[8]).Distinct());

        CoapMessage Exchange(CoapMessage message)
        {
            CoapMessage answer = desk.Ask(message);
            asked.Add(message);
            answered.Add(answer);
            return answer;
        }
    }

    [SkippableFact]
    public void Wireshark_reads_what_the_server_says_besides()
    {
        CoapDesk desk = new(new CoapListenerSettings { MaxRequestBytes = 1000, MaxRequests = 1 });
        List<CoapMessage> said =
        [
            desk.Ask(desk.Block(CoapDesk.Octets(100), 0, 64)),
            desk.Ask(desk.Post(new byte[1001])),
            desk.Ask(desk.Get("/.well-known/cmp/ann", CoapOption.Of(CoapOptionNumber.Observe, 0))),
            .. desk.Announce(Some.Message, out _),
            desk.Ask(desk.Get("/.well-known/core")),
        ];
        IReadOnlyList<string[]> rows = TsharkCoapTests.Read([.. said.Select(message => message.Encode())], "coap.code", "coap.opt.block_number", "coap.opt.block_mflag", "coap.opt.size1", "coap.opt.observe", "coap.opt.max_age", "coap.opt.ctype", "coap.payload_length");
        Assert.Equal(["95", "0", "1", "", "", "", "", ""], rows[0]);
        Assert.Equal(["141", "", "", "1000", "", "", "", ""], rows[1]);
        Assert.Equal("69", rows[2][0]);
        Assert.Equal(["86400", "259"], rows[2].Skip(5).Take(2));
        Assert.Equal("5", rows[3][7]);
        Assert.True(int.Parse(rows[3][4], CultureInfo.InvariantCulture) > int.Parse(rows[2][4], CultureInfo.InvariantCulture));
        Assert.Equal("application/link-format", rows[4][6]);
    }

    private static byte[] Message(PkiBodyType type) => Samples.AllMessages.First(message => message.Body.Type == type).Encoded.ToArray();

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static byte[][] Datagrams(IEnumerable<CoapMessage> messages) => [.. messages.Select(message => message.Encode())];

    private static IReadOnlyList<string[]> Read(IEnumerable<CoapMessage> messages) => TsharkCoapTests.Read(
        Datagrams(messages),
        "coap.type", "coap.code", "coap.opt.uri_path", "coap.opt.ctype", "coap.opt.block_number", "coap.opt.block_mflag", "coap.opt.block_size", "coap.block.reassembled.length", "coap.opt.etag");
}
