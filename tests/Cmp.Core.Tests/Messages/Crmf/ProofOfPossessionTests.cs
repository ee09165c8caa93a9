using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Crmf;

public class ProofOfPossessionTests
{
    [Fact]
    public void Each_proof_has_the_tag_of_the_RFC()
    {
        // RFC 4211 4: signature is implicit, the POPOPrivKey of the other two is a CHOICE and so explicit
        Assert.Equal("8000", Hex.Of(new RaVerified().Encoded.Span));
        Assert.Equal("A203810100", Hex.Of(new PopoPrivKey(false, Hex.Parse("81 01 00")).Encoded.Span));
        Assert.Equal("A303810101", Hex.Of(new PopoPrivKey(true, Hex.Parse("81 01 01")).Encoded.Span));
        DerNode signature = DerNode.Parse(new PopoSigningKey(null, Samples.Sha256WithRsa, Samples.Octets(8)).Encoded.ToArray());
        Assert.Equal(0xA1, signature.Tag);
        Assert.Equal([0x30, 0x03], signature.Children!.Select(c => c.Tag));
        DerNode withInput = DerNode.Parse(new PopoSigningKey(Samples.InputWithSender, Samples.Sha256WithRsa, Samples.Octets(8)).Encoded.ToArray());
        Assert.Equal([0xA0, 0x30, 0x03], withInput.Children!.Select(c => c.Tag));
        Assert.Equal([0xA0, 0x30], withInput.Children![0].Children!.Select(c => c.Tag)); // sender explicit in [0], publicKey
        Assert.Equal(0xA4, withInput.Children![0].Children![0].Children!.Single().Tag);
    }

    [Fact]
    public void The_input_is_signed_as_a_sequence()
    {
        foreach (PopoSigningKeyInput input in new[] { Samples.InputWithSender, Samples.InputWithMac })
        {
            byte[] proof = new PopoSigningKey(input, Samples.Sha256WithRsa, Samples.Octets(8)).Encoded.ToArray();
            var read = Assert.IsType<PopoSigningKey>(Expect.Read(proof, ProofOfPossession.Read));
            Assert.Equal(0x30, read.PoposkInput!.Encoded.Span[0]);
            Assert.Equal(input.Encoded.ToArray(), read.PoposkInput.Encoded.ToArray());
            Assert.Equal(input.Sender is null, read.PoposkInput.Sender is null);
            Assert.Equal(input.PublicKeyMac is null, read.PoposkInput.PublicKeyMac is null);
            Assert.True(read.PoposkInput.PublicKey.IsSameAs(Samples.PublicKey));
            Assert.Equal(proof, Rebuilt.From(read)!.Encoded.ToArray());
        }
    }

    [Fact]
    public void The_mac_of_the_input_is_read()
    {
        var read = Expect.Read(Samples.InputWithMac.Encoded.ToArray(), PopoSigningKeyInput.Read);
        Assert.Equal(Samples.Octets(32), read.PublicKeyMac!.Value.ToArray());
        PbmParameter parameter = PbmParameter.Decode(read.PublicKeyMac.Algorithm.Parameters!.Value);
        Assert.Equal(10_000, parameter.IterationCount);
        Assert.Equal(Samples.Octets(16), parameter.Salt.ToArray());
        Assert.Equal(Oids.Sha256, parameter.Owf.Oid);
        Assert.Equal(Oids.HmacWithSha256, parameter.Mac.Oid);
    }

    [Theory]
    [InlineData("A0 00")]
    [InlineData("80 01 00")]
    [InlineData("81 00")]
    [InlineData("A1 00")]
    [InlineData("A2 00")]
    [InlineData("A2 06 81 01 00 81 01 00")]
    [InlineData("82 03 81 01 00")]
    [InlineData("A4 00")]
    [InlineData("30 00")]
    public void Rule64_What_is_none_is_malformed(string octets) => Expect.Malformed(() => Expect.Read(Hex.Parse(octets), ProofOfPossession.Read));

    [Fact]
    public void Algorithms_are_the_same_with_absent_and_NULL_parameters()
    {
        Assert.True(new AlgorithmIdentifier(Oids.Sha256).IsSameAs(AlgorithmIdentifier.WithNull(Oids.Sha256)));
        Assert.False(new AlgorithmIdentifier(Oids.Sha256).IsSameAs(AlgorithmIdentifier.WithNull(Oids.Sha384)));
        Assert.False(Samples.PublicKey.Algorithm.IsSameAs(new AlgorithmIdentifier(Oids.EcPublicKey)));
        Assert.True(Samples.PublicKey.Algorithm.IsSameAs(Samples.PublicKey.Algorithm with { }));
    }
}
