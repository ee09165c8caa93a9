using System;
using System.Security.Cryptography;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Cryptography;

public class AlgorithmPolicyTests
{
    private static readonly AlgorithmIdentifier Sha256WithRsa = AlgorithmIdentifier.WithNull(Oids.Sha256WithRsa);
    private static readonly AlgorithmIdentifier Sha256WithEcdsa = new(Oids.Sha256WithEcdsa);

    [Fact]
    public void Rule68_Strong_algorithms_pass()
    {
        AlgorithmPolicy.Default.Check(Sha256WithRsa, Rsa(2048));
        AlgorithmPolicy.Default.Check(new AlgorithmIdentifier(Oids.RsassaPss, RsassaPssParameters.Create(Oids.Sha256, 32).Encoded), Rsa(2048));
        AlgorithmPolicy.Default.Check(Sha256WithEcdsa, Curve(Oids.Secp224r1, 57));
        AlgorithmPolicy.Default.Check(Sha256WithEcdsa, Curve(Oids.Secp256r1, 65));
        AlgorithmPolicy.Default.Check(new AlgorithmIdentifier(Oids.Ed25519), new SubjectPublicKeyInfo(new AlgorithmIdentifier(Oids.Ed25519), new byte[32]));
    }

    [Fact]
    public void Rule68_MD5_and_SHA1_signatures_are_refused_unless_allowed()
    {
        foreach ((AlgorithmIdentifier weak, SubjectPublicKeyInfo key, bool md5) in new[]
        {
            (AlgorithmIdentifier.WithNull(Oids.Md5WithRsa), Rsa(2048), true),
            (AlgorithmIdentifier.WithNull(Oids.Sha1WithRsa), Rsa(2048), false),
            (new AlgorithmIdentifier(Oids.Sha1WithEcdsa), Curve(Oids.Secp256r1, 65), false),
            (new AlgorithmIdentifier(Oids.RsassaPss, RsassaPssParameters.Create(Oids.Sha1, 20).Encoded), Rsa(2048), false),
        })
        {
            CmpException e = Expect.Error("CmpTrust.Algorithm", () => AlgorithmPolicy.Default.Check(weak, key));
            Assert.Equal(CmpErrorKind.Trust, e.Kind);
            (AlgorithmPolicy.Default with { AllowMd5Signatures = md5, AllowSha1Signatures = !md5 }).Check(weak, key);
            Expect.Error("CmpTrust.Algorithm", () => (AlgorithmPolicy.Default with { AllowMd5Signatures = !md5, AllowSha1Signatures = md5 }).Check(weak, key));
        }
    }

    [Fact]
    public void Rule68_RSA_below_2048_is_refused_unless_allowed()
    {
        Expect.Error("CmpTrust.Algorithm", () => AlgorithmPolicy.Default.Check(Sha256WithRsa, Rsa(1024)));
        Expect.Error("CmpTrust.Algorithm", () => AlgorithmPolicy.Default.Check(Sha256WithRsa, Rsa(2047)));
        (AlgorithmPolicy.Default with { MinRsaBits = 1024 }).Check(Sha256WithRsa, Rsa(1024));
    }

    [Theory]
    [InlineData("1.2.840.10045.3.1.1", 49)] // secp192r1
    [InlineData("1.3.132.0.8", 41)] // secp160r1
    [InlineData("1.3.132.0.1", 43)] // sect163k1
    [InlineData("1.2.3.4", 0)]
    public void Rule68_Small_curves_are_refused_named_here_or_not(string curve, int length) =>
        Expect.Error("CmpTrust.Algorithm", () => AlgorithmPolicy.Default.Check(Sha256WithEcdsa, Curve(curve, length)));

    [Fact]
    public void Rule68_A_small_curve_is_known_by_a_compressed_point_too() =>
        Expect.Error("CmpTrust.Algorithm", () => AlgorithmPolicy.Default.Check(Sha256WithEcdsa, Curve("1.2.840.10045.3.1.1", 25, first: 2)));

    [Fact]
    public void Rule68_DSA_is_refused() =>
        Expect.Error("CmpTrust.Algorithm", () => AlgorithmPolicy.Default.Check(new AlgorithmIdentifier("2.16.840.1.101.3.4.3.2"), new SubjectPublicKeyInfo(new AlgorithmIdentifier(Oids.Dsa), new byte[131])));

    private static SubjectPublicKeyInfo Rsa(int bits)
    {
        var modulus = new byte[(bits + 7) / 8];
        modulus[0] = (byte)(1 << ((bits - 1) % 8));
        modulus[modulus.Length - 1] = 1;
        return RsaPublicKey.Write(new RSAParameters { Modulus = modulus, Exponent = [1, 0, 1] });
    }

    private static SubjectPublicKeyInfo Curve(string oid, int length, byte first = 4)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(oid);
        var point = new byte[length];
        if (length > 0)
            point[0] = first;
        return new SubjectPublicKeyInfo(new AlgorithmIdentifier(Oids.EcPublicKey, writer.Encode()), point);
    }
}
