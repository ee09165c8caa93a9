using System;
using System.IO;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Cryptography;

/// <summary>Keys, signatures and certificates that the RFCs print: RFC 8032 7, RFC 8410 10, RFC 9881 C and RFC 9909 C. The longer ones stand in the folder Rfc.</summary>
public class RfcExamplesTests
{
    // RFC 8032 7.1 (TEST 1 to 3) and 7.4 (blank, 1 octet)
    [Theory]
    [InlineData(Oids.Ed25519, "9D61B19DEFFD5A60BA844AF492EC2CC44449C5697B326919703BAC031CAE7F60", "D75A980182B10AB7D54BFED3C964073A0EE172F3DAA62325AF021A68F707511A", "",
        "E5564300C360AC729086E2CC806E828A84877F1EB8E5D974D873E065224901555FB8821590A33BACC61E39701CF9B46BD25BF5F0595BBE24655141438E7A100B")]
    [InlineData(Oids.Ed25519, "4CCD089B28FF96DA9DB6C346EC114E0F5B8A319F35ABA624DA8CF6ED4FB8A6FB", "3D4017C3E843895A92B70AA74D1B7EBC9C982CCF2EC4968CC0CD55F12AF4660C", "72",
        "92A009A9F0D4CAB8720E820B5F642540A2B27B5416503F8FB3762223EBDB69DA085AC1E43E15996E458F3613D0F11D8C387B2EAEB4302AEEB00D291612BB0C00")]
    [InlineData(Oids.Ed25519, "C5AA8DF43F9F837BEDB7442F31DCB7B166D38535076F094B85CE3A2E0B4458F7", "FC51CD8E6218A1A38DA47ED00230F0580816ED13BA3303AC5DEB911548908025", "AF82",
        "6291D657DEEC24024827E69C3ABE01A30CE548A284743A445E3680D7DB5AC3AC18FF9B538D16F290AE67F760984DC6594A7C15E9716ED28DC027BECEEA1EC40A")]
    [InlineData(Oids.Ed448, "6C82A562CB808D10D632BE89C8513EBF6C929F34DDFA8C9F63C9960EF6E348A3528C8A3FCC2F044E39A3FC5B94492F8F032E7549A20098F95B",
        "5FD7449B59B461FD2CE787EC616AD46A1DA1342485A70E1F8A0EA75D80E96778EDF124769B46C7061BD6783DF1E50F6CD1FA1ABEAFE8256180", "",
        "533A37F6BBE457251F023C0D88F976AE2DFB504A843E34D2074FD823D41A591F2B233F034F628281F2FD7A22DDD47D7828C59BD0A21BFD3980FF0D2028D4B18A9DF63E006C5D1C2D345B925D8DC00B4104852DB99AC5C7CDDA8530A113A0F4DBB61149F05A7363268C71D95808FF2E652600")]
    [InlineData(Oids.Ed448, "C4EAB05D357007C632F3DBB48489924D552B08FE0C353A0D4A1F00ACDA2C463AFBEA67C5E8D2877C5E3BC397A659949EF8021E954E0A12274E",
        "43BA28F430CDFF456AE531545F7ECD0AC834A55D9358C0372BFA0C6C6798C0866AEA01EB00742802B8438EA4CB82169C235160627B4C3A9480", "03",
        "26B8F91727BD62897AF15E41EB43C377EFB9C610D48F2335CB0BD0087810F4352541B143C4B981B7E18F62DE8CCDF633FC1BF037AB7CD779805E0DBCC0AAE1CBCEE1AFB2E027DF36BC04DCECBF154336C19F0AF7E0A6472905E799F1953D2A0FF3348AB21AA4ADAFD1D234441CF807C03A00")]
    public void EdDSA_signs_as_RFC_8032_says(string oid, string secret, string publicKey, string data, string signature)
    {
        using PrivateKey key = PrivateKey.FromPkcs8(new PrivateOctets(null, Hex.Parse(secret)).WritePkcs8(ParameterSet.Find(oid)!));
        Assert.Equal(publicKey, Hex.Of(key.PublicKey.Key.Span));
        var algorithm = new AlgorithmIdentifier(oid);
        Assert.Equal(signature, Hex.Of(key.Sign(Hex.Parse(data), algorithm)));
        Assert.True(SignatureAlgorithms.Verify(algorithm, key.PublicKey, Hex.Parse(data), Hex.Parse(signature)));
    }

    /// <summary>RFC 8410 10.1 and 10.3: a public key, and its private key in version 1, and in version 2 with an attribute and the public key.</summary>
    [Fact]
    public void The_keys_of_RFC_8410_are_read_and_written()
    {
        byte[] version1 = Convert.FromBase64String("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC");
        byte[] version2 = Convert.FromBase64String("MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhCoB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=");
        byte[] publicKey = Convert.FromBase64String("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=");
        foreach (byte[] pkcs8 in new[] { version1, version2 })
        {
            using PrivateKey key = PrivateKey.FromPkcs8(pkcs8);
            Assert.Equal(Hex.Of(publicKey), Hex.Of(key.PublicKey.Encoded.Span));
            Assert.Equal(version1, key.ExportPkcs8());
        }
        version2[version2.Length - 1] ^= 1;
        Expect.Error("CmpKey.Malformed", () => PrivateKey.FromPkcs8(version2));
    }

    /// <summary>RFC 9881 C.1: all are of the seed 00 to 1F. What is expected of a whole file is its SHA-256.</summary>
    [Theory]
    [InlineData("44", "C823CB6A31172DAA8AF670A22C0F049AF972BF1CB39A4A95971AA8C0C659DFF4", "E355E29F28E537FCF3AFF28354016415146D7F801A57136C241BB6E9ADDFAA30", "35CB529103B3A9ED502FECB438A671FF11BB05FB4AFA99301D06240883A74106")]
    [InlineData("65", "AF965903772933B6ACC59764F335FCAD9B5C61CDAB2B368EABF224E7C29E31AC", "5259463F8EC68E21B8C179A7E49DBA184FD24280080BD5BB78AF94D7A2A0AC81", "FAE10810E47ED4B41851065B40BB60547E816EBF31B0738B4ED4AF57337706EC")]
    [InlineData("87", "72CC4260A8D3D7622801EA98636123866D00E236D5F77221039C862325E02754", "C71913419EA426E99DA06330E3B06B2AB47448F1AFF520479358E3CB71F5C1D6", "8E2E40F141D1D6788D074DE4124A744EE3106697AE6C01FACCF855510079ECB3")]
    public void The_keys_of_RFC_9881_come_of_their_seed_and_verify_their_certificate(string name, string seedOnly, string both, string expandedOnly)
    {
        ParameterSet set = ParameterSet.All.Single(set => set.Name == "ML-DSA-" + name);
        byte[] pkcs8 = new PrivateOctets([.. Enumerable.Range(0, 32).Select(i => (byte)i)], null).WritePkcs8(set);
        Assert.Equal(seedOnly, Sha256(pkcs8));
        using PrivateKey key = PrivateKey.FromPkcs8(pkcs8);
        byte[] exported = key.ExportPkcs8();
        Assert.Equal(both, Sha256(exported));
        byte[] expanded = new PrivateOctets(null, Pkcs8.Read(exported, (_, inner) => PrivateOctets.Read(set, inner)).Key).WritePkcs8(set);
        Assert.Equal(expandedOnly, Sha256(expanded));
        using PrivateKey withoutSeed = PrivateKey.FromPkcs8(expanded);
        Certificate certificate = Certificate.Decode(Read($"rfc9881-ml-dsa-{name}.pem"));
        key.EnsureFits(certificate.PublicKey);
        withoutSeed.EnsureFits(certificate.PublicKey);
        AssertSelfSigned(certificate);
    }

    /// <summary>RFC 9881 C.4: a seed that is another key's, and a tr that is not the public key's.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_bad_keys_of_RFC_9881_are_refused(int number) =>
        Expect.Error("CmpKey.Malformed", () => PrivateKey.FromPkcs8(Read($"rfc9881-bad-{number}.pem")));

    /// <summary>The third example has a t0 that is not quite that of s1 and s2. No signature shows it, so the probe of rule 19 is the judge: the key signs well.</summary>
    [Fact]
    public void A_key_of_RFC_9881_that_is_bad_in_theory_signs_well()
    {
        using PrivateKey key = PrivateKey.FromPkcs8(Read("rfc9881-bad-3.pem"));
        key.EnsureFits(Certificate.Decode(Read("rfc9881-ml-dsa-44.pem")).PublicKey);
    }

    [Fact]
    public void The_key_of_RFC_9909_verifies_its_certificate()
    {
        byte[] pkcs8 = Convert.FromBase64String("MFICAQAwCwYJYIZIAWUDBAMUBECiJjvKRYYINlIxYASVI9YhZ3+tkNUetgZ6Mn4NHmSlASuBCex3fKpOHwJMz8+Ul9mRgFCSgPQlavKwevgCibSU");
        using PrivateKey key = PrivateKey.FromPkcs8(pkcs8);
        Assert.Equal("SLH-DSA-SHA2-128s", key.Algorithm.Name);
        Assert.Equal(pkcs8, key.ExportPkcs8());
        Certificate certificate = Certificate.Decode(Read("rfc9909-slh-dsa-sha2-128s.pem"));
        AssertSelfSigned(certificate);
        key.EnsureFits(certificate.PublicKey);
    }

    private static void AssertSelfSigned(Certificate certificate)
    {
        byte[] signature = certificate.Signature.ToArray();
        Assert.True(SignatureAlgorithms.Verify(certificate.SignatureAlgorithm, certificate.PublicKey, certificate.TbsCertificate, signature));
        signature[signature.Length / 2] ^= 1;
        Assert.False(SignatureAlgorithms.Verify(certificate.SignatureAlgorithm, certificate.PublicKey, certificate.TbsCertificate, signature));
    }

    private static string Sha256(byte[] octets) => Hex.Of(Digests.Compute(Oids.Sha256, octets));

    private static byte[] Read(string name) =>
        Pem.Read(File.ReadAllBytes(Path.Combine(Repository.Root, "tests", "Cmp.Core.Tests", "Cryptography", "Rfc", name))).Single().Octets;
}
