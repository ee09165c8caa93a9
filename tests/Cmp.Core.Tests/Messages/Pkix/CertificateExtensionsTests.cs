using System.Net;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Pkix;

public class CertificateExtensionsTests
{
    [Fact]
    public void Key_usage_drops_trailing_zeros_and_is_critical()
    {
        // RFC 5280 4.2.1.3: digitalSignature is the first bit, decipherOnly the ninth
        Assert.Equal("300E" + "0603551D0F" + "0101FF" + "0404" + "03020780", Hex.Of(CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature).Encoded.Span));
        Assert.Equal("03020186", Value(CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature | KeyUsages.KeyCertSign | KeyUsages.CrlSign)));
        Assert.Equal("0303070080", Value(CertificateExtensions.KeyUsage(KeyUsages.DecipherOnly)));
        Assert.Equal("030100", Value(CertificateExtensions.KeyUsage(KeyUsages.None)));
    }

    [Fact]
    public void Usages_and_policies_are_named_once()
    {
        Extension usage = CertificateExtensions.EnhancedKeyUsage([Oids.CmcCA, Oids.CmcRA, Oids.CmcCA]);
        Assert.False(usage.Critical);
        Assert.Equal("3014" + "06082B0601050507031B" + "06082B0601050507031C", Value(usage));
        Assert.Equal("3009" + "3007" + "06052A03040506", Value(CertificateExtensions.Policies(["1.2.3.4.5.6", "1.2.3.4.5.6"])));
        CmpException e = Assert.Throws<CmpException>(() => CertificateExtensions.EnhancedKeyUsage(["serverAuth\u001B"]));
        Assert.Equal("CmpArgument.Oid", e.ErrorId);
        Assert.DoesNotContain("\u001B", e.Message);
    }

    [Fact]
    public void Names_are_written_as_they_are_read()
    {
        GeneralName[] names = [GeneralName.FromText(GeneralNameType.DnsName, "a.example"), GeneralName.FromAddress(IPAddress.Loopback), GeneralName.FromName(Samples.Subject), GeneralName.FromUserPrincipalName("ann@example.com")];
        Extension extension = CertificateExtensions.SubjectAltName(names, critical: true);
        Assert.True(extension.Critical);
        var read = GeneralName.DecodeList(extension.Value);
        Assert.Equal(names.Length, read.Count);
        for (int i = 0; i < names.Length; i++)
            Assert.True(names[i].IsSameAs(read[i]));
    }

    private static string Value(Extension extension) => Hex.Of(extension.Value.Span);
}
