using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Cmp.Tests.Messages;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>Revocations and general messages, seen from the server (RFC 9483 4.2, 4.3, 5.1.3 and 5.1.4).</summary>
public sealed class RevocationTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static RevReqContent Rr(Certificate certificate, RevocationReason? reason = RevocationReason.Unspecified) => new([RevDetails.Of(certificate, reason)]);

    private static FailInfo? Refused(PkiMessage answer)
    {
        PkiStatusInfo status = Assert.Single(Assert.IsType<RevRepContent>(answer.Body).Statuses);
        return status.Status == PkiStatus.Accepted ? null : Assert.IsType<FailInfo>(status.FailInfo);
    }

    private static CertificateList Crl(PkiMessage answer) => CertificateList.Decode(Assert.Single(Assert.IsType<GenRepContent>(answer.Body).Items).InfoValue!.Value);

    private static GenMsgContent CurrentCrl => new([new InfoTypeAndValue(Oids.CurrentCrl)]);

    [Fact]
    public void Itself_the_secret_and_a_registration_authority_may_revoke_and_nobody_else()
    {
        SigningCertificate authority = Peer.Vendor(CertificateExtensions.EnhancedKeyUsage([Oids.CmcRA])), device = Peer.Vendor();
        using var peer = new Peer(new TestServerOptions { TrustedClients = [Peer.ToX509(authority.Certificate), Peer.ToX509(device.Certificate)] });
        SigningCertificate one = peer.Enroll("CN=one"), other = peer.Enroll("CN=other"), third = peer.Enroll("CN=third");
        Assert.Equal(FailInfo.NotAuthorized, Refused(peer.SigningClient(one).Send(Rr(other.Certificate))));
        Assert.Equal(FailInfo.NotAuthorized, Refused(peer.SigningClient(device).Send(Rr(other.Certificate))));
        Assert.Equal(3, peer.Responder.Issued.Count);
        Assert.Null(Refused(peer.SigningClient(one).Send(Rr(one.Certificate))));
        Assert.Null(Refused(peer.SigningClient(authority).Send(Rr(other.Certificate))));
        Assert.Null(Refused(peer.MacClient().Send(Rr(third.Certificate))));
        Assert.Empty(peer.Responder.Issued);
    }

    [Fact]
    public void What_is_unknown_expired_or_revoked_is_refused_by_its_bit()
    {
        using var peer = new Peer();
        Certificate certificate = peer.Enroll().Certificate;
        Assert.Equal(FailInfo.BadCertId, Refused(peer.MacClient().Send(Rr(Peer.Authority.Signer))));
        Assert.Equal(FailInfo.BadCertId, Refused(peer.MacClient().Send(new RevReqContent([RevDetails.Of(Name.Parse("CN=Another CA"), certificate.SerialNumber)]))));
        Assert.Equal(FailInfo.BadCertId, Refused(peer.MacClient().Send(new RevReqContent([new RevDetails(new CertTemplate(), [])]))));
        Assert.Equal(FailInfo.BadRequest, Refused(peer.MacClient().Send(Rr(certificate, RevocationReason.RemoveFromCrl))));
        Assert.Equal(FailInfo.BadRequest, Refused(peer.MacClient().Send(new RevReqContent([new RevDetails(RevDetails.Of(certificate).CertDetails, [new Extension(Oids.ReasonCode, false, new byte[] { 0x0A, 1, 7 })])]))));
        Assert.Equal(FailInfo.BadDataFormat, Refused(peer.MacClient().Send(new RevReqContent([new RevDetails(RevDetails.Of(certificate).CertDetails, [new Extension(Oids.ReasonCode, false, new byte[] { 0x0C, 1, 7 })])]))));
        Assert.Null(Refused(peer.MacClient().Send(Rr(certificate))));
        Assert.Equal(FailInfo.CertRevoked, Refused(peer.MacClient().Send(Rr(certificate))));
        Certificate later = peer.Enroll().Certificate;
        peer.Now = later.NotAfter.AddSeconds(1);
        Assert.Equal(FailInfo.CertRevoked, Refused(peer.MacClient().Send(Rr(later))));
    }

    [Fact]
    public void A_hold_is_lifted_or_becomes_final_and_nobody_lifts_his_own()
    {
        using var peer = new Peer();
        SigningCertificate one = peer.Enroll();
        Assert.Null(Refused(peer.SigningClient(one).Send(Rr(one.Certificate, RevocationReason.CertificateHold))));
        Assert.Equal(FailInfo.CertRevoked, Refused(peer.MacClient().Send(Rr(one.Certificate, RevocationReason.CertificateHold))));
        Assert.Equal(FailInfo.NotAuthorized, Refused(peer.SigningClient(one).Send(Rr(one.Certificate, RevocationReason.RemoveFromCrl))));
        Assert.Null(Refused(peer.MacClient().Send(Rr(one.Certificate, RevocationReason.RemoveFromCrl))));
        Assert.Single(peer.Responder.Issued);
        Assert.Null(Refused(peer.MacClient().Send(Rr(one.Certificate, RevocationReason.CertificateHold))));
        Assert.Null(Refused(peer.MacClient().Send(Rr(one.Certificate, RevocationReason.KeyCompromise))));
        Assert.Equal(FailInfo.BadRequest, Refused(peer.MacClient().Send(Rr(one.Certificate, RevocationReason.RemoveFromCrl))));
        Assert.Equal(RevocationReason.KeyCompromise, Assert.Single(Crl(peer.MacClient().Send(CurrentCrl)).Entries).Reason);
    }

    [Fact]
    public void The_strict_profile_has_one_signed_revocation_with_a_reason()
    {
        using var peer = new Peer(new TestServerOptions { Strict = true });
        SigningCertificate one = peer.Enroll();
        Tests.TestServer.Refused.ByError(FailInfo.WrongIntegrity, peer.MacClient().Send(Rr(one.Certificate)));
        Assert.Equal(FailInfo.BadRequest, Refused(peer.SigningClient(one).Send(Rr(one.Certificate, reason: null))));
        Assert.All(Assert.IsType<RevRepContent>(peer.SigningClient(one).Send(new RevReqContent([.. Rr(one.Certificate).Details, .. Rr(one.Certificate).Details])).Body).Statuses, status => Assert.Equal(FailInfo.BadRequest, status.FailInfo));
        Assert.Equal(FailInfo.BadRequest, Refused(peer.SigningClient(one).Send(new RevReqContent([new RevDetails(new CertTemplate { Subject = one.Certificate.Subject, PublicKey = one.Certificate.PublicKey }, Rr(one.Certificate).Details[0].CrlEntryDetails)]))));
        Tests.TestServer.Refused.ByError(FailInfo.BadRequest, peer.SigningClient(one).Send(Rr(one.Certificate), header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] }));
        Tests.TestServer.Refused.ByError(FailInfo.BadRequest, peer.SigningClient(one).Send(Rr(one.Certificate), header => header with { GeneralInfo = [InfoTypeAndValue.CertProfile("x")] }));
        Assert.Single(peer.Responder.Issued);
        Assert.Null(Refused(peer.SigningClient(one).Send(Rr(one.Certificate))));
    }

    [Fact]
    public void Nothing_to_revoke_is_a_bad_request()
    {
        using var peer = new Peer();
        Tests.TestServer.Refused.ByError(FailInfo.BadRequest, peer.MacClient().Send(new RevReqContent([])));
    }

    [Fact]
    public void It_is_revoked_when_the_answer_leaves_and_once()
    {
        using var peer = new Peer(new TestServerOptions { PollCount = 1, CheckAfter = 10 });
        SigningCertificate one = peer.Enroll();
        HandClient client = peer.SigningClient(one);
        Assert.Equal(PkiStatus.Waiting, Assert.Single(Assert.IsType<RevRepContent>(client.Send(Rr(one.Certificate)).Body).Statuses).Status);
        Assert.Single(peer.Responder.Issued);
        Assert.IsType<PollRepContent>(client.Send(new PollReqContent([-1])).Body);
        peer.Now += TimeSpan.FromSeconds(10);
        PkiMessage last = client.Send(new PollReqContent([-1]));
        Assert.Null(Refused(last));
        Assert.Empty(peer.Responder.Issued);
        CertificateList crl = Assert.Single(((RevRepContent)last.Body).Crls);
        Assert.NotNull(crl.Find(one.Certificate.SerialNumber));
        // who missed it hears the same again, and nothing else happens
        PkiMessage again = client.SendAgain();
        Assert.Equal(last.Body.Encoded.ToArray(), again.Body.Encoded.ToArray());
    }

    [Fact]
    public void A_CRL_is_the_same_until_something_changes_or_it_grows_old_and_its_numbers_only_grow()
    {
        using var peer = new Peer(new TestServerOptions { StatePath = _folder.PathOf("state") });
        CertificateList first = Crl(peer.MacClient().Send(CurrentCrl));
        Assert.Equal(first.Encoded.ToArray(), Crl(peer.MacClient().Send(CurrentCrl)).Encoded.ToArray());
        Certificate certificate = peer.Enroll().Certificate;
        Assert.Null(Refused(peer.MacClient().Send(Rr(certificate))));
        CertificateList second = Crl(peer.MacClient().Send(CurrentCrl));
        Assert.True(second.Number > first.Number && second.ThisUpdate > first.ThisUpdate);
        peer.Now += TimeSpan.FromDays(2);
        CertificateList third = Crl(peer.MacClient().Send(CurrentCrl));
        Assert.True(third.Number > second.Number);
        Assert.True(third.NextUpdate > third.ThisUpdate);
        peer.Restart();
        CertificateList fourth = Crl(peer.MacClient().Send(CurrentCrl));
        Assert.True(fourth.Number > third.Number);
        Assert.NotNull(fourth.Find(certificate.SerialNumber));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void What_was_revoked_or_held_stays_so_after_a_restart_also_when_the_transactions_are_forgotten(int days)
    {
        using var peer = new Peer(new TestServerOptions { StatePath = _folder.PathOf("state") });
        Certificate good = peer.Enroll("CN=good").Certificate, revoked = peer.Enroll("CN=revoked").Certificate, lifted = peer.Enroll("CN=lifted").Certificate;
        peer.MacClient().Send(Rr(revoked, RevocationReason.Superseded));
        peer.MacClient().Send(Rr(lifted, RevocationReason.CertificateHold));
        peer.MacClient().Send(Rr(lifted, RevocationReason.RemoveFromCrl));
        peer.Now += TimeSpan.FromDays(days);
        // each new transaction drops those that are too old
        peer.MacClient().Send(CurrentCrl);
        for (int i = 0; i < 2; i++)
        {
            peer.Restart();
            Assert.Equal(["CN=good", "CN=lifted"], peer.Responder.Issued.Select(certificate => certificate.Subject.ToString()));
            CertificateList crl = Crl(peer.MacClient().Send(CurrentCrl));
            Assert.Equal(RevocationReason.Superseded, Assert.IsType<RevokedCertificate>(crl.Find(revoked.SerialNumber)).Reason);
            Assert.Null(crl.Find(lifted.SerialNumber));
            Assert.Null(crl.Find(good.SerialNumber));
            Assert.Equal(FailInfo.CertRevoked, Refused(peer.MacClient().Send(Rr(revoked))));
        }
    }

    [Fact]
    public void A_general_message_waits_by_an_error_and_is_answered_to_who_polls()
    {
        using var peer = new Peer(new TestServerOptions { PollCount = 1, CheckAfter = 5 });
        HandClient client = peer.MacClient();
        Assert.Equal(PkiStatus.Waiting, Assert.IsType<ErrorMsgContent>(client.Send(CurrentCrl).Body).Status.Status);
        Assert.IsType<PollRepContent>(client.Send(new PollReqContent([-1])).Body);
        peer.Now += TimeSpan.FromSeconds(5);
        Assert.IsType<GenRepContent>(client.Send(new PollReqContent([-1])).Body);
        Tests.TestServer.Refused.ByError(FailInfo.BadRequest, client.Send(new PollReqContent([-1])));
    }

    public static TheoryData<string, byte[]?> Strange() => new()
    {
        { Oids.CaCerts, [5, 0] },
        { Oids.SignKeyPairTypes, [5, 0] },
        { Oids.CertReqTemplate, [0x30, 0] },
        { Oids.CrlStatusList, null },
        { Oids.CrlStatusList, [5, 0] },
        { Oids.RootCaCert, [5, 0] },
        { Oids.KeyPairParamReq, null },
        { Oids.SuppLangTags, [5, 0] },
    };

    [Theory]
    [MemberData(nameof(Strange))]
    public void A_value_that_does_not_belong_there_is_refused(string type, byte[]? value)
    {
        using var peer = new Peer(new TestServerOptions { Strict = true });
        InfoTypeAndValue item = value is null ? new InfoTypeAndValue(type) : new InfoTypeAndValue(type, value);
        Tests.TestServer.Refused.ByError(FailInfo.BadDataFormat, peer.MacClient().Send(new GenMsgContent([item])));
    }

#if NET // what runs programs is not for .NET Framework
    [SkippableFact]
    public void Wireshark_reads_what_is_said_of_revocations_and_questions()
    {
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        using var peer = new Peer();
        SigningCertificate one = peer.Enroll();
        HandClient revoking = peer.SigningClient(one), asking = peer.MacClient();
        PkiMessage rp = revoking.Send(Rr(one.Certificate, RevocationReason.KeyCompromise)), genp = asking.Send(new GenMsgContent([new InfoTypeAndValue(Oids.SignKeyPairTypes), new InfoTypeAndValue(Oids.CurrentCrl)]));
        IReadOnlyList<string[]> rows = TsharkTests.Read([revoking.Sent!, rp, asking.Sent!, genp], "cmp.body");
        Assert.Equal(["11", "12", "21", "22"], rows.Select(row => row[0]));
    }
#endif
}
