using System;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Tests;

namespace Cmp.Interop;

/// <summary>nginx as it is installed: the web server that stands before many a CMP server.</summary>
internal sealed class Nginx : IDisposable
{
    private readonly Daemon _daemon;

    private Nginx(Daemon daemon, int[] ports)
    {
        _daemon = daemon;
        Ports = ports;
    }

    /// <summary>The ports of its servers.</summary>
    public int[] Ports { get; }

    /// <summary>Its folder.</summary>
    public TestFolder Folder => _daemon.Folder;

    /// <summary>Starts one with some servers; the test is skipped where it is not installed.</summary>
    /// <param name="count">How many ports there are to be.</param>
    /// <param name="servers">What stands in the configuration, with these ports; its folder is the place of files.</param>
    /// <returns>The running server.</returns>
    public static Nginx OrSkip(int count, Func<TestFolder, int[], string> servers)
    {
        string program = Daemon.FindOrSkip("nginx");
        var folder = new TestFolder();
        int[] ports = [.. Enumerable.Range(0, count).Select(_ => Daemon.FreePort())];
        folder.Write("nginx.conf", $$"""
            daemon off; master_process off; pid nginx.pid; error_log error.log;
            events {}
            http {
              access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              {{servers(folder, ports)}}
            }
            """);
        return new Nginx(Daemon.Start(program, ["-p", folder.Path, "-c", "nginx.conf", "-e", "error.log"], folder, ports), ports);
    }

    /// <summary>Writes a certificate with its chain, and its key, as the directives that name them.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">What the files are called.</param>
    /// <param name="key">The key.</param>
    /// <param name="chain">The certificate, and those after it.</param>
    /// <returns>The directives.</returns>
    public static string Certificate(TestFolder folder, string name, AsymmetricAlgorithm key, params X509Certificate2[] chain)
    {
        folder.Write(name + ".pem", string.Concat(chain.Select(one => one.ExportCertificatePem() + "\n")));
        folder.Write(name + ".key", TestCa.Pem(key));
        return $"ssl_certificate {name}.pem; ssl_certificate_key {name}.key;";
    }

    /// <summary>Ends it.</summary>
    public void Dispose() => _daemon.Dispose();
}
