using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Cmp.Tests;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>A CA's new root on its way from the question to the trust anchors, and what is refused there (rules 47 and 73).</summary>
[Collection("Commands")]
public sealed class RootUpdateTests : IDisposable
{
    private readonly CaSession _ca = new();

    public RootUpdateTests()
    {
        _ca["uri"] = _ca.Uri;
        _ca.Invoke("Register-CmpServer ca $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Default; $old = $ca.RootCertificate").AssertSucceeded();
    }

    public void Dispose()
    {
        using var store = new X509Store(StoreName.Root, StoreLocation.CurrentUser);
        store.Open(OpenFlags.ReadWrite);
        foreach (X509Certificate2 root in store.Certificates.Where(root => root.Subject == "CN=Cmp Test Root CA"))
            store.Remove(root);
        _ca.Dispose();
    }

    [Fact]
    public void Where_there_is_no_new_root_nothing_comes()
    {
        Invocation run = _ca.Invoke("Get-CmpRootUpdate -Verbose");
        Assert.Empty(run.AssertSucceeded().Output);
        Assert.Contains(run.Verbose, line => line.Contains("knows of no root after CN=Cmp Test Root CA", StringComparison.Ordinal));
    }

    [Fact]
    public void Rule73_A_new_root_is_asked_for_proven_installed_on_confirmation_and_the_next_enrolment_chains_to_it()
    {
        _ca.Invoke("$null = $ca.UpdateRoot()").AssertSucceeded();
        PSObject update = _ca.Invoke("$update = Get-CmpRootUpdate; $update").Single();
        string old = _ca.Invoke("$old").Single<X509Certificate2>().Thumbprint;
        string root = _ca.Invoke("$ca.RootCertificate").Single<X509Certificate2>().Thumbprint;
        Assert.Equal((old, root), (Thumbprint(update, "OldRoot"), Thumbprint(update, "NewRoot")));
        Assert.Equal([old], Anchors());

        _ca.Session.Host.Answers.Enqueue(2); // no
        _ca.Invoke("$update | Install-CmpTrustAnchor").AssertSucceeded();
        Assert.Equal([old], Anchors());
        _ca.Invoke("$update | Install-CmpTrustAnchor -WhatIf").AssertSucceeded();
        Assert.Equal([old], Anchors());

        _ca.Session.Host.Answers.Enqueue(0); // yes
        Assert.Empty(_ca.Invoke("$update | Install-CmpTrustAnchor").AssertSucceeded().Output);
        Assert.Equal([old, root], Anchors());
        Assert.Equal(root, _ca.Invoke("(New-CmpCertificateRequest -Subject CN=a -NoInstall).Chain[-1].Thumbprint").Single<string>());

        // what is trusted is no news, and is not asked about again
        Assert.Empty(_ca.Invoke("Get-CmpRootUpdate").AssertSucceeded().Output);
        Assert.Contains(_ca.Invoke("$update | Install-CmpTrustAnchor -Verbose").AssertSucceeded().Verbose, line => line.Contains("already", StringComparison.Ordinal));
        Assert.Equal([old, root], Anchors());
    }

    [Fact]
    public void A_saved_server_keeps_its_secret_and_the_new_root()
    {
        _ca.Invoke("Register-CmpServer saved $uri -Credential $ca.Credential -TrustAnchor $old -IssuedTrustAnchor $old -Scope CurrentUser -CredentialStore File; $null = $ca.UpdateRoot()").AssertSucceeded();
        PSObject server = _ca.Invoke("Get-CmpRootUpdate -Server saved | Install-CmpTrustAnchor -Confirm:$false -PassThru").Single();
        Assert.Equal("saved", server.Properties["Name"].Value);
        Assert.Equal(2, _ca.Invoke("(Get-CmpServer saved).TrustAnchor").AssertSucceeded().Output.Count);
        Assert.Equal(2, _ca.Invoke("(Get-CmpServer saved).IssuedTrustAnchor").AssertSucceeded().Output.Count);
        Assert.Equal([_ca.Invoke("$old.Thumbprint").Single<string>()], Anchors());
        _ca.Invoke("New-CmpCertificateRequest -Server saved -Subject CN=a -NoInstall").Single();
    }

    [Fact]
    public void A_root_is_named_by_a_file_and_in_the_pipeline()
    {
        _ca.Invoke("$null = $ca.UpdateRoot()").AssertSucceeded();
        _ca["path"] = Path.Combine(TestHome.CreateFolder(), "root.pem");
        File.WriteAllText((string)_ca["path"]!, _ca.Invoke("$old").Single<X509Certificate2>().ExportCertificatePem());
        foreach (string question in new[] { "Get-CmpRootUpdate $path", "$old | Get-CmpRootUpdate", "Get-CmpRootUpdate | Get-CmpRootUpdate" })
            Assert.Equal("Cmp.CmpRootUpdate", _ca.Invoke(question).Single().TypeNames[0]);
        // the new one has no successor
        Assert.Empty(_ca.Invoke("Get-CmpRootUpdate $ca.RootCertificate").AssertSucceeded().Output);
        _ca.Invoke("Get-CmpRootUpdate -Server $uri -Credential $ca.Credential").AssertError("CmpArgument.OldRoot");
    }

    [Fact]
    public void Of_several_anchors_each_is_asked_about()
    {
        using var other = new TestCa("CN=Other Root");
        _ca["other"] = other.Certificate;
        _ca.Invoke("Set-CmpServer ca -TrustAnchor $old, $other; $null = $ca.UpdateRoot()").AssertSucceeded();
        _ca.Invoke("Get-CmpRootUpdate").Single();
    }

    [Fact]
    public void Rule73_An_old_root_that_a_CRL_revokes_hands_nothing_on()
    {
        using RSA key = RSA.Create(2048);
        using var old = new TestCa("CN=Revoked Root", key);
        var builder = new CertificateRevocationListBuilder();
        builder.AddEntry(old.Certificate);
        _ca["crl"] = builder.Build(old.Certificate, 1, DateTimeOffset.UtcNow.AddDays(1), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        UseUpdateOf(old, key);
        Refused("CmpRootUpdate.OldRevoked", "-Crl $crl");
        _ca.Invoke("Set-CmpServer ca -RevocationList $crl").AssertSucceeded();
        Refused("CmpRootUpdate.OldRevoked");
        _ca.Invoke("Set-CmpServer ca -RevocationList $null").AssertSucceeded();
        Install().AssertSucceeded();
    }

    [Fact]
    public void Rule73_A_root_of_another_CA_is_refused_at_each_check()
    {
        using RSA oldKey = RSA.Create(2048);
        using RSA newKey = RSA.Create(2048);
        using RSA foreign = RSA.Create(2048);
        using var old = new TestCa("CN=Old", oldKey);
        using var impostor = new TestCa("CN=Old", foreign);
        UseUpdateOf(old, newKey);
        Install("-WhatIf").AssertSucceeded();

        With("NewRoot", impostor.Certificate, "CmpRootUpdate.Keys");
        With("NewWithOld", impostor.Issue("CN=Old", newKey, CA()), "CmpRootUpdate.NewWithOld");
        With("NewRoot", Root("CN=Other", newKey), "CmpRootUpdate.Names");
        With("NewRoot", Root("CN=Old", newKey, days: 1), "CmpRootUpdate.EndsEarlier");
        With("NewRoot", Root("CN=Old", newKey, isCA: false), "CmpRootUpdate.NotCA");
        With("NewWithOld", old.Issue("CN=Old", newKey), "CmpRootUpdate.NewWithOld");
        With("OldWithNew", impostor.Certificate, "CmpRootUpdate.OldWithNew");
        With("OldRoot", impostor.Certificate, "CmpRootUpdate.NewWithOld");
        Assert.Equal([old.Certificate.Thumbprint], Anchors());

        void With(string name, X509Certificate2 wrong, string errorId)
        {
            object? before = _ca[name];
            _ca[name] = wrong;
            Refused(errorId);
            _ca[name] = before;
        }
    }

    [Fact]
    public void Trust_is_handed_on_and_never_begun()
    {
        _ca.Invoke("$null = $ca.UpdateRoot(); $update = Get-CmpRootUpdate; Set-CmpServer ca -TrustAnchor $ca.RootCertificate").AssertSucceeded();
        ErrorRecord error = _ca.Invoke("$update | Install-CmpTrustAnchor -Confirm:$false").AssertError("CmpRootUpdate.OldNotTrusted");
        Assert.Equal(ErrorCategory.SecurityError, error.CategoryInfo.Category);
        _ca.Invoke("$update | Install-CmpTrustAnchor -CertStoreLocation Cert:\\CurrentUser\\Root -Confirm:$false").AssertError("CmpRootUpdate.OldNotTrusted");
        Assert.DoesNotContain(Roots(), root => root.Subject == "CN=Cmp Test Root CA");
    }

    [SkippableFact]
    public void A_new_root_goes_to_a_store_that_trusts_the_old_one()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows asks with a window of its own.");
        _ca.Invoke("$null = $ca.UpdateRoot(); $update = Get-CmpRootUpdate").AssertSucceeded();
        using (var store = new X509Store(StoreName.Root, StoreLocation.CurrentUser))
        {
            store.Open(OpenFlags.ReadWrite);
            store.Add(_ca.Invoke("$old").Single<X509Certificate2>());
        }
        _ca.Invoke("$update | Install-CmpTrustAnchor -CertStoreLocation Cert:\\CurrentUser\\Root -WhatIf").AssertSucceeded();
        Assert.Single(Roots(), root => root.Subject == "CN=Cmp Test Root CA");
        string installed = _ca.Invoke("$update | Install-CmpTrustAnchor -CertStoreLocation Cert:\\CurrentUser\\Root -Confirm:$false -PassThru").Single<X509Certificate2>().Thumbprint;
        Assert.Equal(_ca.Invoke("$ca.RootCertificate.Thumbprint").Single<string>(), installed);
        Assert.Contains(Roots(), root => root.Thumbprint == installed);
        Assert.Single(Anchors()); // the server's settings stay
        Assert.Contains("already", string.Concat(_ca.Invoke("$update | Install-CmpTrustAnchor -CertStoreLocation Cert:\\CurrentUser\\Root -Verbose").AssertSucceeded().Verbose), StringComparison.Ordinal);
    }

    [Fact]
    public void A_place_that_is_none_is_an_error()
    {
        _ca.Invoke("$null = $ca.UpdateRoot(); $update = Get-CmpRootUpdate").AssertSucceeded();
        _ca.Invoke("$update | Install-CmpTrustAnchor -CertStoreLocation Cert:\\CurrentUser\\My -Confirm:$false").AssertError("CmpStore.Path");
        string advice = _ca.Invoke("$update | Install-CmpTrustAnchor -CertStoreLocation nowhere -Confirm:$false").AssertError("CmpStore.Path").ErrorDetails.RecommendedAction;
        Assert.Contains(@"Cert:\CurrentUser\Root", advice, StringComparison.Ordinal);
        _ca.Invoke("$update | Install-CmpTrustAnchor -CertStoreLocation Cert:\\CurrentUser\\Root -Server ca -Confirm:$false").AssertError("CmpArgument.Destination");
        _ca.Invoke("$update | Install-CmpTrustAnchor -Server $uri -Confirm:$false").AssertError("CmpArgument.Server");
        _ca.Invoke("Unregister-CmpServer ca; $update | Install-CmpTrustAnchor -Confirm:$false").AssertError("CmpArgument.Server");
        if (!OperatingSystem.IsWindows())
            _ca.Invoke("$update | Install-CmpTrustAnchor -CertStoreLocation Cert:\\LocalMachine\\Root -Confirm:$false").AssertError("CmpPlatform.NotSupported");
    }

    private static string Thumbprint(PSObject update, string property) => ((X509Certificate2)update.Properties[property].Value).Thumbprint;

    private static IReadOnlyList<X509Certificate2> Roots()
    {
        using var store = new X509Store(StoreName.Root, StoreLocation.CurrentUser);
        store.Open(OpenFlags.ReadOnly);
        return [.. store.Certificates];
    }

    private IReadOnlyList<string> Anchors() => _ca.Invoke("(Get-CmpServer ca).TrustAnchor | ForEach-Object { $_.Thumbprint }").All<string>();

    private void Refused(string errorId, string options = "")
    {
        IReadOnlyList<string> before = Anchors();
        Assert.Equal(ErrorCategory.SecurityError, Install(options).AssertError(errorId).CategoryInfo.Category);
        Assert.Equal(before, Anchors());
    }

    private Invocation Install(string options = "") =>
        _ca.Invoke($"Install-CmpTrustAnchor -OldRoot $OldRoot -NewRoot $NewRoot -NewWithOld $NewWithOld -OldWithNew $OldWithNew -Server ca -Confirm:$false {options}");

    /// <summary>An update of a CA that .NET made alone; the server trusts its old root.</summary>
    private void UseUpdateOf(TestCa old, RSA newKey)
    {
        string name = old.Certificate.Subject;
        _ca["OldRoot"] = old.Certificate;
        _ca["NewRoot"] = Root(name, newKey);
        _ca["NewWithOld"] = old.Issue(name, newKey, CA());
        _ca["OldWithNew"] = null;
        _ca.Invoke("Set-CmpServer ca -TrustAnchor $OldRoot").AssertSucceeded();
    }

    private static X509Certificate2 Root(string name, RSA key, int days = 60, bool isCA = true)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        foreach (X509Extension extension in CA(isCA))
            request.CertificateExtensions.Add(extension);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(days));
    }

    private static X509Extension[] CA(bool isCA = true) =>
        [new X509BasicConstraintsExtension(isCA, false, 0, true), new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true)];
}
