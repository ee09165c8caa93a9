using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Inspection.Captures;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Xunit;
using Xunit.Abstractions;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>Wireshark listens while clients and servers talk, ours and OpenSSL's, over every road: it finds the same messages in the same packets, and says the same of them.</summary>
public sealed class LoopbackTests(ITestOutputHelper output) : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Wireshark_and_we_say_the_same_of_what_it_heard()
    {
        Dissection.SkipUnlessKnown();
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        // OpenSSL's server issues what it is given, whatever is asked
        using var ca = new TestCa();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 issued = ca.Issue("CN=seen", key);
        string keyFile = _folder.Write("key.pem", TestCa.Pem(key));
        using MockServer mock = MockServer.Start(new MockServerOptions { Ca = ca, Issued = issued, PollCount = 1, CheckAfter = 1 });
        using Server http = Server.Start(Waiting(TestServerRoad.Http)), tcp = Server.Start(Waiting(TestServerRoad.Tcp)), both = Server.Start(Waiting(TestServerRoad.HttpTcp)), coap = Server.Start(Waiting(TestServerRoad.Coap));
        int[] ports = [mock.Port, http.Uri.Port, tcp.Uri.Port, both.Uri.Port, coap.Uri.Port];
        using LoopbackCapture capture = await LoopbackCapture.StartAsync(_folder, ports);

        EnrollByOpenSsl(keyFile, mock.Uri, mock.Reference, mock.Secret);
        EnrollByOpenSsl(keyFile, http.Uri, http.Reference, new NetworkCredential(string.Empty, http.Secret).Password);
        await LiveAsync(http);
        await EnrollAsync(Settings(tcp) with { TcpStyle = TcpMessageStyle.Version10 });
        await EnrollAsync(Settings(tcp) with { TcpStyle = TcpMessageStyle.Rfc2510 });
        await EnrollAsync(Settings(both) with { HttpGeneration = HttpGeneration.Transport02 });
        await EnrollAsync(Settings(both) with { HttpGeneration = HttpGeneration.CmpHttp00 });
        await EnrollAsync(Settings(coap));
        // each of the nine enrolments ends with a pkiconf
        string file = await capture.EndAsync(stream => CaptureReader.Read(stream).Count(item => Body(item) == PkiBodyType.Pkiconf) == 9);

        CapturedItem[] ours = Read(file);
        Assert.All(ours, item => Assert.Null(item.Defect));
        string[] decode = [.. ports.SelectMany(port => new[] { "-d", port == coap.Uri.Port ? $"udp.port=={port},coap" : $"tcp.port=={port},{(port == tcp.Uri.Port ? "cmp" : "http")}" })];
        Agreement[] agreements = [.. Captured.Compare(file, decode)];
        output.WriteLine($"{agreements.Length} messages, {agreements.Sum(agreement => agreement.Compared)} fields, {agreements.Sum(agreement => agreement.Agreed)} the same");
        Disagreement.AssertNone(agreements.SelectMany(agreement => agreement.Found));

        // none is malformed, whoever wrote it
        Assert.DoesNotContain(agreements.SelectMany(agreement => agreement.Warnings), warning => warning.Contains("Malformed", StringComparison.Ordinal));

        // Wireshark knows no CMP in CoAP: it puts together what it then reads in HTTP
        CapturedItem[] blocks = [.. ours.Where(item => item.Road == CaptureRoad.Coap)];
        Assert.Equal(CoapBodies(file, decode), blocks.Select(item => (item.Packet, item.Octets.Length)));
        DifferenceTable table = DifferenceTable.Load();
        Disagreement.AssertNone(blocks.Zip(Corpus.Dissect(blocks.Select(item => item.Octets.ToArray())), (item, theirs) => Agreement.Of($"CoAP {item.Packet}", item.Octets, theirs, table)).SelectMany(agreement => agreement.Found));
    }

    private static TestServerOptions Waiting(TestServerRoad road) => new() { Roads = [road], PollCount = 1, CheckAfter = 0, TransportPollCount = road is TestServerRoad.Tcp or TestServerRoad.HttpTcp ? 1 : 0, TransportCheckAfter = 0 };

    private static ServerSettings Settings(Server server) => new()
    {
        Uri = server.Uri,
        Secret = new ReferenceAndSecret(server.Reference, server.Secret),
        TrustAnchor = [Certificate.From(server.RootCertificate)],
        NoProxy = ["*"],
    };

    private static PkiBodyType? Body(CapturedItem item) => item.Octets.IsEmpty ? null : PkiMessage.Decode(item.Octets).Body.Type;

    private static CapturedItem[] Read(string file)
    {
        using Stream stream = File.OpenRead(file);
        return [.. CaptureReader.Read(stream)];
    }

    private static async Task<EnrolledCertificate> EnrollAsync(ServerSettings settings, EnrollmentRequest? request = null)
    {
        using CmpClient client = new(settings, transport: null, clock: null, delay: (_, _) => Task.CompletedTask);
        using var enrollment = new Enrollment(client, request ?? new EnrollmentRequest { Subject = Name.Parse("CN=seen"), Key = new KeyRequest(), Destination = CertificateDestination.None, ExplicitConfirm = true });
        EnrolledCertificate enrolled = (await enrollment.RunAsync())!;
        Assert.True(enrolled.Confirmed);
        return enrolled;
    }

    /// <summary>Two enrolments by us, general messages, a revocation.</summary>
    private static async Task LiveAsync(Server server)
    {
        EnrolledCertificate enrolled = await EnrollAsync(Settings(server));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await EnrollAsync(Settings(server), new EnrollmentRequest
        {
            Operation = EnrollmentOperation.Pkcs10,
            Pkcs10 = CertificationRequest.Decode(new CertificateRequest("CN=seen too", key, HashAlgorithmName.SHA256).CreateSigningRequest()),
            Destination = CertificateDestination.None,
            ExplicitConfirm = true,
        });
        using CmpClient client = new(Settings(server), transport: null, clock: null, delay: (_, _) => Task.CompletedTask);
        await client.SendGeneralMessageAsync([]);
        await client.GetCACertificatesAsync();
        await client.GetRequestTemplateAsync();
        Assert.True(Assert.Single(await client.RevokeAsync([new RevocationRequest { Certificate = enrolled.Certificate }])).IsRevoked);
    }

    private void EnrollByOpenSsl(string key, Uri server, string reference, string secret)
    {
        ProgramResult result = OpenSsl.Run(
            ["cmp", "-config", string.Empty, "-cmd", "ir", "-server", server.Authority, "-path", server.AbsolutePath, "-ref", reference, "-secret", "env:CMP_SECRET", "-recipient", "/CN=CA", "-subject", "/CN=seen", "-newkey", key, "-certout", _folder.PathOf("new.pem"), "-batch"],
            environment: new Dictionary<string, string> { ["CMP_SECRET"] = secret });
        Assert.True(result.ExitCode == 0, result.Text + result.Error);
    }

    /// <summary>The packets with which Wireshark has a whole body of CoAP, and its length.</summary>
    private static IEnumerable<(long Frame, int Length)> CoapBodies(string file, string[] decode)
    {
        ProgramResult result = Programs.Run(Programs.Find("tshark")!, [
            "-r", file, "-n", .. decode, "-Y", "coap.payload && (coap.block.reassembled.length || !(coap.opt.block_mflag == 1))", "-T", "fields", "-E", "occurrence=f", "-e", "frame.number", "-e", "coap.block.reassembled.length", "-e", "coap.payload_length"]);
        Assert.True(result.ExitCode == 0, result.Error);
        foreach (string line in result.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] cells = line.TrimEnd('\r').Split('\t');
            yield return (long.Parse(cells[0], CultureInfo.InvariantCulture), int.Parse(cells[1].Length > 0 ? cells[1] : cells[2], CultureInfo.InvariantCulture));
        }
    }
}
