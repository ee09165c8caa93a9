using System;
using System.Linq;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>How a request proves possession of its key, and how it asks for a key (rules 14 and 48).</summary>
public class RequestProofTests
{
    private static EnrollmentRequest Asked => new() { Subject = Name.Parse("CN=box7"), Destination = CertificateDestination.None };

    private static EnrollmentRequest Central(string? kind = null) => Asked with
    {
        IsCentralKey = true,
        Key = kind is null ? new KeyRequest { IsOfAnyKind = true } : new KeyRequest { Algorithm = KeyAlgorithm.Parse(kind) },
    };

    [SkippableTheory]
    [InlineData("ECDSA_P384", 1, null)]
    [InlineData("Ed25519", 1, null)]
    [InlineData("ML-DSA-44", 1, null)]
    [InlineData("RSA_2048", 1, null)]
    [InlineData("ML-KEM-512", 2, SubsequentMessage.EncrCert)]
    [InlineData("X25519", 3, SubsequentMessage.EncrCert)]
    public void Rule14_Where_nothing_is_said_the_key_proves_itself_as_it_can(string kind, int choice, SubsequentMessage? subsequent)
    {
        ProofOfPossession proof = Message(Asked, kind).Popo!;
        Assert.Equal(0xA0 + choice, proof.Encoded.Span[0]);
        Assert.Equal(subsequent, (proof as PopoPrivKey)?.Subsequent);
    }

    [SkippableTheory]
    [InlineData("RSA_2048", 2)]
    [InlineData("ECDSA_P384", 3)]
    [InlineData("X448", 3)]
    [InlineData("ML-KEM-768", 2)]
    public void A_proof_that_follows_says_how_and_what_the_key_is_for(string kind, int choice)
    {
        foreach ((ProofOfPossessionKind asked, SubsequentMessage follows) in new[] { (ProofOfPossessionKind.EncryptedCertificate, SubsequentMessage.EncrCert), (ProofOfPossessionKind.ChallengeResponse, SubsequentMessage.ChallengeResp) })
        {
            var proof = Assert.IsType<PopoPrivKey>(Message(Asked with { ProofOfPossession = asked }, kind).Popo);
            Assert.Equal(follows, proof.Subsequent);
            Assert.Equal(0xA0 + choice, proof.Encoded.Span[0]);
        }
    }

    [SkippableTheory]
    [InlineData("Ed25519", ProofOfPossessionKind.EncryptedCertificate)]
    [InlineData("ML-DSA-44", ProofOfPossessionKind.ChallengeResponse)]
    [InlineData("ML-KEM-512", ProofOfPossessionKind.Signature)]
    [InlineData("ML-KEM-512", ProofOfPossessionKind.KeyAgreement)]
    [InlineData("RSA_2048", ProofOfPossessionKind.KeyAgreement)]
    [InlineData("X25519", ProofOfPossessionKind.Signature)]
    [InlineData("Ed448", ProofOfPossessionKind.EncryptedKey)]
    [InlineData("ECDSA_P384", ProofOfPossessionKind.None)]
    public void Rule14_What_the_key_cannot_prove_is_not_asked_for(string kind, ProofOfPossessionKind proof) =>
        Assert.Equal("CmpArgument.ProofOfPossession", Assert.Throws<CmpException>(() => Message(Asked with { ProofOfPossession = proof }, kind)).ErrorId);

    [Fact]
    public void Rule14_The_error_says_what_the_key_can()
    {
        CmpException error = Assert.Throws<CmpException>(() => Message(Asked with { ProofOfPossession = ProofOfPossessionKind.Signature }, "ML-KEM-512"));
        Assert.Contains("EncryptedCertificate", error.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain("KeyAgreement", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Rule14_The_old_version_has_fewer_proofs()
    {
        Assert.Equal("CmpArgument.ProofOfPossession", Assert.Throws<CmpException>(() => Message(Asked, "ML-KEM-512", settings: settings => settings with { ProtocolVersion = 2 })).ErrorId);
        Assert.Equal(SubsequentMessage.EncrCert, Assert.IsType<PopoPrivKey>(Message(Asked with { ProofOfPossession = ProofOfPossessionKind.EncryptedCertificate }, "RSA_2048", settings: settings => settings with { ProtocolVersion = 2 }).Popo).Subsequent);
    }

    [SkippableFact]
    public void A_proof_by_agreement_is_under_the_secret_of_both_keys()
    {
        PrivateKey ca = PrivateKey.Generate(KeyAlgorithm.Parse("X25519"));
        Certificate certificate = Peer.Shared.Issuing.Certify(ca.PublicKey, "CN=Test CA", Shape.Leaf with { KeyUsage = KeyUsages.KeyAgreement });
        CertReqMsg message = Message(Asked with { ProofOfPossession = ProofOfPossessionKind.KeyAgreement }, "X25519", certificate);
        var proof = Assert.IsType<PopoPrivKey>(message.Popo);
        Assert.Equal(PopoPrivKeyKind.AgreeMac, proof.Kind);
        Assert.True(AgreeMacProof.Verify(message.CertReq, proof, ca, certificate));
        Assert.Equal(3, PvnoOf(message));
        CertReqMsg old = Message(Asked with { ProofOfPossession = ProofOfPossessionKind.KeyAgreement }, "X25519", certificate, settings => settings with { ProtocolVersion = 2 });
        Assert.True(DhMacProof.Verify(old.CertReq, Assert.IsType<PopoPrivKey>(old.Popo), ca, certificate));
        Assert.Equal(2, PvnoOf(old));
    }

    [SkippableFact]
    public void A_proof_by_agreement_covers_a_request_that_names_its_subject()
    {
        Certificate certificate = Peer.Shared.Issuing.Certify(PrivateKey.Generate(KeyAlgorithm.Parse("X25519")).PublicKey, "CN=Test CA", Shape.Leaf with { KeyUsage = KeyUsages.KeyAgreement });
        EnrollmentRequest nobody = Asked with { Subject = null, SubjectAltNames = [GeneralName.FromText(GeneralNameType.DnsName, "box7.example")], ProofOfPossession = ProofOfPossessionKind.KeyAgreement };
        Assert.Equal("CmpArgument.ProofOfPossession", Assert.Throws<CmpException>(() => Message(nobody, "X25519", certificate)).ErrorId);
    }

    [Fact]
    public void A_key_that_is_its_own_proof_says_whose_it_is()
    {
        PrivateKey ca = PrivateKey.Generate(KeyAlgorithm.Parse("RSA_2048"));
        Certificate certificate = Peer.Shared.Issuing.Certify(ca.PublicKey, "CN=Test CA", Shape.Leaf with { KeyUsage = KeyUsages.KeyEncipherment });
        EnrollmentRequest request = Asked with { ProofOfPossession = ProofOfPossessionKind.EncryptedKey };
        CertReqMsg message = Message(request, "ML-KEM-512", certificate);
        using EnvelopeKey opener = EnvelopeKey.Of(ca, certificate);
        KeyOwner owner = KeyOwner.Of(GeneralName.FromName(Name.FromCommonName(Peer.Reference)));
        using (PrivateKey key = EncryptedKeyProof.Open(Assert.IsType<PopoPrivKey>(message.Popo), opener, message.CertReq.CertTemplate.PublicKey!, owner, CmpLimits.Default))
            Assert.True(key.PublicKey.IsSameAs(message.CertReq.CertTemplate.PublicKey!));
        Assert.Equal(3, PvnoOf(message));
        CertReqMsg old = Message(request, "ML-KEM-512", certificate, settings => settings with { ProtocolVersion = 2 });
        using (PrivateKey key = ThisMessageProof.Open(Assert.IsType<PopoPrivKey>(old.Popo), ca, old.CertReq.CertTemplate.PublicKey!, CmpLimits.Default))
            Assert.True(key.PublicKey.IsSameAs(old.CertReq.CertTemplate.PublicKey!));
        Assert.Equal(2, PvnoOf(old));
    }

    [Fact]
    public void Only_such_proofs_need_the_certificate_of_the_CA()
    {
        ProofOfPossessionKind?[] all = [null, .. Enum.GetValues(typeof(ProofOfPossessionKind)).Cast<ProofOfPossessionKind?>()];
        Assert.Equal(
            [ProofOfPossessionKind.KeyAgreement, ProofOfPossessionKind.EncryptedKey],
            all.Where(kind => RequestBuilder.NeedsEncryptionCertificate(Asked with { ProofOfPossession = kind })).Select(kind => kind!.Value));
    }

    // rule 48

    [Fact]
    public void Rule48_Without_a_kind_the_CA_chooses_the_key()
    {
        CertReqMsg message = Message(Central(), null);
        Assert.True(message.AsksForKey);
        Assert.Null(message.Popo);
        Assert.Null(message.CertReq.CertTemplate.PublicKey);
        Assert.Empty(message.CertReq.Controls);
        Assert.Equal(3, PvnoOf(message));
    }

    [Theory]
    [InlineData("RSA_4096")]
    [InlineData("ECDSA_P384")]
    [InlineData("ML-KEM-768")]
    public void Rule48_A_kind_is_named_by_a_key_without_bits_and_by_a_control(string kind)
    {
        CertReqMsg message = Message(Central(kind), null);
        SubjectPublicKeyInfo named = message.CertReq.CertTemplate.PublicKey!;
        Assert.True(named.Key.IsEmpty);
        Assert.True(named.Algorithm.IsSameAs(KeyAlgorithm.Parse(kind).ToIdentifier()));
        AttributeTypeAndValue control = Assert.Single(message.CertReq.Controls);
        if (kind == "RSA_4096")
            Assert.Equal(4096, Controls.ReadRsaKeyLen(control));
        else
            Assert.True(named.Algorithm.IsSameAs(Controls.ReadAlgId(control)));
        Assert.True(message.AsksForKey);
    }

    [Fact]
    public void Rule48_The_key_to_encrypt_to_is_named()
    {
        SubjectPublicKeyInfo recipient = MadeCertificate.NewKey().PublicKey;
        CertReqMsg message = Message(Central(), null, recipient: recipient);
        Assert.True(recipient.IsSameAs(SubjectPublicKeyInfo.Decode(message.CertReq.FindControl(Oids.ProtocolEncrKey)!.Value)));
    }

    [Fact]
    public void Rule48_What_the_CA_makes_is_not_proven_to_it()
    {
        Assert.Null(Message(Central() with { ProofOfPossession = ProofOfPossessionKind.None }, null).Popo);
        Assert.Equal("CmpArgument.ProofOfPossession", Assert.Throws<CmpException>(() => Message(Central() with { ProofOfPossession = ProofOfPossessionKind.EncryptedCertificate }, null)).ErrorId);
    }

    [Fact]
    public void Rule12_An_update_to_a_key_for_something_else_leaves_the_old_key_usage()
    {
        Certificate old = Peer.Shared.Issuing.Certify(MadeCertificate.NewKey().PublicKey, "CN=Old", Shape.Leaf);
        EnrollmentRequest update = Asked with { Operation = EnrollmentOperation.KeyUpdate, OldCertificate = old };
        Assert.DoesNotContain(Message(update, "ML-KEM-512").CertReq.CertTemplate.Extensions, extension => extension.Oid == Oids.KeyUsage);
        Assert.Contains(Message(update, "Ed25519").CertReq.CertTemplate.Extensions, extension => extension.Oid == Oids.KeyUsage);
        Assert.Contains(Message(update with { IsCentralKey = true, Key = new KeyRequest { IsOfAnyKind = true } }, null).CertReq.CertTemplate.Extensions, extension => extension.Oid == Oids.KeyUsage);
    }

    private static int PvnoOf(CertReqMsg message) => new CertReqMessages(PkiBodyType.Ir, [message]).NeedsPvno3 ? 3 : 2;

    private static CertReqMsg Message(EnrollmentRequest request, string? kind, Certificate? encryption = null, Func<ServerSettings, ServerSettings>? settings = null, SubjectPublicKeyInfo? recipient = null)
    {
        var said = new ServerSettings { IterationCount = 100 };
        using PrivateKey? key = kind is null ? null : PrivateKey.Generate(KeyAlgorithm.Parse(kind));
        PkiBody built = RequestBuilder.Build(request, key, (settings?.Invoke(said) ?? said).Resolve(), Peer.Secret(), recipient, encryption);
        return Assert.Single(Assert.IsType<CertReqMessages>(Asn1Reader.Decode(built.Encoded, null, PkiBody.Read)).Requests);
    }
}
