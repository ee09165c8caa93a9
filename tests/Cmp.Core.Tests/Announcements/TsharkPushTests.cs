using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Tests.Transports;
using Xunit;
using static Cmp.Tests.Announcements.PushScene;

namespace Cmp.Tests.Announcements;

/// <summary>What goes over the wire when something is pushed, as Wireshark names it.</summary>
public sealed class TsharkPushTests : IDisposable
{
    private readonly Folder _folder = new();

    /// <summary>One of each kind; Wireshark knows the form of key updates from before RFC 9480 only.</summary>
    private static IEnumerable<byte[]> Pushed => ToPush.All.Select(content => Signed(content is CaKeyUpdContent update ? new CaKeyUpdContent(new CaKeyUpdAnnContent(update.OldWithNew!, update.NewWithOld!, update.NewWithNew)) : content));

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Wireshark_names_pushes_over_HTTP_and_their_answers()
    {
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        List<(bool, byte[])> heard = [];
        await using PushScene scene = new();
        using RawClient client = new(scene.Uri);
        foreach (byte[] message in Pushed.Append(Unprotected(ToPush.Revocation)).Append(Other()))
        {
            byte[] push = RawClient.Post(message);
            await client.SendAsync(push);
            heard.Add((true, push));
            heard.Add((false, System.Text.Encoding.ASCII.GetBytes((await client.ReceiveAsync())!.Value.Head)));
        }
        // 15 ckuann, 16 cann, 17 rann, 18 crlann; nobody vouches for the second 17; 19 pkiconf
        Assert.Equal(
            ["POST||15", "|201|", "POST||16", "|201|", "POST||17", "|201|", "POST||18", "|201|", "POST||17", "|202|", "POST||19", "|400|"],
            Read(80, heard, "http", ["http.request.method", "http.response.code", "cmp.body"]));
    }

    [SkippableTheory]
    [InlineData(TcpMessageStyle.Version10, "10")]
    [InlineData(TcpMessageStyle.Rfc2510, "")]
    public async Task Wireshark_names_pushes_over_TCP_and_their_answers(TcpMessageStyle style, string version)
    {
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        List<(bool, byte[])> heard = [];
        await using PushScene scene = new("tcp://localhost:0");
        using TcpTest.RawTcp client = new(scene.Uri);
        foreach (byte[] message in Pushed.Append(Other()))
        {
            byte[] push = new TcpMessage(style, TcpMessageType.PkiReq, message).ToArray();
            heard.Add((true, push));
            heard.Add((false, Hex.Parse((await client.AskAsync(Hex.Of(push)))!)));
        }
        // 0 pkiReq or pkiMsg, 3 finRep or negPollRep, 6 errorMsgRep
        Assert.Equal(
            new[] { "0|15", "3|", "0|16", "3|", "0|17", "3|", "0|18", "3|", "0|19", "6|" }.Select(line => $"{version}|{line}"),
            Read(829, heard, "cmp", ["cmp.tcptrans10.version", "cmp.tcptrans.type", "cmp.body"]));
    }

    /// <summary>A line for each message that Wireshark finds; it calls none malformed.</summary>
    private IReadOnlyList<string> Read(int port, IEnumerable<(bool IsClient, byte[] Octets)> heard, string filter, string[] fields)
    {
        string capture = _folder.Write("push.pcap", Capture.Write(port, heard));
        string[] all = ["_ws.malformed", .. fields];
        ProgramResult result = Programs.Run(Programs.Find("tshark")!, [
            "-r", capture, "-n", "-o", "tcp.desegment_tcp_streams:TRUE", "-Y", filter, "-T", "fields", "-E", "separator=|", .. all.SelectMany(field => new[] { "-e", field })]);
        Assert.True(result.ExitCode == 0, result.Error);
        string[] lines = result.Text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.StartsWith("|", line, StringComparison.Ordinal));
        return [.. lines.Select(line => line.Substring(1))];
    }
}
