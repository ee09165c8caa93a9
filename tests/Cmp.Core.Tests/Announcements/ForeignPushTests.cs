using System;
using System.Linq;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Tests.Transports;
using Xunit;
using static Cmp.Tests.Announcements.PushScene;

namespace Cmp.Tests.Announcements;

/// <summary>The listener for pushes as programs of others see it: curl over HTTP and TLS, openssl s_client over TLS. <c>openssl cmp</c> cannot push: it only asks.</summary>
public sealed class ForeignPushTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Runs curl; of what comes only the status, the octets of the body and how many connections were made.</summary>
    private async Task<string> CurlAsync(params string[] arguments)
    {
        Skip.If(Programs.Find("curl") is null, "curl is not installed");
        string[] all = ["--silent", "--noproxy", "*", "--max-time", "30", "--output", _folder.PathOf("out"), "--write-out", "%{http_code} %{size_download} %{num_connects};", .. arguments];
        ProgramResult result = await Task.Run(() => Programs.Run(Programs.Find("curl")!, all));
        Assert.True(result.ExitCode == 0, $"curl ended with {result.ExitCode}: {result.Error}");
        return result.Text;
    }

    private string[] Push(byte[] message, string type = "application/pkixcmp") => ["--header", "Content-Type: " + type, "--data-binary", "@" + _folder.Write("message-" + Guid.NewGuid().ToString("N"), message)];

    private static string At(PushScene scene, string path = "") => scene.Uri + path;

    [SkippableTheory]
    [InlineData("CaKeyUpdate")]
    [InlineData("Certificate")]
    [InlineData("Revocation")]
    [InlineData("Crl")]
    public async Task Curl_pushes_and_hears_201_where_it_is_believed_and_202_where_it_is_not(string type)
    {
        var content = ToPush.All.Single(one => Announcement.TypeOf(one).ToString() == type);
        await using PushScene scene = new();
        Assert.Equal("202 0 1;", await CurlAsync([.. Push(Unprotected(content)), At(scene)]));
        Assert.Equal("201 0 1;", await CurlAsync([.. Push(Signed(content)), At(scene)]));
        Assert.Equal("201 0 1;", await CurlAsync([.. Push(Signed(content)), At(scene)]));
        Assert.Equal([false, true], scene.Emitted.Select(one => one.Verified));
        Assert.Empty(scene.Refusals);
    }

    [SkippableFact]
    public async Task Curl_hears_what_is_wrong_with_a_push()
    {
        await using PushScene scene = new("http://localhost:0/pkix", settings => settings with { MaxPushBytes = 10_000 });
        byte[] good = Signed(ToPush.Crl);
        Assert.Equal("400 0 1;", await CurlAsync([.. Push(Other()), At(scene)]));
        Assert.Equal("404 0 1;", await CurlAsync([.. Push(good), At(scene, "/other")]));
        Assert.Equal("405 0 1;", await CurlAsync([At(scene)]));
        Assert.Equal("405 0 1;", await CurlAsync(["--request", "PUT", .. Push(good), At(scene)]));
        Assert.Equal("411 0 1;", await CurlAsync(["--header", "Transfer-Encoding: chunked", .. Push(good), At(scene)]));
        Assert.Equal("413 0 1;", await CurlAsync([.. Push(new byte[20_000]), At(scene)]));
        Assert.Equal("415 0 1;", await CurlAsync([.. Push(good, "application/octet-stream"), At(scene)]));
        Assert.Equal([400, 404, 405, 405, 411, 413, 415], scene.Refusals.Select(refusal => refusal.Status));
        Assert.Equal("201 0 1;", await CurlAsync([.. Push(good), At(scene)]));
    }

    /// <summary>curl waits for the word to go on, so it hears 413 before it sends anything.</summary>
    [SkippableFact]
    public async Task Curl_is_told_413_before_it_sends_a_gigabyte()
    {
        await using PushScene scene = new();
        string file = _folder.PathOf("gigabyte");
        using (var sparse = System.IO.File.Create(file))
            sparse.SetLength(1L << 30);
        Assert.Equal("413 0 1;", await CurlAsync("--header", "Expect: 100-continue", "--expect100-timeout", "20", "--header", "Content-Type: application/pkixcmp", "--request", "POST", "--upload-file", file, At(scene)));
        Assert.Equal(413, scene.Refusal.Status);
    }

    [SkippableFact]
    public async Task Curl_keeps_the_connection_over_several_pushes()
    {
        await using PushScene scene = new();
        string[] pushes = [.. ToPush.All.SelectMany((content, i) => (string[])[.. i == 0 ? Array.Empty<string>() : ["--next", "--silent", "--noproxy", "*", "--output", _folder.PathOf("out"), "--write-out", "%{http_code} %{size_download} %{num_connects};"], .. Push(Signed(content)), At(scene)])];
        Assert.Equal("201 0 1;201 0 0;201 0 0;201 0 0;", await CurlAsync(pushes));
        Assert.Equal(4, scene.Emitted.Count);
    }

    [SkippableFact]
    public async Task Curl_waits_for_the_word_to_go_on_and_gets_it()
    {
        await using PushScene scene = new();
        Assert.Equal("201 0 1;", await CurlAsync(["--header", "Expect: 100-continue", "--expect100-timeout", "20", .. Push(Signed(ToPush.Crl)), At(scene)]));
    }

    [SkippableFact]
    public async Task Curl_speaks_HTTP_1_0()
    {
        await using PushScene scene = new();
        Assert.Equal("201 0 1;", await CurlAsync(["--http1.0", .. Push(Signed(ToPush.Crl)), At(scene)]));
    }

    [SkippableFact]
    public async Task Curl_is_told_when_to_come_again()
    {
        await using PushScene scene = new(change: settings => settings with { MaxPushesPerMinute = 1 });
        Assert.Equal("201 0 1;", await CurlAsync([.. Push(Signed(ToPush.Crl)), At(scene)]));
        Assert.Equal("503 0 1;", await CurlAsync(["--dump-header", _folder.PathOf("head"), .. Push(Signed(ToPush.Crl)), At(scene)]));
        Assert.Contains("\r\nRetry-After: 60\r\n", System.IO.File.ReadAllText(_folder.PathOf("head")), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Curl_pushes_over_TLS_and_trusts_whom_it_is_told_to()
    {
        using TlsCertificates certificates = new();
        using X509Certificate2 certificate = certificates.Server("localhost", IPAddress.Loopback);
        string root = _folder.Write("root.pem", Encoding.ASCII.GetBytes(certificates.Root.ExportCertificatePem()));
        using TlsCertificates others = new("another root");
        string other = _folder.Write("other.pem", Encoding.ASCII.GetBytes(others.Root.ExportCertificatePem()));
        await using PushScene scene = new("https://localhost:0/", settings => settings with { TlsCertificate = certificate });
        Assert.Equal("201 0 1;", await CurlAsync(["--cacert", root, .. Push(Signed(ToPush.Crl)), At(scene)]));
        Assert.Equal("201 0 1;", await CurlAsync(["--cacert", root, "--tlsv1.2", "--tls-max", "1.2", .. Push(Signed(ToPush.Crl)), At(scene)]));
        ProgramResult refused = await Task.Run(() => Programs.Run(Programs.Find("curl")!, ["--silent", "--noproxy", "*", "--max-time", "30", "--cacert", other, .. Push(Signed(ToPush.Revocation)), At(scene)]));
        Assert.Equal(60, refused.ExitCode); // the peer's certificate cannot be verified
        Assert.Single(scene.Emitted);
    }

    [SkippableTheory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task OpenSsl_pushes_over_TLS(string version)
    {
        Skip.If(Programs.Find("openssl") is null, "openssl is not installed");
        using TlsCertificates certificates = new();
        using X509Certificate2 certificate = certificates.Server();
        string root = _folder.Write("root.pem", Encoding.ASCII.GetBytes(certificates.Root.ExportCertificatePem()));
        await using PushScene scene = new("https://localhost:0/", settings => settings with { TlsCertificate = certificate });
        foreach ((byte[] message, string answer) in new[] { (Signed(ToPush.Crl), "HTTP/1.1 201 Created\r\n"), (Unprotected(ToPush.Revocation), "HTTP/1.1 202 Accepted\r\n"), (Other(), "HTTP/1.1 400 Bad Request\r\n") })
        {
            ProgramResult result = await Task.Run(() => Programs.Run(
                Programs.Find("openssl")!,
                ["s_client", "-connect", "localhost:" + scene.Uri.Port, "-servername", "localhost", "-CAfile", root, "-verify_return_error", version, "-quiet"],
                RawClient.Post(message, "Connection: close\r\n")));
            Assert.StartsWith(answer, result.Text, StringComparison.Ordinal);
            Assert.EndsWith("\r\n\r\n", result.Text, StringComparison.Ordinal);
        }
        Assert.Equal(2, scene.Emitted.Count);
    }

    [SkippableFact]
    public async Task OpenSsl_with_a_TLS_that_is_too_old_is_refused()
    {
        Skip.If(Programs.Find("openssl") is null, "openssl is not installed");
        using TlsCertificates certificates = new();
        using X509Certificate2 certificate = certificates.Server();
        await using PushScene scene = new("https://localhost:0/", settings => settings with { TlsCertificate = certificate });
        ProgramResult result = await Task.Run(() => Programs.Run(
            Programs.Find("openssl")!, ["s_client", "-connect", "localhost:" + scene.Uri.Port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-quiet"], RawClient.Post(Signed(ToPush.Crl), "Connection: close\r\n")));
        Assert.NotEqual(0, result.ExitCode);
        Assert.DoesNotContain("HTTP/1.1", result.Text, StringComparison.Ordinal);
        Assert.Empty(scene.Emitted);
        await UntilAsync(() => !scene.Refusals.IsEmpty);
        Assert.Null(scene.Refusal.Status);
    }
}
