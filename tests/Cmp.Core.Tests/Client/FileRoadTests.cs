using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>
/// Whole transactions over a folder. Time passes only while somebody waits, and the courier is the test: he answers when the client waits, in whatever way
/// the test wants.
/// </summary>
public sealed class FileRoadTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly List<CmpProgress> _progress = [];
    private TestServer.Peer _server = new(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never, ConfirmWaitTime = TimeSpan.FromDays(30) });

    public FileRoadTests() => Directory.CreateDirectory(Exchange);

    private string Exchange => _folder.PathOf("exchange");

    private EnrollmentStore Store => new(_folder.PathOf("home"));

    private ServerSettings Said => new()
    {
        Uri = new Uri(new Uri("file://"), Exchange),
        Secret = new ReferenceAndSecret(TestServer.Peer.Reference, new NetworkCredential(string.Empty, "correct horse battery staple").SecurePassword),
        TrustAnchor = [TestServer.Peer.Authority.Root],
        IterationCount = 500,
    };

    private string[] Names => [.. Directory.GetFileSystemEntries(Exchange).Select(path => Path.GetFileName(path)!).OrderBy(name => name, StringComparer.Ordinal)];

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [SkippableFact]
    public async Task An_enrolment_goes_through_a_folder()
    {
        Courier courier = new(this);
        using CmpClient client = Open(() => courier.Carry());
        using Enrollment enrollment = Begin(client);
        EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync());
        Assert.True(enrolled.Confirmed);
        Assert.Empty(enrolled.Warnings);
        Assert.Contains(_server.Responder.Issued, enrolled.Certificate.IsSameAs);
        Assert.Equal(["ir", "certConf"], courier.Carried.Select(message => PkiBodyTypeNames.Of(message.Body.Type)));

        // in the order in which they were said
        string id = Hex.Of(courier.Carried[0].Header.TransactionId!.Value.Span);
        Assert.Equal(4, Names.Length);
        Assert.All(Names, name => Assert.StartsWith(id + "-00", name, StringComparison.Ordinal));
        Assert.Equal(["001", "001", "002", "002"], Names.Select(name => name.Substring(id.Length + 1, 3)));
        Assert.Contains(_progress, progress => progress.Phase == "Waiting for the answer" && progress.Reason!.Contains(Path.Combine(Exchange, id + "-001-")) && progress.Remaining is null);
        Assert.Empty(Store.All(error => Assert.Fail(error.Message)));
    }

    [SkippableFact]
    public async Task Who_does_not_wait_goes_on_days_later_in_another_process()
    {
        using (CmpClient client = Open())
        using (Enrollment enrollment = Begin(client, isImpatient: true))
        {
            Assert.Null(await enrollment.RunAsync());
            Assert.Contains(".response.pki", enrollment.WaitingReason);
        }
        string request = Assert.Single(Names);
        PendingEnrollment pending = Pending();
        Assert.Equal(request, pending.Ticket + ".request.pki");

        // nothing has come: it stays as it is
        _server.Now += TimeSpan.FromDays(1);
        Assert.Null(await ResumeAsync(isImpatient: true));
        Assert.Equal([request], Names);

        // the courier took the one and brings the other
        Courier courier = new(this);
        _server.Now += TimeSpan.FromDays(1);
        Assert.Equal(1, courier.Carry());
        File.Delete(Path.Combine(Exchange, request));
        Assert.Null(await ResumeAsync(isImpatient: true));
        Assert.Equal(2, Names.Length);
        Assert.NotEqual(pending.Ticket, Pending().Ticket);

        _server.Now += TimeSpan.FromDays(1);
        Assert.Equal(1, courier.Carry());
        EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await ResumeAsync(isImpatient: true));
        Assert.True(enrolled.Confirmed);
        Assert.Single(_server.Responder.Issued);
        Assert.Empty(Store.All(error => Assert.Fail(error.Message)));
        Assert.True(File.Exists(_folder.PathOf("new.pem")));
    }

    [SkippableFact]
    public async Task Rule38_Who_waits_ends_with_a_pending_transaction_when_the_time_is_up_and_not_with_an_error()
    {
        // whatever part of a look the end of the time falls on
        for (int milliseconds = 20_000; milliseconds < 20_600; milliseconds += 50)
        {
            using CmpClient client = Open();
            using Enrollment enrollment = Begin(client);
            Assert.Null(await enrollment.RunAsync(TimeSpan.FromMilliseconds(milliseconds)));
            Assert.NotNull(Store.Find(enrollment.TransactionId!)!.Ticket);
            enrollment.Dispose();
            Enrollment.Abandon(Store, enrollment.TransactionId!);
        }
    }

    [SkippableFact]
    public async Task Nobody_looks_more_often_than_every_few_seconds_or_writes_down_that_nothing_has_come()
    {
        int waits = 0, kept = 0;
        using CmpClient client = Open(() => waits++);
        using Enrollment enrollment = Begin(client, boundary: step => kept += step == "Wait" ? 1 : 0);
        Assert.Null(await enrollment.RunAsync(TimeSpan.FromHours(1)));
        // one wait is at most a second of it
        Assert.InRange(waits, 3600, 3700);
        Assert.Equal(1, kept);
        Assert.InRange(_progress.Count, 3600, 3800);
    }

    [SkippableFact]
    public async Task Rule75_An_answer_to_another_transaction_changes_nothing_and_the_right_one_is_taken()
    {
        using (CmpClient client = Open())
        using (Enrollment enrollment = Begin(client, isImpatient: true))
            Assert.Null(await enrollment.RunAsync());
        string ticket, answer;
        for (int conf = 0; conf < 2; conf++)
        {
            ticket = Pending().Ticket!;
            answer = Path.Combine(Exchange, ticket + ".response.pki");
            await AnswerAnotherAsync(answer);
            CmpException error = await Assert.ThrowsAnyAsync<CmpException>(() => ResumeAsync(isImpatient: conf == 0));
            Assert.Equal("CmpTransaction.TransactionId", error.ErrorId);
            Assert.Equal(ticket, Pending().Ticket);
            File.Delete(answer);
            new Courier(this).Carry();
            EnrolledCertificate? enrolled = await ResumeAsync(isImpatient: true);
            Assert.Equal(conf == 1, enrolled?.Confirmed == true);
        }
        Assert.Single(_server.Responder.Issued);
    }

    [SkippableTheory]
    [InlineData("3C68746D6C3E", "CmpMessage.Malformed")]
    [InlineData("3003020105FF", "CmpMessage.Malformed")]
    [InlineData("3084FFFFFFFF", "CmpMessage.TooLarge")]
    [InlineData("3003020105", "CmpMessage.Malformed")]
    [InlineData("30820100", "CmpFile.Incomplete")]
    [InlineData("", "CmpFile.Incomplete")]
    public async Task A_file_that_is_no_answer_is_one_error_and_the_transaction_waits_for_a_better_one(string octets, string errorId)
    {
        using (CmpClient client = Open())
        using (Enrollment enrollment = Begin(client, isImpatient: true))
            Assert.Null(await enrollment.RunAsync());
        string answer = Path.Combine(Exchange, Pending().Ticket + ".response.pki");
        File.WriteAllBytes(answer, Hex.Parse(octets));
        Assert.Equal(errorId, (await Assert.ThrowsAnyAsync<CmpException>(() => ResumeAsync())).ErrorId);
        Assert.NotNull(Pending().Ticket);
        File.Delete(answer);
        Courier courier = new(this);
        Assert.True((await ResumeAsync(waiting: courier.Carry))!.Confirmed);
        Assert.Single(_server.Responder.Issued);
    }

    [SkippableFact]
    public async Task How_far_an_answer_is_that_is_being_written_is_told_also_to_who_does_not_wait()
    {
        using (CmpClient client = Open())
        using (Enrollment enrollment = Begin(client, isImpatient: true))
            Assert.Null(await enrollment.RunAsync());
        File.WriteAllBytes(Path.Combine(Exchange, Pending().Ticket + ".response.pki"), Hex.Parse("308201000201"));
        Assert.Null(await ResumeAsync(isImpatient: true));
        Assert.EndsWith("but 6 of 260 octets are there", Pending().WaitReason, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task An_answer_that_is_seen_at_each_octet_of_it_is_one_certificate()
    {
        var answers = new Dictionary<string, byte[]>();
        int written = 0;
        using CmpClient client = Open(() =>
        {
            // an octet each time that somebody waits
            string last = Names.Last(name => name.EndsWith(".request.pki", StringComparison.Ordinal));
            string path = Path.Combine(Exchange, last);
            if (!answers.TryGetValue(last, out byte[]? answer))
                answers[last] = answer = _server.Responder.Respond(File.ReadAllBytes(path)).ToArray();
            using var stream = new FileStream(path.Replace(".request.", ".response."), FileMode.Append);
            if (stream.Position == answer.Length)
                return;
            stream.WriteByte(answer[(int)stream.Position]);
            written++;
        });
        using Enrollment enrollment = Begin(client);
        Assert.True((await enrollment.RunAsync(TimeSpan.FromHours(2)))!.Confirmed);
        Assert.Equal(answers.Values.Sum(answer => answer.Length), written);
        Assert.Equal(2, answers.Count);
        Assert.Single(_server.Responder.Issued);
    }

    [SkippableFact]
    public async Task Without_the_folder_no_key_is_made_and_nothing_is_pending()
    {
        Directory.Delete(Exchange);
        int keys = 0;
        using CmpClient client = Open();
        using var enrollment = new Enrollment(client, Asked(isImpatient: false)) { Store = Store, GetKey = request => throw new InvalidOperationException((++keys).ToString()) };
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => enrollment.RunAsync());
        Assert.Equal("CmpStore.NotFound", error.ErrorId);
        Assert.Contains(Exchange, error.Message);
        Assert.Equal(0, keys);
        Assert.False(Directory.Exists(_folder.PathOf("home")));
        Assert.False(Directory.Exists(Exchange));
    }

    [SkippableFact]
    public async Task A_folder_that_is_away_for_a_while_ends_nothing()
    {
        Courier courier = new(this);
        using (CmpClient client = Open())
        using (Enrollment enrollment = Begin(client, isImpatient: true))
            Assert.Null(await enrollment.RunAsync());
        await AwayAsync();
        courier.Carry();
        Assert.Null(await ResumeAsync(isImpatient: true));
        // the certificate is there by now, and not yet confirmed
        await AwayAsync();
        courier.Carry();
        Assert.True((await ResumeAsync(isImpatient: true))!.Confirmed);

        async Task AwayAsync()
        {
            Directory.Move(Exchange, _folder.PathOf("elsewhere"));
            Assert.Equal("CmpStore.NotFound", (await Assert.ThrowsAsync<CmpException>(() => ResumeAsync(isImpatient: true))).ErrorId);
            Assert.False(File.Exists(_folder.PathOf("new.pem")));
            Directory.Move(_folder.PathOf("elsewhere"), Exchange);
        }
    }

    [SkippableFact]
    public async Task A_server_that_makes_us_wait_is_polled_by_files()
    {
        _server.Dispose();
        _server = new TestServer.Peer(new TestServerOptions { PollCount = 2, CheckAfter = 3600, ImplicitConfirmation = ImplicitConfirmation.Never, ConfirmWaitTime = TimeSpan.FromDays(30) });
        Courier courier = new(this);
        using CmpClient client = Open(() => courier.Carry());
        using Enrollment enrollment = Begin(client);
        Assert.True((await enrollment.RunAsync(TimeSpan.FromDays(1)))!.Confirmed);
        Assert.Equal(["ir", "pollReq", "pollReq", "pollReq", "certConf"], courier.Carried.Select(message => PkiBodyTypeNames.Of(message.Body.Type)));
        Assert.Equal(10, Names.Length);
        Assert.Equal(Names, Names.OrderBy(name => name.Substring(name.IndexOf('-'), 4), StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task Two_transactions_go_through_one_folder_at_once()
    {
        Courier courier = new(this);
        using (CmpClient first = Open())
        using (Enrollment enrollment = Begin(first, isImpatient: true, name: "first"))
            Assert.Null(await enrollment.RunAsync());
        using (CmpClient second = Open())
        using (Enrollment enrollment = Begin(second, isImpatient: true, name: "second"))
            Assert.Null(await enrollment.RunAsync());
        PendingEnrollment[] pending = [.. Store.All(error => Assert.Fail(error.Message))];
        Assert.Equal(2, pending.Length);
        // the later one is answered first, and each gets its own
        for (int i = 0; i < 2; i++)
        {
            courier.Carry();
            foreach (PendingEnrollment one in pending.OrderByDescending(one => one.Subject, StringComparer.Ordinal))
                Assert.Equal(i == 1, await ResumeAsync(isImpatient: true, id: one.Id) is not null);
        }
        foreach (string name in new[] { "first", "second" })
        {
            using FoundCertificate found = CertificateSource.Find(_folder.PathOf(name + ".pem"));
            Assert.Equal("CN=" + name, found.Certificate.Subject);
            found.Key!.EnsureFits(Certificate.From(found.Certificate).PublicKey);
        }
        Assert.Equal(2, _server.Responder.Issued.Count);
    }

    [SkippableFact]
    public async Task Several_certificates_of_one_message_go_through_a_folder()
    {
        Courier courier = new(this);
        using CmpClient client = Open(() => courier.Carry());
        using var enrollment = new Enrollment(client, [Asked(isImpatient: false, "first"), Asked(isImpatient: false, "second")]) { Store = Store };
        await enrollment.RunAsync();
        Assert.All(enrollment.Items, item => Assert.True(item.Enrolled!.Confirmed));
        Assert.Equal(2, courier.Carried.Count);
    }

    [SkippableFact]
    public async Task Rule57_The_conf_of_RFC_2510_is_written_and_nothing_is_waited_for()
    {
        Courier courier = new(this);
        using CmpClient client = Open(() => courier.Carry(), said => said with { Preset = "Cmp1999" });
        using Enrollment enrollment = Begin(client);
        EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync());
        Assert.True(enrolled.Confirmed);
        Assert.Equal(3, Names.Length);
        Assert.Equal(PkiBodyType.Pkiconf, PkiMessage.Decode(File.ReadAllBytes(Path.Combine(Exchange, Names[2]))).Body.Type);
    }

    [SkippableFact]
    public async Task Rule49_That_we_stop_is_written_too()
    {
        var desk = new Desk(FakeRoad.ToNobody());
        _server.Now = desk.Clock.Now;
        Courier courier = new(this) { Answer = request => Desk.Good(request, new Transactions.Reply { Header = header => header with { RecipNonce = new byte[16] } }) };
        using CmpClient client = Open(() => courier.Carry(), said => desk.Said() with { Uri = said.Uri, NotifyErrors = true });
        using Enrollment enrollment = Begin(client);
        Assert.Equal("CmpTransaction.RecipNonce", (await Assert.ThrowsAnyAsync<CmpException>(() => enrollment.RunAsync())).ErrorId);
        Assert.Equal(PkiBodyType.Error, PkiMessage.Decode(File.ReadAllBytes(Path.Combine(Exchange, Names[2]))).Body.Type);
    }

    [SkippableFact]
    public async Task A_question_waits_as_long_as_it_may_and_says_for_what()
    {
        Courier courier = new(this);
        using (CmpClient client = Open(() => courier.Carry()))
            Assert.NotEmpty(await client.SendGeneralMessageAsync([]));
        using CmpClient alone = Open();
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => alone.SendGeneralMessageAsync([], new RequestOptions { Timeout = TimeSpan.FromMinutes(1) }));
        Assert.Equal("CmpTransaction.StillWaiting", error.ErrorId);
        Assert.Contains(".response.pki'", error.Message);
        Assert.DoesNotContain("asked again", error.Message);
        // nobody will look for its answer
        Assert.Equal(2, Names.Length);
        using var enough = new CancellationTokenSource();
        using CmpClient stopped = Open(enough.Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped.SendGeneralMessageAsync([], null, enough.Token));
        Assert.Equal(2, Names.Length);
    }

    [SkippableTheory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Who_gives_an_enrolment_up_takes_back_what_was_not_answered(bool isAnswered, bool isAway)
    {
        using (CmpClient client = Open())
        using (Enrollment enrollment = Begin(client, isImpatient: true))
            Assert.Null(await enrollment.RunAsync());
        if (isAnswered)
            new Courier(this).Carry();
        if (isAway)
            Directory.Move(Exchange, _folder.PathOf("elsewhere"));
        var warnings = new List<string>();
        Enrollment.Abandon(Store, Pending().Id, warnings.Add);
        Assert.Empty(Store.All(error => Assert.Fail(error.Message)));
        Assert.Equal(isAway ? 1 : 0, warnings.Count);
        Assert.All(warnings, warning => Assert.Contains("may be carried to the server still", warning));
        Assert.Equal(isAnswered ? 2 : isAway ? 1 : 0, Directory.GetFiles(isAway ? _folder.PathOf("elsewhere") : Exchange).Length);
    }

    [SkippableFact]
    public async Task Who_gives_a_revocation_up_takes_it_back_too()
    {
        var store = new PendingRequestStore(_folder.PathOf("home"));
        Certificate certificate = _server.Enroll("CN=router7").Certificate;
        using CmpClient client = Open();
        await client.RevokeAsync([new RevocationRequest { Certificate = certificate }], new RequestOptions { Store = store, IsImpatient = true });
        Assert.Single(Names);
        store.Abandon(Assert.Single(store.All(error => Assert.Fail(error.Message))).Id);
        Assert.Empty(Names);
        Assert.Equal("CmpTransaction.StillWaiting", (await Assert.ThrowsAsync<CmpException>(() => client.RevokeAsync([new RevocationRequest { Certificate = certificate }], new RequestOptions { IsImpatient = true }))).ErrorId);
        Assert.Empty(Names);
    }

    [SkippableFact]
    public async Task A_revocation_goes_through_a_folder_days_later_and_past_a_wrong_answer()
    {
        var store = new PendingRequestStore(_folder.PathOf("home"));
        Certificate certificate = _server.Enroll("CN=router7").Certificate;
        Courier courier = new(this);
        using (CmpClient client = Open())
        {
            Revocation waiting = Assert.Single(await client.RevokeAsync([new RevocationRequest { Certificate = certificate }], new RequestOptions { Store = store, IsImpatient = true }));
            Assert.Equal(PkiStatus.Waiting, waiting.Status);
        }
        PendingRequest pending = Assert.Single(store.All(error => Assert.Fail(error.Message)));
        string answer = Path.Combine(Exchange, pending.Ticket + ".response.pki");
        await AnswerAnotherAsync(answer);
        Assert.Equal("CmpTransaction.TransactionId", (await Assert.ThrowsAnyAsync<CmpException>(() => store.ResumeAsync(pending.Id, Options(null)))).ErrorId);
        Assert.Equal(pending.Ticket, store.Find(pending.Id)!.Ticket);
        File.Delete(answer);
        _server.Now += TimeSpan.FromDays(3);
        courier.Carry();
        Assert.True(Assert.Single(await store.ResumeAsync(pending.Id, Options(null))).IsRevoked);
        Assert.Empty(store.All(error => Assert.Fail(error.Message)));
    }

    [SkippableFact]
    public async Task A_revocation_whose_first_answer_is_another_ones_stays_pending_too()
    {
        var store = new PendingRequestStore(_folder.PathOf("home"));
        Certificate certificate = _server.Enroll("CN=router7").Certificate;
        using CmpClient client = Open(() => AnswerAnotherAsync(Path.Combine(Exchange, Assert.Single(Names).Replace(".request.", ".response."))).GetAwaiter().GetResult());
        CmpException error = await Assert.ThrowsAnyAsync<CmpException>(() => client.RevokeAsync([new RevocationRequest { Certificate = certificate }], new RequestOptions { Store = store }));
        Assert.Equal("CmpTransaction.TransactionId", error.ErrorId);
        Assert.NotNull(Assert.Single(store.All(failed => Assert.Fail(failed.Message))).Ticket);
    }

    [SkippableFact]
    public void An_address_opens_a_folder_and_a_path_is_told_its_address()
    {
        Assert.IsType<FileTransport>(Roads.Open(Said.Resolve(), 1));
        CmpException error = Assert.Throws<CmpException>(() => Roads.Open((Said with { Uri = new Uri(Exchange, UriKind.RelativeOrAbsolute) }).Resolve(), 1));
        Assert.Equal("CmpArgument.Server", error.ErrorId);
        Assert.Contains("file:///", error.RecommendedAction);
        Assert.Equal("CmpTransport.InvalidUri", Assert.Throws<CmpException>(() => Roads.Open((Said with { Uri = new Uri("file:///srv?cmp") }).Resolve(), 1)).ErrorId);
    }

    /// <summary>Puts what a server said in another transaction where an answer is waited for.</summary>
    private static async Task AnswerAnotherAsync(string path)
    {
        using var other = new Counter();
        await other.Client.SendGeneralMessageAsync([]);
        File.WriteAllBytes(path, other.Server.Responder.Respond(other.Road.Requests.Last().Octets).ToArray());
    }

    private PendingEnrollment Pending() => Assert.Single(Store.All(error => Assert.Fail(error.Message)));

    private EnrollmentRequest Asked(bool isImpatient, string name = "new")
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        return new EnrollmentRequest
        {
            Subject = Name.Parse("CN=" + name),
            Key = new KeyRequest(),
            Destination = CertificateDestination.InFile(_folder.PathOf(name + ".pem")),
            IsImpatient = isImpatient,
        };
    }

    private Enrollment Begin(CmpClient client, bool isImpatient = false, string name = "new", Action<string>? boundary = null) => new(client, Asked(isImpatient, name))
    {
        Store = Store,
        Progress = new Heard(_progress),
        Boundary = boundary,
    };

    /// <summary>Goes on as another process would.</summary>
    private async Task<EnrolledCertificate?> ResumeAsync(bool isImpatient = false, string? id = null, Func<int>? waiting = null)
    {
        _server.Now += TimeSpan.FromSeconds(1);
        using Enrollment enrollment = Enrollment.Resume(Store, id ?? Pending().Id, Options(waiting) with { IsImpatient = isImpatient });
        return await enrollment.RunAsync();
    }

    private ResumeOptions Options(Func<int>? waiting) => new()
    {
        Said = Said,
        OpenClient = settings => Open(() => waiting?.Invoke(), _ => settings),
        Progress = new Heard(_progress),
    };

    /// <summary>A client whose time passes while it waits; something may happen then.</summary>
    private CmpClient Open(Action? waiting = null, Func<ServerSettings, ServerSettings>? settings = null)
    {
        ServerSettings said = settings?.Invoke(Said) ?? Said;
        var road = new FileTransport(new FileTransportSettings { Uri = said.Uri! }, () => _server.Now);
        return new CmpClient(said, road, () => _server.Now, (time, token) =>
        {
            waiting?.Invoke();
            token.ThrowIfCancellationRequested();
            _server.Now += time;
            return Task.CompletedTask;
        });
    }

    /// <summary>Who carries each request to the server, once, and brings the answer.</summary>
    private sealed class Courier(FileRoadTests place)
    {
        internal List<PkiMessage> Carried { get; } = [];

        internal Func<PkiMessage, ReadOnlyMemory<byte>>? Answer { get; init; }

        internal int Carry()
        {
            int carried = 0;
            foreach (string path in Directory.GetFiles(place.Exchange, "*.request.pki"))
            {
                string answer = path.Replace(".request.pki", ".response.pki");
                byte[] octets = File.ReadAllBytes(path);
                if (File.Exists(answer))
                    continue;
                Carried.Add(PkiMessage.Decode(octets));
                ReadOnlyMemory<byte> said = Answer?.Invoke(Carried[Carried.Count - 1]) ?? place._server.Responder.Respond(octets);
                if (!said.IsEmpty)
                    File.WriteAllBytes(answer, said.ToArray());
                carried++;
            }
            return carried;
        }
    }

    private sealed class Heard(List<CmpProgress> list) : IProgress<CmpProgress>
    {
        public void Report(CmpProgress value) => list.Add(value);
    }
}
