using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Xunit;

namespace Cmp.Tests.Messages.Crmf;

public class CertTemplateTests
{
    [Fact]
    public void Every_field_has_the_tag_of_the_RFC()
    {
        // RFC 4211 appendix B, IMPLICIT TAGS: those around the CHOICEs Name and Time are explicit
        DerNode template = DerNode.Parse(Samples.Template.Encoded.ToArray());
        Assert.Equal([0x80, 0x81, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0x87, 0x88, 0xA9], template.Children!.Select(c => c.Tag));
        Assert.Equal([2], template.Children![0].Content);
        Assert.Equal(0x06, template.Children![2].Children![0].Tag); // the fields of AlgorithmIdentifier, no SEQUENCE around them
        Assert.Equal(0x30, template.Children![3].Children!.Single().Tag); // the SEQUENCE of Name
        Assert.Equal([0xA0, 0xA1], template.Children![4].Children!.Select(c => c.Tag));
        Assert.Equal([0x17, 0x18], template.Children![4].Children!.Select(c => c.Children!.Single().Tag));
        Assert.Equal(0x30, template.Children![5].Children!.Single().Tag);
        Assert.Equal([0x30, 0x03], template.Children![6].Children!.Select(c => c.Tag));
        Assert.Equal(0x30, template.Children![9].Children![0].Tag); // an Extension, no SEQUENCE around them
    }

    [Fact]
    public void Every_field_is_read()
    {
        CertTemplate t = CertTemplate.Decode(Samples.Template.Encoded);
        Assert.Equal(2, t.Version);
        Assert.Equal(Samples.Octets(9), t.SerialNumber!.Value.ToArray());
        Assert.Equal(Samples.Sha256WithRsa.Encoded.ToArray(), t.SigningAlg!.Encoded.ToArray());
        Assert.True(t.Issuer!.IsSameAs(Samples.CaName));
        Assert.Equal(Samples.Time, t.NotBefore);
        Assert.Equal(Samples.Time.AddYears(40), t.NotAfter);
        Assert.True(t.Subject!.IsSameAs(Samples.Subject));
        Assert.Equal(Samples.PublicKey.Encoded.ToArray(), t.PublicKey!.Encoded.ToArray());
        Assert.Equal([5, 0xA0], t.IssuerUid!.Value.ToArray());
        Assert.Equal([0, 0x55, 0xAA], t.SubjectUid!.Value.ToArray());
        Assert.Equal(Oids.SubjectAltName, t.Extensions.Single().Oid);
        Assert.Equal(Samples.Template.Encoded.ToArray(), Rebuilt.From(t).Encoded.ToArray());
    }

    [Fact]
    public void Rule11_No_subject_and_the_null_dn_are_two_things()
    {
        Assert.Equal("3004" + "A5023000", Hex.Of(new CertTemplate { Subject = Name.Empty }.Encoded.Span));
        Assert.Equal("3000", Hex.Of(new CertTemplate().Encoded.Span));
        Assert.True(CertTemplate.Decode(Hex.Parse("30 04 A5 02 30 00")).Subject!.IsEmpty);
        Assert.Null(CertTemplate.Decode(Hex.Parse("30 00")).Subject);
    }

    [Fact]
    public void Rule13_Either_end_of_the_validity_may_stand_alone()
    {
        Assert.Equal("3013" + "A411" + "A00F" + "170D3236313132333132333435365A", Hex.Of(new CertTemplate { NotBefore = Samples.Time }.Encoded.Span));
        CertTemplate t = CertTemplate.Decode(new CertTemplate { NotAfter = Samples.Time }.Encoded);
        Assert.Null(t.NotBefore);
        Assert.Equal(Samples.Time, t.NotAfter);
        var findings = new List<Finding>();
        Assert.Null(CertTemplate.Decode(Hex.Parse("30 02 A4 00"), new DecodeOptions(CmpLimits.Default, findings)).NotBefore);
        Assert.Equal("Template.EmptyValidity", Assert.Single(findings).Rule);
    }

    [Fact]
    public void A_key_that_the_ca_shall_make_has_no_octets()
    {
        CertTemplate t = CertTemplate.Decode(new CertTemplate { PublicKey = new SubjectPublicKeyInfo(Samples.PublicKey.Algorithm, System.Array.Empty<byte>()) }.Encoded);
        Assert.True(t.PublicKey!.Key.IsEmpty);
        Assert.Equal("030100", Hex.Of(t.PublicKey.Encoded.Span.Slice(t.PublicKey.Encoded.Length - 3)));
    }

    [Theory]
    [InlineData("30 04 81 02 00 01")] // a serial number with an octet too many
    [InlineData("30 04 87 02 03 FF")] // unused bits that are set
    public void What_is_no_DER_is_sent_on_as_it_came(string octets)
    {
        CertTemplate t = CertTemplate.Decode(Hex.Parse(octets));
        Assert.Equal(Hex.Parse(octets), (t with { }).Encoded.ToArray());
    }

    [Fact]
    public void A_serial_number_that_is_no_DER_can_be_named()
    {
        DerNode tree = DerNode.Parse(Samples.Certificate.Encoded.ToArray());
        tree.Children![0].Children![1].Content = [0, 0, 7];
        CertId id = CertId.Of(Certificate.Decode(tree.Encode()));
        Assert.Equal([0, 0, 7], Expect.Read(id.Encoded.ToArray(), CertId.Read).SerialNumber.ToArray());
    }

    [Fact]
    public void Rule64_A_key_beyond_measure_is_malformed()
    {
        byte[] template = new CertTemplate { PublicKey = new SubjectPublicKeyInfo(Samples.PublicKey.Algorithm, new byte[10_000]) }.Encoded.ToArray();
        Expect.Malformed(() => CertTemplate.Decode(template), template.Length);
    }
}
