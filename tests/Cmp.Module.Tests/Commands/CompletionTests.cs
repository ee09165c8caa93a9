using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>What Tab offers.</summary>
[Collection("Commands")]
public sealed class CompletionTests : IDisposable
{
    private readonly CaSession _ca = new();

    public void Dispose() => _ca.Dispose();

    [Theory]
    [InlineData("New-CmpCertificateRequest -Preset O", "OpenSslMock")]
    [InlineData("New-CmpCertificateRequest -KeyAlgorithm RSA", "RSA_2048", "RSA_3072", "RSA_4096")]
    [InlineData("New-CmpCertificateRequest -KeyAlgorithm ECDSA_b", "ECDSA_brainpoolP256r1", "ECDSA_brainpoolP384r1", "ECDSA_brainpoolP512r1")]
    [InlineData("New-CmpCertificateRequest -KeyAlgorithm ed", "Ed25519", "Ed448")]
    [InlineData("New-CmpCertificateRequest -KeyAlgorithm ML-DSA", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87")]
    [InlineData("New-CmpCertificateRequest -KeyAlgorithm SLH-DSA-SHAKE", "SLH-DSA-SHAKE-128s", "SLH-DSA-SHAKE-128f", "SLH-DSA-SHAKE-192s", "SLH-DSA-SHAKE-192f", "SLH-DSA-SHAKE-256s", "SLH-DSA-SHAKE-256f")]
    [InlineData("New-CmpCertificateRequest -KeyAlgorithm X", "X25519", "X448")]
    [InlineData("Update-CmpCertificate -KeyAlgorithm ML-K", "ML-KEM-512", "ML-KEM-768", "ML-KEM-1024")]
    [InlineData("Start-CmpTestServer -KeyAlgorithm ML-", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87")]
    [InlineData("Start-CmpTestServer -KeyAlgorithm X")]
    [InlineData("Start-CmpTestServer -EncryptionKeyAlgorithm X", "X25519", "X448")]
    [InlineData("New-CmpCertificateRequest -ProofOfPossession E", "EncryptedCertificate", "EncryptedKey")]
    [InlineData("Start-CmpTestServer -KemKeyAlgorithm ", "ML-KEM-512", "ML-KEM-768", "ML-KEM-1024")]
    [InlineData("Start-CmpTestServer -DhKeyAlgorithm X", "X25519", "X448")]
    [InlineData("New-CmpCertificateRequest -EnhancedKeyUsage ClientAuthentication, Server", "ServerAuthentication")]
    [InlineData("New-CmpCertificateRequest -KeyUsage Digital", "DigitalSignature")]
    [InlineData("New-CmpCertificateRequest -Operation ", "Certification", "Initialization")]
    [InlineData("New-CmpCertificateRequest -ProtocolVersion ", "1", "2", "3")]
    [InlineData(@"New-CmpCertificateRequest -CertStoreLocation Cert:\CurrentUser", @"Cert:\CurrentUser\My")]
    [InlineData("Register-CmpServer ca http+", "http+tcp://")]
    [InlineData("Set-CmpServer ca -Uri ", "http://", "https://", "http+tcp://", "https+tcp://", "tcp://", "coap://", "coaps://", "file:///", "mailto:")]
    [InlineData("Start-CmpTestServer -Transport Http, Tc", "Tcp")]
    [InlineData("Start-CmpTestServer -TcpStyle ", "Rfc2510", "Version10")]
    [InlineData("Register-CmpServer -HashAlgorithm SHA5", "SHA512")]
    [InlineData("Register-CmpServer -MacAlgorithm HMAC-SHA5", "HMAC-SHA512")]
    [InlineData("Register-CmpServer -MacAlgorithm KM", "KMAC128", "KMAC256")]
    [InlineData("New-CmpCertificateRequest -Protection P", "PasswordBasedMac", "Pbmac1")]
    [InlineData("Wait-CmpTransaction -Protection H", "Hmac")]
    [InlineData("Update-CmpCertificate -Protection N", "None")]
    [InlineData("Register-CmpServer -KeepAlive ", "No", "Prefer", "Require")]
    [InlineData("Register-CmpServer -HttpGeneration ", "CmpHttp00", "Rfc2510", "Rfc6712", "Rfc9811", "Transport00", "Transport02", "Transport05", "Transport06")]
    [InlineData("Update-CmpCertificate -OldCertificateAction ", "Archive", "Keep", "Remove")]
    [InlineData("New-CmpCertificateRequest -InstallChain ", "Intermediate", "None", "WithRoot")]
    [InlineData("Update-CmpCertificate -InstallChain W", "WithRoot")]
    [InlineData("Start-CmpTestServer -FailInfo BadP", "BadPOP")]
    [InlineData("Invoke-CmpGeneralMessage crl", "crlStatusList", "crls")]
    [InlineData("Update-CmpCertificate -RenewBefore ", "30.00:00:00", "7.00:00:00", "'20%'", "'33%'")]
    [InlineData("Test-CmpCertificate -Name web1 -RenewBefore 3", "30.00:00:00", "'33%'")]
    [InlineData("New-CmpCertificateRequest -PrivateKeyReader ", "S-1-5-20", "S-1-5-19", "S-1-5-32-568")]
    [InlineData("Revoke-CmpCertificate -Reason Ce", "CertificateHold", "CessationOfOperation")]
    [InlineData(@"Install-CmpTrustAnchor -CertStoreLocation Cert:\CurrentUser", @"Cert:\CurrentUser\Root")]
    public void Words_are_completed(string line, params string[] expected) => Assert.Equal(expected, Complete(line).Select(completion => completion.CompletionText));

    [Fact]
    public void Test_servers_are_completed_by_port_with_their_address()
    {
        CompletionResult completion = Assert.Single(Complete("Get-CmpTestServer " + _ca.Uri.Port));
        Assert.Equal((_ca.Uri.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), _ca.Uri.OriginalString), (completion.CompletionText, completion.ToolTip));
    }

    [Fact]
    public void Servers_are_completed_by_name_with_their_address_and_quoted_where_they_must_be()
    {
        _ca.Invoke("Register-CmpServer completed https://ca.example/pkix/; Register-CmpServer \"completed by Tab's\" https://ca.example/").AssertSucceeded();
        CompletionResult[] completions = [.. Complete("New-CmpCertificateRequest -Server compl")];
        Assert.Equal(["completed", "'completed by Tab''s'"], completions.Select(completion => completion.CompletionText));
        Assert.Equal("https://ca.example/pkix/", completions[0].ToolTip);
    }

    [Theory]
    [InlineData("Update-CmpCertificate ")]
    [InlineData("Update-CmpCertificate -Certificate ")]
    [InlineData("New-CmpCertificateRequest -ClientCertificate ")]
    [InlineData("Register-CmpServer ca https://ca.example/ -ClientCertificate ")]
    [InlineData("Register-CmpServer ca https://ca.example/ -TlsCertificate ")]
    [InlineData("New-CmpAnnouncement -RevokedCertificate ")]
    [InlineData("Start-CmpTestServer -TrustedClient ")]
    public void Certificates_are_completed_by_thumbprint_with_their_subject(string line)
    {
        string thumbprint = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject \"CN=tab$([char] 27)\"").Single<X509Certificate2>().Thumbprint;
        CompletionResult completion = Assert.Single(Complete(line + thumbprint[..12]));
        Assert.Equal(thumbprint, completion.CompletionText);
        Assert.StartsWith(@"CN=tab\u{001B}, until ", completion.ToolTip, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("New-CmpCertificateRequest -TrustAnchor ")]
    [InlineData("Register-CmpServer ca https://ca.example/ -TlsTrustAnchor ")]
    [InlineData("Get-CmpRootUpdate ")]
    [InlineData("Install-CmpTrustAnchor -OldRoot ")]
    [InlineData("Request-CmpCrossCertificate ")]
    public void Certificates_of_CAs_are_completed_by_their_path_with_their_subject(string line)
    {
        X509Certificate2 root = _ca.Invoke("$ca.RootCertificate").Single<X509Certificate2>();
        using var store = new X509Store(StoreName.Root, StoreLocation.CurrentUser);
        store.Open(OpenFlags.ReadWrite);
        store.Add(root);
        try
        {
            string path = @"Cert:\CurrentUser\Root\" + root.Thumbprint;
            CompletionResult completion = Assert.Single(Complete(line + path[..^10]));
            Assert.Equal(path, completion.CompletionText);
            Assert.StartsWith("CN=Cmp Test Root CA, until ", completion.ToolTip, StringComparison.Ordinal);
            // where nothing is begun, files are offered
            Assert.DoesNotContain(Complete(line), one => one.CompletionText.StartsWith("Cert:", StringComparison.Ordinal));
        }
        finally
        {
            store.Remove(root);
        }
    }

    [Fact]
    public void Profiles_are_completed_by_those_of_servers()
    {
        _ca.Invoke("Register-CmpServer profiled1 https://ca.example/ -CertificateProfile device; Register-CmpServer profiled2 https://ca.example/ -CertificateProfile device; Register-CmpServer profiled3 https://ca.example/ -CertificateProfile user").AssertSucceeded();
        CompletionResult completion = Assert.Single(Complete("New-CmpCertificateRequest -CertificateProfile dev"));
        Assert.Equal("device", completion.CompletionText);
        Assert.Equal("the profile of profiled1, profiled2", completion.ToolTip);
    }

    [Theory]
    [InlineData("Get-CmpTransaction ")]
    [InlineData("Wait-CmpTransaction ")]
    [InlineData("Remove-CmpTransaction -Id ")]
    [InlineData("Export-CmpMessage ")]
    public void Transactions_are_completed_by_ID_with_their_subject(string line)
    {
        _ca.Invoke("'ABCD', 'AB01', 'CD01' | ForEach-Object { New-CmpCertificateRequest -Server $ca -Subject \"CN=tab$([char] 27)\" -TransactionId $_ -Offline }").AssertSucceeded();
        IReadOnlyList<CompletionResult> completions = Complete(line + "ab");
        Assert.Equal(["AB01", "ABCD"], completions.Select(completion => completion.CompletionText));
        Assert.All(completions, completion => Assert.StartsWith(@"CN=tab\u{001B}, since ", completion.ToolTip, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Get-CmpCertificate ")]
    [InlineData("Test-CmpCertificate ")]
    [InlineData("Update-CmpCertificate -Name ")]
    [InlineData("New-CmpCertificateRequest -Subject CN=a -Name ")]
    public void Enrolments_are_completed_by_name_with_their_subject(string line)
    {
        _ca.Invoke("'web1', \"web's\", 'db1' | ForEach-Object { New-CmpCertificateRequest -Server $ca -Subject \"CN=tab$([char] 27)\" -Name $_ }").AssertSucceeded();
        IReadOnlyList<CompletionResult> completions = Complete(line + "WEB");
        Assert.Equal(["'web''s'", "web1"], completions.Select(completion => completion.CompletionText));
        Assert.All(completions, completion => Assert.StartsWith(@"CN=tab\u{001B}, until ", completion.ToolTip, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("relative")]
    [InlineData("/dev/null/cmp")]
    [InlineData("bad\u0001")]
    public void State_that_cannot_be_read_has_no_words_and_throws_nothing(string home)
    {
        Environment.SetEnvironmentVariable("CMP_HOME", home);
        foreach (string line in new[] { "Wait-CmpTransaction a", "Get-CmpCertificate a" })
            Assert.DoesNotContain(Complete(line), completion => completion.ResultType == CompletionResultType.ParameterValue);
        // the engine hides what a completer throws: here it is asked itself
        foreach (string completer in new[] { "Transaction", "Enrollment" })
            Assert.Empty(_ca.Invoke($"[Cmp.Binding.{completer}Completer]::new().CompleteArgument('Get-CmpX', 'Id', '', $null, @{{}})").AssertSucceeded().Output);
    }

    [Fact]
    public void One_that_is_damaged_hides_no_other()
    {
        _ca.Invoke("'AA', 'AB' | ForEach-Object { New-CmpCertificateRequest -Server $ca -Subject CN=tab -TransactionId $_ -Offline }").AssertSucceeded();
        File.WriteAllText(Path.Combine(_ca.Home, "transactions", "aa.json"), "{");
        Assert.Equal("AB", Assert.Single(Complete("Get-CmpTransaction a")).CompletionText);
    }

    private IReadOnlyList<CompletionResult> Complete(string line)
    {
        _ca["line"] = line;
        return _ca.Invoke("[Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches").All<CompletionResult>();
    }
}
