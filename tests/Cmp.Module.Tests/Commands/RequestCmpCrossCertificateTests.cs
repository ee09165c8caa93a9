using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Request-CmpCrossCertificate as a user has it, on the real engine.</summary>
[Collection("Commands")]
public sealed class RequestCmpCrossCertificateTests : IDisposable
{
    private readonly CaSession _ca = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _requesterKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public RequestCmpCrossCertificateTests()
    {
        _ca["them"] = MadeAuthority.CA("CN=Other CA, O=Example", _key);
        _ca["ra"] = MadeAuthority.RegistrationAuthority("CN=RA", _requesterKey);
        _ca["request"] = new CertificateRequest("CN=Their request", _key, HashAlgorithmName.SHA256).CreateSigningRequest();
        _ca.Invoke("$bridge = Start-CmpTestServer -TrustedClient $them, $ra; $slow = Start-CmpTestServer -TrustedClient $ra -PollCount 1 -CheckAfter 0").AssertSucceeded();
    }

    public void Dispose()
    {
        _ca.Invoke("Stop-CmpTestServer $bridge; Stop-CmpTestServer $slow");
        _ca.Dispose();
        _key.Dispose();
        _requesterKey.Dispose();
    }

    [Theory]
    [InlineData("$them | Request-CmpCrossCertificate -Server $bridge -ClientCertificate $them", "CN=Other CA, O=Example")]
    [InlineData("Request-CmpCrossCertificate $them -Server $bridge -ClientCertificate $ra", "CN=Other CA, O=Example")]
    [InlineData("Request-CmpCrossCertificate -Pkcs10 $request -Server $bridge -ClientCertificate $ra -NotAfter ([datetime]::Now.AddDays(9))", "CN=Their request")]
    public void The_other_CA_leads_to_this_one_afterwards(string command, string subject)
    {
        Invocation run = _ca.Invoke(command + " -Verbose");
        PSObject emitted = run.Single();
        Assert.Equal("Cmp.Certificate", emitted.TypeNames[0]);
        Assert.Contains(run.Verbose, line => line.StartsWith("Sent ccr,", StringComparison.Ordinal));
        var cross = (X509Certificate2)emitted.BaseObject;
        Assert.Equal(subject, cross.Subject);
        Assert.False(cross.HasPrivateKey);
        Assert.Equal(((X509Certificate2)_ca["them"]!).GetPublicKey(), cross.GetPublicKey());
        var root = _ca.Invoke("$bridge.RootCertificate").Single<X509Certificate2>();
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.ExtraStore.Add(cross);
        using X509Certificate2 theirs = IssuedByThem();
        Assert.Equal(!command.Contains("-Pkcs10", StringComparison.Ordinal), chain.Build(theirs));
        Assert.Empty(_ca.State);
    }

    [Fact]
    public void Validity_and_extensions_are_those_that_are_given()
    {
        DateTime begin = DateTime.Today.AddDays(1), end = DateTime.Today.AddDays(30);
        _ca["begin"] = begin;
        _ca["end"] = end;
        var cross = _ca.Invoke("""
            $constraints = [Security.Cryptography.X509Certificates.X509BasicConstraintsExtension]::new($true, $true, 0, $true)
            Request-CmpCrossCertificate $them -Server $bridge -ClientCertificate $ra -NotBefore $begin -NotAfter $end -Extension $constraints
            """).Single<X509Certificate2>();
        Assert.Equal((begin, end), (cross.NotBefore, cross.NotAfter));
        Assert.Equal(0, Assert.Single(cross.Extensions.OfType<X509BasicConstraintsExtension>()).PathLengthConstraint);
        Assert.True(Assert.Single(cross.Extensions.OfType<X509KeyUsageExtension>()).KeyUsages.HasFlag(X509KeyUsageFlags.KeyCertSign));
    }

    [Fact]
    public void It_goes_to_a_file_where_one_is_named()
    {
        _ca["path"] = Path.Combine(_ca.Home, "cross.cer");
        PSObject emitted = _ca.Invoke("Request-CmpCrossCertificate $them -Server $bridge -ClientCertificate $ra -OutFile $path").Single();
        Assert.Equal(_ca["path"], emitted.Properties["Path"].Value);
        Assert.Equal(((X509Certificate2)emitted.BaseObject).RawData, File.ReadAllBytes((string)_ca["path"]!));
        _ca.Invoke("Request-CmpCrossCertificate $them -Server $bridge -ClientCertificate $ra -OutFile $path").AssertError("CmpStore.Exists");
        _ca.Invoke("Request-CmpCrossCertificate $them -Server $bridge -ClientCertificate $ra -OutFile $path -Force").Single();
        // it is not ours to renew
        Assert.Empty(_ca.Invoke("Get-CmpCertificate").AssertSucceeded().Output);
    }

    [Theory]
    [InlineData("$bridge", "", "CmpServer.notAuthorized")]
    [InlineData("$bridge.Uri", "-TrustAnchor $bridge.RootCertificate", "CmpArgument.NoCredential")]
    [InlineData("$bridge.Uri", "-ClientCertificate $ra", "CmpArgument.Issuer")]
    [InlineData("$bridge", "-ClientCertificate $ra -Issuer 'CN=Somebody else'", "CmpServer.wrongAuthority")]
    [InlineData("$bridge", "-ClientCertificate $ra -NotAfter ([datetime]::Now.AddYears(90))", "CmpServer.badCertTemplate")]
    [InlineData("$ca", "-ClientCertificate $ra", "CmpServer.signerNotTrusted")]
    public void What_nobody_may_ask_for_is_refused(string server, string arguments, string errorId)
    {
        ErrorRecord error = _ca.Invoke($"Request-CmpCrossCertificate $them -Server {server} {arguments}").AssertError(errorId);
        Assert.Equal("CN=Other CA, O=Example", Assert.IsType<X509Certificate2>(error.TargetObject).Subject);
        Assert.Empty(_ca.Invoke("$bridge.Issued").AssertSucceeded().Output);
    }

    [Fact]
    public void What_does_not_prove_its_key_is_refused_before_any_traffic()
    {
        _ca["below"] = IssuedByThem();
        Invocation run = _ca.Invoke("Request-CmpCrossCertificate $below -Server $bridge -ClientCertificate $ra -Verbose");
        run.AssertError("CmpArgument.CrossCertified");
        _ca["octets"] = ((byte[])_ca["request"]!).ToArray();
        ((byte[])_ca["octets"]!)[^3] ^= 1;
        Invocation forged = _ca.Invoke("Request-CmpCrossCertificate -Pkcs10 $octets -Server $bridge -ClientCertificate $ra -NotAfter ([datetime]::Now.AddDays(9)) -Verbose");
        Assert.Equal("CN=Their request", forged.AssertError("CmpArgument.Pkcs10").TargetObject);
        _ca.Invoke("Request-CmpCrossCertificate -Pkcs10 $request -Server $bridge -ClientCertificate $ra").AssertError("CmpArgument.NotAfter");
        Assert.DoesNotContain(run.Verbose.Concat(forged.Verbose), line => line.StartsWith("Sent", StringComparison.Ordinal));
    }

    [Fact]
    public void A_certificate_in_the_pipeline_does_not_choose_the_server()
    {
        // a certificate that came from a server says so, and that is the other CA's
        _ca.Invoke("Register-CmpServer bridge $bridge.Uri -TrustAnchor $bridge.RootCertificate -Default").AssertSucceeded();
        PSObject emitted = _ca.Invoke("[pscustomobject]@{ Certificate = $them; Server = $ca.Uri } | Request-CmpCrossCertificate -ClientCertificate $ra").Single();
        Assert.Equal("bridge", emitted.Properties["Server"].Value);
    }

    [Fact]
    public void WhatIf_sends_nothing_and_Approve_sees_it()
    {
        Assert.Contains("\"Ask for a cross-certificate at ", _ca.Session.Show("Request-CmpCrossCertificate $them -Server $bridge -ClientCertificate $ra -WhatIf"), StringComparison.Ordinal);
        Assert.Empty(_ca.Invoke("$bridge.Issued").AssertSucceeded().Output);
        Assert.Equal("not this one", _ca.Invoke("Request-CmpCrossCertificate $them -Server $bridge -ClientCertificate $ra -Approve { 'not this one' }").AssertError("CmpTransaction.Refused").ErrorDetails.Message);
    }

    [Fact]
    public void A_server_that_needs_time_is_waited_for_and_its_transaction_says_what_it_is()
    {
        _ca["path"] = Path.Combine(_ca.Home, "cross.pem");
        _ca["raPath"] = Path.Combine(_ca.Home, "ra.pem");
        File.WriteAllText((string)_ca["raPath"]!, ((X509Certificate2)_ca["ra"]!).ExportCertificatePem() + "\n" + _requesterKey.ExportPkcs8PrivateKeyPem());
        PSObject transaction = _ca.Invoke("$t = Request-CmpCrossCertificate $them -Server $slow -ClientCertificate $raPath -OutFile $path -NoWait; $t").Single();
        Assert.Equal("CrossCertification", transaction.Properties["Operation"].Value.ToString());
        Assert.Equal("CN=Other CA, O=Example", transaction.Properties["Subject"].Value);
        Assert.False(File.Exists((string)_ca["path"]!));
        PSObject emitted = _ca.Invoke("$t | Wait-CmpTransaction").Single();
        Assert.Equal(_ca["path"], emitted.Properties["Path"].Value);
        Assert.Empty(_ca.Invoke("Get-CmpTransaction; Get-CmpCertificate").AssertSucceeded().Output);
    }

    [Fact]
    public void Its_messages_can_be_carried_by_hand()
    {
        _ca.Invoke("$t = Request-CmpCrossCertificate $them -Server $bridge -ClientCertificate $ra -Offline; $t | Export-CmpMessage -OutFile $env:CMP_HOME/ccr.pki").AssertSucceeded();
        using var courier = new Courier(_ca.Invoke("$bridge.Uri").Single<Uri>());
        courier.Carry(Path.Combine(_ca.Home, "ccr.pki"), Path.Combine(_ca.Home, "ccp.pki"));
        var cross = _ca.Invoke("$t | Wait-CmpTransaction -ClientCertificate $ra -ResponsePath $env:CMP_HOME/ccp.pki").Single<X509Certificate2>();
        Assert.Equal("CN=Other CA, O=Example", cross.Subject);
    }

    /// <summary>A certificate of somebody that their CA issued.</summary>
    private X509Certificate2 IssuedByThem()
    {
        var request = new CertificateRequest("CN=theirs", _requesterKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        return request.Create((X509Certificate2)_ca["them"]!, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(9), [1, 2, 3]);
    }
}
