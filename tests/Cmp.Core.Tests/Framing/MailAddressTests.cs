using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class MailAddressTests
{
    [Theory]
    [InlineData("ca@example.com")]
    [InlineData("a.b-c+d@x")]
    [InlineData("root@localhost")]
    [InlineData("x!#$%&'*+-/=?^_`{|}~@xn--bcher-kva.example")]
    [InlineData("ca@[192.0.2.1]")]
    [InlineData("ca@[IPv6:2001:db8::1]")]
    public void An_address_of_atoms_is_taken(string text)
    {
        Assert.True(MailAddress.TryParse(text, out MailAddress? address));
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ca")]
    [InlineData("@example.com")]
    [InlineData("ca@")]
    [InlineData("c a@example.com")]
    [InlineData(".ca@example.com")]
    [InlineData("ca.@example.com")]
    [InlineData("c..a@example.com")]
    [InlineData("a@b@example.com")]
    [InlineData("\"c a\"@example.com")]
    [InlineData("ca@exam ple.com")]
    [InlineData("ca@example..com")]
    [InlineData("ca@example.com\r\nBcc: x@y")]
    [InlineData("ca\n@example.com")]
    [InlineData("ca@example.com, cb@example.com")]
    [InlineData("cä@example.com")]
    [InlineData("ca@bücher.example")]
    [InlineData("ca@[]")]
    [InlineData("ca@[a]b]")]
    [InlineData("<ca@example.com>")]
    public void Rule58_What_could_be_more_than_an_address_is_refused(string? text) => Assert.False(MailAddress.TryParse(text, out _));

    [Fact]
    public void Long_ones_are_refused()
    {
        Assert.True(MailAddress.TryParse(new string('a', 64) + "@" + new string('b', 255), out _));
        Assert.False(MailAddress.TryParse(new string('a', 65) + "@b", out _));
        Assert.False(MailAddress.TryParse("a@" + new string('b', 256), out _));
    }

    [Theory]
    [InlineData("ca@example.com", "ca@example.com")]
    [InlineData(" <ca@example.com> ", "ca@example.com")]
    [InlineData("The CA <ca@example.com>", "ca@example.com")]
    [InlineData("\"<x@y>\" <ca@example.com>", "ca@example.com")]
    [InlineData("ca@example.com, cb@example.com", null)]
    [InlineData("The CA", null)]
    [InlineData("<>", null)]
    [InlineData(null, null)]
    public void The_address_of_a_field_is_found(string? field, string? address) => Assert.Equal(address, MailAddress.Find(field)?.ToString());
}
