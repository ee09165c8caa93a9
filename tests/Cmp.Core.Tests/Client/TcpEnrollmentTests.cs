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
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Transports;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Client;

/// <summary>Enrolments over TCP-Messages in both styles, with polling references, tickets and processes that die.</summary>
public sealed class TcpEnrollmentTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly string _secret = Guid.NewGuid().ToString("N");
    private readonly Server _server;
    private readonly PollingDesk _desk;
    private readonly CmpTcpListener _listener;
    private readonly CmpTcpListener _oldListener;
    private readonly ServerSettings _settings;

    public TcpEnrollmentTests()
    {
        _server = Server.Start(new TestServerOptions { Secret = new NetworkCredential(string.Empty, _secret).SecurePassword, ImplicitConfirmation = ImplicitConfirmation.Never });
        _desk = new PollingDesk(_server.Responder.Respond);
        _listener = CmpTcpListener.Start(new TcpListenerSettings(), _desk.TakeAsync, _desk.CollectAsync);
        _oldListener = CmpTcpListener.Start(new TcpListenerSettings { Style = TcpMessageStyle.Rfc2510 }, _desk.TakeAsync, _desk.CollectAsync);
        _settings = Victim.Settings(_listener.Uri.OriginalString, _server.Reference, _folder.Write("root.cer", _server.RootCertificate.RawData), _secret);
    }

    private ServerSettings OldSettings => _settings with { Uri = _oldListener.Uri };

    public void Dispose()
    {
        _listener.Dispose();
        _oldListener.Dispose();
        _server.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(TcpMessageStyle.Version10, false)]
    [InlineData(TcpMessageStyle.Rfc2510, false)]
    [InlineData(null, true)]
    [InlineData(TcpMessageStyle.Rfc2510, true)]
    public async Task Rule62_Each_style_enrols_and_an_old_server_is_fallen_back_to(TcpMessageStyle? style, bool isOld)
    {
        _desk.InVain = 2;
        EnrolledCertificate enrolled = await EnrollAsync((isOld ? OldSettings : _settings) with { TcpStyle = style });
        Assert.True(enrolled.Confirmed);
        Assert.Empty(enrolled.Warnings);
        Assert.Equal(_server.Issued.Single().Thumbprint, enrolled.Certificate.Thumbprint);
        // of the ip twice in vain, then once for each answer
        Assert.Equal(4, _desk.Asked);
    }

    /// <summary>cryptlib's own server speaks version 10 and nothing else.</summary>
    [Fact]
    public async Task Rule62_With_the_preset_Cryptlib_there_is_no_falling_back()
    {
        Assert.Equal(TcpMessageStyle.Version10, new ServerSettings { Preset = "Cryptlib" }.Resolve().TcpStyle);
        Assert.All(Presets.Names.Where(name => name is not ("Cryptlib" or "Cmp1999")), name => Assert.Null(new ServerSettings { Preset = name }.Resolve().TcpStyle));
        Assert.Equal("CmpTcp.WrongStyle", (await Assert.ThrowsAsync<CmpException>(() => EnrollAsync(OldSettings with { TcpStyle = TcpMessageStyle.Version10 }))).ErrorId);
        Assert.Empty(_server.Issued);
    }

    [Theory]
    [InlineData("tcp://ca.example/pkix/", "CmpArgument.Server")]
    [InlineData("tcp://ca.example:829/?a=b", "CmpArgument.Server")]
    [InlineData("tcp://ca.example/#a", "CmpArgument.Server")]
    [InlineData("tcp://me@ca.example/", "CmpArgument.Server")]
    [InlineData("tcp:ca.example", "CmpArgument.Server")]
    [InlineData("tcp://ca.example", null)]
    [InlineData("TCP://ca.example:829/", null)]
    public void An_address_has_a_host_and_a_port_and_no_path(string uri, string? errorId) =>
        Assert.Equal(errorId, (Record.Exception(() => new CmpClient(new ServerSettings { Uri = new Uri(uri), Preset = "Ejbca" }).Dispose()) as CmpException)?.ErrorId);

    [Fact]
    public void A_proxy_is_not_gone_around_in_silence()
    {
        ServerSettings settings = new() { Uri = new Uri("tcp://ca.example") };
        Assert.Equal("CmpArgument.Proxy", Assert.Throws<CmpException>(() => new CmpClient(settings with { Proxy = new Uri("http://proxy.example:3128") })).ErrorId);
        Assert.Equal("CmpArgument.Proxy", Assert.Throws<CmpException>(() => new CmpClient(settings with { ProxyCredential = new NetworkCredential("me", "x") })).ErrorId);
        new CmpClient(settings with { NoProxy = ["*"] }).Dispose();
    }

    /// <summary>RFC 2510 5.2: conf is answered by negPollRep, which says no more than that it arrived.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task Rule62_In_cmp1999_conf_is_answered_by_negPollRep(bool isOld, bool isLate)
    {
        // who polls gets the negPollRep by its reference
        using CmpTcpListener atOnce = CmpTcpListener.Start(new TcpListenerSettings { Style = isOld ? TcpMessageStyle.Rfc2510 : null }, (request, _) =>
            Task.FromResult<TransportReply>(_server.Responder.Respond(request.Octets) is { IsEmpty: false } answer ? new TransportReply.Octets(answer) : new TransportReply.Nothing()));
        EnrolledCertificate enrolled = await EnrollAsync(_settings with
        {
            Uri = isLate ? _oldListener.Uri : atOnce.Uri,
            Preset = "Cmp1999",
            IterationCount = null,
            TrustAnchor = null,
            IssuedTrustAnchor = _settings.TrustAnchor,
        });
        Assert.True(enrolled.Confirmed);
        Assert.Empty(enrolled.Warnings);
        Assert.Equal(isLate ? 2 : 0, _desk.Asked);
    }

    /// <summary>RFC 2510 5.2, partialMsgRep: an ip that says waiting, and the next one by a new reference.</summary>
    [Fact]
    public async Task Rule62_In_cmp1999_a_waiting_request_is_answered_in_parts()
    {
        var asked = new List<string>();
        using CmpTcpListener listener = Partial(asked);
        EnrolledCertificate enrolled = await EnrollAsync(Cmp1999(listener));
        Assert.True(enrolled.Confirmed);
        Assert.Equal(["00000001", "00000002"], asked);
    }

    [Fact]
    public async Task Rule62_Another_process_goes_on_with_the_next_part()
    {
        var asked = new List<string>();
        using CmpTcpListener listener = Partial(asked);
        var store = new EnrollmentStore(_folder.PathOf("home"));
        await LeaveAsync(Cmp1999(listener), store);
        PendingEnrollment pending = Assert.Single(store.All(error => Assert.Fail(error.Message)));
        Assert.Equal("Rfc2510-00000001", pending.Ticket);
        Assert.Empty(asked);
        using Enrollment again = Enrollment.Resume(store, pending.Id, new ResumeOptions { Said = Cmp1999(listener), OpenClient = Open });
        Assert.True(Assert.IsType<EnrolledCertificate>(await again.RunAsync()).Confirmed);
        Assert.Equal(["00000001", "00000002"], asked);
    }

    /// <summary>A process is killed at each boundary; another one, which knows only the files of the first, goes on with the ticket that it finds there.</summary>
    [Theory]
    [InlineData(false, "Version10-")]
    [InlineData(true, "Rfc2510-")]
    public async Task A_ticket_is_collected_by_another_process(bool isOld, string style)
    {
        ServerSettings settings = isOld ? OldSettings : _settings;
        int tickets = 0;
        for (int boundary = 0; ; boundary++)
        {
            string home = _folder.PathOf($"home{boundary}"), subject = $"CN=victim {boundary}";
            string where = Kill(settings.Uri!, home, subject, _folder.PathOf($"new{boundary}.pem"), boundary);
            if (where == "done")
                break;
            var store = new EnrollmentStore(home);
            if (store.All(error => Assert.Fail(error.Message)).SingleOrDefault() is not { State: not null } pending)
                continue;
            if (where == "Wait")
            {
                tickets++;
                Assert.StartsWith(style, pending.Ticket, StringComparison.Ordinal);
            }
            using Enrollment enrollment = Enrollment.Resume(store, pending.Id, new ResumeOptions { Said = settings, OpenClient = Open });
            Assert.True(Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync()).Confirmed, where);
            Assert.Single(_server.Issued, certificate => certificate.Subject == subject);
        }
        // for the ip and for the pkiConf
        Assert.Equal(2, tickets);
    }

    /// <summary>A server that was started anew knows the transaction, but none of its references.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule50_A_reference_that_is_lost_has_the_message_sent_again(bool isOld)
    {
        ServerSettings settings = isOld ? OldSettings : _settings;
        var store = new EnrollmentStore(_folder.PathOf("home"));
        _desk.InVain = int.MaxValue;
        await LeaveAsync(settings, store);
        _desk.Forget();
        _desk.InVain = 0;
        using Enrollment again = Enrollment.Resume(store, Assert.Single(store.All(error => Assert.Fail(error.Message))).Id, new ResumeOptions { Said = settings, OpenClient = Open });
        EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await again.RunAsync());
        Assert.Equal(Assert.Single(_server.Issued).Thumbprint, enrolled.Certificate.Thumbprint);
    }

    [Fact]
    public async Task Rule50_It_is_sent_again_once_and_stays_pending_after_that()
    {
        int taken = 0;
        using CmpTcpListener listener = CmpTcpListener.Start(
            new TcpListenerSettings(),
            (_, _) => Task.FromResult<TransportReply>(new TransportReply.NotYet((++taken).ToString("X8", CultureInfo.InvariantCulture), DateTimeOffset.UtcNow)),
            (_, _) => throw new CmpException(CmpErrorKind.Argument, "CmpTransport.UnknownTicket", "Nobody knows it."));
        var store = new EnrollmentStore(_folder.PathOf("home"));
        using CmpClient client = Open(_settings with { Uri = listener.Uri });
        using var enrollment = new Enrollment(client, Asked("CN=lost")) { Store = store };
        Assert.Equal("CmpTransport.UnknownTicket", (await Assert.ThrowsAsync<CmpException>(() => enrollment.RunAsync())).ErrorId);
        Assert.Equal(2, taken);
        // nobody vouches for what the server says at this level
        Assert.True(enrollment.IsKept);
        Assert.Equal("Version10-00000002", Assert.Single(store.All(error => Assert.Fail(error.Message))).Ticket);
    }

    /// <summary>What is said in TCP-Messages is nobody's word: an error, or a reference that changes, ends nothing that waits.</summary>
    [Theory]
    [InlineData("000000070A000603000000", "CmpTcp.GeneralServerError")]
    [InlineData("0000000B0A0001000000990000001E", "CmpTcp.PollingReference")]
    [InlineData("000000040B000300", "CmpTcp.UnknownVersion")]
    [InlineData("000000080A00053003020105", "CmpMessage.Malformed")]
    public async Task What_comes_in_place_of_an_answer_ends_nothing_that_waits(string answer, string errorId)
    {
        await using Transports.ScriptedServer server = new(
            Transports.TcpTest.Answering("0000000B0A00010000000100000001"),
            Transports.TcpTest.Answering(answer));
        var store = new EnrollmentStore(_folder.PathOf("home"));
        using CmpClient client = Open(_settings with { Uri = Transports.TcpTest.Uri(server), KeepAlive = KeepAliveMode.No });
        using var enrollment = new Enrollment(client, Asked("CN=waits")) { Store = store };
        Assert.Equal(errorId, (await Assert.ThrowsAsync<CmpException>(() => enrollment.RunAsync())).ErrorId);
        Assert.Equal("Version10-00000001", Assert.Single(store.All(error => Assert.Fail(error.Message))).Ticket);
    }

    [Fact]
    public async Task Many_transactions_at_once_share_the_connections()
    {
        using CmpClient client = new(_settings, transport: null, clock: null, delay: (_, _) => Task.CompletedTask, atOnce: 8);
        ConcurrentBag<string> thumbprints = [];
        await Parallel.ForEachAsync(Enumerable.Range(0, 32), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            using var enrollment = new Enrollment(client, Asked($"CN=many {i}"));
            EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync());
            Assert.Equal($"CN=many {i}", enrolled.Certificate.Subject.ToString());
            thumbprints.Add(enrolled.Certificate.Thumbprint);
        });
        Assert.Equal(32, thumbprints.Distinct().Count());
    }

    private static CmpClient Open(ServerSettings settings) => new(settings, transport: null, clock: null, delay: (_, _) => Task.CompletedTask);

    private static EnrollmentRequest Asked(string subject) => new() { Subject = Name.Parse(subject), Key = new KeyRequest(), Destination = CertificateDestination.None };

    private static async Task<EnrolledCertificate> EnrollAsync(ServerSettings settings)
    {
        using CmpClient client = Open(settings);
        using var enrollment = new Enrollment(client, Asked("CN=router7"));
        return Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync());
    }

    /// <summary>An enrolment that is left where it would have to wait.</summary>
    private static async Task LeaveAsync(ServerSettings settings, EnrollmentStore store)
    {
        using CmpClient client = new(settings, transport: null, clock: null, delay: (_, _) => throw new OperationCanceledException());
        using var enrollment = new Enrollment(client, Asked("CN=router7")) { Store = store };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => enrollment.RunAsync());
        Assert.True(enrollment.IsKept);
    }

    private static ServerSettings Cmp1999(CmpTcpListener listener) => new()
    {
        Uri = listener.Uri,
        Preset = "Cmp1999",
        MacHashAlgorithm = "SHA256",
        Secret = Client.Desk.Secret(),
        TrustAnchor = [Transactions.Peer.Shared.Root.Certificate],
    };

    /// <summary>A server of RFC 2510 that says twice that the request waits, and then answers it.</summary>
    private static CmpTcpListener Partial(List<string> asked)
    {
        var inVersion1 = new Transactions.Reply { Header = header => header with { Pvno = 1 } };
        PkiMessage? ir = null;
        return CmpTcpListener.Start(
            new TcpListenerSettings { Style = TcpMessageStyle.Rfc2510 },
            (request, _) =>
            {
                PkiMessage message = PkiMessage.Decode(request.Octets);
                if (message.Body.Type == PkiBodyType.Pkiconf)
                    return Task.FromResult<TransportReply>(new TransportReply.Nothing());
                ir = message;
                return Part("00000001");
            },
            (reference, _) =>
            {
                asked.Add(reference);
                return asked.Count == 1 ? Part("00000002") : Task.FromResult<TransportReply>(new TransportReply.Octets(Client.Desk.Good(ir!, inVersion1)));
            });

        Task<TransportReply> Part(string next) => Task.FromResult<TransportReply>(
            new TransportReply.Octets(Transactions.Peer.Shared.Answer(ir!, Client.Desk.Response(ir!, null, PkiStatus.Waiting), inVersion1)) { Next = new TransportReply.NotYet(next, DateTimeOffset.UtcNow.AddSeconds(5)) });
    }

    private string Kill(Uri uri, string home, string subject, string outFile, int boundary)
    {
        ProgramResult result = Programs.Run(
            Programs.Find("dotnet")!,
            [typeof(Program).Assembly.Location, "die", "Initialization", uri.OriginalString, _server.Reference, _folder.PathOf("root.cer"), home, subject, outFile, string.Empty, boundary.ToString(CultureInfo.InvariantCulture)],
            environment: new Dictionary<string, string> { [Victim.SecretVariable] = _secret });
        string said = result.Text.Trim();
        Assert.True(said == "done" ? result.ExitCode == 0 : result.ExitCode != 0 && said.Length > 0 && result.Error.Length == 0, $"{said}: {result.Error}");
        return said;
    }
}
