using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Numerics;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>Enrolments of keys that cannot sign: encrypted certificates, challenges, and what happens where a server wants the other of both.</summary>
public sealed class FollowingProofTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly EnrollmentStore _store;

    public FollowingProofTests() => _store = new EnrollmentStore(_folder.PathOf("home"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Another_process_opens_the_certificate_with_the_key_that_waited()
    {
        using (Enrollment enrollment = Enroll(FakeRoad.Of(Desk.Waiting, Desk.PollRep(3600))))
            Assert.Null(await enrollment.RunAsync(TimeSpan.FromMinutes(1)));
        FakeRoad road = FakeRoad.Of(Encrypted, Desk.PkiConf);
        using Enrollment again = Resume(road);
        EnrolledCertificate enrolled = (await again.RunAsync(TimeSpan.FromHours(2)))!;
        Assert.True(enrolled.Confirmed);
        using (enrolled.Key)
            enrolled.Key!.EnsureFits(enrolled.Certificate.PublicKey);
        Assert.Empty(_store.PendingIds);
    }

    [Fact]
    public async Task Another_process_goes_on_after_the_challenge_was_answered()
    {
        FakeRoad first = FakeRoad.Of(Challenge, request => Peer.Shared.Answer(request, new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting))), Desk.PollRep(3600, null));
        using (Enrollment enrollment = Enroll(first, request => request with { ProofOfPossession = ProofOfPossessionKind.ChallengeResponse }))
            Assert.Null(await enrollment.RunAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(["ir", "popdecr", "pollReq"], first.Kinds);
        using Enrollment again = Resume(FakeRoad.Of(Plain, Desk.PkiConf));
        Assert.True((await again.RunAsync(TimeSpan.FromHours(2)))!.Confirmed);
    }

    [Fact]
    public async Task Where_encrypted_certificates_are_refused_as_a_proof_a_challenge_is_asked_for()
    {
        FakeRoad road = FakeRoad.Of(BadPop, Challenge, Plain, Desk.PkiConf);
        using Enrollment enrollment = Enroll(road);
        EnrolledCertificate enrolled = (await enrollment.RunAsync())!;
        Assert.Equal(["ir", "ir", "popdecr", "certConf"], road.Kinds);
        IReadOnlyList<PkiMessage> sent = road.Sent;
        // a new transaction with the same key
        Assert.NotEqual(sent[0].Header.TransactionId!.Value.ToArray(), sent[1].Header.TransactionId!.Value.ToArray());
        Assert.Null(sent[1].Header.RecipNonce);
        Assert.Equal(SubsequentMessage.EncrCert, ((PopoPrivKey)Asked(sent[0]).Popo!).Subsequent);
        Assert.Equal(SubsequentMessage.ChallengeResp, ((PopoPrivKey)Asked(sent[1]).Popo!).Subsequent);
        Assert.True(Asked(sent[0]).CertReq.CertTemplate.PublicKey!.IsSameAs(Asked(sent[1]).CertReq.CertTemplate.PublicKey!));
        Assert.Contains(_trace.Notes, note => note.Contains("with a challenge in place"));
        Assert.Equal(Hex.Of(sent[1].Header.TransactionId!.Value.Span), enrolled.TransactionId);
        Assert.Empty(_store.PendingIds);
        Assert.Empty(Directory.GetFiles(_folder.PathOf("home"), "*.key", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task The_second_refusal_is_the_error_and_nothing_stays()
    {
        FakeRoad road = FakeRoad.Of(BadPop, BadPop);
        using Enrollment enrollment = Enroll(road);
        Assert.Equal("CmpServer.badPOP", (await Assert.ThrowsAsync<CmpServerException>(() => enrollment.RunAsync())).ErrorId);
        Assert.Empty(_store.PendingIds);
        Assert.Empty(Directory.GetFiles(_folder.PathOf("home"), "*.key", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_user_chose_or_nobody_vouches_for_leads_to_no_other_proof(bool isChosen)
    {
        FakeRoad road = FakeRoad.Of(request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadPOP), isChosen ? null : Reply.Unprotected));
        using Enrollment enrollment = Enroll(road, request => request with { ProofOfPossession = isChosen ? ProofOfPossessionKind.EncryptedCertificate : null });
        await Assert.ThrowsAsync<CmpServerException>(() => enrollment.RunAsync());
        Assert.Equal(["ir"], road.Kinds);
    }

    [Fact]
    public async Task Another_refusal_leads_to_no_other_proof()
    {
        FakeRoad road = FakeRoad.Of(request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadCertTemplate)));
        using Enrollment enrollment = Enroll(road);
        await Assert.ThrowsAsync<CmpServerException>(() => enrollment.RunAsync());
        Assert.Equal(["ir"], road.Kinds);
    }

    private readonly ListTrace _trace = new();

    private Enrollment Enroll(FakeRoad road, Func<EnrollmentRequest, EnrollmentRequest>? request = null)
    {
        var desk = new Desk(road);
        EnrollmentRequest asked = desk.Asked() with { Key = new KeyRequest { Algorithm = KeyAlgorithm.Parse("ML-KEM-512") } };
        return new Enrollment(desk.Client, request?.Invoke(asked) ?? asked) { Store = _store, Trace = _trace };
    }

    private Enrollment Resume(FakeRoad road)
    {
        var desk = new Desk(road);
        desk.Clock.Now += TimeSpan.FromHours(1);
        return Enrollment.Resume(_store, Assert.Single(_store.PendingIds), new ResumeOptions { OpenClient = _ => desk.Client });
    }

    private static CertReqMsg Asked(PkiMessage request) => ((CertReqMessages)request.Body).Requests[0];

    private SubjectPublicKeyInfo? _key;

    private SubjectPublicKeyInfo KeyOf(PkiMessage request) => request.Body is CertReqMessages ? Asked(request).CertReq.CertTemplate.PublicKey! : _key ?? KeyThatWaits();

    private SubjectPublicKeyInfo KeyThatWaits() => Asked(PkiMessage.Decode(Assert.Single(_store.All(error => throw error)).State!.Request)).CertReq.CertTemplate.PublicKey!;

    private ReadOnlyMemory<byte> Plain(PkiMessage request) => Peer.Shared.Answer(request, Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(KeyOf(request))));

    private ReadOnlyMemory<byte> Encrypted(PkiMessage request)
    {
        Certificate certificate = Peer.Shared.Certify(KeyOf(request));
        var pair = new CertifiedKeyPair { EncryptedCert = EncryptedCertificate.Create(certificate, 3).Encoded };
        return Peer.Shared.Answer(request, new CertRepMessage(PkiBodyType.Ip, [new CertResponse(0, new PkiStatusInfo(PkiStatus.Accepted), pair)]), Pvno3);
    }

    private ReadOnlyMemory<byte> Challenge(PkiMessage request)
    {
        _key = KeyOf(request);
        (PopoDecKeyChallContent content, IReadOnlyList<BigInteger> _) = Challenges.Create([(_key, 0)], GeneralName.FromName(Peer.Shared.Signer.Certificate.Subject), 3);
        return Peer.Shared.Answer(request, content, Pvno3);
    }

    private static ReadOnlyMemory<byte> BadPop(PkiMessage request) => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadPOP));

    private static Reply Pvno3 { get; } = new() { Header = header => header with { Pvno = 3 } };
}
