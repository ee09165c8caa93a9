using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Inspection.Captures;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests.Announcements;
using Cmp.Tests.Client;
using Cmp.Tests.Transports;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>From captures to messages, over every road; Wireshark finds the same ones.</summary>
public sealed class RoadCaptureTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("cmp_IR_sequence_OpenSSL-Cryptlib.pcap")]
    [InlineData("cmp-in-http-with-errors-in-cmp-protocol.pcap.gz")]
    public void Wireshark_finds_the_same_messages_in_a_capture_of_others(string name)
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        string file = Path.Combine(Repository.Data!, "captures", name);
        Skip.IfNot(File.Exists(file), $"no recorded capture {name}");
        CapturedItem[] items = Read(File.ReadAllBytes(file));
        Assert.NotEmpty(items);
        Assert.All(items, item => Assert.Null(item.Defect));
        Assert.All(items, item => Assert.Equal(item.Direction == MessageDirection.Request, item.RoadText!.StartsWith("POST ", StringComparison.Ordinal)));
        Assert.Equal(Tshark(file, "cmp.body"), Bodies(items));
        // the packet of the last octet, as Wireshark counts
        Assert.Equal(Tshark(file, "frame.number"), items.Select(item => item.Packet.ToString(CultureInfo.InvariantCulture)));
    }

    [SkippableFact]
    public async Task Wireshark_finds_the_same_messages_of_an_enrolment_over_HTTP()
    {
        byte[] capture = await EnrollAsync(new TestServerOptions { Roads = [TestServerRoad.Http], PollCount = 1, CheckAfter = 0 }, "http", settings => settings, 80);
        CapturedItem[] items = Read(capture);
        Assert.Equal(["0", "1", "25", "26", "25", "1", "24", "19"], Bodies(items));
        Assert.Equal(["POST /", "HTTP 200 OK"], items.Select(item => item.RoadText!.Split('w')[0]).Distinct());
        Assert.All(items, item => Assert.Equal((CaptureRoad.Http, null), (item.Road, item.Defect)));
        Assert.Equal(Tshark(capture, "cmp.body"), Bodies(items));
    }

    /// <summary>openssl's client and its HTTP, to our server.</summary>
    [SkippableFact]
    public async Task Wireshark_finds_the_same_messages_of_an_enrolment_by_openssl()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Http], PollCount = 1, CheckAfter = 1 });
        var heard = new ConcurrentQueue<(bool IsClient, byte[] Octets)>();
        string key = _folder.PathOf("key.pem"), root = _folder.Write("root.cer", server.RootCertificate.RawData);
        OpenSsl.Require(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key]);
        await using (var proxy = new CuttingProxy(server.Uri, int.MaxValue, heard))
        {
            OpenSsl.Require(
                ["cmp", "-config", "", "-cmd", "ir", "-server", proxy.UriOf("http").Authority, "-path", "/.well-known/cmp", "-ref", server.Reference, "-secret", "env:CMP_SECRET", "-subject", "/CN=seen", "-newkey", key, "-trusted", root, "-certout", _folder.PathOf("new.pem"), "-batch"],
                environment: new Dictionary<string, string> { ["CMP_SECRET"] = new NetworkCredential("", server.Secret).Password });
        }
        byte[] capture = Capture.Write(80, heard);
        CapturedItem[] items = Read(capture);
        Assert.Equal(["0", "1", "25", "26", "25", "1", "24", "19"], Bodies(items));
        Assert.Equal(["POST /.well-known/cmp", "HTTP 200 OK"], items.Select(item => item.RoadText).Distinct());
        Assert.Equal(Tshark(capture, "cmp.body"), Bodies(items));
    }

    /// <summary>On the port that Wireshark knows, and on one that only their octets tell.</summary>
    [SkippableTheory]
    [InlineData(TcpMessageStyle.Version10, 829)]
    [InlineData(TcpMessageStyle.Version10, 8829)]
    [InlineData(TcpMessageStyle.Rfc2510, 829)]
    [InlineData(TcpMessageStyle.Rfc2510, 8829)]
    public async Task Wireshark_finds_the_same_TCP_Messages(TcpMessageStyle style, int port)
    {
        byte[] capture = await EnrollAsync(
            new TestServerOptions { Roads = [TestServerRoad.Tcp], PollCount = 1, CheckAfter = 0, TransportPollCount = 1, TransportCheckAfter = 0 }, "tcp", settings => settings with { TcpStyle = style }, port);
        CapturedItem[] items = Read(capture);
        Assert.Equal(24, items.Length);
        Assert.Equal(["0", "1", "25", "26", "25", "1", "24", "19"], Bodies(items));
        Assert.All(items, item => Assert.Equal((CaptureRoad.Tcp, null), (item.Road, item.Defect)));
        // of each answer a reference, and a question for it
        Assert.Equal(8, items.Count(item => item.RoadText!.StartsWith("pollReq ", StringComparison.Ordinal) && item.Direction == MessageDirection.Request));
        Assert.Equal(8, items.Count(item => item.RoadText!.StartsWith("pollRep ", StringComparison.Ordinal) && item.Direction == MessageDirection.Response));
        Assert.Equal(Tshark(capture, "cmp.tcptrans.type", port), items.Select(Type));
        Assert.Equal(Tshark(capture, "cmp.body", port).Where(body => body.Length > 0), Bodies(items));
        Assert.Equal(
            Tshark(capture, "cmp.tcptrans.poll_ref", port).Where(reference => reference.Length > 0).Select(reference => reference.Substring(2).ToUpperInvariant()),
            items.Where(item => item.RoadText!.StartsWith("poll", StringComparison.Ordinal)).Select(item => item.RoadText!.Substring(8, 8)));

        static string Type(CapturedItem item) => item.RoadText!.Split(' ', ',')[0] switch { "pkiReq" or "pkiMsg" => "0", "pollRep" => "1", "pollReq" => "2", "pkiRep" or "finalMsgRep" => "5", string other => other };
    }

    [SkippableTheory]
    [InlineData(HttpGeneration.Transport02)]
    [InlineData(HttpGeneration.CmpHttp00)]
    public async Task Wireshark_finds_the_same_TCP_Messages_in_HTTP(HttpGeneration generation)
    {
        byte[] capture = await EnrollAsync(
            new TestServerOptions { Roads = [TestServerRoad.HttpTcp], TransportPollCount = 1, TransportCheckAfter = 0 }, "http+tcp", settings => settings with { HttpGeneration = generation }, 80);
        CapturedItem[] items = Read(capture);
        Assert.Equal(["0", "1", "24", "19"], Bodies(items));
        Assert.All(items, item => Assert.Equal((CaptureRoad.HttpTcp, null), (item.Road, item.Defect)));
        Assert.Equal(Tshark(capture, "cmp.tcptrans.type").Length, items.Length);
        Assert.Equal(Tshark(capture, "cmp.body").Where(body => body.Length > 0), Bodies(items));
    }

    /// <summary>Blocks of our client and of our server, with a datagram that is lost on the way and sent again.</summary>
    [Fact]
    public async Task An_enrolment_over_CoAP_is_found_whole()
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Coap], PollCount = 1, CheckAfter = 0 });
        var heard = new ConcurrentQueue<(bool IsFromServer, byte[] Octets)>();
        await using (var relay = new UdpRelay(server.Uri.Port, (isFromServer, number) => !isFromServer || number != 3, heard))
            await EnrollAsync(server, new Uri($"coap://127.0.0.1:{relay.Port}/"), settings => settings);
        foreach (int port in new[] { 5683, 7001 })
        {
            CapturedItem[] items = Read(Datagrams(heard, port));
            Assert.Equal(["0", "1", "25", "26", "25", "1", "24", "19"], Bodies(items));
            Assert.All(items, item => Assert.Equal((CaptureRoad.Coap, null), (item.Road, item.Defect)));
            Assert.Equal(["CoAP 2.04 Changed"], items.Where(item => item.Direction == MessageDirection.Response).Select(item => item.RoadText).Distinct());
        }
    }

    /// <summary>Wireshark knows no CMP in CoAP, but puts the same octets together of the blocks.</summary>
    [SkippableFact]
    public async Task Wireshark_puts_the_same_messages_together_that_are_observed_over_CoAP()
    {
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Coap] });
        var heard = new ConcurrentQueue<(bool IsFromServer, byte[] Octets)>();
        await using var relay = new UdpRelay(server.Uri.Port, (_, _) => true, heard);
        using var transport = new CoapTransport(new CoapTransportSettings { Uri = new Uri($"coap://127.0.0.1:{relay.Port}/") });
        using var stopping = new CancellationTokenSource(Some.Time);
        var told = Channel.CreateUnbounded<byte[]>();
        Task observing = transport.ObserveAsync(null, (notification, _) => told.Writer.WriteAsync(notification.Octets.ToArray()).AsTask(), stopping.Token);
        Assert.Empty(await told.Reader.ReadAsync(stopping.Token));
        server.UpdateRoot();
        byte[] announced = server.Announce(AnnouncementType.CaKeyUpdate).Message;
        Assert.Equal(announced, await told.Reader.ReadAsync(stopping.Token));
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => observing);
        CapturedItem[] items = Read(Datagrams(heard, 5683));
        Assert.Equal("GET /.well-known/cmp/ann, Observe 0", items[0].RoadText);
        CapturedItem found = Assert.Single(items, item => !item.Octets.IsEmpty);
        Assert.StartsWith("CoAP 2.05 Content, Observe ", found.RoadText, StringComparison.Ordinal);
        Assert.Equal(announced, found.Octets.ToArray());
        Assert.Equal(announced, TsharkCoapTests.Reassemble([.. heard.Where(datagram => datagram.IsFromServer).Select(datagram => datagram.Octets)]));
    }

    /// <summary>libcoap's client, which takes another token for each block.</summary>
    [SkippableTheory]
    [InlineData(16)]
    [InlineData(64)]
    [InlineData(1024)]
    public async Task What_libcoap_posts_and_gets_in_blocks_is_found_whole(int size)
    {
        Skip.If(LibCoap.Client is null, LibCoap.WhyNot);
        using Server server = Server.Start(new TestServerOptions { Roads = [TestServerRoad.Coap] });
        var heard = new ConcurrentQueue<(bool IsFromServer, byte[] Octets)>();
        byte[] genm = Traffic.Message(PkiBodyType.Ir);
        await using (var relay = new UdpRelay(server.Uri.Port, (_, _) => true, heard))
        {
            ProgramResult asked = LibCoap.Ask(["-m", "post", "-t", "259", "-b", size.ToString(CultureInfo.InvariantCulture), "-f", _folder.Write("genm.der", genm), "-o", _folder.PathOf("answer.der"), "-B", "20", $"coap://127.0.0.1:{relay.Port}/.well-known/cmp"]);
            Assert.True(asked.ExitCode == 0, asked.Error);
        }
        CapturedItem[] items = Read(Datagrams(heard, 5683));
        Assert.Equal(2, items.Length);
        Assert.Equal(genm, items[0].Octets.ToArray());
        Assert.Equal(File.ReadAllBytes(_folder.PathOf("answer.der")), items[1].Octets.ToArray());
        Assert.All(items, item => Assert.Null(item.Defect));
    }

    [Fact]
    public async Task TLS_is_counted_and_nothing_is_found_in_it()
    {
        byte[] capture = await EnrollAsync(new TestServerOptions { Roads = [TestServerRoad.Https] }, "https", settings => settings, 443);
        Assert.Empty(Read(capture, out CaptureSummary summary));
        Assert.Equal(1, summary.TlsConnections);
    }

    private async Task<byte[]> EnrollAsync(TestServerOptions options, string scheme, Func<ServerSettings, ServerSettings> change, int port)
    {
        using Server server = Server.Start(options);
        var heard = new ConcurrentQueue<(bool IsClient, byte[] Octets)>();
        await using (var proxy = new CuttingProxy(server.Uri, int.MaxValue, heard))
            await EnrollAsync(server, proxy.UriOf(scheme), change);
        return Capture.Write(port, heard);
    }

    private static async Task EnrollAsync(Server server, Uri uri, Func<ServerSettings, ServerSettings> change)
    {
        var settings = change(new ServerSettings
        {
            Uri = uri,
            Secret = new ReferenceAndSecret(server.Reference, server.Secret),
            TrustAnchor = [Certificate.From(server.RootCertificate)],
            TlsTrustAnchor = server.TlsRootCertificate is { } root ? [root] : null,
            NoProxy = ["*"],
        });
        using CmpClient client = new(settings, transport: null, clock: null, delay: (_, _) => Task.CompletedTask);
        using var enrollment = new Enrollment(client, new EnrollmentRequest { Subject = Name.Parse("CN=seen"), Key = new KeyRequest(), Destination = CertificateDestination.None, ExplicitConfirm = true });
        Assert.True((await enrollment.RunAsync())!.Confirmed);
    }

    private static byte[] Datagrams(IEnumerable<(bool IsFromServer, byte[] Octets)> heard, int port) => CaptureFile.Pcap(heard.Select(datagram =>
        Packet.IP(17, datagram.IsFromServer ? Packet.Udp(port, 40_000, datagram.Octets) : Packet.Udp(40_000, port, datagram.Octets), fromClient: !datagram.IsFromServer)));

    private static CapturedItem[] Read(byte[] capture) => Read(capture, out _);

    private static CapturedItem[] Read(byte[] capture, out CaptureSummary summary)
    {
        summary = new CaptureSummary();
        using var stream = new MemoryStream(capture);
        return [.. CaptureReader.Read(stream, summary: summary)];
    }

    private static string[] Bodies(IEnumerable<CapturedItem> items) =>
        [.. items.Where(item => !item.Octets.IsEmpty).Select(item => ((int)PkiMessage.Decode(item.Octets).Body.Type).ToString(CultureInfo.InvariantCulture))];

    private string[] Tshark(byte[] capture, string field, int tcpPort = 829) => Tshark(_folder.Write("road.pcap", capture), field, tcpPort);

    /// <summary>What Wireshark finds of CMP: a line a message, also where several came in one packet.</summary>
    private static string[] Tshark(string file, string field, int tcpPort = 829)
    {
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        List<string> arguments = ["-r", file, "-n", "-o", "tcp.desegment_tcp_streams:TRUE", "-Y", "cmp", "-T", "fields", "-E", "occurrence=a", "-e", field];
        if (tcpPort != 829)
            arguments.AddRange(["-o", $"cmp.tcp_alternate_port:{tcpPort}"]);
        ProgramResult result = Programs.Run(Programs.Find("tshark")!, arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        string text = result.Text.Replace("\r", "", StringComparison.Ordinal);
        return text.Length == 0 ? [] : [.. text.Substring(0, text.Length - 1).Split('\n').SelectMany(line => line.Split(','))];
    }
}
