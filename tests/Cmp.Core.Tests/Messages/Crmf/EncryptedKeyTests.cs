using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Xunit;

namespace Cmp.Tests.Messages.Crmf;

public class EncryptedKeyTests
{
    [Fact]
    public void The_form_of_pvno_3_has_an_implicit_tag()
    {
        byte[] enveloped = Hex.Parse("30 05 02 01 02 31 00");
        var key = new EncryptedKey(enveloped);
        Assert.Equal("A0050201023100", Hex.Of(key.Encoded.Span));
        EncryptedKey read = EncryptedKey.Decode(key.Encoded);
        Assert.Equal(enveloped, read.EnvelopedData!.Value.ToArray());
        Assert.Null(read.EncryptedValue);
    }

    [Fact]
    public void The_older_form_has_implicit_tags_within()
    {
        var key = new EncryptedKey(Samples.EncryptedValue);
        DerNode tree = DerNode.Parse(key.Encoded.ToArray());
        Assert.Equal(0x30, tree.Tag);
        Assert.Equal([0xA0, 0xA1, 0x82, 0xA3, 0x84, 0x03], tree.Children!.Select(c => c.Tag));
        Assert.Equal(0x06, tree.Children![0].Children![0].Tag);
        EncryptedKey read = EncryptedKey.Decode(key.Encoded);
        Assert.Null(read.EnvelopedData);
        EncryptedValue value = read.EncryptedValue!;
        Assert.Equal(Oids.Sha256WithRsa, value.IntendedAlg!.Oid);
        Assert.Equal(Oids.HmacWithSha256, value.SymmAlg!.Oid);
        Assert.Equal(Samples.Octets(8), value.EncSymmKey!.Value.ToArray());
        Assert.Equal(Oids.Sha256WithRsa, value.KeyAlg!.Oid);
        Assert.Equal(Samples.Octets(3), value.ValueHint!.Value.ToArray());
        Assert.Equal(Samples.Octets(16), value.EncValue.ToArray());
        Assert.Equal(key.Encoded.ToArray(), (value with { }).Encoded.ToArray());
    }

    [Fact]
    public void The_least_of_the_older_form_is_the_value()
    {
        var value = new EncryptedValue(Samples.Octets(1));
        Assert.Equal("3004" + "03020001", Hex.Of(value.Encoded.Span));
        EncryptedValue read = EncryptedValue.Decode(value.Encoded);
        Assert.Null(read.IntendedAlg);
        Assert.Null(read.SymmAlg);
        Assert.Null(read.EncSymmKey);
        Assert.Null(read.KeyAlg);
        Assert.Null(read.ValueHint);
    }

    [Theory]
    [InlineData("80 00")]
    [InlineData("A1 00")]
    [InlineData("30 00")]
    [InlineData("04 00")]
    public void Rule64_What_is_neither_is_malformed(string octets) => Expect.Malformed(() => EncryptedKey.Decode(Hex.Parse(octets)));
}
