using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Xunit;

namespace Cmp.Tests.Messages.Crmf;

public class PkiArchiveOptionsTests
{
    [Fact]
    public void An_encrypted_key_has_an_explicit_tag_around_its_own()
    {
        Assert.Equal("A007" + "A0050201023100", Hex.Of(new PkiArchiveOptions(new EncryptedKey(Hex.Parse("30 05 02 01 02 31 00"))).Encoded.Span));
        var old = new PkiArchiveOptions(new EncryptedKey(Samples.EncryptedValue));
        Assert.Equal(0x30, DerNode.Parse(old.Encoded.ToArray()).Children!.Single().Tag);
        Assert.NotNull(PkiArchiveOptions.Decode(old.Encoded).EncryptedPrivKey!.EncryptedValue);
        PkiArchiveOptions read = Controls.ReadArchiveOptions(Controls.ArchiveOptions(new PkiArchiveOptions(new EncryptedKey(Samples.Enveloped))));
        Assert.Equal(Samples.Enveloped, read.EncryptedPrivKey!.EnvelopedData!.Value.ToArray());
        Assert.Null(read.KeyGenParameters);
        Assert.Null(read.ArchiveRemGenPrivKey);
    }

    [Fact]
    public void The_other_ways_have_implicit_tags()
    {
        var parameters = new PkiArchiveOptions(Samples.Octets(2));
        Assert.Equal("81020102", Hex.Of(parameters.Encoded.Span));
        Assert.Equal(Samples.Octets(2), PkiArchiveOptions.Decode(parameters.Encoded).KeyGenParameters!.Value.ToArray());
        Assert.Equal("8201FF", Hex.Of(new PkiArchiveOptions(true).Encoded.Span));
        Assert.True(PkiArchiveOptions.Decode(Hex.Parse("82 01 FF")).ArchiveRemGenPrivKey);
        Assert.False(PkiArchiveOptions.Decode(Hex.Parse("82 01 00")).ArchiveRemGenPrivKey);
        Assert.Null(PkiArchiveOptions.Decode(Hex.Parse("82 01 00")).EncryptedPrivKey);
    }

    [Theory]
    [InlineData("A0 00")]
    [InlineData("A0 04 05 00 05 00")]
    [InlineData("A1 03 04 01 01")]
    [InlineData("A2 03 01 01 FF")]
    [InlineData("83 00")]
    [InlineData("30 00")]
    public void Rule64_What_is_no_way_is_malformed(string octets) => Expect.Malformed(() => PkiArchiveOptions.Decode(Hex.Parse(octets)));
}
