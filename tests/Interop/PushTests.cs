using System;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests;
using Xunit;

namespace Cmp.Interop;

/// <summary>Announcements that are pushed to web servers that others wrote.</summary>
public sealed class PushTests
{
    private static ServerSettings To(int port, string path = "/") => new() { Uri = new Uri($"http://127.0.0.1:{port}{path}"), NoProxy = ["*"], Timeout = TimeSpan.FromSeconds(60) };

    private static PkiMessage Announcement(int certificates = 1)
    {
        using var ca = new TestCa();
        var certificate = Certificate.From(ca.Certificate);
        var speaker = new ServerSettings { Protection = ProtectionKind.None, ExtraCertificate = [.. Enumerable.Range(0, certificates).Select(_ => { using var other = new TestCa(); return Certificate.From(other.Certificate); })] };
        return AnnouncementWriter.Write(new CertAnnContent(certificate), speaker, DateTimeOffset.UtcNow);
    }

    private static async Task<Delivery> PushAsync(ServerSettings to, PkiMessage announcement, HttpScene.Heard? heard = null)
    {
        using var client = new CmpClient(to);
        using var limit = new CancellationTokenSource(Programs.DefaultTimeout);
        return await new AnnouncementSender(client).SendAsync(announcement.Encoded, new RequestOptions { Trace = heard, Progress = heard }, limit.Token);
    }

    private static Task<CmpException> FailsAsync(ServerSettings to, PkiMessage announcement) => Assert.ThrowsAnyAsync<CmpException>(() => PushAsync(to, announcement));

    [SkippableFact]
    public async Task Nginx_accepts_and_then_stores()
    {
        using Nginx nginx = Nginx.OrSkip(1, (folder, ports) => $$"""
            server {
              listen 127.0.0.1:{{ports[0]}};
              location / { if (-e {{folder.PathOf("open")}}) { return 201; } return 202; }
              location /talking { default_type text/plain; return 201 "thank you"; }
              location /silent { return 204; }
            }
            """);
        // it stores nothing until somebody waits for that
        var heard = new HttpScene.Heard
        {
            OnProgress = progress =>
            {
                if (progress.Phase == "The announcement is accepted, and not stored yet")
                    File.WriteAllText(nginx.Folder.PathOf("open"), string.Empty);
            },
        };
        Delivery delivery = await PushAsync(To(nginx.Ports[0]), Announcement(), heard);
        Assert.Equal((DeliveryStatus.Stored, 201, 2), (delivery.Status, delivery.HttpStatus!.Value, delivery.Attempts));
        Assert.Equal(["cann", "cann"], heard.Sent);
        Assert.Equal(DeliveryStatus.Stored, (await PushAsync(To(nginx.Ports[0], "/talking"), Announcement())).Status);
        Assert.Equal(DeliveryStatus.Delivered, (await PushAsync(To(nginx.Ports[0], "/silent"), Announcement())).Status);
    }

    [SkippableFact]
    public async Task Nginx_takes_no_push_where_it_serves_files_or_finds_it_too_large_or_is_busy()
    {
        using Nginx nginx = Nginx.OrSkip(1, (folder, ports) =>
        {
            folder.Write("index.html", "<html>files</html>");
            return $$"""
                server {
                  listen 127.0.0.1:{{ports[0]}}; error_page 503 @busy;
                  location / { root {{folder.Path}}; }
                  location /small { client_max_body_size 1k; proxy_pass http://127.0.0.1:1; }
                  location /busy { return 503; }
                  location @busy { add_header Retry-After 3600 always; return 503; }
                  location /elsewhere { return 301 http://127.0.0.1:1/; }
                }
                """;
        });
        foreach ((string path, string errorId) in new[] { ("/index.html", "CmpHttp.405"), ("/none", "CmpHttp.404"), ("/small", "CmpHttp.413"), ("/busy", "CmpHttp.503"), ("/elsewhere", "CmpHttp.301") })
            Assert.Equal(errorId, (await FailsAsync(To(nginx.Ports[0], path), Announcement(certificates: 8))).ErrorId);
    }

    /// <summary>Python's own server knows GET and HEAD; with a class around it, it keeps what came.</summary>
    [SkippableFact]
    public async Task Python_gets_what_was_made()
    {
        string python = Daemon.FindOrSkip("python3");
        int port = Daemon.FreePort();
        var folder = new TestFolder();
        string script = folder.Write("receiver.py", $$"""
            import http.server
            class Receiver(http.server.SimpleHTTPRequestHandler):
                def do_POST(self):
                    body = self.rfile.read(int(self.headers['Content-Length']))
                    with open('received', 'wb') as file: file.write(body)
                    with open('said', 'w') as file: file.write('%s %s %s' % (self.headers['Content-Type'], self.path, 'Expect' in self.headers))
                    self.send_response(201); self.send_header('Content-Length', '0'); self.end_headers()
            http.server.HTTPServer(('127.0.0.1', {{port}}), Receiver).serve_forever()
            """);
        using Daemon receiver = Daemon.Start(python, [script], folder, port);
        PkiMessage announcement = Announcement();
        Delivery delivery = await PushAsync(To(port, "/cmp"), announcement);
        Assert.Equal((DeliveryStatus.Stored, 1), (delivery.Status, delivery.Attempts));
        Assert.Equal(Hex.Of(announcement.Encoded.Span), Hex.Of(File.ReadAllBytes(folder.PathOf("received"))));
        Assert.Equal("application/pkixcmp /cmp False", receiver.Read("said"));
    }

    [SkippableFact]
    public async Task Python_without_a_POST_is_no_listener()
    {
        string python = Daemon.FindOrSkip("python3");
        int port = Daemon.FreePort();
        using Daemon server = Daemon.Start(python, ["-m", "http.server", port.ToString(System.Globalization.CultureInfo.InvariantCulture), "--bind", "127.0.0.1"], new TestFolder(), port);
        CmpException error = await FailsAsync(To(port), Announcement());
        Assert.Equal(("CmpHttp.501", 501), (error.ErrorId, error.HttpStatus!.Value));
    }
}
