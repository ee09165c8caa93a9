using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Protection;

/// <summary>Signed answers: who the signer is, and whether he may.</summary>
public class SignatureTests
{
    private static readonly Peer Pki = Peer.Shared;
    private static readonly PkiBody Body = new PkiConfirmContent();

    private static TrustSettings Anchored => new() { Anchors = [Pki.Root.Certificate] };

    private static TrustSettings Pinned(Certificate pin) => new() { Pin = pin };

    private static Credential Own => new SigningCertificate(Pki.Client.Certificate, Pki.Client.Key);

    private static AnswerVerifier Verifier(TrustSettings trust, ValidatedSigner? known = null) => new(trust, Own, ProtectionKind.Signature, known);

    private static VerifiedAnswer Verify(PkiMessage answer, TrustSettings? trust = null, params Certificate[] issuing) =>
        Verifier(trust ?? Anchored).Verify(PkiMessage.Decode(answer.Encoded), issuing, Peer.Now);

    private static CmpException Refused(PkiMessage answer, TrustSettings? trust = null, params Certificate[] issuing) =>
        Assert.Throws<CmpException>(() => Verify(answer, trust, issuing));

    private static PkiMessage Signed(MadeCertificate signer, Func<PkiHeader, PkiHeader>? change = null, IReadOnlyList<Certificate>? extraCerts = null)
    {
        MessageProtector protector = Peer.Signature(signer);
        var header = new PkiHeader(2, GeneralName.FromName(signer.Certificate.Subject), GeneralName.NullDn) { SenderKid = protector.SenderKid };
        return protector.Protect(change is null ? header : change(header), Body, extraCerts ?? [signer.Certificate, Pki.Issuing.Certificate]);
    }

    private static Func<PkiHeader, PkiHeader> From(string name) => header => header with { Sender = GeneralName.FromName(Name.Parse(name)) };

    // who it is

    [Fact]
    public void Rule27_The_signer_is_found_in_extraCerts_and_leads_to_an_anchor()
    {
        VerifiedAnswer verified = Verify(Signed(Pki.Signer));
        Assert.Equal(ProtectionKind.Signature, verified.Kind);
        Assert.Equal(Pki.Signer.Certificate.Thumbprint, verified.Signer!.Certificate.Thumbprint);
        Assert.Empty(verified.Warnings);
    }

    [Fact]
    public void Rule27_Or_among_the_untrusted_ones() =>
        Verify(Signed(Pki.Signer, extraCerts: []), Anchored with { Untrusted = [Pki.Issuing.Certificate, Pki.Signer.Certificate] });

    [Fact]
    public void Rule27_Or_among_the_anchors()
    {
        MadeCertificate server = MadeCertificate.Root("CN=Server", Shape.Leaf);
        Verify(Signed(server, extraCerts: []), new TrustSettings { Anchors = [Pki.Root.Certificate, server.Certificate] });
    }

    [Fact]
    public void Rule27_Or_it_is_the_one_that_is_known_already()
    {
        PkiMessage answer = Signed(Pki.Signer, extraCerts: []);
        Assert.Equal("CmpProtection.NoSigner", Refused(answer).ErrorId);
        var known = new ValidatedSigner(Pki.Signer.Certificate, Peer.Now.AddDays(1));
        Assert.Equal(known, Verifier(Anchored, known).Verify(PkiMessage.Decode(answer.Encoded), [], Peer.Now).Signer);
    }

    [Fact]
    public void Rule27_Its_subject_is_the_sender()
    {
        Assert.Equal("CmpProtection.NoSigner", Refused(Signed(Pki.Signer, From("CN=Another"))).ErrorId);
        Verify(Signed(Pki.Signer, From("CN=test  SERVER")));
    }

    [Fact]
    public void Rule27_A_NULL_DN_names_any_subject() => Verify(Signed(Pki.Signer, header => header with { Sender = GeneralName.NullDn }));

    [Fact]
    public void Rule27_Its_key_identifier_is_the_senderKID() =>
        Assert.Equal("CmpProtection.NoSigner", Refused(Signed(Pki.Signer, header => header with { SenderKid = new byte[20] })).ErrorId);

    [Fact]
    public void Rule27_Without_a_senderKID_or_a_key_identifier_the_name_and_the_signature_tell()
    {
        Verify(Signed(Pki.Signer, header => header with { SenderKid = null }));
        MadeCertificate plain = Pki.Issuing.Issue("CN=Plain Server", Shape.Server with { HasKeyIdentifier = false });
        Verify(Signed(plain, header => header with { SenderKid = new byte[20] }));
    }

    [Fact]
    public void Rule27_A_server_that_mirrors_our_senderKID_is_tolerated_with_a_warning()
    {
        VerifiedAnswer verified = Verify(Signed(Pki.Signer, header => header with { SenderKid = Pki.Client.Certificate.SubjectKeyIdentifier }));
        Assert.Contains("mirrors our senderKID", Assert.Single(verified.Warnings));
    }

    [Fact]
    public void Rule27_keyUsage_has_digitalSignature_where_it_is_there()
    {
        MadeCertificate wrong = Pki.Issuing.Issue("CN=Wrong usage", Shape.Server with { KeyUsage = KeyUsages.KeyEncipherment });
        Assert.Equal("CmpTrust.KeyUsage", Refused(Signed(wrong)).ErrorId);
        Verify(Signed(Pki.Issuing.Issue("CN=No usage", Shape.Server with { KeyUsage = null })));
    }

    [Fact]
    public void Rule27_There_must_be_a_path_to_an_anchor()
    {
        MadeCertificate stranger = MadeCertificate.Root("CN=Stranger Root").Issue("CN=Test Server", Shape.Server);
        Assert.Equal("CmpTrust.NoPath", Refused(Signed(stranger, extraCerts: [stranger.Certificate])).ErrorId);
        Assert.Equal("CmpTrust.NoPath", Refused(Signed(Pki.Signer, extraCerts: [Pki.Signer.Certificate])).ErrorId);
    }

    [Fact]
    public void Rule27_Self_signed_certificates_are_not_trusted_for_coming_along()
    {
        MadeCertificate root = MadeCertificate.Root("CN=Stranger Root");
        MadeCertificate stranger = root.Issue("CN=Test Server", Shape.Server);
        Assert.Equal("CmpTrust.NoPath", Refused(Signed(stranger, extraCerts: [stranger.Certificate, root.Certificate])).ErrorId);
    }

    [Fact]
    public void Rule27_A_namesake_in_extraCerts_does_not_hide_the_signer()
    {
        MadeCertificate namesake = MadeCertificate.Root("CN=Stranger Root").Issue("CN=Test Server", Shape.Server with { HasKeyIdentifier = false });
        Verify(Signed(Pki.Signer, extraCerts: [namesake.Certificate, Pki.Issuing.Certificate, Pki.Signer.Certificate]));
    }

    [Fact]
    public void Rule27_A_wrong_signature_is_nobodys()
    {
        PkiMessage answer = Signed(Pki.Signer);
        PkiMessage other = Signed(Pki.Signer, header => header with { SenderNonce = new byte[16] });
        Assert.Equal("CmpProtection.Invalid", Refused(answer with { Protection = other.Protection }).ErrorId);
        Assert.Equal("CmpProtection.Invalid", Refused(Signed(Pki.Issuing.Issue("CN=Test Server", Shape.Server), header => header with { SenderKid = null }, [Pki.Signer.Certificate, Pki.Issuing.Certificate])).ErrorId);
    }

    [Fact]
    public void Certificates_that_do_not_decode_are_nobodys() =>
        Verify(Signed(Pki.Signer, extraCerts: [Certificate.Decode(new byte[] { 0x30, 0 }), Pki.Signer.Certificate, Pki.Issuing.Certificate]));

    // sender

    [Fact]
    public void Rule24_Another_form_of_name_is_refused_with_signatures() =>
        Assert.Equal("CmpProtection.Sender", Refused(Signed(Pki.Signer, header => header with { Sender = GeneralName.FromText(GeneralNameType.DnsName, "ca.example") })).ErrorId);

    [Fact]
    public void Rule24_Names_in_another_order_are_others()
    {
        MadeCertificate server = Pki.Issuing.Issue("CN=Server, O=Example", Shape.Server);
        Assert.Equal("CmpProtection.NoSigner", Refused(Signed(server, From("O=Example, CN=Server"))).ErrorId);
    }

    [Fact]
    public void Rule24_But_with_a_pin_or_an_expected_sender_the_order_does_not_matter()
    {
        MadeCertificate server = Pki.Issuing.Issue("CN=Server, O=Example", Shape.Server);
        PkiMessage answer = Signed(server, From("O=Example, CN=Server"));
        Verify(answer, Pinned(server.Certificate));
        Verify(answer, Anchored with { ExpectedSender = Name.Parse("CN=Server, O=Example") });
    }

    [Fact]
    public void Rule24_An_expected_sender_is_compared()
    {
        TrustSettings trust = Anchored with { ExpectedSender = Name.Parse("CN=Another") };
        Assert.Equal("CmpProtection.Sender", Refused(Signed(Pki.Signer), trust).ErrorId);
        Verify(Signed(Pki.Signer), Anchored with { ExpectedSender = Name.Parse("CN=Test Server") });
    }

    [Fact]
    public void Rule24_Behind_a_NULL_DN_it_is_the_signer_who_must_be_the_expected_one()
    {
        static PkiHeader Nameless(PkiHeader header) => header with { Sender = GeneralName.NullDn };
        Verify(Signed(Pki.Signer, Nameless), Anchored with { ExpectedSender = Name.Parse("CN=Test Server") });
        Assert.Equal("CmpProtection.NoSigner", Refused(Signed(Pki.Signer, Nameless), Anchored with { ExpectedSender = Name.Parse("CN=Another") }).ErrorId);
    }

    // one signer

    [Fact]
    public void Rule28_The_signer_is_known_for_the_rest_of_the_transaction()
    {
        AnswerVerifier verifier = Verifier(Anchored);
        PkiMessage first = PkiMessage.Decode(Signed(Pki.Signer).Encoded);
        verifier.Accept(first, verifier.Verify(first, [], Peer.Now));
        Assert.Equal(Pki.Signer.Certificate.Thumbprint, verifier.KnownSigner!.Certificate.Thumbprint);
        verifier.Verify(PkiMessage.Decode(Signed(Pki.Signer, extraCerts: []).Encoded), [], Peer.Now);
    }

    [Fact]
    public void Rule28_extraCerts_of_earlier_messages_serve_for_paths()
    {
        var verifier = new AnswerVerifier(Anchored, Own, ProtectionKind.Signature);
        PkiMessage mine = MessageProtector.None(null).Protect(new PkiHeader(2, GeneralName.NullDn, GeneralName.NullDn), Body, [Pki.Issuing.Certificate]);
        verifier.Accept(mine, new VerifiedAnswer(ProtectionKind.Signature, null, []));
        verifier.Verify(PkiMessage.Decode(Signed(Pki.Signer, extraCerts: [Pki.Signer.Certificate]).Encoded), [], Peer.Now);
    }

    [Fact]
    public void Rule28_At_most_100_of_them_are_kept()
    {
        var verifier = new AnswerVerifier(Anchored, Own, ProtectionKind.Signature);
        SubjectPublicKeyInfo key = Pki.Signer.Key.PublicKey;
        List<Certificate> many = Enumerable.Range(0, 130).Select(i => Pki.Issuing.Certify(key, "CN=" + i, Shape.Leaf with { ClaimedAlgorithm = new AlgorithmIdentifier("1.2.3") })).ToList();
        PkiMessage answer = PkiMessage.Decode(Signed(Pki.Signer, extraCerts: [Pki.Signer.Certificate, Pki.Issuing.Certificate, .. many]).Encoded);
        verifier.Accept(answer, verifier.Verify(answer, [], Peer.Now));
        Assert.Equal(100, verifier.SeenCertificates.Count);
    }

    [Fact]
    public void Rule51_A_known_signer_is_not_trusted_longer_than_its_path()
    {
        MadeCertificate root = MadeCertificate.Root("CN=Short Root", Shape.CA with { NotAfter = Peer.Now.AddDays(10) });
        MadeCertificate server = root.Issue("CN=Server", Shape.Server with { NotAfter = Peer.Now.AddDays(100) });
        var trust = new TrustSettings { Anchors = [root.Certificate] };
        PkiMessage answer = PkiMessage.Decode(Signed(server, extraCerts: [server.Certificate]).Encoded);
        ValidatedSigner known = Verifier(trust).Verify(answer, [], Peer.Now).Signer!;
        Assert.Equal(root.Certificate.NotAfter, known.ValidUntil);
        Verifier(trust, known).Verify(answer, [], Peer.Now.AddDays(10));
        Assert.Equal("CmpTrust.Expired", Assert.Throws<CmpException>(() => Verifier(trust, known).Verify(answer, [], Peer.Now.AddDays(11))).ErrorId);
    }

    [Fact]
    public void Rule66_After_the_first_answer_no_other_signer_is_taken()
    {
        MadeCertificate second = Pki.Issuing.Issue("CN=Test Server", Shape.Server);
        AnswerVerifier verifier = Verifier(Anchored);
        PkiMessage first = PkiMessage.Decode(Signed(Pki.Signer).Encoded);
        verifier.Accept(first, verifier.Verify(first, [], Peer.Now));
        PkiMessage other = PkiMessage.Decode(Signed(second).Encoded);
        Assert.Equal("CmpProtection.NoSigner", Assert.Throws<CmpException>(() => verifier.Verify(other, [], Peer.Now)).ErrorId);
        Verify(Signed(second));
    }

    [Fact]
    public void Rule66_Nor_a_MAC()
    {
        AnswerVerifier verifier = Verifier(Anchored);
        PkiMessage first = PkiMessage.Decode(Signed(Pki.Signer).Encoded);
        verifier.Accept(first, verifier.Verify(first, [], Peer.Now));
        PkiMessage mac = Peer.Mac().Protect(first.Header, Body, []);
        Assert.Equal("CmpProtection.Kind", Assert.Throws<CmpException>(() => verifier.Verify(mac, [], Peer.Now)).ErrorId);
    }

    // pin

    [Fact]
    public void Rule29_A_pin_is_the_exact_certificate_and_needs_no_anchor()
    {
        MadeCertificate server = MadeCertificate.Root("CN=Server", Shape.Leaf);
        Assert.Equal(server.Certificate.Thumbprint, Verify(Signed(server), Pinned(server.Certificate)).Signer!.Certificate.Thumbprint);
    }

    [Fact]
    public void Rule29_Another_certificate_of_the_same_name_is_not_it()
    {
        MadeCertificate server = MadeCertificate.Root("CN=Server", Shape.Leaf);
        MadeCertificate another = MadeCertificate.Root("CN=Server", Shape.Leaf);
        Assert.Equal("CmpProtection.NoSigner", Refused(Signed(another), Pinned(server.Certificate)).ErrorId);
        Assert.Equal("CmpProtection.Invalid", Refused(Signed(another, header => header with { SenderKid = null }), Pinned(server.Certificate)).ErrorId);
        // a path to an anchor does not help beside a pin
        Assert.Equal("CmpProtection.Sender", Refused(Signed(Pki.Signer), Pinned(server.Certificate) with { Anchors = [Pki.Root.Certificate] }).ErrorId);
    }

    [Fact]
    public void Rule29_keyUsage_and_algorithms_hold_for_a_pin_too()
    {
        MadeCertificate wrong = MadeCertificate.Root("CN=Server", Shape.Leaf with { KeyUsage = KeyUsages.KeyAgreement });
        Assert.Equal("CmpTrust.KeyUsage", Refused(Signed(wrong), Pinned(wrong.Certificate)).ErrorId);
        Assert.Equal("CmpTrust.Algorithm", Refused(Signed(Pki.Signer), Pinned(Pki.Signer.Certificate) with { Algorithms = new AlgorithmPolicy { MinCurveBits = 600 } }).ErrorId);
    }

    [Theory]
    [InlineData(-20, -10)]
    [InlineData(10, 20)]
    public void Rule29_A_pin_outside_its_validity_is_refused_unless_the_user_allows_it_and_then_warned_of(int from, int to)
    {
        MadeCertificate server = MadeCertificate.Root("CN=Server", Shape.Leaf with { NotBefore = Peer.Now.AddDays(from), NotAfter = Peer.Now.AddDays(to) });
        Assert.Equal("CmpTrust.Expired", Refused(Signed(server), Pinned(server.Certificate)).ErrorId);
        TrustSettings allowed = Pinned(server.Certificate) with { AllowExpiredServerCertificate = true };
        for (int time = 0; time < 2; time++)
            Assert.Contains("CN=Server", Assert.Single(Verify(Signed(server), allowed).Warnings));
    }

    [Fact]
    public void Rule29_That_goes_for_a_pin_only()
    {
        MadeCertificate server = Pki.Issuing.Issue("CN=Server", Shape.Server with { NotAfter = Peer.Now.AddDays(-1) });
        Assert.Equal("CmpTrust.Expired", Refused(Signed(server), Anchored with { AllowExpiredServerCertificate = true }).ErrorId);
    }

    [Fact]
    public void An_expired_anchor_is_none()
    {
        MadeCertificate root = MadeCertificate.Root("CN=Old Root", Shape.CA with { NotAfter = Peer.Now.AddDays(-1) });
        MadeCertificate server = root.Issue("CN=Server", Shape.Server);
        var trust = new TrustSettings { Anchors = [root.Certificate], AllowExpiredServerCertificate = true, AllowAnySigner = true };
        Assert.Equal("CmpTrust.Expired", Refused(Signed(server, extraCerts: [server.Certificate]), trust).ErrorId);
    }

    // mixed kinds

    [Fact]
    public void Rule30_A_signed_answer_to_a_MAC_needs_an_anchor_or_a_pin()
    {
        VerifiedAnswer Under(TrustSettings trust) => new AnswerVerifier(trust, Peer.Secret(), ProtectionKind.PasswordBasedMac).Verify(PkiMessage.Decode(Signed(Pki.Signer).Encoded), [], Peer.Now);
        Assert.Equal("CmpTrust.NoAnchor", Assert.Throws<CmpException>(() => Under(new TrustSettings())).ErrorId);
        Assert.True(Under(Anchored).IsAuthenticated);
        Assert.True(Under(Pinned(Pki.Signer.Certificate)).IsAuthenticated);
    }

    [Fact]
    public void Rule66_RFC_9483_warns_of_it_and_other_presets_do_not()
    {
        VerifiedAnswer Under(TrustSettings trust, ProtectionKind ours) => new AnswerVerifier(trust, Peer.Secret(), ours).Verify(PkiMessage.Decode(Signed(Pki.Signer).Encoded), [], Peer.Now);
        Assert.Contains("RFC 9483 3.2", Assert.Single(Under(Anchored, ProtectionKind.PasswordBasedMac).Warnings));
        Assert.Empty(Under(Anchored with { WarnOnMixedProtection = false }, ProtectionKind.PasswordBasedMac).Warnings);
        // without protection there is nothing to mix
        Assert.Empty(Under(Anchored, ProtectionKind.None).Warnings);
    }

    // who may

    [Fact]
    public void Rule65_A_path_to_an_anchor_is_not_enough()
    {
        MadeCertificate bystander = Pki.Issuing.Issue("CN=Some web server");
        CmpException error = Refused(Signed(bystander));
        Assert.Equal("CmpTrust.SignerNotAuthorized", error.ErrorId);
        Assert.Contains("-AllowAnySigner", error.RecommendedAction);
        Verify(Signed(bystander), Anchored with { AllowAnySigner = true });
        Verify(Signed(bystander), Anchored with { ExpectedSender = bystander.Certificate.Subject });
        Verify(Signed(bystander), Pinned(bystander.Certificate));
        Verify(Signed(bystander), Anchored with { Anchors = [Pki.Root.Certificate, bystander.Certificate] });
    }

    [Theory]
    [InlineData(Oids.CmcCA, true)]
    [InlineData(Oids.CmcRA, true)]
    [InlineData(Oids.CmKGA, false)]
    [InlineData("1.3.6.1.5.5.7.3.1", false)]
    [InlineData("2.5.29.37.0", false)]
    public void Rule65_The_extended_key_usages_cmcCA_and_cmcRA_speak_for_the_CA(string purpose, bool may)
    {
        PkiMessage answer = Signed(Pki.Issuing.Issue("CN=Server", Shape.Leaf with { Purposes = [purpose] }));
        if (may)
            Verify(answer);
        else
            Assert.Equal("CmpTrust.SignerNotAuthorized", Refused(answer).ErrorId);
    }

    [Fact]
    public void Rule65_The_CA_that_issues_the_certificate_in_question_may_sign()
    {
        PkiMessage answer = Signed(Pki.Issuing);
        Assert.Equal("CmpTrust.SignerNotAuthorized", Refused(answer).ErrorId);
        using PrivateKey key = MadeCertificate.NewKey();
        Verify(answer, null, Pki.Certify(key.PublicKey));
    }

    [Fact]
    public void Rule65_Another_CA_of_the_same_root_may_not()
    {
        MadeCertificate other = Pki.Root.Issue("CN=Other CA", Shape.CA);
        MadeCertificate namesake = Pki.Root.Issue("CN=Test Issuing CA", Shape.CA);
        using PrivateKey key = MadeCertificate.NewKey();
        Certificate issued = Pki.Certify(key.PublicKey);
        Assert.Equal("CmpTrust.SignerNotAuthorized", Refused(Signed(other), null, issued).ErrorId);
        Assert.Equal("CmpTrust.SignerNotAuthorized", Refused(Signed(namesake, extraCerts: [namesake.Certificate]), null, issued).ErrorId);
    }

    [Fact]
    public void Rule65_Who_issued_without_being_a_CA_may_not()
    {
        MadeCertificate leaf = Pki.Issuing.Issue("CN=No CA");
        using PrivateKey key = MadeCertificate.NewKey();
        Assert.Equal("CmpTrust.SignerNotAuthorized", Refused(Signed(leaf), null, leaf.Certify(key.PublicKey, "CN=router7")).ErrorId);
    }

    [Fact]
    public void Rule65_The_anchor_itself_may_sign()
    {
        Verify(Signed(Pki.Root, extraCerts: []));
        MadeCertificate dedicated = Pki.Issuing.Issue("CN=Dedicated");
        Verify(Signed(dedicated), new TrustSettings { Anchors = [dedicated.Certificate] });
    }

    [Fact]
    public void Rule65_Our_own_certificate_is_never_a_responder()
    {
        PkiMessage answer = Signed(Pki.Client);
        foreach (TrustSettings trust in new[] { Anchored with { AllowAnySigner = true }, Pinned(Pki.Client.Certificate), Anchored with { ExpectedSender = Pki.Client.Certificate.Subject } })
        {
            CmpException error = Refused(answer, trust);
            Assert.Equal("CmpTrust.SignerNotAuthorized", error.ErrorId);
            Assert.Contains("our own", error.Message);
        }
    }

    [Fact]
    public void Rule65_Nor_is_another_certificate_of_our_key_or_the_one_that_is_updated_or_issued()
    {
        TrustSettings trust = Anchored with { AllowAnySigner = true };
        MadeCertificate again = Pki.Issuing.Issue("CN=Client again", Shape.Server with { Key = Pki.Client.Key });
        Assert.Equal("CmpTrust.SignerNotAuthorized", Refused(Signed(again), trust).ErrorId);
        MadeCertificate issued = Pki.Issuing.Issue("CN=router7", Shape.Server);
        Assert.Equal("CmpTrust.SignerNotAuthorized", Refused(Signed(issued), trust, issued.Certificate).ErrorId);
        Verify(Signed(issued), trust);
    }

    [Fact]
    public void Rule65_Without_anchors_and_pin_nobody_is_believed() =>
        Assert.Equal("CmpTrust.NoAnchor", Refused(Signed(Pki.Signer), new TrustSettings { AllowAnySigner = true }).ErrorId);

    // algorithms

    [Fact]
    public void Rule67_Key_and_algorithm_must_agree()
    {
        PkiMessage answer = Signed(Pki.Signer);
        foreach (string oid in new[] { Oids.Sha256WithRsa, Oids.RsassaPss })
        {
            var algorithm = oid == Oids.RsassaPss ? new AlgorithmIdentifier(oid, RsassaPssParameters.Create(Oids.Sha256, 32).Encoded) : AlgorithmIdentifier.WithNull(oid);
            Assert.Equal("CmpProtection.Invalid", Refused(answer with { Header = answer.Header with { ProtectionAlg = algorithm } }).ErrorId);
        }
    }

    [Fact]
    public void Rule67_An_algorithm_that_is_not_known_is_refused_by_name()
    {
        PkiMessage answer = Signed(Pki.Signer);
        CmpException error = Refused(answer with { Header = answer.Header with { ProtectionAlg = new AlgorithmIdentifier("1.2.3.4") } });
        Assert.Equal("CmpProtection.Algorithm", error.ErrorId);
        Assert.Contains("1.2.3.4", error.Message);
    }

    [Theory]
    [InlineData(Oids.Sha1WithEcdsa)]
    [InlineData(Oids.Sha1WithRsa)]
    [InlineData(Oids.Md5WithRsa)]
    public void Rule68_MD5_and_SHA1_are_refused_before_anybody_verifies(string oid)
    {
        PkiMessage answer = Signed(Pki.Signer);
        Assert.Equal("CmpTrust.Algorithm", Refused(answer with { Header = answer.Header with { ProtectionAlg = new AlgorithmIdentifier(oid) } }).ErrorId);
    }

    [Fact]
    public void Rule68_A_policy_may_allow_SHA1()
    {
        AlgorithmIdentifier sha1 = SignatureAlgorithms.For(Pki.Signer.Key, "SHA1");
        PkiMessage plain = Signed(Pki.Signer);
        PkiMessage answer = plain with { Header = plain.Header with { ProtectionAlg = sha1 } };
        answer = answer with { Protection = Pki.Signer.Key.Sign(answer.ProtectedPart, sha1) };
        Assert.Equal("CmpTrust.Algorithm", Refused(answer).ErrorId);
        Verify(answer, Anchored with { Algorithms = new AlgorithmPolicy { AllowSha1Signatures = true } });
    }

    [Fact]
    public void Rule69_Many_certificates_of_one_key_do_not_multiply_the_search()
    {
        // 90 certificates of the signer's key that lead nowhere: only the first few are looked into
        MadeCertificate[] strangers = Enumerable.Range(0, 90).Select(i => MadeCertificate.Root("CN=Stranger", Shape.CA).Issue("CN=Test Server", Shape.Server with { Key = Pki.Signer.Key })).ToArray();
        IReadOnlyList<Certificate> first = [Pki.Signer.Certificate, Pki.Issuing.Certificate, .. strangers.Select(stranger => stranger.Certificate)];
        Verify(Signed(Pki.Signer, extraCerts: first));
        IReadOnlyList<Certificate> last = [.. strangers.Select(stranger => stranger.Certificate), Pki.Signer.Certificate, Pki.Issuing.Certificate];
        Assert.Equal("CmpTrust.NoPath", Refused(Signed(Pki.Signer, extraCerts: last)).ErrorId);
    }
}
