using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.State;
using Cmp.Stores;
using Cmp.Tests.Transactions;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>What an enrolment leaves on disk, and how another process goes on with it.</summary>
public sealed class EnrollmentMemoryTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly string _home;
    private readonly EnrollmentStore _store;

    public EnrollmentMemoryTests()
    {
        _home = _folder.PathOf("home");
        _store = new EnrollmentStore(_home);
    }

    public void Dispose() => _folder.Dispose();

    private PendingEnrollment Pending => Assert.Single(_store.All(error => Assert.Fail(error.Message)));

    private string[] Left => Directory.Exists(_home)
        ? [.. Directory.GetFiles(_home, "*", SearchOption.AllDirectories).Where(file => !file.Contains("enrolments") && !file.EndsWith(".lock", StringComparison.Ordinal))]
        : [];

    [Fact]
    public async Task The_whole_record_is_on_disk_before_the_first_octet_leaves()
    {
        PendingEnrollment? seen = null;
        byte[]? key = null;
        Desk desk = Script(request =>
        {
            seen = Pending;
            key = File.ReadAllBytes(Left.Single(file => file.EndsWith(".key", StringComparison.Ordinal)));
            Assert.Equal(seen.State!.LastMessage.ToArray(), request.Encoded.ToArray());
            return Desk.Good(request);
        }, Desk.PkiConf);
        EnrolledCertificate enrolled = await desk.EnrollAsync();
        Assert.Equal(enrolled.TransactionId, seen!.Id);
        Assert.Equal("CN=router7", seen.Subject);
        Assert.Equal(PendingKey.Waiting, Assert.Single(seen.Items).Key);
        using (Cmp.Cryptography.PrivateKey kept = Cmp.Cryptography.PrivateKey.FromPkcs8(key!))
            kept.EnsureFits(enrolled.Certificate.PublicKey);
        Assert.Empty(Left);
    }

    [Fact]
    public async Task Where_nothing_can_be_kept_nothing_is_made_and_nothing_is_sent()
    {
        File.WriteAllText(_home, "a file in place of the folder");
        Desk desk = new(FakeRoad.ToNobody()) { Store = _store };
        CmpException error = await desk.FailsAsync();
        Assert.StartsWith("CmpStore.", error.ErrorId, StringComparison.Ordinal);
        Assert.Equal(0, desk.KeysMade);
    }

    [Fact]
    public async Task A_disk_that_is_full_later_costs_a_warning_and_not_the_certificate()
    {
        Desk desk = Script(request =>
        {
            Directory.Move(_home, _home + "-away");
            File.WriteAllText(_home, "no more room");
            return Desk.Good(request);
        }, Desk.PkiConf);
        EnrolledCertificate enrolled = await desk.EnrollAsync();
        Assert.True(enrolled.Confirmed);
        Assert.Contains(desk.Trace.Warnings, warning => warning.Contains("could not be saved"));
    }

    [SkippableFact]
    public async Task A_file_system_without_room_is_an_error_before_any_traffic()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root mounts a small file system");
        string small = Directory.CreateDirectory(_folder.PathOf("small")).FullName;
        ProgramResult mounted = Programs.Run("/bin/mount", ["-t", "tmpfs", "-o", "size=16k", "none", small]);
        Skip.If(mounted.ExitCode != 0, "mounting is not allowed here");
        try
        {
            File.WriteAllBytes(Path.Combine(small, "filler"), new byte[12 * 1024]);
            Desk desk = new(FakeRoad.ToNobody()) { Store = new EnrollmentStore(Path.Combine(small, "home")) };
            CmpException error = await desk.FailsAsync();
            Assert.StartsWith("CmpStore.", error.ErrorId, StringComparison.Ordinal);
            Assert.DoesNotContain(Directory.GetFiles(small, "*", SearchOption.AllDirectories), file => file.Contains("home") && !file.EndsWith(".lock", StringComparison.Ordinal));

            // and where it is read-only
            Assert.Equal(0, Programs.Run("/bin/mount", ["-o", "remount,ro", small]).ExitCode);
            Desk reader = new(FakeRoad.ToNobody()) { Store = new EnrollmentStore(Path.Combine(small, "other")) };
            Assert.StartsWith("CmpStore.", (await reader.FailsAsync()).ErrorId, StringComparison.Ordinal);
            Assert.Equal(0, reader.KeysMade);
        }
        finally
        {
            Programs.Run("/bin/umount", [small]);
        }
    }

    [Fact]
    public async Task A_server_that_waits_leaves_a_transaction_that_another_process_ends()
    {
        Desk desk = Script(Desk.Waiting, Desk.PollRep(3600, "come back later"));
        Assert.Null(await desk.RunAsync(TimeSpan.FromMinutes(1)));
        desk.Enrollment.Dispose();
        PendingEnrollment pending = Pending;
        Assert.Equal(Peer.Now.AddHours(1), pending.WaitUntil);
        Assert.Equal("come back later", pending.WaitReason);

        FakeRoad road = FakeRoad.Of(request => Good(request, desk), Desk.PkiConf);
        var clock = new FakeClock { Now = Peer.Now.AddMinutes(10) };
        using Enrollment again = Resume(road, clock);
        Assert.Equal(Peer.Now.AddHours(1), again.WaitingUntil);
        EnrolledCertificate enrolled = (await again.RunAsync(TimeSpan.FromHours(2)))!;
        Assert.True(enrolled.Confirmed);
        Assert.Equal(TimeSpan.FromMinutes(50), TimeSpan.FromTicks(clock.Waits.Sum(wait => wait.Ticks)));
        Assert.Equal(["pollReq", "certConf"], road.Kinds);
        Assert.Equal(pending.Id, Hex.Of(road.Sent[0].Header.TransactionId!.Value.Span));
        Assert.Equal(desk.Key.PublicKey.Key.ToArray(), enrolled.Certificate.PublicKey.Key.ToArray());
        Assert.Empty(Left);
    }

    [Fact]
    public async Task A_clock_that_jumps_by_a_year_keeps_nobody_waiting_for_a_year()
    {
        Desk desk = Script(Desk.Waiting, Desk.PollRep(600));
        Assert.Null(await desk.RunAsync(TimeSpan.FromMinutes(1)));
        desk.Enrollment.Dispose();
        // back by a year: ten minutes are waited for all the same, and no longer
        var back = new FakeClock { Now = Peer.Now.AddYears(-1) };
        using (Enrollment again = Resume(FakeRoad.Of(Desk.PollRep(600)), back))
            Assert.Null(await again.RunAsync(TimeSpan.FromMinutes(15)));
        Assert.Equal(TimeSpan.FromMinutes(10), TimeSpan.FromTicks(back.Waits.Sum(wait => wait.Ticks)));
        // ahead by a year: asked at once, and nothing is given up
        var ahead = new FakeClock { Now = Peer.Now.AddYears(1) };
        using (Enrollment again = Resume(FakeRoad.Of(Desk.PollRep(600)), ahead))
            Assert.Null(await again.RunAsync(TimeSpan.FromMinutes(1)));
        Assert.InRange(ahead.Waits.Sum(wait => wait.TotalSeconds), 0, 1);
        Assert.NotNull(Pending.WaitUntil);
    }

    [Fact]
    public async Task Rule50_What_may_not_have_been_heard_is_said_again_with_the_nonces_of_now()
    {
        Desk desk = Script(Desk.Waiting, Desk.PollRep(0), _ => throw new CmpException(CmpErrorKind.Transport, "CmpTransport.Reset", "cut"));
        Assert.Equal("CmpTransport.Reset", (await Assert.ThrowsAsync<CmpException>(() => desk.RunAsync())).ErrorId);
        Assert.True(desk.Enrollment.IsKept);
        Assert.Equal(0, desk.KeysDeleted);
        PkiMessage lost = desk.Road.Sent[2];

        FakeRoad road = FakeRoad.Of(request => Good(request, desk), Desk.PkiConf);
        using Enrollment again = Resume(road, new FakeClock { Now = Peer.Now.AddDays(1) });
        Assert.NotNull(await again.RunAsync());
        PkiMessage said = road.Sent[0];
        Assert.Equal(lost.Header.TransactionId!.Value.ToArray(), said.Header.TransactionId!.Value.ToArray());
        Assert.Equal(lost.Header.SenderNonce!.Value.ToArray(), said.Header.SenderNonce!.Value.ToArray());
        Assert.Equal(lost.Header.RecipNonce!.Value.ToArray(), said.Header.RecipNonce!.Value.ToArray());
        Assert.Equal(lost.Body.Encoded.ToArray(), said.Body.Encoded.ToArray());
        Assert.Equal(Peer.Now.AddDays(1), said.Header.MessageTime);
        Assert.NotEqual(lost.Protection!.Value.ToArray(), said.Protection!.Value.ToArray());
    }

    [Fact]
    public async Task Rule34_What_anybody_may_say_does_not_end_a_pending_transaction()
    {
        Desk desk = Script(Desk.Waiting, Desk.PollRep(3600));
        Assert.Null(await desk.RunAsync(TimeSpan.FromMinutes(1)));
        desk.Enrollment.Dispose();
        Func<PkiMessage, ReadOnlyMemory<byte>>[] noise =
        [
            _ => new byte[] { 0x30, 3, 1, 2, 3 },
            request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadAlg), Reply.Unprotected),
            request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadAlg), new Reply { Protector = Peer.Mac("another secret") }),
            request => Peer.Shared.Answer(request, Scene.PollRep(1), new Reply { Header = header => header with { RecipNonce = new byte[16] } }),
        ];
        foreach (Func<PkiMessage, ReadOnlyMemory<byte>> answer in noise)
        {
            using Enrollment again = Resume(FakeRoad.Of(answer), Later);
            await Assert.ThrowsAnyAsync<CmpException>(() => again.RunAsync());
            Assert.True(again.IsKept);
        }
        Assert.Equal(2, Left.Length);

        // what the server itself says ends it
        using Enrollment last = Resume(FakeRoad.Of(request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadAlg))), Later);
        Assert.Equal("CmpServer.badAlg", (await Assert.ThrowsAnyAsync<CmpException>(() => last.RunAsync())).ErrorId);
        Assert.False(last.IsKept);
        Assert.Empty(Left);
    }

    [Fact]
    public async Task Rule50_Who_says_that_a_ticket_is_unknown_and_cuts_the_road_then_ends_nothing()
    {
        int turn = 0;
        FakeRoad road = new((_, _) => turn++ == 0
            ? Task.FromResult<TransportReply>(new TransportReply.NotYet("ticket-1", Peer.Now))
            : throw new CmpException(CmpErrorKind.Transport, "CmpTransport.Reset", "cut"))
        {
            Collect = _ => throw new CmpException(CmpErrorKind.Protocol, "CmpTransport.UnknownTicket", "The server knows nothing of it."),
        };
        Desk desk = new(road) { Store = _store };
        Assert.Equal("CmpTransport.Reset", (await Assert.ThrowsAsync<CmpException>(() => desk.RunAsync())).ErrorId);
        Assert.True(desk.Enrollment.IsKept);
        Assert.Equal(0, desk.KeysDeleted);

        FakeRoad well = FakeRoad.Of(request => Good(request, desk), Desk.PkiConf);
        using Enrollment again = Resume(well, Later);
        Assert.NotNull(await again.RunAsync());
        Assert.Equal(road.Sent[0].Header.SenderNonce!.Value.ToArray(), well.Sent[0].Header.SenderNonce!.Value.ToArray());
    }

    [Fact]
    public async Task Who_stops_waiting_gives_nothing_up_and_who_stops_before_leaves_nothing()
    {
        using var stop = new CancellationTokenSource();
        Desk desk = Script(Desk.Waiting, Desk.PollRep(3600));
        desk.Clock.Waiting = stop.Cancel;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => desk.RunAsync(TimeSpan.FromDays(1), stop.Token));
        Assert.True(desk.Enrollment.IsKept);
        Assert.Equal(2, Left.Length);
        Enrollment.Abandon(_store, Pending.Id);
        Assert.Empty(Left);

        using var early = new CancellationTokenSource();
        Desk silent = new(FakeRoad.ToSilence(early.Cancel)) { Store = _store };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => silent.RunAsync(null, early.Token));
        Assert.False(silent.Enrollment.IsKept);
        Assert.Empty(Left);
    }

    [Fact]
    public async Task One_process_works_on_a_transaction_and_the_other_hears_which()
    {
        Desk desk = Script(Desk.Waiting, Desk.PollRep(3600));
        Assert.Null(await desk.RunAsync(TimeSpan.FromMinutes(1)));
        CmpException error = Assert.Throws<CmpException>(() => Resume(FakeRoad.ToNobody(), Later));
        Assert.Equal("CmpTransaction.Busy", error.ErrorId);
        Assert.Contains(Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture), error.Message);
        Assert.Equal("CmpTransaction.Busy", Assert.Throws<CmpException>(() => Enrollment.Abandon(_store, Pending.Id)).ErrorId);
        desk.Enrollment.Dispose();
        Resume(FakeRoad.ToNobody(), Later).Dispose();
        Assert.Equal(2, Left.Length);
    }

    [Fact]
    public async Task A_key_that_vanished_is_named_and_nothing_else_is_lost()
    {
        Desk desk = Script(Desk.Waiting, Desk.PollRep(3600));
        Assert.Null(await desk.RunAsync(TimeSpan.FromMinutes(1)));
        desk.Enrollment.Dispose();
        string key = Left.Single(file => file.EndsWith(".key", StringComparison.Ordinal));
        byte[] octets = File.ReadAllBytes(key);
        File.Delete(key);
        Assert.Equal("CmpKey.Vanished", Assert.Throws<CmpException>(() => Resume(FakeRoad.ToNobody(), Later)).ErrorId);
        Assert.NotNull(Pending);
        File.WriteAllBytes(key, octets);
        UnixMode.Set(key, 0x180);
        using Enrollment again = Resume(FakeRoad.Of(request => Good(request, desk), Desk.PkiConf), Later);
        Assert.NotNull(await again.RunAsync());
    }

    [Fact]
    public async Task A_registration_token_stands_in_no_record()
    {
        using var token = new NetworkCredential(string.Empty, "token-0815").SecurePassword;
        Desk desk = new(FakeRoad.Of(Desk.Waiting, Desk.PollRep(3600))) { Store = _store, Request = request => request with { RegistrationToken = token } };
        Assert.Null(await desk.RunAsync(TimeSpan.FromMinutes(1)));
        desk.Enrollment.Dispose();
        AssertSecret();
        // taken up and left again, and with the request said once more
        using (Enrollment again = Resume(FakeRoad.Of(Desk.PollRep(3600)), Later))
            Assert.Null(await again.RunAsync(TimeSpan.FromMinutes(1)));
        AssertSecret();
        using (Enrollment last = Resume(FakeRoad.Of(request => Good(request, desk), Desk.PkiConf), new FakeClock { Now = Peer.Now.AddHours(3) }))
            Assert.NotNull(await last.RunAsync());
        Assert.Empty(Left);

        void AssertSecret()
        {
            string[] holders = [.. Left.Where(file => Contains(File.ReadAllBytes(file), "token-0815"))];
            Assert.EndsWith(".request", Assert.Single(holders));
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixMode.OwnerOnly, UnixMode.Of(holders[0]));
        }
    }

    [Fact]
    public async Task No_record_holds_a_secret_or_a_key()
    {
        Desk desk = Script(Desk.Waiting, Desk.PollRep(3600));
        Assert.Null(await desk.RunAsync(TimeSpan.FromMinutes(1)));
        string record = File.ReadAllText(Left.Single(file => file.EndsWith(".json", StringComparison.Ordinal)));
        Assert.DoesNotContain("correct horse", record);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes("correct horse")), record);
        Assert.DoesNotContain(Convert.ToBase64String(desk.Key.ExportPkcs8()), record);
        Assert.Contains(Peer.Reference, record);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_put_away_waits_until_it_can()
    {
        string outFile = _folder.PathOf("new.pem");
        Desk desk = new(FakeRoad.Of(request =>
        {
            File.WriteAllText(outFile, "somebody was faster");
            return Desk.Good(request);
        }, Desk.PkiConf)) { Store = _store, Request = request => request with { Destination = CertificateDestination.InFile(outFile) } };
        Assert.Equal("CmpStore.Exists", (await Assert.ThrowsAsync<CmpException>(() => desk.RunAsync())).ErrorId);
        Assert.True(desk.Enrollment.IsKept);
        Assert.Equal("somebody was faster", File.ReadAllText(outFile));

        // still in the way, and nothing is sent
        using (Enrollment again = Resume(FakeRoad.ToNobody(), Later))
            Assert.Equal("CmpStore.Exists", (await Assert.ThrowsAsync<CmpException>(() => again.RunAsync())).ErrorId);
        File.Delete(outFile);
        using (Enrollment again = Resume(FakeRoad.ToNobody(), Later))
            Assert.True((await again.RunAsync())!.Confirmed);
        using FoundCertificate found = CertificateSource.Find(outFile);
        found.Key!.EnsureFits(desk.Key.PublicKey);
        Assert.Empty(Left);
    }

    [Fact]
    public async Task Rule44_What_we_accepted_and_the_server_refused_is_kept_with_its_key()
    {
        Desk desk = Script(Desk.Good, request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadCertId)));
        Assert.Equal("CmpServer.badCertId", (await Assert.ThrowsAnyAsync<CmpException>(() => desk.RunAsync())).ErrorId);
        Assert.True(desk.Enrollment.IsKept);
        Assert.True(Pending.IsInDoubt);
        Assert.Equal(2, Left.Length);
        // asked once more the server may know better
        using Enrollment again = Resume(FakeRoad.Of(request => Peer.Shared.Answer(request, Peer.Error(FailInfo.CertConfirmed))), Later);
        Assert.True((await again.RunAsync())!.Confirmed);
        Assert.Empty(Left);
    }

    [Fact]
    public async Task Rule44_So_is_what_somebody_refused_whom_the_user_believes()
    {
        Desk desk = new(FakeRoad.Of(Desk.Good, request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadCertId), Reply.Unprotected)))
        {
            Store = _store,
            Settings = settings => settings with { AllowUnprotectedErrors = true },
        };
        Assert.Equal("CmpServer.badCertId", (await Assert.ThrowsAnyAsync<CmpException>(() => desk.RunAsync())).ErrorId);
        Assert.True(Pending.IsInDoubt);
        using Enrollment again = Resume(FakeRoad.Of(Desk.PkiConf), Later);
        Assert.True((await again.RunAsync())!.Confirmed);
        Assert.Empty(Left);
    }

    [Fact]
    public async Task Rule40_A_refused_certificate_is_not_kept()
    {
        Desk desk = Script(request => Peer.Shared.Answer(request, Desk.Response(request, Peer.Shared.Certify(Peer.Shared.Issuing.Certificate.PublicKey))), Desk.PkiConf);
        Assert.Equal("CmpTransaction.WrongKey", (await desk.FailsAsync()).ErrorId);
        Assert.Empty(Left);
    }

    [Fact]
    public async Task Messages_are_carried_by_hand()
    {
        Desk desk = new(FakeRoad.ToNobody()) { Store = _store, Request = request => request with { IsOffline = true } };
        Assert.Null(await desk.RunAsync());
        PkiMessage ir = PkiMessage.Decode(desk.Enrollment.NextMessage!.Value);
        desk.Enrollment.Dispose();
        Assert.Equal(ir.Encoded.ToArray(), Pending.State!.LastMessage.ToArray());

        // nothing goes on without an answer, and a wrong one changes nothing
        using (Enrollment again = Resume(FakeRoad.ToNobody(), Later))
            Assert.Null(await again.RunAsync());
        Assert.Equal(ir.Encoded.ToArray(), Pending.State!.LastMessage.ToArray());
        foreach (ReadOnlyMemory<byte> wrong in new ReadOnlyMemory<byte>[] { new byte[] { 1, 2 }, Desk.Good(ir, new Reply { Header = header => header with { TransactionId = new byte[16] } }), Desk.Good(ir, Reply.Unprotected) })
        {
            using Enrollment again = Resume(FakeRoad.ToNobody(), Later);
            await Assert.ThrowsAnyAsync<CmpException>(() => again.TakeAsync(wrong));
            Assert.True(again.IsKept);
        }

        // waiting, and asking again, are messages too
        PkiMessage pollReq = await CarryAsync(Desk.Waiting(ir));
        Assert.IsType<PollReqContent>(pollReq.Body);
        PkiMessage another = await CarryAsync(Desk.PollRep(3600)(pollReq));
        Assert.IsType<PollReqContent>(another.Body);
        PkiMessage certConf = await CarryAsync(Peer.Shared.Answer(another, Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(desk.Key.PublicKey))));
        Assert.IsType<CertConfirmContent>(certConf.Body);
        // on the wire garbage in place of a pkiConf is silence (rule 44); a file can be looked for again
        using (Enrollment garbage = Resume(FakeRoad.ToNobody(), Later))
        {
            await Assert.ThrowsAnyAsync<CmpException>(() => garbage.TakeAsync(new byte[] { 1, 2 }));
            Assert.True(garbage.IsKept);
        }
        using Enrollment last = Resume(FakeRoad.ToNobody(), Later);
        EnrolledCertificate enrolled = (await last.TakeAsync(Desk.PkiConf(certConf)))!;
        Assert.True(enrolled.Confirmed);
        Assert.Empty(Left);

        async Task<PkiMessage> CarryAsync(ReadOnlyMemory<byte> answer)
        {
            using Enrollment again = Resume(FakeRoad.ToNobody(), Later);
            Assert.Null(await again.TakeAsync(answer));
            return PkiMessage.Decode(again.NextMessage!.Value);
        }
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("4294967297")]
    public async Task A_number_of_a_message_that_there_cannot_be_is_damage(string number)
    {
        Desk desk = Script(Desk.Waiting, Desk.PollRep(3600));
        Assert.Null(await desk.RunAsync(TimeSpan.FromMinutes(1)));
        desk.Enrollment.Dispose();
        string path = Left.Single(file => file.EndsWith(".json", StringComparison.Ordinal));
        string record = File.ReadAllText(path), wrong = record.Replace("\"messageNumber\": 2", "\"messageNumber\": " + number);
        Assert.NotEqual(record, wrong);
        File.WriteAllText(path, wrong);
        var errors = new List<CmpException>();
        Assert.Empty(_store.All(errors.Add));
        Assert.Equal("CmpState.Unreadable", Assert.Single(errors).ErrorId);
    }

    [Fact]
    public async Task A_ticket_of_the_road_outlives_the_process()
    {
        var requests = new List<PkiMessage>();
        FakeRoad road = new((request, _) =>
        {
            requests.Add(PkiMessage.Decode(request.Octets));
            return Task.FromResult<TransportReply>(new TransportReply.NotYet("ticket-1", Peer.Now.AddDays(1)));
        });
        Desk desk = new(road) { Store = _store };
        Assert.Null(await desk.RunAsync(TimeSpan.FromMinutes(1)));
        desk.Enrollment.Dispose();
        Assert.Equal("ticket-1", Pending.Ticket);

        FakeRoad collected = new((request, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(Desk.PkiConf(PkiMessage.Decode(request.Octets)))))
        {
            Collect = ticket => ticket == "ticket-1" ? new TransportReply.Octets(Desk.Good(requests[0])) : throw new InvalidOperationException(),
        };
        using Enrollment again = Resume(collected, new FakeClock { Now = Peer.Now.AddDays(2) });
        Assert.True((await again.RunAsync())!.Confirmed);
        Assert.Equal(["certConf"], collected.Kinds);
    }

    [Fact]
    public async Task Short_waits_for_the_same_ticket_are_not_written_down_again()
    {
        PkiMessage? ir = null;
        int asked = 0, kept = 0;
        FakeRoad road = new((request, _) =>
        {
            PkiMessage message = PkiMessage.Decode(request.Octets);
            if (ir is not null)
                return Task.FromResult<TransportReply>(new TransportReply.Octets(Desk.PkiConf(message)));
            ir = message;
            return Task.FromResult<TransportReply>(new TransportReply.NotYet("ticket-1", Peer.Now));
        })
        {
            Collect = ticket => ++asked < 40 ? new TransportReply.NotYet(ticket, Peer.Now) : new TransportReply.Octets(Desk.Good(ir!)),
        };
        Desk desk = new(road) { Store = _store, Boundary = step => kept += step == "Wait" ? 1 : 0 };
        Assert.True((await desk.RunAsync())!.Confirmed);
        Assert.Equal((40, 1), (asked, kept));
    }

    [Fact]
    public async Task Rule55_What_waits_at_a_server_outlives_that_it_is_busy()
    {
        var busy = new CmpException(CmpErrorKind.Protocol, "CmpHttp.503", "busy") { HttpStatus = 503, RetryAfter = TimeSpan.FromDays(1) };
        PkiMessage? ir = null;
        int turn = 0;
        FakeRoad road = new((request, _) => turn++ == 0
            ? Task.FromResult<TransportReply>(new TransportReply.Octets(Desk.Waiting(ir = PkiMessage.Decode(request.Octets))))
            : throw busy);
        Desk desk = new(road) { Store = _store };
        Assert.Same(busy, await Assert.ThrowsAsync<CmpException>(() => desk.RunAsync()));
        Assert.True(desk.Enrollment.IsKept);
        Assert.Equal(["ir", "pollReq"], desk.Road.Sent.Select(message => PkiBodyTypeNames.Of(message.Body.Type)));

        FakeRoad later = FakeRoad.Of(request => Peer.Shared.Answer(request, Desk.Response(ir!, Peer.Shared.Certify(Desk.KeyOf(ir!)))), Desk.PkiConf);
        using Enrollment again = Resume(later, new FakeClock { Now = Peer.Now.AddDays(2) });
        Assert.True((await again.RunAsync())!.Confirmed);
        Assert.Empty(Left);
    }

    [Fact]
    public async Task What_has_a_name_is_remembered_and_keeps_it_over_renewals()
    {
        string first = _folder.PathOf("first.pem"), second = _folder.PathOf("second.pem");
        Desk desk = new(FakeRoad.Of(Desk.Good, Desk.PkiConf)) { Store = _store, Request = request => request with { Name = "web1", Destination = CertificateDestination.InFile(first) } };
        EnrolledCertificate enrolled = (await desk.RunAsync())!;
        Assert.Equal("web1", enrolled.Name);
        EnrollmentRecord record = _store.Enrollments.Find("WEB1")!;
        Assert.Equal(enrolled.Certificate.Thumbprint, record.Thumbprint);
        Assert.Equal(first, record.Destination.Path);
        using FoundCertificate found = record.Open();
        Assert.NotNull(found.Key);

        Desk renewal = new(FakeRoad.Of(Desk.Good, Desk.PkiConf))
        {
            Store = _store,
            Request = request => request with
            {
                Operation = EnrollmentOperation.KeyUpdate,
                Subject = null,
                OldCertificate = enrolled.Certificate,
                OldCertificateReference = CertificateReference.Of(found.Certificate),
                OldCertificateObject = found.Certificate,
                OldCertificateAction = OldCertificateAction.Remove,
                Destination = CertificateDestination.InFile(second),
            },
        };
        EnrolledCertificate renewed = (await renewal.RunAsync())!;
        EnrollmentRecord now = Assert.Single(_store.Enrollments.All(error => Assert.Fail(error.Message)));
        Assert.Equal(("web1", renewed.Certificate.Thumbprint, second), (now.Name, now.Thumbprint, now.Destination.Path));
        Assert.Equal(EnrollmentOperation.Initialization, now.Operation);
        Assert.False(File.Exists(first));
        Assert.Null(_store.Enrollments.Of(enrolled.Certificate.Thumbprint));
        Assert.Equal("web1", _store.Enrollments.Of(renewed.Certificate.Thumbprint)!.Name);

        File.WriteAllBytes(second, File.ReadAllBytes(_folder.Write("other", [])));
        Assert.ThrowsAny<CmpException>(() => now.Open());

        // somebody put another certificate there: it is not renewed in its name
        File.WriteAllBytes(second, Pem.Write("CERTIFICATE", Peer.Shared.Client.Certificate.Encoded.ToArray()));
        CmpException replaced = Assert.Throws<CmpException>(() => now.Open());
        Assert.Equal("CmpStore.NotFound", replaced.ErrorId);
        Assert.Contains("holds another certificate", replaced.Message);
    }

    /// <summary>For the same key a CA may give what it gave before: put away as the old one, it would be lost as the new one too.</summary>
    [Fact]
    public async Task The_same_certificate_again_replaces_nothing_and_stays()
    {
        string file = _folder.PathOf("web1.pem"), other = _folder.PathOf("again.pem");
        Desk desk = new(FakeRoad.Of(Desk.Good, Desk.PkiConf)) { Store = _store, Request = request => request with { Name = "web1", Destination = CertificateDestination.InFile(file) } };
        EnrolledCertificate enrolled = (await desk.RunAsync())!;
        using FoundCertificate found = _store.Enrollments.Find("web1")!.Open();
        Desk again = new(FakeRoad.Of(request => Peer.Shared.Answer(request, Desk.Response(request, enrolled.Certificate)), Desk.PkiConf))
        {
            Store = _store,
            Request = request => request with
            {
                Operation = EnrollmentOperation.KeyUpdate,
                Subject = null,
                Key = null,
                ExistingKey = found.Key,
                OldCertificate = enrolled.Certificate,
                OldCertificateReference = CertificateReference.Of(found.Certificate),
                OldCertificateObject = found.Certificate,
                OldCertificateAction = OldCertificateAction.Remove,
                Destination = CertificateDestination.InFile(other),
            },
        };
        EnrolledCertificate same = (await again.RunAsync())!;
        Assert.Equal(enrolled.Certificate.Thumbprint, same.Certificate.Thumbprint);
        Assert.True(File.Exists(file));
        Assert.Empty(_store.Enrollments.Find("web1")!.Replaced);
        Assert.Null(_store.Enrollments.SuccessorOf(same.Certificate.Thumbprint));
    }

    [Theory]
    [InlineData(-300, 60, true)]
    [InlineData(-300, 160, false)]
    public async Task A_certificate_that_is_due_as_it_comes_is_warned_of(int begun, int rest, bool isDue)
    {
        Shape shape = Shape.Leaf with { NotBefore = Peer.Now.AddDays(begun), NotAfter = Peer.Now.AddDays(rest) };
        Desk desk = new(FakeRoad.Of(request => Desk.Good(request, null, shape), Desk.PkiConf)) { Request = request => request with { RenewBefore = new RenewalWindow(TimeSpan.FromDays(100), null) } };
        Assert.Equal(isDue, (await desk.EnrollAsync()).Warnings.Any(warning => warning.Contains("due for renewal already", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Rule38_Who_is_impatient_asks_once_and_not_too_early()
    {
        Desk desk = Script(Desk.Waiting, Desk.PollRep(600));
        Assert.Null(await desk.RunAsync(TimeSpan.FromMinutes(1)));
        desk.Enrollment.Dispose();
        using (Enrollment early = Resume(FakeRoad.ToNobody(), new FakeClock(), isImpatient: true))
            Assert.Null(await early.RunAsync());
        FakeRoad road = FakeRoad.Of(Desk.PollRep(0));
        using (Enrollment due = Resume(road, Later, isImpatient: true))
            Assert.Null(await due.RunAsync());
        Assert.Equal(["pollReq"], road.Kinds);
        FakeRoad last = FakeRoad.Of(request => Good(request, desk), Desk.PkiConf);
        using (Enrollment ready = Resume(last, Later, isImpatient: true))
            Assert.NotNull(await ready.RunAsync());
    }

    [Fact]
    public async Task The_same_transactionID_is_not_begun_twice()
    {
        byte[] id = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
        Desk desk = new(FakeRoad.Of(Desk.Waiting, Desk.PollRep(3600))) { Store = _store, Request = request => request with { TransactionId = id } };
        Assert.Null(await desk.RunAsync(TimeSpan.FromMinutes(1)));
        desk.Enrollment.Dispose();
        byte[] before = File.ReadAllBytes(Left.Single(file => file.EndsWith(".json", StringComparison.Ordinal)));
        Desk second = new(FakeRoad.ToNobody()) { Store = _store, Request = request => request with { TransactionId = id } };
        Assert.Equal("CmpArgument.TransactionId", (await second.FailsAsync()).ErrorId);
        Assert.Equal(before, File.ReadAllBytes(Left.Single(file => file.EndsWith(".json", StringComparison.Ordinal))));
        Assert.Equal(0, second.KeysMade);
    }

    private static FakeClock Later => new() { Now = Peer.Now.AddHours(2) };

    private static bool Contains(byte[] octets, string text) => octets.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;

    private static ReadOnlyMemory<byte> Good(PkiMessage request, Desk desk) => Peer.Shared.Answer(request, Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(desk.Key.PublicKey)));

    private Desk Script(params Func<PkiMessage, ReadOnlyMemory<byte>>[] script) => new(FakeRoad.Of(script)) { Store = _store };

    private Enrollment Resume(FakeRoad road, FakeClock clock, bool isImpatient = false) => Enrollment.Resume(_store, Pending.Id, new ResumeOptions
    {
        IsImpatient = isImpatient,
        Said = new ServerSettings { Secret = Desk.Secret() },
        OpenClient = settings => new CmpClient(settings, road, () => clock.Now, clock.Delay),
    });
}
