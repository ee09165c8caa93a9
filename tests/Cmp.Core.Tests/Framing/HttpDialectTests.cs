using System;
using System.Linq;
using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class HttpDialectTests
{
    /// <summary>The table of facts B.</summary>
    [Theory]
    [InlineData(HttpGeneration.Rfc9811, null, "application/pkixcmp", null, false)]
    [InlineData(HttpGeneration.Rfc6712, null, "application/pkixcmp", null, false)]
    [InlineData(HttpGeneration.Rfc2510, null, "application/pkixcmp", "application/x-pkixcmp", false)]
    [InlineData(HttpGeneration.CmpHttp00, TcpMessageStyle.Rfc2510, "application/pkixcmp-poll", null, true)]
    [InlineData(HttpGeneration.Transport00, TcpMessageStyle.Version10, "application/pkixcmp", "application/x-pkixcmp", true)]
    [InlineData(HttpGeneration.Transport02, TcpMessageStyle.Version10, "application/pkixcmp-poll", "application/x-pkixcmp-poll", true)]
    [InlineData(HttpGeneration.Transport05, TcpMessageStyle.Version10, "application/pkixcmp", "application/pkixcmp-poll", true)]
    [InlineData(HttpGeneration.Transport06, null, "application/pkixcmp", "application/pkixcmp-poll", true)]
    public void Each_text_has_its_framing_and_its_media_types(HttpGeneration generation, TcpMessageStyle? framing, string sends, string? also, bool noCache)
    {
        HttpDialect dialect = HttpDialect.Of(generation);
        Assert.Equal(generation, dialect.Generation);
        Assert.Equal(framing, dialect.Framing);
        Assert.Equal(sends, dialect.MediaType);
        Assert.Equal(also is null ? [] : new[] { also }, dialect.AlsoAccepted);
        Assert.Equal(noCache, dialect.WantsNoCache);
        Assert.True(dialect.Has(sends));
        Assert.Equal(also is not null, new[] { CmpMediaType.Pkixcmp, CmpMediaType.XPkixcmp, CmpMediaType.PkixcmpPoll, CmpMediaType.XPkixcmpPoll }.Any(type => type != sends && dialect.Has(type)));
    }

    [Fact]
    public void No_text_is_without_a_row() => Assert.Equal(Enum.GetNames(typeof(HttpGeneration)), HttpDialect.All.Select(dialect => dialect.Generation.ToString()));
}
