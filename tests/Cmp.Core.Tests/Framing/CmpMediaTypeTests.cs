using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class CmpMediaTypeTests
{
    [Theory]
    [InlineData("application/pkixcmp", true)]
    [InlineData("Application/PKIXCMP", true)]
    [InlineData("application/pkixcmp;charset=utf-8", true)]
    [InlineData(" application/pkixcmp ; x=y; z", true)]
    [InlineData("application/pkixcmpx", false)]
    [InlineData("application/x-pkixcmp", false)]
    [InlineData("application/pkixcmp, text/html", false)]
    [InlineData("text/html", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Rule54_The_media_type_is_compared_without_case_and_parameters(string? type, bool expected) => Assert.Equal(expected, CmpMediaType.IsPkixcmp(type));

    [Theory]
    [InlineData("application/x-pkixcmp", true)]
    [InlineData("application/PKIXCMP-poll; a", true)]
    [InlineData("application/x-pkixcmp-poll", true)]
    [InlineData("application/pkixcmp", false)]
    [InlineData("application/octet-stream", false)]
    [InlineData(null, false)]
    public void Rule54_Legacy_types_are_those_of_the_drafts(string? type, bool expected) => Assert.Equal(expected, CmpMediaType.IsLegacy(type));

    [Theory]
    [InlineData("Application/PKIXCMP; charset=x", CmpMediaType.Pkixcmp)]
    [InlineData("application/X-pkixcmp", CmpMediaType.XPkixcmp)]
    [InlineData(" application/pkixcmp-POLL ;", CmpMediaType.PkixcmpPoll)]
    [InlineData("application/x-pkixcmp-poll", CmpMediaType.XPkixcmpPoll)]
    [InlineData("application/pkixcmp-polls", null)]
    [InlineData("pkixcmp", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Rule54_A_type_is_known_by_its_plain_name(string? type, string? expected) => Assert.Equal(expected, CmpMediaType.Of(type));
}
