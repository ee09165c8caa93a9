using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Xunit;

namespace Cmp.Tests.Messages.Crmf;

/// <summary>The five ways of POPOPrivKey: their tags are implicit, that around the CHOICE is explicit.</summary>
public class PopoPrivKeyTests
{
    [Theory]
    [InlineData(false, SubsequentMessage.EncrCert, "A203810100")]
    [InlineData(false, SubsequentMessage.ChallengeResp, "A203810101")]
    [InlineData(true, SubsequentMessage.ChallengeResp, "A303810101")]
    public void The_proof_may_follow(bool isKeyAgreement, SubsequentMessage how, string octets)
    {
        var proof = PopoPrivKey.Later(isKeyAgreement, how);
        Assert.Equal(octets, Hex.Of(proof.Encoded.Span));
        PopoPrivKey read = Read(proof);
        Assert.Equal(PopoPrivKeyKind.SubsequentMessage, read.Kind);
        Assert.Equal(how, read.Subsequent);
        Assert.Equal(isKeyAgreement, read.IsKeyAgreement);
        Assert.Null(read.AgreeMac);
        Assert.Null(read.EnvelopedData);
        Assert.Null(read.Bits);
    }

    [Fact]
    public void It_may_be_a_mac()
    {
        PkMacValue mac = Samples.InputWithMac.PublicKeyMac!;
        PopoPrivKey read = Read(PopoPrivKey.OfAgreeMac(mac));
        Assert.True(read.IsKeyAgreement);
        Assert.Equal(PopoPrivKeyKind.AgreeMac, read.Kind);
        Assert.Equal(0xA3, read.Choice.Span[0]);
        Assert.Equal(mac.Encoded.ToArray(), read.AgreeMac!.Encoded.ToArray());
        Assert.Null(read.Subsequent);
    }

    [Fact]
    public void It_may_be_the_key_itself()
    {
        byte[] enveloped = Hex.Parse("30 05 02 01 02 31 00");
        PopoPrivKey read = Read(PopoPrivKey.OfEnvelopedData(false, enveloped));
        Assert.Equal("A207" + "A4050201023100", Hex.Of(read.Encoded.Span));
        Assert.Equal(PopoPrivKeyKind.EncryptedKey, read.Kind);
        Assert.Equal(enveloped, read.EnvelopedData!.Value.ToArray());
        PopoPrivKey older = Read(PopoPrivKey.OfEncryptedValue(false, Samples.EncryptedValue));
        Assert.Equal(PopoPrivKeyKind.ThisMessage, older.Kind);
        Assert.Equal(0x80, older.Choice.Span[0]);
        Assert.Equal(Samples.EncryptedValue.Encoded.ToArray(), EncryptedValue.Decode(older.Bits!.Value).Encoded.ToArray());
    }

    [Fact]
    public void The_mac_of_old_is_read()
    {
        var read = Assert.IsType<PopoPrivKey>(Expect.Read(Hex.Parse("A3 05 82 03 00 01 02"), ProofOfPossession.Read));
        Assert.Equal(PopoPrivKeyKind.DhMac, read.Kind);
        Assert.Equal(Samples.Octets(2), read.Bits!.Value.ToArray());
    }

    [Theory]
    [InlineData("A2 02 85 00")] // no such way
    [InlineData("A2 02 30 00")]
    [InlineData("A2 02 81 00")] // an INTEGER of no octets
    [InlineData("A2 02 80 00")] // a BIT STRING of no octets
    [InlineData("A2 02 A0 00")]
    [InlineData("A3 02 83 00")]
    [InlineData("A3 02 A3 00")]
    [InlineData("A2 02 84 00")]
    public void Rule64_What_is_no_way_is_malformed(string octets) => Expect.Malformed(() => Expect.Read(Hex.Parse(octets), ProofOfPossession.Read));

    private static PopoPrivKey Read(PopoPrivKey proof) => Assert.IsType<PopoPrivKey>(Expect.Read(proof.Encoded.ToArray(), ProofOfPossession.Read));
}
