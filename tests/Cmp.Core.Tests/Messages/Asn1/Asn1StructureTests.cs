using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Asn1;

public class Asn1StructureTests
{
    [Fact]
    public void A_structure_that_was_read_keeps_the_octets_that_arrived()
    {
        byte[] octets = Hex.Parse("30 81 04 06 02 2A 03");
        AlgorithmIdentifier algorithm = AlgorithmIdentifier.Decode(octets);
        Assert.Equal(octets, algorithm.Encoded.ToArray());
        octets[6] = 4;
        Assert.Equal(4, algorithm.Encoded.Span[6]);
    }

    [Fact]
    public void A_changed_copy_loses_them_and_its_unchanged_parts_keep_theirs()
    {
        // sender: a directoryName whose length has an octet too many
        byte[] octets = new PkiMessage(Samples.Header, new PkiConfirmContent()).Encoded.ToArray();
        DerNode tree = DerNode.Parse(octets);
        tree.Children![0].Children![1].Length = [0x82, 0x00, (byte)Samples.Header.Sender.Content.Length];
        PkiMessage message = PkiMessage.Decode(tree.Encode());
        byte[] sender = message.Header.Sender.Encoded.ToArray();
        Assert.Equal(0x82, sender[1]);

        PkiMessage changed = message with { Header = message.Header with { TransactionId = Samples.Octets(16, 0x55) } };

        PkiMessage again = PkiMessage.Decode(changed.Encoded);
        Assert.Equal(Samples.Octets(16, 0x55), again.Header.TransactionId!.Value.ToArray());
        Assert.Equal(sender, again.Header.Sender.Encoded.ToArray());
        Assert.True(message.Body.Encoded.Span.Overlaps(changed.Body.Encoded.Span));
        Assert.NotEqual(message.Header.Encoded.ToArray(), changed.Header.Encoded.ToArray());
    }

    [Fact]
    public void A_copy_that_changes_nothing_is_written_the_same()
    {
        foreach (PkiMessage message in Samples.AllMessages)
            Assert.Equal(message.Encoded.ToArray(), (message with { }).Encoded.ToArray());
    }

    [Fact]
    public void A_copy_of_what_is_only_carried_keeps_its_octets()
    {
        Assert.Equal(Samples.Certificate.Encoded.ToArray(), (Samples.Certificate with { }).Encoded.ToArray());
        Assert.Equal(Samples.Pkcs10.Encoded.ToArray(), (Samples.Pkcs10 with { }).Encoded.ToArray());
        Assert.Equal(Samples.Subject.Encoded.ToArray(), (Samples.Subject with { }).Encoded.ToArray());
        Assert.Equal(GeneralName.NullDn.Encoded.ToArray(), (GeneralName.NullDn with { }).Encoded.ToArray());
    }

    [Fact]
    public void Absent_fields_are_null_and_stay_absent()
    {
        PkiMessage message = PkiMessage.Decode(new PkiMessage(new PkiHeader(2, GeneralName.NullDn, GeneralName.NullDn), new PkiConfirmContent()).Encoded);
        Assert.Null(message.Protection);
        Assert.Null(message.Header.MessageTime);
        Assert.Null(message.Header.ProtectionAlg);
        Assert.Null(message.Header.SenderKid);
        Assert.Null(message.Header.RecipKid);
        Assert.Null(message.Header.TransactionId);
        Assert.Null(message.Header.SenderNonce);
        Assert.Null(message.Header.RecipNonce);
        Assert.Null(message.Header.FreeText);
        Assert.Empty(message.Header.GeneralInfo);
        Assert.Empty(message.ExtraCerts);
        Assert.Equal("3011" + "300B" + "020102" + "A4023000" + "A4023000" + "B3020500", Hex.Of(Rebuilt.From(message).ProtectedPart));

        CertTemplate template = CertTemplate.Decode(new CertTemplate().Encoded);
        Assert.Equal("3000", Hex.Of((template with { }).Encoded.Span));
        Assert.Null(template.SerialNumber);
        Assert.Null(template.IssuerUid);
        Assert.Null(template.SubjectUid);
        Assert.Null(AlgorithmIdentifier.Decode(new AlgorithmIdentifier("1.2.3").Encoded).Parameters);
        Assert.Null(Expect.Read(new InfoTypeAndValue("1.2.3").Encoded.ToArray(), InfoTypeAndValue.Read).InfoValue);
        CertResponse response = Expect.Read(new CertResponse(0, new PkiStatusInfo(PkiStatus.Waiting)).Encoded.ToArray(), CertResponse.Read);
        Assert.Null(response.RspInfo);
        Assert.Null(response.CertifiedKeyPair);
        CertifiedKeyPair pair = Expect.Read(new CertifiedKeyPair { Certificate = Samples.Certificate }.Encoded.ToArray(), CertifiedKeyPair.Read);
        Assert.Null(pair.EncryptedCert);
        Assert.Null(pair.PrivateKey);
        Assert.Null(pair.PublicationInfo);
    }

    [Fact]
    public void Empty_octets_that_are_there_are_not_absent()
    {
        var header = new PkiHeader(2, GeneralName.NullDn, GeneralName.NullDn) { SenderKid = Array.Empty<byte>(), TransactionId = ReadOnlyMemory<byte>.Empty };
        PkiHeader read = Expect.Read(header.Encoded.ToArray(), PkiHeader.Read);
        Assert.True(read.SenderKid is { IsEmpty: true });
        Assert.True(read.TransactionId is { IsEmpty: true });
        Assert.Equal(header.Encoded.ToArray(), (read with { }).Encoded.ToArray());
    }

    [Fact]
    public void Texts_never_throw_and_never_show_secrets()
    {
        Assert.Equal("regToken", Controls.RegToken("s3cret").ToString());
        Assert.Equal("PbmParameter", Samples.PbmParameter.ToString());
        Certificate broken = Certificate.Decode(Hex.Parse("30 00"));
        Assert.Equal("Certificate (malformed)", broken.ToString());
        Assert.Equal("(unreadable name)", Name.Decode(Hex.Parse("30 03 02 01 00")).ToString());
    }

    [Fact]
    public void A_structure_that_many_threads_share_is_encoded_the_same_for_all()
    {
        for (int round = 0; round < 200; round++)
        {
            var info = new InfoTypeAndValue(Oids.ImplicitConfirm, new byte[] { 5, 0 });
            var seen = new byte[8][];
            Parallel.For(0, seen.Length, i => seen[i] = info.Encoded.ToArray());
            Assert.All(seen, octets => Assert.Equal("300C06082B0601050507040D0500", Hex.Of(octets)));
        }
    }

    [Fact]
    public void Each_length_has_as_many_octets_as_it_needs()
    {
        foreach (int length in new[] { 0, 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x10000, 0x20000 })
        {
            byte[] octets = Tlv.Of(4, new byte[length / 2], new byte[length - length / 2]);
            Assert.Equal(DerNode.Primitive(4, new byte[length]).Encode(), octets);
            Assert.Equal(length, Expect.Read(octets, (ref Asn1Reader r) => r.ReadOctetString()).Length);
        }
    }

    [Fact]
    public void Tags_beyond_30_can_be_written_too() =>
        Assert.Equal([0xBF, 0x82, 0x00, 0x00], Samples.Der(w => w.PushSequence(Tags.Constructed(256)).Dispose()));
}
