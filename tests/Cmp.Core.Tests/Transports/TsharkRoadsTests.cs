using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests.Client;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Transports;

/// <summary>What goes over the wire, as Wireshark names it: every message of enrolments that wait, by messages and by polling references.</summary>
public sealed class TsharkRoadsTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Wireshark_names_every_message_over_HTTP()
    {
        IReadOnlyList<string> seen = await SeenAsync(
            new TestServerOptions { Roads = [TestServerRoad.Http], PollCount = 1, CheckAfter = 0 }, settings => settings, 80, ["http.request.method", "http.response.code", "cmp.body"]);
        // 0 ir, 1 ip, 25 pollReq, 26 pollRep, 24 certConf, 19 pkiconf
        Assert.Equal(["POST||0", "|200|1", "POST||25", "|200|26", "POST||25", "|200|1", "POST||24", "|200|19"], seen);
    }

    [SkippableTheory]
    [InlineData(TcpMessageStyle.Version10, "10")]
    [InlineData(TcpMessageStyle.Rfc2510, "")]
    public async Task Wireshark_names_every_TCP_Message(TcpMessageStyle style, string version)
    {
        IReadOnlyList<string> seen = await SeenAsync(
            new TestServerOptions { Roads = [TestServerRoad.Tcp], PollCount = 1, CheckAfter = 0, TransportPollCount = 1, TransportCheckAfter = 0 },
            settings => settings with { TcpStyle = style }, 829, ["cmp.tcptrans10.version", "cmp.tcptrans.type", "cmp.body"]);
        // each answer is held back, and asked for once in vain: 0 pkiReq, 1 pollRep, 2 pollReq, 5 pkiRep or finalMsgRep
        IEnumerable<string> expected = new[] { ("0", "1"), ("25", "26"), ("25", "1"), ("24", "19") }.SelectMany(pair => new[] { "0|" + pair.Item1, "1|", "2|", "1|", "2|", "5|" + pair.Item2 });
        Assert.Equal(expected.Select(line => $"{version}|{line}"), seen);
    }

    /// <summary>What an enrolment does not bring about; of an error Wireshark tells the type only.</summary>
    [SkippableTheory]
    [InlineData(TcpMessageStyle.Version10, "10")]
    [InlineData(TcpMessageStyle.Rfc2510, "")]
    public void Wireshark_knows_the_last_word_and_the_error(TcpMessageStyle style, string version)
    {
        byte[] error = style == TcpMessageStyle.Version10 ? new TcpErrorMessage(TcpErrorType.InvalidPollId, new byte[] { 0, 0, 0, 1 }, "unknown").ToArray() : "unknown"u8.ToArray();
        (bool, byte[])[] said =
        [
            (true, TcpMessage.PollReq(style, new PollingReference(1)).ToArray()), (false, TcpMessage.FinRep(style).ToArray()),
            (true, TcpMessage.PollReq(style, new PollingReference(1)).ToArray()), (false, new TcpMessage(style, TcpMessageType.ErrorMsgRep, error).ToArray()),
        ];
        Assert.Equal(new[] { "2|0x00000001", "3|", "2|0x00000001", "6|" }.Select(line => $"{version}|{line}"), Read(829, said, ["cmp.tcptrans10.version", "cmp.tcptrans.type", "cmp.tcptrans.poll_ref"]));
    }

    private async Task<IReadOnlyList<string>> SeenAsync(TestServerOptions options, Func<ServerSettings, ServerSettings> change, int port, string[] fields)
    {
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        using Server server = Server.Start(options);
        var heard = new ConcurrentQueue<(bool IsClient, byte[] Octets)>();
        await using (var proxy = new CuttingProxy(server.Uri, int.MaxValue, heard))
        {
            var settings = change(new ServerSettings
            {
                Uri = proxy.UriOf(server.Uri.Scheme),
                Secret = new ReferenceAndSecret(server.Reference, server.Secret),
                TrustAnchor = [Certificate.From(server.RootCertificate)],
            });
            using CmpClient client = new(settings, transport: null, clock: null, delay: (_, _) => Task.CompletedTask);
            using var enrollment = new Enrollment(client, new EnrollmentRequest { Subject = Name.Parse("CN=seen"), Key = new KeyRequest(), Destination = CertificateDestination.None, ExplicitConfirm = true });
            Assert.True((await enrollment.RunAsync())!.Confirmed);
        }
        return Read(port, heard, fields);
    }

    /// <summary>A line for each message that Wireshark finds; it calls none malformed.</summary>
    private IReadOnlyList<string> Read(int port, IEnumerable<(bool IsClient, byte[] Octets)> heard, string[] fields)
    {
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        string capture = _folder.Write("road.pcap", Capture.Write(port, heard));
        string[] all = ["_ws.malformed", .. fields];
        ProgramResult result = Programs.Run(Programs.Find("tshark")!, [
            "-r", capture, "-n", "-o", "tcp.desegment_tcp_streams:TRUE", "-Y", "cmp", "-T", "fields", "-E", "separator=|", .. all.SelectMany(field => new[] { "-e", field })]);
        Assert.True(result.ExitCode == 0, result.Error);
        string[] lines = result.Text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.StartsWith("|", line, StringComparison.Ordinal));
        return [.. lines.Select(line => line.Substring(1))];
    }
}
