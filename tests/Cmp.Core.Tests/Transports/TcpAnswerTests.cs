using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Fuzz;
using Cmp.Messages.Asn1;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.TcpTest;

namespace Cmp.Tests.Transports;

/// <summary>Octets of anybody in place of TCP-Messages, thousands of them: each ends in an answer or in the one exception.</summary>
public class TcpAnswerTests
{
    private const int Max = 1 << 16;

    private static readonly IReadOnlyList<byte[]> Seeds =
    [
        .. new[]
        {
            Asked, AskedOld, PkiRep, FinalMsgRep, FinRep, NegPollRep, ErrorOld, "0000000B0A00010000002A0000001E", "00000009010000002A65000000", "000000070A00020000002A",
            "00000005020000002A", "0000000E0400000007000000093003020105", "0000000A0A0006010100010A6E6F", "0000000B0A0006020200040000002A", "000000090A0006FFFF00006E6F",
        }.Select(Hex.Parse),
    ];

    [Fact]
    public void Rule64_Whatever_comes_is_an_answer_or_one_error()
    {
        Mutator mutator = new(Seeds, seed: 62);
        TcpTicket?[] tickets = [null, new TcpTicket(TcpMessageStyle.Version10, new PollingReference(42)), new TcpTicket(TcpMessageStyle.Rfc2510, new PollingReference(42))];
        int answers = 0, errors = 0;
        for (int i = 0; i < 50_000; i++)
        {
            byte[] octets = mutator.Next();
            if (i % 2 == 0 && octets.Length is >= 4 and < 256)
            {
                // else hardly one would come past its length
                octets[0] = octets[1] = octets[2] = 0;
                octets[3] = (byte)(octets.Length - 4);
            }
            try
            {
                TcpMessage message = TcpMessage.Decode(octets, Max);
                if (TcpAnswer.Read(message, tickets[i % 3], "server", Max, Now) is TransportReply.NotYet later)
                    Assert.InRange(later.NotBefore, Now.AddSeconds(1), Now.AddDays(1));
                answers++;
            }
            catch (CmpException e)
            {
                Assert.True(e.ErrorId.StartsWith("CmpTcp.", StringComparison.Ordinal) || e.ErrorId is "CmpMessage.Malformed" or "CmpMessage.TooLarge" or "CmpTransport.UnknownTicket", e.ErrorId);
                Assert.DoesNotContain(e.Message, char.IsControl);
                errors++;
            }
        }
        Assert.True(answers > 1000 && errors > 1000, $"{answers} {errors}");
    }

    [Fact]
    public async Task Rule64_Whatever_is_asked_is_answered_in_its_style()
    {
        Mutator mutator = new(Seeds, seed: 2510);
        TcpMessageResponder responder = new(
            (request, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(request.Octets)),
            (reference, _) => throw new CmpException(CmpErrorKind.Argument, "CmpTransport.UnknownTicket", reference),
            Max,
            failed: e => Assert.Fail(e.ToString()),
            refused: null,
            () => Now);
        int answers = 0;
        for (int i = 0; i < 50_000; i++)
        {
            byte[] octets = mutator.Next();
            if (octets.Length is >= 4 and < 256)
            {
                octets[0] = octets[1] = octets[2] = 0;
                octets[3] = (byte)(octets.Length - 4);
            }
            TcpMessage asked;
            try
            {
                asked = TcpMessage.Decode(octets, Max);
            }
            catch (CmpException)
            {
                continue;
            }
            TcpMessage answer = TcpMessage.Decode((await responder.AnswerAsync(asked, new TransportRequest(default, CmpOperation.General, First: false, Last: false), default)).ToArray(), Max + 1000);
            Assert.Equal(asked.Style, answer.Style);
            Assert.True(answer.Type is TcpMessageType.PkiRep or TcpMessageType.ErrorMsgRep);
            answers++;
        }
        Assert.True(answers > 1000, $"{answers}");
    }
}
