using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Tasks;
using Cmp.Module.Tests.Harness;
using Cmp.Tests;
using Cmp.Tests.Transports;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>
/// Whatever a server does, the user gets one ErrorRecord with a stable ID and the server's words where there are any, and nothing is left behind:
/// no certificate in the store, no file.
/// </summary>
[Collection("Commands")]
public sealed class BadInputTests : IDisposable
{
    private readonly CaSession _ca = new();

    public void Dispose() => _ca.Dispose();

    [Fact]
    public async Task A_server_that_hangs_ends_by_the_time_for_the_operation()
    {
        await using var server = new ScriptedServer(HangAsync);
        ErrorRecord error = Fails("CmpTransaction.Timeout", server.Uri, "-TimeoutSec 1");
        Assert.Equal(ErrorCategory.OperationTimeout, error.CategoryInfo.Category);
        Assert.Contains("-TimeoutSec", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_hangs_ends_by_the_time_for_one_exchange()
    {
        await using var server = new ScriptedServer(HangAsync);
        _ca["uri"] = server.Uri;
        _ca["hanging"] = _ca.Invoke("Register-CmpServer hanging $uri -ExchangeTimeoutSec 1 -PassThru").Single();
        Assert.Equal(ErrorCategory.OperationTimeout, Fails("CmpTransport.Timeout", server: "$hanging").CategoryInfo.Category);
    }

    [Fact]
    public async Task A_server_that_hangs_in_the_middle_of_its_answer()
    {
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.ReceiveAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nContent-Length: 1000\r\n\r\n0");
            await connection.UntilClosedAsync();
        });
        Fails("CmpTransaction.Timeout", server.Uri, "-TimeoutSec 1");
    }

    [Fact]
    public async Task A_server_that_closes()
    {
        await using var server = new ScriptedServer(connection => connection.ReceiveAsync());
        Assert.Equal(ErrorCategory.ConnectionError, Fails("CmpTransport.ConnectionClosed", server.Uri).CategoryInfo.Category);
    }

    [Fact]
    public async Task A_server_that_breaks_off()
    {
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.ReceiveAsync();
            connection.Reset();
        });
        Fails("CmpTransport.ConnectionClosed", server.Uri);
    }

    [Fact]
    public void A_server_that_is_not_there()
    {
        ErrorRecord error = Fails("CmpTransport.ConnectFailed", new Uri("http://127.0.0.1:1/"));
        Assert.Equal(ErrorCategory.ConnectionError, error.CategoryInfo.Category);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public async Task A_web_page_is_shown_escaped()
    {
        await using var server = Answering(Encoding.UTF8.GetBytes("<html><title>Welcome \u001b[31m</title></html>"), type: "text/html");
        ErrorRecord error = Fails("CmpHttp.ContentType", server.Uri);
        Assert.Contains("Welcome", error.ErrorDetails.Message, StringComparison.Ordinal);
        AssertPlain(error);
    }

    [Theory]
    [InlineData("404 Not Found", "CmpHttp.404")]
    [InlineData("500 Internal Server Error", "CmpHttp.500")]
    [InlineData("502 Bad Gateway", "CmpHttp.502")]
    public async Task An_HTTP_status_without_a_message(string status, string errorId)
    {
        await using var server = Answering(Encoding.UTF8.GetBytes("<html>No</html>"), status, "text/html");
        Assert.Equal(ErrorCategory.ProtocolError, Fails(errorId, server.Uri).CategoryInfo.Category);
    }

    [Theory]
    [InlineData("-TimeoutSec 10")]
    [InlineData("-TimeoutSec 86400 -NoWait")]
    public async Task Rule55_A_server_that_is_busy_for_longer_than_there_is_time(string arguments)
    {
        await using var server = Busy(3600);
        ErrorRecord error = Fails("CmpHttp.503", server.Uri, arguments);
        Assert.Equal(ErrorCategory.ResourceUnavailable, error.CategoryInfo.Category);
        Assert.Contains("3600 s", error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Contains("-TimeoutSec", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task Rule55_A_wait_for_a_busy_server_is_seen_and_can_be_stopped_at_once()
    {
        await using var server = Busy(3600);
        _ca["uri"] = server.Uri;
        using RunningInvocation running = _ca.Session.Start("New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -Subject CN=unheard -NoInstall -TimeoutSec 86400");
        running.WaitUntil(streams => streams.Progress.Any(record => record.StatusDescription == "The server is busy" && record.CurrentOperation == "HTTP status 503" && record.SecondsRemaining > 3500));
        Assert.InRange(running.Stop(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.True(running.Wait().Stopped);
        Assert.Empty(_ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output);
    }

    [Fact]
    public async Task Rule55_A_refusal_under_an_HTTP_error_is_the_refusal()
    {
        using var refusing = new CaSession("-FailInfo BadPOP");
        await using var server = new ForwardingServer(refusing.Uri, answer => answer with { Status = "500 Internal Server Error" });
        _ca["credential"] = refusing.Invoke("$ca.Credential").Single();
        var error = Fails("CmpServer.badPOP", server.Uri, credential: "$credential");
        Assert.Contains("This server was told to refuse.", error.ErrorDetails.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rule56_Trailing_octets()
    {
        await using var server = new ForwardingServer(_ca.Uri, answer => answer with { Body = [.. answer.Body, 0] });
        Fails("CmpMessage.Malformed", server.Uri);
    }

    [Fact]
    public async Task Rule56_A_length_of_2_GB_in_the_message()
    {
        await using var server = Answering([0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0]);
        Fails("CmpMessage.TooLarge", server.Uri);
    }

    [Fact]
    public async Task Rule56_A_length_of_2_GB_in_the_header()
    {
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.ReceiveAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nContent-Length: 2147483647\r\n\r\n0");
            await connection.UntilClosedAsync();
        });
        Fails("CmpMessage.TooLarge", server.Uri);
    }

    [Fact]
    public async Task Rule64_A_hundred_nested_levels()
    {
        byte[] nested = [];
        for (int i = 0; i < 100; i++)
            nested = nested.Length < 128 ? [0x30, (byte)nested.Length, .. nested] : [0x30, 0x82, (byte)(nested.Length >> 8), (byte)nested.Length, .. nested];
        await using var server = Answering(nested);
        Fails("CmpMessage.Malformed", server.Uri);
    }

    [Fact]
    public async Task Rule20_Tampered_octets()
    {
        await using var server = new ForwardingServer(_ca.Uri, answer =>
        {
            byte[] body = [.. answer.Body];
            // a letter of the issuer's name, so that it still decodes
            body[body.AsSpan().IndexOf("Cmp Test Issuing CA"u8)] ^= 1;
            return answer with { Body = body };
        });
        Assert.Equal(ErrorCategory.SecurityError, Fails("CmpProtection.Invalid", server.Uri).CategoryInfo.Category);
    }

    [Fact]
    public async Task Rule25_The_answer_to_another_transaction()
    {
        await using ForwardingServer server = Replaying();
        _ca["uri"] = server.Uri;
        _ca.Invoke("New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -Subject CN=first -NoInstall").Single();
        Fails("CmpTransaction.TransactionId", server.Uri);
    }

    [Fact]
    public async Task Rule26_The_answer_to_another_message_of_the_same_transaction()
    {
        await using ForwardingServer server = Replaying();
        _ca["uri"] = server.Uri;
        _ca.Invoke("New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -Subject CN=first -NoInstall -TransactionId 0123456789abcdef").Single();
        Fails("CmpTransaction.RecipNonce", server.Uri, "-TransactionId 0123456789ABCDEF");
    }

    [Fact]
    public void A_wrong_secret()
    {
        _ca["wrong"] = CaSession.Credential("cmp-test", "not the secret");
        ErrorRecord error = Fails("CmpProtection.UnauthenticatedAnswer", credential: "$wrong");
        Assert.Equal(ErrorCategory.SecurityError, error.CategoryInfo.Category);
        Assert.Contains("badMessageCheck", error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Contains("secret", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("CmpServerException", error.Exception.GetType().Name);
    }

    [Fact]
    public void A_wrong_signer_and_nobody_to_believe()
    {
        using var other = new CaSession();
        _ca["other"] = other["ca"];
        _ca["client"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=client -NoInstall").Single();
        using var stranger = new TestCa();
        _ca["stranger"] = stranger.Certificate;
        Fails("CmpTrust.NoPath", "-ClientCertificate $client -TrustAnchor $stranger", credential: null);
        // of the same name
        Fails("CmpTrust.PathInvalid", "-ClientCertificate $client -TrustAnchor $other.RootCertificate", credential: null);
        Fails("CmpTrust.NoAnchor", "-ClientCertificate $client", credential: null);
        Fails("CmpProtection.Sender", "-ClientCertificate $client -ServerCertificate $other.RootCertificate", credential: null);
    }

    [Fact]
    public void An_expired_anchor()
    {
        X509Certificate2 root = _ca.Invoke("$ca.RootCertificate").Single<X509Certificate2>();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(root.SubjectName, root.PublicKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        // its own signature matters to nobody: an anchor is trusted for being given
        _ca["expired"] = request.Create(root.SubjectName, X509SignatureGenerator.CreateForECDsa(key), DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(-1), [1]);
        _ca["client"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=client -NoInstall").Single();
        Assert.Equal(ErrorCategory.SecurityError, Fails("CmpTrust.Expired", "-ClientCertificate $client -TrustAnchor $expired", credential: null).CategoryInfo.Category);
    }

    [Fact]
    public void Rule41_A_certificate_outside_the_anchors_for_issued_certificates()
    {
        using var authority = new TestCa();
        _ca["uri"] = _ca.Uri;
        _ca["anchor"] = authority.Certificate;
        _ca["picky"] = _ca.Invoke("Register-CmpServer picky $uri -IssuedTrustAnchor $anchor -PassThru").Single();
        // the roots that came with an ip would do under a shared secret (rule 31), with a cp there are none
        Fails("CmpTrust.IssuedCertificate", "-Operation Certification", server: "$picky");
    }

    [SkippableFact]
    public void Rule40_A_certificate_for_another_key()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start();
        _ca["credential"] = CaSession.Credential(server.Reference, server.Secret);
        ErrorRecord error = Fails("CmpTransaction.WrongKey", server.Uri, "-Preset OpenSslMock", "$credential");
        Assert.Equal(ErrorCategory.SecurityError, error.CategoryInfo.Category);
        // the server was told
        server.WaitToSay("certificate rejected by client");
    }

    [SkippableFact]
    public void Rule70_Escape_sequences_in_the_servers_words()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start(new MockServerOptions { PkiStatus = 2, Failure = 9, StatusString = "not \u001b[31mtoday\u202e" });
        _ca["credential"] = CaSession.Credential(server.Reference, server.Secret);
        ErrorRecord error = Fails("CmpServer.badPOP", server.Uri, "-Preset OpenSslMock", "$credential");
        Assert.Contains(@"\u{001B}[31mtoday\u{202E}", error.ErrorDetails.Message, StringComparison.Ordinal);
        AssertPlain(error);
    }

    [Fact]
    public void A_file_that_is_there_is_left_alone()
    {
        string path = Path.Combine(TestHome.CreateFolder(), "mine.pem");
        File.WriteAllText(path, "mine");
        _ca["path"] = path;
        ErrorRecord error = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=mine -OutFile $path").AssertError("CmpStore.Exists");
        Assert.Equal("mine", File.ReadAllText(path));
        Assert.Contains("-Force", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(_ca.Issued);
    }

    private static Task HangAsync(ScriptedConnection connection) => connection.UntilClosedAsync();

    private static ScriptedServer Answering(byte[] body, string status = "200 OK", string type = "application/pkixcmp") => new(async connection =>
    {
        await connection.ReceiveAsync();
        await connection.SendAsync(Some.Answer(body, status: status, type: type));
    });

    private static ScriptedServer Busy(int seconds) => new(async connection =>
    {
        await connection.ReceiveAsync();
        await connection.SendAsync(Some.Answer("<html>later</html>"u8.ToArray(), $"Retry-After: {seconds}\r\n", "503 Service Unavailable", "text/html"));
    });

    /// <summary>Answers everything by the first answer.</summary>
    private ForwardingServer Replaying()
    {
        ForwardingServer.Answer? first = null;
        return new ForwardingServer(_ca.Uri, answer => first ??= answer);
    }

    private static void AssertPlain(ErrorRecord error)
    {
        foreach (string text in new[] { error.ToString(), error.ErrorDetails.Message, error.Exception.Message, error.CategoryInfo.ToString() })
            Assert.DoesNotContain(text, c => char.IsControl(c) || c == '\u202e');
    }

    private ErrorRecord Fails(string errorId, Uri server, string arguments = "", string credential = "$ca.Credential")
    {
        _ca["bad"] = server;
        return Fails(errorId, arguments, credential, "$bad");
    }

    private ErrorRecord Fails(string errorId, string arguments = "", string? credential = "$ca.Credential", string server = "$ca.Uri")
    {
        string subject = "CN=" + Guid.NewGuid().ToString("N");
        string folder = TestHome.CreateFolder();
        _ca["target"] = subject;
        _ca["file"] = Path.Combine(folder, "certificate.pem");
        if (credential is not null)
            arguments += " -Credential " + credential;
        Invocation run = _ca.Invoke($@"New-CmpCertificateRequest -Server {server} -Subject $target -OutFile $file -CertStoreLocation Cert:\CurrentUser\My {arguments}");
        ErrorRecord error = run.AssertError(errorId);
        Assert.Null(run.Terminating);
        Assert.Empty(run.Output);
        Assert.Equal(subject, error.TargetObject);
        Assert.Empty(CaSession.Stored(subject));
        Assert.Empty(Directory.GetFileSystemEntries(folder));
        return error;
    }
}
