using System;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.Cryptography;

/// <summary>Signatures and keys both ways between us and the program that others wrote.</summary>
public class OpenSslSignatureTests
{
    private static readonly byte[] Data = Encoding.ASCII.GetBytes("what is signed");

    public static TheoryData<string, string, bool> Signatures => BackEndTests.Signatures;

    [SkippableTheory]
    [MemberData(nameof(Signatures))]
    public void OpenSSL_verifies_what_we_sign_and_we_what_it_signs(string word, string hash, bool pss)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        using PrivateKey key = TestKeys.Open(word);
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(key, hash, pss);
        openssl.Write("data", Data);
        openssl.WritePem("key.pem", "PRIVATE KEY", key.ExportPkcs8());
        openssl.WritePem("public.pem", "PUBLIC KEY", key.PublicKey.Encoded.ToArray());
        openssl.Write("ours", key.Sign(Data, algorithm));
        string options = "-" + hash.ToLowerInvariant() + (pss ? " -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1" : string.Empty);

        openssl.Do($"dgst {options} -verify public.pem -signature ours data");
        openssl.Do($"dgst {options} -sign key.pem -out theirs data");
        Assert.True(SignatureAlgorithms.Verify(algorithm, key.PublicKey, Data, openssl.Read("theirs")));
        openssl.Write("other", Encoding.ASCII.GetBytes("something else"));
        Assert.NotEqual(0, openssl.Try($"dgst {options} -verify public.pem -signature ours other").ExitCode);
    }

    /// <summary>EdDSA is deterministic: the signatures are the same octets.</summary>
    [SkippableTheory]
    [InlineData("Ed25519")]
    [InlineData("Ed448")]
    public void OpenSSL_makes_the_same_signature_of_EdDSA(string word)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        using PrivateKey key = TestKeys.Open(word);
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(key);
        byte[] ours = key.Sign(Data, algorithm);
        openssl.Write("data", Data);
        openssl.WritePem("key.pem", "PRIVATE KEY", key.ExportPkcs8());
        openssl.WritePem("public.pem", "PUBLIC KEY", key.PublicKey.Encoded.ToArray());
        openssl.Write("ours", ours);

        openssl.Do("pkeyutl -verify -rawin -pubin -inkey public.pem -in data -sigfile ours");
        openssl.Do("pkeyutl -sign -rawin -inkey key.pem -in data -out theirs");
        Assert.Equal(openssl.Read("theirs"), ours);
        openssl.Write("other", Encoding.ASCII.GetBytes("something else"));
        Assert.NotEqual(0, openssl.Try("pkeyutl -verify -rawin -pubin -inkey public.pem -in other -sigfile ours").ExitCode);
    }

    [SkippableTheory]
    [InlineData("Ed25519")]
    [InlineData("Ed448")]
    [InlineData("ECDSA_brainpoolP256r1")]
    [InlineData("ECDSA_brainpoolP384r1")]
    [InlineData("ECDSA_brainpoolP512r1")]
    public void OpenSSL_verifies_a_path_that_we_sign(string word)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        using var authority = new CertificationAuthority(KeyAlgorithm.Parse(word), DateTimeOffset.UtcNow);
        using var stranger = new CertificationAuthority(KeyAlgorithm.Parse(word), DateTimeOffset.UtcNow);
        openssl.WritePem("root.pem", "CERTIFICATE", authority.Root.Encoded.ToArray());
        openssl.WritePem("issuing.pem", "CERTIFICATE", authority.Issuing.Encoded.ToArray());
        openssl.WritePem("signer.pem", "CERTIFICATE", authority.Signer.Encoded.ToArray());
        openssl.WritePem("stranger.pem", "CERTIFICATE", stranger.Root.Encoded.ToArray());
        openssl.Do("verify -x509_strict -CAfile root.pem -untrusted issuing.pem signer.pem");
        Assert.NotEqual(0, openssl.Try("verify -CAfile stranger.pem -untrusted issuing.pem signer.pem").ExitCode);
    }

    [SkippableTheory]
    [InlineData("-algorithm ED25519")]
    [InlineData("-algorithm ED448")]
    [InlineData("-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1")]
    [InlineData("-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP384r1")]
    [InlineData("-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP512r1")]
    public void We_verify_a_path_that_OpenSSL_signs(string options)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        foreach (string name in new[] { "root", "another", "leaf" })
            openssl.Do($"genpkey {options} -out {name}.key");
        foreach (string name in new[] { "root", "another" })
            openssl.Do($"req -x509 -new -key {name}.key -subj /CN=root -addext keyUsage=critical,keyCertSign -outform DER -out {name}");
        openssl.Do("req -new -key leaf.key -subj /CN=leaf -out leaf.csr");
        openssl.Do("x509 -req -in leaf.csr -CA root -CAform DER -CAkey root.key -set_serial 7 -outform DER -out leaf");
        Certificate leaf = Certificate.Decode(openssl.Read("leaf"));
        Assert.Equal(2, PathBuilder.Build(leaf, [Certificate.Decode(openssl.Read("root"))], [], new PathOptions(DateTimeOffset.UtcNow)).Certificates.Count);
        Expect.Error("CmpTrust.PathInvalid", () => PathBuilder.Build(leaf, [Certificate.Decode(openssl.Read("another"))], [], new PathOptions(DateTimeOffset.UtcNow)));
    }

    [SkippableTheory]
    [InlineData("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem", "ECDSA_P256")]
    [InlineData("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out key.pem", "ECDSA_P384")]
    [InlineData("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out key.pem", "ECDSA_P521")]
    [InlineData("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1 -pkeyopt ec_param_enc:named_curve -out key.pem", "ECDSA_brainpoolP256r1")]
    [InlineData("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP384r1 -pkeyopt ec_param_enc:named_curve -out key.pem", "ECDSA_brainpoolP384r1")]
    [InlineData("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP512r1 -pkeyopt ec_param_enc:named_curve -out key.pem", "ECDSA_brainpoolP512r1")]
    [InlineData("genpkey -algorithm ED25519 -out key.pem", "Ed25519")]
    [InlineData("genpkey -algorithm ED448 -out key.pem", "Ed448")]
    [InlineData("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem", "RSA_2048")]
    [InlineData("genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out key.pem", "RSA_2048")]
    [InlineData("genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha384 -pkeyopt rsa_pss_keygen_mgf1_md:sha384 -pkeyopt rsa_pss_keygen_saltlen:48 -out key.pem", "RSA_2048")]
    public void Keys_that_OpenSSL_made_sign(string make, string word)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Do(make);
        openssl.Do("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key");
        openssl.Do("pkey -in key.pem -pubout -outform DER -out public");
        using PrivateKey key = PrivateKey.FromPkcs8(openssl.Read("key"));
        Assert.Equal(word, key.Algorithm.Name);
        Assert.Equal(openssl.Read("public"), key.PublicKey.Encoded.ToArray());
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(key);
        Assert.True(SignatureAlgorithms.Verify(algorithm, key.PublicKey, Data, key.Sign(Data, algorithm)));
    }

    [SkippableFact]
    public void A_certificate_for_PSS_only_is_verified_and_used_with_its_key_but_NET_does_not_bind_the_two()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Do("req -x509 -newkey rsa-pss -pkeyopt rsa_keygen_bits:2048 -nodes -keyout key.pem -subj /CN=pss -sha256 -sigopt rsa_pss_saltlen:32 -outform DER -out certificate");
        openssl.Do("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key");
        using PrivateKey key = PrivateKey.FromPkcs8(openssl.Read("key"));
        using X509Certificate2 certificate = TestCertificate.Load(openssl.Read("certificate"));
        Certificate decoded = Certificate.From(certificate);
        key.EnsureFits(decoded.PublicKey);
        Assert.True(SignatureAlgorithms.Verify(decoded.SignatureAlgorithm, decoded.PublicKey, decoded.TbsCertificate, decoded.Signature));
        Expect.Error("CmpKey.Failed", () => key.AttachTo(certificate));
    }
}
