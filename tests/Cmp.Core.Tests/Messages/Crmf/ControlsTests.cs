using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Crmf;

public class ControlsTests
{
    [Fact]
    public void Each_control_has_the_value_of_the_RFC()
    {
        Assert.Equal("0C05" + "746F6B656E", Value(Controls.RegToken("token")));
        Assert.Equal("0C02" + "C3A4", Value(Controls.Authenticator("ä")));
        Assert.Equal("3003" + "020100", Value(Controls.PublicationInfo(new PkiPublicationInfo(false, []))));
        Assert.Equal("300A" + "020101" + "3005" + "3003" + "020103", Value(Controls.PublicationInfo(new PkiPublicationInfo(true, [new SinglePubInfo(3, null)]))));
        Assert.Equal("02020C00", Value(Controls.RsaKeyLen(3072)));
        Assert.Equal(Hex.Of(Samples.Sha256WithRsa.Encoded.Span), Value(Controls.AlgId(Samples.Sha256WithRsa)));
        Assert.Equal(Hex.Of(Samples.PublicKey.Encoded.Span), Value(Controls.ProtocolEncrKey(Samples.PublicKey)));
        Assert.Equal("3007" + "06032A0304" + "0500", Value(Controls.AltCertTemplate(new AttributeTypeAndValue("1.2.3.4", new byte[] { 5, 0 }))));
    }

    [Fact]
    public void Rule12_The_old_certificate_is_named_by_issuer_and_number()
    {
        AttributeTypeAndValue control = Controls.OldCertId(Samples.Certificate);
        Assert.Equal(Oids.OldCertId, control.Oid);
        CertId id = Controls.ReadOldCertId(control);
        Assert.True(id.Issuer.DirectoryName!.IsSameAs(Samples.Certificate.Issuer));
        Assert.Equal(GeneralNameType.DirectoryName, id.Issuer.Type);
        Assert.Equal(Samples.Certificate.SerialNumber.ToArray(), id.SerialNumber.ToArray());
    }

    [Fact]
    public void Pairs_escape_what_separates_them()
    {
        // RFC 4211 7.1
        AttributeTypeAndValue info = Controls.Utf8Pairs([new("Name?", "50%"), new("b", "ü")]);
        Assert.Equal(Oids.Utf8Pairs, info.Oid);
        Assert.Equal("Name%3f?50%25%b?ü%", Controls.ReadText(info));
    }

    [Fact]
    public void Rule64_Values_that_are_none_are_malformed()
    {
        var odd = new AttributeTypeAndValue("1.2.3", new byte[] { 5, 0 });
        Expect.Malformed(() => Controls.ReadText(odd));
        Expect.Malformed(() => Controls.ReadOldCertId(odd));
    }

    [Fact]
    public void A_request_finds_its_controls()
    {
        Assert.Equal("token", Controls.ReadText(Samples.Request.FindControl(Oids.RegToken)!));
        Assert.Null(Samples.Request.FindControl("1.2.3"));
        Assert.Equal(10, Expect.Read(Samples.Request.Encoded.ToArray(), CertRequest.Read).Controls.Count);
    }

    private static string Value(AttributeTypeAndValue control) => Hex.Of(control.Value.Span);
}
