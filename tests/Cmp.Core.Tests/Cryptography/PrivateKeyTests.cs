using System;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.Cryptography;

public class PrivateKeyTests
{
    private static readonly byte[] Data = Encoding.ASCII.GetBytes("data");

    public static TheoryData<string> Words => new("RSA_2048", "ECDSA_P256", "ECDSA_P384", "ECDSA_P521", "ECDSA_brainpoolP256r1");

    /// <summary>Kinds that .NET cannot hold.</summary>
    public static TheoryData<string> Apart => new("Ed25519", "Ed448", "ML-DSA-44");

    public static TheoryData<string> Both => [.. Words, .. Apart];

    [Theory]
    [MemberData(nameof(Both))]
    public void Rule19_A_key_fits_its_public_half_and_no_other(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        using PrivateKey other = PrivateKey.Generate(KeyAlgorithm.Parse(word));
        key.EnsureFits(key.PublicKey);
        Assert.Equal(CmpErrorKind.Key, Expect.Error("CmpKey.Mismatch", () => key.EnsureFits(other.PublicKey)).Kind);
        using PrivateKey another = TestKeys.Open(word == "ECDSA_P256" ? "ECDSA_P384" : "ECDSA_P256");
        Expect.Error("CmpKey.Mismatch", () => key.EnsureFits(another.PublicKey));
    }

    [Fact]
    public void Rule19_A_private_half_that_is_not_what_its_public_half_says_is_found()
    {
        using RSA one = RSA.Create(2048);
        using RSA two = RSA.Create(2048);
        using PrivateKey liar = new DotNetRsaKey(one, RsaPublicKey.Write(two.ExportParameters(false)));
        Expect.Error("CmpKey.Mismatch", () => liar.EnsureFits(liar.PublicKey));
    }

    [SkippableTheory]
    [MemberData(nameof(Words))]
    public void A_key_is_bound_to_its_certificate_and_found_there_again(string word)
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using PrivateKey key = TestKeys.Open(word);
        using X509Certificate2 certificate = TestCertificate.CertificateOf(key);
        Assert.Null(PrivateKey.Of(certificate));
        using X509Certificate2 bound = key.AttachTo(certificate);
        Assert.True(bound.HasPrivateKey);
        Assert.Equal(certificate.RawData, bound.RawData);
        using (X509Certificate2 twice = key.AttachTo(bound))
            Assert.True(twice.HasPrivateKey);

        // through a PFX, as a file or a store keeps it
        using X509Certificate2 stored = TestCertificate.LoadPfx(bound.Export(X509ContentType.Pfx, "x"), "x");
        using PrivateKey found = PrivateKey.Of(stored)!;
        found.EnsureFits(key.PublicKey);
        Assert.Equal(key.Algorithm, found.Algorithm);
        Assert.True(found.Exportable);
        using PrivateKey again = PrivateKey.FromPkcs8(found.ExportPkcs8());
        again.EnsureFits(key.PublicKey);
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(found);
        Assert.True(SignatureAlgorithms.Verify(algorithm, key.PublicKey, Data, found.Sign(Data, algorithm)));
    }

    [Theory]
    [MemberData(nameof(Apart))]
    public void A_key_that_NET_cannot_hold_is_not_bound(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        Assert.False(key.CanBeAttached);
        Name name = Name.FromCommonName("test");
        Certificate made = new CertificateWriter(name, key, SignatureAlgorithms.For(key)).Write(new CertificateContent(name, key.PublicKey, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1), []));
        using X509Certificate2 certificate = TestCertificate.Load(made.Encoded.ToArray());
        Assert.Null(PrivateKey.Of(certificate));
        Assert.Equal(CmpErrorKind.Key, Expect.Error("CmpKey.NotAttachable", () => key.AttachTo(certificate)).Kind);
        key.EnsureFits(Certificate.From(certificate).PublicKey);
    }

    [SkippableFact]
    public void Rule19_A_key_is_not_bound_to_another_key_s_certificate()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using PrivateKey key = TestKeys.Open("ECDSA_P256");
        using PrivateKey other = TestKeys.Open("RSA_2048");
        using X509Certificate2 certificate = TestCertificate.CertificateOf(other);
        Expect.Error("CmpKey.Mismatch", () => key.AttachTo(certificate));
    }

    [Fact]
    public void A_key_that_does_not_come_out_says_so()
    {
        using PrivateKey key = PrivateKey.Of(new LockedKey());
        Assert.Equal(CmpErrorKind.Key, Expect.Error("CmpKey.NotExportable", () => key.ExportPkcs8()).Kind);
        Expect.Error("CmpKey.Failed", () => key.Sign(Data, SignatureAlgorithms.For(key)));
    }

#if NET // .NET Framework writes neither
    [Fact]
    public void SEC1_and_PKCS1_are_read()
    {
        using ECDsa ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using PrivateKey ec = PrivateKey.FromSec1(ecdsa.ExportECPrivateKey());
        Assert.Equal(ecdsa.ExportSubjectPublicKeyInfo(), ec.PublicKey.Encoded.ToArray());
        using RSA rsa = RSA.Create(2048);
        using PrivateKey r = PrivateKey.FromPkcs1(rsa.ExportRSAPrivateKey());
        Assert.Equal(rsa.ExportSubjectPublicKeyInfo(), r.PublicKey.Encoded.ToArray());
        Assert.Equal(rsa.ExportPkcs8PrivateKey(), r.ExportPkcs8());
    }
#endif

    [Theory]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P384")]
    public void A_key_without_its_public_point_is_read(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        byte[] d = EcPrivateKey.Read(Pkcs8.Read(key.ExportPkcs8(), (_, sec1) => sec1), key.Algorithm.Curve!).D;
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            writer.WriteOctetString(d);
        }
        using PrivateKey read = PrivateKey.FromPkcs8(Pkcs8.Write(key.PublicKey.Algorithm, writer.Encode()));
        read.EnsureFits(key.PublicKey);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Octets_that_are_no_key_end_in_an_error_that_holds_none_of_them(string word)
    {
        byte[] pkcs8 = TestKeys.Pkcs8(word);
        var random = new Random(7);
        for (int i = 0; i < 120; i++)
        {
            byte[] mutated = (byte[])pkcs8.Clone();
            if (i % 2 == 0)
                mutated = mutated.Take(random.Next(pkcs8.Length)).ToArray();
            else
                mutated[random.Next(mutated.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                PrivateKey.FromPkcs8(mutated).Dispose();
            }
            catch (CmpException e)
            {
                Assert.Contains(e.ErrorId, new[] { "CmpKey.Malformed", "CmpKey.Algorithm" });
                Assert.True(e.Octets.IsEmpty);
                if (e.ErrorId == "CmpKey.Malformed")
                    Assert.Null(e.InnerException);
            }
        }
        Expect.Error("CmpKey.Malformed", () => PrivateKey.FromPkcs8(Array.Empty<byte>()));
    }

    [Fact]
    public void A_key_of_an_unknown_kind_is_named()
    {
        CmpException e = Expect.Error("CmpKey.Algorithm", () => PrivateKey.FromPkcs8(Pkcs8.Write(new AlgorithmIdentifier(Oids.Dsa), [2, 1, 1])));
        Assert.Contains("dsa", e.Message);
    }

    [Fact]
    public void A_signature_that_a_key_cannot_make_is_a_local_error()
    {
        using PrivateKey key = TestKeys.Open("ECDSA_P256");
        Expect.Error("CmpKey.SignatureAlgorithm", () => key.Sign(Data, AlgorithmIdentifier.WithNull(Oids.Sha256WithRsa)));
        Expect.Error("CmpProtection.Algorithm", () => key.Sign(Data, new AlgorithmIdentifier("1.2.3")));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void One_key_signs_on_many_threads(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(key);
        Parallel.For(0, 100, i =>
        {
            byte[] data = BitConverter.GetBytes(i);
            Assert.True(SignatureAlgorithms.Verify(algorithm, key.PublicKey, data, key.Sign(data, algorithm)));
        });
    }

    /// <summary>A key of a provider that keeps its octets to itself, and whose token was drawn.</summary>
    private sealed class LockedKey : RSA
    {
        private readonly RSA _rsa = Create(2048);

        public override RSAParameters ExportParameters(bool includePrivateParameters) =>
            includePrivateParameters ? throw new CryptographicException("not allowed") : _rsa.ExportParameters(false);

        public override void ImportParameters(RSAParameters parameters) => throw new NotSupportedException();

        public override byte[] SignHash(byte[] hash, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding) => throw new CryptographicException("no token");

        protected override void Dispose(bool disposing) => _rsa.Dispose();
    }

    [SkippableFact]
    public void A_certificate_for_key_agreement_only_holds_its_key_too()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        foreach (KeyUsages usage in new[] { KeyUsages.KeyAgreement, KeyUsages.KeyAgreement | KeyUsages.DigitalSignature })
        {
            Transactions.MadeCertificate made = Transactions.Peer.Shared.Issuing.Issue("CN=agreeing", new Transactions.Shape { KeyUsage = usage });
            using X509Certificate2 bare = TestCertificate.Load(made.Certificate.Encoded.ToArray()), bound = made.Key.AttachTo(bare);
            Assert.True(bound.HasPrivateKey);
            using PrivateKey opened = PrivateKey.Of(bound)!;
            opened.EnsureFits(made.Certificate.PublicKey);
            Assert.Equal(made.Key.ExportPkcs8(), opened.ExportPkcs8());
        }
    }
}
