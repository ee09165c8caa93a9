using System;
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

/// <summary>RFC 9810 5.2.8.3.2.</summary>
public class EncryptedCertificateTests
{
    public static TheoryData<string> Kinds => new("X25519", "X448", "ECDSA_P384", "ECDSA_P521", "ML-KEM-512", "ML-KEM-768", "ML-KEM-1024");

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_owner_of_the_key_opens_his_certificate_and_nobody_else_does(string word)
    {
        using PrivateKey key = TestKeys.Open(word), other = PossessionScene.Another(word);
        Certificate certificate = PossessionScene.Certify(key.PublicKey);
        EncryptedKey encrypted = EncryptedKey.Decode(EncryptedCertificate.Create(certificate, pvno: 3).Encoded.ToArray());
        Assert.NotNull(encrypted.EnvelopedData);
        Assert.True(EncryptedCertificate.Open(encrypted, key, CmpLimits.Default, allowEncryptedValue: false).IsSameAs(certificate));
        Expect.Error("CmpEnvelope.NotOpened", () => EncryptedCertificate.Open(encrypted, other, CmpLimits.Default, allowEncryptedValue: false));
    }

    [SkippableFact]
    public void An_RSA_key_opens_both_forms_and_the_old_one_is_refused_on_demand()
    {
        Skip.If(Mono.IsRunning, Mono.HasNoCngKeys);
        using PrivateKey key = TestKeys.Open("RSA_2048"), other = PossessionScene.Another("RSA_2048");
        Certificate certificate = PossessionScene.Certify(key.PublicKey, KeyUsages.DigitalSignature); // the usage is for later
        EncryptedKey now = EncryptedCertificate.Create(certificate, pvno: 3), before = EncryptedKey.Decode(EncryptedCertificate.Create(certificate, pvno: 2).Encoded.ToArray());
        Assert.NotNull(before.EncryptedValue);
        Assert.True(EncryptedCertificate.Open(now, key, CmpLimits.Default, allowEncryptedValue: false).IsSameAs(certificate));
        Assert.True(EncryptedCertificate.Open(before, key, CmpLimits.Default, allowEncryptedValue: true).IsSameAs(certificate));
        Expect.Error("CmpEnvelope.EncryptedValue", () => EncryptedCertificate.Open(before, key, CmpLimits.Default, allowEncryptedValue: false));
        Expect.Error("CmpEnvelope.NotOpened", () => EncryptedCertificate.Open(before, other, CmpLimits.Default, allowEncryptedValue: true));
        Expect.Error("CmpEnvelope.NotOpened", () => EncryptedCertificate.Open(now, other, CmpLimits.Default, allowEncryptedValue: true));
    }

    [Theory]
    [InlineData("X25519", 2)]
    [InlineData("ML-KEM-512", 2)]
    [InlineData("Ed25519", 3)]
    [InlineData("DH", 3)]
    public void Nothing_is_encrypted_for_keys_that_cannot_open_it(string word, int pvno)
    {
        using PrivateKey key = PossessionScene.Key(word);
        Expect.Error("CmpPossession.Unsupported", () => EncryptedCertificate.Create(PossessionScene.Certify(key.PublicKey), pvno));
    }

    [Fact]
    public void What_is_opened_must_be_a_certificate_for_the_key_that_was_asked_for()
    {
        using PrivateKey key = TestKeys.Open("X25519"), other = PossessionScene.Another("X25519");
        var rid = new RecipientIdentifier(new IssuerAndSerialNumber(Name.Empty, new byte[] { 0 }));
        EncryptedKey Sealed(ReadOnlyMemory<byte> content) => new(Envelope.Seal(content, Oids.Data, EnvelopeRecipient.Of(key.PublicKey, rid)).Encoded);
        Assert.True(EncryptedCertificate.Open(Sealed(PossessionScene.Certify(key.PublicKey).Encoded), key, CmpLimits.Default, false).PublicKey.IsSameAs(key.PublicKey));
        CmpException e = Expect.Error("CmpPossession.WrongCertificate", () => EncryptedCertificate.Open(Sealed(PossessionScene.Certify(other.PublicKey).Encoded), key, CmpLimits.Default, false));
        Assert.Equal(CmpErrorKind.Trust, e.Kind);
        foreach (ReadOnlyMemory<byte> content in new[] { other.ExportPkcs8(), new byte[] { 0x30, 0 }, new byte[] { 5 }, ReadOnlyMemory<byte>.Empty })
            Assert.True(Expect.Error("CmpEnvelope.NotOpened", () => EncryptedCertificate.Open(Sealed(content), key, CmpLimits.Default, false)) is { InnerException: null, Octets.IsEmpty: true });
    }
}
