using System;
using System.Security.Cryptography;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Possession;

/// <summary>agreeMAC and dhMAC: RFC 4211 4.3, RFC 6955 4 and 7, RFC 2875 3.</summary>
public class StaticAgreementTests
{
    public static TheoryData<string> Kinds => new("X25519", "X448", "ECDSA_P384", "ECDSA_P521", "DH");

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Who_has_one_of_both_keys_verifies_agreeMAC(string word)
    {
        using PrivateKey key = PossessionScene.Key(word), ca = PossessionScene.Another(word);
        Certificate certificate = PossessionScene.Certify(ca.PublicKey);
        (CertRequest request, PopoPrivKey proof) = PossessionScene.Wire(PossessionScene.Request(key.PublicKey), AgreeMacProof.Create(PossessionScene.Request(key.PublicKey), key, certificate));
        Assert.True(proof.IsKeyAgreement);
        Assert.True(AgreeMacProof.Verify(request, proof, ca, certificate));
        Assert.True(AgreeMacProof.Verify(request, proof, key, certificate));
        Assert.True(AgreeMacProof.CertificateOf(proof)!.Names(certificate));
        Assert.False(DhMacProof.Verify(request, proof, ca, certificate));
        Assert.Null(DhMacProof.CertificateOf(proof));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Who_has_one_of_both_keys_verifies_dhMAC(string word)
    {
        using PrivateKey key = PossessionScene.Key(word), ca = PossessionScene.Another(word);
        Certificate certificate = PossessionScene.Certify(ca.PublicKey);
        (CertRequest request, PopoPrivKey proof) = PossessionScene.Wire(PossessionScene.Request(key.PublicKey), DhMacProof.Create(PossessionScene.Request(key.PublicKey), key, certificate));
        Assert.Equal(PopoPrivKeyKind.DhMac, proof.Kind);
        Assert.True(DhMacProof.Verify(request, proof, ca, certificate));
        Assert.True(DhMacProof.Verify(request, proof, key, certificate));
        Assert.True(DhMacProof.CertificateOf(proof)!.Names(certificate));
        Assert.False(DhMacProof.Verify(PossessionScene.Request(key.PublicKey, "CN=another"), proof, ca, certificate));
        Assert.False(AgreeMacProof.Verify(request, proof, ca, certificate, allowSha1: true));
        Assert.Null(AgreeMacProof.CertificateOf(proof));
    }

    [Fact]
    public void The_key_of_the_MAC_is_a_digest_of_both_names_around_the_secret()
    {
        using PrivateKey key = PossessionScene.Key("X25519"), ca = PossessionScene.Another("X25519");
        Certificate certificate = PossessionScene.Certify(ca.PublicKey);
        CertRequest request = PossessionScene.Request(key.PublicKey);
        DhSigStatic agree = DhSigStatic.Decode(AgreeMacProof.Create(request, key, certificate).AgreeMac!.Value);
        DhSigStatic dh = DhSigStatic.Decode(DhMacProof.Create(request, key, certificate).Bits!.Value);
        byte[] joined = [.. certificate.Subject.Encoded.ToArray(), .. ca.Agree(key.PublicKey), .. certificate.Issuer.Encoded.ToArray()];
        using SHA256 sha256 = SHA256.Create();
        using SHA1 sha1 = SHA1.Create();
        using var hmac256 = new HMACSHA256(sha256.ComputeHash(joined));
        using var hmac1 = new HMACSHA1(sha1.ComputeHash(joined));
        Assert.Equal(hmac256.ComputeHash(request.Encoded.ToArray()), agree.HashValue.ToArray());
        Assert.Equal(hmac1.ComputeHash(request.Encoded.ToArray()), dh.HashValue.ToArray());
    }

    [Theory]
    [InlineData("X25519", Oids.EcdhPopSha256)]
    [InlineData("ECDSA_P384", Oids.EcdhPopSha384)]
    [InlineData("ECDSA_P521", Oids.EcdhPopSha512)]
    [InlineData("X448", Oids.EcdhPopSha512)]
    [InlineData("DH", Oids.DhPopSha256)]
    public void The_digest_is_as_strong_as_the_key_and_the_name_says_curve_or_group(string word, string oid)
    {
        using PrivateKey key = PossessionScene.Key(word), ca = PossessionScene.Another(word);
        PkMacValue mac = AgreeMacProof.Create(PossessionScene.Request(key.PublicKey), key, PossessionScene.Certify(ca.PublicKey)).AgreeMac!;
        Assert.Equal(oid, mac.Algorithm.Oid);
        Assert.Null(mac.Algorithm.Parameters);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_was_changed_or_made_with_another_key_proves_nothing(string word)
    {
        using PrivateKey key = PossessionScene.Key(word), ca = PossessionScene.Another(word), third = word == "DH" ? PossessionScene.Key("DH", 0x1111111) : PossessionScene.Another(word);
        Certificate certificate = PossessionScene.Certify(ca.PublicKey);
        CertRequest request = PossessionScene.Request(key.PublicKey);
        PopoPrivKey proof = AgreeMacProof.Create(request, key, certificate);
        Assert.False(AgreeMacProof.Verify(PossessionScene.Request(key.PublicKey, "CN=another"), proof, ca, certificate));
        Assert.False(AgreeMacProof.Verify(PossessionScene.Request(key.PublicKey, certReqId: 1), proof, ca, certificate));
        Assert.False(AgreeMacProof.Verify(PossessionScene.Request(third.PublicKey), proof, ca, certificate));
        Assert.False(AgreeMacProof.Verify(PossessionScene.Request(key.PublicKey, subject: null), proof, ca, certificate));
        Assert.False(AgreeMacProof.Verify(PossessionScene.Request(null), proof, ca, certificate));
        Assert.False(AgreeMacProof.Verify(request, proof with { IsKeyAgreement = false }, ca, certificate));
        // for another certificate of the same key: issuer and serial number say which
        Assert.False(AgreeMacProof.Verify(request, proof, ca, PossessionScene.Certify(ca.PublicKey)));
        DhSigStatic value = DhSigStatic.Decode(proof.AgreeMac!.Value);
        Assert.False(AgreeMacProof.Verify(request, With(proof, value with { HashValue = PossessionScene.Flip(value.HashValue) }), ca, certificate));
        Assert.False(AgreeMacProof.Verify(request, With(proof, value with { HashValue = ReadOnlyMemory<byte>.Empty }), ca, certificate));
        Assert.True(AgreeMacProof.Verify(request, With(proof, value with { IssuerAndSerial = null }), ca, certificate));
        Expect.Error("CmpKey.Mismatch", () => AgreeMacProof.Verify(request, proof, third, certificate));
    }

    [Fact]
    public void A_request_without_subject_or_key_is_not_proven_so()
    {
        using PrivateKey key = PossessionScene.Key("X25519"), ca = PossessionScene.Another("X25519");
        Certificate certificate = PossessionScene.Certify(ca.PublicKey);
        foreach (CertRequest request in new[] { PossessionScene.Request(key.PublicKey, subject: null), PossessionScene.Request(null), PossessionScene.Request(ca.PublicKey) })
        {
            Assert.Equal(CmpErrorKind.Argument, Expect.Error("CmpPossession.Request", () => AgreeMacProof.Create(request, key, certificate)).Kind);
            Expect.Error("CmpPossession.Request", () => DhMacProof.Create(request, key, certificate));
        }
    }

    [Fact]
    public void A_certificate_that_is_not_for_agreeing_is_refused()
    {
        using PrivateKey key = PossessionScene.Key("X25519"), ca = PossessionScene.Another("X25519"), x448 = PossessionScene.Key("X448");
        CertRequest request = PossessionScene.Request(key.PublicKey);
        Expect.Error("CmpPossession.Certificate", () => AgreeMacProof.Create(request, key, PossessionScene.Certify(ca.PublicKey, KeyUsages.DigitalSignature)));
        Expect.Error("CmpKey.Agreement", () => AgreeMacProof.Create(request, key, PossessionScene.Certify(x448.PublicKey)));
Certificate unlimited = PossessionScene.Certify(ca.PublicKey, usage: null);
        Assert.True(AgreeMacProof.Verify(request, AgreeMacProof.Create(request, key, unlimited), ca, unlimited));
    }

    [Fact]
    public void An_empty_name_of_the_CA_gives_way_to_its_alternative_name()
    {
        using PrivateKey key = PossessionScene.Key("X25519"), ca = PossessionScene.Another("X25519");
        Extension alternative = CertificateExtensions.SubjectAltName([GeneralName.FromText(GeneralNameType.DnsName, "ca.example.com")], critical: true);
        Certificate Named(params Extension[] extensions) => Peer.Shared.Root.Certify(ca.PublicKey, string.Empty, new Shape { KeyUsage = KeyUsages.KeyAgreement, Extensions = extensions });
        Certificate certificate = Named(alternative);
        CertRequest request = PossessionScene.Request(key.PublicKey);
        PopoPrivKey proof = AgreeMacProof.Create(request, key, certificate);
        Assert.True(AgreeMacProof.Verify(request, proof, ca, certificate));
        byte[] joined = [.. alternative.Value.ToArray(), .. ca.Agree(key.PublicKey), .. certificate.Issuer.Encoded.ToArray()];
        using SHA256 sha256 = SHA256.Create();
        using var hmac = new HMACSHA256(sha256.ComputeHash(joined));
        Assert.Equal(hmac.ComputeHash(request.Encoded.ToArray()), DhSigStatic.Decode(proof.AgreeMac!.Value).HashValue.ToArray());
        Expect.Error("CmpPossession.Certificate", () => AgreeMacProof.Create(request, key, Named()));
    }

    public static TheoryData<string, string> SmallOrder => new()
    {
        { "X25519", "0000000000000000000000000000000000000000000000000000000000000000" },
        { "X25519", "E0EB7A7C3B41B8AE1656E3FAF19FC46ADA098DEB9C32B1FD866205165F49B800" },
        { "X448", "0100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" },
        { "DH", "020100" },
        { "DH", "020101" },
    };

    /// <summary>The secret would be one that everybody knows, and with it the MAC.</summary>
    [Theory]
    [MemberData(nameof(SmallOrder))]
    public void A_public_value_of_small_order_is_refused(string word, string value)
    {
        using PrivateKey key = PossessionScene.Key(word), ca = PossessionScene.Another(word);
        Certificate certificate = PossessionScene.Certify(ca.PublicKey);
        SubjectPublicKeyInfo small = key.PublicKey with { Key = Hex.Parse(value) };
        PopoPrivKey proof = AgreeMacProof.Create(PossessionScene.Request(key.PublicKey), key, certificate);
        Expect.Error("CmpProtection.PublicKey", () => AgreeMacProof.Verify(PossessionScene.Request(small), proof, ca, certificate));
        Expect.Error("CmpProtection.PublicKey", () => AgreeMacProof.Create(PossessionScene.Request(key.PublicKey), key, PossessionScene.Certify(small)));
    }

    [Fact]
    public void Rule68_SHA1_is_taken_only_where_it_is_allowed()
    {
        using PrivateKey key = PossessionScene.Key("DH"), ca = PossessionScene.Another("DH");
        Certificate certificate = PossessionScene.Certify(ca.PublicKey);
        CertRequest request = PossessionScene.Request(key.PublicKey);
        ReadOnlyMemory<byte> value = DhMacProof.Create(request, key, certificate).Bits!.Value;
        foreach (AlgorithmIdentifier algorithm in new[] { new AlgorithmIdentifier(Oids.DhPopSha1), AlgorithmIdentifier.WithNull(Oids.DhPopSha1) })
        {
            PopoPrivKey proof = PopoPrivKey.OfAgreeMac(new PkMacValue(algorithm, value));
            Expect.Error("CmpProtection.Algorithm", () => AgreeMacProof.Verify(request, proof, ca, certificate));
            Assert.True(AgreeMacProof.Verify(request, proof, ca, certificate, allowSha1: true));
        }
    }

    [Theory]
    [InlineData(Oids.HmacWithSha256)]
    [InlineData(Oids.DhPopSha256)] // of groups
    [InlineData("1.3.6.1.5.5.7.6.4")] // a signature, no MAC
    public void Another_algorithm_is_refused_by_name(string oid)
    {
        using PrivateKey key = PossessionScene.Key("X25519"), ca = PossessionScene.Another("X25519");
        Certificate certificate = PossessionScene.Certify(ca.PublicKey);
        CertRequest request = PossessionScene.Request(key.PublicKey);
        PkMacValue mac = AgreeMacProof.Create(request, key, certificate).AgreeMac!;
        CmpException e = Expect.Error("CmpProtection.Algorithm", () => AgreeMacProof.Verify(request, PopoPrivKey.OfAgreeMac(mac with { Algorithm = new AlgorithmIdentifier(oid) }), ca, certificate));
        Assert.Contains(Oids.NameOf(oid), e.Message, StringComparison.Ordinal);
        Expect.Error("CmpMessage.Malformed", () => AgreeMacProof.Verify(request, PopoPrivKey.OfAgreeMac(mac with { Value = mac.Value.Slice(1) }), ca, certificate));
    }

    private static PopoPrivKey With(PopoPrivKey proof, DhSigStatic value) => PopoPrivKey.OfAgreeMac(proof.AgreeMac! with { Value = value.Encoded });
}
