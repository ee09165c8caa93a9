using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Globalization;
using System.Linq;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Org.BouncyCastle.Crypto.Agreement;
using Org.BouncyCastle.Crypto.Parameters;
using Xunit;

namespace Cmp.Tests.Cryptography;

public class KeyAgreementTests
{
    public static TheoryData<string, int> Kinds => new() { { "X25519", 32 }, { "X448", 56 }, { "ECDSA_P256", 32 }, { "ECDSA_P384", 48 }, { "ECDSA_P521", 66 } };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Two_keys_of_one_kind_agree(string word, int length)
    {
        using PrivateKey one = TestKeys.Open(word), other = PrivateKey.Generate(KeyAlgorithm.Parse(word)), third = PrivateKey.Generate(KeyAlgorithm.Parse(word));
        Assert.True(one.CanAgree);
        Assert.False(one.CanDecapsulate);
        byte[] secret = one.Agree(other.PublicKey);
        Assert.Equal(length, secret.Length);
        Assert.Equal(secret, other.Agree(one.PublicKey));
        Assert.NotEqual(secret, one.Agree(third.PublicKey));
        one.EnsureFits(one.PublicKey);
        Expect.Error("CmpKey.Mismatch", () => one.EnsureFits(other.PublicKey));
    }

    [Fact]
    public void Keys_of_different_kinds_and_keys_that_cannot_do_not_agree()
    {
        using PrivateKey x25519 = TestKeys.Open("X25519"), x448 = TestKeys.Open("X448"), p256 = TestKeys.Open("ECDSA_P256"), p384 = TestKeys.Open("ECDSA_P384"), rsa = TestKeys.Open("RSA_2048");
        foreach ((PrivateKey ours, PrivateKey theirs) in new[] { (x25519, x448), (x25519, p256), (p256, p384), (rsa, rsa), (p256, rsa) })
        {
            CmpException error = Expect.Error("CmpKey.Agreement", () => ours.Agree(theirs.PublicKey));
            Assert.Equal(CmpErrorKind.Key, error.Kind);
            // a curve tells more than that it is one
            Assert.Contains($"This {ours.Algorithm} key cannot agree on a secret with a key of {theirs.Algorithm}.", error.Message);
        }
        SubjectPublicKeyInfo strange = new(new AlgorithmIdentifier("1.2.3.4"), new byte[] { 1 });
        Assert.Contains("a key of 1.2.3.4.", Expect.Error("CmpKey.Agreement", () => x25519.Agree(strange)).Message);
        Expect.Error("CmpKey.SignatureAlgorithm", () => SignatureAlgorithms.For(x25519));
    }

    /// <summary>Points of small order (RFC 7748 6.1, and those of order 1, 2 and 4 on the other curve): the secret would be zero, known to everybody.</summary>
    [Theory]
    [InlineData("X25519", "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("X25519", "0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("X25519", "E0EB7A7C3B41B8AE1656E3FAF19FC46ADA098DEB9C32B1FD866205165F49B800")]
    [InlineData("X25519", "5F9C95BCA3508C24B1D0B1559C83EF5B04445CC4581C8E86D8224EDDD09F1157")]
    [InlineData("X25519", "ECFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F")]
    [InlineData("X448", "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("X448", "0100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000")]
    public void A_point_of_small_order_is_refused(string word, string point)
    {
        using PrivateKey key = TestKeys.Open(word);
        var peer = new SubjectPublicKeyInfo(key.PublicKey.Algorithm, Hex.Parse(point));
        Assert.Equal(CmpErrorKind.Protection, Expect.Error("CmpProtection.PublicKey", () => key.Agree(peer)).Kind);
    }

    [Theory]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P384")]
    public void A_point_that_is_not_on_the_curve_is_refused(string word)
    {
        using PrivateKey key = TestKeys.Open(word), other = PrivateKey.Generate(KeyAlgorithm.Parse(word));
        byte[] point = other.PublicKey.Key.ToArray();
        point[point.Length - 1] ^= 1;
        Expect.Error("CmpProtection.PublicKey", () => key.Agree(other.PublicKey with { Key = point }));
        Expect.Error("CmpMessage.Malformed", () => key.Agree(other.PublicKey with { Key = point.AsMemory(1) }));
        using PrivateKey x25519 = TestKeys.Open("X25519");
        Expect.Error("CmpMessage.Malformed", () => x25519.Agree(x25519.PublicKey with { Key = new byte[31] }));
    }

    [Fact]
    public void Numbers_of_a_group_agree_as_another_library_says()
    {
        foreach (bool hasOrder in new[] { true, false })
        {
            using PrivateKey one = Dh(hasOrder, 0x1234567), other = Dh(hasOrder, 0x7654321);
            Assert.Equal("DH_2048", one.Algorithm.Name);
            Assert.False(one.CanSign || one.CanBeAttached);
            byte[] secret = one.Agree(other.PublicKey);
            Assert.Equal(256, secret.Length);
            Assert.Equal(secret, other.Agree(one.PublicKey));
            var agreement = new DHBasicAgreement();
            var group = new DHParameters(DHStandardGroups.rfc7919_ffdhe2048.P, Org.BouncyCastle.Math.BigInteger.Four);
            agreement.Init(new DHPrivateKeyParameters(Org.BouncyCastle.Math.BigInteger.ValueOf(0x1234567), group));
            var theirs = new DHPublicKeyParameters(group.G.ModPow(Org.BouncyCastle.Math.BigInteger.ValueOf(0x7654321), group.P), group);
            Assert.Equal(agreement.CalculateAgreement(theirs).ToByteArrayUnsigned(), secret.SkipWhile(octet => octet == 0));
            using PrivateKey again = PrivateKey.FromPkcs8(one.ExportPkcs8());
            again.EnsureFits(one.PublicKey);
            Expect.Error("CmpKey.Mismatch", () => again.EnsureFits(other.PublicKey));
            // the octets that it was read from are cleared
            using PrivateKey copy = one.Copy();
            copy.EnsureFits(one.PublicKey);
        }
    }

    [Fact]
    public void Numbers_that_give_the_secret_away_are_refused()
    {
        BigInteger p = Number(DHStandardGroups.rfc7919_ffdhe2048.P);
        using PrivateKey withOrder = Dh(true, 0x1234567), without = Dh(false, 0x1234567);
        foreach (PrivateKey key in new[] { withOrder, without })
        {
            foreach (BigInteger number in new[] { BigInteger.Zero, BigInteger.One, p - 1, p, p + 2 })
                Expect.Error("CmpProtection.PublicKey", () => key.Agree(key.PublicKey with { Key = Integer(number) }));
            Expect.Error("CmpMessage.Malformed", () => key.Agree(key.PublicKey with { Key = Integer(-2) }));
        }
        // a number that is no square is outside the subgroup; where the order is known it is seen
        BigInteger outside = p - 4;
        Assert.False(BigInteger.ModPow(outside, (p - 1) / 2, p).IsOne);
        Expect.Error("CmpProtection.PublicKey", () => withOrder.Agree(withOrder.PublicKey with { Key = Integer(outside) }));
    }

    [Fact]
    public void Groups_that_protect_nothing_are_refused()
    {
        foreach ((BigInteger p, BigInteger g) in new[] { (new BigInteger(23), new BigInteger(5)), (BigInteger.One << 2048, new BigInteger(2)), ((BigInteger.One << 8200) + 1, new BigInteger(2)) })
            Assert.Throws<CmpException>(() => PrivateKey.FromPkcs8(Pkcs8(Group(p, g, null), w => w.WriteInteger(5))));
        // no safe prime
        Expect.Error("CmpKey.Malformed", () => PrivateKey.FromPkcs8(Pkcs8(Group((BigInteger.One << 2047) + 1, 2, null), w => w.WriteInteger(5))));
        using PrivateKey key = Dh(true, 5);
        using PrivateKey otherGroup = PrivateKey.FromPkcs8(Pkcs8(Group(Number(DHStandardGroups.rfc7919_ffdhe3072.P), 2, Number(DHStandardGroups.rfc7919_ffdhe3072.Q)), w => w.WriteInteger(7)));
        Expect.Error("CmpKey.Agreement", () => key.Agree(otherGroup.PublicKey));
        Expect.Error("CmpKey.Algorithm", () => PrivateKey.Generate(key.Algorithm));
    }

    [SkippableTheory]
    [InlineData("-algorithm X25519", "X25519")]
    [InlineData("-algorithm X448", "X448")]
    [InlineData("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "ECDSA_P256")]
    [InlineData("-algorithm EC -pkeyopt ec_paramgen_curve:P-521", "ECDSA_P521")]
    [InlineData("-algorithm DH -pkeyopt group:ffdhe2048", "DH_2048")]
    [InlineData("-algorithm DHX -pkeyopt dh_rfc5114:3", "DH_2048")]
    public void OpenSSL_agrees_on_the_same_secret(string make, string word)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        using PrivateKey ours = Make("ours"), theirs = Make("theirs");
        Assert.Equal(word, ours.Algorithm.Name);
        openssl.Do("pkeyutl -derive -inkey theirs.pem -peerkey ours.pub -out secret");
        Assert.Equal(openssl.Read("secret").SkipWhile(octet => octet == 0), ours.Agree(theirs.PublicKey).SkipWhile(octet => octet == 0));
        openssl.WritePem("again.pem", "PRIVATE KEY", ours.ExportPkcs8());
        openssl.Do("pkeyutl -derive -inkey again.pem -peerkey theirs.pub -out again");
        Assert.Equal(openssl.Read("secret"), openssl.Read("again"));

        PrivateKey Make(string name)
        {
            openssl.Do($"genpkey {make} -out {name}.pem");
            openssl.Do($"pkey -in {name}.pem -pubout -out {name}.pub");
            openssl.Do($"pkey -in {name}.pem -pubout -outform DER -out {name}.public");
            openssl.Do($"pkcs8 -topk8 -nocrypt -in {name}.pem -outform DER -out {name}");
            PrivateKey key = PrivateKey.FromPkcs8(openssl.Read(name));
            Assert.Equal(openssl.Read(name + ".public"), key.PublicKey.Encoded.ToArray());
            return key;
        }
    }

    internal static PrivateKey Dh(bool hasOrder, int number)
    {
        DHParameters group = DHStandardGroups.rfc7919_ffdhe2048;
        return PrivateKey.FromPkcs8(Pkcs8(Group(Number(group.P), 4, hasOrder ? Number(group.Q) : null), w => w.WriteInteger(number)));
    }

    private static AlgorithmIdentifier Group(BigInteger p, BigInteger g, BigInteger? q)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (BigInteger number in new List<BigInteger?> { p, g, q }.OfType<BigInteger>())
                writer.WriteInteger(number);
        }
        return new AlgorithmIdentifier(q is null ? Oids.DhKeyAgreement : Oids.DhPublicNumber, writer.Encode());
    }

    private static BigInteger Number(Org.BouncyCastle.Math.BigInteger number) => BigInteger.Parse("0" + number.ToString(16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static byte[] Integer(BigInteger number)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteInteger(number);
        return writer.Encode();
    }

    private static byte[] Pkcs8(AlgorithmIdentifier algorithm, Action<AsnWriter> write)
    {
        var inner = new AsnWriter(AsnEncodingRules.DER);
        write(inner);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            writer.WriteEncodedValue(algorithm.Encoded.Span);
            writer.WriteOctetString(inner.Encode());
        }
        return writer.Encode();
    }
}
