using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Threading.Tasks;
using Cmp.Module.Tests.Harness;
using Cmp.Tests;
using Cmp.Tests.Transports;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>What a probe finds out, and how far it comes; what stops it is no error.</summary>
[Collection("Commands")]
public sealed class TestCmpServerTests : IDisposable
{
    private readonly CaSession _ca = new();

    public TestCmpServerTests()
    {
        _ca["uri"] = _ca.Uri;
        _ca["nowhere"] = new Uri("http://127.0.0.1:1/");
        _ca["wrong"] = CaSession.Credential("cmp-test", "another secret");
    }

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void A_good_server_shows_all_of_it()
    {
        PSObject test = _ca.Invoke("Test-CmpServer $ca").Single();
        Assert.Equal((true, true, "Informed"), (Value(test, "Passed"), Value(test, "Reachable"), Value(test, "Stage")?.ToString()));
        Assert.Equal(("genp", 2, 200, "passwordBasedMac"), (Value(test, "Answer"), Value(test, "ProtocolVersion"), Value(test, "HttpStatus"), Value(test, "Protection")));
        Assert.Null(Value(test, "Problem"));
        Assert.Null(Value(test, "ErrorId"));
        Assert.Null(Value(test, "TlsProtocol"));
        Assert.Contains("caCerts", (IEnumerable<string>)Value(test, "InfoTypes")!);
        Assert.Contains("currentCRL", (IEnumerable<string>)Value(test, "InfoTypes")!);
        Assert.Contains("ECDSA_P256", (IEnumerable<string>)Value(test, "SignKeyPairTypes")!);
        Assert.NotNull(Value(test, "PreferredSymmetricAlgorithm"));
        Assert.InRange((TimeSpan)Value(test, "ClockDifference")!, TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(1));
        Assert.Matches(@": genp of pvno 2 in \d+ ms$", test.ToString());
        Assert.Empty(_ca.Issued);
        Assert.Empty(_ca.State);
    }

    [Fact]
    public void A_server_over_CoAP_says_where_it_is()
    {
        using var coap = new CaSession("-Transport Coap");
        PSObject test = coap.Invoke("Test-CmpServer $ca").Single();
        Assert.Equal((true, null), (Value(test, "Passed"), Value(test, "HttpStatus")));
        Assert.Contains("/.well-known/cmp", (IEnumerable<string>)Value(test, "Resources")!);
        Assert.Empty((IEnumerable<string>)Value(_ca.Invoke("Test-CmpServer $ca").Single(), "Resources")!);
    }

    [Fact]
    public void A_server_that_signs_shows_who_does()
    {
        _ca.Invoke("$client = New-CmpCertificateRequest -Server $ca -Subject CN=client -NoInstall").AssertSucceeded();
        PSObject test = _ca.Invoke("Test-CmpServer $uri -ClientCertificate $client -TrustAnchor $ca.RootCertificate").Single();
        Assert.Equal(true, Value(test, "Passed"));
        Assert.Equal("CN=Cmp Test Server", ((System.Security.Cryptography.X509Certificates.X509Certificate2)Value(test, "Signer")!).Subject);
    }

    [Theory]
    [InlineData("$nowhere -Credential $wrong", "None", "CmpTransport.ConnectFailed")]
    [InlineData("$uri -Credential $wrong", "Answered", "CmpProtection.UnauthenticatedAnswer")]
    [InlineData("$uri", "Answered", "CmpProtection.UnauthenticatedAnswer")]
    public void What_stops_it_is_no_error_but_stands_in_it(string server, string stage, string errorId)
    {
        PSObject test = _ca.Invoke($"Test-CmpServer {server}").Single();
        Assert.Equal((false, stage, errorId), (Value(test, "Passed"), Value(test, "Stage")?.ToString(), Value(test, "ErrorId")));
        Assert.NotNull(Value(test, "Problem"));
        Assert.NotNull(Value(test, "RecommendedAction"));
        Assert.EndsWith((string)Value(test, "Problem")!, test.ToString(), StringComparison.Ordinal);
        Assert.False(_ca.Invoke($"Test-CmpServer {server} -Quiet").Single<bool>());
    }

    [Fact]
    public async Task A_web_server_is_reached_and_speaks_no_CMP()
    {
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.ReceiveAsync();
            await connection.SendAsync(Some.Answer("<html>\u001b"u8.ToArray(), status: "404 Not Found", type: "text/html"));
        });
        _ca["web"] = server.Uri;
        PSObject test = _ca.Invoke("Test-CmpServer $web -Credential $wrong").Single();
        Assert.Equal((false, "Reached", 404), (Value(test, "Passed"), Value(test, "Stage")?.ToString(), Value(test, "HttpStatus")));
        Assert.Null(Value(test, "Answer"));
    }

    [Fact]
    public void A_server_that_refuses_to_tell_passes_since_it_vouches_for_that()
    {
        using var refusing = new CaSession("-FailInfo BadRequest");
        PSObject test = refusing.Invoke("Test-CmpServer $ca").Single();
        Assert.Equal((true, "Authenticated"), (Value(test, "Passed"), Value(test, "Stage")?.ToString()));
        Assert.True(refusing.Invoke("Test-CmpServer $ca -Quiet").Single<bool>());
    }

    [Fact]
    public void Servers_come_in_the_pipeline_each_with_its_own_credential()
    {
        _ca["key"] = System.IO.Path.Combine(TestHome.CreateFolder(), "client.pem");
        _ca.Invoke("""
            $null = New-CmpCertificateRequest -Server $ca -Subject CN=client -OutFile $key
            Register-CmpServer a $uri -Credential $ca.Credential
            Register-CmpServer b $nowhere -Credential $ca.Credential
            Register-CmpServer c $uri -ClientCertificate $key -ClientKeyPath $key -TrustAnchor $ca.RootCertificate
            """).AssertSucceeded();
        Assert.Equal([true, false, true], _ca.Invoke("Get-CmpServer | Test-CmpServer -Quiet").All<bool>());
        Assert.Equal([true, false], _ca.Invoke("'a', 'b' | Test-CmpServer -Quiet").All<bool>());
    }

    [Fact]
    public void What_cannot_be_tried_is_an_error()
    {
        using var keyless = new TestCa();
        _ca["keyless"] = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(keyless.Certificate.RawData);
        Assert.StartsWith("CmpKey.", Assert.Single(_ca.Invoke("Test-CmpServer $uri -ClientCertificate $keyless").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        _ca.Invoke("Test-CmpServer").AssertError("CmpArgument.Server");
    }

    private static object? Value(PSObject test, string name) => test.Properties[name].Value;
}
