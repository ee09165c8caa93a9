using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Cms;

public class EnvelopedDataTests
{
    [Fact]
    public void Each_kind_of_recipient_has_the_tags_of_RFC_5652()
    {
        // what is tagged explicitly holds the tag of its own within
        Assert.Equal(["02 02", "80", "30", "04"], Outline(CmsSamples.KeyTrans));
        Assert.Equal(["02 00", "30", "30", "04"], Outline(CmsSamples.KeyTrans with { Rid = CmsSamples.BySerial }));
        Assert.Equal(["02 03", "A0 A1", "A1 04", "30", "30"], Outline(CmsSamples.KeyAgree));
        Assert.Equal(["02 00", "A0 06", "30", "04"], Outline(CmsSamples.Password));
        Assert.Equal(["06", "30"], Outline(CmsSamples.Kem));
        Assert.Equal([0x30, 0x30, 0xA1, 0xA3, 0xA4], CmsSamples.Recipients.Select(r => (int)r.Encoded.Span[0]));
        DerNode kem = DerNode.Parse(CmsSamples.Kem.Encoded.ToArray()).Children![1];
        Assert.Equal([0x02, 0x80, 0x30, 0x04, 0x30, 0x02, 0xA0, 0x30, 0x04], kem.Children!.Select(c => (int)c.Tag));
        Assert.Equal(0x04, kem.Children![6].Children![0].Tag);
    }

    [Fact]
    public void Recipients_are_read_as_they_were_written()
    {
        var read = EnvelopedData.Decode(new EnvelopedData(CmsSamples.Recipients, CmsSamples.Content).Encoded).RecipientInfos;
        Assert.Equal(CmsSamples.Recipients.Select(r => r.GetType()), read.Select(r => r.GetType()));
        for (int i = 0; i < read.Count; i++)
        {
            Assert.Equal(CmsSamples.Recipients[i].Encoded.ToArray(), read[i].Encoded.ToArray());
            Assert.Equal(CmsSamples.Recipients[i].Version, read[i].Version);
        }
        var transport = (KeyTransRecipientInfo)read[1];
        Assert.Equal(Samples.CaName.Encoded.ToArray(), transport.Rid.IssuerAndSerialNumber!.Issuer.Encoded.ToArray());
        Assert.Null(transport.Rid.SubjectKeyIdentifier);
        Assert.Equal(Samples.Octets(64), transport.EncryptedKey.ToArray());
        var agreement = (KeyAgreeRecipientInfo)read[2];
        Assert.True(agreement.Originator.OriginatorKey!.IsSameAs(Samples.PublicKey));
        Assert.Null(agreement.Originator.Certificate);
        Assert.Equal(Samples.Octets(8), agreement.Ukm!.Value.ToArray());
        Assert.Equal(Oids.Aes256Wrap, AlgorithmIdentifier.Decode(agreement.KeyEncryptionAlgorithm.Parameters!.Value).Oid);
        Assert.Equal(Samples.Octets(20), agreement.RecipientEncryptedKeys[0].Rid.SubjectKeyIdentifier!.Value.ToArray());
        Assert.Equal(Samples.Octets(40), agreement.RecipientEncryptedKeys[0].EncryptedKey.ToArray());
        var password = (PasswordRecipientInfo)read[3];
        Assert.Equal(Samples.Octets(16), Pbkdf2Params.Decode(password.KeyDerivationAlgorithm!.Parameters!.Value).Salt.ToArray());
        var kem = (KemRecipientInfo)read[4];
        Assert.Equal(32, kem.KekLength);
        Assert.Equal(Samples.Octets(30), kem.Kemct.ToArray());
        Assert.Equal(Samples.Octets(4), kem.Ukm!.Value.ToArray());
        Assert.Equal(Samples.Octets(40), kem.EncryptedKey.ToArray());
    }

    [Fact]
    public void What_is_optional_may_be_absent()
    {
        RecipientInfo[] recipients =
        [
            CmsSamples.KeyAgree with { Ukm = null, Originator = new OriginatorIdentifierOrKey(CmsSamples.BySerial), RecipientEncryptedKeys = [new RecipientEncryptedKey(new KeyAgreeRecipientIdentifier(CmsSamples.BySerial), Samples.Octets(1))] },
            CmsSamples.Password with { KeyDerivationAlgorithm = null },
            CmsSamples.Kem with { Ukm = null },
        ];
        var read = EnvelopedData.Decode(new EnvelopedData(recipients, CmsSamples.Content with { EncryptedContent = null }).Encoded);
        Assert.Null(read.EncryptedContentInfo.EncryptedContent);
        Assert.Null(read.OriginatorInfo);
        Assert.Null(read.UnprotectedAttrs);
        var agreement = (KeyAgreeRecipientInfo)read.RecipientInfos[0];
        Assert.Null(agreement.Ukm);
        Assert.Null(agreement.Originator.OriginatorKey);
        Assert.True(agreement.Originator.Certificate!.Names(Samples.Certificate));
        Assert.True(agreement.RecipientEncryptedKeys[0].Rid.Names(Samples.Certificate));
        Assert.Null(((PasswordRecipientInfo)read.RecipientInfos[1]).KeyDerivationAlgorithm);
        Assert.Null(((KemRecipientInfo)read.RecipientInfos[2]).Ukm);
        Assert.Equal(["02 03", "A0 30", "30", "30"], Outline(agreement));
        Assert.Equal(["02 00", "30", "04"], Outline(read.RecipientInfos[1]));
    }

    [Fact]
    public void A_certificate_is_named_by_key_or_by_issuer_and_number()
    {
        Assert.True(RecipientIdentifier.Of(Samples.Certificate).Names(Samples.Certificate));
        Assert.Equal(Samples.Octets(20), RecipientIdentifier.Of(Samples.Certificate).SubjectKeyIdentifier!.Value.ToArray());
        Assert.True(CmsSamples.BySerial.Names(Samples.Certificate));
        Assert.False(new RecipientIdentifier(Samples.Octets(20, 2)).Names(Samples.Certificate));
        Assert.False(new RecipientIdentifier(new IssuerAndSerialNumber(Samples.CaName, Samples.Octets(1))).Names(Samples.Certificate));
        Assert.False(new RecipientIdentifier(new IssuerAndSerialNumber(Samples.Subject, Samples.Certificate.SerialNumber)).Names(Samples.Certificate));
    }

    [Fact]
    public void The_version_follows_from_what_is_in_it()
    {
        byte[] other = DerNode.Constructed(0xA3, DerNode.Primitive(0x06, 42), DerNode.Primitive(0x05)).Encode();
        Assert.Equal(0, Version(CmsSamples.KeyTrans with { Rid = CmsSamples.BySerial }));
        Assert.Equal(2, Version(CmsSamples.KeyTrans));
        Assert.Equal(2, Version(CmsSamples.KeyAgree));
        Assert.Equal(3, Version(CmsSamples.Password));
        Assert.Equal(3, Version(CmsSamples.Kem));
        EnvelopedData plain = new([CmsSamples.KeyTrans with { Rid = CmsSamples.BySerial }], CmsSamples.Content);
        Assert.Equal(2, (plain with { UnprotectedAttrs = new byte[] { 0xA1, 0 } }).Version);
        Assert.Equal(2, (plain with { OriginatorInfo = Originator(Samples.Certificate.Encoded.ToArray()) }).Version);
        Assert.Equal(3, (plain with { OriginatorInfo = Originator([0xA2, 0]) }).Version);
        Assert.Equal(4, (plain with { OriginatorInfo = Originator(other) }).Version);

        static byte[] Originator(byte[] certificate) => DerNode.Constructed(0xA0, DerNode.Constructed(0xA0, DerNode.Raw(certificate))).Encode();
    }

    [Fact]
    public void Any_version_is_read_and_a_changed_copy_has_its_own()
    {
        DerNode tree = DerNode.Parse(new EnvelopedData([CmsSamples.Password], CmsSamples.Content).Encoded.ToArray());
        tree.Children![0].Content = [0];
        byte[] octets = tree.Encode();
        var read = EnvelopedData.Decode(octets);
        Assert.Equal(0, read.Version);
        Assert.Equal(octets, read.Encoded.ToArray());
        EnvelopedData copy = read with { };
        Assert.Equal(3, copy.Version);
        Assert.Equal(3, EnvelopedData.Decode(copy.Encoded).Version);
        tree.Children![1].Children![0].Children![0].Content = [7];
        Assert.Equal(7, EnvelopedData.Decode(tree.Encode()).RecipientInfos[0].Version);
    }

    [Fact]
    public void Recipients_of_other_kinds_are_carried()
    {
        byte[] kekri = DerNode.Constructed(0xA2, DerNode.Primitive(0x02, 4), DerNode.Constructed(0x30, DerNode.Primitive(0x04, 1)), DerNode.Constructed(0x30, DerNode.Primitive(0x06, 42)), DerNode.Primitive(0x04, 1)).Encode();
        byte[] ori = DerNode.Constructed(0xA4, DerNode.Primitive(0x06, 42, 3), DerNode.Primitive(0x05)).Encode();
        DerNode tree = DerNode.Parse(new EnvelopedData([CmsSamples.KeyTrans], CmsSamples.Content).Encoded.ToArray());
        tree.Children![1].Children!.Add(DerNode.Raw(kekri));
        tree.Children![1].Children!.Add(DerNode.Raw(ori));
        var read = EnvelopedData.Decode(tree.Encode());
        var first = (UnknownRecipientInfo)read.RecipientInfos[1];
        Assert.Equal((2, 4, null), (first.Tag, first.Version, first.OriType));
        Assert.Equal(kekri, first.Encoded.ToArray());
        var second = (UnknownRecipientInfo)read.RecipientInfos[2];
        Assert.Equal((4, "1.2.3"), (second.Tag, second.OriType));
        Assert.Equal(ori, (second with { }).Encoded.ToArray());
        Assert.Equal(3, (read with { }).Version);
    }

    [Fact]
    public void Nothing_but_the_octets_received_goes_into_the_context_of_a_derivation()
    {
        // NULL and absent parameters are the same algorithm and another key (RFC 5753 7.2)
        var withNull = AlgorithmIdentifier.Decode(Hex.Parse("30 0D 06 09 60 86 48 01 65 03 04 01 05 05 00"));
        Assert.Equal("301F" + "300D06096086480165030401050500" + "A0060404" + "01020304" + "A2060404" + "00000080", Hex.Of(new EccCmsSharedInfo(withNull, Samples.Octets(4), 128).Encoded.Span));
        var absent = AlgorithmIdentifier.Decode(Hex.Parse("30 0B 06 09 60 86 48 01 65 03 04 01 05"));
        Assert.Equal("3015" + "300B0609608648016503040105" + "A2060404" + "00000080", Hex.Of(new EccCmsSharedInfo(absent, null, 128).Encoded.Span));
        var read = Expect.Read(new EccCmsSharedInfo(withNull, Samples.Octets(4), 256).Encoded.ToArray(), EccCmsSharedInfo.Read);
        Assert.Equal((256, 4), (read.KeyBits, read.EntityUInfo!.Value.Length));
        Assert.Equal("3015" + "300B0609608648016503040105" + "020110" + "A0030401" + "01", Hex.Of(new CmsOriForKemOtherInfo(absent, 16, Samples.Octets(1)).Encoded.Span));
        Assert.Equal("3010" + "300B0609608648016503040105" + "020110", Hex.Of(new CmsOriForKemOtherInfo(absent, 16).Encoded.Span));
        var kem = (KemRecipientInfo)EnvelopedData.Decode(new EnvelopedData([CmsSamples.Kem], CmsSamples.Content).Encoded).RecipientInfos[0];
        Assert.Equal(new CmsOriForKemOtherInfo(CmsSamples.Wrap, 32, Samples.Octets(4)).Encoded.ToArray(), kem.OtherInfo.Encoded.ToArray());
        Assert.Equal(32, Expect.Read(kem.OtherInfo.Encoded.ToArray(), CmsOriForKemOtherInfo.Read).KekLength);
    }

    [Fact]
    public void Rule64_Anything_else_is_malformed()
    {
        byte[] whole = new EnvelopedData(CmsSamples.Recipients, CmsSamples.Content).Encoded.ToArray();
        foreach ((string what, Action<DerNode> change) in Departures)
        {
            DerNode tree = DerNode.Parse(whole);
            change(tree);
            byte[] octets = tree.Encode();
            var e = Record.Exception(() => Expect.Malformed(() => EnvelopedData.Decode(octets), octets.Length));
            Assert.True(e is null, $"{what}: {e}");
        }
        for (int length = 0; length < whole.Length; length++)
            Expect.Malformed(() => EnvelopedData.Decode(whole.AsMemory(0, length)), length);
    }

    private static IEnumerable<(string, Action<DerNode>)> Departures =>
    [
        ("no version", t => t.Children!.RemoveAt(0)),
        ("no content", t => t.Children!.RemoveAt(2)),
        ("more behind it", t => t.Children!.Add(DerNode.Primitive(0x05))),
        ("recipients as a SEQUENCE", t => t.Children![1].Tag = 0x30),
        ("a recipient of no kind", t => t.Children![1].Children![0].Tag = 0xA5),
        ("a version that is none", t => t.Children![0].Tag = 0x04),
        ("ktri without its key", t => t.Children![1].Children![0].Children!.RemoveAt(3)),
        ("ktri with more", t => t.Children![1].Children![0].Children!.Add(DerNode.Primitive(0x05))),
        ("a name of no kind", t => t.Children![1].Children![0].Children![1].Tag = 0x81),
        ("an explicit subjectKeyIdentifier", t => t.Children![1].Children![0].Children![1] = DerNode.Constructed(0xA0, DerNode.Primitive(0x04, 1))),
        ("kari without its originator", t => t.Children![1].Children![2].Children!.RemoveAt(1)),
        ("an implicit originator", t => t.Children![1].Children![2].Children![1] = DerNode.Constructed(0xA1, DerNode.Primitive(0x05))),
        ("an implicit ukm", t => t.Children![1].Children![2].Children![2] = DerNode.Primitive(0x81, 1)),
        ("an implicit ukm of KEM", t => t.Children![1].Children![4].Children![1].Children![6] = DerNode.Primitive(0x80, 1)),
        ("an explicit key derivation", t => t.Children![1].Children![3].Children![1] = DerNode.Constructed(0xA0, t.Children![1].Children![3].Children![2].Copy())),
        ("a kekLength of 0", t => t.Children![1].Children![4].Children![1].Children![5].Content = [0]),
        ("a kekLength of 65536", t => t.Children![1].Children![4].Children![1].Children![5].Content = [1, 0, 0]),
        ("an explicit content", t => t.Children![2].Children![2] = DerNode.Constructed(0xA0, DerNode.Primitive(0x04, 1))),
        ("a content of indefinite length", t => t.Children![2].Length = [0x80]),
    ];

    private static int Version(RecipientInfo recipient)
    {
        EnvelopedData made = new([recipient], CmsSamples.Content);
        Assert.Equal(made.Version, EnvelopedData.Decode(made.Encoded).Version);
        Assert.Equal(made.Version, DerNode.Parse(made.Encoded.ToArray()).Children![0].Content[0]);
        return made.Version;
    }

    /// <summary>The tags of the fields: of a version with its value, of a context tag with what stands in it.</summary>
    private static IEnumerable<string> Outline(RecipientInfo recipient) => DerNode.Parse(recipient.Encoded.ToArray()).Children!.Select(child =>
        child.Tag == 0x02 ? $"02 {child.Content[0]:X2}" : child.Tag >= 0xA0 ? $"{child.Tag:X2} {child.Children![0].Tag:X2}" : $"{child.Tag:X2}");
}
