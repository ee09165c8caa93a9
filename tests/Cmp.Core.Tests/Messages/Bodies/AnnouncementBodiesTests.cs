using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Bodies;

/// <summary>ckuann, cann, crlann; and krp.</summary>
public class AnnouncementBodiesTests
{
    private static readonly Certificate One = Numbered(1), Two = Numbered(2), Three = Numbered(3);

    [Fact]
    public void A_new_root_key_before_pvno_3_has_all_three_certificates()
    {
        var body = new CaKeyUpdContent(new CaKeyUpdAnnContent(OldWithNew: One, NewWithOld: Two, NewWithNew: Three));
        DerNode content = DerNode.Parse(body.Encoded.ToArray()).Children!.Single();
        Assert.Equal(0x30, content.Tag);
        Assert.Equal([One, Two, Three], content.Children!.Select(c => Certificate.Decode(c.Encode())), (a, b) => a.IsSameAs(b));
        var read = (CaKeyUpdContent)Expect.Read(body.Encoded.ToArray(), PkiBody.Read);
        Assert.Null(read.V3);
        Assert.True(read.OldWithNew!.IsSameAs(One));
        Assert.True(read.NewWithOld!.IsSameAs(Two));
        Assert.True(read.NewWithNew.IsSameAs(Three));
        Assert.False(read.NeedsPvno3);
    }

    [Fact]
    public void A_new_root_key_of_pvno_3_stands_in_an_explicit_tag()
    {
        var body = new CaKeyUpdContent(new RootCaKeyUpdateContent(NewWithNew: Three, NewWithOld: Two, OldWithNew: One));
        DerNode outer = DerNode.Parse(body.Encoded.ToArray()).Children!.Single();
        Assert.Equal(0xA0, outer.Tag);
        DerNode content = outer.Children!.Single();
        Assert.Equal([0x30, 0xA0, 0xA1], content.Children!.Select(c => c.Tag));
        var read = (CaKeyUpdContent)Expect.Read(body.Encoded.ToArray(), PkiBody.Read);
        Assert.Null(read.V2);
        Assert.True(read.OldWithNew!.IsSameAs(One));
        Assert.True(read.NewWithOld!.IsSameAs(Two));
        Assert.True(read.NewWithNew.IsSameAs(Three));
        Assert.True(read.NeedsPvno3);
        var least = (CaKeyUpdContent)Expect.Read(new CaKeyUpdContent(new RootCaKeyUpdateContent(Three)).Encoded.ToArray(), PkiBody.Read);
        Assert.Null(least.OldWithNew);
        Assert.Null(least.NewWithOld);
        Assert.True(least.NewWithNew.IsSameAs(Three));
    }

    [Fact]
    public void A_certificate_is_announced_bare()
    {
        DerNode body = DerNode.Parse(new CertAnnContent(One).Encoded.ToArray());
        Assert.Equal(One.Encoded.ToArray(), body.Children!.Single().Encode());
        Assert.True(((CertAnnContent)Expect.Read(body.Encode(), PkiBody.Read)).Certificate.IsSameAs(One));
    }

    [Fact]
    public void CRLs_are_announced_in_a_list()
    {
        var read = (CrlAnnContent)Expect.Read(new CrlAnnContent([Samples.Crl, Samples.Crl]).Encoded.ToArray(), PkiBody.Read);
        Assert.Equal(2, read.Crls.Count);
        Assert.All(read.Crls, crl => Assert.Equal(Samples.Crl.Encoded.ToArray(), crl.Encoded.ToArray()));
        Assert.Equal("B2023000", Hex.Of(new CrlAnnContent([]).Encoded.Span));
    }

    [Fact]
    public void Recovered_keys_have_the_tags_of_the_RFC()
    {
        var krp = new KeyRecRepContent(new PkiStatusInfo(PkiStatus.Accepted)) { NewSigCert = One, CaCerts = [Two, Three], KeyPairHist = [Samples.KeyPair] };
        DerNode content = DerNode.Parse(krp.Encoded.ToArray()).Children!.Single();
        Assert.Equal([0x30, 0xA0, 0xA1, 0xA2], content.Children!.Select(c => c.Tag));
        Assert.Equal([0x30, 0x30, 0x30], content.Children!.Skip(1).Select(c => c.Children!.Single().Tag));
        var read = (KeyRecRepContent)Expect.Read(krp.Encoded.ToArray(), PkiBody.Read);
        Assert.True(read.NewSigCert!.IsSameAs(One));
        Assert.True(read.CaCerts[1].IsSameAs(Three));
        Assert.True(Assert.Single(read.KeyPairHist).Certificate!.IsSameAs(Samples.Certificate));
        Assert.Equal("AA07" + "3005" + "3003020102", Hex.Of(new KeyRecRepContent(new PkiStatusInfo(PkiStatus.Rejection)).Encoded.Span));
    }

    private static Certificate Numbered(byte number)
    {
        DerNode tree = DerNode.Parse(Samples.Certificate.Encoded.ToArray());
        tree.Children![0].Children![1] = DerNode.Primitive(2, number);
        return Certificate.Decode(tree.Encode());
    }
}
