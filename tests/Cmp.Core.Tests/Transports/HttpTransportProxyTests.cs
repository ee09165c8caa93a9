using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Security.Cryptography.X509Certificates;
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

    private static string Basic(string user, string password) => Convert.ToBase64String(Encoding.UTF8.GetBytes(user + ":" + password));

    /// <summary>A rule in an environment and a system of its own.</summary>
    private static ProxyRule Rule(string server, Dictionary<string, string> variables, IWebProxy? system = null, bool ignoresCase = false, Func<HttpTransportSettings, HttpTransportSettings>? change = null)
    {
        HttpTransportSettings settings = new() { Uri = new Uri(server) };
        Dictionary<string, string> held = new(variables, ignoresCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        return new ProxyRule(change?.Invoke(settings) ?? settings, new ProxyEnvironment(name => held.GetValueOrDefault(name), ignoresCase), () => system);
    }

    /// <summary>The proxy on the way to a server, and the password that it would be told.</summary>
    private static string Way(ProxyRule rule, string server)
    {
        Uri uri = new(server);
        if (rule.IsBypassed(uri))
            return "direct";
        Uri proxy = rule.GetProxy(uri)!;
        return proxy.GetComponents(UriComponents.SchemeAndServer, UriFormat.Unescaped) + (rule.GetCredential(proxy, "Basic") is { } credential ? " " + credential.Domain + ":" + credential.UserName + ":" + credential.Password : "");
    }

    [Theory]
    [InlineData("http_proxy=http://p:3128", "http://p:3128", "direct")]
    [InlineData("http_proxy=p:3128", "http://p:3128", "direct")]
    [InlineData("http_proxy=http://p:3128/ignored?x", "http://p:3128", "direct")]
    [InlineData("HTTP_PROXY=http://p:3128", "http://p:3128", "direct")]
    [InlineData("https_proxy=http://p:3128", "direct", "http://p:3128")]
    [InlineData("HTTPS_PROXY=http://p:3128", "direct", "http://p:3128")]
    [InlineData("all_proxy=http://p:3128", "http://p:3128", "http://p:3128")]
    [InlineData("ALL_PROXY=http://p:3128", "http://p:3128", "http://p:3128")]
    [InlineData("ALL_PROXY=http://p:3128 https_proxy=http://q:1", "http://p:3128", "http://q:1")]
    [InlineData("http_proxy=http://p:3128 HTTP_PROXY=http://q:1", "http://p:3128", "direct")]
    [InlineData("http_proxy= HTTP_PROXY=http://q:1 ALL_PROXY=http://q:1", "direct", "http://q:1")]
    [InlineData("all_proxy=https://p:3128", "https://p:3128", "https://p:3128")]
    [InlineData("all_proxy=socks5://p:1080", "socks5://p:1080", "socks5://p:1080")]
    [InlineData("all_proxy=http://u:p%40ss%3A@p:3128", "http://p:3128 :u:p@ss:", "http://p:3128 :u:p@ss:")]
    [InlineData("all_proxy=http://dom%5Cu:x@p:3128", "http://p:3128 dom:u:x", "http://p:3128 dom:u:x")]
    [InlineData("all_proxy=http://u@p:3128", "http://p:3128 :u:", "http://p:3128 :u:")]
    [InlineData("http_proxy=http://a:1@p:1 https_proxy=http://b:2@p:2", "http://p:1 :a:1", "http://p:2 :b:2")]
    [InlineData("all_proxy=http://[2001:db8::1]:3128", "http://[2001:db8::1]:3128", "http://[2001:db8::1]:3128")]
    public void Rule58_The_environment_names_proxies(string variables, string http, string https)
    {
        Dictionary<string, string> held = variables.Split(' ').Select(one => one.Split('=', 2)).ToDictionary(one => one[0], one => one[1]);
        Assert.Equal(http, Way(Rule("http://ca.example/", held), "http://ca.example/"));
        Assert.Equal(https, Way(Rule("https://ca.example/", held), "https://ca.example/"));
    }

    [Theory]
    [InlineData("GATEWAY_INTERFACE", false)]
    [InlineData("REQUEST_METHOD", false)]
    [InlineData("REQUEST_METHOD", true)]
    public void Rule58_Under_CGI_a_header_field_of_whoever_asks_names_no_proxy(string cgi, bool ignoresCase)
    {
        Dictionary<string, string> held = new() { ["HTTP_PROXY"] = "http://evil:1", [cgi] = "x" };
        Assert.Equal("direct", Way(Rule("http://ca.example/", held, ignoresCase: ignoresCase), "http://ca.example/"));
        held["HTTPS_PROXY"] = "http://p:2";
        Assert.Equal("http://p:2", Way(Rule("https://ca.example/", held, ignoresCase: ignoresCase), "https://ca.example/"));
        held.Remove(cgi);
        Assert.Equal("http://evil:1", Way(Rule("http://ca.example/", held, ignoresCase: ignoresCase), "http://ca.example/"));
    }

    [Fact]
    public void Rule58_Under_CGI_small_letters_count_where_they_are_not_the_same_variable()
    {
        Dictionary<string, string> held = new() { ["HTTP_PROXY"] = "http://evil:1", ["http_proxy"] = "http://p:2", ["REQUEST_METHOD"] = "POST" };
        Assert.Equal("http://p:2", Way(Rule("http://ca.example/", held), "http://ca.example/"));
    }

    [Theory]
    [InlineData("no_proxy")]
    [InlineData("NO_PROXY")]
    public void Rule58_The_environment_lists_who_needs_no_proxy(string variable)
    {
        Dictionary<string, string> held = new() { ["all_proxy"] = "http://p:1", [variable] = "other.test, .example" };
        Assert.Equal("direct", Way(Rule("http://ca.example/", held), "http://ca.example/"));
        Assert.Equal("http://p:1", Way(Rule("http://ca.test/", held), "http://ca.test/"));
        // what the user says stands over it
        Assert.Equal("http://p:1", Way(Rule("http://ca.example/", held, change: s => s with { NoProxy = [] }), "http://ca.example/"));
        Assert.Equal("direct", Way(Rule("http://ca.example/", held, change: s => s with { Proxy = new Uri("http://named:1") }), "http://ca.example/"));
        Assert.Equal("http://named:1", Way(Rule("http://ca.example/", held, change: s => s with { Proxy = new Uri("http://named:1"), NoProxy = [] }), "http://ca.example/"));
    }

    [Theory]
    [InlineData("http://u:topsecret@")]
    [InlineData("ftp://u:topsecret@p:21")]
    [InlineData("http://u:topsecret@p:99999")]
    [InlineData("u:topsecret")]
    public void Rule58_An_environment_that_names_no_proxy_is_an_error_that_does_not_show_it(string value)
    {
        Dictionary<string, string> held = new() { ["https_proxy"] = value };
        CmpException error = Assert.Throws<CmpException>(() => Rule("https://ca.example/", held));
        Assert.Equal(("CmpTransport.InvalidProxy", CmpErrorKind.Argument), (error.ErrorId, error.Kind));
        Assert.Contains("https_proxy", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("topsecret", error.ToString(), StringComparison.Ordinal);
        // whom it does not concern it does not stop
        Assert.Equal("direct", Way(Rule("http://ca.example/", held), "http://ca.example/"));
        Assert.Equal("direct", Way(Rule("https://localhost/", held), "https://localhost/"));
        Assert.Equal("http://named:1", Way(Rule("https://ca.example/", held, change: s => s with { Proxy = new Uri("http://named:1"), NoProxy = [] }), "https://ca.example/"));
    }

    [Fact]
    public void Rule58_Where_the_environment_is_silent_the_system_has_its_say_with_its_credential()
    {
        WebProxy system = new("http://s:8080") { BypassList = [@"inside\.example"], Credentials = new NetworkCredential("su", "sp") };
        Assert.Equal("http://s:8080 :su:sp", Way(Rule("http://ca.example/", [], system), "http://ca.example/"));
        Assert.Equal("direct", Way(Rule("http://inside.example/", [], system), "http://inside.example/"));
        Assert.Equal("direct", Way(Rule("http://localhost/", [], system), "http://localhost/"));
        // a credential that was given is meant for whatever proxy there is; one of the environment for its own
        Assert.Equal("http://s:8080 :u:p", Way(Rule("http://ca.example/", [], system, change: s => s with { ProxyCredential = new NetworkCredential("u", "p") }), "http://ca.example/"));
        Dictionary<string, string> held = new() { ["https_proxy"] = "http://a:b@p:1" };
        Assert.Equal("http://p:1 :a:b", Way(Rule("https://ca.example/", held, system), "https://ca.example/"));
        Assert.Equal("http://s:8080 :su:sp", Way(Rule("http://ca.example/", held, system), "http://ca.example/"));
        // a named one is nobody else's
        Assert.Equal("http://named:1", Way(Rule("http://ca.example/", held, system, change: s => s with { Proxy = new Uri("http://named:1") }), "http://ca.example/"));
        held["http_proxy"] = "";
        Assert.Equal("direct", Way(Rule("http://ca.example/", held, system), "http://ca.example/"));
    }

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

    [Theory]
    [InlineData("403 Filtered", 403)]
    [InlineData("407 Who", 407)]
    [InlineData("500 Unable to connect", 500)]
    [InlineData("503 Busy", 503)]
    public async Task Rule58_A_tunnel_is_asked_for_where_TLS_is_spoken_and_may_be_refused(string status, int number)
    {
        await using ScriptedServer proxy = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync("HTTP/1.1 " + status + "\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n<b>no</b>");
        });
        using HttpTransport transport = new(Over(proxy, "https://ca.example/x"));
        CmpException error = await transport.FailsAsync();
        Assert.Equal(("CmpTransport.ProxyFailed", CmpErrorKind.Transport, number), (error.ErrorId, error.Kind, error.HttpStatus));
        Assert.Equal("CONNECT ca.example:443 HTTP/1.1", proxy.Requests.Single().RequestLine);
        Assert.Equal("No way leads to ca.example over the proxy 127.0.0.1:" + proxy.Port + ": it answered with HTTP status " + number + ".", error.Message);
        Assert.Contains(number == 407 ? "-ProxyCredential" : "-NoProxy", error.RecommendedAction, StringComparison.Ordinal);
        // a proxy that is busy says nothing of the server
        Assert.Null(error.RetryAfter);
    }

    [Theory]
    [InlineData("http", "", "CmpTransport.ConnectionClosed")]
    [InlineData("https", "", "CmpTransport.ConnectionClosed")]
    [InlineData("https", "HTTP/1.1 200 O", "CmpTransport.ConnectionClosed")]
    [InlineData("http", "SSH-2.0-OpenSSH_9.2\r\n", "CmpHttp.InvalidResponse")]
    [InlineData("https", "SSH-2.0-OpenSSH_9.2\r\n", "CmpHttp.InvalidResponse")]
    [InlineData("https", "HTTP/1.1 200 OK\r\n\r\n", "CmpTransport.TlsFailed")]
    [InlineData("https", "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 400 Bad\r\n\r\n", "CmpTransport.TlsFailed")]
    public async Task Rule58_A_proxy_that_closes_or_answers_garbage_is_named(string scheme, string answer, string errorId)
    {
        await using ScriptedServer proxy = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync(answer);
        });
        using HttpTransport transport = new(Over(proxy, scheme + "://ca.example/x"));
        CmpException error = await transport.FailsAsync();
        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains("ca.example over the proxy 127.0.0.1:" + proxy.Port, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rule61_A_proxy_that_says_nothing_to_a_tunnel_is_too_slow()
    {
        await using ScriptedServer proxy = new(c => Task.Delay(System.Threading.Timeout.Infinite, c.Stopping));
        using HttpTransport transport = new(Over(proxy, "https://ca.example/") with { ConnectTimeout = TimeSpan.FromMilliseconds(300) });
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpTransport.ConnectTimeout", error.ErrorId);
        Assert.Contains("over the proxy", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rule58_A_page_of_the_proxy_is_shown_and_the_proxy_named()
    {
        await using ScriptedServer proxy = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync(Some.Answer("<h1>Access denied by policy</h1>"u8.ToArray(), status: "403 Filtered", type: "text/html"));
        });
        using HttpTransport transport = new(Over(proxy, "http://ca.example/"));
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpHttp.403", error.ErrorId);
        Assert.Contains("ca.example over the proxy 127.0.0.1:" + proxy.Port, error.Message, StringComparison.Ordinal);
        Assert.Contains("Access denied by policy", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task Rule58_A_wrong_credential_is_asked_for_once_more_and_never_shown(string scheme)
    {
        await using ScriptedServer proxy = new(async c =>
        {
            while (true)
            {
                await c.ReceiveAsync();
                await c.SendAsync("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n");
            }
        });
        using HttpTransport transport = new(Over(proxy, scheme + "://ca.example/") with { ProxyCredential = new NetworkCredential("somebody", "wrong one") });
        CmpException error = await transport.FailsAsync();
        Assert.Equal((scheme == "http" ? "CmpHttp.407" : "CmpTransport.ProxyFailed", 407), (error.ErrorId, error.HttpStatus));
        Assert.Contains("-ProxyCredential", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(2, proxy.Requests.Count);
        foreach (string secret in new[] { "wrong one", Basic("somebody", "wrong one") })
            Assert.DoesNotContain(secret, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rule58_The_credential_stays_with_the_proxy()
    {
        using TlsCertificates certificates = new();
        using X509Certificate2 certificate = certificates.Server();
        const string Who = "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n";
        await using ScriptedServer origin = new(async c =>
        {
            await c.ServeAsync();
            // an origin that asks for what is the proxy's
            await c.ReceiveAsync();
            await c.SendAsync(Who);
            await c.ServeAsync();
        })
        { Tls = TlsCertificates.Options(certificate) };
        await using ScriptedServer proxy = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync(Who);
            await c.ReceiveAsync();
            await c.TunnelAsync(origin.Port);
        });
        using HttpTransport transport = new(Over(proxy, "https://localhost:" + origin.Port + "/x") with
        {
            ProxyCredential = new NetworkCredential("u", "secret"),
            TlsTrustAnchors = [certificates.Root],
        });
        await transport.OctetsAsync();
        Assert.Equal("CmpHttp.407", (await transport.FailsAsync(Later)).ErrorId);
        Assert.Equal([false, true], proxy.Requests.Select(request => request.Fields.ContainsKey("Proxy-Authorization")));
        Assert.Equal("Basic " + Basic("u", "secret"), proxy.Requests.Last().Fields["Proxy-Authorization"]);
        Assert.All(origin.Requests, request => Assert.DoesNotContain(request.Fields.Keys, field => field.EndsWith("Authorization", StringComparison.OrdinalIgnoreCase)));
        Assert.Equal(2, origin.Requests.Count);
    }

    [Fact]
    public async Task Rule58_A_server_without_a_proxy_before_it_gets_no_credential_however_it_asks()
    {
        await using ScriptedServer server = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n");
            await c.ReceiveAsync();
            await c.SendAsync("HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n");
        });
        using HttpTransport transport = new(Settings(server.Uri) with { ProxyCredential = new NetworkCredential("u", "secret") });
        Assert.Equal("CmpHttp.407", (await transport.FailsAsync()).ErrorId);
        Assert.Equal("CmpHttp.401", (await transport.FailsAsync()).ErrorId);
        Assert.Equal(2, server.Requests.Count);
        Assert.All(server.Requests, request => Assert.DoesNotContain(request.Fields.Keys, field => field.EndsWith("Authorization", StringComparison.OrdinalIgnoreCase)));
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
        Assert.Equal("Basic " + Basic("u", "pässword"), proxy.Requests.Last().Fields["Proxy-Authorization"]);
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
        CmpException error = await transport.FailsAsync();
        Assert.Equal(("CmpTransport.ProxyFailed", CmpErrorKind.Transport), (error.ErrorId, error.Kind));
        Assert.Contains("ca.example over the proxy 127.0.0.1:1", error.Message, StringComparison.Ordinal);
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
    [InlineData("http://[2001:db8::1]/", "[2001:DB8:0::1]", true)]
    [InlineData("http://[2001:db8::1]:8080/", "[2001:db8::1]:8080", true)]
    [InlineData("http://[2001:db8::1]:8080/", "[2001:db8::1]:80", false)]
    [InlineData("http://10.1.2.3/", "10.1.2.3", true)]
    [InlineData("http://10.1.2.3/", "2.3", false)]
    [InlineData("http://10.1.2.3/", ".2.3", false)]
    [InlineData("http://10.1.2.3:8080/", "10.1.2.3:8080", true)]
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
    [InlineData("http://secret@proxy/")]
    [InlineData("ftp://proxy/")]
    [InlineData("file:///proxy")]
    [InlineData("proxy")]
    public void Rule58_A_proxy_is_an_address_without_a_user_name(string proxy)
    {
        CmpException error = Assert.Throws<CmpException>(() => new HttpTransport(Settings(new Uri("http://a/")) with { Proxy = new Uri(proxy, UriKind.RelativeOrAbsolute) }));
        Assert.Equal("CmpTransport.InvalidProxy", error.ErrorId);
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }
}
