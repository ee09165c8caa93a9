using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Bodies;

public class BodiesTests
{
    [Theory]
    [InlineData(PkiBodyType.Ir, 0xA0, "ir")]
    [InlineData(PkiBodyType.Ip, 0xA1, "ip")]
    [InlineData(PkiBodyType.Cr, 0xA2, "cr")]
    [InlineData(PkiBodyType.Cp, 0xA3, "cp")]
    [InlineData(PkiBodyType.P10cr, 0xA4, "p10cr")]
    [InlineData(PkiBodyType.Kur, 0xA7, "kur")]
    [InlineData(PkiBodyType.Kup, 0xA8, "kup")]
    [InlineData(PkiBodyType.CertConf, 0xB8, "certConf")]
    [InlineData(PkiBodyType.Pkiconf, 0xB3, "pkiconf")]
    [InlineData(PkiBodyType.Error, 0xB7, "error")]
    [InlineData(PkiBodyType.PollReq, 0xB9, "pollReq")]
    [InlineData(PkiBodyType.PollRep, 0xBA, "pollRep")]
    [InlineData(PkiBodyType.Popdecc, 0xA5, "popdecc")]
    [InlineData(PkiBodyType.Popdecr, 0xA6, "popdecr")]
    [InlineData(PkiBodyType.Krr, 0xA9, "krr")]
    [InlineData(PkiBodyType.Krp, 0xAA, "krp")]
    [InlineData(PkiBodyType.Rr, 0xAB, "rr")]
    [InlineData(PkiBodyType.Rp, 0xAC, "rp")]
    [InlineData(PkiBodyType.Ccr, 0xAD, "ccr")]
    [InlineData(PkiBodyType.Ccp, 0xAE, "ccp")]
    [InlineData(PkiBodyType.Ckuann, 0xAF, "ckuann")]
    [InlineData(PkiBodyType.Cann, 0xB0, "cann")]
    [InlineData(PkiBodyType.Rann, 0xB1, "rann")]
    [InlineData(PkiBodyType.Crlann, 0xB2, "crlann")]
    [InlineData(PkiBodyType.Nested, 0xB4, "nested")]
    [InlineData(PkiBodyType.Genm, 0xB5, "genm")]
    [InlineData(PkiBodyType.Genp, 0xB6, "genp")]
    public void Each_body_has_its_tag_and_its_name(PkiBodyType type, int tag, string name)
    {
        PkiBody body = Samples.Bodies.First(b => b.Type == type);
        Assert.Equal(tag, body.Encoded.Span[0]);
        Assert.Equal(name, body.ToString());
        Assert.Equal(body.GetType(), Expect.Read(body.Encoded.ToArray(), PkiBody.Read).GetType());
    }

    [Fact]
    public void All_27_names_are_those_of_the_RFC() =>
        Assert.Equal(
            "ir ip cr cp p10cr popdecc popdecr kur kup krr krp rr rp ccr ccp ckuann cann rann crlann pkiconf nested genm genp error certConf pollReq pollRep",
            string.Join(" ", Enumerable.Range(0, 27).Select(i => PkiBodyTypeNames.Of((PkiBodyType)i))));

    [Fact]
    public void Simple_bodies_have_the_octets_of_the_RFC()
    {
        Assert.Equal("B3020500", Hex.Of(new PkiConfirmContent().Encoded.Span));
        Assert.Equal("B9073005" + "3003020100", Hex.Of(new PollReqContent([0]).Encoded.Span));
        Assert.Equal("B9073005" + "30030201FF", Hex.Of(new PollReqContent([-1]).Encoded.Span));
        Assert.Equal("BA0B3009" + "3007" + "020100" + "02020E10", Hex.Of(new PollRepContent([new PollRepEntry(0, 3600)]).Encoded.Span));
        Assert.Equal("B8023000", Hex.Of(new CertConfirmContent([]).Encoded.Span));
        Assert.Equal("B80B30093007" + "04020102" + "020100", Hex.Of(new CertConfirmContent([new CertStatus(Samples.Octets(2), 0)]).Encoded.Span));
        Assert.Equal("B707300530030201" + "03", Hex.Of(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting)).Encoded.Span));
        Assert.Equal("A10E300C300A3008" + "020100" + "3003020103", Hex.Of(new CertRepMessage(PkiBodyType.Ip, [new CertResponse(0, new PkiStatusInfo(PkiStatus.Waiting))]).Encoded.Span));
    }

    [Fact]
    public void Rule42_A_hash_algorithm_stands_in_an_explicit_tag()
    {
        CertStatus status = new(Samples.Octets(2), 0, null, new AlgorithmIdentifier(Oids.Sha256));
        Assert.Equal("3016" + "04020102" + "020100" + "A00D" + "300B0609608648016503040201", Hex.Of(status.Encoded.Span));
        CertStatus read = Expect.Read(status.Encoded.ToArray(), CertStatus.Read);
        Assert.Null(read.StatusInfo);
        Assert.Equal(Oids.Sha256, read.HashAlg!.Oid);
    }

    [Fact]
    public void Certificates_stand_in_explicit_tags()
    {
        // CertRepMessage: caPubs A1 30; CertOrEncCert: certificate A0 30, encryptedCert A1; privateKey A0, publicationInfo A1
        DerNode ip = DerNode.Parse(Samples.Bodies[1].Encoded.ToArray()).Children!.Single();
        Assert.Equal([0xA1, 0x30], ip.Children!.Select(c => c.Tag));
        Assert.Equal(0x30, ip.Children![0].Children!.Single().Tag);
        DerNode response = ip.Children![1].Children![0];
        Assert.Equal([0x02, 0x30, 0x30, 0x04], response.Children!.Select(c => c.Tag));
        DerNode pair = response.Children![2];
        Assert.Equal([0xA0, 0xA0, 0xA1], pair.Children!.Select(c => c.Tag));
        Assert.Equal(0x30, pair.Children![0].Children!.Single().Tag);
        Assert.Equal(0xA0, pair.Children![1].Children!.Single().Tag); // EncryptedKey: envelopedData [0]
        DerNode encrypted = DerNode.Parse(new CertifiedKeyPair { EncryptedCert = new byte[] { 0xA0, 2, 5, 0 } }.Encoded.ToArray());
        Assert.Equal("3006A104A0020500", Hex.Of(encrypted.Encode()));
    }

    [Fact]
    public void A_certified_key_pair_is_read()
    {
        var read = Expect.Read(Samples.KeyPair.Encoded.ToArray(), CertifiedKeyPair.Read);
        Assert.True(read.Certificate!.IsSameAs(Samples.Certificate));
        Assert.Null(read.EncryptedCert);
        Assert.Equal([0xA0, 2, 5, 0], read.PrivateKey!.Value.ToArray());
        Assert.Equal("3003020100", Hex.Of(read.PublicationInfo!.Value.Span));
        var encrypted = Expect.Read(new CertifiedKeyPair { EncryptedCert = new byte[] { 0x30, 0 }, PublicationInfo = new byte[] { 0x30, 0 } }.Encoded.ToArray(), CertifiedKeyPair.Read);
        Assert.Null(encrypted.Certificate);
        Assert.Null(encrypted.PrivateKey);
        Assert.Equal([0x30, 0], encrypted.EncryptedCert!.Value.ToArray());
        Assert.Equal([0x30, 0], encrypted.PublicationInfo!.Value.ToArray());
    }

    [Fact]
    public void Errors_are_read()
    {
        var error = (ErrorMsgContent)Expect.Read(Samples.Bodies.OfType<ErrorMsgContent>().Single().Encoded.ToArray(), PkiBody.Read);
        Assert.Equal(-7, error.ErrorCode);
        Assert.Equal(["details"], error.ErrorDetails!.Texts);
        Assert.Equal(PkiStatus.Rejection, error.Status.Status);
    }

    [Theory]
    [InlineData("02 01 FF", -1)]
    [InlineData("02 05 00 80 00 00 01", int.MinValue + 1)] // an NTSTATUS, as unsigned number
    [InlineData("02 05 01 00 00 00 07", 7)]
    public void An_error_code_keeps_its_lowest_32_bits(string code, int expected)
    {
        DerNode error = DerNode.Parse(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Rejection), 1).Encoded.ToArray());
        error.Children![0].Children![1] = DerNode.Parse(Hex.Parse(code));
        Assert.Equal(expected, ((ErrorMsgContent)Expect.Read(error.Encode(), PkiBody.Read)).ErrorCode);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue + 1L)]
    [InlineData(long.MaxValue)]
    public void Rule38_Any_checkAfter_is_read_for_others_to_judge(long checkAfter)
    {
        var body = (PollRepContent)Expect.Read(new PollRepContent([new PollRepEntry(-1, checkAfter, new PkiFreeText(["x"]))]).Encoded.ToArray(), PkiBody.Read);
        Assert.Equal(checkAfter, body.Entries.Single().CheckAfter);
        Assert.Equal(-1, body.Entries.Single().CertReqId);
        Assert.Equal(["x"], body.Entries.Single().Reason!.Texts);
    }

    [Fact]
    public void Rule38_A_checkAfter_of_a_megabyte_is_malformed()
    {
        byte[] octets = DerNode.Constructed(0xBA, DerNode.Constructed(0x30, DerNode.Constructed(0x30, DerNode.Primitive(2, 0), DerNode.Primitive(2, Huge())))).Encode();
        Expect.Malformed(() => Expect.Read(octets, PkiBody.Read));
    }

    [Fact]
    public void Rule64_Numbers_of_a_megabyte_are_malformed()
    {
        DerNode huge = DerNode.Primitive(2, Huge());
        DerNode header = DerNode.Parse(Samples.AllMessages[8].Encoded.ToArray());
        header.Children![0].Children![0] = huge; // pvno
        DerNode response = DerNode.Parse(Samples.AllMessages[1].Encoded.ToArray());
        response.Children![1].Children![0].Children![1].Children![0].Children![0] = huge; // certReqId
        DerNode status = DerNode.Parse(Samples.AllMessages[9].Encoded.ToArray());
        status.Children![1].Children![0].Children![0].Children![0] = huge; // status
        foreach (byte[] octets in new[] { header.Encode(), response.Encode(), status.Encode() })
            Expect.Malformed(() => PkiMessage.Decode(octets));
    }

    [Fact]
    public void Rule16_A_pkcs10_is_carried_octet_by_octet()
    {
        // no DER: a length too long within the subject
        DerNode tree = DerNode.Parse(Samples.Pkcs10.Encoded.ToArray());
        tree.Children![0].Children![1].Length = [0x81, (byte)(Samples.Subject.Encoded.Length - 2)];
        byte[] octets = tree.Encode();
        var request = CertificationRequest.Decode(octets);
        Assert.Equal(octets, Expect.Read(new P10crBody(request).Encoded.ToArray(), PkiBody.Read) is P10crBody p10 ? p10.Request.Encoded.ToArray() : []);
        Assert.Equal(tree.Children![0].Encode(), request.Info.ToArray());
    }

    [Fact]
    public void A_pkcs10_is_read()
    {
        CertificationRequest request = Samples.Pkcs10;
        Assert.True(request.Subject.IsSameAs(Samples.Subject));
        Assert.True(request.PublicKey.IsSameAs(Samples.PublicKey));
        Assert.Equal(Oids.SubjectAltName, request.Extensions.Single().Oid);
        Assert.Equal(64, request.Signature.Length);
        DerNode tree = DerNode.Parse(request.Encoded.ToArray());
        tree.Children![0].Children!.RemoveAt(3); // attributes: some leave them out
        Assert.Empty(CertificationRequest.Decode(tree.Encode()).Extensions);
    }

    [Fact]
    public void Rule64_A_request_of_no_request_is_malformed() =>
        Assert.Contains("without a request", Expect.Malformed(() => Expect.Read(Hex.Parse("A0 02 30 00"), PkiBody.Read)).Message);

    [Theory]
    [InlineData(100_000)]
    public void Rule64_A_hundred_thousand_elements_are_too_many(int count)
    {
        DerNode[] Many(string octets) => [.. Enumerable.Repeat(DerNode.Parse(Hex.Parse(octets)), count)];
        List<DerNode> messages = [];
        DerNode With(int message, Action<DerNode> change)
        {
            DerNode tree = DerNode.Parse(Samples.AllMessages[message].Encoded.ToArray());
            change(tree);
            return tree;
        }
        messages.Add(With(8, m => m.Children![3].Children![0] = DerNode.Constructed(0x30, Many("30 00")))); // extraCerts
        messages.Add(With(8, m => m.Children![0].Children![11].Children![0] = DerNode.Constructed(0x30, Many("30 03 06 01 2A")))); // generalInfo
        messages.Add(With(8, m => m.Children![0].Children![10].Children![0] = DerNode.Constructed(0x30, Many("0C 00")))); // freeText
        messages.Add(With(1, m => m.Children![1].Children![0].Children![0].Children![0] = DerNode.Constructed(0x30, Many("30 00")))); // caPubs
        messages.Add(With(1, m => m.Children![1].Children![0].Children![1] = DerNode.Constructed(0x30, Many("30 08 02 01 00 30 03 02 01 03")))); // response
        messages.Add(With(10, m => m.Children![1].Children![0] = DerNode.Constructed(0x30, Many("30 03 02 01 00")))); // pollReq
        messages.Add(With(11, m => m.Children![1].Children![0] = DerNode.Constructed(0x30, Many("30 06 02 01 00 02 01 00")))); // pollRep
        messages.Add(With(7, m => m.Children![1].Children![0] = DerNode.Constructed(0x30, Many("30 05 04 00 02 01 00")))); // certConf
        messages.Add(With(0, m => m.Children![1].Children![0].Children![0].Children![0].Children![2] = DerNode.Constructed(0x30, Many("30 05 06 01 2A 05 00")))); // controls
        messages.Add(With(0, m => m.Children![1].Children![0].Children![0].Children![0].Children![1].Children![9] = DerNode.Constructed(0xA9, Many("30 05 06 01 2A 04 00")))); // extensions
        void WithBody(PkiBodyType type, string element) =>
            messages.Add(With(8, m => m.Children![1] = DerNode.Constructed((byte)(0xA0 + type), DerNode.Constructed(0x30, Many(element)))));
        WithBody(PkiBodyType.Popdecc, "30 04 04 00 04 00");
        WithBody(PkiBodyType.Popdecr, "02 01 00");
        WithBody(PkiBodyType.Rr, "30 02 30 00");
        WithBody(PkiBodyType.Crlann, "30 00");
        WithBody(PkiBodyType.Genm, "30 03 06 01 2A");
        WithBody(PkiBodyType.Genp, "30 03 06 01 2A");
        WithBody(PkiBodyType.Nested, "30 11 30 0B 02 01 02 A4 02 30 00 A4 02 30 00 B3 02 05 00");
        foreach (DerNode message in messages)
        {
            byte[] octets = message.Encode();
            Assert.Contains("more than 10000 elements", Expect.Malformed(() => PkiMessage.Decode(octets), octets.Length).Message);
        }
    }

    private static byte[] Huge()
    {
        var huge = new byte[1 << 20];
        huge[0] = 0x7F;
        return huge;
    }
}
