using System.Linq;
using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class MailWordsTests
{
    [Theory]
    [InlineData("CMP request")]
    [InlineData("Zertifikat für Büro 7")]
    [InlineData("=?utf-8?B?eA==?=")]
    [InlineData("証明書 証明書 証明書 証明書 証明書 証明書 証明書 証明書 証明書 証明書 証明書 😀😀😀")]
    public void What_is_written_is_read_again(string text)
    {
        string encoded = MailWords.Encode(text);
        Assert.All(encoded, c => Assert.InRange(c, '\n', '~'));
        Assert.All(encoded.Split('\n'), line => Assert.InRange(line.Trim().Length, 1, 75));
        Assert.Equal(text, MailWords.Decode(encoded.Replace("\r\n", string.Empty)));
    }

    [Theory]
    [InlineData("=?UTF-8?q?R=C3=A9f=3A_x?= y", "Réf: x y")]
    [InlineData("=?iso-8859-1*fr?Q?R=E9f?=", "Réf")]
    [InlineData("a =?utf-8?b?YQ==?= =?utf-8?b?Yg==?= c", "a ab c")]
    [InlineData("=?utf-8?B?YQ==?= x =?utf-8?B?Yg==?=", "a x b")]
    [InlineData("=?koi8-r?B?YQ==?=", "=?koi8-r?B?YQ==?=")]
    [InlineData("=?utf-8?X?YQ==?=", "=?utf-8?X?YQ==?=")]
    [InlineData("=?utf-8?B?*?=", "=?utf-8?B?*?=")]
    [InlineData("=?utf-8?B?YQ==", "=?utf-8?B?YQ==")]
    [InlineData("=?", "=?")]
    [InlineData("=?x?", "=?x?")]
    [InlineData("=?utf-8?Q?a=?=", "a=")]
    [InlineData("=?utf-8?Q?a=4?=", "a=4")]
    [InlineData("= ?", "= ?")]
    [InlineData("=?a?b", "=?a?b")]
    [InlineData("=?a?b?", "=?a?b?")]
    [InlineData("=?utf-8?B??=", "")]
    public void Words_of_others_are_read_as_far_as_they_are_known(string text, string plain) => Assert.Equal(plain, MailWords.Decode(text));

    [Fact]
    public void A_word_has_its_bound()
    {
        string whole = "=?utf-8?Q?" + new string('x', 900) + "?=", tooLong = "=?utf-8?Q?" + new string('x', 1000) + "?=";
        Assert.Equal(900, MailWords.Decode(whole).Length);
        Assert.Equal(tooLong, MailWords.Decode(tooLong));
    }

    [Theory]
    [InlineData("a=3Db=\r\nc=\nd=zz_=", "a=bcd=zz_=")]
    public void Quoted_printable_of_bodies_is_read(string text, string plain) =>
        Assert.Equal(plain, new string([.. MailWords.QuotedPrintable(text, isWord: false).Select(octet => (char)octet)]));
}
