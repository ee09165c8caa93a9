using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.Tests.Transactions;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>From key to installed certificate, and back where it fails.</summary>
public class EnrollmentTests
{
    private static Desk Script(params Func<PkiMessage, ReadOnlyMemory<byte>>[] script) => new(FakeRoad.Of(script));

    [Fact]
    public async Task A_key_is_made_certified_confirmed_and_installed()
    {
        Desk desk = Script(request => Desk.Good(request, new Reply { ExtraCerts = [Peer.Shared.Issuing.Certificate] }), Desk.PkiConf);
        EnrolledCertificate enrolled = await desk.EnrollAsync();
        Assert.Equal(["ir", "certConf"], desk.Road.Kinds);
        Assert.All(desk.Road.Requests, request => Assert.True(request.IsAnswerDue));
        Assert.Equal(1, desk.KeysMade);
        Assert.True(enrolled.Confirmed);
        Assert.Equal(PkiStatus.Accepted, enrolled.Status);
        Assert.Equal(desk.Key.PublicKey.Key.ToArray(), enrolled.Certificate.PublicKey.Key.ToArray());
        Assert.Equal(enrolled.Certificate.Encoded.ToArray(), desk.Destination.Installed[0].Certificate.Encoded.ToArray());
        Assert.Equal(enrolled.TransactionId, Hex.Of(desk.Road.Sent[0].Header.TransactionId!.Value.Span));
        Assert.Equal(["CN=Test Issuing CA", "CN=Test Root"], enrolled.Chain.Select(certificate => certificate.Subject.ToString()));
        Assert.Empty(enrolled.Modifications);
        Assert.Empty(enrolled.Warnings);
        Assert.Equal("CmpTransaction.Ended", (await Assert.ThrowsAsync<CmpException>(() => desk.RunAsync())).ErrorId);
    }

    [SkippableFact]
    public async Task The_installed_key_signs_after_everything_is_disposed_of()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using var client = new CmpClient(new Desk(FakeRoad.ToNobody()).Said(), FakeRoad.Of(Desk.Good, Desk.PkiConf), () => Peer.Now);
        EnrolledCertificate? enrolled;
        using (var enrollment = new Enrollment(client, new EnrollmentRequest { Subject = Name.Parse("CN=router7"), Key = new KeyRequest(), Destination = CertificateDestination.None }))
            enrolled = await enrollment.RunAsync();
        using PrivateKey key = PrivateKey.Of(enrolled!.Installed.Certificate)!;
        key.EnsureFits(enrolled.Certificate.PublicKey);
    }

    // bad input: each answer is the only thing wrong

    private static readonly MadeCertificate Bystander = Peer.Shared.Issuing.Issue("CN=Bystander");
    private static readonly MadeCertificate OldRoot = MadeCertificate.Root("CN=Old Root", Shape.CA with { NotAfter = Peer.Now.AddDays(-1) });

    private static Reply SignedBy(MadeCertificate signer) => new()
    {
        Protector = Peer.Signature(signer),
        ExtraCerts = [signer.Certificate, Peer.Shared.Issuing.Certificate],
        Header = header => header with { Sender = GeneralName.FromName(signer.Certificate.Subject) },
    };

    private static readonly Dictionary<string, (string ErrorId, Func<PkiMessage, ReadOnlyMemory<byte>> Answer)> BadAnswers = new()
    {
        ["wrong secret"] = ("CmpProtection.Invalid", request => Desk.Good(request, new Reply { Protector = Peer.Mac("another secret") })),
        ["unprotected"] = ("CmpProtection.Missing", request => Desk.Good(request, Reply.Unprotected)),
        ["stranger"] = ("CmpTrust.NoPath", request => Desk.Good(request, SignedBy(MadeCertificate.Root("CN=Stranger", Shape.Server)))),
        ["bystander"] = ("CmpTrust.SignerNotAuthorized", request => Desk.Good(request, SignedBy(Bystander))),
        ["other transaction"] = ("CmpTransaction.TransactionId", request => Desk.Good(request, new Reply { Header = header => header with { TransactionId = new byte[16] } })),
        ["other nonce"] = ("CmpTransaction.RecipNonce", request => Desk.Good(request, new Reply { Header = header => header with { RecipNonce = new byte[16] } })),
        ["no nonce"] = ("CmpTransaction.RecipNonce", request => Desk.Good(request, new Reply { Header = header => header with { RecipNonce = null } })),
        ["tampered"] = ("CmpProtection.Invalid", request => Desk.Good(request, new Reply { Message = message => message with { Header = message.Header with { SenderNonce = new byte[16] } } })),
        ["garbage"] = ("CmpMessage.Malformed", _ => new byte[] { 0x30, 3, 1, 2, 3 }),
        ["unknown body"] = ("CmpMessage.UnknownBody", request => Peer.Shared.Answer(request, StatesTests.Raw("BB020500"))),
        ["pvno 1"] = ("CmpTransaction.Version", request => Desk.Good(request, new Reply { Header = header => header with { Pvno = 1 } })),
        ["rejection"] = ("CmpServer.badPOP", request => Peer.Shared.Answer(request, Peer.Response(PkiBodyType.Ip, null, info: PkiStatusInfo.Rejection(FailInfo.BadPOP, "no")))),
        ["error"] = ("CmpServer.badAlg", request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadAlg, "no"))),
        ["unprotected error"] = ("CmpProtection.UnauthenticatedAnswer", request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadAlg, "no"), Reply.Unprotected)),
        ["accepted without certificate"] = ("CmpTransaction.NoCertificate", request => Peer.Shared.Answer(request, Peer.Response(PkiBodyType.Ip, null))),
        ["unknown status"] = ("CmpServer.unknownStatus", request => Desk.Good(request, null, status: (PkiStatus)9)),
        ["revoked"] = ("CmpServer.revocationNotification", request => Desk.Good(request, null, status: PkiStatus.RevocationNotification)),
        ["two responses"] = ("CmpTransaction.CertReqId", request => Peer.Shared.Answer(request, new CertRepMessage(PkiBodyType.Ip, [new CertResponse(0, new PkiStatusInfo(PkiStatus.Rejection)), new CertResponse(1, new PkiStatusInfo(PkiStatus.Accepted))]))),
        ["kup for ir"] = ("CmpTransaction.UnexpectedBody", request => Peer.Shared.Answer(request, Peer.Response(PkiBodyType.Kup, Peer.Shared.Certify(Desk.KeyOf(request))))),
        ["pkiConf for ir"] = ("CmpTransaction.UnexpectedBody", Desk.PkiConf),
    };

    public static TheoryData<string> Bad() => new(BadAnswers.Keys);

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task A_bad_answer_ends_in_one_error_and_leaves_nothing_behind(string kind)
    {
        Desk desk = Script(BadAnswers[kind].Answer);
        Assert.Equal(BadAnswers[kind].ErrorId, (await desk.FailsAsync()).ErrorId);
        Assert.Single(desk.Road.Requests);
        Assert.Equal(1, desk.KeysDeleted);
    }

    [Fact]
    public async Task Rule66_A_MAC_in_answer_to_a_signature_is_refused()
    {
        Desk desk = new(FakeRoad.Of(request => Desk.Good(request, new Reply { Protector = Peer.Mac() }))) { Settings = Signing };
        Assert.Equal("CmpProtection.Kind", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule65_Our_own_certificate_as_signer_is_refused()
    {
        Desk desk = new(FakeRoad.Of(request => Desk.Good(request, SignedBy(Peer.Shared.Client)))) { Settings = settings => Signing(settings) with { AllowAnySigner = true } };
        Assert.Equal("CmpTrust.SignerNotAuthorized", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task An_expired_anchor_vouches_for_nobody()
    {
        MadeCertificate server = OldRoot.Issue("CN=Server", Shape.Server);
        Desk desk = new(FakeRoad.Of(request => Desk.Good(request, SignedBy(server)))) { Settings = settings => Signing(settings) with { TrustAnchor = [OldRoot.Certificate] } };
        Assert.Equal("CmpTrust.Expired", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule29_An_expired_pin_is_refused_or_warned_of()
    {
        MadeCertificate server = MadeCertificate.Root("CN=Server", Shape.Leaf with { NotAfter = Peer.Now.AddDays(-1) });
        Func<PkiMessage, ReadOnlyMemory<byte>>[] script = [request => Desk.Good(request, SignedBy(server)), request => Peer.Shared.Answer(request, new PkiConfirmContent(), SignedBy(server))];
        Desk refused = new(FakeRoad.Of(script)) { Settings = settings => Signing(settings) with { ServerCertificate = server.Certificate } };
        Assert.Equal("CmpTrust.Expired", (await refused.FailsAsync()).ErrorId);
        Desk allowed = new(FakeRoad.Of(script)) { Settings = settings => Signing(settings) with { ServerCertificate = server.Certificate, AllowExpiredServerCertificate = true } };
        Assert.Contains("CN=Server", Assert.Single((await allowed.EnrollAsync()).Warnings));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(17)]
    public async Task A_pollRep_with_a_foreign_id_ends_it(int id)
    {
        Desk desk = Script(Desk.Waiting, request => Peer.Shared.Answer(request, Scene.PollRep(1, id)));
        Assert.Equal("CmpTransaction.PollRep", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task An_error_after_polling_ends_it()
    {
        Desk desk = Script(Desk.Waiting, Desk.PollRep(1), request => Peer.Shared.Answer(request, Peer.Error(FailInfo.SystemFailure)));
        Assert.Equal("CmpServer.systemFailure", (await desk.FailsAsync()).ErrorId);
    }

    // what is found out before any traffic

    [Fact]
    public async Task What_cannot_be_put_away_afterwards_is_not_asked_for()
    {
        Desk desk = new(FakeRoad.ToNobody()) { Destination = new FakeDestination { NotWritable = new CmpException(CmpErrorKind.Store, "CmpStore.Exists", "there") } };
        Assert.Equal("CmpStore.Exists", (await desk.FailsAsync()).ErrorId);
        Assert.Equal(0, desk.KeysMade);
        Assert.Empty(desk.Road.Requests);
    }

    [Fact]
    public async Task Rule17_Without_a_credential_no_key_is_made_and_nothing_is_sent()
    {
        Desk desk = new(FakeRoad.ToNobody()) { Settings = settings => settings with { Secret = null } };
        Assert.Equal("CmpArgument.NoCredential", (await desk.FailsAsync()).ErrorId);
        Assert.Equal(0, desk.KeysMade);
        Assert.Empty(desk.Road.Requests);
    }

    [Fact]
    public async Task A_request_that_cannot_be_built_deletes_the_key_again()
    {
        Desk desk = new(FakeRoad.ToNobody()) { Request = request => request with { ProofOfPossession = ProofOfPossessionKind.None } };
        Assert.Equal("CmpArgument.ProofOfPossession", (await desk.FailsAsync()).ErrorId);
        Assert.Equal(1, desk.KeysDeleted);
        Assert.Empty(desk.Road.Requests);
    }

    [Fact]
    public async Task Rule19_A_key_that_is_not_the_PKCS10s_is_found_before_anything_is_sent()
    {
        using PrivateKey another = MadeCertificate.NewKey();
        Desk desk = new(FakeRoad.ToNobody())
        {
            Request = request => request with { Operation = EnrollmentOperation.Pkcs10, Pkcs10 = MadeCertificate.Pkcs10(another, "CN=router7") },
        };
        Assert.Equal("CmpKey.Mismatch", (await desk.FailsAsync()).ErrorId);
        Assert.Empty(desk.Road.Requests);
    }

    // the certificate is judged

    private static ServerSettings Signing(ServerSettings settings) => settings with
    {
        Secret = null,
        ClientCertificate = Cryptography.TestCertificate.Load(Peer.Shared.Client.Certificate.Encoded.ToArray()),
        ClientKey = Peer.Shared.Client.Key,
    };

    [Fact]
    public async Task Rule40_A_certificate_for_another_key_is_rejected_and_not_installed()
    {
        using PrivateKey another = MadeCertificate.NewKey();
        Desk desk = Script(request => Peer.Shared.Answer(request, Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(another.PublicKey))), Desk.PkiConf);
        Assert.Equal("CmpTransaction.WrongKey", (await desk.FailsAsync()).ErrorId);
        CertStatus status = Assert.IsType<CertConfirmContent>(desk.Road.Sent[1].Body).Statuses[0];
        Assert.Equal(FailInfo.IncorrectData, status.StatusInfo!.FailInfo);
    }

    [Fact]
    public async Task Rule41_A_certificate_outside_the_anchors_for_issued_ones_is_rejected()
    {
        Desk desk = new(FakeRoad.Of(Desk.Good, Desk.PkiConf)) { Settings = settings => settings with { IssuedTrustAnchor = [MadeCertificate.Root("CN=Another Root").Certificate] } };
        CmpException error = await desk.FailsAsync();
        Assert.Equal("CmpTrust.IssuedCertificate", error.ErrorId);
        Assert.Equal("CmpTrust.NoPath", Assert.IsType<CmpException>(error.InnerException).ErrorId);
        Assert.Equal(PkiStatus.Rejection, Assert.IsType<CertConfirmContent>(desk.Road.Sent[1].Body).Statuses[0].StatusInfo!.Status);
    }

    [Fact]
    public async Task Rule41_One_inside_is_accepted_with_intermediates_from_extraCerts()
    {
        Desk desk = new(FakeRoad.Of(request => Desk.Good(request, new Reply { ExtraCerts = [Peer.Shared.Issuing.Certificate] }), Desk.PkiConf))
        {
            Settings = settings => settings with { IssuedTrustAnchor = [Peer.Shared.Root.Certificate], TrustAnchor = [] },
        };
        await desk.EnrollAsync();
    }

    [Fact]
    public async Task Rule41_One_that_begins_later_is_held_against_its_own_beginning()
    {
        Func<PkiMessage, ReadOnlyMemory<byte>> later = request => Desk.Good(request, new Reply { ExtraCerts = [Peer.Shared.Issuing.Certificate] }, Shape.Leaf with { NotBefore = Peer.Now.AddDays(2) });
        Desk desk = new(FakeRoad.Of(later, Desk.PkiConf)) { Settings = settings => settings with { IssuedTrustAnchor = [Peer.Shared.Root.Certificate] } };
        await desk.EnrollAsync();
    }

    [Fact]
    public async Task Rule41_An_expired_one_is_rejected()
    {
        Func<PkiMessage, ReadOnlyMemory<byte>> expired = request => Desk.Good(request, new Reply { ExtraCerts = [Peer.Shared.Issuing.Certificate] }, Shape.Leaf with { NotAfter = Peer.Now.AddDays(-2) });
        Desk desk = new(FakeRoad.Of(expired, Desk.PkiConf)) { Settings = settings => settings with { IssuedTrustAnchor = [Peer.Shared.Root.Certificate] } };
        Assert.Equal("CmpTrust.IssuedCertificate", (await desk.FailsAsync()).ErrorId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Rule31_caPubs_serve_under_a_shared_secret_only(bool underMac)
    {
        MadeCertificate newRoot = MadeCertificate.Root("CN=New Root");
        ReadOnlyMemory<byte> Answer(PkiMessage request) => Peer.Shared.Answer(
            request,
            Peer.Response(PkiBodyType.Ip, newRoot.Certify(Desk.KeyOf(request), "CN=router7")) with { CaPubs = [newRoot.Certificate] });
        Desk desk = new(FakeRoad.Of(Answer, Desk.PkiConf)) { Settings = settings => (underMac ? settings : Signing(settings)) with { IssuedTrustAnchor = [Peer.Shared.Root.Certificate] } };
        if (underMac)
            Assert.Equal("CN=New Root", Assert.Single((await desk.EnrollAsync()).CaPubs).Subject.ToString());
        else
            Assert.Equal("CmpTrust.IssuedCertificate", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule31_They_are_reported_and_never_installed()
    {
        Desk desk = Script(request => Peer.Shared.Answer(request, Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(Desk.KeyOf(request))) with { CaPubs = [Peer.Shared.Root.Certificate] }), Desk.PkiConf);
        EnrolledCertificate enrolled = await desk.EnrollAsync();
        Assert.Single(enrolled.CaPubs);
        Assert.Single(desk.Destination.Installed);
    }

    [Fact]
    public async Task Rule37_grantedWithMods_tells_what_differs()
    {
        Desk desk = new(FakeRoad.Of(request => Desk.Good(request, null, status: PkiStatus.GrantedWithMods), Desk.PkiConf))
        {
            Request = request => request with { Subject = Name.Parse("CN=router8"), NotAfter = Peer.Now.AddDays(1) },
        };
        EnrolledCertificate enrolled = await desk.EnrollAsync();
        Assert.Equal(PkiStatus.GrantedWithMods, enrolled.Status);
        Assert.Equal("Subject: CN=router7 instead of CN=router8", enrolled.Modifications[0].ToString());
        Assert.Equal(["Subject", "NotAfter", "keyUsage"], enrolled.Modifications.Select(one => one.Field));
        Assert.Contains("The server granted the request with changes.", enrolled.Warnings);
    }

    [Fact]
    public async Task Rule43_Who_approves_asks_for_no_implicit_confirmation_and_decides_before_certConf()
    {
        var seen = new List<string>();
        Desk desk = new(FakeRoad.Of(Desk.Good, Desk.PkiConf))
        {
            Approve = (issued, _) =>
            {
                seen.Add(issued.Certificate.Subject.ToString());
                return Task.FromResult<string?>(null);
            },
        };
        await desk.EnrollAsync();
        Assert.Equal(["CN=router7"], seen);
        Assert.Empty(desk.Road.Sent[0].Header.GeneralInfo);
        Assert.Equal(["ir", "certConf"], desk.Road.Kinds);
    }

    [Fact]
    public async Task Rule43_What_he_refuses_is_rejected_with_his_words()
    {
        Desk desk = new(FakeRoad.Of(Desk.Good, Desk.PkiConf)) { Approve = (_, _) => Task.FromResult<string?>("too short") };
        CmpException error = await desk.FailsAsync();
        Assert.Equal("CmpTransaction.Refused", error.ErrorId);
        Assert.Equal("too short", error.Message);
        Assert.Equal(["too short"], Assert.IsType<CertConfirmContent>(desk.Road.Sent[1].Body).Statuses[0].StatusInfo!.StatusString!.Texts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_cannot_decide_refuses_too_and_the_server_does_not_hear_why(bool cancelsItself)
    {
        Exception broken = cancelsItself ? new OperationCanceledException("password is 1234") : new InvalidOperationException("password is 1234");
        Desk desk = new(FakeRoad.Of(Desk.Good, Desk.PkiConf)) { Approve = (_, _) => throw broken };
        CmpException error = await desk.FailsAsync();
        Assert.Equal("CmpTransaction.Refused", error.ErrorId);
        Assert.Same(broken, error.InnerException);
        PkiStatusInfo status = Assert.IsType<CertConfirmContent>(desk.Road.Sent[1].Body).Statuses[0].StatusInfo!;
        Assert.Equal(PkiStatus.Rejection, status.Status);
        Assert.Null(status.StatusString);
    }

    [Fact]
    public async Task Who_is_stopped_while_he_decides_is_stopped()
    {
        using var cancel = new CancellationTokenSource();
        Desk desk = new(FakeRoad.Of(Desk.Good, Desk.PkiConf))
        {
            Approve = (_, _) =>
            {
                cancel.Cancel();
                throw new InvalidOperationException("stopped");
            },
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => desk.RunAsync(token: cancel.Token));
        desk.Undone();
        Assert.Single(desk.Road.Requests);
    }

    [Fact]
    public async Task Rule43_Refusing_under_implicit_confirmation_is_a_local_failure_only()
    {
        Reply granted = new() { Header = header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] }, ExtraCerts = [Peer.Shared.Issuing.Certificate] };
        Desk desk = new(FakeRoad.Of(request => Desk.Good(request, granted))) { Settings = settings => settings with { IssuedTrustAnchor = [MadeCertificate.Root("CN=Another Root").Certificate] } };
        Assert.Equal("CmpTrust.IssuedCertificate", (await desk.FailsAsync()).ErrorId);
        Assert.Single(desk.Road.Requests);
    }

    // the end

    [Fact]
    public async Task Rule44_Without_pkiConf_the_certificate_is_installed_and_not_confirmed()
    {
        var road = FakeRoad.Of(
            request => new TransportReply.Octets(Desk.Good(request)),
            _ => throw new CmpException(CmpErrorKind.Transport, "CmpTransport.ConnectionClosed", "The connection was closed."));
        EnrolledCertificate enrolled = await new Desk(road).EnrollAsync();
        Assert.False(enrolled.Confirmed);
        Assert.Contains("The connection was closed.", Assert.Single(enrolled.Warnings));
    }

    [Fact]
    public async Task Rule44_An_authentic_error_after_certConf_installs_nothing_and_keeps_the_key()
    {
        Desk desk = Script(Desk.Good, request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadCertId)));
        Assert.Equal("CmpServer.badCertId", (await Assert.ThrowsAsync<CmpServerException>(() => desk.RunAsync())).ErrorId);
        Assert.Equal(0, desk.KeysDeleted);
        Assert.Empty(desk.Destination.Installed);
    }

    [Fact]
    public async Task Rule44_certConfirmed_is_success() =>
        Assert.True((await Script(Desk.Good, request => Peer.Shared.Answer(request, Peer.Error(FailInfo.CertConfirmed))).EnrollAsync()).Confirmed);

    [Fact]
    public async Task Rule33_An_unprotected_pkiConf_fails_or_where_allowed_confirms_nothing()
    {
        Func<PkiMessage, ReadOnlyMemory<byte>>[] script = [Desk.Good, request => Peer.Shared.Answer(request, new PkiConfirmContent(), Reply.Unprotected)];
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", (await Script(script).FailsAsync()).ErrorId);
        EnrolledCertificate enrolled = await new Desk(FakeRoad.Of(script)) { Settings = settings => settings with { AllowUnprotectedErrors = true } }.EnrollAsync();
        Assert.False(enrolled.Confirmed);
    }

    [Fact]
    public async Task Rule45_Where_it_cannot_be_installed_the_key_goes()
    {
        Desk desk = new(FakeRoad.Of(Desk.Good, Desk.PkiConf)) { Destination = new FakeDestination { NotInstallable = new CmpException(CmpErrorKind.Store, "CmpStore.Unwritable", "full") } };
        Assert.Equal("CmpStore.Unwritable", (await desk.FailsAsync()).ErrorId);
        Assert.Equal(1, desk.KeysDeleted);
    }

    [Fact]
    public async Task What_cannot_be_undone_does_not_hide_the_error()
    {
        Desk desk = Script(BadAnswers["error"].Answer);
        var enrollment = new Enrollment(desk.Client, desk.Asked())
        {
            Trace = desk.Trace,
            GetKey = _ => new KeyHandle(desk.Key, () => throw new CmpException(CmpErrorKind.Key, "CmpKey.Failed", "the token is gone")),
        };
        Assert.Equal("CmpServer.badAlg", (await Assert.ThrowsAsync<CmpServerException>(() => enrollment.RunAsync())).ErrorId);
        Assert.Contains("the token is gone", Assert.Single(desk.Trace.Warnings));
    }

    // time

    [Fact]
    public async Task Rule38_Where_the_server_waits_longer_than_there_is_time_it_can_go_on_later()
    {
        Desk desk = Script(Desk.Waiting, Desk.PollRep(3600, "an operator is asked"), Desk.PollRep(60), request => Peer.Shared.Answer(request, Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(Peer.Shared.Signer.Key.PublicKey))));
        Assert.Null(await desk.RunAsync(TimeSpan.FromMinutes(5)));
        Assert.Equal(Peer.Now.AddHours(1), desk.Enrollment.WaitingUntil);
        Assert.Equal("an operator is asked", desk.Enrollment.WaitingReason);
        Assert.Equal(0, desk.KeysDeleted);
        Assert.Equal(["ir", "pollReq"], desk.Road.Kinds);
        Assert.Empty(desk.Clock.Waits);
    }

    [Fact]
    public async Task Rule38_Going_on_never_asks_earlier_than_checkAfter_and_ends_well()
    {
        PkiMessage? ir = null;
        Desk desk = Script(
            request =>
            {
                ir = request;
                return Desk.Waiting(request);
            },
            Desk.PollRep(3600),
            request => Peer.Shared.Answer(request, Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(Desk.KeyOf(ir!)))),
            Desk.PkiConf);
        Assert.Null(await desk.RunAsync(TimeSpan.FromMinutes(5)));
        // called again at once, it still has not the time; nothing is sent
        Assert.Null(await desk.RunAsync(TimeSpan.FromMinutes(5)));
        Assert.Equal(2, desk.Road.Requests.Count);
        desk.Clock.Now = Peer.Now.AddMinutes(58);
        await desk.EnrollAsync();
        Assert.Equal(["ir", "pollReq", "pollReq", "certConf"], desk.Road.Kinds);
        Assert.Equal(Peer.Now.AddHours(1), desk.Road.Sent[2].Header.MessageTime);
    }

    [Fact]
    public async Task Abandoning_what_waits_deletes_its_key()
    {
        Desk desk = Script(Desk.Waiting, Desk.PollRep(3600));
        Assert.Null(await desk.RunAsync());
        desk.Enrollment.Dispose();
        desk.Undone();
        Assert.Equal("CmpTransaction.Ended", (await Assert.ThrowsAsync<CmpException>(() => desk.RunAsync())).ErrorId);
    }

    [Fact]
    public async Task Rule61_A_server_that_hangs_ends_in_the_total_timeout_and_all_is_undone()
    {
        Desk desk = new(FakeRoad.ToSilence());
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => desk.RunAsync(TimeSpan.FromMilliseconds(1)));
        Assert.Equal("CmpTransaction.Timeout", error.ErrorId);
        Assert.Equal(CmpErrorKind.Timeout, error.Kind);
        desk.Undone();
        Assert.Equal(1, desk.KeysDeleted);
    }

    [Fact]
    public async Task Rule61_The_total_timeout_covers_polling_too()
    {
        Desk desk = null!;
        desk = new Desk(new FakeRoad((request, token) =>
        {
            token.ThrowIfCancellationRequested();
            desk.Clock.Now += TimeSpan.FromSeconds(61);
            return Task.FromResult<TransportReply>(new TransportReply.Octets(Desk.Waiting(PkiMessage.Decode(request.Octets))));
        }));
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => desk.RunAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal("CmpTransaction.Timeout", error.ErrorId);
        Assert.Equal(["ir", "pollReq"], desk.Road.Kinds);
        desk.Undone();
    }

    [Fact]
    public async Task Cancelling_while_the_server_is_silent_answers_at_once_and_undoes()
    {
        using var cancel = new CancellationTokenSource();
        Desk desk = new(FakeRoad.ToSilence(sent: () => cancel.Cancel()));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => desk.RunAsync(token: cancel.Token));
        desk.Undone();
        Assert.Equal(1, desk.KeysDeleted);
    }

    [Fact]
    public async Task Cancelling_while_it_waits_answers_at_once_and_undoes()
    {
        using var cancel = new CancellationTokenSource();
        Desk desk = Script(Desk.Waiting, Desk.PollRep(60));
        desk.Clock.Waiting = () => cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => desk.RunAsync(token: cancel.Token));
        Assert.Empty(desk.Clock.Waits);
        desk.Undone();
    }

    [Fact]
    public async Task Cancelling_before_it_begins_sends_nothing_that_counts()
    {
        Desk desk = Script(Desk.Good);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => desk.RunAsync(token: new CancellationToken(canceled: true)));
        desk.Undone();
    }

    [Fact]
    public async Task A_time_of_any_length_is_taken()
    {
        foreach (TimeSpan time in new[] { TimeSpan.MaxValue, TimeSpan.FromDays(100) })
            Assert.NotNull(await Script(Desk.Good, Desk.PkiConf).RunAsync(time));
        foreach (TimeSpan time in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(-1) })
            Assert.Equal("CmpTransaction.Timeout", (await Assert.ThrowsAsync<CmpException>(() => Script(Desk.Good).RunAsync(time))).ErrorId);
    }

    [Fact]
    public async Task Whatever_octets_come_only_the_one_exception_goes_out()
    {
        var random = new Random(7);
        ReadOnlyMemory<byte> good = default;
        for (int i = 0; i < 200; i++)
        {
            Desk desk = Script(request =>
            {
                byte[] octets = (good = Desk.Good(request)).ToArray();
                for (int n = random.Next(1, 6); n > 0; n--)
                    octets[random.Next(octets.Length)] ^= (byte)random.Next(1, 256);
                return octets;
            });
            await desk.FailsAsync();
        }
    }
}
