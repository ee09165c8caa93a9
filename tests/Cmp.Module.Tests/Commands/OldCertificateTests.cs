using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>New-CmpCertificateRequest -OldCertificateAction: what the enrolment of the same name brought before gives way.</summary>
[Collection("Commands")]
public sealed class OldCertificateTests : IDisposable
{
    private const string Ask = "New-CmpCertificateRequest -Server $ca -Name web";

    private readonly CaSession _ca = new();

    public OldCertificateTests()
    {
        string folder = TestHome.CreateFolder();
        _ca["first"] = Path.Combine(folder, "first.pem");
        _ca["second"] = Path.Combine(folder, "second.pem");
        _ca.Invoke($"$null = {Ask} -Subject CN=first -OutFile $first").AssertSucceeded();
    }

    private string First => (string)_ca["first"]!;

    public void Dispose() => _ca.Dispose();

    [Theory]
    [InlineData("", true)]
    [InlineData("-OldCertificateAction Keep", true)]
    [InlineData("-OldCertificateAction Archive", true)]
    [InlineData("-OldCertificateAction Remove", false)]
    public void It_goes_when_the_new_one_is_in_its_place(string options, bool stays)
    {
        _ca.Invoke($"$null = {Ask} -Subject CN=second -OutFile $second {options}").AssertSucceeded();
        Assert.Equal(stays, File.Exists(First));
        Assert.Equal("CN=second", _ca.Invoke("(Get-CmpCertificate web).Subject").Single<string>());
    }

    [Fact]
    public void A_store_lets_it_go_too()
    {
        _ca.Invoke($"$null = {Ask} -Subject CN=stored").AssertSucceeded();
        _ca.Invoke($"$null = {Ask} -Subject CN=second -OutFile $second -OldCertificateAction Remove").AssertSucceeded();
        Assert.Empty(CaSession.Stored("CN=stored"));
    }

    [Fact]
    public void The_file_that_the_new_one_is_in_stays()
    {
        var certificate = _ca.Invoke($"{Ask} -Subject CN=second -OutFile $first -Force -OldCertificateAction Remove").Single<X509Certificate2>();
        Assert.Equal(certificate.Thumbprint, X509CertificateLoader.LoadCertificateFromFile(First).Thumbprint);
    }

    /// <summary>What fails leaves the old one as it was.</summary>
    [Fact]
    public void It_stays_where_no_new_one_comes()
    {
        _ca.Invoke("New-CmpCertificateRequest -Server http://127.0.0.1:1/ -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Name web -Subject CN=second -OutFile $second -OldCertificateAction Remove")
            .AssertError("CmpTransport.ConnectFailed");
        Assert.True(File.Exists(First));
        Assert.True(_ca.Invoke("Test-CmpCertificate web").Single<bool>());
    }

    [Fact]
    public void It_is_about_a_name()
    {
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=x -OutFile $second -OldCertificateAction Remove").AssertError("CmpArgument.OldCertificateAction");
        Assert.False(File.Exists((string)_ca["second"]!));
    }

    [Fact]
    public void One_that_is_gone_is_no_error()
    {
        File.Delete(First);
        Invocation run = _ca.Invoke($"{Ask} -Subject CN=second -OutFile $second -OldCertificateAction Remove -Verbose").AssertSucceeded();
        Assert.Contains(run.Verbose, line => line.StartsWith("Of the certificate that web brought before, nothing becomes: ", StringComparison.Ordinal));
    }

    /// <summary>The server of an enrolment that is asked for anew is the new one: a renewal keeps the old one.</summary>
    [Fact]
    public void What_is_remembered_is_said_anew()
    {
        using var other = new CaSession();
        Environment.SetEnvironmentVariable("CMP_HOME", _ca.Home);
        _ca["other"] = other["ca"];
        _ca.Invoke("$null = New-CmpCertificateRequest -Server $other -Name web -Subject CN=second -OutFile $second -OldCertificateAction Remove").AssertSucceeded();
        Assert.Equal(other.Uri, _ca.Invoke("(Get-CmpCertificate web).Server.Uri").Single<Uri>());
    }
}
