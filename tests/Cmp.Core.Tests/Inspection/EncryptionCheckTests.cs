using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Possession;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>What comes encrypted, opened offline with the key or the secret that was given.</summary>
public class EncryptionCheckTests
{
    private static readonly PrivateKey Key = TestKeys.Open("X25519");
    private static readonly PrivateKey Other = PossessionScene.Another("X25519");
    private static readonly Certificate Issued = PossessionScene.Certify(Key.PublicKey);

    // challenges

    private static readonly (PopoDecKeyChallContent Content, IReadOnlyList<BigInteger> Numbers) Challenge = Challenges.Create([(Key.PublicKey, 0)], Sender, 3);

    private static GeneralName Sender => GeneralName.FromName(Name.FromCommonName(Peer.Reference));

    private static PkiMessage Message(PkiBody body) => CheckScene.Mac(body, change: header => header with { Pvno = 3 });

    private static MessageCheck Encryption(PkiBody body, CheckSettings? settings = null) => CheckScene.Check(Message(body), settings).Of(CheckKind.Encryption);

    private static CheckSettings With(PrivateKey key) => new() { Key = key };

    [Fact]
    public void A_challenge_opens_with_its_key_and_its_answer_is_held_against_the_number()
    {
        foreach ((BigInteger answer, CheckResult result) in new[] { (Challenge.Numbers[0], CheckResult.Verified), (Challenge.Numbers[0] + 1, CheckResult.Failed) })
        {
            var checker = new MessageChecker(With(Key));
            MessageCheck check = checker.Check(Message(Challenge.Content), Peer.Now).Of(CheckKind.Encryption);
            Assert.Equal((CheckResult.Verified, "RFC 9810 5.2.8.3.3"), (check.Result, check.Section));
            Assert.Contains("its witness is the digest", check.Reason, StringComparison.Ordinal);
            Assert.Equal(result, checker.Check(Message(new PopoDecKeyRespContent([answer])), Peer.Now).Of(CheckKind.Proof).Result);
        }
        // a number that does not fit the witness is seen without a key only as far as it can be
        var without = new MessageChecker();
        Assert.Equal(CheckResult.NotChecked, without.Check(Message(Challenge.Content), Peer.Now).Of(CheckKind.Encryption).Result);
        Assert.Equal(CheckResult.NotChecked, without.Check(Message(new PopoDecKeyRespContent([Challenge.Numbers[0] + 1])), Peer.Now).Of(CheckKind.Proof).Result);
    }

    [Fact]
    public void A_challenge_for_another_key_is_not_checked_and_one_that_must_open_and_does_not_is_wrong()
    {
        MessageCheck check = Encryption(Challenge.Content, With(Other));
        Assert.Equal(CheckResult.NotChecked, check.Result);
        Assert.Contains("for another one", check.Reason, StringComparison.Ordinal);
        // the request of the transaction says whose key it has to be for
        var checker = new MessageChecker(With(Other));
        checker.Check(Message(CheckScene.Request(PossessionScene.Request(Other.PublicKey), PopoPrivKey.Later(true, SubsequentMessage.ChallengeResp))), Peer.Now);
        Assert.Equal(CheckResult.Failed, checker.Check(Message(Challenge.Content), Peer.Now).Of(CheckKind.Encryption).Result);
    }

    [Fact]
    public void A_challenge_of_another_sender_is_wrong_and_an_odd_witness_is_told()
    {
        Assert.Equal(CheckResult.Failed, Encryption(Challenges.Create([(Key.PublicKey, 0)], PossessionScene.Server, 3).Content, With(Key)).Result);
        MessageCheck check = Encryption(new PopoDecKeyChallContent([Challenge.Content.Challenges[0] with { Witness = new byte[32] }]), With(Key));
        Assert.Equal(CheckResult.Verified, check.Result);
        Assert.Contains("is not the digest", check.Reason, StringComparison.Ordinal);
        Assert.Contains("not known", Encryption(new PopoDecKeyChallContent([Challenge.Content.Challenges[0] with { Owf = null }]), With(Key)).Reason, StringComparison.Ordinal);
        Assert.Equal(CheckResult.Failed, Encryption(new PopoDecKeyChallContent([Challenge.Content.Challenges[0] with { EncryptedRand = new byte[] { 0x30, 0 } }]), With(Key)).Result);
    }

    // certificates

    private static CertRepMessage Ip(CertifiedKeyPair pair) => new(PkiBodyType.Ip, [new CertResponse(0, new PkiStatusInfo(PkiStatus.Accepted), pair)]);

    private static CertifiedKeyPair Sealed(Certificate certificate, ReadOnlyMemory<byte>? privateKey = null) =>
        new() { EncryptedCert = EncryptedCertificate.Create(certificate, pvno: 3).Encoded, PrivateKey = privateKey };

    [Fact]
    public void An_encrypted_certificate_is_opened_and_the_certConf_held_against_it()
    {
        var confirmed = new CertStatus(Digests.Compute(SignatureAlgorithms.DigestOid(Issued.SignatureAlgorithm)!, Issued.Encoded), 0, null);
        var checker = new MessageChecker(With(Key));
        MessageCheck check = checker.Check(Message(Ip(Sealed(Issued))), Peer.Now).Of(CheckKind.Encryption);
        Assert.Equal((CheckResult.Verified, Issued.ToString(), 0), (check.Result, check.Subject, check.CertReqId));
        Assert.Equal(CheckResult.Verified, checker.Check(Message(new CertConfirmContent([confirmed])), Peer.Now).Of(CheckKind.CertHash).Result);
        Assert.Equal(CheckResult.Failed, checker.Check(Message(new CertConfirmContent([confirmed with { CertHash = new byte[32] }])), Peer.Now).Of(CheckKind.CertHash).Result);

        var without = new MessageChecker();
        Assert.Contains("was not given", without.Check(Message(Ip(Sealed(Issued))), Peer.Now).Of(CheckKind.Encryption).Reason, StringComparison.Ordinal);
        Assert.Equal(CheckResult.NotChecked, without.Check(Message(new CertConfirmContent([confirmed])), Peer.Now).Of(CheckKind.CertHash).Result);
    }

    [Fact]
    public void An_encrypted_certificate_that_does_not_open_is_wrong_only_where_it_had_to()
    {
        Assert.Equal(CheckResult.NotChecked, Encryption(Ip(Sealed(Issued)), With(Other)).Result);
        var checker = new MessageChecker(With(Other));
        checker.Check(Message(CheckScene.Request(PossessionScene.Request(Other.PublicKey), PopoPrivKey.Later(true, SubsequentMessage.EncrCert))), Peer.Now);
        Assert.Equal(CheckResult.Failed, checker.Check(Message(Ip(Sealed(Issued))), Peer.Now).Of(CheckKind.Encryption).Result);
        // for our key, and about another one
        var rid = Cmp.Messages.Cms.RecipientIdentifier.Of(Issued);
        ReadOnlyMemory<byte> about = new EncryptedKey(Envelope.Seal(PossessionScene.Certify(Other.PublicKey).Encoded, Oids.Data, EnvelopeRecipient.Of(Key.PublicKey, rid)).Encoded).Encoded;
        Assert.Equal(CheckResult.Failed, Encryption(Ip(new CertifiedKeyPair { EncryptedCert = about }), With(Key)).Result);
        Assert.Equal(CheckResult.Failed, Encryption(Ip(new CertifiedKeyPair { EncryptedCert = new byte[] { 0xA0, 0 } }), With(Key)).Result);
    }

    [Fact]
    public void A_certificate_in_the_clear_has_nothing_to_open() =>
        Assert.DoesNotContain(CheckScene.Check(Message(Ip(new CertifiedKeyPair { Certificate = Issued }))), check => check.Check == CheckKind.Encryption);

    // keys that the CA made

    private static readonly MadeCertificate Maker = CheckScene.Pki.Issuing.Issue("CN=Key maker", Shape.Leaf with { Purposes = [Oids.CmKGA] });

    private static ReadOnlyMemory<byte> KeyFor(PrivateKey key, EnvelopeRecipient recipient, MadeCertificate? signer = null)
    {
        MadeCertificate made = signer ?? Maker;
        byte[] package = SignedKeyPackage.Create(key, made.Key, made.Certificate, [CheckScene.Pki.Issuing.Certificate]);
        return new EncryptedKey(Envelope.Seal(package, Oids.SignedData, recipient).Encoded).Encoded;
    }

    private static EnvelopeRecipient ForKey => EnvelopeRecipient.Of(PossessionScene.Certify(Key.PublicKey));

    private static IReadOnlyList<MessageCheck> CheckKey(ReadOnlyMemory<byte> privateKey, Certificate certificate, CheckSettings settings) =>
        [.. CheckScene.Check(Message(Ip(new CertifiedKeyPair { Certificate = certificate, PrivateKey = privateKey })), settings).Where(check => check.Section == "RFC 9483 4.1.6")];

    [Fact]
    public void Rule48_A_key_that_the_CA_made_fits_its_certificate_and_its_maker_leads_to_an_anchor()
    {
        using PrivateKey made = PossessionScene.Another("X25519");
        Certificate certificate = PossessionScene.Certify(made.PublicKey);
        ReadOnlyMemory<byte> key = KeyFor(made, ForKey);
        CheckSettings anchored = With(Key) with { Anchors = [CheckScene.Pki.Root.Certificate] };
        Assert.Equal([(CheckKind.SignerChain, CheckResult.Verified), (CheckKind.Encryption, CheckResult.Verified)], Results(CheckKey(key, certificate, anchored)));
        Assert.Equal([(CheckKind.SignerChain, CheckResult.NotChecked), (CheckKind.Encryption, CheckResult.Verified)], Results(CheckKey(key, certificate, With(Key))));
        Assert.Equal([(CheckKind.SignerChain, CheckResult.Failed), (CheckKind.Encryption, CheckResult.Verified)], Results(CheckKey(KeyFor(made, ForKey, CheckScene.Pki.Client), certificate, anchored)));
        // for another certificate, with another key, without one
        Assert.Equal([(CheckKind.Encryption, CheckResult.Failed)], Results(CheckKey(key, Issued, anchored)));
        Assert.Equal([(CheckKind.Encryption, CheckResult.NotChecked)], Results(CheckKey(key, certificate, With(Other))));
        Assert.Equal([(CheckKind.Encryption, CheckResult.NotChecked)], Results(CheckKey(key, certificate, new CheckSettings())));

        static IEnumerable<(CheckKind, CheckResult)> Results(IReadOnlyList<MessageCheck> checks) => checks.Select(check => (check.Check, check.Result));
    }

    [Fact]
    public void A_key_for_a_password_opens_with_the_shared_secret()
    {
        using PrivateKey made = PossessionScene.Another("X25519");
        using SharedSecret secret = Peer.Secret(), wrong = Peer.Secret("wrong horse");
        Certificate certificate = PossessionScene.Certify(made.PublicKey);
        ReadOnlyMemory<byte> key = KeyFor(made, EnvelopeRecipient.OfPassword(System.Text.Encoding.ASCII.GetBytes("correct horse")));
        foreach ((CheckSettings settings, CheckResult result) in new[]
        {
            (new CheckSettings { Secret = secret }, CheckResult.Verified),
            (new CheckSettings { Secret = wrong }, CheckResult.NotChecked),
            (With(Key), CheckResult.NotChecked),
        })
        {
            Assert.Equal(result, CheckKey(key, certificate, settings).Of(CheckKind.Encryption).Result);
        }
    }

    [Fact]
    public void What_is_no_package_of_a_key_is_wrong()
    {
        foreach (byte[] content in new[] { new byte[] { 0x30, 0 }, Issued.Encoded.ToArray(), Other.ExportPkcs8() })
        {
            ReadOnlyMemory<byte> key = new EncryptedKey(Envelope.Seal(content, Oids.SignedData, ForKey).Encoded).Encoded;
            MessageCheck check = CheckKey(key, Issued, With(Key)).Of(CheckKind.Encryption);
            Assert.Equal(CheckResult.Failed, check.Result);
        }
        // named for our key, and changed on its way
        Certificate own = PossessionScene.Certify(Key.PublicKey);
        var envelope = Envelope.Seal(new byte[64], Oids.SignedData, EnvelopeRecipient.Of(own));
        var changed = envelope with { EncryptedContentInfo = envelope.EncryptedContentInfo with { EncryptedContent = new byte[16] } };
        Assert.NotEqual(CheckResult.Verified, CheckKey(new EncryptedKey(changed.Encoded).Encoded, Issued, With(Key) with { Certificates = [own] }).Of(CheckKind.Encryption).Result);
    }

    // keys that go to the CA

    private static readonly PrivateKey Ca = PossessionScene.Another("ML-KEM-768");
    private static readonly Certificate CaCertificate = PossessionScene.Certify(Ca.PublicKey, usage: null);

    private static MessageCheck Proof(PopoPrivKey proof, PrivateKey? ca, PrivateKey? asked = null, params Certificate[] certificates) =>
        CheckScene.Check(Message(CheckScene.Request(PossessionScene.Request((asked ?? Key).PublicKey), proof)), new CheckSettings { Key = ca, Certificates = certificates }).Of(CheckKind.Proof);

    [Fact]
    public void A_key_that_is_its_own_proof_is_opened_with_the_key_of_the_CA()
    {
        PopoPrivKey right = EncryptedKeyProof.Create(Key, EnvelopeRecipient.Of(CaCertificate), Sender);
        Assert.Equal(CheckResult.Verified, Proof(right, Ca).Result);
        Assert.Equal(CheckResult.Verified, Proof(EncryptedKeyProof.Create(Key, EnvelopeRecipient.Of(CaCertificate), Peer.Reference), Ca).Result);
        Assert.Contains("was not given", Proof(right, null).Reason, StringComparison.Ordinal);
        Assert.Equal(CheckResult.NotChecked, Proof(right, null).Result);
        Assert.Equal(CheckResult.NotChecked, Proof(right, Other).Result);
        Assert.Equal(CheckResult.Failed, Proof(right, Ca, Other).Result);
        MessageCheck check = Proof(EncryptedKeyProof.Create(Key, EnvelopeRecipient.Of(CaCertificate), PossessionScene.Server), Ca);
        Assert.Equal(CheckResult.Failed, check.Result);
        Assert.Contains("somebody else", check.Reason, StringComparison.Ordinal);
        // an envelope that names a certificate of the given key, and was made for another one
        using PrivateKey stranger = PossessionScene.Another("ML-KEM-768");
        PopoPrivKey stray = PopoPrivKey.OfEnvelopedData(true, Envelope.Seal(new byte[1], Oids.EncKeyWithId, EnvelopeRecipient.Of(stranger.PublicKey, Cmp.Messages.Cms.RecipientIdentifier.Of(CaCertificate))).Encoded);
        Assert.Equal(CheckResult.Failed, Proof(stray, Ca, null, CaCertificate).Result);
        Assert.Equal(CheckResult.NotChecked, Proof(stray, Ca).Result);
    }

    [SkippableFact]
    public void A_key_in_the_old_form_is_opened_too()
    {
        Skip.If(Mono.IsRunning, Mono.HasNoCngKeys);
        using PrivateKey ca = TestKeys.Open("RSA_2048");
        PopoPrivKey proof = ThisMessageProof.Create(Key, ca.PublicKey);
        Assert.Equal(CheckResult.Verified, Proof(proof, ca).Result);
        Assert.Equal(CheckResult.Failed, Proof(proof, ca, Other).Result);
        Assert.Equal(CheckResult.NotChecked, Proof(proof, null).Result);
        Assert.Equal(CheckResult.NotChecked, Proof(proof, Other).Result);
    }

    [Fact]
    public void A_key_for_the_archive_is_opened_with_the_key_of_the_CA()
    {
        foreach ((EncKeyWithId content, CheckResult result, string word) in new[]
        {
            (new EncKeyWithId(Key.ExportPkcs8(), null, Sender), CheckResult.Verified, "says whose it is"),
            (new EncKeyWithId(Key.ExportPkcs8(), null, null), CheckResult.Verified, "does not say"),
            (new EncKeyWithId(Key.ExportPkcs8(), "somebody", null), CheckResult.Failed, "somebody else"),
            (new EncKeyWithId(Other.ExportPkcs8(), null, Sender), CheckResult.Failed, "another one"),
        })
        {
            var archived = new PkiArchiveOptions(new EncryptedKey(Envelope.Seal(content.Encoded, Oids.EncKeyWithId, EnvelopeRecipient.Of(CaCertificate)).Encoded));
            CertRequest request = PossessionScene.Request(Key.PublicKey) with { Controls = [Controls.ArchiveOptions(archived)] };
            CertReqMessages body = CheckScene.Request(request, PopoPrivKey.Later(true, SubsequentMessage.EncrCert));
            MessageCheck check = Encryption(body, With(Ca));
            Assert.Equal((result, "RFC 4211 6.4"), (check.Result, check.Section));
            Assert.Contains(word, check.Reason, StringComparison.Ordinal);
            Assert.Equal(CheckResult.NotChecked, Encryption(body).Result);
        }
        // what only asks for an archive holds no key
        CertRequest asking = PossessionScene.Request(Key.PublicKey) with { Controls = [Controls.ArchiveOptions(new PkiArchiveOptions(true))] };
        Assert.DoesNotContain(CheckScene.Check(Message(CheckScene.Request(asking, PopoPrivKey.Later(true, SubsequentMessage.EncrCert)))), check => check.Check == CheckKind.Encryption);
    }

    [Fact]
    public void What_is_opened_is_bounded()
    {
        var many = new PopoDecKeyChallContent([.. Enumerable.Repeat(Challenge.Content.Challenges[0], 30)]);
        IReadOnlyList<MessageCheck> checks = CheckScene.Check(Message(many), With(Key) with { Limits = CmpLimits.Default with { MaxSignatureChecks = 10 } });
        MessageCheck[] opened = [.. checks.Where(check => check.Check == CheckKind.Encryption)];
        Assert.Equal(30, opened.Length);
        Assert.InRange(opened.Count(check => check.Result == CheckResult.Verified), 1, 10);
        Assert.All(opened.Skip(10), check => Assert.Equal(CheckResult.NotChecked, check.Result));
    }
}
