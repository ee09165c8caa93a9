using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;
using Cmp.Tests.Messages;
using Xunit;

namespace Cmp.Tests.Cryptography.Enveloping;

public class SignedKeyPackageTests
{
    /// <summary>The signer's key, its digest, whether by RSASSA-PSS, and the digest of the content that the texts of its kind demand.</summary>
    public static TheoryData<string, string?, bool, string> Signers => new()
    {
        { "RSA_2048", null, false, Oids.Sha256 },
        { "RSA_2048", "SHA512", false, Oids.Sha512 },
        { "RSA_2048", "SHA384", true, Oids.Sha384 },
        { "RSA_2048", "SHAKE256", true, Oids.Shake256 },
        { "ECDSA_P256", null, false, Oids.Sha256 },
        { "ECDSA_P384", "SHA384", false, Oids.Sha384 },
        { "ECDSA_P521", "SHA512", false, Oids.Sha512 },
        { "ECDSA_brainpoolP256r1", null, false, Oids.Sha256 },
        { "Ed25519", null, false, Oids.Sha512 },
        { "Ed448", null, false, Oids.Shake256Len },
        { "ML-DSA-44", null, false, Oids.Sha512 },
        { "ML-DSA-87", null, false, Oids.Sha512 },
        { "SLH-DSA-SHA2-128f", null, false, Oids.Sha256 },
        { "SLH-DSA-SHAKE-128f", null, false, Oids.Shake128 },
    };

    [Theory]
    [MemberData(nameof(Signers))]
    public void What_one_packs_another_opens(string word, string? hash, bool pss, string digest)
    {
        var maker = new KeyMaker(word);
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        byte[] signed = Create(maker, key, SignatureAlgorithms.For(maker.Signer.Key, hash, pss));
        Assert.Equal(digest, SignedData.Decode(signed).DigestAlgorithms.Single().Oid);
        using SignedKeyPackage package = SignedKeyPackage.Open(signed);
        using PrivateKey opened = package.OpenKey();
        Assert.True(opened.PublicKey.IsSameAs(key.PublicKey));
        Assert.True(package.Signer.IsSameAs(maker.Signer.Certificate));
        DerNode tree = DerNode.Parse(signed);
        byte[] signature = Signer(tree).Children![5].Content;
        signature[signature.Length - 1] ^= 1;
        Refused("its signature is wrong", tree.Encode());
    }

    [Theory]
    [InlineData("RSA_2048")]
    [InlineData("ECDSA_P384")]
    [InlineData("X25519")]
    [InlineData("Ed448")]
    [InlineData("ML-KEM-768")]
    [InlineData("ML-DSA-44")]
    public void Keys_of_every_kind_travel(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        using SignedKeyPackage package = SignedKeyPackage.Open(Create(new KeyMaker(), key));
        using PrivateKey opened = package.OpenKey();
        Assert.True(opened.PublicKey.IsSameAs(key.PublicKey));
        Assert.Equal(TestKeys.Pkcs8(word), opened.ExportPkcs8());
    }

    [Fact]
    public void It_has_the_form_of_RFC_9483_4_1_6()
    {
        var maker = new KeyMaker();
        using PrivateKey key = TestKeys.Open("ECDSA_P256");
        var signed = SignedData.Decode(SignedKeyPackage.Create(key, maker.Signer.Key, maker.Signer.Certificate, [maker.Issuing.Certificate], time: TestCertificate.Now));
        Assert.Equal(3, signed.Version);
        Assert.Equal(Oids.KeyPackage, signed.EncapContentInfo.ContentType);
        Assert.True(signed.Certificates[0].IsSameAs(maker.Signer.Certificate));
        Assert.True(signed.Certificates[1].IsSameAs(maker.Issuing.Certificate));
        SignerInfo signer = signed.SignerInfos.Single();
        Assert.Equal(3, signer.Version);
        Assert.Equal(maker.Signer.Certificate.SubjectKeyIdentifier!.Value.ToArray(), signer.Sid.SubjectKeyIdentifier!.Value.ToArray());
        Assert.Equal(signed.DigestAlgorithms[0].Encoded.ToArray(), signer.DigestAlgorithm.Encoded.ToArray());
        Assert.Equal(Oids.Sha256WithEcdsa, signer.SignatureAlgorithm.Oid);
        Assert.Equal([Oids.ContentType, Oids.MessageDigest, Oids.SigningTime], signer.SignedAttrs!.All.Select(a => a.Oid).OrderBy(o => o, StringComparer.Ordinal));
        byte[] content = signed.EncapContentInfo.Content!.Value.ToArray();
        Assert.Equal(CmsAttribute.MessageDigest(Digests.Compute(Oids.Sha256, content)).Encoded.ToArray(), signer.SignedAttrs.Single(Oids.MessageDigest)!.Encoded.ToArray());
        DerNode one = DerNode.Parse(content).Children!.Single();
        Assert.Equal([0x02, 0x30, 0x04, 0x81], one.Children!.Select(c => (int)c.Tag));
        Assert.Equal([1], one.Children![0].Content); // v2
        Assert.Equal([0, .. key.PublicKey.Key.ToArray()], one.Children[3].Content);
        Assert.Null(SignedData.Decode(Create(maker, key)).SignerInfos[0].SignedAttrs!.Single(Oids.SigningTime));
    }

    [Fact]
    public void Nothing_of_it_stays_where_it_came_from_and_nothing_of_the_key_after_its_use()
    {
        var maker = new KeyMaker();
        using PrivateKey key = TestKeys.Open("ECDSA_P256");
        byte[] signed = Create(maker, key);
        SignedKeyPackage package = SignedKeyPackage.Open(signed);
        Secrets.Clear(signed);
        Assert.True(package.Signer.Subject.IsSameAs(maker.Signer.Certificate.Subject));
        Assert.Equal(2, package.Certificates.Count);
        Assert.True(package.Certificates[1].IsSameAs(maker.Issuing.Certificate));
        Assert.Equal(Name.Parse("CN=Issuing CA").ToString(), package.Certificates[1].Subject.ToString());
        package.OpenKey().Dispose();
        Assert.DoesNotContain(Hex.Of(package.Key.Span), package.ToString());
        package.Dispose();
        Assert.All(package.Key.ToArray(), octet => Assert.Equal(0, octet));
    }

    [Fact]
    public void A_signer_needs_a_key_identifier_and_his_own_key()
    {
        using PrivateKey key = TestKeys.Open("ECDSA_P256");
        var nameless = new KeyMaker(profile: KeyMaker.Profile with { KeyIdentifiers = false });
        Expect.Error("CmpArgument.Certificate", () => Create(nameless, key));
        var maker = new KeyMaker();
        Expect.Error("CmpKey.Mismatch", () => SignedKeyPackage.Create(key, maker.Issuing.Key, maker.Signer.Certificate, []));
        Expect.Error("CmpKey.SignatureAlgorithm", () => Create(maker, key, new AlgorithmIdentifier(Oids.Ed25519)));
    }

    [Fact]
    public void Attributes_must_be_those_of_the_content()
    {
        var maker = new KeyMaker();
        byte[] package = KeyMaker.Package();
        SignedKeyPackage.Open(maker.Sign(package, KeyMaker.Attributes(package)).Encoded).Dispose();
        CmsAttribute type = CmsAttribute.ContentType(Oids.KeyPackage), digest = CmsAttribute.MessageDigest(Digests.Compute(Oids.Sha256, package));
        Refused("no attributes", maker.Sign(package, null).Encoded);
        Refused("do not name type", maker.Sign(package, new CmsAttributes([digest])).Encoded);
        Refused("do not name type", maker.Sign(package, new CmsAttributes([type])).Encoded);
        Refused("do not name type", maker.Sign(package, new CmsAttributes([type, type, digest])).Encoded);
        Refused("do not name type", maker.Sign(package, new CmsAttributes([type, digest, digest])).Encoded);
        Refused("do not name type", maker.Sign(package, new CmsAttributes([new CmsAttribute(Oids.ContentType, [type.Values[0], type.Values[0]]), digest])).Encoded);
        Refused("another type", maker.Sign(package, KeyMaker.Attributes(package, contentType: Oids.Data)).Encoded);
        Refused("not what was signed", maker.Sign(package, KeyMaker.Attributes(KeyMaker.Package(2))).Encoded);
        Refused("not what was signed", maker.Sign(package, KeyMaker.Attributes(package, Oids.Sha512)).Encoded);
    }

    [Fact]
    public void A_changed_octet_anywhere_is_found()
    {
        var maker = new KeyMaker();
        using PrivateKey key = TestKeys.Open("ECDSA_P256");
        byte[] signed = Create(maker, key);
        Refused("not what was signed", Changed(t => Last(t.Children![2].Children![1].Children![0])));
        Refused("not what was signed", Changed(t => Last(Attribute(t, 1))));
        Refused("another type", Changed(t => Last(Attribute(t, 0))));
        Refused("wrong", Changed(t => Last(Signer(t).Children![5])));
        Refused("not in it", Changed(t => Last(Signer(t).Children![1])));
        Refused("not in it", Changed(t => t.Children!.RemoveAt(3)));
        Refused("2 signatures", Changed(t => t.Children![4].Children!.Add(Signer(t).Copy())));
        Refused("0 signatures", Changed(t => t.Children![4].Children!.Clear()));
        // the order of what is signed counts
        Refused("wrong", Changed(t => Signer(t).Children![3].Children!.Reverse()));

        byte[] Changed(Action<DerNode> change)
        {
            DerNode tree = DerNode.Parse(signed);
            change(tree);
            return tree.Encode();
        }

        static void Last(DerNode node) => node.Content[node.Content.Length - 1] ^= 1;
    }

    [Fact]
    public void What_is_signed_must_be_a_package_of_one_key()
    {
        var maker = new KeyMaker();
        byte[] none = new AsymmetricKeyPackage([]).Encoded.ToArray(), two = KeyMaker.Package(2), noise = [0x30, 3, 4, 1, 1];
        Refused("0 keys", maker.Sign(none, KeyMaker.Attributes(none)).Encoded);
        Refused("2 keys", maker.Sign(two, KeyMaker.Attributes(two)).Encoded);
        Refused("decode", maker.Sign(noise, KeyMaker.Attributes(noise)).Encoded);
        byte[] one = KeyMaker.Package();
        Refused("holds data", maker.Sign(one, KeyMaker.Attributes(one, contentType: Oids.Data), contentType: Oids.Data).Encoded);
        Refused("not a package", maker.Sign(null, KeyMaker.Attributes(one)).Encoded);
        byte[] whole = maker.Sign(one, KeyMaker.Attributes(one)).Encoded.ToArray();
        for (int length = 0; length < whole.Length; length += 7)
            Refused("decode", whole.AsMemory(0, length));
        Refused("decode", new ContentInfo(Oids.SignedData, whole).Encoded);
    }

    [Fact]
    public void Another_certificate_of_the_same_name_is_passed_over()
    {
        KeyMaker maker = new(), other = new("ECDSA_P384");
        byte[] package = KeyMaker.Package();
        SignedData signed = maker.Sign(package, KeyMaker.Attributes(package));
        TestCertificate claims = other.Issuing.Issue("Claims its key", TestProfile.Leaf with
        {
            KeyIdentifiers = false,
            Extensions = [new System.Security.Cryptography.X509Certificates.X509SubjectKeyIdentifierExtension(maker.Signer.Certificate.SubjectKeyIdentifier!.Value.ToArray(), critical: false)],
        });
        using (SignedKeyPackage opened = SignedKeyPackage.Open((signed with { Certificates = [claims.Certificate, maker.Signer.Certificate] }).Encoded))
            Assert.True(opened.Signer.IsSameAs(maker.Signer.Certificate));
        Refused("wrong", (signed with { Certificates = [claims.Certificate] }).Encoded);
        // what one sender may have tried is bounded
        Refused("wrong", (signed with { Certificates = [.. Enumerable.Repeat(claims.Certificate, 5), maker.Signer.Certificate] }).Encoded);
        // a certificate that cannot be read is nobody's
        var unreadable = Certificate.Decode(new byte[] { 0x30, 0 });
        SignedKeyPackage.Open((signed with { Certificates = [unreadable, maker.Signer.Certificate] }).Encoded).Dispose();
    }

    [Fact]
    public void Rule68_Weak_algorithms_are_refused_unless_the_policy_allows_them()
    {
        var maker = new KeyMaker("RSA_2048");
        byte[] package = KeyMaker.Package();
        byte[] signed = maker.Sign(package, KeyMaker.Attributes(package, Oids.Sha1), Oids.Sha1, AlgorithmIdentifier.WithNull(Oids.Sha1WithRsa)).Encoded.ToArray();
        Assert.True(Expect.Error("CmpTrust.Algorithm", () => SignedKeyPackage.Open(signed)).Octets.IsEmpty);
        SignedKeyPackage.Open(signed, new AlgorithmPolicy { AllowSha1Signatures = true }).Dispose();
        // the digest of the content counts also where the signature has none
        var edwards = new KeyMaker("Ed25519");
        Expect.Error("CmpTrust.Algorithm", () => SignedKeyPackage.Open(edwards.Sign(package, KeyMaker.Attributes(package, Oids.Sha1), Oids.Sha1).Encoded));
        Expect.Error("CmpTrust.Algorithm", () => SignedKeyPackage.Open(maker.Sign(package, KeyMaker.Attributes(package)).Encoded, new AlgorithmPolicy { MinRsaBits = 3072 }));
        Expect.Error("CmpProtection.Algorithm", () => SignedKeyPackage.Open((maker.Sign(package, KeyMaker.Attributes(package)) with { SignerInfos = [maker.Sign(package, KeyMaker.Attributes(package)).SignerInfos[0] with { DigestAlgorithm = new AlgorithmIdentifier("1.2.3") }] }).Encoded));
    }

    [Fact]
    public void The_digest_of_the_content_is_that_of_the_signature()
    {
        var maker = new KeyMaker("RSA_2048");
        byte[] package = KeyMaker.Package();
        // RFC 8933: a weaker one beside it could be exchanged
        Refused("wrong", maker.Sign(package, KeyMaker.Attributes(package, Oids.Sha384), Oids.Sha384).Encoded);
        // under the name of the key the digest beside it is that of both (RFC 3370 3.2)
        SignedData named = maker.Sign(package, KeyMaker.Attributes(package));
        SignerInfo plain = named.SignerInfos[0] with { SignatureAlgorithm = AlgorithmIdentifier.WithNull(Oids.RsaEncryption) };
        SignedKeyPackage.Open((named with { SignerInfos = [plain] }).Encoded).Dispose();
        Expect.Error("CmpProtection.Algorithm", () => SignedKeyPackage.Open(Shake(maker, package)));

        static ReadOnlyMemory<byte> Shake(KeyMaker maker, byte[] package)
        {
            SignedData signed = maker.Sign(package, KeyMaker.Attributes(package, Oids.Shake256), Oids.Shake256);
            return (signed with { SignerInfos = [signed.SignerInfos[0] with { SignatureAlgorithm = AlgorithmIdentifier.WithNull(Oids.RsaEncryption) }] }).Encoded;
        }
    }

    [Fact]
    public void A_key_whose_halves_do_not_belong_together_is_none()
    {
        var maker = new KeyMaker();
        byte[] wrong = Pkcs8.WithPublicKey(TestKeys.Pkcs8("X25519"), TestKeys.Open("Ed25519").PublicKey);
        byte[] package = new AsymmetricKeyPackage([wrong]).Encoded.ToArray();
        using SignedKeyPackage opened = SignedKeyPackage.Open(maker.Sign(package, KeyMaker.Attributes(package)).Encoded);
        Expect.Error("CmpKey.Malformed", () => opened.OpenKey());
    }

    private static byte[] Create(KeyMaker maker, PrivateKey key, AlgorithmIdentifier? algorithm = null) =>
        SignedKeyPackage.Create(key, maker.Signer.Key, maker.Signer.Certificate, [maker.Issuing.Certificate], algorithm);

    private static void Refused(string why, ReadOnlyMemory<byte> signed)
    {
        CmpException e = Expect.Error("CmpEnvelope.KeyPackage", () => SignedKeyPackage.Open(signed));
        Assert.Contains(why, e.Message);
        Assert.True(e.Octets.IsEmpty);
        Assert.Null(e.InnerException);
    }

    private static DerNode Signer(DerNode tree) => tree.Children![4].Children![0];

    /// <summary>The value of an attribute.</summary>
    private static DerNode Attribute(DerNode tree, int index) => Signer(tree).Children![3].Children![index].Children![1].Children![0];
}
