using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.TestServer;
using Cmp.Tests;
using Cmp.Transports;
using Xunit;

namespace Cmp.Interop;

/// <summary>A CMP server behind nginx: TLS of all kinds, each version of HTTP, servers that are busy, redirects, and connections that end.</summary>
public sealed class NginxTests
{
    [SkippableFact]
    public async Task Rule55_A_server_that_is_busy_at_first_is_asked_again()
    {
        await using var scene = new HttpScene(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        using Nginx nginx = Nginx.OrSkip(1, (folder, ports) => $$"""
            server {
              listen 127.0.0.1:{{ports[0]}}; error_page 503 @busy;
              location / { if (!-e {{folder.PathOf("open")}}) { return 503; } proxy_pass {{scene.Address}}; }
              location @busy { default_type text/html; add_header Retry-After 1 always; return 503 "<html>busy</html>"; }
            }
            """);
        // it is busy until somebody waits for it
        var heard = new HttpScene.Heard { OnProgress = progress => Open(progress, nginx) };
        EnrolledCertificate enrolled = await HttpScene.EnrollAsync(scene.Said($"http://127.0.0.1:{nginx.Ports[0]}/"), heard: heard);
        Assert.True(enrolled.Confirmed);
        Assert.Equal(["ir", "ir", "certConf"], heard.Sent);
        Assert.Equal((2, 1), (scene.Paths.Count, scene.Issued));
        Assert.Contains(heard.Said, note => note.Contains("HTTP status 503 (Service Temporarily Unavailable): <html>busy</html>", StringComparison.Ordinal));

        // who has less time than it wants is told at once
        File.Delete(nginx.Folder.PathOf("open"));
        heard = new HttpScene.Heard();
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => HttpScene.EnrollAsync(scene.Said($"http://127.0.0.1:{nginx.Ports[0]}/") with { Timeout = TimeSpan.FromSeconds(1) }, heard: heard));
        Assert.Equal(("CmpHttp.503", TimeSpan.FromSeconds(1)), (error.ErrorId, error.RetryAfter));
        Assert.Equal(["ir"], heard.Sent);

        static void Open(CmpProgress progress, Nginx nginx)
        {
            if (progress.Phase == "The server is busy")
                File.WriteAllText(nginx.Folder.PathOf("open"), string.Empty);
        }
    }

    [SkippableTheory]
    [InlineData(503)]
    [InlineData(429)]
    public async Task Rule55_A_limit_of_requests_is_waited_out(int status)
    {
        await using var scene = new HttpScene(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        // one request a second, and no word how long to wait
        using Nginx nginx = Nginx.OrSkip(1, (_, ports) => $$"""
            limit_req_zone $binary_remote_addr zone=all:1m rate=1r/s;
            server {
              listen 127.0.0.1:{{ports[0]}};
              location / { limit_req zone=all; limit_req_status {{status}}; proxy_pass {{scene.Address}}; }
            }
            """);
        var heard = new HttpScene.Heard();
        EnrolledCertificate enrolled = await HttpScene.EnrollAsync(scene.Said($"http://127.0.0.1:{nginx.Ports[0]}/"), heard: heard);
        Assert.True(enrolled.Confirmed);
        Assert.Equal(["ir", "certConf"], heard.Sent.Distinct());
        Assert.True(heard.Sent.Count() > 2);
        Assert.Equal((2, 1), (scene.Paths.Count, scene.Issued));
    }

    [SkippableTheory]
    [InlineData("1.0", "http", "HTTP/1.0")]
    [InlineData("1.1", "http", "HTTP/1.1")]
    [InlineData("1.0", "https", "HTTP/1.0")]
    [InlineData("1.1", "https", "HTTP/1.1")]
    [InlineData("2.0", "https", "HTTP/2.0")]
    [InlineData("2.0", "old https", "HTTP/1.1")]
    [InlineData("2.0", "http2", "HTTP/2.0")]
    [InlineData("2.0", "http", null)]
    [InlineData("1.1", "http2", null)]
    public async Task Each_version_of_HTTP_is_spoken_where_the_server_speaks_it(string version, string server, string? spoken)
    {
        await using var scene = new HttpScene();
        using Nginx nginx = Nginx.OrSkip(4, (folder, ports) =>
        {
            string certificate = Nginx.Certificate(folder, "web", scene.WebKey, scene.WebCertificate());
            string onwards = $$"""location / { proxy_pass {{scene.Address}}/$server_protocol; }""";
            return $$"""
                server { listen 127.0.0.1:{{ports[0]}}; {{onwards}} }
                server { listen 127.0.0.1:{{ports[1]}} ssl http2; {{certificate}} {{onwards}} }
                server { listen 127.0.0.1:{{ports[2]}} ssl; {{certificate}} {{onwards}} }
                server { listen 127.0.0.1:{{ports[3]}} http2; {{onwards}} }
                """;
        });
        string address = server switch
        {
            "http" => $"http://127.0.0.1:{nginx.Ports[0]}/",
            "https" => $"https://127.0.0.1:{nginx.Ports[1]}/",
            "old https" => $"https://127.0.0.1:{nginx.Ports[2]}/",
            _ => $"http://127.0.0.1:{nginx.Ports[3]}/",
        };
        ServerSettings said = scene.Said(address) with { HttpVersion = Version.Parse(version) };
        if (spoken is null)
        {
            CmpException error = await HttpScene.FailsAsync(said);
            Assert.Contains(error.ErrorId, new[] { "CmpHttp.InvalidResponse", "CmpTransport.ConnectionClosed", "CmpHttp.400" });
            Assert.Equal(version == "2.0", error.RecommendedAction?.Contains("-HttpVersion 1.1", StringComparison.Ordinal) == true);
            Assert.Empty(scene.Paths);
            return;
        }
        Assert.True((await HttpScene.EnrollAsync(said)).Confirmed);
        Assert.NotEmpty(scene.Paths);
        Assert.All(scene.Paths, path => Assert.Equal("/" + spoken, path));
    }

    [SkippableFact]
    public async Task Many_enrolments_at_once_share_a_connection_of_HTTP_2()
    {
        await using var scene = new HttpScene();
        using Nginx nginx = Nginx.OrSkip(1, (folder, ports) => $$"""
            server {
              listen 127.0.0.1:{{ports[0]}} ssl http2; {{Nginx.Certificate(folder, "web", scene.WebKey, scene.WebCertificate())}}
              location / { proxy_pass {{scene.Address}}/$connection; }
            }
            """);
        using var client = new CmpClient(scene.Said($"https://127.0.0.1:{nginx.Ports[0]}/") with { HttpVersion = new Version(2, 0) }, atOnce: 16);
        EnrolledCertificate?[] enrolled = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            using var enrollment = new Enrollment(client, HttpScene.New);
            return await enrollment.RunAsync();
        }));
        Assert.All(enrolled, one => Assert.NotNull(one));
        Assert.Equal(16, scene.Issued);
        Assert.True(scene.Paths.Distinct().Count() < 16);
    }

    [SkippableTheory]
    [InlineData(KeepAliveMode.Prefer)]
    [InlineData(KeepAliveMode.Require)]
    public async Task Rule53_A_connection_of_HTTP_2_is_kept(KeepAliveMode wanted)
    {
        await using var scene = new HttpScene(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        using Nginx nginx = Nginx.OrSkip(1, (folder, ports) => $$"""
            server {
              listen 127.0.0.1:{{ports[0]}} ssl http2; {{Nginx.Certificate(folder, "web", scene.WebKey, scene.WebCertificate())}}
              location / { proxy_pass {{scene.Address}}/$connection; }
            }
            """);
        Assert.True((await HttpScene.EnrollAsync(scene.Said($"https://127.0.0.1:{nginx.Ports[0]}/") with { HttpVersion = new Version(2, 0), KeepAlive = wanted })).Confirmed);
        Assert.Equal((2, 1), (scene.Paths.Count, scene.Paths.Distinct().Count()));
    }

    /// <summary>What a TLS server shows, and whether it is believed.</summary>
    public static TheoryData<string, bool> Shown => new()
    {
        { "TLSv1.2", true },
        { "TLSv1.3", true },
        { "rsa", true },
        { "chain", true },
        { "gap", false },
        { "expired", false },
        { "other name", false },
        { "self-signed", false },
        { "client", false },
    };

    [SkippableTheory]
    [MemberData(nameof(Shown))]
    public async Task Rule59_What_a_TLS_server_shows_is_believed_or_not(string what, bool isBelieved)
    {
        await using var scene = new HttpScene();
        using RSA rsa = RSA.Create(2048);
        using ECDsa issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 issuerCertificate = scene.Web.Issue("CN=Web issuer", issuerKey, [new X509BasicConstraintsExtension(true, false, 0, true), new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true)]);
        using X509Certificate2 below = Below(issuerCertificate, scene.WebKey);
        using Nginx nginx = Nginx.OrSkip(1, (folder, ports) =>
        {
            string certificate = what switch
            {
                "rsa" => Nginx.Certificate(folder, "web", rsa, scene.WebCertificate(key: rsa)),
                "chain" => Nginx.Certificate(folder, "web", scene.WebKey, below, issuerCertificate),
                "gap" => Nginx.Certificate(folder, "web", scene.WebKey, below),
                "expired" => Nginx.Certificate(folder, "web", scene.WebKey, scene.WebCertificate(lifetime: TimeSpan.FromMinutes(1))),
                "other name" => Nginx.Certificate(folder, "web", scene.WebKey, scene.WebCertificate("other.example")),
                "self-signed" => Nginx.Certificate(folder, "web", scene.WebKey, Alone(scene.WebKey)),
                "client" => Nginx.Certificate(folder, "web", scene.WebKey, scene.Web.Issue("CN=localhost", scene.WebKey, [Names(), new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false)])),
                _ => Nginx.Certificate(folder, "web", scene.WebKey, scene.WebCertificate()) + $" ssl_protocols {what};",
            };
            return $$"""server { listen 127.0.0.1:{{ports[0]}} ssl; {{certificate}} location / { proxy_pass {{scene.Address}}/$ssl_protocol; } }""";
        });
        ServerSettings said = scene.Said($"https://localhost:{nginx.Ports[0]}/");
        if (isBelieved)
        {
            await HttpScene.EnrollAsync(said);
            if (what.StartsWith("TLS", StringComparison.Ordinal))
                Assert.All(scene.Paths, path => Assert.Equal("/" + what, path));
            return;
        }
        Assert.Equal("CmpTransport.TlsFailed", (await HttpScene.FailsAsync(said)).ErrorId);
        Assert.Empty(scene.Paths);
    }

    [SkippableTheory]
    [InlineData("RSA")]
    [InlineData("P-256")]
    [InlineData("P-384")]
    public async Task Client_certificates_of_all_kinds_are_shown_from_files(string kind)
    {
        await using var scene = new HttpScene();
        using var stranger = new TestCa("CN=Another root");
        using Nginx nginx = Nginx.OrSkip(1, (folder, ports) =>
        {
            folder.Write("clients.pem", scene.Web.Certificate.ExportCertificatePem());
            return $$"""
                server {
                  listen 127.0.0.1:{{ports[0]}} ssl; {{Nginx.Certificate(folder, "web", scene.WebKey, scene.WebCertificate())}}
                  ssl_client_certificate clients.pem; ssl_verify_client on;
                  location / { proxy_pass {{scene.Address}}/$ssl_client_verify/$ssl_client_s_dn; }
                }
                """;
        });
        using AsymmetricAlgorithm key = kind switch { "RSA" => RSA.Create(2048), "P-256" => ECDsa.Create(ECCurve.NamedCurves.nistP256), _ => ECDsa.Create(ECCurve.NamedCurves.nistP384) };
        using X509Certificate2 shown = scene.Client(key);
        string file = nginx.Folder.Write("device.pem", shown.ExportCertificatePem() + "\n" + TestCa.Pem(key));
        ServerSettings said = scene.Said($"https://localhost:{nginx.Ports[0]}/");
        using (Cmp.Stores.FoundCertificate found = Cmp.Stores.CertificateSource.Find(file))
            await HttpScene.EnrollAsync(said with { TlsCertificate = found.Certificate });
        Assert.All(scene.Paths, path => Assert.Equal("/SUCCESS/CN=device7,O=Cmp", path));

        int heard = scene.Paths.Count;
        CmpException error = await HttpScene.FailsAsync(said);
        Assert.Equal("CmpHttp.400", error.ErrorId);
        Assert.Contains("No required SSL certificate was sent", error.Message, StringComparison.Ordinal);
        using X509Certificate2 unknown = scene.Client(key, stranger);
        error = await HttpScene.FailsAsync(said with { TlsCertificate = unknown });
        Assert.Equal("CmpHttp.400", error.ErrorId);
        Assert.Contains("client certificate", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(heard, scene.Paths.Count);
    }

    [SkippableFact]
    public async Task Rule61_HTTP_at_a_TLS_port_and_TLS_at_an_HTTP_port_end_at_once()
    {
        await using var scene = new HttpScene();
        using Nginx nginx = Nginx.OrSkip(2, (folder, ports) => $$"""
            server { listen 127.0.0.1:{{ports[0]}} ssl; {{Nginx.Certificate(folder, "web", scene.WebKey, scene.WebCertificate())}} location / { proxy_pass {{scene.Address}}; } }
            server { listen 127.0.0.1:{{ports[1]}}; location / { proxy_pass {{scene.Address}}; } }
            """);
        CmpException error = await HttpScene.FailsAsync(scene.Said($"http://localhost:{nginx.Ports[0]}/"));
        Assert.Equal("CmpHttp.400", error.ErrorId);
        Assert.Contains("plain HTTP request was sent to HTTPS port", error.Message, StringComparison.Ordinal);
        error = await HttpScene.FailsAsync(scene.Said($"https://localhost:{nginx.Ports[1]}/"));
        Assert.Equal("CmpTransport.TlsFailed", error.ErrorId);
        Assert.Contains("does not speak TLS", error.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Rule55_A_whole_enrolment_follows_redirects_where_it_may(int status)
    {
        await using var scene = new HttpScene(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        using Nginx nginx = Nginx.OrSkip(1, (_, ports) => $$"""
            server {
              listen 127.0.0.1:{{ports[0]}};
              location /old { return {{status}} /new; }
              location /new { proxy_pass {{scene.Address}}; }
            }
            """);
        ServerSettings said = scene.Said($"http://127.0.0.1:{nginx.Ports[0]}/old");
        Assert.True((await HttpScene.EnrollAsync(said with { AllowRedirect = true })).Confirmed);
        Assert.Equal(["/new", "/new"], scene.Paths);
        CmpException error = await HttpScene.FailsAsync(said);
        Assert.Equal("CmpHttp." + status, error.ErrorId);
        Assert.Contains("-AllowRedirect", error.RecommendedAction, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Rule55_A_redirect_leads_neither_to_GET_nor_out_of_TLS_nor_in_circles()
    {
        await using var scene = new HttpScene();
        using Nginx nginx = Nginx.OrSkip(2, (folder, ports) => $$"""
            server {
              listen 127.0.0.1:{{ports[0]}};
              location /get { return 303 /new; }
              location /round { return 307 /round; }
              location /new { proxy_pass {{scene.Address}}; }
            }
            server {
              listen 127.0.0.1:{{ports[1]}} ssl; {{Nginx.Certificate(folder, "web", scene.WebKey, scene.WebCertificate())}}
              location / { return 307 http://127.0.0.1:{{ports[0]}}/new; }
            }
            """);
        foreach ((string address, int status) in new[] { ($"http://127.0.0.1:{nginx.Ports[0]}/get", 303), ($"http://127.0.0.1:{nginx.Ports[0]}/round", 307), ($"https://127.0.0.1:{nginx.Ports[1]}/", 307) })
            Assert.Equal("CmpHttp." + status, (await HttpScene.FailsAsync(scene.Said(address) with { AllowRedirect = true })).ErrorId);
        Assert.Empty(scene.Paths);
    }

    [SkippableTheory]
    [InlineData("localhost", "SUCCESS")]
    [InlineData("127.0.0.1", "NONE")]
    public async Task A_redirect_to_another_host_is_not_shown_the_client_certificate(string host, string seen)
    {
        await using var scene = new HttpScene();
        using Nginx nginx = Nginx.OrSkip(2, (folder, ports) =>
        {
            folder.Write("clients.pem", scene.Web.Certificate.ExportCertificatePem());
            string tls = Nginx.Certificate(folder, "web", scene.WebKey, scene.WebCertificate()) + " ssl_client_certificate clients.pem;";
            return $$"""
                server { listen 127.0.0.1:{{ports[0]}} ssl; {{tls}} ssl_verify_client on; location / { return 308 https://{{host}}:{{ports[1]}}/; } }
                server { listen 127.0.0.1:{{ports[1]}} ssl; {{tls}} ssl_verify_client optional; location / { proxy_pass {{scene.Address}}/$ssl_client_verify; } }
                """;
        });
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 shown = scene.Client(key);
        await HttpScene.EnrollAsync(scene.Said($"https://localhost:{nginx.Ports[0]}/") with { TlsCertificate = shown, AllowRedirect = true });
        Assert.NotEmpty(scene.Paths);
        Assert.All(scene.Paths, path => Assert.Equal("/" + seen, path));
    }

    [SkippableTheory]
    [InlineData(KeepAliveMode.Require, true)]
    [InlineData(KeepAliveMode.Prefer, true)]
    [InlineData(KeepAliveMode.No, true)]
    [InlineData(KeepAliveMode.Require, false)]
    [InlineData(KeepAliveMode.Prefer, false)]
    public async Task Rule53_Connections_are_kept_as_far_as_both_want_that(KeepAliveMode wanted, bool keeps)
    {
        await using var scene = new HttpScene(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        using Nginx nginx = Nginx.OrSkip(1, (_, ports) => $$"""
            server { listen 127.0.0.1:{{ports[0]}}; keepalive_timeout {{(keeps ? 60 : 0)}}; location / { proxy_pass {{scene.Address}}/$connection; } }
            """);
        ServerSettings said = scene.Said($"http://127.0.0.1:{nginx.Ports[0]}/") with { KeepAlive = wanted };
        if (wanted == KeepAliveMode.Require && !keeps)
        {
            Assert.Equal("CmpHttp.NotKept", (await HttpScene.FailsAsync(said)).ErrorId);
            return;
        }
        Assert.True((await HttpScene.EnrollAsync(said)).Confirmed);
        Assert.Equal(keeps && wanted != KeepAliveMode.No ? 1 : 2, scene.Paths.Distinct().Count());
    }

    [SkippableFact]
    public async Task Rule72_What_would_be_packed_comes_as_it_is()
    {
        await using var scene = new HttpScene();
        using Nginx nginx = Nginx.OrSkip(2, (_, ports) => $$"""
            gzip_types *; gzip_min_length 0; gzip_proxied any; gzip_http_version 1.0;
            server { listen 127.0.0.1:{{ports[0]}}; gzip on; location / { proxy_pass {{scene.Address}}/; } }
            server { listen 127.0.0.1:{{ports[1]}}; location / { proxy_pass {{scene.Address}}/; add_header Content-Encoding gzip; } }
            """);
        await HttpScene.EnrollAsync(scene.Said($"http://127.0.0.1:{nginx.Ports[0]}/"));
        Assert.Equal("CmpHttp.ContentEncoding", (await HttpScene.FailsAsync(scene.Said($"http://127.0.0.1:{nginx.Ports[1]}/"))).ErrorId);
    }

    private static X509Extension Names()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        return names.Build();
    }

    private static X509Certificate2 Below(X509Certificate2 issuer, ECDsa key)
    {
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(Names());
        return request.Create(issuer, DateTimeOffset.UtcNow.AddMinutes(-1), issuer.NotAfter.AddMinutes(-1), RandomNumberGenerator.GetBytes(8));
    }

    private static X509Certificate2 Alone(ECDsa key)
    {
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(Names());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
