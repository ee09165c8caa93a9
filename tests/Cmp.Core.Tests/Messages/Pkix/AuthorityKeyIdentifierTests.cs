using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Messages.Pkix;

/// <summary>Which key of a CA is meant: written as the draft of the transport has it, and found again among certificates.</summary>
public class AuthorityKeyIdentifierTests
{
    /// <summary>draft-ietf-pkix-cmp-transport-protocols-11 3.7.2.1.</summary>
    private const string Example = "303C8014BE911E711EDB685BF94D9B176A1BC715CE51D794A119A4173015311330110603550403130A4578616D706C652043418209008F8B7E383D88327C";

    [Fact]
    public void The_example_of_the_draft_is_read()
    {
        var read = AuthorityKeyIdentifier.Decode(Hex.Parse(Example));
        Assert.Equal("BE911E711EDB685BF94D9B176A1BC715CE51D794", Hex.Of(read.KeyIdentifier!.Value.Span));
        Assert.True(Assert.Single(read.CertIssuer).DirectoryName!.IsSameAs(Name.Parse("CN=Example CA")));
        Assert.Equal("008F8B7E383D88327C", Hex.Of(read.CertSerialNumber!.Value.Span));
    }

    [Fact]
    public void The_example_is_written()
    {
        var read = AuthorityKeyIdentifier.Decode(Hex.Parse(Example));
        Assert.Equal(Example, Hex.Of((read with { CertIssuer = read.CertIssuer }).Encoded.Span));
        Assert.Equal("3000", Hex.Of(new AuthorityKeyIdentifier().Encoded.Span));
        var nobody = AuthorityKeyIdentifier.Decode(Hex.Parse("3000"));
        Assert.Null(nobody.KeyIdentifier);
        Assert.Null(nobody.CertSerialNumber);
        Assert.Empty(nobody.CertIssuer);
    }

    [Fact]
    public void It_means_the_certificate_that_it_was_made_of_and_no_other()
    {
        MadeCertificate one = MadeCertificate.Root("CN=Example CA"), other = MadeCertificate.Root("CN=Example CA");
        AuthorityKeyIdentifier id = AuthorityKeyIdentifier.Decode(AuthorityKeyIdentifier.Of(one.Certificate).Encoded);
        Assert.True(id.Means(one.Certificate));
        Assert.False(id.Means(other.Certificate));
        Assert.True((id with { CertIssuer = [], CertSerialNumber = null }).Means(one.Certificate));
        Assert.True((id with { KeyIdentifier = null }).Means(one.Certificate));
        // one that says nothing of key and number means nobody
        Assert.False((id with { KeyIdentifier = null, CertSerialNumber = null }).Means(one.Certificate));
        Assert.False((id with { CertIssuer = [GeneralName.FromName(Name.Parse("CN=Another"))] }).Means(one.Certificate));
        Assert.False((id with { CertSerialNumber = new byte[] { 1 } }).Means(one.Certificate));
        Assert.False((id with { KeyIdentifier = new byte[20] }).Means(one.Certificate));
    }

    [Theory]
    [InlineData("3003800101FF")]
    [InlineData("30028001")]
    [InlineData("30028200")]
    [InlineData("3006820101800101")]
    public void What_is_none_is_refused(string octets) =>
        Assert.Equal("CmpMessage.Malformed", Assert.Throws<CmpException>(() => AuthorityKeyIdentifier.Decode(Hex.Parse(octets))).ErrorId);
}
