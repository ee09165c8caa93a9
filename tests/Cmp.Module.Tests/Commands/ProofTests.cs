using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Module.Tests.Harness;
using Cmp.Tests.Transports;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>-ProofOfPossession and -CentralKeyGeneration as a user has them, on the real engine.</summary>
[Collection("Commands")]
public sealed class ProofTests : IDisposable
{
    private readonly CaSession _ca = new();
    private readonly string _folder = TestHome.CreateFolder();

    public ProofTests() => _ca["folder"] = _folder;

    public void Dispose() => _ca.Dispose();

    [Theory]
    [InlineData("ML-KEM-768", "")]
    [InlineData("ML-KEM-768", "-ProofOfPossession ChallengeResponse")]
    [InlineData("X25519", "")]
    [InlineData("RSA_2048", "-ProofOfPossession ChallengeResponse -KeyUsage KeyEncipherment")]
    [InlineData("RSA_2048", "-ProofOfPossession EncryptedCertificate -KeyUsage KeyEncipherment")]
    public void A_key_that_cannot_sign_or_is_not_to_is_enrolled(string algorithm, string arguments)
    {
        PSObject certificate = _ca.Invoke($"New-CmpCertificateRequest -Server $ca -Subject CN=box -KeyAlgorithm {algorithm} {arguments} -ExplicitConfirm -OutFile $folder/box.pem").Single();
        Assert.Equal(true, certificate.Properties["Confirmed"].Value);
        string text = File.ReadAllText(Path.Combine(_folder, "box.pem"));
        Assert.Contains("PRIVATE KEY", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_without_a_key_enrols_with_a_password_and_its_key_signs_a_renewal()
    {
        _ca.Invoke("Register-CmpServer central $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate").AssertSucceeded();
        const string Password = "-OutPassword $ca.Credential.Password";
        PSObject certificate = _ca.Invoke($"New-CmpCertificateRequest -Server central -Name meter7 -Subject CN=meter7 -CentralKeyGeneration -KeyAlgorithm RSA -OutFile $folder/meter7.pfx {Password}").Single();
        var made = (X509Certificate2)certificate.BaseObject;
        Assert.True(made.HasPrivateKey);
        Assert.Equal(3072, made.GetRSAPublicKey()!.KeySize);

        // the key that came signs; the next one is made by the CA too, unless somebody says otherwise
        var renewed = _ca.Invoke($"Update-CmpCertificate -Name meter7 -Force {Password} -TracePath $folder/first").Single<X509Certificate2>();
        Assert.NotEqual(made.GetPublicKeyString(), renewed.GetPublicKeyString());
        Assert.True(renewed.HasPrivateKey);
        Assert.Equal("none", ProofIn("first"));
        var local = _ca.Invoke($"Update-CmpCertificate -Name meter7 -Force {Password} -CentralKeyGeneration:$false -KeyAlgorithm ECDSA_P256 -TracePath $folder/second").Single<X509Certificate2>();
        Assert.True(local.HasPrivateKey);
        Assert.StartsWith("signature", ProofIn("second"), StringComparison.Ordinal);
        _ca.Invoke($"Update-CmpCertificate -Name meter7 -Force {Password} -TracePath $folder/third").Single<X509Certificate2>();
        Assert.StartsWith("signature", ProofIn("third"), StringComparison.Ordinal);

        string ProofIn(string trace) => (string)_ca.Invoke($"(ConvertFrom-CmpMessage -Path $folder/{trace}/0001-sent-kur.der).Body.Items[0].ProofOfPossession").Single().BaseObject;
    }

    [Fact]
    public void Rule17_Where_the_old_key_signs_nothing_the_credential_of_the_server_asks()
    {
        _ca.Invoke("Register-CmpServer kem $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate").AssertSucceeded();
        var made = _ca.Invoke("New-CmpCertificateRequest -Server kem -Name box -Subject CN=box -KeyAlgorithm ML-KEM-512 -OutFile $folder/box.pem").Single<X509Certificate2>();
        Assert.NotEqual(made.Thumbprint, _ca.Invoke("Update-CmpCertificate -Name box -Force -TracePath $folder/trace").Single<X509Certificate2>().Thumbprint);
        Assert.Equal("passwordBasedMac", _ca.Invoke("(ConvertFrom-CmpMessage -Path $folder/trace/0001-sent-kur.der).Header.ProtectionAlg").Single().BaseObject);
    }

    [Fact]
    public void Rule17_Without_one_a_key_of_a_KEM_protects_its_own_renewal()
    {
        _ca.Invoke("""
            $kem = Start-CmpTestServer -Credential $ca.Credential -KemKeyAlgorithm ML-KEM-768
            $null = New-CmpCertificateRequest -Server $kem -Name box -Subject CN=box -KeyAlgorithm ML-KEM-512 -OutFile $folder/box.pem
            Register-CmpServer kem $kem.Uri -TrustAnchor $kem.RootCertificate
            """).AssertSucceeded();
        Invocation renewal = _ca.Invoke("Update-CmpCertificate -Certificate $folder/box.pem -Server kem -Force -NoInstall -Verbose").AssertSucceeded();
        Assert.Contains(renewal.Verbose, line => line.Contains("KemBasedMac", StringComparison.Ordinal));
        Assert.Single(renewal.Output);
        _ca.Invoke("Stop-CmpTestServer $kem").AssertSucceeded();
    }

    [Fact]
    public void Rows_say_who_makes_the_key_and_how_it_is_proven()
    {
        _ca["rows"] = new[]
        {
            new PSObject(new { Subject = "CN=row1", CentralKeyGeneration = "true", ProofOfPossession = "", KeyAlgorithm = "" }),
            new PSObject(new { Subject = "CN=row2", CentralKeyGeneration = "", ProofOfPossession = "EncryptedCertificate", KeyAlgorithm = "ML-KEM-512" }),
            new PSObject(new { Subject = "CN=row3", CentralKeyGeneration = "no", ProofOfPossession = "", KeyAlgorithm = "" }),
        };
        _ca.Invoke("$rows | New-CmpCertificateRequest -Server $ca -NoInstall -TracePath $folder/trace").AssertSucceeded();
        var proofs = _ca.Invoke("ConvertFrom-CmpMessage -Path $folder/trace/*-sent-ir.der | ForEach-Object { \"$($_.Body.Items[0].ProofOfPossession)\" }").Output.Select(one => (string)one.BaseObject).ToArray();
        Assert.Equal(3, proofs.Length);
        Assert.StartsWith("none", proofs[0], StringComparison.Ordinal);
        Assert.Contains("encr", proofs[1], StringComparison.OrdinalIgnoreCase);
        Assert.StartsWith("signature", proofs[2], StringComparison.Ordinal);
    }

    [Fact]
    public void A_cell_that_is_neither_true_nor_false_is_an_error()
    {
        _ca["rows"] = new[] { new PSObject(new { Subject = "CN=row1", CentralKeyGeneration = "perhaps" }) };
        Assert.Contains("perhaps", Assert.Single(_ca.Invoke("$rows | New-CmpCertificateRequest -Server $ca -NoInstall").Errors).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-CentralKeyGeneration -Provider 'Microsoft Platform Crypto Provider'", "CmpArgument.CentralKeyGeneration")]
    [InlineData("-CentralKeyGeneration -KeyPath missing.key", "CmpArgument.CentralKeyGeneration")]
    [InlineData("-CentralKeyGeneration -ProofOfPossession Signature", "CmpArgument.ProofOfPossession")]
    [InlineData("-KeyAlgorithm ML-KEM-512 -ProofOfPossession Signature", "CmpArgument.ProofOfPossession")]
    [InlineData("-KeyAlgorithm Ed25519 -ProofOfPossession EncryptedCertificate", "CmpArgument.ProofOfPossession")]
    [InlineData("-KeyAlgorithm RSA_2048 -ProofOfPossession KeyAgreement", "CmpArgument.ProofOfPossession")]
    public async Task Rule14_What_does_not_go_together_is_refused_before_any_traffic(string arguments, string errorId)
    {
        await using var server = new ScriptedServer();
        _ca["uri"] = server.Uri;
        _ca.Invoke($"New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -NoInstall -Subject CN=a {arguments}").AssertError(errorId);
        Assert.Equal(0, server.Accepted);
    }
}
