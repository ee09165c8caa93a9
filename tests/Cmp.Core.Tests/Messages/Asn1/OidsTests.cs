using System.Linq;
using System.Reflection;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Asn1;

public class OidsTests
{
    [Fact]
    public void Each_name_has_an_identifier_of_its_own_that_can_be_written()
    {
        FieldInfo[] fields = typeof(Oids).GetFields(BindingFlags.Public | BindingFlags.Static);
        Assert.Equal(fields.Length, fields.Select(field => (string)field.GetRawConstantValue()!).Distinct().Count());
        foreach (FieldInfo field in fields)
        {
            var algorithm = new AlgorithmIdentifier((string)field.GetRawConstantValue()!);
            Assert.Equal(algorithm.Oid, AlgorithmIdentifier.Decode(algorithm.Encoded).Oid);
        }
    }

    [Theory]
    [InlineData("1.2.840.113549.1.1.11", "sha256WithRSAEncryption")]
    [InlineData("1.3.6.1.5.5.7.5.1.5", "oldCertID")]
    [InlineData("1.2.3.4.5", "1.2.3.4.5")]
    public void Known_ones_are_shown_by_name(string oid, string name) => Assert.Equal(name, Oids.NameOf(oid));
}
