using System;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Cms;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Utilities.Collections;
using Org.BouncyCastle.X509;
using Xunit;

namespace Cmp.Tests.Cryptography.Enveloping;

/// <summary>Signed packages of keys both ways between us and what others wrote: the program openssl, and BouncyCastle where openssl signs nothing.</summary>
public class ForeignKeyPackageTests
{
    private const string Config = """
        [req]
        distinguished_name = dn
        x509_extensions = v3
        prompt = no
        [dn]
        CN = Key maker
        [v3]
        subjectKeyIdentifier = hash
        keyUsage = digitalSignature
        extendedKeyUsage = 1.3.6.1.5.5.7.3.32
        """;

    [SkippableTheory]
    [InlineData("RSA_2048", null, false)]
    [InlineData("RSA_2048", "SHA512", false)]
    [InlineData("RSA_2048", "SHA256", true)]
    [InlineData("RSA_2048", "SHA384", true)]
    [InlineData("ECDSA_P256", null, false)]
    [InlineData("ECDSA_P384", "SHA384", false)]
    [InlineData("ECDSA_P521", "SHA512", false)]
    [InlineData("ECDSA_brainpoolP256r1", null, false)]
    public void OpenSSL_verifies_what_we_sign(string word, string? hash, bool pss)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        var maker = new KeyMaker(word);
        using PrivateKey key = TestKeys.Open("ECDSA_P256");
        byte[] signed = SignedKeyPackage.Create(key, maker.Signer.Key, maker.Signer.Certificate, [maker.Issuing.Certificate], SignatureAlgorithms.For(maker.Signer.Key, hash, pss), TestCertificate.Now);
        openssl.Write("signed", new ContentInfo(Oids.SignedData, signed).Encoded.ToArray());
        openssl.WritePem("root.pem", "CERTIFICATE", maker.Root.Certificate.Encoded.ToArray());
        string at = $"-attime {TestCertificate.Now.ToUnixTimeSeconds()} -purpose any -CAfile root.pem";
        openssl.Do($"cms -verify -binary -inform DER -in signed -out content {at}");
        Assert.Equal(SignedData.Decode(signed).EncapContentInfo.Content!.Value.ToArray(), openssl.Read("content"));
        openssl.Do("asn1parse -inform DER -in content");
        signed[signed.Length - 1] ^= 1;
        openssl.Write("changed", new ContentInfo(Oids.SignedData, signed).Encoded.ToArray());
        Assert.NotEqual(0, openssl.Try($"cms -verify -binary -inform DER -in changed -out content {at}").ExitCode);
    }

    [SkippableTheory]
    [InlineData("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "")]
    [InlineData("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "-md sha512")]
    [InlineData("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "-md sha384 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:-1")]
    [InlineData("-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048", "-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:-1")]
    [InlineData("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "")]
    [InlineData("-algorithm EC -pkeyopt ec_paramgen_curve:P-384", "-md sha384")]
    [InlineData("-algorithm EC -pkeyopt ec_paramgen_curve:P-521", "-md sha512 -nosmimecap")]
    public void We_open_what_OpenSSL_signs(string make, string options)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        Make(openssl, make);
        openssl.Write("package", KeyMaker.Package());
        openssl.Do($"cms -sign -binary -nodetach -keyid -econtent_type {Oids.KeyPackage} -in package -signer signer.pem -inkey signer.key {options} -outform DER -out signed");
        ReadOnlyMemory<byte> signed = ContentInfo.Decode(openssl.Read("signed")).Content;
        using SignedKeyPackage package = SignedKeyPackage.Open(signed);
        Assert.Equal(TestKeys.Pkcs8("ECDSA_P256"), package.Key.ToArray());
        Assert.Equal("CN=Key maker", package.Signer.Subject.ToString());
        byte[] changed = signed.ToArray();
        changed[changed.Length - 1] ^= 1;
        Expect.Error("CmpEnvelope.KeyPackage", () => SignedKeyPackage.Open(changed));
    }

    [SkippableFact]
    public void We_refuse_what_OpenSSL_signs_otherwise_than_RFC_9483_has_it()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        Make(openssl, "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
        openssl.Write("package", KeyMaker.Package());
        openssl.Write("two", KeyMaker.Package(2));
        Make(openssl, "-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "other");
        Refused("holds data", "-nodetach -keyid -in package -signer signer.pem -inkey signer.key");
        Refused("not a package", $"-econtent_type {Oids.KeyPackage} -keyid -in package -signer signer.pem -inkey signer.key");
        Refused("no attributes", $"-noattr -nodetach -econtent_type {Oids.KeyPackage} -keyid -in package -signer signer.pem -inkey signer.key");
        Refused("is not in it", $"-nocerts -nodetach -econtent_type {Oids.KeyPackage} -keyid -in package -signer signer.pem -inkey signer.key");
        Refused("2 signatures", $"-nodetach -econtent_type {Oids.KeyPackage} -keyid -in package -signer signer.pem -inkey signer.key -signer other.pem -inkey other.key");
        Refused("2 keys", $"-nodetach -econtent_type {Oids.KeyPackage} -keyid -in two -signer signer.pem -inkey signer.key");

        void Refused(string why, string options)
        {
            openssl.Do($"cms -sign -binary {options} -outform DER -out signed");
            CmpException e = Expect.Error("CmpEnvelope.KeyPackage", () => SignedKeyPackage.Open(ContentInfo.Decode(openssl.Read("signed")).Content));
            Assert.Contains(why, e.Message);
        }
    }

    /// <summary>openssl 3.0 makes no CMS by EdDSA, but it verifies the signature over the octets that are signed, and the digest in them.</summary>
    [SkippableTheory]
    [InlineData("Ed25519", "-sha512")]
    [InlineData("Ed448", "-shake256 -xoflen 64")]
    public void OpenSSL_verifies_what_EdDSA_signs_in_ours(string word, string digest)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        var maker = new KeyMaker(word);
        using PrivateKey key = TestKeys.Open("ECDSA_P256");
        var signed = SignedData.Decode(SignedKeyPackage.Create(key, maker.Signer.Key, maker.Signer.Certificate, []));
        SignerInfo signer = signed.SignerInfos[0];
        openssl.Write("attributes", signer.SignedAttrs!.Encoded.ToArray());
        openssl.Write("signature", signer.Signature.ToArray());
        openssl.Write("content", signed.EncapContentInfo.Content!.Value.ToArray());
        openssl.WritePem("public.pem", "PUBLIC KEY", maker.Signer.Key.PublicKey.Encoded.ToArray());
        openssl.Do("pkeyutl -verify -rawin -pubin -inkey public.pem -in attributes -sigfile signature");
        openssl.Do($"dgst {digest} -binary -out digest content");
        Assert.Equal(CmsAttribute.MessageDigest(openssl.Read("digest")).Encoded.ToArray(), signer.SignedAttrs.Single(Oids.MessageDigest)!.Encoded.ToArray());
    }

    /// <summary>But Ed448, whose digest it does not know in CMS; what openssl says of that one stands above.</summary>
    [Theory]
    [InlineData("RSA_2048")]
    [InlineData("ECDSA_P256")]
    [InlineData("Ed25519")]
    [InlineData("ML-DSA-44")]
    [InlineData("ML-DSA-65")]
    public void BouncyCastle_verifies_what_we_sign(string word)
    {
        var maker = new KeyMaker(word);
        using PrivateKey key = TestKeys.Open("ECDSA_P256");
        byte[] signed = SignedKeyPackage.Create(key, maker.Signer.Key, maker.Signer.Certificate, []);
        Assert.True(Verify(signed));
        signed[signed.Length - 1] ^= 1;
        Assert.False(Verify(signed));

        bool Verify(byte[] octets) => new CmsSignedData(new ContentInfo(Oids.SignedData, octets).Encoded.ToArray()).GetSignerInfos().GetSigners().Single().Verify(Theirs(maker.Signer.Certificate));
    }

    [Theory]
    [InlineData("RSA_2048", "SHA256withRSA")]
    [InlineData("ECDSA_P256", "SHA256withECDSA")]
    [InlineData("Ed25519", "Ed25519")]
    [InlineData("ML-DSA-44", "ML-DSA-44")]
    [InlineData("ML-DSA-65", "ML-DSA-65")]
    public void We_open_what_BouncyCastle_signs(string word, string theirName)
    {
        var maker = new KeyMaker(word);
        var generator = new CmsSignedDataGenerator();
        generator.AddSignerInfoGenerator(new SignerInfoGeneratorBuilder().Build(
            new Asn1SignatureFactory(theirName, PrivateKeyFactory.CreateKey(TestKeys.Pkcs8(word))), maker.Signer.Certificate.SubjectKeyIdentifier!.Value.ToArray()));
        generator.AddCertificates(CollectionUtilities.CreateStore([Theirs(maker.Signer.Certificate)]));
        byte[] signed = generator.Generate(new CmsProcessableByteArray(new DerObjectIdentifier(Oids.KeyPackage), KeyMaker.Package()), encapsulate: true).ContentInfo.GetDerEncoded();
        using SignedKeyPackage package = SignedKeyPackage.Open(ContentInfo.Decode(signed).Content);
        Assert.Equal(TestKeys.Pkcs8("ECDSA_P256"), package.Key.ToArray());
        Assert.True(package.Signer.IsSameAs(maker.Signer.Certificate));
    }

    private static X509Certificate Theirs(Certificate certificate) => new(certificate.Encoded.ToArray());

    private static void Make(OpenSslFolder openssl, string make, string name = "signer")
    {
        openssl.Write("signer.cnf", Encoding.ASCII.GetBytes(Config));
        openssl.Do($"genpkey {make} -out {name}.key");
        openssl.Do($"req -x509 -new -key {name}.key -config signer.cnf -out {name}.pem");
    }
}
