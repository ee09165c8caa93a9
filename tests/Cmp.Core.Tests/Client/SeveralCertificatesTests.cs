using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.Tests.Transactions;
using Cmp.Transactions;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>Several certificates of one enrolment: each has its own key, its own end, and what was made for it is undone alone.</summary>
public sealed class SeveralCertificatesTests : IDisposable
{
    private static readonly CmpException Full = new(CmpErrorKind.Store, "CmpStore.Unwritable", "There is no room.");

    private readonly Folder _folder = new();
    private readonly string _home;
    private readonly EnrollmentStore _store;
    private readonly FakeClock _clock = new();
    private readonly ListTrace _trace = new();
    private readonly List<PrivateKey> _keys = [];
    private readonly List<int> _deleted = [];
    private readonly List<EnrollmentItem> _ended = [];

    /// <summary>The ir, whose keys later answers are about.</summary>
    private CertReqMessages? _asked;

    public SeveralCertificatesTests()
    {
        _home = _folder.PathOf("home");
        _store = new EnrollmentStore(_home);
    }

    private PendingEnrollment Pending => Assert.Single(_store.All(error => Assert.Fail(error.Message)));

    private string[] Left => Directory.Exists(_home)
        ? [.. Directory.GetFiles(_home, "*", SearchOption.AllDirectories).Where(file => !file.Contains("enrolments") && !file.EndsWith(".lock", StringComparison.Ordinal))]
        : [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_is_enrolled_in_one_message_and_one_confirmation()
    {
        var destinations = Enumerable.Range(0, 3).Select(_ => new FakeDestination()).ToArray();
        FakeRoad road = Road(request => Answer(request, Grant(0), Grant(1), Grant(2)), Desk.PkiConf);
        using Enrollment enrollment = Several(road, [.. destinations.Select((destination, number) => Asked(number, destination))]);
        EnrolledCertificate? first = await enrollment.RunAsync();
        Assert.Same(first, enrollment.Items[0].Enrolled);
        Assert.Equal(["ir", "certConf"], road.Kinds);
        Assert.Equal([0, 1, 2], _asked!.Requests.Select(request => request.CertReq.CertReqId));
        for (int i = 0; i < 3; i++)
        {
            EnrolledCertificate enrolled = enrollment.Items[i].Enrolled!;
            Assert.True(enrolled.Confirmed);
            Assert.Equal($"CN=router{i}", enrolled.Certificate.Subject.ToString());
            Assert.True(Assert.Single(destinations[i].Installed).Key!.PublicKey.IsSameAs(enrolled.Certificate.PublicKey));
        }
        Assert.Equal(enrollment.Items, _ended);
        Assert.Empty(_deleted);
        Assert.Empty(Left);
    }

    [SkippableFact]
    public async Task One_is_granted_one_rejected_and_another_process_ends_the_one_that_waits()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        FakeRoad road = Road(request => Answer(request, Grant(0), Scene.Rejected(1), Scene.Waits(2)), Desk.PkiConf, request => Poll(request, 3600, 2));
        string[] paths = [.. Enumerable.Range(0, 3).Select(number => _folder.PathOf($"new{number}.pem"))];
        using (Enrollment enrollment = Several(road, [.. paths.Select((path, number) => Asked(number, CertificateDestination.InFile(path)))]))
        {
            Assert.NotNull((await RunAsync(enrollment)).Items[0].Enrolled);
            Assert.Equal("CmpServer.badCertTemplate", enrollment.Items[1].Failure!.ErrorId);
            Assert.Equal((null, null), (enrollment.Items[2].Enrolled, enrollment.Items[2].Failure));
        }
        Assert.Equal([true, false, false], paths.Select(File.Exists));
        Assert.Equal([1], _deleted);
        Assert.Equal(["ir", "certConf", "pollReq"], road.Kinds);

        PendingEnrollment pending = Pending;
        Assert.Equal([true, true, false], pending.Items.Select(item => item.HasEnded));
        Assert.Equal("CN=router2", pending.Subject);
        Assert.Equal([RequestPhase.Granted, RequestPhase.Failed, RequestPhase.Waiting], pending.State!.Requests.Select(request => request.Phase));
        // of the keys the one that is needed waits still
        using (PrivateKey key = PrivateKey.FromPkcs8(File.ReadAllBytes(Left.Single(file => file.EndsWith(".key", StringComparison.Ordinal)))))
            Assert.True(key.PublicKey.IsSameAs(_keys[2].PublicKey));

        using Enrollment again = Resume(FakeRoad.Of(request => Answer(request, Grant(2)), Desk.PkiConf));
        EnrollmentItem item = Assert.Single(again.Items);
        EnrolledCertificate? enrolled = await again.RunAsync(TimeSpan.FromHours(2));
        Assert.Same(item.Enrolled, enrolled);
        Assert.Equal("CN=router2", enrolled!.Certificate.Subject.ToString());
        using FoundCertificate found = CertificateSource.Find(paths[2]);
        found.Key!.EnsureFits(enrolled.Certificate.PublicKey);
        Assert.False(File.Exists(paths[1]));
        Assert.Empty(Left);
    }

    [SkippableFact]
    public async Task What_cannot_be_put_away_is_not_asked_for_and_the_others_are()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        FakeRoad road = Road(request => Answer(request, Grant(0), Grant(1)), Desk.PkiConf);
        using Enrollment enrollment = Several(road, Asked(0), Asked(1, new FakeDestination { NotWritable = Full }), Asked(2));
        await enrollment.RunAsync();
        Assert.Equal(["CN=router0", "CN=router2"], _asked!.Requests.Select(request => request.CertReq.CertTemplate.Subject!.ToString()));
        Assert.Equal([0, 1], _asked.Requests.Select(request => request.CertReq.CertReqId));
        Assert.Same(Full, enrollment.Items[1].Failure);
        Assert.Equal([true, false, true], enrollment.Items.Select(item => item.Enrolled is not null));
        Assert.Equal(2, _keys.Count);
        Assert.Empty(Left);
    }

    [SkippableFact]
    public async Task A_key_that_cannot_be_made_fails_its_request_alone()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        FakeRoad road = Road(request => Answer(request, Grant(0), Grant(1)), Desk.PkiConf);
        using Enrollment enrollment = Several(road, Asked(0) with { Key = new KeyRequest { Path = _folder.PathOf("nothing.key") } }, Asked(1), Asked(2));
        await enrollment.RunAsync();
        Assert.Equal("CmpStore.NotFound", enrollment.Items[0].Failure!.ErrorId);
        Assert.Equal([false, true, true], enrollment.Items.Select(item => item.Enrolled is not null));
    }

    [Fact]
    public async Task Where_none_can_be_asked_for_nothing_is_sent()
    {
        var destination = new FakeDestination { NotWritable = Full };
        using Enrollment enrollment = Several(FakeRoad.ToNobody(), Asked(0, destination), Asked(1, destination));
        Assert.Same(Full, await Assert.ThrowsAsync<CmpException>(() => enrollment.RunAsync()));
        Assert.All(enrollment.Items, item => Assert.Same(Full, item.Failure));
        Assert.Empty(_keys);
        Assert.Empty(Left);
    }

    [Fact]
    public async Task Rule40_Swapped_keys_are_refused_and_undone_and_no_other()
    {
        var destination = new FakeDestination();
        FakeRoad road = Road(request => Answer(request, Grant(0, of: 1), Grant(1, of: 0), Grant(2)), Desk.PkiConf);
        using Enrollment enrollment = Several(road, Asked(0), Asked(1), Asked(2, destination));
        await enrollment.RunAsync();
        Assert.Equal(["CmpTransaction.WrongKey", "CmpTransaction.WrongKey", null], enrollment.Items.Select(item => item.Failure?.ErrorId));
        Assert.Equal([0, 1], _deleted);
        Assert.Single(destination.Installed);
        Assert.Equal([FailInfo.IncorrectData, FailInfo.IncorrectData, null], ((CertConfirmContent)road.Sent[1].Body).Statuses.Select(status => status.StatusInfo?.FailInfo));
    }

    [SkippableFact]
    public async Task Each_is_approved_by_itself()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        var seen = new List<string>();
        FakeRoad road = Road(request => Answer(request, Grant(0), Grant(1), Grant(2)), Desk.PkiConf);
        Enrollment? enrollment = null;
        enrollment = Several(road, [Asked(0), Asked(1), Asked(2)], (issued, _) =>
        {
            seen.Add(enrollment!.ItemOf(issued).Request.Subject!.ToString());
            return Task.FromResult(issued.Request == 1 ? "not this one" : null);
        });
        using (enrollment)
            await enrollment.RunAsync();
        Assert.Equal(["CN=router0", "CN=router1", "CN=router2"], seen);
        Assert.Equal([null, "CmpTransaction.Refused", null], enrollment.Items.Select(item => item.Failure?.ErrorId));
        Assert.Equal([1], _deleted);
    }

    [SkippableFact]
    public async Task A_certificate_that_cannot_be_put_away_stays_pending_and_the_others_do_not_wait_for_it()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        string blocked = _folder.PathOf("blocked.pem");
        FakeRoad road = Road(
            request =>
            {
                // the place is taken after it was looked at
                File.WriteAllText(blocked, "another one");
                return Answer(request, Grant(0), Grant(1));
            },
            Desk.PkiConf);
        using (Enrollment enrollment = Several(road, Asked(0, CertificateDestination.InFile(blocked)), Asked(1)))
        {
            Assert.Null(await enrollment.RunAsync());
            Assert.True(enrollment.IsKept);
            Assert.Equal(("CmpStore.Exists", true), (enrollment.Items[0].Failure!.ErrorId, enrollment.Items[0].IsKept));
            Assert.NotNull(enrollment.Items[1].Enrolled);
        }
        Assert.Empty(_deleted);
        Assert.Equal([false, true], Pending.Items.Select(item => item.HasEnded));

        File.Delete(blocked);
        using Enrollment again = Resume(FakeRoad.ToNobody());
        Assert.NotNull(await again.RunAsync());
        Assert.True(File.Exists(blocked));
        Assert.Empty(Left);
    }

    [SkippableFact]
    public async Task Without_a_place_to_keep_it_such_a_certificate_is_undone()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        FakeRoad road = Road(request => Answer(request, Grant(0), Grant(1)), Desk.PkiConf);
        using Enrollment enrollment = Several(road, [Asked(0, new FakeDestination { NotInstallable = Full }), Asked(1)], store: false);
        await enrollment.RunAsync();
        Assert.Same(Full, enrollment.Items[0].Failure);
        Assert.False(enrollment.IsKept);
        Assert.NotNull(enrollment.Items[1].Enrolled);
        Assert.Equal([0], _deleted);
    }

    [Fact]
    public async Task An_error_of_the_whole_message_undoes_what_had_not_ended()
    {
        var destination = new FakeDestination();
        FakeRoad road = Road(request => Answer(request, Grant(0), Scene.Waits(1)), Desk.PkiConf, request => Peer.Shared.Answer(request, Peer.Error(FailInfo.SystemFailure)));
        using Enrollment enrollment = Several(road, Asked(0, destination), Asked(1));
        Assert.Equal("CmpServer.systemFailure", (await Assert.ThrowsAsync<CmpServerException>(() => enrollment.RunAsync())).ErrorId);
        Assert.NotNull(enrollment.Items[0].Enrolled);
        Assert.Equal("CmpServer.systemFailure", enrollment.Items[1].Failure!.ErrorId);
        Assert.Single(destination.Installed);
        Assert.Equal([1], _deleted);
        Assert.Empty(Left);
    }

    [Fact]
    public async Task Where_all_are_rejected_each_has_its_own_error()
    {
        FakeRoad road = Road(request => Answer(request, Scene.Rejected(0, FailInfo.BadPOP), Scene.Rejected(1, FailInfo.BadAlg)));
        using Enrollment enrollment = Several(road, Asked(0), Asked(1));
        await Assert.ThrowsAsync<CmpServerException>(() => enrollment.RunAsync());
        Assert.Equal(["CmpServer.badPOP", "CmpServer.badAlg"], enrollment.Items.Select(item => item.Failure!.ErrorId));
        Assert.Equal([0, 1], _deleted);
        Assert.Empty(Left);
    }

    [Fact]
    public async Task Rule44_What_is_in_doubt_is_kept_with_its_key_and_the_rest_is_undone()
    {
        FakeRoad road = Road(request => Answer(request, Grant(0), Scene.Rejected(1)), request => Peer.Shared.Answer(request, Peer.Error()));
        using Enrollment enrollment = Several(road, Asked(0), Asked(1));
        await Assert.ThrowsAsync<CmpServerException>(() => enrollment.RunAsync());
        Assert.Equal([true, false], enrollment.Items.Select(item => item.IsKept));
        Assert.Equal([1], _deleted);
        Assert.True(Pending.IsInDoubt);
        Assert.Equal("CN=router0", Pending.Subject);
    }

    [SkippableFact]
    public async Task Who_is_cancelled_while_one_waits_has_the_others()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using var cancel = new CancellationTokenSource();
        FakeRoad road = Road(request => Answer(request, Grant(0), Scene.Waits(1)), Desk.PkiConf, request =>
        {
            cancel.Cancel();
            return Poll(request, 3600, 1);
        });
        using (Enrollment enrollment = Several(road, Asked(0), Asked(1)))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => enrollment.RunAsync(TimeSpan.FromDays(1), cancel.Token));
            Assert.True(enrollment.IsKept);
            Assert.NotNull(enrollment.Items[0].Enrolled);
        }
        Assert.Empty(_deleted);
        Assert.Equal("CN=router1", Pending.Subject);
    }

    [SkippableFact]
    public async Task Messages_of_several_can_be_carried_by_hand()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using Enrollment enrollment = Several(FakeRoad.ToNobody(), Asked(0) with { IsOffline = true }, Asked(1) with { IsOffline = true });
        Assert.Null(await enrollment.RunAsync());
        Assert.Null(await enrollment.TakeAsync(Answer(Next(), Scene.Waits(0), Grant(1))));
        Assert.Equal(PkiBodyType.CertConf, Next().Body.Type);
        Assert.Null(await enrollment.TakeAsync(Desk.PkiConf(Next())));
        Assert.NotNull(enrollment.Items[1].Enrolled);
        Assert.Equal([0], Assert.IsType<PollReqContent>(Next().Body).CertReqIds);
        PendingEnrollment pending = Pending;
        enrollment.Dispose();

        using Enrollment again = Resume(FakeRoad.ToNobody());
        Assert.Equal(pending.State!.LastMessage.ToArray(), again.NextMessage!.Value.ToArray());
        Assert.Null(await again.TakeAsync(Answer(PkiMessage.Decode(again.NextMessage.Value), Grant(0))));
        Assert.NotNull(await again.TakeAsync(Desk.PkiConf(PkiMessage.Decode(again.NextMessage!.Value))));
        Assert.Empty(Left);

        PkiMessage Next()
        {
            var next = PkiMessage.Decode(enrollment.NextMessage!.Value);
            _asked ??= next.Body as CertReqMessages;
            return next;
        }
    }

    [Theory]
    [InlineData(EnrollmentOperation.KeyUpdate, EnrollmentOperation.KeyUpdate)]
    [InlineData(EnrollmentOperation.Pkcs10, EnrollmentOperation.Pkcs10)]
    [InlineData(EnrollmentOperation.Initialization, EnrollmentOperation.Certification)]
    public void What_does_not_go_together_is_an_error_before_anything_is_made(EnrollmentOperation one, EnrollmentOperation two) =>
        Assert.Equal("CmpArgument.BatchSize", Assert.Throws<CmpException>(() => Several(FakeRoad.ToNobody(), Asked(0) with { Operation = one }, Asked(1) with { Operation = two })).ErrorId);

    [Fact]
    public async Task A_key_that_has_vanished_is_named_and_nothing_is_given_up()
    {
        await ToWaitingAsync();
        string keys = Left.Single(file => file.EndsWith(".key", StringComparison.Ordinal));
        byte[] whole = File.ReadAllBytes(keys);
        using (PrivateKey first = _keys[0].Copy())
            File.WriteAllBytes(keys, first.ExportPkcs8());
        Assert.Equal("CmpKey.Vanished", Assert.Throws<CmpException>(() => Resume(FakeRoad.ToNobody())).ErrorId);
        File.WriteAllBytes(keys, whole.AsSpan(0, whole.Length - 1).ToArray());
        Assert.Equal("CmpKey.Malformed", Assert.Throws<CmpException>(() => Resume(FakeRoad.ToNobody())).ErrorId);
        File.WriteAllBytes(keys, whole);
        using Enrollment again = Resume(FakeRoad.ToNobody());
        Assert.Equal(2, again.Items.Count);
    }

    [Theory]
    [InlineData("\"certificates\": [", "\"certificates\": [], \"x\": [")]
    [InlineData("\"requests\": [", "\"requests\": [], \"x\": [")]
    [InlineData("\"hasEnded\": true", "\"hasEnded\": 7")]
    public async Task A_damaged_record_is_named(string part, string by)
    {
        FakeRoad road = Road(request => Answer(request, Scene.Rejected(0), Scene.Waits(1)), request => Poll(request, 3600, 1));
        using (Enrollment enrollment = Several(road, Asked(0), Asked(1)))
            await RunAsync(enrollment);
        string id = Pending.Id;
        string file = Left.Single(path => path.EndsWith(".json", StringComparison.Ordinal));
        string text = File.ReadAllText(file);
        Assert.Contains(part, text);
        File.WriteAllText(file, text.Replace(part, by));
        CmpException error = Assert.Throws<CmpException>(() => Enrollment.Resume(_store, id, Options(FakeRoad.ToNobody())));
        Assert.Contains(error.ErrorId, new[] { "CmpState.Unreadable", "CmpMessage.Malformed" });
        Assert.True(File.Exists(file));
    }

    /// <summary>Two that wait.</summary>
    private async Task ToWaitingAsync()
    {
        using Enrollment enrollment = Several(Road(request => Answer(request, Scene.Waits(0), Scene.Waits(1)), request => Poll(request, 3600, 0, 1)), Asked(0), Asked(1));
        await RunAsync(enrollment);
    }

    private static async Task<Enrollment> RunAsync(Enrollment enrollment)
    {
        await enrollment.RunAsync(TimeSpan.FromMinutes(1));
        return enrollment;
    }

    private static EnrollmentRequest Asked(int number, CertificateDestination? destination = null) => new()
    {
        Subject = Name.Parse($"CN=router{number}"),
        Key = new KeyRequest(),
        Destination = destination ?? CertificateDestination.None,
    };

    private FakeRoad Road(params Func<PkiMessage, ReadOnlyMemory<byte>>[] script)
    {
        Func<PkiMessage, ReadOnlyMemory<byte>> first = script[0];
        script[0] = request =>
        {
            _asked = Assert.IsType<CertReqMessages>(request.Body);
            return first(request);
        };
        return FakeRoad.Of(script);
    }

    private CmpClient Client(FakeRoad road) => new(new Desk(road).Said(), road, () => _clock.Now, _clock.Delay);

    private Enrollment Several(FakeRoad road, params EnrollmentRequest[] requests) => Several(road, requests, approve: null);

    private Enrollment Several(FakeRoad road, EnrollmentRequest[] requests, Func<IssuedCertificate, CancellationToken, Task<string?>>? approve = null, bool store = true) => new(Client(road), requests)
    {
        Store = store ? _store : null,
        Trace = _trace,
        Approve = approve,
        Ended = _ended.Add,
        GetKey = wanted =>
        {
            if (wanted.Path is not null)
                return KeyProviders.Get(wanted);
            int number = _keys.Count;
            PrivateKey key = MadeCertificate.NewKey();
            _keys.Add(key.Copy());
            return new KeyHandle(key, () => _deleted.Add(number));
        },
    };

    private Enrollment Resume(FakeRoad road) => Enrollment.Resume(_store, Pending.Id, Options(road));

    private ResumeOptions Options(FakeRoad road) => new() { OpenClient = _ => Client(road), Trace = _trace };

    private CertResponse Grant(int certReqId, int? of = null) => Peer.Response(
        PkiBodyType.Ip,
        Peer.Shared.Certify(_asked!.Requests[of ?? certReqId].CertReq.CertTemplate.PublicKey!, _asked.Requests[certReqId].CertReq.CertTemplate.Subject!.ToString()),
        certReqId: certReqId).Responses[0];

    private static ReadOnlyMemory<byte> Answer(PkiMessage request, params CertResponse[] responses) => Peer.Shared.Answer(request, new CertRepMessage(PkiBodyType.Ip, responses));

    private static ReadOnlyMemory<byte> Poll(PkiMessage request, int checkAfter, params int[] certReqIds) =>
        Peer.Shared.Answer(request, new PollRepContent([.. certReqIds.Select(id => new PollRepEntry(id, checkAfter))]));
}
