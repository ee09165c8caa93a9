using System;
using System.Formats.Asn1;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Possession;

/// <summary>encryptedKey and thisMessage: RFC 4211 4.2 and 4.2.1.</summary>
public class SentKeyTests
{
    public static TheoryData<string, string> Pairs => new()
    {
        { "X25519", "X25519" },
        { "X448", "ECDSA_P384" },
        { "ML-KEM-512", "ML-KEM-768" },
        { "ECDSA_P384", "X448" },
        { "DH", "ML-KEM-512" },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void The_CA_opens_the_key_that_is_to_be_certified(string word, string authority)
    {
        using PrivateKey key = PossessionScene.Key(word), ca = PossessionScene.Another(authority);
        (CertRequest request, PopoPrivKey proof) = PossessionScene.Wire(PossessionScene.Request(key.PublicKey), Prove(key, ca));
        Assert.Equal(PopoPrivKeyKind.EncryptedKey, proof.Kind);
        Assert.Equal(word != "ML-KEM-512", proof.IsKeyAgreement);
        using EnvelopeKey opener = EnvelopeKey.Of(ca);
        using PrivateKey opened = EncryptedKeyProof.Open(proof, opener, request.CertTemplate.PublicKey!, KeyOwner.Of(PossessionScene.Client), CmpLimits.Default);
        opened.EnsureFits(key.PublicKey);
    }

    [SkippableFact]
    public void An_RSA_key_goes_to_an_RSA_key_and_in_the_old_form_too()
    {
        Skip.If(Mono.IsRunning, Mono.HasNoCngKeys);
        using PrivateKey key = PossessionScene.Key("RSA_2048"), ca = PossessionScene.Another("RSA_2048");
        using EnvelopeKey opener = EnvelopeKey.Of(ca);
        PopoPrivKey proof = Prove(key, ca);
        Assert.False(proof.IsKeyAgreement);
        using PrivateKey opened = EncryptedKeyProof.Open(proof, opener, key.PublicKey, KeyOwner.Of(PossessionScene.Client), CmpLimits.Default);
        opened.EnsureFits(key.PublicKey);
        foreach (string word in new[] { "RSA_2048", "X25519", "ML-KEM-512", "ECDSA_P384" })
        {
            using PrivateKey sent = PossessionScene.Key(word);
            (CertRequest request, PopoPrivKey old) = PossessionScene.Wire(PossessionScene.Request(sent.PublicKey), ThisMessageProof.Create(sent, ca.PublicKey));
            Assert.Equal(PopoPrivKeyKind.ThisMessage, old.Kind);
            using PrivateKey same = ThisMessageProof.Open(old, ca, request.CertTemplate.PublicKey!, CmpLimits.Default);
            same.EnsureFits(sent.PublicKey);
            // one of another request proves nothing, nor does another CA open it
            Refused(() => ThisMessageProof.Open(old, ca, ca.PublicKey, CmpLimits.Default));
            Refused(() => ThisMessageProof.Open(old, key, sent.PublicKey, CmpLimits.Default));
            Refused(() => ThisMessageProof.Open(proof, ca, sent.PublicKey, CmpLimits.Default));
        }
        EncryptedValue noKey = EncryptedValues.Seal(new byte[] { 4, 1, 0 }, ca.PublicKey);
        Refused(() => ThisMessageProof.Open(PopoPrivKey.OfEncryptedValue(false, noKey), ca, key.PublicKey, CmpLimits.Default));
    }

    [Fact]
    public void Whatever_speaks_against_a_key_is_one_error()
    {
        using PrivateKey key = PossessionScene.Key("X25519"), other = PossessionScene.Another("X25519"), ca = PossessionScene.Another("ML-KEM-768"), stranger = PossessionScene.Another("ML-KEM-768");
        KeyOwner owner = KeyOwner.Of(PossessionScene.Client);
        PopoPrivKey proof = Prove(key, ca);
        EnvelopedData envelope = EnvelopedData.Decode(proof.EnvelopedData!.Value);
        byte[] pkcs8 = key.ExportPkcs8();
        (string Why, PopoPrivKey Proof, PrivateKey Ca, SubjectPublicKeyInfo Asked, KeyOwner? Owner)[] wrong =
        [
            ("for another CA", proof, stranger, key.PublicKey, owner),
            ("changed", PopoPrivKey.OfEnvelopedData(true, (envelope with { EncryptedContentInfo = envelope.EncryptedContentInfo with { EncryptedContent = PossessionScene.Flip(envelope.EncryptedContentInfo.EncryptedContent!.Value) } }).Encoded), ca, key.PublicKey, owner),
            ("of another request", proof, ca, other.PublicKey, owner),
            ("of somebody else", proof, ca, key.PublicKey, KeyOwner.Of(PossessionScene.Server)),
            ("of nobody", Sealed(ca, Oids.EncKeyWithId, new EncKeyWithId(pkcs8, null, null).Encoded), ca, key.PublicKey, null),
            ("another content", Sealed(ca, Oids.Data, new EncKeyWithId(pkcs8, "ref-1", null).Encoded), ca, key.PublicKey, null),
            ("no EncKeyWithID", Sealed(ca, Oids.EncKeyWithId, pkcs8), ca, key.PublicKey, null),
            ("no key", Sealed(ca, Oids.EncKeyWithId, new EncKeyWithId(new byte[] { 0x30, 0 }, "ref-1", null).Encoded), ca, key.PublicKey, null),
            ("another way", PopoPrivKey.Later(true, SubsequentMessage.EncrCert), ca, key.PublicKey, owner),
        ];
        string? text = null;
        foreach ((string why, PopoPrivKey bad, PrivateKey authority, SubjectPublicKeyInfo asked, KeyOwner? expected) in wrong)
        {
            using EnvelopeKey opener = EnvelopeKey.Of(authority);
            CmpException e = Refused(() => EncryptedKeyProof.Open(bad, opener, asked, expected, CmpLimits.Default).Dispose());
            Assert.True(text is null || text == e.Message, why);
            Assert.True(e.InnerException is null && e.Octets.IsEmpty, why);
            text = e.Message;
        }
    }

    [Fact]
    public void A_key_says_by_a_text_or_by_a_name_whose_it_is()
    {
        using PrivateKey key = PossessionScene.Key("X25519"), ca = PossessionScene.Another("X25519");
        using EnvelopeKey opener = EnvelopeKey.Of(ca);
        EnvelopeRecipient recipient = EnvelopeRecipient.Of(PossessionScene.Certify(ca.PublicKey));
        PopoPrivKey byText = EncryptedKeyProof.Create(key, recipient, "ref-1"), byName = EncryptedKeyProof.Create(key, recipient, PossessionScene.Client);
        foreach ((PopoPrivKey proof, KeyOwner owner, bool isHis) in new[]
        {
            (byText, new KeyOwner([], ["ref-1"]), true),
            (byText, KeyOwner.Of(GeneralName.FromName(Name.FromCommonName("ref-1"))), true),
            (byText, new KeyOwner([], ["REF-1"]), false),
            (byText, KeyOwner.Of(PossessionScene.Client), false),
            (byName, KeyOwner.Of(PossessionScene.Client), true),
            (byName, KeyOwner.Of(GeneralName.FromName(Name.Parse("O=Cmp tests, CN=client"))), true),
            (byName, new KeyOwner([], ["Client"]), false),
            (byName, new KeyOwner([], []), false),
        })
        {
            if (isHis)
                EncryptedKeyProof.Open(proof, opener, key.PublicKey, owner, CmpLimits.Default).Dispose();
            else
                Refused(() => EncryptedKeyProof.Open(proof, opener, key.PublicKey, owner, CmpLimits.Default).Dispose());
        }
    }

    [Fact]
    public void What_is_no_EnvelopedData_is_said_so()
    {
        using PrivateKey ca = PossessionScene.Another("X25519");
        using EnvelopeKey opener = EnvelopeKey.Of(ca);
        Expect.Error("CmpMessage.Malformed", () => EncryptedKeyProof.Open(PopoPrivKey.OfEnvelopedData(false, new byte[] { 0x30, 3, 2, 1, 0 }), opener, ca.PublicKey, null, CmpLimits.Default));
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteBitString(new byte[] { 0x30, 0 }, tag: Tags.Primitive(0));
        Expect.Error("CmpMessage.Malformed", () => ThisMessageProof.Open(new PopoPrivKey(false, writer.Encode()), ca, ca.PublicKey, CmpLimits.Default));
    }

    private static PopoPrivKey Prove(PrivateKey key, PrivateKey ca) =>
        EncryptedKeyProof.Create(key, EnvelopeRecipient.Of(PossessionScene.Certify(ca.PublicKey, usage: null)), PossessionScene.Client);

    private static PopoPrivKey Sealed(PrivateKey ca, string contentType, ReadOnlyMemory<byte> content) =>
        PopoPrivKey.OfEnvelopedData(true, Envelope.Seal(content, contentType, EnvelopeRecipient.Of(PossessionScene.Certify(ca.PublicKey, usage: null))).Encoded);

    private static CmpException Refused(Action action) => Expect.Error("CmpPossession.EncryptedKey", action);
}
