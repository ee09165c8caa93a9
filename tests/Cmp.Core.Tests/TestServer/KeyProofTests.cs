using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.TestServer;
using Xunit;
using static Cmp.Tests.TestServer.ProofScene;

namespace Cmp.Tests.TestServer;

/// <summary>Possession is proven by agreeing with the CA's key (RFC 4211 4.3), or by the private key itself (RFC 4211 4.2), seen from the server.</summary>
public class KeyProofTests
{
    private static GeneralName Owner => GeneralName.FromName(Name.FromCommonName(Peer.Reference));

    private static Peer Start(string? encryption, string? dh = null, bool strict = false) => new(new TestServerOptions
    {
        EncryptionKeyAlgorithm = encryption is null ? null : KeyAlgorithm.Parse(encryption),
        DhKeyAlgorithm = dh is null ? null : KeyAlgorithm.Parse(dh),
        Strict = strict,
    });

    private static CertReqMessages Ir(CertRequest asked, ProofOfPossession proof) => new(PkiBodyType.Ir, [new CertReqMsg(asked, proof, [])]);

    [Theory]
    [InlineData("X25519", "X25519", null, 3)]
    [InlineData("X448", "X448", null, 3)]
    [InlineData("ECDSA_P256", "ECDSA_P256", null, 3)]
    [InlineData("ECDSA_P384", "ECDSA_P384", null, 2)]
    [InlineData("X25519", "RSA_2048", "X25519", 3)]
    [InlineData("X25519", null, "X25519", 2)]
    [InlineData("X25519", "ECDSA_P256", "X25519", 3)]
    public void Who_agrees_with_a_key_of_the_server_gets_the_certificate(string algorithm, string? encryption, string? dh, int pvno)
    {
        using Peer peer = Start(encryption, dh);
        using PrivateKey key = Peer.NewKey(algorithm);
        Certificate ca = dh is null ? peer.Responder.EncryptionCertificate! : peer.Responder.DhCertificate!;
        CertRequest asked = Peer.Asked(key, "CN=wanted");
        PopoPrivKey proof = pvno == 3 ? AgreeMacProof.Create(asked, key, ca) : DhMacProof.Create(asked, key, ca);
        Assert.True(Plain(peer.MacClient(pvno).Send(Ir(asked, proof))).PublicKey.IsSameAs(key.PublicKey));
        // the same proof of another request
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient(pvno).Send(Ir(Peer.Asked(key, "CN=other"), proof)));
    }

    [Fact]
    public void DHBasedMac_in_the_form_of_a_signature_is_one_of_them()
    {
        using Peer peer = Start("X25519");
        using PrivateKey key = Peer.NewKey("X25519");
        CertRequest asked = Peer.Asked(key, "CN=wanted");
        PopoSigningKey proof = DhBasedMacProof.Create(asked, key, peer.Responder.EncryptionCertificate!);
        Assert.NotNull(Plain(peer.MacClient(3).Send(Ir(asked, proof))));
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient(3).Send(Ir(Peer.Asked(key, "CN=other"), proof)));
    }

    [Fact]
    public void A_MAC_for_another_certificate_or_where_nothing_agrees_proves_nothing()
    {
        using Peer peer = Start("X25519"), other = Start("X25519"), none = Start(null), rsa = Start("RSA_2048"), curve = Start("ECDSA_P256");
        using PrivateKey key = Peer.NewKey("X25519");
        CertRequest asked = Peer.Asked(key, "CN=wanted");
        PopoPrivKey proof = AgreeMacProof.Create(asked, key, peer.Responder.EncryptionCertificate!);
        foreach (Peer one in new[] { other, none, rsa, curve })
            Refused.ByResponse(FailInfo.BadPOP, one.MacClient(3).Send(Ir(asked, proof)));
    }

    [Theory]
    [InlineData("RSA_2048", "RSA_2048", 3)]
    [InlineData("RSA_2048", "RSA_2048", 2)]
    [InlineData("X25519", "RSA_2048", 3)]
    [InlineData("ECDSA_P256", "RSA_2048", 2)]
    [InlineData("ML-KEM-512", "X25519", 3)]
    [InlineData("X448", "ECDSA_P384", 3)]
    [InlineData("ECDSA_P256", "ML-KEM-768", 3)]
    public void Who_sends_the_key_itself_gets_the_certificate(string algorithm, string encryption, int pvno)
    {
        using Peer peer = Start(encryption);
        using PrivateKey key = Peer.NewKey(algorithm), other = Peer.NewKey(algorithm);
        Assert.True(Plain(peer.MacClient(pvno).Send(Ir(Peer.Asked(key, "CN=wanted"), Sent(key)))).PublicKey.IsSameAs(key.PublicKey));
        // another key, and one for another CA
        Refused.ByResponse(FailInfo.BadPOP, peer.MacClient(pvno).Send(Ir(Peer.Asked(key, "CN=wanted"), Sent(other))));
        using Peer stranger = Start(encryption);
        Refused.ByResponse(FailInfo.BadPOP, stranger.MacClient(pvno).Send(Ir(Peer.Asked(key, "CN=wanted"), Sent(key))));

        PopoPrivKey Sent(PrivateKey one) => pvno == 3
            ? EncryptedKeyProof.Create(one, EnvelopeRecipient.Of(peer.Responder.EncryptionCertificate!), Owner)
            : ThisMessageProof.Create(one, peer.Responder.EncryptionCertificate!.PublicKey);
    }

    [Fact]
    public void A_key_says_whose_it_is()
    {
        using Peer peer = Start("X25519");
        using PrivateKey key = Peer.NewKey("X25519");
        EnvelopeRecipient ca = EnvelopeRecipient.Of(peer.Responder.EncryptionCertificate!);
        CertRequest asked = Peer.Asked(key, "CN=wanted");
        foreach (PopoPrivKey right in new[] { EncryptedKeyProof.Create(key, ca, Owner), EncryptedKeyProof.Create(key, ca, Peer.Reference), EncryptedKeyProof.Create(key, ca, GeneralName.FromName(Name.Parse("CN=wanted"))) })
            Assert.NotNull(Plain(peer.MacClient(3).Send(Ir(asked, right))));
        foreach (PopoPrivKey wrong in new[] { EncryptedKeyProof.Create(key, ca, GeneralName.FromName(Name.Parse("CN=somebody else"))), EncryptedKeyProof.Create(key, ca, "another reference") })
            Refused.ByResponse(FailInfo.BadPOP, peer.MacClient(3).Send(Ir(asked, wrong)));
    }

    [Fact]
    public void Whatever_is_wrong_with_a_key_is_one_answer()
    {
        using Peer peer = Start("RSA_2048");
        using PrivateKey key = Peer.NewKey("X25519"), other = Peer.NewKey("X25519"), nobody = Peer.NewKey("RSA_2048");
        EnvelopeRecipient ca = EnvelopeRecipient.Of(peer.Responder.EncryptionCertificate!);
        var texts = new HashSet<string>();
        foreach (PopoPrivKey wrong in new[]
        {
            EncryptedKeyProof.Create(other, ca, Owner),
            EncryptedKeyProof.Create(key, ca, "another reference"),
            EncryptedKeyProof.Create(key, EnvelopeRecipient.Of(nobody.PublicKey, RecipientIdentifier.Of(peer.Responder.EncryptionCertificate!)), Owner),
            EncryptedKeyProof.Create(key, EnvelopeRecipient.OfPassword(new byte[] { 1 }), Owner),
        })
        {
            texts.Add(Refused.ByResponse(FailInfo.BadPOP, peer.MacClient(3).Send(Ir(Peer.Asked(key, "CN=wanted"), wrong))).StatusString!.Texts.Single());
        }
        Assert.Single(texts);
    }

    [Fact]
    public void Without_a_key_to_encrypt_to_nothing_is_opened()
    {
        using Peer peer = Start("X25519"), none = Start(null);
        using PrivateKey key = Peer.NewKey("X25519");
        PopoPrivKey proof = EncryptedKeyProof.Create(key, EnvelopeRecipient.Of(peer.Responder.EncryptionCertificate!), Owner);
        Refused.ByResponse(FailInfo.BadPOP, none.MacClient(3).Send(Ir(Peer.Asked(key, "CN=wanted"), proof)));
    }
}
