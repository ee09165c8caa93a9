using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
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
