using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Interop;

/// <summary>The way over a proxy that others wrote, with and without a credential, in the clear and by a tunnel, and all the ways in which it does not lead on.</summary>
public sealed class TinyProxyTests
{
    private const string User = "proxyuser", Password = "proxy-Pass7";

    private static readonly string BasicAuth = $"BasicAuth {User} {Password}";

    private static ServerSettings Over(TinyProxy proxy, ServerSettings said, NetworkCredential? credential = null) => said with { Proxy = proxy.Uri, NoProxy = [], ProxyCredential = credential };

    private static NetworkCredential Right => new(User, Password);

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule58_Enrols_in_the_clear(bool asks)
    {
        using TinyProxy proxy = TinyProxy.OrSkip(asks ? [BasicAuth] : []);
        await using var scene = new HttpScene(new TestServerOptions { PollCount = 1, CheckAfter = 0, ImplicitConfirmation = ImplicitConfirmation.Never });
        var heard = new HttpScene.Heard();
        EnrolledCertificate enrolled = await HttpScene.EnrollAsync(Over(proxy, scene.Said(scene.Address + "/pkix/A%2fb"), asks ? Right : null), heard: heard);
        Assert.True(enrolled.Confirmed);
        Assert.Equal(["ir", "pollReq", "certConf"], heard.Sent.Distinct());
        // each message came by the proxy, with its path as it was written, and was handled once
        Assert.Equal(heard.Sent.Count(), scene.Paths.Count);
        Assert.All(scene.Paths, path => Assert.Equal("/pkix/A/b", path));
        proxy.WaitToSay($"POST {scene.Address}/pkix/A%2fb HTTP/1.1");
        NeverTold(heard, Password);
    }

    [SkippableTheory]
    [InlineData(false, "1.1")]
    [InlineData(true, "1.1")]
    [InlineData(true, "1.0")]
    [InlineData(true, "2.0")]
    public async Task Rule58_Enrols_through_a_tunnel(bool asks, string version)
    {
        await using var scene = new HttpScene();
        using Nginx nginx = Nginx.OrSkip(1, (folder, ports) => $$"""
            server {
              listen 127.0.0.1:{{ports[0]}} ssl http2; {{Nginx.Certificate(folder, "web", scene.WebKey, scene.WebCertificate())}}
              location / { proxy_pass {{scene.Address}}/$server_protocol/$http_proxy_authorization; }
            }
            """);
        using TinyProxy proxy = TinyProxy.OrSkip(asks ? [BasicAuth, $"ConnectPort {nginx.Ports[0]}"] : []);
        var heard = new HttpScene.Heard();
        ServerSettings said = Over(proxy, scene.Said($"https://localhost:{nginx.Ports[0]}/"), asks ? Right : null) with { HttpVersion = Version.Parse(version) };
        Assert.True((await HttpScene.EnrollAsync(said, heard: heard)).Confirmed);
        // what the proxy asks for stays with it
        Assert.All(scene.Paths, path => Assert.Equal($"/HTTP/{version}/", path));
        proxy.WaitToSay($"CONNECT localhost:{nginx.Ports[0]} HTTP/1.1");
        NeverTold(heard, Password);
    }

    [SkippableTheory]
    [InlineData("http", false)]
    [InlineData("http", true)]
    [InlineData("https", false)]
    [InlineData("https", true)]
    public async Task Rule58_A_missing_or_wrong_credential_is_told_and_never_shown(string scheme, bool isWrong)
    {
        using TinyProxy proxy = TinyProxy.OrSkip(BasicAuth);
        await using var scene = new HttpScene();
        var heard = new HttpScene.Heard();
        ServerSettings said = Over(proxy, scene.Said(scene.Address.Replace("http:", scheme + ":", StringComparison.Ordinal)), isWrong ? new NetworkCredential(User, "wrong-Pass7") : null);
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => HttpScene.EnrollAsync(said, heard: heard));
        // to a wrong one it says 401, which is a server's word
        int status = isWrong ? 401 : 407;
        Assert.Equal((scheme == "http" ? "CmpHttp." + status : "CmpTransport.ProxyFailed", status), (error.ErrorId, error.HttpStatus));
        Assert.Contains("over the proxy " + proxy.Uri.Authority, error.Message, StringComparison.Ordinal);
        Assert.Contains("-ProxyCredential", error.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-Pass7", error.ToString(), StringComparison.Ordinal);
        NeverTold(heard, "wrong-Pass7");
        Assert.Empty(scene.Paths);
    }

    [SkippableFact]
    public async Task Rule58_A_host_that_the_proxy_refuses_is_told_with_its_page()
    {
        using TinyProxy proxy = TinyProxy.OrSkip();
        await using var scene = new HttpScene();
        CmpException error = await HttpScene.FailsAsync(Over(proxy, scene.Said("http://refused.example/")));
        Assert.Equal("CmpHttp.403", error.ErrorId);
        Assert.Contains("refused.example over the proxy " + proxy.Uri.Authority, error.Message, StringComparison.Ordinal);
        Assert.Contains("403", error.Message, StringComparison.Ordinal);
        error = await HttpScene.FailsAsync(Over(proxy, scene.Said("https://refused.example/")));
        Assert.Equal(("CmpTransport.ProxyFailed", 403), (error.ErrorId, error.HttpStatus));
    }

    [SkippableFact]
    public async Task Rule58_A_port_that_it_does_not_let_through_is_told()
    {
        using TinyProxy proxy = TinyProxy.OrSkip("ConnectPort 443");
        await using var scene = new HttpScene();
        CmpException error = await HttpScene.FailsAsync(Over(proxy, scene.Said(scene.Address.Replace("http:", "https:", StringComparison.Ordinal))));
        Assert.Equal(("CmpTransport.ProxyFailed", 403), (error.ErrorId, error.HttpStatus));
        Assert.Contains("-NoProxy", error.RecommendedAction, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("http", "CmpHttp.500")]
    [InlineData("https", "CmpTransport.ProxyFailed")]
    public async Task Rule58_A_server_that_it_does_not_reach_is_told(string scheme, string errorId)
    {
        using TinyProxy proxy = TinyProxy.OrSkip();
        await using var scene = new HttpScene();
        CmpException error = await HttpScene.FailsAsync(Over(proxy, scene.Said($"{scheme}://127.0.0.1:{Daemon.FreePort()}/")));
        Assert.Equal((errorId, 500), (error.ErrorId, error.HttpStatus));
        Assert.Contains("over the proxy " + proxy.Uri.Authority, error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Rule58_Who_is_listed_is_reached_without_it()
    {
        using TinyProxy proxy = TinyProxy.OrSkip();
        await using var scene = new HttpScene();
        await HttpScene.EnrollAsync(Over(proxy, scene.Said(scene.Address)) with { NoProxy = ["ca.example", new Uri(scene.Address).Authority] });
        Assert.DoesNotContain("POST", proxy.Said, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Enrols_renews_and_revokes_over_a_proxy_with_a_credential_a_tunnel_client_certificates_and_HTTP_2_at_once()
    {
        await using var scene = new HttpScene(new TestServerOptions { PollCount = 1, CheckAfter = 0, ImplicitConfirmation = ImplicitConfirmation.Never });
        using Nginx nginx = Nginx.OrSkip(1, (folder, ports) =>
        {
            folder.Write("clients.pem", scene.Web.Certificate.ExportCertificatePem());
            return $$"""
                server {
                  listen 127.0.0.1:{{ports[0]}} ssl http2; {{Nginx.Certificate(folder, "web", scene.WebKey, scene.WebCertificate())}}
                  ssl_client_certificate clients.pem; ssl_verify_client on;
                  location / { proxy_pass {{scene.Address}}/$server_protocol/$ssl_client_verify/$ssl_client_s_dn/$http_proxy_authorization; }
                }
                """;
        });
        using TinyProxy proxy = TinyProxy.OrSkip(BasicAuth, $"ConnectPort {nginx.Ports[0]}");
        using RSA key = RSA.Create(2048);
        using X509Certificate2 shown = scene.Client(key);
        ServerSettings said = Over(proxy, scene.Said($"https://localhost:{nginx.Ports[0]}/"), Right) with { TlsCertificate = shown, HttpVersion = new Version(2, 0) };

        EnrolledCertificate first = await HttpScene.EnrollAsync(said);
        ServerSettings signing = said with { Secret = null, ClientCertificate = first.Installed.Certificate };
        EnrolledCertificate second = await HttpScene.EnrollAsync(signing, HttpScene.Update(first));
        using (var client = new CmpClient(said))
            Assert.Null(Assert.Single(await client.RevokeAsync([scene.Revocation(second)])).Error);

        Assert.True(first.Confirmed && second.Confirmed);
        Assert.All(scene.Paths, path => Assert.Equal("/HTTP/2.0/SUCCESS/CN=device7,O=Cmp/", path));
        proxy.WaitToSay($"CONNECT localhost:{nginx.Ports[0]} HTTP/1.1");

        // without any one of them nothing comes through
        int issued = scene.Issued;
        Assert.Equal("CmpTransport.ProxyFailed", (await HttpScene.FailsAsync(said with { ProxyCredential = null })).ErrorId);
        Assert.Equal("CmpHttp.400", (await HttpScene.FailsAsync(said with { TlsCertificate = null })).ErrorId);
        Assert.Equal("CmpTransport.TlsFailed", (await HttpScene.FailsAsync(said with { TlsTrustAnchor = [] })).ErrorId);
        Assert.Equal(issued, scene.Issued);
    }

    private static void NeverTold(HttpScene.Heard heard, string secret)
    {
        string basic = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{User}:{secret}"));
        Assert.DoesNotContain(heard.Said, line => line.Contains(secret, StringComparison.Ordinal) || line.Contains(basic, StringComparison.Ordinal));
    }
}
