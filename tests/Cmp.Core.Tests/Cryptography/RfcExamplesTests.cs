using System;
using System.IO;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Cryptography;

/// <summary>Keys, signatures and certificates that the RFCs print, RFC 8032 7, RFC 8410 10, RFC 9881 C and RFC 9909 C, and keys of NIST. The longer ones stand in the folder Rfc.</summary>
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

    /// <summary>Private keys of NIST's ACVP (SLH-DSA keyGen of FIPS 205, the first of each set): a signature verifies only under the root that is that of the seed.</summary>
    [Theory]
    [InlineData("SHA2-128s", "AC379F047FAAB2004F3AE32350AC9A3D829FFF0AA59E956A87F3971C4D58E7100566D240CC519834322EAFBCC73C79F5A4B84F02E8BF0CBD54017B2D3C494B57")]
    [InlineData("SHA2-128f", "AED6F6F5C5408BBFFA1136BC9049A7014D4CE0711E176A0C8A023508A692C20774D98D5000AF53B98F36389A1292BED3F4A650C56C426FCFDB88E3355459440C")]
    [InlineData("SHA2-192s", "3BFAED208B7DC795BF3647F86E4B48BF9ADB8D6784C50155A20311739497C3FCB860EE47E09EDE036F7AE8A939155BC0A67856A81A6ADBCED7F1A2780CC48A06681BA5E8C7938506BD031BC8124F95F0BAE2BECB2A3FBBAEC453C04A6E918FFB")]
    [InlineData("SHA2-192f", "45D7131C727DF1CC51DB85B44E37868215DF8AEC5D1B552F92BC5FC8A2969FE0A522492082E994DE1DDC90FA984F847B8330589C20701AA9F11B473B67E1D67E1C6A2EB6C86265ED13A3EA895C4EEEADDE8A796BBA5233F0D86EE5CBF2A6F99C")]
    [InlineData("SHA2-256s", "2FBEAB9A6A80FD817E7EFCDF834EFBD4F0A36195D7598408A6A151E93DE6A5575D0B37D1ECBC68265B0AFEECBBA783DD27EAFDBDF3143E4AF3E5057FD5C2DADA1322F94917AE67D0DB420203178D591283C08BE8A1385A16CE70CD9FBAFD2AC640041EAB68A4A653F89CAB7585F6B410603326DBBAAF733E7E72CB6097A4A452")]
    [InlineData("SHA2-256f", "B8ABC485122BE003CF36D677BEE7F47EA1017C39D96D0C56A87A7ADAD24F731A9222684FFACF803D44CB98222C44B3C519698B798D8F7A759FE2FA6EF173CF640D50E82BEDB42E03CC967E7FD24C12777855A946FD49471184330F096A75B5617FB65FBD08D05F24F20CB3875E28FAC4A52A2513C7EF447B8E9328632A684CF7")]
    [InlineData("SHAKE-128s", "2A2CCF3CD8F9F86E131BE654CFF6C0B4FDFCEB1AA2F0BA2C3C1388194F6116C7890CC7F4A46FE6C34D3F26A62FF962E1E8C88D2BDCBA6F66E50403E77FA92EFE")]
    [InlineData("SHAKE-128f", "CD4A308C03D970508572C0815D7488B7F3FD6D2DCC7E5120FA544846AEDDED81BC435C3E66E4C2E4FBC09779DA5F74D44EA0E0DF05C2457BCC81F59928433390")]
    [InlineData("SHAKE-192s", "915173EE0D17F30877E1D463E3DEC914E71F436867AD7615ED782E7033C4963A7FF0B67181DE0F0EA7EFABB326D40A86520660F654D537DA6934F96E5EE01B24A2F36102F68DCD10AA206FC79803E63850DA5E86969569FC8FB021B6C40616E2")]
    [InlineData("SHAKE-192f", "855000FDFFFBA76962809C69432452F3DC79428F662C59B143B1FC381C300B5ECEC7571B5DE2FCA16737E4C14911F683124623BA6CA1BC1B0E1A303099E2A608B0AC41715BC788A19873C783378F935794ABC0313243EFC3F4A10A619CB1B1FE")]
    [InlineData("SHAKE-256s", "7D88445A7B0022F12E9E2D74755431505FF6DB1C38A8CE44864D34CFF1A12CE0FF2CD133AD00728EB29DD0CE881C41C640F2E28861555B59D4E0BAA0447BB54287A133B92EB6C81771AE002819B4C0300FA63CD7181C805096BFB16067F52A45CC785237C24D9235B6BC3194B79E5A9F953388EA745D7CFB87826A94E5B271D5")]
    [InlineData("SHAKE-256f", "3DE4B54A5F5FB98D6638FB3D8899355CC3582E8A397D0990CAD032D78EE9E199DA7F71D21D0182A99DE34E2796FE5DDE046D9C9E961DCE24C2562728BE7D9632B3EF3825A515E0B2E4164DB7EC805B4CF1C7A2DE6E63D7DF359B99B1F3063F25AEC38FF53C46AAD930166957CA0DB5C5466D0CBE9A11970987A230EBBB5450A4")]
    public void The_keys_of_NIST_sign_under_their_roots(string name, string octets)
    {
        ParameterSet set = ParameterSet.All.Single(set => set.Name == "SLH-DSA-" + name);
        byte[] privateKey = Hex.Parse(octets);
        using PrivateKey key = PrivateKey.FromPkcs8(Pkcs8.Write(set.Identifier, privateKey));
        Assert.Equal(Hex.Of(privateKey.AsSpan(set.PrivateBytes - set.PublicBytes)), Hex.Of(key.PublicKey.Key.Span));
        byte[] signature = key.Sign(privateKey, set.Identifier);
        Assert.True(SignatureAlgorithms.Verify(set.Identifier, key.PublicKey, privateKey, signature));

        // the same signature under the root of another key
        byte[] another = key.PublicKey.Key.ToArray();
        another[another.Length - 1] ^= 1;
        Assert.False(SignatureAlgorithms.Verify(set.Identifier, set.Write(another), privateKey, signature));
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
