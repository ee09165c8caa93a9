using System.Linq;
using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class MailFieldTests
{
    [Theory]
    [InlineData("application/pkixcmp", "application/pkixcmp", "")]
    [InlineData("Application/PKIXCMP; Name=\"x.pki\"", "application/pkixcmp", "Name=x.pki")]
    [InlineData("application/pkixcmp;name=x.pki;", "application/pkixcmp", "name=x.pki")]
    [InlineData("application / pkixcmp ; name = \"a;b\\\"c\"", "application/pkixcmp", "name=a;b\"c")]
    [InlineData("application/pkixcmp (a (nested \\) comment)); name=(x)y(z)", "application/pkixcmp", "name=y")]
    [InlineData("multipart/mixed; boundary=\"=_(no comment)\"; boundary=second", "multipart/mixed", "boundary==_(no comment)")]
    [InlineData("base64", "base64", "")]
    [InlineData("attachment;\t filename*=utf-8''x.pki", "attachment", "filename*=utf-8''x.pki")]
    [InlineData("", "", "")]
    public void A_value_and_its_parameters_are_read(string text, string value, string parameters)
    {
        MailField field = MailField.Parse(text)!;
        Assert.Equal(value, field.Value);
        Assert.Equal(parameters, string.Join(" ", field.Parameters.Select(one => $"{one.Key}={one.Value}")));
    }

    [Theory]
    [InlineData("application/pkixcmp; name=\"x")]
    [InlineData("application/pkixcmp (never ends")]
    [InlineData("application/pkixcmp; name")]
    [InlineData("application/pkixcmp; =x")]
    [InlineData("x ((((((((((((((((((((a))))))))))))))))))))")]
    public void What_breaks_the_syntax_is_nothing(string text) => Assert.Null(MailField.Parse(text));

    [Fact]
    public void More_parameters_than_anybody_needs_are_nothing()
    {
        Assert.NotNull(MailField.Parse("x" + string.Concat(Enumerable.Range(0, 50).Select(i => $";p{i}=1"))));
        Assert.Null(MailField.Parse("x" + string.Concat(Enumerable.Range(0, 51).Select(i => $";p{i}=1"))));
        Assert.Null(MailField.Parse(null));
    }
}
