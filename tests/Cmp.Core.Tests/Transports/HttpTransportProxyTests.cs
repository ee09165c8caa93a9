using System;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.HttpTest;

namespace Cmp.Tests.Transports;

/// <summary>Which way leads over a proxy, and what is said to it.</summary>
public class HttpTransportProxyTests
{
    private static HttpTransportSettings Over(ScriptedServer proxy, string uri) =>
        Settings(new Uri(uri)) with { Proxy = new Uri("http://127.0.0.1:" + proxy.Port), NoProxy = [] };

    [Fact]
    public async Task Rule58_A_proxy_gets_the_absolute_form_with_the_path_as_written()
    {
        await using ScriptedServer proxy = new(c => c.ServeAsync());
        using HttpTransport transport = new(Over(proxy, "http://ca.example:8080/a/%2f/../b?c"));
        await transport.OctetsAsync();
        ReceivedRequest request = proxy.Requests.Single();
        Assert.Equal("POST http://ca.example:8080/a/%2f/../b?c HTTP/1.1", request.RequestLine);
        Assert.Equal("ca.example:8080", request.Fields["Host"]);
        Assert.DoesNotContain("Proxy-Authorization", request.Fields.Keys);
    }

    [Fact]
    public async Task Rule58_A_tunnel_is_asked_for_where_TLS_is_spoken()
    {
        await using ScriptedServer proxy = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
        });
        using HttpTransport transport = new(Over(proxy, "https://ca.example/x"));
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpTransport.ProxyFailed", error.ErrorId);
        Assert.Equal("CONNECT ca.example:443 HTTP/1.1", proxy.Requests.Single().RequestLine);
        Assert.NotNull(error.RecommendedAction);
    }

    [Fact]
    public async Task Rule58_A_proxy_that_asks_gets_the_credential()
    {
        await using ScriptedServer proxy = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n");
            await c.ServeAsync();
        });
        using HttpTransport transport = new(Over(proxy, "http://ca.example/") with { ProxyCredential = new NetworkCredential("u", "pässword") });
        await transport.OctetsAsync();
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("u:pässword")), proxy.Requests.Last().Fields["Proxy-Authorization"]);
    }

    [Fact]
    public async Task Rule58_A_proxy_that_gets_no_credential_is_a_status()
    {
        await using ScriptedServer proxy = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n");
        });
        using HttpTransport transport = new(Over(proxy, "http://ca.example/"));
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpHttp.407", error.ErrorId);
        Assert.NotNull(error.RecommendedAction);
    }

    [Fact]
    public async Task Rule58_A_proxy_that_is_not_there_is_an_error()
    {
        using HttpTransport transport = new(Settings(new Uri("http://ca.example/")) with { Proxy = new Uri("http://127.0.0.1:1"), NoProxy = [] });
        Assert.Contains((await transport.FailsAsync()).ErrorId, new[] { "CmpTransport.ConnectFailed", "CmpTransport.ProxyFailed" });
    }

    [Theory]
    [InlineData("*", true)]
    [InlineData("ca.example", true)]
    [InlineData("CA.example", true)]
    [InlineData(".ca.example", true)]
    [InlineData("*.example", true)]
    [InlineData("example", true)]
    [InlineData(".example", true)]
    [InlineData("ca.example:8080", true)]
    [InlineData("ca.example:80", false)]
    [InlineData("a.example", false)]
    [InlineData("ca.example.org", false)]
    [InlineData("x.ca.example", false)]
    [InlineData("", false)]
    [InlineData(".", false)]
    public void Rule58_What_is_listed_needs_no_proxy(string entry, bool bypassed)
    {
        ProxyRule rule = new(Settings(new Uri("http://a/")) with { Proxy = new Uri("http://proxy.example:3128"), NoProxy = ["other.test", entry] });
        Uri server = new("http://ca.example:8080/");
        Assert.Equal(bypassed, rule.IsBypassed(server));
        Assert.Equal(new Uri("http://proxy.example:3128"), rule.GetProxy(server));
    }

    [Theory]
    [InlineData("http://[2001:db8::1]/", "2001:db8::1", true)]
    [InlineData("http://[2001:db8::1]/", "2001:db8::2", false)]
    [InlineData("http://10.1.2.3/", "10.1.2.3", true)]
    public void Rule58_Addresses_can_be_listed(string server, string entry, bool bypassed) =>
        Assert.Equal(bypassed, new ProxyRule(Settings(new Uri("http://a/")) with { Proxy = new Uri("http://p"), NoProxy = [entry] }).IsBypassed(new Uri(server)));

    [Fact]
    public void Rule58_The_proxy_of_the_environment_never_serves_the_loopback()
    {
        ProxyRule rule = new(Settings(new Uri("http://a/")) with { NoProxy = null });
        Assert.True(rule.IsBypassed(new Uri("http://localhost:829/")));
        Assert.True(rule.IsBypassed(new Uri("http://[::1]/")));
    }

    [Theory]
    [InlineData("http://user:secret@proxy/")]
    [InlineData("proxy")]
    public void Rule58_A_proxy_is_an_address_without_a_user_name(string proxy)
    {
        CmpException error = Assert.Throws<CmpException>(() => new HttpTransport(Settings(new Uri("http://a/")) with { Proxy = new Uri(proxy, UriKind.RelativeOrAbsolute) }));
        Assert.Equal("CmpTransport.InvalidProxy", error.ErrorId);
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }
}
