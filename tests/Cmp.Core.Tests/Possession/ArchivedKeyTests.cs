using System;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Possession;

/// <summary>A key that the CA is to keep, in the control that carries it (RFC 4211 6.4).</summary>
public sealed class ArchivedKeyTests
{
    private static readonly GeneralName Owner = GeneralName.FromName(Name.Parse("CN=router7"));

    private readonly PrivateKey _key = MadeCertificate.NewKey();

    private static MadeCertificate CA(string algorithm, KeyUsages usage) =>
        Peer.Shared.Issuing.Issue("CN=Encryption", new Shape { KeyUsage = usage, Key = PrivateKey.Generate(KeyAlgorithm.Parse(algorithm)) });

    [SkippableTheory]
    [InlineData("RSA_2048", KeyUsages.KeyEncipherment)]
    [InlineData("ECDSA_P384", KeyUsages.KeyAgreement)]
    [InlineData("X25519", KeyUsages.KeyAgreement)]
    [InlineData("ML-KEM-768", KeyUsages.KeyEncipherment)]
    public void The_CA_opens_the_key_and_whose_it_is(string algorithm, KeyUsages usage)
    {
        MadeCertificate ca = CA(algorithm, usage);
        PkiArchiveOptions options = PkiArchiveOptions.Decode(ArchivedKey.Create(_key, ca.Certificate, Owner, 3).Encoded);
        using var opener = EnvelopeKey.Of(ca.Key, ca.Certificate);
        using OpenedEnvelope envelope = EncryptedKeys.Open(options.EncryptedPrivKey!, opener, CmpLimits.Default, allowEncryptedValue: false);
        Assert.Equal(Oids.EncKeyWithId, envelope.ContentType);
        EncKeyWithId content = envelope.Read(EncKeyWithId.Read, CmpLimits.Default);
        Assert.True(content.Name!.DirectoryName!.IsSameAs(Owner.DirectoryName!));
        using PrivateKey opened = PrivateKey.FromPkcs8(content.PrivateKeyInfo);
        opened.EnsureFits(_key.PublicKey);
    }

    [Theory]
    [InlineData(2, Oids.Aes256Cbc)]
    [InlineData(1, Oids.DesEde3Cbc)]
    public void Before_pvno_3_it_has_the_old_form_and_says_what_it_is_for(int pvno, string cipher)
    {
        MadeCertificate ca = CA("RSA_2048", KeyUsages.KeyEncipherment);
        EncryptedKey encrypted = PkiArchiveOptions.Decode(ArchivedKey.Create(_key, ca.Certificate, Owner, pvno).Encoded).EncryptedPrivKey!;
        EncryptedValue value = Assert.IsType<EncryptedValue>(encrypted.EncryptedValue);
        Assert.Equal((_key.PublicKey.Algorithm.Oid, cipher), (value.IntendedAlg!.Oid, value.SymmAlg!.Oid));
        using OpenedEnvelope envelope = EncryptedValues.Open(value, ca.Key, CmpLimits.Default);
        using PrivateKey opened = PrivateKey.FromPkcs8(envelope.Content);
        opened.EnsureFits(_key.PublicKey);
        MadeCertificate agreeing = CA("ECDSA_P384", KeyUsages.KeyAgreement);
        Assert.Equal("CmpEnvelope.Recipient", Assert.Throws<CmpException>(() => ArchivedKey.Create(_key, agreeing.Certificate, Owner, pvno)).ErrorId);
    }

    [Fact]
    public void The_key_usage_of_the_CA_is_respected()
    {
        Assert.Equal("CmpEnvelope.Recipient", Assert.Throws<CmpException>(() => ArchivedKey.Create(_key, CA("ECDSA_P384", KeyUsages.DigitalSignature).Certificate, Owner, 3)).ErrorId);
        Assert.Equal("CmpEnvelope.Recipient", Assert.Throws<CmpException>(() => ArchivedKey.Create(_key, CA("Ed25519", KeyUsages.KeyAgreement).Certificate, Owner, 3)).ErrorId);
    }

    [Fact]
    public void For_a_key_that_the_CA_makes_it_says_only_that_it_is_to_be_kept()
    {
        PkiArchiveOptions options = PkiArchiveOptions.Decode(ArchivedKey.OfCentralKey().Encoded);
        Assert.Equal((true, null), (options.ArchiveRemGenPrivKey, options.EncryptedPrivKey));
    }
}
