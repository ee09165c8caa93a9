using System;
using System.Linq;
using System.Numerics;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Bodies;

/// <summary>popdecc and popdecr.</summary>
public class ChallengeBodiesTests
{
    [Fact]
    public void A_challenge_of_pvno_3_stands_in_an_explicit_tag()
    {
        DerNode tree = DerNode.Parse(Samples.Challenge.Encoded.ToArray());
        Assert.Equal([0x30, 0x04, 0x04, 0xA0], tree.Children!.Select(c => c.Tag));
        Assert.Equal(Samples.Enveloped, tree.Children![3].Children!.Single().Encode());
        Challenge read = Expect.Read(Samples.Challenge.Encoded.ToArray(), Challenge.Read);
        Assert.Equal(Oids.Sha256, read.Owf!.Oid);
        Assert.Equal(Samples.Octets(32), read.Witness.ToArray());
        Assert.True(read.Encrypted.IsEmpty);
        Assert.Equal(Samples.Enveloped, read.EncryptedRand!.Value.ToArray());
    }

    [Fact]
    public void A_challenge_before_pvno_3_is_two_strings_of_octets()
    {
        var challenge = new Challenge(null, Samples.Octets(1), Samples.Octets(2));
        Assert.Equal("3007" + "040101" + "04020102", Hex.Of(challenge.Encoded.Span));
        Challenge read = Expect.Read(challenge.Encoded.ToArray(), Challenge.Read);
        Assert.Null(read.Owf);
        Assert.Null(read.EncryptedRand);
        Assert.Equal(Samples.Octets(2), read.Encrypted.ToArray());
    }

    [Fact]
    public void What_a_challenge_hides_is_read()
    {
        var rand = new Rand(0x1234, GeneralName.FromName(Samples.CaName));
        Rand read = Rand.Decode(rand.Encoded);
        Assert.Equal(0x1234, read.Number);
        Assert.True(read.Sender.DirectoryName!.IsSameAs(Samples.CaName));
        Assert.Equal("02021234", Hex.Of(rand.Encoded.Span.Slice(2, 4)));
        Assert.DoesNotContain("4660", rand.ToString()); // a secret until it is sent back
    }

    [Fact]
    public void Numbers_come_back_in_their_order()
    {
        Assert.Equal("A609" + "3007" + "020107" + "02020080", Hex.Of(new PopoDecKeyRespContent([7, 128]).Encoded.Span));
        BigInteger large = BigInteger.Pow(2, 2047);
        var read = (PopoDecKeyRespContent)Expect.Read(new PopoDecKeyRespContent([large, -5, 0]).Encoded.ToArray(), PkiBody.Read);
        Assert.Equal([large, -5, 0], read.Numbers);
    }

    [Fact]
    public void Rule64_A_number_that_no_key_could_hide_is_malformed()
    {
        BigInteger huge = BigInteger.Pow(2, 8 * 512);
        Expect.Malformed(() => Rand.Decode(new Rand(huge, GeneralName.NullDn).Encoded));
        byte[] body = new PopoDecKeyRespContent([huge]).Encoded.ToArray();
        Expect.Malformed(() => Expect.Read(body, PkiBody.Read));
    }
}
