using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests.Transports;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Client;

/// <summary>Enrolments over TCP-Messages as bodies of HTTP, with polling references, tickets and processes that die.</summary>
public sealed class HttpTcpEnrollmentTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly string _secret = Guid.NewGuid().ToString("N");
    private readonly Server _server;
    private readonly PollingDesk _desk;
    private readonly CmpHttpListener _listener;
    private readonly ServerSettings _settings;

    public HttpTcpEnrollmentTests()
    {
        _server = Server.Start(new TestServerOptions { Secret = new NetworkCredential(string.Empty, _secret).SecurePassword, ImplicitConfirmation = ImplicitConfirmation.Never });
        _desk = new PollingDesk(_server.Responder.Respond);
        _listener = Listen(new HttpListenerSettings { TcpMessages = true });
        _settings = Victim.Settings(_listener.Uri.OriginalString, _server.Reference, _folder.Write("root.cer", _server.RootCertificate.RawData), _secret);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _server.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(HttpGeneration.CmpHttp00)]
    [InlineData(HttpGeneration.Transport00)]
    [InlineData(HttpGeneration.Transport02)]
    [InlineData(HttpGeneration.Transport05)]
    public async Task Each_generation_enrols(HttpGeneration? generation)
    {
        _desk.InVain = 2;
        EnrolledCertificate enrolled = await EnrollAsync(_settings with { HttpGeneration = generation });
        Assert.True(enrolled.Confirmed);
        Assert.Equal(_server.Issued.Single().Thumbprint, enrolled.Certificate.Thumbprint);
        // of the ip twice in vain, then once for each answer
        Assert.Equal(4, _desk.Asked);
    }

    [Theory]
    [InlineData("http+tcp", HttpGeneration.Transport06)]
    [InlineData("https+tcp", HttpGeneration.Rfc9811)]
    [InlineData("http", HttpGeneration.Transport02)]
    [InlineData("https", HttpGeneration.CmpHttp00)]
    public void A_generation_that_does_not_fit_the_scheme_makes_no_client(string scheme, HttpGeneration generation) =>
        Assert.Equal("CmpTransport.InvalidSetting", Assert.Throws<CmpException>(() => new CmpClient(new ServerSettings { Uri = new Uri(scheme + "://ca.example/"), HttpGeneration = generation })).ErrorId);

    /// <summary>Its old versions reset an old-style frame, so it gets none: not as a fall-back, and not on demand.</summary>
    [Fact]
    public async Task Rule62_With_the_preset_Cryptlib_there_is_no_falling_back()
    {
        byte[] refusal = Some.Answer([0, 0, 0, 3, 6, (byte)'n', (byte)'o'], type: "application/pkixcmp-poll");
        foreach ((string preset, int asked) in new[] { ("Cryptlib", 1), ("Rfc9483", 2) })
        {
            await using var server = new ScriptedServer(async connection =>
            {
                for (int i = 0; i < 2; i++)
                {
                    await connection.ReceiveAsync();
                    await connection.SendAsync(refusal);
                }
            });
            ServerSettings settings = _settings with { Preset = preset, Uri = new Uri($"http+tcp://127.0.0.1:{server.Port}/"), Secret = _settings.Secret! with { Reference = "long enough" } };
            Assert.Equal("CmpTcp.Error", (await Assert.ThrowsAsync<CmpException>(() => EnrollAsync(settings))).ErrorId);
            Assert.Equal(asked, server.Requests.Count);
        }
        ServerSettings old = _settings with { Preset = "Cryptlib", HttpGeneration = HttpGeneration.CmpHttp00 };
        Assert.Equal("CmpTransport.InvalidSetting", Assert.Throws<CmpException>(() => new CmpClient(old)).ErrorId);
    }

    [Fact]
    public async Task Rule59_Over_https_tcp_TLS_has_its_own_trust()
    {
        using var certificates = new TlsCertificates();
        using System.Security.Cryptography.X509Certificates.X509Certificate2 certificate = certificates.Server();
        using CmpHttpListener listener = Listen(new HttpListenerSettings { TcpMessages = true, Certificate = certificate, HostName = "localhost" });
        Assert.Equal("https+tcp", listener.Uri.Scheme);
        ServerSettings settings = _settings with { Uri = listener.Uri, TlsTrustAnchor = [certificates.Root] };
        Assert.True((await EnrollAsync(settings)).Confirmed);
        Assert.Equal("CmpTransport.TlsFailed", (await Assert.ThrowsAsync<CmpException>(() => EnrollAsync(settings with { TlsTrustAnchor = null }))).ErrorId);
    }

    /// <summary>Rule 76 wants TLS, whatever it carries.</summary>
    [Theory]
    [InlineData("https+tcp", null)]
    [InlineData("http+tcp", "CmpArgument.UnprotectedAnswers")]
    public void Rule76_TLS_is_TLS_under_either_scheme(string scheme, string? errorId)
    {
        ServerSettings settings = _settings with
        {
            Uri = new Uri(scheme + "://ca.example/"),
            Secret = null,
            Protection = Cmp.Protection.ProtectionKind.None,
            AllowUnprotectedAnswers = true,
            IssuedTrustAnchor = _settings.TrustAnchor,
        };
        Assert.Equal(errorId, (Record.Exception(() => new CmpClient(settings).Dispose()) as CmpException)?.ErrorId);
    }

    /// <summary>A process is killed at each boundary; another one, which knows only the files of the first, goes on with the ticket that it finds there.</summary>
    [Fact]
    public async Task A_ticket_is_collected_by_another_process()
    {
        int tickets = 0;
        for (int boundary = 0; ; boundary++)
        {
            string home = _folder.PathOf($"home{boundary}"), subject = $"CN=victim {boundary}";
            string where = Kill(home, subject, _folder.PathOf($"new{boundary}.pem"), boundary);
            if (where == "done")
                break;
            var store = new EnrollmentStore(home);
            if (store.All(error => Assert.Fail(error.Message)).SingleOrDefault() is not { State: not null } pending)
                continue;
            if (where == "Wait")
            {
                tickets++;
                Assert.StartsWith("Initialization-Version10-", pending.Ticket, StringComparison.Ordinal);
            }
            using Enrollment enrollment = Enrollment.Resume(store, pending.Id, new ResumeOptions { Said = _settings, OpenClient = Open });
            Assert.True(Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync()).Confirmed, where);
            Assert.Single(_server.Issued, certificate => certificate.Subject == subject);
        }
        // for the ip and for the pkiConf
        Assert.Equal(2, tickets);
    }

    /// <summary>A server that was started anew knows the transaction, but none of its references.</summary>
    [Fact]
    public async Task Rule50_A_reference_that_is_lost_has_the_message_sent_again()
    {
        string home = _folder.PathOf("home");
        int taken = 0;
        var store = new EnrollmentStore(home);
        _desk.InVain = int.MaxValue;
        using (CmpClient client = new(_settings, transport: null, clock: null, delay: (_, _) => ++taken > 3 ? throw new OperationCanceledException() : Task.CompletedTask))
        using (var enrollment = new Enrollment(client, Asked("CN=lost")) { Store = store })
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => enrollment.RunAsync());
            Assert.True(enrollment.IsKept);
        }
        _desk.Forget();
        _desk.InVain = 0;
        using Enrollment again = Enrollment.Resume(store, Assert.Single(store.All(error => Assert.Fail(error.Message))).Id, new ResumeOptions { Said = _settings, OpenClient = Open });
        EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await again.RunAsync());
        Assert.Equal(Assert.Single(_server.Issued).Thumbprint, enrolled.Certificate.Thumbprint);
    }

    /// <summary>Under the media types that Wireshark takes for TCP-Messages; each message of an enrolment with its questions for answers.</summary>
    [SkippableTheory]
    [InlineData(HttpGeneration.Transport02, "10")]
    [InlineData(HttpGeneration.CmpHttp00, "")]
    public async Task Wireshark_reads_the_TCP_Messages_in_our_bodies(HttpGeneration generation, string version)
    {
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        var heard = new ConcurrentQueue<(bool IsClient, byte[] Octets)>();
        await using (var proxy = new CuttingProxy(_listener.Uri, int.MaxValue, heard))
            await EnrollAsync(_settings with { Uri = proxy.UriOf("http+tcp"), HttpGeneration = generation });
        string capture = _folder.Write("http.pcap", Capture.Write(80, heard));
        string[] fields = ["_ws.malformed", "cmp.tcptrans10.version", "cmp.tcptrans.type", "cmp.tcptrans.poll_ref", "cmp.body", "http.content_type"];
        ProgramResult result = Programs.Run(Programs.Find("tshark")!, [
            "-r", capture, "-n", "-o", "tcp.desegment_tcp_streams:TRUE", "-Y", "cmp", "-T", "fields", "-E", "separator=|", .. fields.SelectMany(field => new[] { "-e", field })]);
        Assert.True(result.ExitCode == 0, result.Error);
        // the types: 0 pkiReq, 1 pollRep, 2 pollReq, 5 pkiRep; the bodies: 0 ir, 1 ip, 24 certConf, 19 pkiconf
        Assert.Equal(
            new[] { "0||0", "1|1|", "2|1|", "5||1", "0||24", "1|2|", "2|2|", "5||19" }.Select(line => $"|{version}|{line}|application/pkixcmp-poll"),
            result.Text.Replace("0x0000000", string.Empty, StringComparison.Ordinal).Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }

    private static CmpClient Open(ServerSettings settings) => new(settings, transport: null, clock: null, delay: (_, _) => Task.CompletedTask);

    private static EnrollmentRequest Asked(string subject) => new() { Subject = Name.Parse(subject), Key = new KeyRequest(), Destination = CertificateDestination.None };

    private static async Task<EnrolledCertificate> EnrollAsync(ServerSettings settings)
    {
        using CmpClient client = Open(settings);
        using var enrollment = new Enrollment(client, Asked("CN=old road"));
        return Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync());
    }

    private CmpHttpListener Listen(HttpListenerSettings settings) => CmpHttpListener.Start(settings, _desk.TakeAsync, _desk.CollectAsync);

    private string Kill(string home, string subject, string outFile, int boundary)
    {
        ProgramResult result = Programs.Run(
            Programs.Find("dotnet")!,
            [typeof(Program).Assembly.Location, "die", "Initialization", _listener.Uri.OriginalString, _server.Reference, _folder.PathOf("root.cer"), home, subject, outFile, string.Empty, boundary.ToString(CultureInfo.InvariantCulture)],
            environment: new Dictionary<string, string> { [Victim.SecretVariable] = _secret });
        string said = result.Text.Trim();
        Assert.True(said == "done" ? result.ExitCode == 0 : result.ExitCode != 0 && said.Length > 0 && result.Error.Length == 0, $"{said}: {result.Error}");
        return said;
    }
}
