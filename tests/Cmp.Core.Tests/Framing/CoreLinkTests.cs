using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class CoreLinkTests
{
    /// <summary>The examples of RFC 6690 5.</summary>
    [Theory]
    [InlineData("</sensors>;ct=40;title=\"Sensor Index\",</sensors/temp>;rt=\"temperature-c\";if=\"sensor\",<http://www.example.com/sensors/t123>;anchor=\"/sensors/temp\";rel=\"describedby\"", 3)]
    [InlineData("</sensors/temp>;rt=\"light-lux core.sen-light\";if=\"core.s\";obs", 1)]
    [InlineData("", 0)]
    public void Links_are_read_and_written(string document, int count)
    {
        IReadOnlyList<CoreLink> links = Parse(document);
        Assert.Equal(count, links.Count);
        Assert.Equal(document, Encoding.UTF8.GetString(CoreLink.Write(links)));
    }

    [Fact]
    public void What_a_link_tells_is_found()
    {
        IReadOnlyList<CoreLink> links = Parse(" </.well-known/cmp> ; ct = 259 ; rt=\"cmp \\\"x\\\\\" ,\n</s>;ct=\"0 40 x 41\";obs;rt=a");
        Assert.Equal("/.well-known/cmp", links[0].Target);
        Assert.Equal([259], links[0].ContentFormats);
        Assert.Equal(["cmp", "\"x\\"], links[0].ResourceTypes);
        Assert.False(links[0].IsObservable);
        Assert.Equal([0, 40, 41], links[1].ContentFormats);
        Assert.True(links[1].IsObservable);
        Assert.Equal(["a"], links[1].ResourceTypes);
        Assert.Equal("</.well-known/cmp>;ct=259;rt=\"cmp \\\"x\\\\\"", links[0].ToString());
    }

    [Theory]
    [InlineData("x")]
    [InlineData("</a")]
    [InlineData("</a>;")]
    [InlineData("</a>;ct=")]
    [InlineData("</a>;ct=\"4")]
    [InlineData("</a>;ct=\"4\\")]
    [InlineData("</a></b>")]
    [InlineData("</a>,,</b>")]
    [InlineData("</a>;=4")]
    [InlineData("</a>;ct 4")]
    public void What_is_no_list_of_links_is_refused(string document)
    {
        CmpException e = Assert.Throws<CmpException>(() => Parse(document));
        Assert.Equal("CmpCoap.LinkFormat", e.ErrorId);
        Assert.Equal(CmpErrorKind.Malformed, e.Kind);
    }

    [Fact]
    public void There_are_no_more_links_and_attributes_than_are_borne()
    {
        Assert.Equal(CoreLink.MaxLinks, Parse(string.Join(",", Enumerable.Repeat("</a>", CoreLink.MaxLinks))).Count);
        Assert.Throws<CmpException>(() => Parse(string.Join(",", Enumerable.Repeat("</a>", CoreLink.MaxLinks + 1))));
        Assert.Equal(CoreLink.MaxAttributes, Parse("</a>" + string.Concat(Enumerable.Repeat(";b", CoreLink.MaxAttributes)))[0].Attributes.Count);
        Assert.Throws<CmpException>(() => Parse("</a>" + string.Concat(Enumerable.Repeat(";b", CoreLink.MaxAttributes + 1))));
    }

    private static IReadOnlyList<CoreLink> Parse(string document) => CoreLink.Parse(Encoding.UTF8.GetBytes(document));
}
