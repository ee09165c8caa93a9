using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Dsc;

/// <summary>The DSC resource: Get, Test and Set of the class, against a certification authority.</summary>
[Collection("Commands")]
public sealed class CmpCertificateTests : IDisposable
{
    private readonly DscSession _dsc = new();

    private CaSession Ca => _dsc.Ca;

    public void Dispose() => _dsc.Dispose();

    [Fact]
    public void Set_twice_enrols_once()
    {
        Hashtable properties = DscSession.Properties(("DnsName", new[] { "web.example" }), ("OutFile", DscSession.NewFile()));
        Assert.False(_dsc.Test(properties));
        Assert.Equal("Absent", DscSession.Text(_dsc.Get(properties), "Ensure"));
        _dsc.Set(properties);
        Assert.True(_dsc.Test(properties));
        _dsc.Set(properties);
        Assert.Equal(["CN=web"], _dsc.Issued);

        PSObject state = _dsc.Get(properties);
        X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile((string)properties["OutFile"]!);
        Assert.Equal(certificate.Thumbprint, DscSession.Text(state, "Thumbprint"));
        Assert.Equal(certificate.NotAfter, state.Properties["NotAfter"].Value);
        Assert.Equal("Present", DscSession.Text(state, "Ensure"));
        Assert.Equal("Good", DscSession.Text(state, "Status"));
        Assert.Equal("ca", DscSession.Text(state, "Server"));
        Assert.Equal(["web.example"], (string[])state.Properties["DnsName"].Value);
        Assert.Equal("", DscSession.Text(state, "TransactionId"));
    }

    [Fact]
    public void Test_and_Get_change_nothing_and_ask_nobody()
    {
        Hashtable properties = DscSession.Properties();
        string[] before = [.. Ca.State];
        _dsc.Test(properties);
        _dsc.Get(properties);
        Assert.Equal(before, Ca.State);
        Assert.Empty(_dsc.Issued);
    }

    [Fact]
    public void Set_after_the_window_opens_renews_once()
    {
        Ca["file"] = DscSession.NewFile();
        string old = Ca.Invoke("New-CmpCertificateRequest -Server ca -Name web -Subject CN=web -OutFile $file -NotBefore ([datetime]::Now.AddHours(-20)) -NotAfter ([datetime]::Now.AddHours(6))")
            .Single<X509Certificate2>().Thumbprint;
        Hashtable properties = DscSession.Properties();
        Assert.False(_dsc.Test(properties));
        Assert.Equal("Due", DscSession.Text(_dsc.Get(properties), "Status"));
        Invocation set = _dsc.Set(properties);
        Assert.Contains(set.Verbose, line => line.StartsWith("Sent kur,", StringComparison.Ordinal));
        Assert.True(_dsc.Test(properties));
        _dsc.Set(properties);
        Assert.Equal(2, _dsc.Issued.Count);
        PSObject state = _dsc.Get(properties);
        Assert.NotEqual(old, DscSession.Text(state, "Thumbprint"));
        Assert.Equal("Good", DscSession.Text(state, "Status"));
    }

    [Fact]
    public void The_window_is_the_one_that_is_said()
    {
        Ca["file"] = DscSession.NewFile();
        Ca.Invoke("New-CmpCertificateRequest -Server ca -Name web -Subject CN=web -OutFile $file -NotBefore ([datetime]::Now.AddHours(-20)) -NotAfter ([datetime]::Now.AddHours(16))").Single();
        Assert.True(_dsc.Test(DscSession.Properties()));
        Assert.False(_dsc.Test(DscSession.Properties(("RenewBeforeDays", 1))));
        Assert.Equal("Different", DscSession.Text(_dsc.Get(DscSession.Properties(("RenewBeforePercent", 40))), "Status"));
        Assert.Equal("Due", DscSession.Text(_dsc.Get(DscSession.Properties(("RenewBeforePercent", 60))), "Status"));
        // renewed each time otherwise
        foreach (string method in new[] { "Test", "Get", "Set" })
            Assert.Contains("CmpArgument.RenewBefore", ErrorIds(_dsc.Invoke(method, DscSession.Properties(("RenewBeforeDays", 2)))), StringComparison.Ordinal);
    }

    /// <summary>Lists, tests and timers go by it from then on; the certificate is not asked for.</summary>
    [Fact]
    public void Another_window_is_remembered_and_renews_nothing_that_is_not_due()
    {
        Hashtable before = DscSession.Properties(("OutFile", DscSession.NewFile()), ("RenewBeforePercent", 20));
        _dsc.Set(before);
        Assert.Equal(20, _dsc.Get(before).Properties["RenewBeforePercent"].Value);
        var after = (Hashtable)before.Clone();
        after["RenewBeforePercent"] = 50;
        Assert.False(_dsc.Test(after));
        Assert.Equal("Different", DscSession.Text(_dsc.Get(after), "Status"));
        _dsc.Set(after);
        Assert.True(_dsc.Test(after));
        Assert.Equal(50, _dsc.Get(after).Properties["RenewBeforePercent"].Value);
        Assert.Single(_dsc.Issued);
        Assert.Equal(182.5, ((DateTime)Ca.Invoke("Get-CmpCertificate web").Single().Properties["RenewAfter"].Value - DateTime.Now).TotalDays, 0.1);
        using (new LaterClock(200))
        {
            Assert.False(Ca.Invoke("Test-CmpCertificate web").Single<bool>());
            Ca.Invoke("Update-CmpCertificate -Name web").Single();
        }
        Assert.True(_dsc.Test(after));
    }

    /// <summary>The old one cannot sign any more: who signed the first request does.</summary>
    [Fact]
    public void An_expired_certificate_is_asked_for_anew_with_the_credential()
    {
        Hashtable properties = DscSession.Properties(("OutFile", DscSession.NewFile()));
        _dsc.Set(properties);
        using (new LaterClock(400))
        {
            Assert.False(_dsc.Test(properties));
            Assert.Equal("Expired", DscSession.Text(_dsc.Get(properties), "Status"));
            Invocation set = _dsc.Set(properties);
            Assert.Contains(set.Verbose, line => line.StartsWith("Sent ir,", StringComparison.Ordinal));
        }
        Assert.True(_dsc.Test(properties));
        Assert.Equal(2, _dsc.Issued.Count);
    }

    /// <summary>A name is a name: as a pattern it would renew nothing for ever, and Absent would remove others' certificates.</summary>
    [Fact]
    public void A_name_with_wildcards_means_itself()
    {
        Hashtable other = DscSession.Properties(("Name", "web1"), ("OutFile", DscSession.NewFile())), own = DscSession.Properties(("Name", "web[1]"), ("OutFile", DscSession.NewFile()));
        _dsc.Set(other);
        _dsc.Set(own);
        using (new LaterClock(350))
            _dsc.Set(own);
        Assert.Equal(3, _dsc.Issued.Count);
        _dsc.Set(DscSession.Properties(("Name", "web[1]"), ("Ensure", "Absent")));
        Assert.Equal("web1", Ca.Invoke("(Get-CmpCertificate).Name").Single<string>());
    }

    /// <summary>Whom to trust, by thumbprint only, and a device that shows the certificate that it has.</summary>
    [Fact]
    public void Anchor_and_client_certificate_are_named_by_their_thumbprints()
    {
        var root = Ca.Invoke("$ca.RootCertificate").Single<X509Certificate2>();
        string device = Ca.Invoke("New-CmpCertificateRequest -Server ca -Subject CN=device").Single<X509Certificate2>().Thumbprint;
        using var store = new X509Store("CA", StoreLocation.CurrentUser);
        store.Open(OpenFlags.ReadWrite);
        store.Add(root);
        try
        {
            Hashtable properties = DscSession.Properties(
                ("Server", Ca.Uri.OriginalString), ("OutFile", DscSession.NewFile()), ("TrustAnchorThumbprint", root.Thumbprint), ("ClientCertificateThumbprint", device));
            _dsc.Set(properties);
            Assert.True(_dsc.Test(properties));
            Assert.Equal(root.Thumbprint, DscSession.Text(_dsc.Get(properties), "TrustAnchorThumbprint"));
        }
        finally
        {
            store.Remove(root);
        }
    }

    [Theory]
    [InlineData("0123456789ABCDEF0123456789ABCDEF01234567", "CmpStore.NotFound")]
    [InlineData("root.cer", "CmpArgument.Contradiction")]
    public void An_anchor_that_is_not_there_is_said_before_anything_is_asked(string thumbprint, string errorId)
    {
        Hashtable properties = DscSession.Properties(("OutFile", DscSession.NewFile()), ("TrustAnchorThumbprint", thumbprint));
        Assert.Contains(errorId, ErrorIds(_dsc.Invoke("Set", properties)), StringComparison.Ordinal);
        Assert.Empty(_dsc.Issued);
    }

    [Theory]
    [InlineData("Subject", "CN=other")]
    [InlineData("DnsName", "other.example")]
    [InlineData("KeyAlgorithm", "RSA_2048")]
    [InlineData("OutFile", null)]
    public void What_is_asked_for_otherwise_is_asked_for_anew_once(string property, string? value)
    {
        Hashtable before = DscSession.Properties(("DnsName", new[] { "web.example", "www.example" }), ("OutFile", DscSession.NewFile()), ("KeyAlgorithm", "ECDSA_P256"));
        _dsc.Set(before);
        var after = (Hashtable)before.Clone();
        after[property] = property == "DnsName" ? new[] { value! } : value ?? DscSession.NewFile();
        Assert.False(_dsc.Test(after));
        Assert.Equal("Different", DscSession.Text(_dsc.Get(after), "Status"));
        Invocation set = _dsc.Set(after);
        Assert.Contains(set.Verbose, line => line.StartsWith("Sent ir,", StringComparison.Ordinal));
        Assert.True(_dsc.Test(after));
        _dsc.Set(after);
        Assert.Equal(2, _dsc.Issued.Count);
        Assert.Single(Ca.Invoke("Get-CmpCertificate").Output);
    }

    /// <summary>The order of names, the case of DNS names and blanks in a subject are no difference; nor is what nobody says.</summary>
    [Fact]
    public void The_same_said_otherwise_is_the_same()
    {
        string file = DscSession.NewFile();
        _dsc.Set(DscSession.Properties(("Subject", "CN=web,O=Example"), ("DnsName", new[] { "a.example", "b.example" }), ("OutFile", file)));
        Assert.True(_dsc.Test(DscSession.Properties(("Subject", "cn=web, o=Example"), ("DnsName", new[] { "B.example", "a.example" }))));
        Ca["address"] = Ca.Uri.OriginalString;
        Assert.True(_dsc.Test(DscSession.Properties(("Server", Ca["address"]), ("Subject", "CN=web, O=Example"))));
        Assert.True(_dsc.Test(DscSession.Properties(("Server", null), ("Subject", null), ("DnsName", new[] { "a.example", "b.example" }))));
        Assert.Single(_dsc.Issued);
    }

    [Fact]
    public void The_certificate_before_goes_as_it_is_said()
    {
        Hashtable properties = DscSession.Properties(("OutFile", DscSession.NewFile()), ("OldCertificate", "Remove"));
        _dsc.Set(properties);
        var moved = (Hashtable)properties.Clone();
        moved["OutFile"] = DscSession.NewFile();
        _dsc.Set(moved);
        Assert.False(File.Exists((string)properties["OutFile"]!));
        Assert.True(File.Exists((string)moved["OutFile"]!));

        var kept = (Hashtable)moved.Clone();
        kept["OutFile"] = DscSession.NewFile();
        kept["OldCertificate"] = "Keep";
        _dsc.Set(kept);
        Assert.True(File.Exists((string)moved["OutFile"]!));
    }

    [Fact]
    public void A_certificate_that_vanished_is_asked_for_anew()
    {
        Hashtable properties = DscSession.Properties(("OutFile", DscSession.NewFile()));
        _dsc.Set(properties);
        File.Delete((string)properties["OutFile"]!);
        Assert.False(_dsc.Test(properties));
        Assert.Equal("Missing", DscSession.Text(_dsc.Get(properties), "Status"));
        _dsc.Set(properties);
        Assert.True(_dsc.Test(properties));
        Assert.Equal(2, _dsc.Issued.Count);
    }

    /// <summary>What lies there is somebody's.</summary>
    [Fact]
    public void A_file_that_no_enrolment_wrote_is_not_replaced()
    {
        Hashtable properties = DscSession.Properties(("OutFile", DscSession.NewFile()));
        File.WriteAllText((string)properties["OutFile"]!, "somebody's");
        Assert.Contains("CmpStore.Exists", ErrorIds(_dsc.Invoke("Set", properties)), StringComparison.Ordinal);
        Assert.Equal("somebody's", File.ReadAllText((string)properties["OutFile"]!));
        Assert.Empty(_dsc.Issued);
    }

    [Fact]
    public void Absent_removes_the_certificate_and_its_enrolment_and_revokes_nothing()
    {
        Hashtable properties = DscSession.Properties();
        _dsc.Set(properties);
        Assert.Single(CaSession.Stored("CN=web"));
        Hashtable absent = DscSession.Properties(("Ensure", "Absent"), ("Subject", null));
        Assert.False(_dsc.Test(absent));
        Assert.Equal("Present", DscSession.Text(_dsc.Get(absent), "Ensure"));
        _dsc.Set(absent);
        Assert.True(_dsc.Test(absent));
        Assert.Equal("Absent", DscSession.Text(_dsc.Get(absent), "Ensure"));
        Assert.Empty(CaSession.Stored("CN=web"));
        Assert.Empty(Ca.Invoke("Get-CmpCertificate").Output);
        Assert.Empty(Ca.Invoke("Get-CmpCrl -Server ca | ForEach-Object { $_.Entries }").Output);
        _dsc.Set(absent);
    }

    [Fact]
    public void Export_lists_what_was_enrolled_and_a_filter_narrows_it()
    {
        _dsc.Set(DscSession.Properties(("OutFile", DscSession.NewFile())));
        _dsc.Set(DscSession.Properties(("Name", "mail"), ("Subject", "CN=mail"), ("OutFile", DscSession.NewFile())));
        Assert.Equal(["mail", "web"], Ca.Invoke("$resource::Export() | ForEach-Object { $_.Name }").All<string>().Order());
        Assert.Equal(["CN=mail"], Ca.Invoke("$filter = $resource::new(); $filter.Name = 'ma*'; $resource::Export($filter) | ForEach-Object { $_.Subject }").All<string>());
        Assert.Empty(Ca.Invoke("$filter = $resource::new(); $filter.Server = 'elsewhere'; $resource::Export($filter)").Output);
        // what is exported is a configuration that holds
        Assert.Equal([true, true], Ca.Invoke("$resource::Export() | ForEach-Object { $_.Test() }").All<bool>());
    }

    [Theory]
    [InlineData("RenewBeforeDays and RenewBeforePercent", "RenewBeforeDays", 10, "RenewBeforePercent", 10)]
    [InlineData("CertStoreLocation and OutFile", "CertStoreLocation", @"Cert:\CurrentUser\My", "OutFile", "/tmp/web.pem")]
    [InlineData("OutFile is not a full path", "OutFile", "web.pem", "RenewBeforeDays", 0)]
    [InlineData("FriendlyName", "OutFile", "/tmp/web.pem", "FriendlyName", "web")]
    [InlineData("InstallChain is about stores", "OutFile", "/tmp/web.pem", "InstallChain", "WithRoot")]
    [InlineData("PrivateKeyReader is about a store", "OutFile", "/tmp/web.pem", "PrivateKeyReader", "NETWORK SERVICE")]
    [InlineData("neither Subject nor DnsName", "Subject", null, "DnsName", null)]
    [InlineData("Subject is no name", "Subject", "web", "RenewBeforeDays", 0)]
    [InlineData("KeyAlgorithm 'RSA_17' is not known", "KeyAlgorithm", "RSA_17", "RenewBeforeDays", 0)]
    [InlineData("CertStoreLocation is no store", "CertStoreLocation", "My", "RenewBeforeDays", 0)]
    [InlineData("RenewBeforePercent is not between 1 and 99", "RenewBeforePercent", 100, "RenewBeforeDays", 0)]
    [InlineData("RenewBeforeDays is negative", "RenewBeforeDays", -1, "RenewBeforePercent", 0)]
    [InlineData("RenewBeforeDays is more than", "RenewBeforeDays", int.MaxValue, "RenewBeforePercent", 0)]
    [InlineData("OutFile is no .pem", "OutFile", "/tmp/web.txt", "RenewBeforeDays", 0)]
    [InlineData("a .cer file, which holds no private key", "OutFile", "/tmp/web.cer", "RenewBeforeDays", 0)]
    [InlineData("makes keys that cannot sign", "KeyAlgorithm", "X25519", "OutFile", "/tmp/web.pem")]
    [InlineData("Provider is no PKCS #11 URI", "Provider", "pkcs11:nonsense", "OutFile", "/tmp/web.pem")]
    [InlineData("Provider is no PKCS #11 URI", "Provider", "pkcs11:token=a?pin-value=1", "OutFile", "/tmp/web.pem")]
    [InlineData("Provider is a token, to whose keys no store refers", "Provider", "pkcs11:token=a", "RenewBeforeDays", 0)]
    [InlineData("a key of 'pkcs11:token=a' never does", "Provider", "pkcs11:token=a", "Exportable", true)]
    [InlineData("a key of 'Microsoft Platform Crypto Provider' never does", "Provider", "Microsoft Platform Crypto Provider", "Exportable", true)]
    [InlineData("Provider keeps the key, and OutFile would have it", "Provider", "Microsoft Software Key Storage Provider", "OutFile", "/tmp/web.pem")]
    [InlineData("ClientCertificateThumbprint is no thumbprint", "ClientCertificateThumbprint", "web.pem", "RenewBeforeDays", 0)]
    [InlineData("TrustAnchorThumbprint is no thumbprint", "TrustAnchorThumbprint", "root", "RenewBeforeDays", 0)]
    public void What_contradicts_itself_is_one_error_whatever_is_called(string text, string one, object? value, string other, object? otherValue)
    {
        Hashtable properties = DscSession.Properties((one, value), (other, otherValue));
        foreach (string method in new[] { "Get", "Test", "Set" })
        {
            Invocation run = _dsc.Invoke(method, properties);
            ErrorRecord error = Assert.Single(run.Errors);
            Assert.Equal("CmpArgument.Contradiction", error.FullyQualifiedErrorId);
            Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
            Assert.StartsWith("CmpCertificate 'web': ", error.ToString(), StringComparison.Ordinal);
            Assert.Contains(text, error.ToString(), StringComparison.Ordinal);
            Assert.Contains("Correct the configuration", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        }
        Assert.Empty(_dsc.Issued);
    }

    /// <summary>Elsewhere it is not passed over: neither with a certificate that is there, nor with a new one.</summary>
    [SkippableFact]
    public void Accounts_that_may_use_the_key_are_a_matter_of_Windows()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows knows such accounts");
        Hashtable properties = DscSession.Properties(("PrivateKeyReader", new[] { "NETWORK SERVICE" }));
        Assert.Contains("CmpPlatform.NotSupported", ErrorIds(_dsc.Invoke("Set", properties)), StringComparison.Ordinal);
        Assert.Empty(_dsc.Issued);
        _dsc.Set(DscSession.Properties());
        Assert.False(_dsc.Test(properties));
        Assert.Contains("CmpPlatform.NotSupported", ErrorIds(_dsc.Invoke("Set", properties)), StringComparison.Ordinal);
        Assert.True(_dsc.Test(DscSession.Properties()));
        Assert.Single(_dsc.Issued);
    }

    /// <summary>The property is the word by which the machine trusts the root: nobody is asked.</summary>
    [SkippableFact]
    public void Issuers_go_into_stores_as_it_is_said()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the stores of a test are in its own home on Linux only");
        _dsc.Set(DscSession.Properties());
        Assert.Equal("None", DscSession.Text(_dsc.Get(DscSession.Properties()), "InstallChain"));
        Assert.False(IsTrusted());
        Hashtable properties = DscSession.Properties(("InstallChain", "WithRoot"), ("OldCertificate", "Remove"));
        Assert.False(_dsc.Test(properties));
        _dsc.Set(properties);
        Assert.True(IsTrusted());
        Assert.True(_dsc.Test(properties));
        Assert.Equal("WithRoot", DscSession.Text(_dsc.Get(properties), "InstallChain"));
        _dsc.Set(properties);
        Assert.Equal(2, _dsc.Issued.Count);
        // less is wished: nothing is to be done, and nothing is taken out
        Assert.True(_dsc.Test(DscSession.Properties(("InstallChain", "Intermediate"))));
        _dsc.Set(DscSession.Properties(("Ensure", "Absent")));
        Assert.True(IsTrusted());
    }

    [Fact]
    public void All_that_contradicts_itself_is_said_at_once()
    {
        Hashtable properties = DscSession.Properties(("RenewBeforeDays", 10), ("RenewBeforePercent", 10), ("KeyAlgorithm", "RSA_17"));
        string message = Assert.Single(_dsc.Invoke("Test", properties).Errors).ToString();
        Assert.Contains("RenewBeforeDays and RenewBeforePercent", message, StringComparison.Ordinal);
        Assert.Contains("RSA_17", message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_goes_wrong_ends_the_run()
    {
        Invocation run = _dsc.Invoke("Set", DscSession.Properties(("Server", "http://127.0.0.1:1/"), ("Credential", CaSession.Credential("me", "secret")), ("OutFile", DscSession.NewFile())));
        Assert.Contains("CmpTransport.ConnectFailed", ErrorIds(run), StringComparison.Ordinal);
        Assert.DoesNotContain(Ca.State, file => file.StartsWith("transactions/", StringComparison.Ordinal) || file.StartsWith("enrolments/", StringComparison.Ordinal));
    }

    /// <summary>The IDs of the error that ended it and of what caused that: the host of a class wraps what it throws.</summary>
    private static string ErrorIds(Invocation run)
    {
        ErrorRecord error = Assert.Single(run.Errors);
        var ids = new List<string> { error.FullyQualifiedErrorId };
        for (Exception? cause = error.Exception; cause is not null; cause = cause.InnerException)
            ids.Add(cause is IContainsErrorRecord wrapper ? wrapper.ErrorRecord.FullyQualifiedErrorId : (string?)cause.GetType().GetProperty("ErrorId")?.GetValue(cause) ?? "");
        return string.Join(" ", ids);
    }

    private bool IsTrusted()
    {
        using var store = new X509Store(StoreName.Root, StoreLocation.CurrentUser);
        store.Open(OpenFlags.ReadOnly);
        return store.Certificates.Contains(Ca.Invoke("$ca.RootCertificate").Single<X509Certificate2>());
    }
}
