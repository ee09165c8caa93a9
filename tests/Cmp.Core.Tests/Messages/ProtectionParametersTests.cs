using System;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages;

/// <summary>The parameters of PBMAC1, DHBasedMac and KemBasedMac have the octets of their RFCs.</summary>
public class ProtectionParametersTests
{
    private static readonly AlgorithmIdentifier Sha256 = AlgorithmIdentifier.WithNull(Oids.Sha256);
    private static readonly AlgorithmIdentifier Hmac = AlgorithmIdentifier.WithNull(Oids.HmacWithSha256);
    private static readonly AlgorithmIdentifier Kdf = new(Oids.HkdfWithSha256);

    [Fact]
    public void The_context_of_KemBasedMac_has_the_octets_of_the_RFC()
    {
        var info = new KemOtherInfo(Samples.Octets(2), Samples.Octets(1, 9));
        Assert.Equal("3014" + "30090C07434D502D4B454D" + "04020102" + "A003040109", Hex.Of(info.Encoded.Span));
        KemOtherInfo read = Expect.Read(info.Encoded.ToArray(), KemOtherInfo.Read);
        Assert.Equal(Samples.Octets(2), read.TransactionId.ToArray());
        Assert.Equal(new byte[] { 9 }, read.KemContext!.Value.ToArray());
        Assert.Equal("300F" + "30090C07434D502D4B454D" + "04020102", Hex.Of((read with { KemContext = null }).Encoded.Span));
    }

    [Theory]
    [InlineData("30 0F 30 09 0C 07 43 4D 50 2D 4B 45 4E 04 02 01 02")] // CMP-KEN
    [InlineData("30 06 30 00 04 02 01 02")]
    public void A_context_that_says_something_else_is_refused(string octets) =>
        Expect.Malformed(() => Expect.Read(Hex.Parse(octets), KemOtherInfo.Read));

    [Fact]
    public void KemBasedMac_has_the_tags_of_the_RFC()
    {
        var parameter = new KemBMParameter(Kdf, Samples.Octets(2), 32, Hmac);
        DerNode tree = DerNode.Parse(parameter.Encoded.ToArray());
        Assert.Equal([0x30, 0xA0, 0x02, 0x30], tree.Children!.Select(c => c.Tag));
        Assert.Equal(0x04, tree.Children![1].Children!.Single().Tag);
        KemBMParameter read = KemBMParameter.Decode(parameter.Encoded);
        Assert.Equal(32, read.Len);
        Assert.Equal(Samples.Octets(2), read.KemContext!.Value.ToArray());
        Assert.Equal(Oids.HkdfWithSha256, read.Kdf.Oid);
        Assert.Equal(Oids.HmacWithSha256, read.Mac.Oid);
        Assert.Equal([0x30, 0x02, 0x30], DerNode.Parse((read with { KemContext = null }).Encoded.ToArray()).Children!.Select(c => c.Tag));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_key_of_no_octets_is_refused(int length)
    {
        Expect.Malformed(() => KemBMParameter.Decode(new KemBMParameter(Kdf, null, length, Hmac).Encoded));
        Expect.Malformed(() => Pbkdf2Params.Decode(new Pbkdf2Params(Samples.Octets(8), 1000, length, Hmac).Encoded));
    }

    [Fact]
    public void DHBasedMac_has_two_algorithms()
    {
        DhbmParameter read = DhbmParameter.Decode(new DhbmParameter(Sha256, Hmac).Encoded);
        Assert.Equal((Oids.Sha256, Oids.HmacWithSha256), (read.Owf.Oid, read.Mac.Oid));
        Assert.Equal([.. new byte[] { 0x30, (byte)(Sha256.Encoded.Length + Hmac.Encoded.Length) }, .. Sha256.Encoded.ToArray(), .. Hmac.Encoded.ToArray()], read.Encoded.ToArray());
    }

    [Fact]
    public void PBMAC1_names_its_derivation()
    {
        var derivation = new Pbkdf2Params(Samples.Octets(16), 262_144, 64, AlgorithmIdentifier.WithNull(Oids.HmacWithSha512));
        Pbmac1Params read = Pbmac1Params.Decode(Pbmac1Params.Create(derivation, Hmac).Encoded);
        Pbkdf2Params inner = read.ReadPbkdf2()!;
        Assert.Equal(Oids.Pbkdf2, read.KeyDerivationFunc.Oid);
        Assert.Equal(Oids.HmacWithSha256, read.MessageAuthScheme.Oid);
        Assert.Equal(262_144, inner.IterationCount);
        Assert.Equal(64, inner.KeyLength);
        Assert.Equal(Oids.HmacWithSha512, inner.Prf.Oid);
        Assert.Equal(Samples.Octets(16), inner.Salt.ToArray());
        Assert.Null((read with { KeyDerivationFunc = Kdf }).ReadPbkdf2());
    }

    [Fact]
    public void PBKDF2_has_a_default_that_is_not_written()
    {
        var parameters = new Pbkdf2Params(Samples.Octets(1), 2048, null, AlgorithmIdentifier.WithNull(Oids.HmacWithSha1));
        Assert.Equal("3007" + "040101" + "02020800", Hex.Of(parameters.Encoded.Span));
        Assert.Equal(Oids.HmacWithSha1, Pbkdf2Params.Decode(parameters.Encoded).Prf.Oid);
        Assert.Null(Pbkdf2Params.Decode(parameters.Encoded).KeyLength);
    }

    [Fact]
    public void A_salt_from_elsewhere_is_refused()
    {
        DerNode tree = DerNode.Parse(new Pbkdf2Params(Samples.Octets(1), 2048, null, Hmac).Encoded.ToArray());
        tree.Children![0] = DerNode.Parse(Sha256.Encoded.ToArray());
        Expect.Malformed(() => Pbkdf2Params.Decode(tree.Encode()));
    }
}
