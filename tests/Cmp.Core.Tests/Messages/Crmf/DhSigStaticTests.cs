using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Xunit;

namespace Cmp.Tests.Messages.Crmf;

public class DhSigStaticTests
{
    [Fact]
    public void The_certificate_may_be_absent()
    {
        Assert.Equal("3004" + "04020102", Hex.Of(new DhSigStatic(null, Samples.Octets(2)).Encoded.Span));
        Assert.Null(DhSigStatic.Decode(Hex.Parse("30 04 04 02 01 02")).IssuerAndSerial);
        var read = DhSigStatic.Decode(new DhSigStatic(IssuerAndSerialNumber.Of(Samples.Certificate), Samples.Octets(2)).Encoded);
        Assert.True(read.IssuerAndSerial!.Names(Samples.Certificate));
        Assert.Equal(Samples.Octets(2), read.HashValue.ToArray());
    }

    [Theory]
    [InlineData("30 00")]
    [InlineData("04 02 01 02")]
    [InlineData("30 04 03 02 00 02")]
    [InlineData("30 06 04 02 01 02 05 00")]
    public void Rule64_Anything_else_is_malformed(string octets) => Expect.Malformed(() => DhSigStatic.Decode(Hex.Parse(octets)));
}
