using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Update-CmpCertificate as a user has it, on the real engine.</summary>
[Collection("Commands")]
public sealed class UpdateCmpCertificateTests : IDisposable
{
    private readonly CaSession _ca = new();

    public UpdateCmpCertificateTests() =>
        _ca["old"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject 'CN=old, O=Example' -DnsName old.example -EnhancedKeyUsage ServerAuthentication -NoInstall").Single();

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void Nothing_is_done_where_nothing_is_due()
    {
        Invocation run = _ca.Invoke("$old | Update-CmpCertificate -Server $ca -Verbose").AssertSucceeded();
        Assert.Empty(run.Output);
        Assert.Contains("is not due before", Assert.Single(run.Verbose), StringComparison.Ordinal);
        Assert.Single(_ca.Issued);
    }

    [Theory]
    [InlineData("-Force")]
    [InlineData("-RenewBefore 365.00:00:00")]
    [InlineData("-RenewBefore 100%")]
    [InlineData("-RenewBefore ([timespan]::FromDays(365))")]
    public void What_is_due_is_renewed_by_the_old_certificate(string arguments)
    {
        Invocation run = _ca.Invoke($"$old | Update-CmpCertificate -Server $ca -NoInstall -Verbose {arguments}");
        PSObject renewed = run.Single();
        var certificate = (X509Certificate2)renewed.BaseObject;
        Assert.Equal("Cmp.Certificate", renewed.TypeNames[0]);
        Assert.Equal("CN=old, O=Example", certificate.Subject);
        Assert.True(certificate.HasPrivateKey);
        Assert.Contains(run.Verbose, line => line.StartsWith("Sent kur,", StringComparison.Ordinal));
    }

    /// <summary>The property Server of what comes through the pipeline is an address; its anchors are known from the enrolment.</summary>
    [Fact]
    public void What_was_enrolled_at_an_address_is_renewed_there_with_its_anchors()
    {
        _ca["file"] = _ca.Home + "/by-address.pem";
        _ca.Invoke("$enrolled = New-CmpCertificateRequest -Server $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Subject CN=by-address -OutFile $file").AssertSucceeded();
        _ca.Invoke("$enrolled | Update-CmpCertificate -Force").Single();
        // an address on the command line is meant as it stands: there are no anchors then
        Invocation bare = _ca.Invoke("Get-CmpCertificate | Update-CmpCertificate -Server $ca.Uri -Force");
        Assert.Equal("CmpTrust.NoAnchor", Assert.Single(bare.Errors).FullyQualifiedErrorId.Split(',')[0]);
    }

    [Fact]
    public void Names_extensions_and_the_kind_of_key_are_kept_and_the_end_is_not()
    {
        _ca["short"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=short -DnsName short.example -EnhancedKeyUsage ServerAuthentication -KeyAlgorithm RSA_2048 -NotAfter ([datetime]::Now.AddDays(2)) -NoInstall").Single();
        var old = (X509Certificate2)((PSObject)_ca["short"]!).BaseObject;
        var renewed = _ca.Invoke("$short | Update-CmpCertificate -Server $ca -Force -NoInstall").Single<X509Certificate2>();
        Assert.Equal(old.Extensions["2.5.29.17"]!.RawData, renewed.Extensions["2.5.29.17"]!.RawData);
        Assert.Equal(old.Extensions["2.5.29.37"]!.RawData, renewed.Extensions["2.5.29.37"]!.RawData);
        Assert.Equal(2048, renewed.GetRSAPrivateKey()!.KeySize);
        Assert.NotEqual(old.GetPublicKey(), renewed.GetPublicKey());
        // a certificate in the pipeline has properties NotBefore and NotAfter; they are not asked for again
        Assert.True(renewed.NotAfter > old.NotAfter.AddDays(300));
    }

    [Fact]
    public void Names_that_are_given_replace_those_of_the_old_one()
    {
        var renewed = _ca.Invoke("$old | Update-CmpCertificate -Server $ca -Force -NoInstall -DnsName new.example").Single<X509Certificate2>();
        Assert.Contains("new.example", renewed.Extensions["2.5.29.17"]!.Format(false), StringComparison.Ordinal);
        Assert.DoesNotContain("old.example", renewed.Extensions["2.5.29.17"]!.Format(false), StringComparison.Ordinal);
        Assert.Null(_ca.Invoke("$old | Update-CmpCertificate -Server $ca -Force -NoInstall -DnsName @()").Single<X509Certificate2>().Extensions["2.5.29.17"]);
    }

    [Fact]
    public void The_certificate_goes_back_to_its_server()
    {
        _ca["uri"] = _ca.Uri;
        _ca.Invoke("Register-CmpServer home $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate").AssertSucceeded();
        PSObject renewed = _ca.Invoke("New-CmpCertificateRequest -Server home -Subject CN=homing -NoInstall | Update-CmpCertificate -Force -NoInstall").Single();
        Assert.Equal("home", renewed.Properties["Server"].Value);
    }

    [Fact]
    public void The_new_certificate_goes_where_the_old_one_is()
    {
        string thumbprint = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=placed").Single<X509Certificate2>().Thumbprint;
        _ca["thumbprint"] = thumbprint;
        foreach (string named in new[] { "$thumbprint", @"Cert:\CurrentUser\My\$thumbprint", "Cert:/CurrentUser/My/$thumbprint" })
        {
            PSObject renewed = _ca.Invoke($"Update-CmpCertificate \"{named}\" -Server $ca -Force -OldCertificateAction Keep").Single();
            Assert.Equal(@"CurrentUser\My", renewed.Properties["Store"].Value);
        }
        Assert.Equal(4, CaSession.Stored("CN=placed").Count);
        _ca.Invoke("Update-CmpCertificate $thumbprint -Server $ca -Force -OldCertificateAction Remove").Single();
        Assert.DoesNotContain(CaSession.Stored("CN=placed"), certificate => certificate.Thumbprint == thumbprint);
    }

    [Fact]
    public void The_old_one_stays_where_the_new_one_goes_nowhere()
    {
        string thumbprint = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=staying").Single<X509Certificate2>().Thumbprint;
        _ca["thumbprint"] = thumbprint;
        _ca.Invoke("Update-CmpCertificate $thumbprint -Server $ca -Force -NoInstall").Single();
        Assert.Equal(thumbprint, Assert.Single(CaSession.Stored("CN=staying")).Thumbprint);
    }

    [Fact]
    public void A_file_is_replaced_in_its_place_or_not_at_all()
    {
        string path = Path.Combine(TestHome.CreateFolder(), "certificate.pem");
        _ca["path"] = path;
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=filed -OutFile $path").Single();
        string before = File.ReadAllText(path);

        using (var refusing = new CaSession())
        {
            _ca["refusing"] = refusing["ca"];
            _ca.Invoke("Update-CmpCertificate $path -Server $refusing -Force -OutFile $path").AssertError("CmpServer.signerNotTrusted");
        }
        Assert.Equal(before, File.ReadAllText(path));

        _ca.Invoke("Update-CmpCertificate $path -Server $ca -Force -OutFile $path").Single();
        Assert.NotEqual(before, File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!));
        _ca.Invoke("Update-CmpCertificate $path -Server $ca -Force -NoInstall").Single();
    }

    [Fact]
    public void Of_a_file_that_was_enrolled_elsewhere_it_is_said_where_the_new_one_goes()
    {
        string folder = TestHome.CreateFolder();
        _ca["here"] = Path.Combine(folder, "here.pem");
        _ca["copy"] = Path.Combine(folder, "copy.pem");
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=filed -OutFile $here").Single();
        File.Copy((string)_ca["here"]!, (string)_ca["copy"]!);
        string before = File.ReadAllText((string)_ca["copy"]!);
        using (new CaSession())
        {
            // with the state of somebody else
            ErrorRecord error = _ca.Invoke("Update-CmpCertificate $copy -Server $ca -Force").AssertError("CmpArgument.Destination");
            Assert.Contains("-OutFile", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        }
        // who enrolled it said so then, wherever a copy of it lies
        _ca.Invoke("Update-CmpCertificate $here -Force").Single();
        Assert.NotEqual(before, File.ReadAllText((string)_ca["here"]!));
        Assert.Equal(before, File.ReadAllText((string)_ca["copy"]!));
    }

    [Fact]
    public void ReuseKey_certifies_the_old_key()
    {
        var renewed = _ca.Invoke("$old | Update-CmpCertificate -Server $ca -Force -ReuseKey -NoInstall").Single<X509Certificate2>();
        Assert.Equal(((X509Certificate2)((PSObject)_ca["old"]!).BaseObject).GetPublicKey(), renewed.GetPublicKey());
    }

    [Fact]
    public void Without_the_old_key_it_says_what_else_would_do()
    {
        _ca["keyless"] = X509CertificateLoader.LoadCertificate(((X509Certificate2)((PSObject)_ca["old"]!).BaseObject).RawData);
        ErrorRecord error = _ca.Invoke("Update-CmpCertificate $keyless -Server $ca -Force -NoInstall").AssertError("CmpKey.Missing");
        Assert.Contains("-CertificateKeyPath", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(((X509Certificate2)_ca["keyless"]!).Thumbprint, error.CategoryInfo.TargetName);
        _ca.Invoke("Update-CmpCertificate $keyless -Server $ca -Force -NoInstall -Protection PasswordBasedMac").Single();
    }

    [Fact]
    public void WhatIf_and_RandomDelay_do_nothing_where_nothing_is_to_do()
    {
        string shown = _ca.Session.Show("$old | Update-CmpCertificate -Server $ca -Force -WhatIf");
        Assert.StartsWith("What if: Performing the operation \"Renew the certificate at ", shown, StringComparison.Ordinal);
        Assert.Empty(_ca.Invoke("$old | Update-CmpCertificate -Server $ca -RandomDelay 1.00:00:00").AssertSucceeded().Output);
        Assert.Single(_ca.Issued);
    }

    [Fact]
    public void Stop_ends_the_random_delay_at_once()
    {
        using RunningInvocation running = _ca.Session.Start("$old | Update-CmpCertificate -Server $ca -RenewBefore 100% -RandomDelay 100.00:00:00 -Verbose");
        running.WaitUntil(streams => streams.Verbose.Any(record => record.Message.StartsWith("Waiting ", StringComparison.Ordinal)));
        Assert.InRange(running.Stop(), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.True(running.Wait().Stopped);
        Assert.Single(_ca.Issued);
    }

    [Fact]
    public void What_is_no_certificate_is_an_error_of_the_parameter()
    {
        foreach (string named in new[] { "(1, 2)", "missing.pem", @"Cert:\CurrentUser\My", @"Cert:\CurrentUser\My\xyz", "0123456789abcdef0123456789abcdef01234567" })
            _ca.Invoke($"Update-CmpCertificate {named} -Server $ca").AssertError("ParameterArgumentTransformationError");
    }
}
