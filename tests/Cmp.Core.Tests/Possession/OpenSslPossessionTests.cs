using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Possession;

/// <summary>What others wrote opens our challenges, certificates and keys, computes our MACs, and makes challenges for us.</summary>
public class OpenSslPossessionTests
{
    [SkippableFact]
    public void OpenSSL_decrypts_our_challenge_before_pvno_3_and_we_answer_its()
    {
        SkipOnMono("RSA_2048");
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        using PrivateKey key = TestKeys.Open("RSA_2048");
        (PopoDecKeyChallContent content, IReadOnlyList<BigInteger> numbers) = Challenges.Create([(key.PublicKey, 0)], PossessionScene.Server, pvno: 2);
        openssl.WritePem("key.pem", "PRIVATE KEY", key.ExportPkcs8());
        openssl.WritePem("public.pem", "PUBLIC KEY", key.PublicKey.Encoded.ToArray());
        openssl.Write("challenge", content.Challenges[0].Encrypted.ToArray());
        openssl.Do("pkeyutl -decrypt -inkey key.pem -pkeyopt rsa_padding_mode:pkcs1 -in challenge -out rand");
        Assert.Equal(new Rand(numbers[0], PossessionScene.Server).Encoded.ToArray(), openssl.Read("rand"));
        // an INTEGER and a GeneralName, as openssl reads them
        string parsed = openssl.Do("asn1parse -inform DER -in rand");
        Assert.Contains("prim: INTEGER           :" + numbers[0].ToString("X").TrimStart('0'), parsed, StringComparison.Ordinal);
        Assert.Contains("cons: cont [ 4 ]", parsed, StringComparison.Ordinal);

        openssl.Write("theirs", new Rand(4711, PossessionScene.Server).Encoded.ToArray());
        openssl.Do("pkeyutl -encrypt -pubin -inkey public.pem -pkeyopt rsa_padding_mode:pkcs1 -in theirs -out encrypted");
        openssl.Write("number", new byte[] { 0x12, 0x67 }); // 4711
        openssl.Do("dgst -sha256 -binary -out witness number");
        var challenge = new Challenge(AlgorithmIdentifier.WithNull(Oids.Sha256), openssl.Read("witness"), openssl.Read("encrypted"));
        AnsweredChallenges answer = Challenges.Answer(new PopoDecKeyChallContent([challenge]), [key], PossessionScene.Header(2), CmpLimits.Default);
        Assert.Equal(4711, Assert.Single(answer.Content.Numbers));
        Assert.Empty(answer.Warnings);
    }

    [SkippableTheory]
    [InlineData("RSA_2048")]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P384")]
    [InlineData("ECDSA_P521")]
    public void OpenSSL_opens_our_challenge_of_pvno_3_and_we_answer_its(string word)
    {
        SkipOnMono(word);
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        using PrivateKey key = TestKeys.Open(word);
        Certificate certificate = Write(openssl, key);
        (PopoDecKeyChallContent content, IReadOnlyList<BigInteger> numbers) = Challenges.Create([(key.PublicKey, 0)], PossessionScene.Server, pvno: 3);
        Assert.Equal(new Rand(numbers[0], PossessionScene.Server).Encoded.ToArray(), Open(openssl, content.Challenges[0].EncryptedRand!.Value, Oids.Data));

        openssl.Write("theirs", new Rand(4711, PossessionScene.Server).Encoded.ToArray());
        openssl.Do($"cms -encrypt -binary -in theirs -outform DER -out sealed -aes-256-cbc -recip certificate.pem{(word == "RSA_2048" ? " -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256" : " -aes256-wrap -keyopt ecdh_kdf_md:sha256")}");
        var challenge = new Challenge(AlgorithmIdentifier.WithNull(Oids.Sha256), Witness.Of(Oids.Sha256, 4711), ReadOnlyMemory<byte>.Empty, EnvelopeOf(openssl.Read("sealed")));
        Assert.Equal(4711, Assert.Single(Challenges.Answer(new PopoDecKeyChallContent([challenge]), [key], PossessionScene.Header(3), CmpLimits.Default).Content.Numbers));
    }

    [SkippableTheory]
    [InlineData("RSA_2048")]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P384")]
    public void OpenSSL_opens_the_certificate_that_we_encrypt_and_we_the_one_that_it_encrypts(string word)
    {
        SkipOnMono(word);
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        using PrivateKey key = TestKeys.Open(word);
        Certificate certificate = Write(openssl, key);
        Assert.Equal(certificate.Encoded.ToArray(), Open(openssl, EncryptedCertificate.Create(certificate, pvno: 3).EnvelopedData!.Value, Oids.Data));

        openssl.Write("theirs", certificate.Encoded.ToArray());
        openssl.Do($"cms -encrypt -binary -in theirs -outform DER -out sealed -aes-128-cbc -recip certificate.pem{(word == "RSA_2048" ? string.Empty : " -aes128-wrap -keyopt ecdh_kdf_md:sha256")}");
        Assert.True(EncryptedCertificate.Open(new EncryptedKey(EnvelopeOf(openssl.Read("sealed"))), key, CmpLimits.Default, allowEncryptedValue: false).IsSameAs(certificate));
    }

    [SkippableTheory]
    [InlineData("RSA_2048", "X25519")]
    [InlineData("ECDSA_P256", "ML-KEM-768")]
    [InlineData("ECDSA_P384", "RSA_2048")]
    public void OpenSSL_opens_the_key_that_is_its_own_proof(string authority, string word)
    {
        SkipOnMono(authority);
        SkipOnMono(word);
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        using PrivateKey ca = TestKeys.Open(authority), key = PossessionScene.Another(word);
        Certificate certificate = Write(openssl, ca);
        PopoPrivKey proof = EncryptedKeyProof.Create(key, EnvelopeRecipient.Of(certificate), PossessionScene.Client);
        EncKeyWithId opened = EncKeyWithId.Decode(Open(openssl, proof.EnvelopedData!.Value, Oids.EncKeyWithId));
        Assert.True(opened.Name!.IsSameAs(PossessionScene.Client));
        openssl.Write("sent", opened.PrivateKeyInfo.ToArray());
        if (word == "ML-KEM-768")
        {
            // this openssl knows no such key
            openssl.Do("asn1parse -inform DER -in sent");
        }
        else
        {
            openssl.Do("pkey -inform DER -in sent -pubout -outform DER -out public");
            Assert.Equal(key.PublicKey.Encoded.ToArray(), openssl.Read("public"));
        }
    }

    [SkippableTheory]
    [InlineData("X25519", "sha256")]
    [InlineData("X448", "sha512")]
    [InlineData("ECDSA_P256", "sha256")]
    [InlineData("ECDSA_P384", "sha384")]
    [InlineData("ECDSA_P521", "sha512")]
    [InlineData("DH", "sha256")]
    public void OpenSSL_computes_the_octets_of_agreeMAC_and_dhMAC(string word, string digest)
    {
        SkipOnMono(word);
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        (PrivateKey key, PrivateKey ca) = word == "DH" ? (MakeDh(openssl, "one"), MakeDh(openssl, "other")) : (PossessionScene.Key(word), PossessionScene.Another(word));
        using (key)
        using (ca)
        {
            Certificate certificate = PossessionScene.Certify(ca.PublicKey);
            CertRequest request = PossessionScene.Request(key.PublicKey);
            openssl.WritePem("key.pem", "PRIVATE KEY", key.ExportPkcs8());
            openssl.WritePem("ca.pem", "PUBLIC KEY", ca.PublicKey.Encoded.ToArray());
            openssl.Write("request", request.Encoded.ToArray());
            openssl.Do("pkeyutl -derive -inkey key.pem -peerkey ca.pem -out secret");
            byte[] joined = [.. certificate.Subject.Encoded.ToArray(), .. openssl.Read("secret"), .. certificate.Issuer.Encoded.ToArray()];
            openssl.Write("joined", joined);

            Assert.Equal(Mac(digest), DhSigStatic.Decode(AgreeMacProof.Create(request, key, certificate).AgreeMac!.Value).HashValue.ToArray());
            Assert.Equal(Mac("sha1"), DhSigStatic.Decode(DhMacProof.Create(request, key, certificate).Bits!.Value).HashValue.ToArray());

            // and one that it made is right for us, with a NULL as in the example of RFC 6955
            string oid = word == "DH" ? Oids.DhPopSha256 : Oids.EcdhPopSha256;
            var theirs = new PkMacValue(AlgorithmIdentifier.WithNull(oid), new DhSigStatic(IssuerAndSerialNumber.Of(certificate), Mac("sha256")).Encoded);
            Assert.True(AgreeMacProof.Verify(request, PopoPrivKey.OfAgreeMac(theirs), ca, certificate));
        }

        byte[] Mac(string hash)
        {
            openssl.Do($"dgst -{hash} -binary -out k joined");
            openssl.Do($"dgst -{hash} -mac HMAC -macopt hexkey:{Hex.Of(openssl.Read("k"))} -binary -out mac request");
            return openssl.Read("mac");
        }
    }

    private static void SkipOnMono(string word) => Skip.If(Mono.IsRunning && word is ("RSA_2048" or "ECDSA_P256"), Mono.HasNoCngKeys);

    private static PrivateKey MakeDh(OpenSslFolder openssl, string name)
    {
        openssl.Do($"genpkey -algorithm DHX -pkeyopt dh_rfc5114:3 -out {name}.pem");
        openssl.Do($"pkcs8 -topk8 -nocrypt -in {name}.pem -outform DER -out {name}");
        return PrivateKey.FromPkcs8(openssl.Read(name));
    }

    /// <summary>The key, and a certificate of it without an identifier, which is named by issuer and number.</summary>
    private static Certificate Write(OpenSslFolder openssl, PrivateKey key)
    {
        Certificate certificate = PossessionScene.Certify(key.PublicKey, usage: null);
        openssl.WritePem("key.pem", "PRIVATE KEY", key.ExportPkcs8());
        openssl.WritePem("certificate.pem", "CERTIFICATE", certificate.Encoded.ToArray());
        return certificate;
    }

    private static byte[] Open(OpenSslFolder openssl, ReadOnlyMemory<byte> enveloped, string contentType)
    {
        Assert.Equal(contentType, EnvelopedData.Decode(enveloped).EncryptedContentInfo.ContentType);
        openssl.Write("ours", new ContentInfo(Oids.EnvelopedData, enveloped).Encoded.ToArray());
        openssl.Do("cms -decrypt -binary -inform DER -in ours -inkey key.pem -out opened");
        return openssl.Read("opened");
    }

    private static ReadOnlyMemory<byte> EnvelopeOf(byte[] contentInfo) => ContentInfo.Decode(contentInfo).Content;
}
