using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Framing;

public class CoapPathTests
{
    /// <summary>The second to fourth are those of RFC 7252 appendix B.</summary>
    [Theory]
    [InlineData("/.well-known/cmp/p/Test%20CA/ir", new[] { "11:.well-known", "11:cmp", "11:p", "11:Test CA", "11:ir" }, "/.well-known/cmp/p/Test%20CA/ir")]
    [InlineData("/.well-known/core", new[] { "11:.well-known", "11:core" }, "/.well-known/core")]
    [InlineData("/%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF", new[] { "11:こんにちは" }, "/%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF")]
    [InlineData("//%2F//?%2F%2F&?%26", new[] { "11:", "11:/", "11:", "11:", "15://", "15:?&" }, "//%2F//?//&?%26")]
    [InlineData("", new string[0], "/")]
    [InlineData("/", new string[0], "/")]
    [InlineData("/a/", new[] { "11:a", "11:" }, "/a/")]
    [InlineData("?x=1", new[] { "15:x=1" }, "/?x=1")]
    [InlineData("/ü", new[] { "11:ü" }, "/%C3%BC")]
    public void Paths_become_options_and_options_paths(string path, string[] options, string shown)
    {
        IReadOnlyList<CoapOption> read = CoapPath.ToOptions(path);
        Assert.Equal(options, read.Select(o => o.Number + ":" + o.ToText()));
        Assert.Equal(shown, CoapPath.TextOf(Get(read)));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("/%")]
    [InlineData("/%4")]
    [InlineData("/%4g")]
    [InlineData("/% 4")]
    [InlineData("/a/../b")]
    [InlineData("/%2e%2E")]
    [InlineData("/./b")]
    public void What_is_no_path_is_refused(string path) => Assert.Throws<FormatException>(() => CoapPath.ToOptions(path));

    [Fact]
    public void A_segment_has_up_to_255_octets_and_a_path_no_more_segments_than_fit()
    {
        Assert.Equal(255, CoapPath.ToOptions("/" + new string('a', 255))[0].Value.Length);
        Assert.Throws<FormatException>(() => CoapPath.ToOptions("/" + new string('a', 256)));
        Assert.Equal(32, CoapPath.ToOptions(string.Concat(Enumerable.Repeat("/a", 32))).Count);
        Assert.Throws<FormatException>(() => CoapPath.ToOptions(string.Concat(Enumerable.Repeat("/a", 33))));
    }

    [Fact]
    public void A_path_of_a_peer_is_fit_to_be_shown()
    {
        CoapMessage request = Get([new CoapOption(CoapOptionNumber.UriPath, Hex.Parse("1B5B32 4A 0A FF")), CoapOption.Of(CoapOptionNumber.UriQuery, "a=\u202E&b")]);
        Assert.Equal("/%1B%5B2J%0A%FF?a=%E2%80%AE%26b", CoapPath.TextOf(request));
    }

    private static CoapMessage Get(IReadOnlyList<CoapOption> options) => new() { Type = CoapType.Confirmable, Code = CoapCode.Get, Options = options };
}
