using System;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Pkix;

public class CertificateTests
{
    [Fact]
    public void Every_field_is_read()
    {
        Certificate c = Samples.Certificate;
        Assert.Equal(3, c.Version);
        Assert.Equal("1234567890", Hex.Of(c.SerialNumber.Span));
        Assert.True(c.Issuer.IsSameAs(Samples.CaName));
        Assert.True(c.Subject.IsSameAs(Samples.Subject));
        Assert.False(c.IsSelfIssued);
        Assert.Equal(Samples.Time, c.NotBefore);
        Assert.Equal(Samples.Time.AddYears(40), c.NotAfter);
        Assert.True(c.PublicKey.IsSameAs(Samples.PublicKey));
        Assert.Equal(6, c.Extensions.Count);
        Assert.Equal(Samples.Octets(20), c.SubjectKeyIdentifier!.Value.ToArray());
        Assert.Equal(Samples.Octets(20, 0x80), c.AuthorityKeyIdentifier!.Value.ToArray());
        Assert.Equal(KeyUsages.DigitalSignature | KeyUsages.KeyCertSign | KeyUsages.CrlSign, c.KeyUsage);
        Assert.Equal([Oids.CmcCA, Oids.CmcRA], c.EnhancedKeyUsage);
        Assert.True(c.IsCA);
        Assert.Equal(3, c.PathLength);
        Assert.Equal(6, c.SubjectAltNames.Count);
        Assert.Equal(Oids.Sha256WithRsa, c.SignatureAlgorithm.Oid);
        Assert.Equal(64, c.Signature.Length);
        Assert.True(c.Encoded.Span.Overlaps(c.TbsCertificate.Span));
        Assert.Equal("CN=router7, O=Example, C=DE", c.ToString());
    }

#if NET
    [Fact]
    public void DotNet_reads_the_same()
    {
        using var ca = new TestCa();
        using X509Certificate2 theirs = ca.Certificate;
        var ours = Certificate.From(theirs);
        Assert.Equal(theirs.Thumbprint, ours.Thumbprint);
        Assert.Equal(theirs.SerialNumber, Hex.Of(ours.SerialNumber.Span));
        Assert.Equal(theirs.NotBefore.ToUniversalTime(), ours.NotBefore.UtcDateTime);
        Assert.Equal(theirs.NotAfter.ToUniversalTime(), ours.NotAfter.UtcDateTime);
        Assert.Equal(theirs.Subject, ours.Subject.ToString());
        Assert.True(ours.IsSelfIssued);
        Assert.Equal(theirs.Extensions.OfType<X509SubjectKeyIdentifierExtension>().Single().SubjectKeyIdentifier, Hex.Of(ours.SubjectKeyIdentifier!.Value.Span));
        Assert.Equal(theirs.PublicKey.ExportSubjectPublicKeyInfo(), ours.PublicKey.Encoded.ToArray());
    }
#endif

    [Fact]
    public void What_is_absent_is_null()
    {
        DerNode tree = DerNode.Parse(Samples.Certificate.Encoded.ToArray());
        tree.Children![0].Children!.RemoveAt(9); // extensions
        var c = Certificate.Decode(tree.Encode());
        Assert.Empty(c.Extensions);
        Assert.Null(c.SubjectKeyIdentifier);
        Assert.Null(c.AuthorityKeyIdentifier);
        Assert.Null(c.KeyUsage);
        Assert.Null(c.EnhancedKeyUsage);
        Assert.Null(c.PathLength);
        Assert.False(c.IsCA);
        Assert.Empty(c.SubjectAltNames);
    }

    [Fact]
    public void A_certificate_without_version_is_version_1()
    {
        DerNode tree = DerNode.Parse(Samples.Certificate.Encoded.ToArray());
        tree.Children![0].Children!.RemoveAt(0);
        Assert.Equal(1, Certificate.Decode(tree.Encode()).Version);
    }

    [Theory]
    [InlineData("version 4", "02 01 03", 0, 0)]
    [InlineData("version 0", "02 01 FF", 0, 0)]
    [InlineData("a huge version", "02 04 7F FF FF FF", 0, 0)]
    [InlineData("another algorithm inside", "30 03 06 01 2A", 2, -1)]
    public void Rule64_Certificates_that_are_none_say_so_when_they_are_asked(string what, string value, int child, int grandchild)
    {
        DerNode tree = DerNode.Parse(Samples.Certificate.Encoded.ToArray());
        DerNode tbs = tree.Children![0];
        if (grandchild < 0)
            tbs.Children![child] = DerNode.Parse(Hex.Parse(value));
        else
            tbs.Children![child].Children![grandchild] = DerNode.Parse(Hex.Parse(value));
        var c = Certificate.Decode(tree.Encode());
        Expect.Malformed(() => _ = c.Version);
        Expect.Malformed(() => _ = c.Subject);
        Assert.Equal("Certificate (malformed)", c.ToString());
        Assert.NotEmpty(what);
    }

    [Fact]
    public void An_extension_that_comes_twice_makes_a_certificate_malformed()
    {
        DerNode tree = DerNode.Parse(Samples.Certificate.Encoded.ToArray());
        DerNode extensions = tree.Children![0].Children![9].Children![0];
        extensions.Children!.Add(extensions.Children[1]);
        Assert.Contains("2.5.29.15 twice", Expect.Malformed(() => _ = Certificate.Decode(tree.Encode()).KeyUsage).Message);
    }

    [Theory]
    [InlineData(Oids.BasicConstraints, "30 06 01 01 FF 02 01 FF")]
    [InlineData(Oids.BasicConstraints, "30 08 01 01 FF 02 01 01 05 00")]
    [InlineData(Oids.BasicConstraints, "04 00")]
    [InlineData(Oids.KeyUsage, "03 02 09 80")]
    [InlineData(Oids.SubjectKeyIdentifier, "02 01 00")]
    [InlineData(Oids.AuthorityKeyIdentifier, "80 01 00")]
    [InlineData(Oids.ExtendedKeyUsage, "30 02 05 00")]
    [InlineData(Oids.SubjectAltName, "30 02 05 00")]
    public void Rule64_Extensions_that_are_none_say_so_when_they_are_asked(string oid, string value)
    {
        DerNode tree = DerNode.Parse(Samples.Certificate.Encoded.ToArray());
        DerNode extension = tree.Children![0].Children![9].Children![0].Children!.Single(e => Hex.Of(e.Children![0].Encode()) == Hex.Of(Samples.Der(w => w.WriteObjectIdentifier(oid))));
        extension.Children![^1] = DerNode.Primitive(4, Hex.Parse(value));
        var c = Certificate.Decode(tree.Encode());
        Expect.Malformed(() => _ = oid switch
        {
            Oids.BasicConstraints => (object?)c.IsCA,
            Oids.KeyUsage => c.KeyUsage,
            Oids.SubjectKeyIdentifier => c.SubjectKeyIdentifier,
            Oids.AuthorityKeyIdentifier => c.AuthorityKeyIdentifier,
            Oids.ExtendedKeyUsage => c.EnhancedKeyUsage,
            _ => c.SubjectAltNames,
        });
    }

    [Fact]
    public void Rule20_Octets_that_are_no_DER_stay_as_they_are()
    {
        // critical as 01, and the length of the whole with an octet too many: what was signed and hashed
        DerNode tree = DerNode.Parse(Samples.Certificate.Encoded.ToArray());
        tree.Children![0].Children![9].Children![0].Children![0].Children![1].Content = [1];
        byte[] inner = tree.Encode();
        byte[] octets = [0x30, 0x83, 0x00, .. inner.AsSpan(2).ToArray()];
        var c = Certificate.Decode(octets);
        Assert.True(c.Extensions[0].Critical);
        Assert.True(c.IsCA);
        Assert.Equal(octets, c.Encoded.ToArray());
        Assert.Equal(octets, (c with { }).Encoded.ToArray());
        using var sha1 = System.Security.Cryptography.SHA1.Create();
        Assert.Equal(Hex.Of(sha1.ComputeHash(octets)), c.Thumbprint);
    }
}
