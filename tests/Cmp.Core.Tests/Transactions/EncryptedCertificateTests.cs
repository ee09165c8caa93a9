using System;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

/// <summary>Certificates that come encrypted for the key that they are for (RFC 9810 5.2.8.3.2).</summary>
public class EncryptedCertificateTests
{
    public static TheoryData<string, int> Keys => new() { { "RSA_2048", 2 }, { "RSA_2048", 3 }, { "ECDSA_P384", 3 }, { "X448", 3 }, { "ML-KEM-512", 3 } };

    [SkippableTheory]
    [MemberData(nameof(Keys))]
    public void It_is_opened_decided_on_and_confirmed_by_its_hash(string kind, int pvno)
    {
        SealedScene scene = Scene(kind, pvno).Start();
        Assert.Equal(pvno, scene.Sent.Header.Pvno);
        Certificate certificate = scene.Certify();
        var decide = Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(scene.Encrypted(pvno: pvno, certificate: certificate))));
        Assert.True(certificate.IsSameAs(decide.Certificate.Certificate));
        Assert.Null(decide.Certificate.Key);
        scene.Accept();
        CertStatus status = Assert.Single(scene.CertConf.Statuses);
        Assert.Equal(Digests.Compute(SignatureAlgorithms.DigestOid(certificate.SignatureAlgorithm)!, certificate.Encoded), status.CertHash.ToArray());
        Assert.Null(status.StatusInfo);
        Assert.IsType<TransactionStep.Done>(scene.Answer(new PkiConfirmContent()));
    }

    [Fact]
    public void Rule7_Who_wants_an_EnvelopedData_says_so_in_the_first_message()
    {
        Assert.Equal(3, new SealedScene().Start().Sent.Header.Pvno);
        Assert.Equal(3, Scene("ML-KEM-512", 2).Start().Sent.Header.Pvno);
        // an RSA key has an old form, which is expected where it is taken
        Assert.Equal(2, Scene("RSA_2048", null, old: true).Start().Sent.Header.Pvno);
        Assert.Equal(3, Scene("RSA_2048", null).Start().Sent.Header.Pvno);
    }

    [Fact]
    public void One_for_another_key_is_not_opened_and_nothing_is_confirmed()
    {
        SealedScene scene = new SealedScene().Start();
        PrivateKey other = new SealedRequest(null).Key;
        Assert.Equal("CmpEnvelope.NotOpened", scene.Fails(scene.Granted(scene.Encrypted(to: other.PublicKey))).ErrorId);
        Assert.Single(scene.AllSent);
        Assert.True(scene.Transaction.IsOver);
        Assert.Null(scene.Transaction.Issued);
    }

    [Fact]
    public void Rule40_One_of_another_key_that_opens_is_no_better()
    {
        SealedScene scene = new SealedScene().Start();
        PrivateKey other = new SealedRequest(null).Key;
        Assert.Equal("CmpPossession.WrongCertificate", scene.Fails(scene.Granted(scene.Encrypted(to: scene.Key.PublicKey, certificate: Peer.Shared.Certify(other.PublicKey)))).ErrorId);
        Assert.Single(scene.AllSent);
    }

    [Fact]
    public void One_that_was_not_asked_for_is_refused()
    {
        SealedScene scene = new() { Requests = [new(SubsequentMessage.ChallengeResp)] };
        scene.Start();
        Assert.Equal("CmpTransaction.EncryptedCertificate", scene.Fails(scene.Granted(scene.Encrypted())).ErrorId);
    }

    [Fact]
    public void One_in_the_clear_is_taken() => Assert.IsType<TransactionStep.Decide>(new SealedScene().Start().Then(scene => scene.Answer(scene.Granted(scene.Plain()))));

    [Fact]
    public void The_old_form_is_refused_where_nobody_allowed_it()
    {
        SealedScene scene = Scene("RSA_2048", 2, old: false).Start();
        Assert.Equal("CmpEnvelope.EncryptedValue", scene.Fails(scene.Granted(scene.Encrypted(pvno: 2))).ErrorId);
    }

    [Fact]
    public void The_old_form_belongs_to_the_old_versions()
    {
        SealedScene scene = Scene("RSA_2048", 3, old: true).Start();
        Assert.Equal("CmpEnvelope.EncryptedValue", scene.Fails(scene.Granted(scene.Encrypted(pvno: 2)), new Reply { Header = header => header with { Pvno = 3 } }).ErrorId);
    }

    [Fact]
    public void Of_several_one_that_does_not_open_fails_alone_and_is_not_confirmed()
    {
        SealedScene scene = new() { Requests = [new(SubsequentMessage.EncrCert), new(SubsequentMessage.EncrCert)] };
        scene.Start();
        Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Granted(scene.Encrypted(to: scene.Requests[1].Key.PublicKey), scene.Encrypted(1))));
        scene.Accept();
        Assert.Equal(1, Assert.Single(scene.CertConf.Statuses).CertReqId);
        Assert.Equal("CmpEnvelope.NotOpened", scene.Transaction.Requests[0].Failure!.ErrorId);
        Assert.IsType<TransactionStep.Done>(scene.Answer(new PkiConfirmContent()));
    }

    [Fact]
    public void Of_several_those_that_failed_do_not_keep_another_process_from_going_on()
    {
        SealedScene scene = new() { Requests = [new(SubsequentMessage.EncrCert), new(SubsequentMessage.EncrCert), new(SubsequentMessage.EncrCert), new(SubsequentMessage.ChallengeResp)] };
        scene.Start();
        CertResponse nothing = new(0, new PkiStatusInfo(PkiStatus.Accepted));
        scene.Answer(scene.Granted(nothing, scene.Encrypted(1), scene.Encrypted(2, to: scene.Key.PublicKey), scene.Encrypted(3)));
        Assert.Equal(
            ["CmpTransaction.NoCertificate", "none", "CmpEnvelope.NotOpened", "CmpTransaction.EncryptedCertificate"],
            scene.Transaction.Requests.Select(request => request.Failure?.ErrorId ?? "none"));
        // with all keys, and with those only that are asked for still
        foreach (SealedScene again in new[] { scene.Resumed(), scene.Resumed([null, RequestKey.Of(scene.Requests[1].Key), null, null]) })
        {
            Assert.Equal(1, Assert.IsType<TransactionStep.Decide>(again.Continue()).Certificate.Request);
            again.Accept();
            Assert.Equal(1, Assert.Single(again.CertConf.Statuses).CertReqId);
            Assert.IsType<TransactionStep.Done>(again.Answer(new PkiConfirmContent()));
        }
    }

    [Fact]
    public void Another_process_opens_it_again()
    {
        SealedScene scene = new SealedScene().Start();
        Certificate certificate = scene.Certify();
        scene.Answer(scene.Granted(scene.Encrypted(certificate: certificate)));
        Assert.DoesNotContain(scene.Transaction.Capture().Answers, answer => answer.Span.IndexOf(certificate.Encoded.Span) >= 0);
        SealedScene again = scene.Resumed();
        Assert.True(certificate.IsSameAs(Assert.IsType<TransactionStep.Decide>(again.Continue()).Certificate.Certificate));
        again.Accept();
        Assert.Single(again.CertConf.Statuses);
    }

    [Fact]
    public void What_has_ended_needs_no_key_in_another_process()
    {
        SealedScene scene = new() { Requests = [new(SubsequentMessage.EncrCert), new(SubsequentMessage.EncrCert)] };
        scene.Start();
        scene.Answer(scene.Granted(scene.Encrypted(), SealedScene.Waits(1)));
        scene.Accept();
        scene.Answer(new PkiConfirmContent());
        SealedScene again = scene.Resumed([null, RequestKey.Of(scene.Requests[1].Key)]);
        again.Resume();
        Assert.IsType<TransactionStep.Decide>(again.Answer(again.Granted(again.Encrypted(1))));
        again.Accept();
        Assert.IsType<TransactionStep.Done>(again.Answer(new PkiConfirmContent()));
        Assert.True(again.Transaction.Confirmed);
    }

    [Fact]
    public void Without_its_key_another_process_does_not_go_on()
    {
        SealedScene scene = new SealedScene().Start();
        scene.Answer(scene.Granted(scene.Encrypted()));
        Assert.Equal("CmpMessage.Malformed", Assert.Throws<CmpException>(() => scene.Resumed([null])).ErrorId);
        Assert.Equal("CmpEnvelope.NotOpened", Assert.Throws<CmpException>(() => scene.Resumed([RequestKey.Of(new SealedRequest(null).Key)])).ErrorId);
    }

    [Fact]
    public void Nothing_is_asked_for_that_could_not_be_opened() =>
        Assert.Throws<ArgumentException>(() => new EnrollmentTransaction(
            new TransactionSettings { Protector = Peer.Mac(), Trust = new TrustSettings() },
            new CertReqMessages(PkiBodyType.Ir, [new CertReqMsg(new CertRequest(0, new CertTemplate { PublicKey = new SealedRequest(null).Key.PublicKey }, []), PopoPrivKey.Later(false, SubsequentMessage.EncrCert), [])])));

    [Fact]
    public void Cmp1999_knows_no_hash_that_would_prove_it()
    {
        SealedScene scene = Scene("RSA_2048", 1, old: true);
        Assert.Equal("CmpArgument.ProtocolVersion", Assert.Throws<CmpException>(scene.Start).ErrorId);
    }

    private static SealedScene Scene(string kind, int? pvno, bool? old = null) => new()
    {
        Requests = [new(SubsequentMessage.EncrCert, kind)],
        Settings = settings => settings with { Pvno = pvno, AllowEncryptedValue = old ?? pvno == 2 },
    };
}

internal static class SealedSceneExtensions
{
    internal static T Then<T>(this SealedScene scene, Func<SealedScene, T> next) => next(scene);
}
