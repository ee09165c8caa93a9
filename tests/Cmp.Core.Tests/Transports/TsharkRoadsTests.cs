using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Text;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Keys;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests.Client;
using Cmp.Transports;
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

    [SkippableFact]
    public async Task Wireshark_names_every_announcement_that_is_fetched_over_HTTP()
    {
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        using Server server = Server.Start();
        Certificate certificate = await EnrollAsync(server);
        string key = Hex.Of(AuthorityKeyIdentifier.Of(Certificate.From(server.RootCertificate)).Encoded.Span), issuer = Hex.Of(certificate.Issuer.Encoded.Span);
        server.UpdateRoot();
        server.Announce(AnnouncementType.Revocation, server.Issued[0]);
        var heard = new ConcurrentQueue<(bool IsClient, byte[] Octets)>();
        await using (var proxy = new CuttingProxy(server.Uri, int.MaxValue, heard))
        {
            using HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = proxy.UriOf("http") };
            foreach (string target in new[] { "CAKeyUpdAnn.PKI?AuthorityKeyIdentifier=" + key, $"RevAnn.PKI?issuer={issuer}&serialNumber={Hex.Of(certificate.SerialNumber.Span)}", "CRLAnn.PKI?issuer=" + issuer })
                Assert.NotEmpty(await http.GetByteArrayAsync(target));
        }
        // 15 ckuann, 17 rann (status 4, revocationWarning), 18 crlann
        Assert.Equal(["200|15|", "200|17|4", "200|18|"], Read(80, heard, ["http.response.code", "cmp.body", "cmp.status"]));
    }

    [SkippableTheory]
    [InlineData(TcpMessageStyle.Version10, "10")]
    [InlineData(TcpMessageStyle.Rfc2510, "")]
    public async Task Wireshark_names_every_announcement_that_is_collected_by_its_reference(TcpMessageStyle style, string version)
    {
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Tcp] });
        var heard = new ConcurrentQueue<(bool IsClient, byte[] Octets)>();
        List<string> expected = [];
        await EnrollAsync(server);
        server.UpdateRoot();
        await using (var proxy = new CuttingProxy(server.Uri, int.MaxValue, heard))
        {
            using var transport = new TcpTransport(new TcpTransportSettings { Uri = proxy.UriOf("tcp"), Style = style });
            foreach (AnnouncementType type in Enum.GetValues<AnnouncementType>())
            {
                TestAnnouncement one = Announce(server, type);
                Assert.True(PollingReference.TryParse(one.PollingReference, out PollingReference reference));
                Assert.Equal(one.Message, Assert.IsType<TransportReply.Octets>(await transport.CollectAsync(new TcpTicket(style, reference).ToString(), CancellationToken.None)).Value.ToArray());
                // 2 pollReq, 5 pkiRep
                expected.AddRange([$"{version}|2||0x{reference.ToString().ToLowerInvariant()}", $"{version}|5|{Body(type)}|"]);
            }
        }
        Assert.Equal(expected, Read(829, heard, ["cmp.tcptrans10.version", "cmp.tcptrans.type", "cmp.body", "cmp.tcptrans.poll_ref"]));
    }

    /// <summary>Wireshark knows no CMP in CoAP: what it puts together of the blocks it names when it comes in HTTP.</summary>
    [SkippableFact]
    public async Task Wireshark_names_every_announcement_that_is_observed_over_CoAP()
    {
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Coap, TestServerRoad.Http] });
        var heard = new ConcurrentQueue<(bool IsFromServer, byte[] Octets)>();
        await using var relay = new UdpRelay(server.Uri.Port, (_, _) => true, heard);
        using var transport = new CoapTransport(new CoapTransportSettings { Uri = new Uri($"coap://127.0.0.1:{relay.Port}/") });
        using var stopping = new CancellationTokenSource(Some.Time);
        var told = Channel.CreateUnbounded<byte[]>();
        Task observing = transport.ObserveAsync(null, (notification, _) => told.Writer.WriteAsync(notification.Octets.ToArray()).AsTask(), stopping.Token);
        Assert.Empty(await told.Reader.ReadAsync(stopping.Token));
        await EnrollAsync(server, "Http");
        server.UpdateRoot();
        foreach (AnnouncementType type in Enum.GetValues<AnnouncementType>())
        {
            heard.Clear();
            TestAnnouncement announced = Announce(server, type);
            Assert.Equal(announced.Message, await told.Reader.ReadAsync(stopping.Token));
            byte[] whole = TsharkCoapTests.Reassemble([.. heard.Where(datagram => datagram.IsFromServer).Select(datagram => datagram.Octets)]);
            Assert.Equal(announced.Message, whole);
            byte[] head = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nContent-Length: {whole.Length}\r\n\r\n");
            Assert.Equal([Body(type)], Read(80, [(true, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray()), (false, [.. head, .. whole])], ["cmp.body"]));
        }
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => observing);
    }

    private static TestAnnouncement Announce(Server server, AnnouncementType type) => server.Announce(type, type == AnnouncementType.Revocation ? server.Issued[0] : null);

    private static string Body(AnnouncementType type) => type switch
    {
        AnnouncementType.CaKeyUpdate => "15",
        AnnouncementType.Certificate => "16",
        AnnouncementType.Revocation => "17",
        _ => "18",
    };

    private static async Task<Certificate> EnrollAsync(Server server, string? road = null)
    {
        var settings = new ServerSettings { Uri = road is null ? server.Uri : server.Uris[road], Secret = new ReferenceAndSecret(server.Reference, server.Secret), NoProxy = ["*"] };
        using CmpClient client = new(settings, transport: null);
        using var enrollment = new Enrollment(client, new EnrollmentRequest { Subject = Name.Parse("CN=seen"), Key = new KeyRequest(), Destination = CertificateDestination.None });
        return (await enrollment.RunAsync())!.Certificate;
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
