using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>The listener as programs of others see it.</summary>
public sealed class ForeignHttpTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cmp-http-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static CmpHttpListener Start(HttpListenerSettings? settings = null) => CmpHttpListener.Start(
        settings ?? new HttpListenerSettings(), (request, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(request.Octets)));

    /// <summary>Runs curl; what the server sent goes to a file, the status to standard output.</summary>
    private async Task<(int Exit, string Status, byte[] Body)> CurlAsync(params string[] arguments)
    {
        string output = Path.Combine(_folder, "out");
        ProcessStartInfo start = new("curl") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["--silent", "--noproxy", "*", "--max-time", "20", "--write-out", "%{http_code} %{num_connects}", "--output", output, .. arguments])
            start.ArgumentList.Add(argument);
        Process? curl = null;
        try
        {
            curl = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Skip.If(true, "curl is not installed");
        }
        using (curl)
        {
            string status = await curl!.StandardOutput.ReadToEndAsync().WaitAsync(Some.Time);
            await curl.WaitForExitAsync().WaitAsync(Some.Time);
            return (curl.ExitCode, status, File.Exists(output) ? await File.ReadAllBytesAsync(output) : []);
        }
    }

    private string[] Post(byte[] message)
    {
        string file = Path.Combine(_folder, "message");
        File.WriteAllBytes(file, message);
        return ["--header", "Content-Type: application/pkixcmp", "--data-binary", "@" + file];
    }

    [SkippableTheory]
    [InlineData(5)]
    [InlineData(3_000)]
    [InlineData(1_048_000)]
    public async Task Curl_posts_messages_of_all_sizes(int size)
    {
        await using CmpHttpListener listener = Start();
        byte[] message = new byte[size];
        Array.Fill(message, (byte)0x30);
        (int exit, string status, byte[] body) = await CurlAsync([.. Post(message), listener.Uri + "x"]);
        Assert.Equal((0, "200 1"), (exit, status));
        Assert.Equal(message, body);
    }

    [SkippableFact]
    public async Task Curl_waits_for_100_and_gets_it()
    {
        await using CmpHttpListener listener = Start();
        (int exit, string status, byte[] body) = await CurlAsync(["--header", "Expect: 100-continue", "--expect100-timeout", "20", .. Post(Some.Message), listener.Uri.ToString()]);
        Assert.Equal((0, "200 1"), (exit, status));
        Assert.Equal(Some.Message, body);
    }

    [SkippableFact]
    public async Task Curl_speaks_HTTP_1_0()
    {
        await using CmpHttpListener listener = Start();
        (int exit, string status, byte[] body) = await CurlAsync(["--http1.0", .. Post(Some.Message), listener.Uri.ToString()]);
        Assert.Equal((0, "200 1"), (exit, status));
        Assert.Equal(Some.Message, body);
    }

    [SkippableFact]
    public async Task Curl_keeps_the_connection()
    {
        await using CmpHttpListener listener = Start();
        string[] post = Post(Some.Message);
        (int exit, string status, _) = await CurlAsync([.. post, listener.Uri.ToString(), "--output", Path.Combine(_folder, "out2"), listener.Uri.ToString()]);
        Assert.Equal((0, "200 1200 0"), (exit, status));
    }

    [SkippableTheory]
    [InlineData("application/pkixcmp")]
    [InlineData("application/x-pkixcmp")]
    [InlineData("application/pkixcmp-poll")]
    [InlineData("application/x-pkixcmp-poll")]
    public async Task Curl_posts_TCP_Messages_and_is_answered_alike(string type)
    {
        await using CmpHttpListener listener = Start(new HttpListenerSettings { TcpMessages = true });
        string uri = "http" + listener.Uri.OriginalString.Substring("http+tcp".Length), head = Path.Combine(_folder, "head");
        foreach ((byte[] asked, byte[] answer) in new (byte[], byte[])[]
        {
            ([0, 0, 0, 8, 10, 0, 0, .. Some.Message], [0, 0, 0, 8, 10, 0, 5, .. Some.Message]),
            ([0, 0, 0, 6, 0, .. Some.Message], [0, 0, 0, 6, 5, .. Some.Message]),
            (Some.Message, Some.Message),
        })
        {
            (int exit, string status, byte[] body) = await CurlAsync(["--header", "Content-Type: " + type, .. Post(asked)[2..], "--dump-header", head, uri]);
            Assert.Equal((0, "200 1"), (exit, status));
            Assert.Equal(answer, body);
            Assert.Contains("\r\nContent-Type: " + type + "\r\n", await File.ReadAllTextAsync(head), StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task Curl_is_told_what_is_wrong()
    {
        await using CmpHttpListener listener = Start(new HttpListenerSettings { MaxRequestBytes = 1000 });
        Assert.Equal("405 1", (await CurlAsync(listener.Uri.ToString())).Status);
        Assert.Equal("413 1", (await CurlAsync([.. Post(new byte[1001]), listener.Uri.ToString()])).Status);
        Assert.Equal("413 1", (await CurlAsync([.. Post(new byte[5_000_000]), listener.Uri.ToString()])).Status);
        Assert.Equal("415 1", (await CurlAsync("--data", "x", listener.Uri.ToString())).Status);
        Assert.Equal("411 1", (await CurlAsync([.. Post(Some.Message), "--header", "Transfer-Encoding: chunked", listener.Uri.ToString()])).Status);
    }

    [SkippableFact]
    public async Task Curl_is_told_at_once_where_there_is_TLS_and_where_not()
    {
        using TlsCertificates certificates = new();
        using X509Certificate2 certificate = certificates.Server();
        await using CmpHttpListener plain = Start();
        await using CmpHttpListener tls = Start(new HttpListenerSettings { Certificate = certificate });
        // 35 is an error in the handshake; 28 would be that it took too long
        Assert.Equal(35, (await CurlAsync([.. Post(Some.Message), $"https://127.0.0.1:{plain.Uri.Port}/"])).Exit);
        Assert.Equal("400 1", (await CurlAsync([.. Post(Some.Message), $"http://127.0.0.1:{tls.Uri.Port}/"])).Status);
    }

    [SkippableFact]
    public async Task Curl_believes_our_TLS_by_our_root_and_by_no_other()
    {
        using TlsCertificates certificates = new();
        using TlsCertificates foreign = new("Another root");
        using X509Certificate2 certificate = certificates.Server();
        await using CmpHttpListener listener = Start(new HttpListenerSettings { Certificate = certificate, HostName = "localhost" });
        string root = Path.Combine(_folder, "root.pem"), other = Path.Combine(_folder, "other.pem");
        await File.WriteAllTextAsync(root, certificates.Root.ExportCertificatePem());
        await File.WriteAllTextAsync(other, foreign.Root.ExportCertificatePem());
        (int exit, string status, byte[] body) = await CurlAsync(["--cacert", root, .. Post(Some.Message), listener.Uri.ToString()]);
        Assert.Equal((0, "200 1"), (exit, status));
        Assert.Equal(Some.Message, body);
        Assert.Equal(60, (await CurlAsync(["--cacert", other, .. Post(Some.Message), listener.Uri.ToString()])).Exit);
    }
}
