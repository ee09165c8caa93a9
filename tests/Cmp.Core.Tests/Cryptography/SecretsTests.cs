using System;
using System.Security;
using System.Text;
using Cmp.Cryptography;
using Xunit;

namespace Cmp.Tests.Cryptography;

public class SecretsTests
{
    [Theory]
    [InlineData(new byte[] { 1, 2, 3 }, new byte[] { 1, 2, 3 }, true)]
    [InlineData(new byte[] { 1, 2, 3 }, new byte[] { 1, 2, 4 }, false)]
    [InlineData(new byte[] { 9, 2, 3 }, new byte[] { 1, 2, 3 }, false)]
    [InlineData(new byte[] { 1, 2, 3 }, new byte[] { 1, 2 }, false)]
    [InlineData(new byte[0], new byte[0], true)]
    public void Rule34_Comparing_says_what_is_so(byte[] left, byte[] right, bool same) => Assert.Equal(same, Secrets.FixedTimeEquals(left, right));

    [Fact]
    public void Clearing_leaves_zeros()
    {
        byte[] secret = [1, 2, 3];
        Secrets.Clear(secret);
        Assert.Equal(new byte[3], secret);
        Secrets.Clear(null);
    }

    [Fact]
    public void Random_octets_differ()
    {
        Assert.Equal(16, Secrets.Random(16).Length);
        Assert.NotEqual(Secrets.Random(16), Secrets.Random(16));
        Assert.Empty(Secrets.Random(0));
    }

    [Theory]
    [InlineData("")]
    [InlineData("insta")]
    [InlineData("pässwörd €")]
    [InlineData("\U0001F511")]
    public void A_password_is_its_UTF8(string text)
    {
        using var password = new SecureString();
        foreach (char c in text)
            password.AppendChar(c);
        Assert.Equal(Encoding.UTF8.GetBytes(text), Secrets.Utf8(password));
    }
}
