using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.HttpTest;

namespace Cmp.Tests.Transports;

/// <summary>The client's road to servers that others wrote.</summary>
public sealed class ForeignServerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cmp-http-").FullName;
    private readonly List<Process> _started = [];

    public void Dispose()
    {
        foreach (Process process in _started)
        {
            process.Kill();
            process.WaitForExit(10_000);
            process.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private Process Start(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        try
        {
            Process process = Process.Start(start)!;
            _started.Add(process);
            return process;
        }
        catch (Win32Exception)
        {
            Skip.If(true, program + " is not installed");
            throw;
        }
    }

    private async Task RunAsync(string program, params string[] arguments)
    {
        Process process = Start(program, arguments);
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync().WaitAsync(Some.Time);
        await process.WaitForExitAsync().WaitAsync(Some.Time);
        Assert.True(process.ExitCode == 0, await error);
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    [SkippableFact]
    public async Task Rule53_OpenSSL_announces_keep_alive_closes_after_each_transaction_and_loses_none()
    {
        string secret = "pass:" + Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        await RunAsync("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=mock", "-days", "1");
        Process server = Start("openssl", "cmp", "-config", "/dev/null", "-port", "0", "-srv_ref", "1", "-srv_secret", secret, "-rsp_cert", "cert.pem", "-grant_implicitconf");
        _ = server.StandardError.ReadToEndAsync();
        Match accept = Match.Empty;
        while (!accept.Success)
        {
            string? line = await server.StandardOutput.ReadLineAsync().WaitAsync(Some.Time);
            Skip.If(line is null, "this openssl has no cmp with a mock server");
            accept = Regex.Match(line!, "ACCEPT .*:([0-9]+) ");
        }
        _ = server.StandardOutput.ReadToEndAsync();
        string port = accept.Groups[1].Value;
        await RunAsync("openssl", "cmp", "-config", "/dev/null", "-cmd", "ir", "-server", "127.0.0.1:" + port, "-ref", "1", "-secret", secret, "-subject", "/CN=a",
            "-newkey", "key.pem", "-certout", "out.pem", "-implicit_confirm", "-reqout", "ir.der");

        TransportRequest ir = First with { Octets = await File.ReadAllBytesAsync(Path.Combine(_folder, "ir.der")) };
        using HttpTransport transport = new(Settings(new Uri("http://127.0.0.1:" + port + "/pkix/")));
        for (int i = 0; i < 200; i++)
            Assert.True((await transport.OctetsAsync(ir)).Value.Length > 100);
    }

    [SkippableFact]
    public async Task Nginx_stands_between_client_and_listener()
    {
        using TlsCertificates certificates = new();
        using X509Certificate2 certificate = certificates.Server();
        await File.WriteAllTextAsync(Path.Combine(_folder, "key.pem"), certificates.IssuedKey);
        using X509Certificate2 client = certificates.Client();
        await File.WriteAllTextAsync(Path.Combine(_folder, "root.pem"), certificates.Root.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(_folder, "cert.pem"), certificate.ExportCertificatePem());

        List<string?> paths = [];
        await using CmpHttpListener listener = CmpHttpListener.Start(new HttpListenerSettings(), (request, _) =>
        {
            lock (paths)
                paths.Add(request.Path);
            return Task.FromResult<TransportReply>(new TransportReply.Octets(request.Octets));
        });
        int plain = FreePort(), tls = FreePort();
        await File.WriteAllTextAsync(Path.Combine(_folder, "nginx.conf"), $$"""
            daemon off; master_process off; pid nginx.pid; error_log error.log;
            events {}
            http {
              access_log off; keepalive_requests 3; client_max_body_size 10k;
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              server {
                listen 127.0.0.1:{{plain}};
                location / { proxy_pass {{listener.Uri.ToString().TrimEnd('/')}}; }
                location /none { return 404; }
                location /away { return 301 /none; }
                location /dead { proxy_pass http://127.0.0.1:1; }
              }
              server {
                listen 127.0.0.1:{{tls}} ssl http2;
                ssl_certificate cert.pem; ssl_certificate_key key.pem; ssl_client_certificate root.pem; ssl_verify_client on;
                location / { proxy_pass {{listener.Uri.ToString().TrimEnd('/')}}; proxy_http_version 1.1; proxy_set_header Connection ""; }
                location /version { proxy_pass {{listener.Uri}}$server_protocol; }
              }
            }
            """);
        Process nginx = Start("nginx", "-p", _folder, "-c", "nginx.conf", "-e", "error.log");
        Task<string> log = nginx.StandardError.ReadToEndAsync();
        using (TcpClient probe = new())
        {
            for (Stopwatch waited = Stopwatch.StartNew(); !probe.Connected;)
            {
                try
                {
                    await probe.ConnectAsync(IPAddress.Loopback, tls);
                }
                catch (SocketException) when (waited.Elapsed < Some.Time && !nginx.HasExited)
                {
                    await Task.Delay(20);
                }
            }
        }

        using HttpTransport transport = new(Settings(new Uri("http://127.0.0.1:" + plain + "/a%2fb/../C/")));
        for (int i = 0; i < 10; i++)
            Assert.Equal(First.Octets.ToArray(), (await transport.OctetsAsync()).Value.ToArray());
        Assert.All(paths, path => Assert.Equal("/a%2fb/../C/", path));
        Assert.Equal("CmpHttp.413", (await transport.FailsAsync(First with { Octets = Some.Sequence(20_000) })).ErrorId);

        foreach ((string path, int status) in new[] { ("/none", 404), ("/away", 301), ("/dead", 502) })
        {
            using HttpTransport lost = new(Settings(new Uri("http://127.0.0.1:" + plain + path)));
            CmpException error = await lost.FailsAsync();
            Assert.Equal("CmpHttp." + status, error.ErrorId);
            Assert.NotNull(error.ServerTime);
            Assert.Contains(status == 301 ? "/none" : "<html> / <head><title>", error.Message, StringComparison.Ordinal);
        }

        HttpTransportSettings secure = Settings(new Uri("https://localhost:" + tls + "/x")) with { TlsTrustAnchors = [certificates.Root] };
        using HttpTransport known = new(secure with { TlsClientCertificate = client });
        for (int i = 0; i < 10; i++)
            await known.OctetsAsync();
        foreach (string version in new[] { "1.1", "2.0" })
        {
            using HttpTransport versed = new(secure with { Uri = new Uri("https://localhost:" + tls + "/version"), TlsClientCertificate = client, HttpVersion = Version.Parse(version) });
            await versed.OctetsAsync();
            await versed.OctetsAsync(Later);
            Assert.Equal("/HTTP/" + version, paths[^1]);
        }
        using HttpTransport unknown = new(secure);
        CmpException refused = await unknown.FailsAsync();
        Assert.Equal("CmpHttp.400", refused.ErrorId);
        Assert.Contains("SSL certificate", refused.Message, StringComparison.Ordinal);
    }
}
