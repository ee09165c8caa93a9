using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Pkix;

public class RsaesOaepParamsTests
{
    [Fact]
    public void Defaults_are_absent()
    {
        Assert.Equal("3000", Hex.Of(RsaesOaepParams.Create(Oids.Sha1).Encoded.Span));
        var read = RsaesOaepParams.Decode(Hex.Parse("30 00"));
        Assert.Equal((Oids.Sha1, Oids.Sha1, 0), (read.HashAlgorithm.Oid, read.MaskHashAlgorithm.Oid, read.Label.Length));
    }

    [Fact]
    public void Tags_are_explicit()
    {
        const string Sha256 = "300D06096086480165030402010500";
        Assert.Equal("302F" + "A00F" + Sha256 + "A11C" + "301A" + "06092A864886F70D010108" + Sha256, Hex.Of(RsaesOaepParams.Create(Oids.Sha256).Encoded.Span));
        var labelled = RsaesOaepParams.Create(Oids.Sha512) with { Label = Samples.Octets(3) };
        var read = RsaesOaepParams.Decode(labelled.Encoded);
        Assert.Equal((Oids.Sha512, Oids.Sha512), (read.HashAlgorithm.Oid, read.MaskHashAlgorithm.Oid));
        Assert.Equal(Samples.Octets(3), read.Label.ToArray());
    }

    [Theory]
    [InlineData("04 00")]
    [InlineData("30 02 05 00")]
    [InlineData("30 0D A1 0B 30 09 06 05 2B 0E 03 02 1A 05 00")] // a mask generation that is SHA-1
    [InlineData("30 0F A2 0D 30 0B 06 09 2A 86 48 86 F7 0D 01 01 09")] // pSpecified without the label
    public void Rule64_Anything_else_is_malformed(string octets) => Expect.Malformed(() => RsaesOaepParams.Decode(Hex.Parse(octets)));
}
