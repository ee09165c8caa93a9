using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Xunit;

namespace Cmp.Tests.Messages.Cms;

public class SignedDataTests
{
    [Fact]
    public void It_has_the_tags_of_RFC_5652()
    {
        DerNode tree = DerNode.Parse(CmsSamples.Signed.Encoded.ToArray());
        Assert.Equal([0x02, 0x31, 0x30, 0xA0, 0x31], tree.Children!.Select(c => (int)c.Tag));
        Assert.Equal([0x06, 0xA0], tree.Children![2].Children!.Select(c => (int)c.Tag));
        Assert.Equal(0x04, tree.Children![2].Children![1].Children![0].Tag);
        Assert.Equal([0x02, 0x80, 0x30, 0xA0, 0x30, 0x04], tree.Children![4].Children![0].Children!.Select(c => (int)c.Tag));
    }

    [Fact]
    public void It_is_read_as_it_was_written()
    {
        var read = SignedData.Decode(CmsSamples.Signed.Encoded);
        Assert.Equal(3, read.Version);
        Assert.Equal(Oids.Sha256, read.DigestAlgorithms.Single().Oid);
        Assert.Equal(Oids.KeyPackage, read.EncapContentInfo.ContentType);
        Assert.Equal(Samples.Octets(20), read.EncapContentInfo.Content!.Value.ToArray());
        Assert.True(read.Certificates.Single().IsSameAs(Samples.Certificate));
        SignerInfo signer = read.SignerInfos.Single();
        Assert.Equal(3, signer.Version);
        Assert.True(signer.Sid.Names(Samples.Certificate));
        Assert.Equal(Samples.Octets(70), signer.Signature.ToArray());
        Assert.Equal(CmsSamples.Signed.Encoded.ToArray(), (read with { SignerInfos = [signer with { }] }).Encoded.ToArray());
    }

    [Fact]
    public void Signed_attributes_are_a_sorted_set_with_the_tag_of_a_set()
    {
        CmsAttributes made = CmsSamples.Signer.SignedAttrs!;
        Assert.Equal(0x31, made.Encoded.Span[0]);
        DerNode tree = DerNode.Parse(made.Encoded.ToArray());
        // DER orders the elements by their octets (X.690 11.6): here by their lengths, which stand behind the same tag
        Assert.Equal(["1.2.840.113549.1.9.3", "1.2.840.113549.1.9.5", "1.2.840.113549.1.9.4"], new[] { 0, 1, 2 }.Select(i => CmsAttributeOf(tree.Children![i]).Oid));
        CmsAttributes read = SignedData.Decode(CmsSamples.Signed.Encoded).SignerInfos[0].SignedAttrs!;
        Assert.Equal(made.Encoded.ToArray(), read.Encoded.ToArray());

        static CmsAttribute CmsAttributeOf(DerNode node) => Expect.Read(node.Encode(), CmsAttribute.Read);
    }

    [Fact]
    public void What_a_peer_signed_stays_in_the_order_that_came()
    {
        DerNode tree = DerNode.Parse(CmsSamples.Signed.Encoded.ToArray());
        tree.Children![4].Children![0].Children![3].Children!.Reverse();
        DerNode set = tree.Children![4].Children![0].Children![3].Copy();
        set.Tag = 0x31;
        Assert.Equal(set.Encode(), SignedData.Decode(tree.Encode()).SignerInfos[0].SignedAttrs!.Encoded.ToArray());
    }

    [Fact]
    public void An_attribute_that_is_there_twice_is_not_the_one()
    {
        CmsAttribute type = CmsAttribute.ContentType(Oids.Data);
        Assert.Same(type, new CmsAttributes([type, CmsAttribute.SigningTime(Samples.Time)]).Single(Oids.ContentType));
        Assert.Null(new CmsAttributes([type, type]).Single(Oids.ContentType));
        Assert.Null(new CmsAttributes([type]).Single(Oids.MessageDigest));
        Assert.Null(new CmsAttribute(Oids.ContentType, [type.Values[0], type.Values[0]]).Value);
        Assert.Null(new CmsAttribute(Oids.ContentType, []).Value);
        Assert.Equal("0609" + "2A864886F70D010701", Hex.Of(type.Value!.Value.Span));
    }

    [Fact]
    public void The_version_follows_from_what_is_in_it()
    {
        SignedData plain = new([], new EncapsulatedContentInfo(Oids.Data, null), [CmsSamples.Signer with { Sid = CmsSamples.BySerial }]);
        Assert.Equal(1, plain.Version);
        Assert.Equal(1, plain.SignerInfos[0].Version);
        Assert.Equal(3, (plain with { SignerInfos = [CmsSamples.Signer] }).Version);
        Assert.Equal(3, (plain with { EncapContentInfo = new EncapsulatedContentInfo(Oids.KeyPackage, null) }).Version);
        Assert.Equal(3, (plain with { OtherCertificates = [new byte[] { 0xA1, 0 }] }).Version);
        Assert.Equal(4, (plain with { OtherCertificates = [new byte[] { 0xA2, 0 }] }).Version);
        Assert.Equal(5, (plain with { OtherCertificates = [new byte[] { 0xA3, 0 }] }).Version);
        Assert.Equal(1, (plain with { Crls = [Samples.Crl.Encoded] }).Version);
        Assert.Equal(5, (plain with { Crls = [new byte[] { 0xA1, 0 }] }).Version);
    }

    [Fact]
    public void What_stands_beside_the_certificates_is_kept()
    {
        SignedData made = CmsSamples.Signed with { OtherCertificates = [new byte[] { 0xA2, 0 }], Crls = [Samples.Crl.Encoded] };
        var read = SignedData.Decode(made.Encoded);
        Assert.Equal(4, read.Version);
        Assert.Single(read.Certificates);
        Assert.Equal(new byte[] { 0xA2, 0 }, read.OtherCertificates.Single().ToArray());
        Assert.Equal(Samples.Crl.Encoded.ToArray(), read.Crls.Single().ToArray());
        Assert.Equal(made.Encoded.ToArray(), (read with { }).Encoded.ToArray());
        Assert.Null(SignedData.Decode((made with { EncapContentInfo = new EncapsulatedContentInfo(Oids.Data, null) }).Encoded).EncapContentInfo.Content);
    }

    [Fact]
    public void Rule64_Anything_else_is_malformed_and_the_error_carries_no_octets()
    {
        byte[] whole = (CmsSamples.Signed with { SignerInfos = [CmsSamples.Signer with { UnsignedAttrs = new CmsAttributes([CmsAttribute.SigningTime(Samples.Time)]) }] }).Encoded.ToArray();
        Assert.Single(SignedData.Decode(whole).SignerInfos[0].UnsignedAttrs!.All);
        foreach ((string what, Action<DerNode> change) in Departures)
        {
            DerNode tree = DerNode.Parse(whole);
            change(tree);
            byte[] octets = tree.Encode();
            var e = Record.Exception(() => Assert.True(Expect.Malformed(() => SignedData.Decode(octets), octets.Length).Octets.IsEmpty));
            Assert.True(e is null, $"{what}: {e}");
        }
        for (int length = 0; length < whole.Length; length++)
            Expect.Malformed(() => SignedData.Decode(whole.AsMemory(0, length)), length);
    }

    [Fact]
    public void A_package_of_keys_holds_each_whole()
    {
        byte[] key = DerNode.Constructed(0x30, DerNode.Primitive(0x02, 1)).Encode();
        var package = new AsymmetricKeyPackage([key, key]);
        Assert.Equal("300A" + "3003020101" + "3003020101", Hex.Of(package.Encoded.Span));
        Assert.Equal([key, key], AsymmetricKeyPackage.Decode(package.Encoded).Keys.Select(k => k.ToArray()));
        foreach (string octets in new[] { "31 00", "30 02 04 00", "30 03 30 02 05" })
            Assert.True(Expect.Malformed(() => AsymmetricKeyPackage.Decode(Hex.Parse(octets))).Octets.IsEmpty);
    }

    [Fact]
    public void A_content_says_what_it_is()
    {
        ContentInfo made = new(Oids.SignedData, CmsSamples.Signed.Encoded);
        var read = ContentInfo.Decode(made.Encoded);
        Assert.Equal(Oids.SignedData, read.ContentType);
        Assert.Equal(CmsSamples.Signed.Encoded.ToArray(), read.Content.ToArray());
        Expect.Malformed(() => ContentInfo.Decode(Hex.Parse("30 0D 06 09 2A 86 48 86 F7 0D 01 07 01 A0 00")));
        Expect.Malformed(() => ContentInfo.Decode(Hex.Parse("30 0B 06 09 2A 86 48 86 F7 0D 01 07 01")));
    }

    private static IEnumerable<(string, Action<DerNode>)> Departures =>
    [
        ("no version", t => t.Children!.RemoveAt(0)),
        ("no signers", t => t.Children!.RemoveAt(4)),
        ("more behind it", t => t.Children!.Add(DerNode.Primitive(0x05))),
        ("digests as a SEQUENCE", t => t.Children![1].Tag = 0x30),
        ("an implicit content", t => t.Children![2].Children![1] = DerNode.Primitive(0x80, 1)),
        ("a content in pieces", t => t.Children![2].Children![1].Children![0] = DerNode.Constructed(0x24, DerNode.Primitive(0x04, 1))),
        ("a signer without its signature", t => t.Children![4].Children![0].Children!.RemoveAt(5)),
        ("a signature as a BIT STRING", t => t.Children![4].Children![0].Children![5].Tag = 0x03),
        ("explicit attributes", t => t.Children![4].Children![0].Children![3] = DerNode.Constructed(0xA0, DerNode.Constructed(0x31))),
        ("an attribute without values", t => t.Children![4].Children![0].Children![3].Children![0].Children!.RemoveAt(1)),
    ];
}
