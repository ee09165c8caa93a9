using System;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.HttpTest;

namespace Cmp.Tests.Transports;

/// <summary>Which address goes out.</summary>
public class HttpTargetTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("", "/")]
    [InlineData("/pkix", "/pkix")]
    [InlineData("/pkix/", "/pkix/")]
    [InlineData("/ejbca/publicweb/cmp/MyAlias", "/ejbca/publicweb/cmp/MyAlias")]
    [InlineData("/a%2fb%2Fc", "/a%2fb%2Fc")]
    [InlineData("/%41%7e%20%C3%A4", "/%41%7e%20%C3%A4")]
    [InlineData("/a/../b/./c", "/a/../b/./c")]
    [InlineData("//a//b//", "//a//b//")]
    [InlineData("/a;b=c,d:e@f!$&'()*+", "/a;b=c,d:e@f!$&'()*+")]
    [InlineData("/a?b=%2F&c=http://d/", "/a?b=%2F&c=http://d/")]
    [InlineData("?b", "/?b")]
    [InlineData("/a%zz%", "/a%zz%")]
    [InlineData("/a[b]\"<c>{d}|^`", "/a[b]\"<c>{d}|^`")]
    [InlineData("/a#fragment", "/a")]
    public async Task Rule60_The_path_goes_out_as_it_was_written(string written, string sent)
    {
        await using ScriptedServer server = new(c => c.ServeAsync());
        using HttpTransport transport = new(Settings(new Uri("http://127.0.0.1:" + server.Port + written)));
        await transport.OctetsAsync();
        Assert.Equal("POST " + sent + " HTTP/1.1", server.Requests.Single().RequestLine);
    }

    [Theory]
    [InlineData(CmpOperation.Initialization, null, "/.well-known/cmp/initialization")]
    [InlineData(CmpOperation.Certification, null, "/.well-known/cmp/certification")]
    [InlineData(CmpOperation.KeyUpdate, null, "/.well-known/cmp/keyupdate")]
    [InlineData(CmpOperation.Pkcs10, null, "/.well-known/cmp/pkcs10")]
    [InlineData(CmpOperation.Revocation, null, "/.well-known/cmp/revocation")]
    [InlineData(CmpOperation.CaCertificates, null, "/.well-known/cmp/getcacerts")]
    [InlineData(CmpOperation.RootUpdate, null, "/.well-known/cmp/getrootupdate")]
    [InlineData(CmpOperation.RequestTemplate, null, "/.well-known/cmp/getcertreqtemplate")]
    [InlineData(CmpOperation.Crls, null, "/.well-known/cmp/getcrls")]
    [InlineData(CmpOperation.Nested, null, "/.well-known/cmp/nested")]
    [InlineData(CmpOperation.KeyRecovery, null, "/.well-known/cmp")]
    [InlineData(CmpOperation.CrossCertification, null, "/.well-known/cmp")]
    [InlineData(CmpOperation.General, null, "/.well-known/cmp")]
    [InlineData(CmpOperation.Announcement, null, "/.well-known/cmp")]
    [InlineData(CmpOperation.Initialization, "Sub CA/1", "/.well-known/cmp/p/Sub%20CA%2F1/initialization")]
    [InlineData(CmpOperation.General, "x", "/.well-known/cmp/p/x")]
    public void Rule60_WellKnown_fills_an_empty_path(CmpOperation operation, string? name, string path)
    {
        foreach (string written in new[] { "http://ca.example", "http://ca.example/" })
        {
            HttpTarget target = new(Settings(new Uri(written)) with { WellKnown = true, WellKnownName = name });
            Assert.Equal(path, target.PathFor(operation));
            Assert.Equal(path, target.For(operation).PathAndQuery);
        }
        // and only an empty one, and only when asked
        Assert.Equal("/x", new HttpTarget(Settings(new Uri("http://ca.example/x")) with { WellKnown = true, WellKnownName = name }).PathFor(operation));
        Assert.Equal("/", new HttpTarget(Settings(new Uri("http://ca.example"))).PathFor(operation));
        // a listener reads the same
        Assert.Equal(OperationLabel.Of(operation) is null ? CmpOperation.General : operation, OperationLabel.In(path));
    }

    [Fact]
    public void Every_operation_has_its_place_among_the_labels() => Assert.Equal(Enum.GetValues<CmpOperation>().Length, OperationLabel.Count);

    [Theory]
    [InlineData("/", CmpOperation.General)]
    [InlineData("/cmp/initialization/", CmpOperation.Initialization)]
    [InlineData("/cmp/keyupdate?x=pkcs10", CmpOperation.KeyUpdate)]
    [InlineData("/initialization/x", CmpOperation.General)]
    [InlineData("/Initialization", CmpOperation.General)]
    [InlineData("/p/nested/certification", CmpOperation.Certification)]
    public void A_listener_reads_the_operation_from_the_last_segment(string path, CmpOperation operation) => Assert.Equal(operation, OperationLabel.In(path));

    [Theory]
    [InlineData("http://a/b\r\nX: y")]
    [InlineData("http://a/b\nX: y")]
    [InlineData("http://a/b?c\rd")]
    [InlineData("http://a/b c")]
    [InlineData("http://a/\tb")]
    [InlineData("http://a/b\u007F")]
    [InlineData("http://a/b\\c")]
    [InlineData("http://a/\u00e4")]
    [InlineData("http://a/\u202eb")]
    [InlineData(" http://a/")]
    [InlineData("http://a/\r\n")]
    public void Rule58_A_line_end_or_blank_in_the_path_is_refused(string written)
    {
        CmpException error = Assert.Throws<CmpException>(() => new HttpTransport(Settings(new Uri(written))));
        Assert.Equal("CmpTransport.InvalidUri", error.ErrorId);
        Assert.Equal(CmpErrorKind.Argument, error.Kind);
        Assert.DoesNotContain(error.Message, c => char.IsControl(c) || c == '\u202e');
        Assert.NotNull(error.RecommendedAction);
    }

    [Theory]
    [InlineData("http://a\r\nX: y/")]
    [InlineData("http://a b/")]
    [InlineData("http:///b")]
    [InlineData("http://")]
    [InlineData("http://:80/")]
    [InlineData("http:a/b")]
    [InlineData("ftp://a/b")]
    [InlineData("//a/b")]
    [InlineData("a/b")]
    public void Rule58_A_host_with_a_line_end_or_without_a_letter_is_refused(string written)
    {
        // Uri itself refuses most of them; none gets past both
        if (Uri.TryCreate(written, UriKind.RelativeOrAbsolute, out Uri? uri))
            Assert.Equal("CmpTransport.InvalidUri", Assert.Throws<CmpException>(() => new HttpTransport(Settings(uri))).ErrorId);
    }

    [Fact]
    public void Credentials_in_an_address_are_refused_and_not_repeated()
    {
        CmpException error = Assert.Throws<CmpException>(() => new HttpTransport(Settings(new Uri("http://user:secret@a/"))));
        Assert.Equal("CmpTransport.InvalidUri", error.ErrorId);
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://bücher.example:8080/x")]
    [InlineData("https://[::1]:8443/x")]
    [InlineData("HTTP://Ca.Example/x")]
    public void Hosts_of_all_kinds_are_understood(string written)
    {
        Uri uri = new HttpTarget(Settings(new Uri(written))).For(CmpOperation.General);
        Assert.Equal("/x", uri.PathAndQuery);
        Assert.Equal(new Uri(written).IdnHost, uri.IdnHost);
        Assert.Equal(new Uri(written).Port, uri.Port);
    }
}
