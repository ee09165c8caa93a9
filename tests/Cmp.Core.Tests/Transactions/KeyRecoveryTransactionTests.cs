using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

/// <summary>krr and krp, message by message, and each key that comes (rules 35 to 38, 48 and 65).</summary>
public sealed class KeyRecoveryTransactionTests
{
    private static readonly MadeCertificate Lost = KeyArchive.Lost();

    private readonly PrivateKey _opener = PrivateKey.Generate(KeyAlgorithm.Parse(Mono.IsRunning ? "RSA_2048" : "ECDSA_P256"));
    private readonly ListTrace _trace = new();

    [Fact]
    public void Rule35_krr_is_answered_by_krp_and_by_nothing_else()
    {
        Talk talk = Begin();
        foreach (PkiBody other in new PkiBody[] { new PkiConfirmContent(), Peer.Response(PkiBodyType.Ip, Lost.Certificate), new RevRepContent([new PkiStatusInfo(PkiStatus.Accepted)]), Scene.PollRep(5) })
            Assert.Equal("CmpTransaction.UnexpectedBody", talk.Fails(other).ErrorId);
        Assert.IsType<TransactionStep.Done>(talk.Answer(KeyArchive.Krp(KeyArchive.Signed(talk.Sent, Lost))));
        Assert.Equal(TransactionPhase.Ended, talk.Transaction.Phase);
        Assert.Null(talk.Sent.Header.FindInfo(Oids.ImplicitConfirm));
    }

    [Theory]
    [InlineData(null, 3)]
    [InlineData(3, 3)]
    [InlineData(2, 2)]
    [InlineData(1, 1)]
    public void Rule7_It_is_of_cmp2021_unless_the_user_names_an_earlier_version(int? said, int pvno) =>
        Assert.Equal(pvno, Begin(settings => settings with { Pvno = said }).Sent.Header.Pvno);

    [Fact]
    public void Rule38_What_waits_is_polled_for_by_its_number()
    {
        foreach (int called in new[] { 0, -1 })
        {
            Talk talk = Begin();
            Assert.IsType<TransactionStep.Send>(talk.Answer(new KeyRecRepContent(new PkiStatusInfo(PkiStatus.Waiting))));
            Assert.Equal([0], Assert.IsType<PollReqContent>(talk.Sent.Body).CertReqIds);
            Assert.IsType<TransactionStep.Wait>(talk.Answer(Scene.PollRep(60, called)));
            talk.Take(talk.Transaction.Resume(Peer.Now.AddMinutes(1)));
            Assert.IsType<TransactionStep.Done>(talk.Answer(KeyArchive.Krp(KeyArchive.Signed(talk.First, Lost))));
        }
        Talk wrong = Begin();
        wrong.Answer(new KeyRecRepContent(new PkiStatusInfo(PkiStatus.Waiting)));
        Assert.Equal("CmpTransaction.PollRep", wrong.Fails(Scene.PollRep(60, 7)).ErrorId);
    }

    [Fact]
    public void Rule26_A_krp_that_says_it_is_late_may_not_repeat_the_nonce_of_before()
    {
        Talk talk = Begin();
        PkiMessage krr = talk.Sent;
        talk.Answer(new KeyRecRepContent(new PkiStatusInfo(PkiStatus.Waiting)));
        var old = new Reply { Header = header => header with { RecipNonce = krr.Header.SenderNonce } };
        Assert.Equal("CmpTransaction.RecipNonce", talk.Fails(new KeyRecRepContent(new PkiStatusInfo(PkiStatus.Waiting)), old).ErrorId);
        Assert.IsType<TransactionStep.Done>(talk.Answer(KeyArchive.Krp(KeyArchive.Signed(krr, Lost)), old));
    }

    [Fact]
    public void Rule38_What_is_late_as_a_whole_is_called_minus_one()
    {
        Talk talk = Begin();
        talk.Answer(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting)));
        Assert.Equal([-1], Assert.IsType<PollReqContent>(talk.Sent.Body).CertReqIds);
    }

    [Fact]
    public void Rule37_A_refusal_is_the_servers_word()
    {
        CmpServerException error = Assert.IsType<CmpServerException>(Begin().Fails(new KeyRecRepContent(PkiStatusInfo.Rejection(FailInfo.NotAuthorized, "not yours"))));
        Assert.Equal("CmpServer.notAuthorized", error.ErrorId);
        Talk modified = Begin();
        var krp = new KeyRecRepContent(new PkiStatusInfo(PkiStatus.GrantedWithMods)) { KeyPairHist = [KeyArchive.Signed(modified.Sent, Lost)] };
        Assert.IsType<TransactionStep.Done>(modified.Answer(krp));
        Assert.Single(modified.Transaction.Warnings);
    }

    [Fact]
    public void Rule33_A_refusal_that_nobody_vouches_for_is_nobodys()
    {
        var refusal = new KeyRecRepContent(PkiStatusInfo.Rejection(FailInfo.NotAuthorized, "not yours"));
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", Begin().Fails(refusal, Reply.Unprotected).ErrorId);
        Assert.Equal("CmpProtection.Missing", Begin().Fails(KeyArchive.Krp(KeyArchive.Pair(Lost.Certificate, KeyArchive.SealedFor(_opener.PublicKey, new byte[] { 5, 0 }, Oids.Data))), Reply.Unprotected).ErrorId);
    }

    [Fact]
    public void An_answer_without_keys_is_an_error()
    {
        Assert.Equal("CmpRecovery.Nothing", Begin().Fails(new KeyRecRepContent(new PkiStatusInfo(PkiStatus.Accepted)) { CaCerts = [Peer.Shared.Issuing.Certificate] }).ErrorId);
        Assert.IsType<TransactionStep.Done>(Begin().Answer(new KeyRecRepContent(new PkiStatusInfo(PkiStatus.Accepted)) { NewSigCert = Lost.Certificate }));
    }

    [Fact]
    public void More_keys_than_the_limit_are_refused_before_any_is_opened()
    {
        Talk talk = Begin(settings => settings with { Trust = settings.Trust with { Limits = CmpLimits.Default with { MaxRecoveredKeys = 2 } } });
        CertifiedKeyPair pair = KeyArchive.Signed(talk.Sent, Lost);
        Assert.Equal("CmpRecovery.TooMany", talk.Fails(KeyArchive.Krp(pair, pair, pair)).ErrorId);
        talk = Begin(settings => settings with { Trust = settings.Trust with { Limits = CmpLimits.Default with { MaxRecoveredKeys = 2 } } });
        Assert.IsType<TransactionStep.Done>(talk.Answer(KeyArchive.Krp(pair, pair)));
    }

    [Fact]
    public void Rule65_Who_issued_what_comes_may_sign_and_another_CA_may_not()
    {
        foreach ((MadeCertificate signer, bool isGood) in new[] { (Peer.Shared.Issuing, true), (Peer.Shared.Root.Issue("CN=Another CA", Shape.CA), false) })
        {
            Talk talk = Begin(settings => settings with { Protector = Peer.Signature(Peer.Shared.Client), Credential = new SigningCertificate(Peer.Shared.Client.Certificate, Peer.Shared.Client.Key) });
            var reply = new Reply
            {
                Protector = Peer.Signature(signer),
                Header = header => header with { Sender = GeneralName.FromName(signer.Certificate.Subject), SenderKid = signer.Certificate.SubjectKeyIdentifier },
                ExtraCerts = [signer.Certificate],
            };
            TransactionStep step = talk.Answer(KeyArchive.Krp(KeyArchive.Signed(talk.Sent, Lost)), reply);
            if (isGood)
                Assert.IsType<TransactionStep.Done>(step);
            else
                Assert.Equal("CmpTrust.SignerNotAuthorized", Assert.IsType<TransactionStep.Failed>(step).Error.ErrorId);
        }
    }

    // keys

    [SkippableTheory]
    [InlineData("RSA_2048")]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P384")]
    [InlineData("X25519")]
    [InlineData("ML-KEM-768")]
    public void Rule48_A_signed_package_is_opened_by_any_key_that_can(string algorithm)
    {
        Skip.If(Mono.IsRunning && algorithm == "ECDSA_P256", "Mono has no keys of P-256.");
        using PrivateKey opener = PrivateKey.Generate(KeyAlgorithm.Parse(algorithm));
        Talk talk = Begin(opener: opener);
        Done(talk, KeyArchive.Signed(talk.Sent, Lost));
        using RecoveredKey key = talk.Open(0);
        Assert.Null(key.Error);
        Assert.True(key.Key!.PublicKey.IsSameAs(Lost.Certificate.PublicKey));
        Assert.Empty(talk.Transaction.Warnings);
    }

    [Theory]
    [InlineData(Oids.Data)]
    [InlineData(Oids.KeyPackage)]
    [InlineData(Oids.EncKeyWithId)]
    public void What_nobody_signed_is_taken_with_a_warning(string contentType)
    {
        Talk talk = Begin();
        Done(talk, KeyArchive.Bare(talk.Sent, Lost, contentType), KeyArchive.Bare(talk.Sent, Lost, contentType));
        using RecoveredKey one = talk.Open(0), other = talk.Open(1);
        Assert.True(one.Key!.PublicKey.IsSameAs(Lost.Certificate.PublicKey));
        Assert.NotNull(other.Key);
        Assert.Contains("nobody signed", Assert.Single(talk.Transaction.Warnings));
    }

    [Fact]
    public void Rule48_One_bad_key_hides_no_others_and_no_key_of_it_is_kept()
    {
        MadeCertificate other = KeyArchive.Lost("CN=router7, OU=before");
        Talk talk = Begin();
        Done(
            talk,
            KeyArchive.Signed(talk.Sent, Lost, key: other.Key),
            KeyArchive.Signed(talk.Sent, other),
            new CertifiedKeyPair { Certificate = Lost.Certificate },
            KeyArchive.Pair(Lost.Certificate, KeyArchive.SealedFor(Lost.Certificate.PublicKey, Lost.Key.ExportPkcs8(), Oids.Data)));
        Assert.Equal(["CmpKey.Mismatch", null, "CmpRecovery.KeyMissing", "CmpEnvelope.NotOpened"], Enumerable.Range(0, 4).Select(index => Error(talk, index)));
        using RecoveredKey good = talk.Open(1);
        Assert.True(good.Certificate!.IsSameAs(other.Certificate));
        using RecoveredKey bad = talk.Open(0);
        Assert.Null(bad.Key);
        Assert.True(bad.Certificate!.IsSameAs(Lost.Certificate));
    }

    [Fact]
    public void Whatever_keeps_an_envelope_shut_is_one_error()
    {
        byte[] pkcs8 = Lost.Key.ExportPkcs8();
        using PrivateKey stranger = PrivateKey.Generate(_opener.Algorithm);
        Talk talk = Begin();
        EncryptedKey good = KeyArchive.Sealed(talk.Sent, pkcs8, Oids.Data);
        Done(
            talk,
            KeyArchive.Pair(Lost.Certificate, KeyArchive.SealedForTwo(talk.Sent, pkcs8, Oids.Data)),
            KeyArchive.Pair(Lost.Certificate, KeyArchive.SealedFor(stranger.PublicKey, pkcs8, Oids.Data)),
            KeyArchive.Pair(Lost.Certificate, KeyArchive.Sealed(talk.Sent, new byte[] { 1, 2, 3 }, Oids.Data)),
            KeyArchive.Pair(Lost.Certificate, good));
        string?[] messages = [.. Enumerable.Range(0, 3).Select(index => talk.Open(index).Error!.Message)];
        Assert.Single(messages.Distinct());
        Assert.Equal(["CmpEnvelope.NotOpened", "CmpEnvelope.NotOpened", "CmpEnvelope.NotOpened", null], Enumerable.Range(0, 4).Select(index => Error(talk, index)));
    }

    [Fact]
    public void What_is_no_private_key_is_an_error()
    {
        Talk talk = Begin();
        byte[] pkcs8 = Lost.Key.ExportPkcs8();
        Done(
            talk,
            KeyArchive.Pair(Lost.Certificate, KeyArchive.Sealed(talk.Sent, Lost.Certificate.Encoded, Oids.Data)),
            KeyArchive.Pair(Lost.Certificate, KeyArchive.Sealed(talk.Sent, pkcs8, "1.2.3.4")),
            KeyArchive.Pair(Lost.Certificate, KeyArchive.Sealed(talk.Sent, new Cmp.Messages.Cms.AsymmetricKeyPackage([pkcs8, pkcs8]).Encoded, Oids.KeyPackage)),
            KeyArchive.Pair(Lost.Certificate, KeyArchive.Sealed(talk.Sent, pkcs8, Oids.SignedData)));
        Assert.Equal(["CmpKey.Malformed", "CmpRecovery.Content", "CmpRecovery.Content", "CmpEnvelope.KeyPackage"], Enumerable.Range(0, 4).Select(index => Error(talk, index)));
    }

    [Fact]
    public void Rule48_Who_signs_a_package_is_made_for_that_or_the_secret_vouches()
    {
        MadeCertificate anybody = Peer.Shared.Issuing.Issue("CN=anybody");
        Talk underMac = Begin();
        Done(underMac, KeyArchive.Signed(underMac.Sent, Lost, anybody));
        Assert.Null(Error(underMac, 0));
        Assert.NotEmpty(underMac.Transaction.Warnings);

        foreach ((MadeCertificate signer, string? errorId) in new[]
        {
            (KeyArchive.Kga, (string?)null),
            (anybody, "CmpTrust.KeyGenerationAuthority"),
            (MadeCertificate.Root("CN=Elsewhere").Issue("CN=Key generation authority", Shape.Leaf with { Purposes = [Oids.CmKGA] }), "CmpTrust.NoPath"),
        })
        {
            Talk signed = Begin(settings => settings with { Protector = Peer.Signature(Peer.Shared.Client), Credential = new SigningCertificate(Peer.Shared.Client.Certificate, Peer.Shared.Client.Key) });
            Done(signed, KeyArchive.Signed(signed.Sent, Lost, signer));
            Assert.Equal(errorId, Error(signed, 0));
        }
    }

    [Fact]
    public void The_form_before_pvno_3_is_taken_where_it_is_allowed()
    {
        using PrivateKey rsa = PrivateKey.Generate(KeyAlgorithm.Parse("RSA_2048"));
        foreach (bool isAllowed in new[] { true, false })
        {
            Talk talk = Begin(settings => settings with { AllowEncryptedValue = isAllowed, Pvno = 2 }, rsa);
            Done(talk, KeyArchive.Old(talk.Sent, Lost));
            Assert.Equal(isAllowed ? null : "CmpEnvelope.EncryptedValue", Error(talk, 0));
        }
    }

    [Fact]
    public void A_certificate_that_comes_encrypted_is_opened_too()
    {
        Talk talk = Begin();
        CertifiedKeyPair plain = KeyArchive.Signed(talk.Sent, Lost);
        Done(
            talk,
            new CertifiedKeyPair { EncryptedCert = KeyArchive.Sealed(talk.Sent, Lost.Certificate.Encoded, Oids.Data).Encoded, PrivateKey = plain.PrivateKey },
            new CertifiedKeyPair { EncryptedCert = KeyArchive.SealedFor(Lost.Certificate.PublicKey, Lost.Certificate.Encoded, Oids.Data).Encoded, PrivateKey = plain.PrivateKey });
        using RecoveredKey key = talk.Open(0);
        Assert.True(key.Certificate!.IsSameAs(Lost.Certificate));
        Assert.NotNull(key.Key);
        using RecoveredKey closed = talk.Open(1);
        Assert.Equal(("CmpEnvelope.NotOpened", null), (closed.Error!.ErrorId, closed.Certificate));
    }

    // another process

    [Fact]
    public void Rule50_Another_process_goes_on_and_opens_what_came()
    {
        Talk talk = Begin();
        talk.Answer(new KeyRecRepContent(new PkiStatusInfo(PkiStatus.Waiting)));
        talk.Answer(Scene.PollRep(60));
        Talk other = TakeUp(talk);
        Assert.True(other.Transaction.IsWaitedFor);
        other.Take(other.Transaction.Resume(Peer.Now.AddMinutes(1)));
        Done(other, KeyArchive.Signed(talk.First, Lost));
        Talk third = TakeUp(other);
        Assert.IsType<TransactionStep.Done>(third.Transaction.Continue(Peer.Now));
        Assert.Null(Error(third, 0));
    }

    private Talk Begin(Func<TransactionSettings, TransactionSettings>? change = null, PrivateKey? opener = null)
    {
        PrivateKey key = opener ?? _opener;
        var request = new CertRequest(0, new CertTemplate { Subject = Name.Parse("CN=router7") }, [Controls.ProtocolEncrKey(key.PublicKey)]);
        var talk = new Talk(new KeyRecoveryTransaction((change ?? (same => same))(Settings()), new CertReqMessages(PkiBodyType.Krr, [new CertReqMsg(request, null, [])]), []), key);
        talk.Take(talk.Transaction.Start(Peer.Now));
        return talk;
    }

    private Talk TakeUp(Talk talk) => new(new KeyRecoveryTransaction(Settings(), talk.Transaction.Capture(), []), talk.Opener) { Sent = talk.Sent, First = talk.First };

    private TransactionSettings Settings() => new()
    {
        Protector = Peer.Mac(),
        Credential = Peer.Secret(),
        Trust = new TrustSettings { Anchors = [Peer.Shared.Root.Certificate] },
        Trace = _trace,
    };

    private static void Done(Talk talk, params CertifiedKeyPair[] history) => Assert.IsType<TransactionStep.Done>(talk.Answer(KeyArchive.Krp(history)));

    private static string? Error(Talk talk, int index)
    {
        using RecoveredKey key = talk.Open(index);
        Assert.Equal(key.Error is null, key.Key is not null);
        return key.Error?.ErrorId;
    }

    private sealed class Talk(KeyRecoveryTransaction transaction, PrivateKey opener)
    {
        internal KeyRecoveryTransaction Transaction { get; } = transaction;

        internal PrivateKey Opener { get; } = opener;

        internal PkiMessage Sent { get; set; } = null!;

        internal PkiMessage First { get; set; } = null!;

        internal TransactionStep Answer(PkiBody body, Reply? reply = null) => Take(Transaction.Receive(Peer.Shared.Answer(Sent, body, reply), Peer.Now));

        internal CmpException Fails(PkiBody body, Reply? reply = null) => Assert.IsType<TransactionStep.Failed>(Answer(body, reply)).Error;

        internal RecoveredKey Open(int index)
        {
            using var key = EnvelopeKey.Of(Opener);
            return Transaction.Open(index, key, Peer.Now);
        }

        internal TransactionStep Take(TransactionStep step)
        {
            if (step is TransactionStep.Send send)
            {
                Sent = PkiMessage.Decode(send.Octets);
                First ??= Sent;
            }
            return step;
        }
    }
}
