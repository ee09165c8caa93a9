using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Messages;

/// <summary>An OPTIONAL field of octets that is absent is null, not empty: an absent protection is none, an absent nonce is a mismatch.</summary>
public class AbsentFieldsTests
{
    [Fact]
    public void Absent_parameters_of_an_algorithm_are_null()
    {
        AlgorithmIdentifier read = AlgorithmIdentifier.Decode(Hex.Parse("300A06082A8648CE3D040302"));
        Assert.Null(read.Parameters);
        Assert.True(read.HasNoParameters);
    }

    [Fact]
    public void Absent_key_identifiers_are_null()
    {
        Certificate certificate = TestCertificate.Root("x", TestProfile.CA with { KeyIdentifiers = false }).Certificate;
        Assert.Null(certificate.SubjectKeyIdentifier);
        Assert.Null(certificate.AuthorityKeyIdentifier);
    }

    [Fact]
    public void Absent_fields_of_a_template_are_null()
    {
        CertTemplate read = CertTemplate.Decode(new byte[] { 0x30, 0 });
        Assert.Null(read.SerialNumber);
        Assert.Null(read.Version);
    }
}
