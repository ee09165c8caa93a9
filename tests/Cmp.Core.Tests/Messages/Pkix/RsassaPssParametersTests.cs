using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Pkix;

public class RsassaPssParametersTests
{
    [Fact]
    public void Sha256_is_written_as_others_write_it()
    {
        // RFC 4055 6: rSASSA-PSS-SHA256-Params, with a salt of 32 octets
        const string Expected = "3034A00F300D06096086480165030402010500A11C301A06092A864886F70D010108300D06096086480165030402010500A203020120";
        Assert.Equal(Expected, Hex.Of(RsassaPssParameters.Create(Oids.Sha256, 32).Encoded.Span));
        RsassaPssParameters read = RsassaPssParameters.Decode(Hex.Parse(Expected));
        Assert.Equal(Oids.Sha256, read.HashAlgorithm.Oid);
        Assert.Equal(Oids.Sha256, read.MaskHashAlgorithm.Oid);
        Assert.Equal(32, read.SaltLength);
    }

    [Fact]
    public void Defaults_are_left_out()
    {
        Assert.Equal("3000", Hex.Of(RsassaPssParameters.Create(Oids.Sha1, 20).Encoded.Span));
        RsassaPssParameters read = RsassaPssParameters.Decode(Hex.Parse("30 00"));
        Assert.Equal(Oids.Sha1, read.HashAlgorithm.Oid);
        Assert.Equal(Oids.Sha1, read.MaskHashAlgorithm.Oid);
        Assert.Equal(20, read.SaltLength);
        Assert.Equal(20, RsassaPssParameters.Decode(Hex.Parse("30 05 A3 03 02 01 01")).SaltLength);
    }

    [Theory]
    [InlineData("30 05 A3 03 02 01 02")]
    [InlineData("30 05 A2 03 02 01 FF")]
    [InlineData("30 09 A1 07 30 05 06 03 2A 03 04")]
    [InlineData("30 05 A1 03 30 01 05")]
    [InlineData("05 00")]
    public void Rule64_What_is_none_is_malformed(string octets) => Expect.Malformed(() => RsassaPssParameters.Decode(Hex.Parse(octets)));
}
