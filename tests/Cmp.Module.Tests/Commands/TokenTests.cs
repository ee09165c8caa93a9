using System;
using System.IO;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Cmp.Tests;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>The commands with keys in a token of SoftHSM.</summary>
[Collection("Commands")]
public sealed class TokenTests
{
    [SkippableFact]
    public void A_certificate_is_enrolled_tested_renewed_and_revoked_with_its_key_in_the_token()
    {
        using CaSession ca = Open(out SoftToken token);
        var certificate = (X509Certificate2)ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=web -Name web -OutFile $file -Provider $token -KeyPassword $pin").Single().BaseObject;
        Assert.False(certificate.HasPrivateKey);
        Assert.DoesNotContain("PRIVATE", File.ReadAllText((string)ca["file"]!), StringComparison.Ordinal);

        Assert.Equal(certificate.Thumbprint, ca.Invoke("(Get-CmpCertificate web).Certificate.Thumbprint").Single<string>());
        Assert.True(ca.Invoke("Test-CmpCertificate web").Single<bool>());
        Assert.True(ca.Invoke("Test-CmpCertificate web -KeyPassword $pin").Single<bool>());

        var renewed = (X509Certificate2)ca.Invoke("($new = Update-CmpCertificate -Name web -Force -KeyPassword $pin -OldCertificateAction Remove)").Single().BaseObject;
        Assert.NotEqual(certificate.GetPublicKeyString(), renewed.GetPublicKeyString());
        Assert.StartsWith("pkcs11:token=token%20", ca.Invoke("$new.Key.Location").Single<string>(), StringComparison.Ordinal);
        Assert.False(ca.Invoke("$new.Key.Exportable").Single<bool>());
        Assert.True(ca.Invoke("Test-CmpCertificate web").Single<bool>());

        Assert.Equal("Accepted", ca.Invoke("Revoke-CmpCertificate (Get-CmpCertificate web).Certificate -ClientKeyPassword $pin -Confirm:$false | ForEach-Object { \"$($_.Status)\" }").Single<string>());
        NoPinIsKept(ca);
    }

    /// <summary>What timers and tasks run, DSC too: nobody gives a PIN.</summary>
    [SkippableFact]
    public void With_the_PIN_in_a_file_nobody_gives_it()
    {
        using CaSession ca = Open(out SoftToken token);
        UsePinFile(ca, token);
        var certificate = (X509Certificate2)ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=web -Name web -OutFile $file -Provider $token").Single().BaseObject;
        ca.Invoke("Register-CmpServer kept $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate").AssertSucceeded();
        using (new LaterClock(340))
        {
            var renewed = (X509Certificate2)ca.Invoke("Update-CmpCertificate -Name web -Server kept -OldCertificateAction Remove -Confirm:$false").Single().BaseObject;
            Assert.NotEqual(certificate.Thumbprint, renewed.Thumbprint);
        }
        Assert.Equal("Accepted", ca.Invoke("Revoke-CmpCertificate (Get-CmpCertificate web).Certificate -Server kept -Confirm:$false | ForEach-Object { \"$($_.Status)\" }").Single<string>());
        ca.Invoke("Remove-CmpCertificate web -Confirm:$false; Unregister-CmpServer kept -Confirm:$false").AssertSucceeded();
        Assert.Empty(token.Objects());
        NoPinIsKept(ca);
    }

    /// <summary>An enrolment that was made without it.</summary>
    [SkippableFact]
    public void The_file_is_named_with_a_renewal()
    {
        using CaSession ca = Open(out SoftToken token);
        ca.Invoke("$old = New-CmpCertificateRequest -Server $ca -Subject CN=web -Name web -OutFile $file -Provider $token -KeyPassword $pin").AssertSucceeded();
        UsePinFile(ca, token);
        ca.Invoke("$new = Update-CmpCertificate -Name web -Force -Provider $token -OldCertificateAction Remove").AssertSucceeded();
        Assert.EndsWith("&pin-source=file:" + ca["pinFile"], ca.Invoke("$new.Key.Location").Single<string>(), StringComparison.Ordinal);
        // the same place again
        Assert.EndsWith("&pin-source=file:" + ca["pinFile"], ca.Invoke("(Update-CmpCertificate -Name web -Force -OldCertificateAction Remove).Key.Location").Single<string>(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_key_that_is_there_is_certified_and_signs_for_another_one()
    {
        Skip.IfNot(PkcsTool.IsAvailable, PkcsTool.WhyNot);
        using CaSession ca = Open(out SoftToken token);
        token.MakeForeign("EC:prime256v1", "theirs");
        ca["key"] = token.With(";object=theirs");
        ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=theirs -OutFile $file -KeyPath $key -KeyPassword $pin").Single();
        ca["uri"] = ca.Uri;
        ca["root"] = ca.Invoke("$ca.RootCertificate").Single().BaseObject;
        Assert.Equal("CN=second", ca.Invoke("(New-CmpCertificateRequest -Server $uri -TrustAnchor $root -Operation Certification -Subject CN=second -NoInstall -ClientCertificate $file -ClientKeyPath $key -ClientKeyPassword $pin).Subject").Single<string>());
        ca.Invoke("Register-CmpServer -Name kept -Uri $uri -TrustAnchor $root -ClientCertificate $file -ClientKeyPath $key -ClientKeyPassword $pin").AssertSucceeded();
        Assert.Equal("CN=third", ca.Invoke("(New-CmpCertificateRequest -Server kept -Operation Certification -Subject CN=third -NoInstall).Subject").Single<string>());
        ca.Invoke("Unregister-CmpServer kept -Confirm:$false").AssertSucceeded();
    }

    [SkippableFact]
    public void What_waits_is_ended_with_the_PIN_or_given_up_with_it()
    {
        using CaSession ca = Open(out _, "-PollCount 1 -CheckAfter 0");
        ca.Invoke("$one = New-CmpCertificateRequest -Server $ca -Subject CN=one -OutFile $file -Provider $token -KeyPassword $pin -NoWait").AssertSucceeded();
        ca.Invoke("Wait-CmpTransaction $one.Id -Credential $ca.Credential").AssertError("CmpKey.PinRequired");
        // before a key of the token is open: as long as one is, the process is logged in
        ca.Invoke("Remove-CmpTransaction $one.Id -Confirm:$false").AssertError("CmpKey.PinRequired");
        Assert.Equal("CN=one", ca.Invoke("(Wait-CmpTransaction $one.Id -Credential $ca.Credential -KeyPassword $pin).Subject").Single<string>());
        ca.Invoke("$two = New-CmpCertificateRequest -Server $ca -Subject CN=two -OutFile $file -Force -Provider $token -KeyPassword $pin -NoWait").AssertSucceeded();
        ca.Invoke("Remove-CmpTransaction $two.Id -Confirm:$false -KeyPassword $pin").AssertSucceeded();
        Assert.Equal(0, ca.Invoke("@(Get-CmpTransaction).Count").Single<int>());
        NoPinIsKept(ca);
    }

    /// <summary>Rows are data: a library that one of them names would be loaded into this process.</summary>
    [SkippableFact]
    public void A_row_of_the_pipeline_chooses_no_library()
    {
        using CaSession ca = Open(out SoftToken token);
        ca["key"] = token.With(";object=theirs");
        ca.Invoke("[pscustomobject]@{ Subject = 'CN=a'; KeyPath = $key } | New-CmpCertificateRequest -Server $ca -OutFile $file -KeyPassword $pin").AssertError("CmpKey.Uri");
        // on the command line it is a command: there it is only the key that is not there
        ca.Invoke("[pscustomobject]@{ Subject = 'CN=a' } | New-CmpCertificateRequest -Server $ca -OutFile $file -KeyPath $key -KeyPassword $pin").AssertError("CmpKey.Vanished");
        Assert.Empty(ca.Issued);
    }

    [SkippableTheory]
    [InlineData("-Provider 'pkcs11:token=a?pin-value=24681357'", "CmpKey.Uri", ErrorCategory.InvalidArgument)]
    [InlineData("-KeyPath 'pkcs11:token=a;object=b?pin-value=24681357'", "CmpKey.Uri", ErrorCategory.InvalidArgument)]
    [InlineData("-Provider $token -KeyPassword $pin -KeyExportPolicy Exportable", "CmpKey.Request", ErrorCategory.InvalidArgument)]
    [InlineData("-Provider $token -KeyPassword $pin -KeyAlgorithm ML-DSA-44", "CmpKey.Mechanism", ErrorCategory.InvalidData)]
    [InlineData("-Provider $token", "CmpKey.PinRequired", ErrorCategory.AuthenticationError)]
    [InlineData("-Provider $token -KeyPassword $ca.Credential.Password", "CmpKey.Pin", ErrorCategory.AuthenticationError)]
    [InlineData("-Provider 'pkcs11:token=a?module-path=/nowhere/x.so' -KeyPassword $pin", "CmpKey.Module", ErrorCategory.ResourceUnavailable)]
    [InlineData("-Provider ($token -replace 'token=token', 'token=no') -KeyPassword $pin", "CmpKey.TokenMissing", ErrorCategory.ResourceUnavailable)]
    [InlineData("-KeyPath ($token -replace '\\?', ';object=none?') -KeyPassword $pin", "CmpKey.Vanished", ErrorCategory.ObjectNotFound)]
    [InlineData("-Provider \"$token&pin-source=file:/nowhere/pin\"", "CmpKey.PinSource", ErrorCategory.AuthenticationError)]
    [InlineData("-Provider \"$token&pin-source=|/bin/cat\"", "CmpKey.Uri", ErrorCategory.InvalidArgument)]
    public void What_does_not_go_is_an_error_before_any_traffic(string options, string errorId, ErrorCategory category)
    {
        using CaSession ca = Open(out _);
        Invocation failed = ca.Invoke($"New-CmpCertificateRequest -Server $ca -Subject CN=a -OutFile $file {options}");
        ErrorRecord record = failed.AssertError(errorId);
        Assert.Equal(category, record.CategoryInfo.Category);
        Assert.NotEmpty(record.ErrorDetails.RecommendedAction);
        Assert.DoesNotContain(failed.Errors, error => error.ToString().Contains("24681357", StringComparison.Ordinal));
        Assert.Empty(ca.Issued);
        ca.Invoke($"New-CmpCertificateRequest -Server $ca -Subject CN=a {options} -KeyAlgorithm ECDSA_P256 -WhatIf");
        Assert.Equal(0, ca.Invoke("@(Get-CmpTransaction).Count").Single<int>());
    }

    private static CaSession Open(out SoftToken token, string options = "")
    {
        Skip.IfNot(SoftHsm.IsAvailable, SoftHsm.WhyNot);
        token = SoftHsm.Take();
        var session = new CaSession(options);
        session["token"] = token.Uri;
        session["pin"] = token.Pin;
        session["file"] = Path.Combine(TestHome.CreateFolder(), "web.pem");
        return session;
    }

    /// <summary>Puts the PIN into a file and names that in the token's URI.</summary>
    private static void UsePinFile(CaSession ca, SoftToken token)
    {
        Skip.If(OperatingSystem.IsWindows(), "paths of Unix");
        string path = SoftToken.WritePin(Path.Combine(TestHome.CreateFolder(), "pin"));
        ca["pinFile"] = path;
        ca["token"] = token.Uri + "&pin-source=file:" + path;
    }

    private static void NoPinIsKept(CaSession ca) =>
        Assert.All(ca.State, file => Assert.DoesNotContain("24681357", File.ReadAllText(Path.Combine(ca.Home, file)), StringComparison.Ordinal));
}
