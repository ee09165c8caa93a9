using System.Text;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Cryptography;

public sealed class Pbkdf2Tests
{
    /// <summary>RFC 6070 2 (SHA-1) and RFC 7914 11 (SHA-256); the others as Python's hashlib computes them.</summary>
    [Theory]
    [InlineData(Oids.HmacWithSha1, "password", "salt", 4096, "4B007901B765489ABEAD49D926F721D065A429C1")]
    [InlineData(Oids.HmacWithSha1, "passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096, "3D2EEC4FE41C849B80C8D83662C0E44A8B291A964CF2F07038")]
    [InlineData(Oids.HmacWithSha256, "passwd", "salt", 1, "55AC046E56E3089FEC1691C22544B605F94185216DDE0465E68B9D57C20DACBC")]
    [InlineData(Oids.HmacWithSha256, "Password", "NaCl", 80000, "4DDCD8F60B98BE21830CEE5EF22701F9641A4418D04C0414AEFF08876B34AB56")]
    [InlineData(Oids.HmacWithSha224, "password", "salt", 1000, "D3BCF320FD918908EAFCAA460FAF40E201F6508D4E6F3D9C1C0ABD30DAE08CC8")]
    [InlineData(Oids.HmacWithSha384, "password", "salt", 1000, "3BD37E2236941D4A77B1B5B714C6F913FABB6B0841A6D7D8656B99D611E900FE")]
    [InlineData(Oids.HmacWithSha512, "password", "salt", 1000, "AFE6C5530785B6CC6B1C6453384731BD5EE432EE549FD42FB6695779AD8A1C5B")]
    public void Derives_what_the_RFCs_say(string prf, string password, string salt, int iterations, string expected)
    {
        Assert.True(Pbkdf2.IsSupported(prf));
        byte[] key = Pbkdf2.Derive(prf, Encoding.ASCII.GetBytes(password), Encoding.ASCII.GetBytes(salt), iterations, expected.Length / 2);
        Assert.Equal(expected, Hex.Of(key));
    }

    [Fact]
    public void Knows_what_it_does_not_know() => Assert.False(Pbkdf2.IsSupported(Oids.Sha256));
}
