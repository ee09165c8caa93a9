using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Enrolments that are remembered: by name, with their certificates, their servers and their places.</summary>
[Collection("Commands")]
public sealed class EnrollmentTests : IDisposable
{
    private readonly CaSession _ca = new();
    private readonly string _file;

    public EnrollmentTests()
    {
        _file = Path.Combine(TestHome.CreateFolder(), "filed.pem");
        _ca["file"] = _file;
        _ca["uri"] = _ca.Uri;
        _ca.Invoke("Register-CmpServer remembered $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Default").AssertSucceeded();
    }

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void A_name_finds_the_certificate_again()
    {
        PSObject emitted = _ca.Invoke("New-CmpCertificateRequest -Subject CN=named -Name Web1").Single();
        Assert.Equal("Web1", emitted.Properties["EnrollmentName"].Value);
        PSObject found = _ca.Invoke("Get-CmpCertificate WEB1").Single();
        Assert.Equal("Cmp.CmpEnrollment", found.TypeNames[0]);
        Assert.Equal("Web1", found.Properties["Name"].Value);
        Assert.Equal("CN=named", found.Properties["Subject"].Value);
        Assert.Equal("remembered", found.Properties["Server"].Value.ToString());
        Assert.Equal(@"CurrentUser\My", found.Properties["Store"].Value);
        Assert.Equal(false, found.Properties["Due"].Value);
        Assert.Null(found.Properties["Problem"].Value);
        Assert.Equal(emitted.Properties["RenewAfter"].Value, found.Properties["RenewAfter"].Value);
        var certificate = (X509Certificate2)found.Properties["Certificate"].Value;
        Assert.Equal(((X509Certificate2)emitted.BaseObject).Thumbprint, certificate.Thumbprint);
        Assert.True(certificate.HasPrivateKey);
    }

    [Fact]
    public void Without_a_name_it_is_the_thumbprint_and_what_goes_nowhere_is_not_remembered()
    {
        string thumbprint = _ca.Invoke("New-CmpCertificateRequest -Subject CN=nameless").Single<X509Certificate2>().Thumbprint;
        _ca.Invoke("New-CmpCertificateRequest -Subject CN=nowhere -NoInstall").Single();
        Assert.Equal([thumbprint], Names("Get-CmpCertificate"));
        _ca.Invoke("New-CmpCertificateRequest -Subject CN=nowhere -NoInstall -Name x").AssertError("CmpArgument.Name");
    }

    [Fact]
    public void Names_are_listed_by_wildcards_and_by_what_is_due()
    {
        _ca.Invoke("'web1', 'web2', 'db1' | ForEach-Object { New-CmpCertificateRequest -Subject CN=$_ -Name $_ }; New-CmpCertificateRequest -Subject CN=short -Name short -NotAfter ([datetime]::Now.AddDays(1))").AssertSucceeded();
        Assert.Equal(["db1", "short", "web1", "web2"], Names("Get-CmpCertificate"));
        Assert.Equal(["web1", "web2"], Names("Get-CmpCertificate WEB*"));
        Assert.Equal(["db1", "web2"], Names("'db1', 'web2' | Get-CmpCertificate"));
        Assert.Empty(Names("Get-CmpCertificate -Due"));
        Assert.Empty(Names("Get-CmpCertificate x*"));
        ErrorRecord error = _ca.Invoke("Get-CmpCertificate x").AssertError("CmpEnrollment.NotFound");
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Equal("x", error.TargetObject);
        Age("short");
        Assert.Equal(["short"], Names("Get-CmpCertificate -Due"));
    }

    [Theory]
    [InlineData("Update-CmpCertificate -Name web1 -Force")]
    [InlineData("Get-CmpCertificate web1 | Update-CmpCertificate -Force")]
    [InlineData("(Get-CmpCertificate web1).Certificate | Update-CmpCertificate -Force")]
    [InlineData("Get-CmpCertificate web1 | Test-CmpCertificate -Detailed | Update-CmpCertificate -Force")]
    public void A_name_goes_over_to_the_new_certificate(string command)
    {
        string old = _ca.Invoke("New-CmpCertificateRequest -Subject CN=named -Name web1 -OutFile $file").Single<X509Certificate2>().Thumbprint;
        // another default server: the enrolment knows its own
        using var other = new CaSession();
        Environment.SetEnvironmentVariable("CMP_HOME", _ca.Home);
        _ca["other"] = other["ca"];
        _ca.Invoke("Register-CmpServer other $other.Uri -Credential $other.Credential -Default").AssertSucceeded();
        PSObject renewed = _ca.Invoke(command).Single();
        Assert.Equal("web1", renewed.Properties["EnrollmentName"].Value);
        Assert.Equal(_file, renewed.Properties["Path"].Value);
        PSObject found = _ca.Invoke("Get-CmpCertificate").Single();
        Assert.Equal("web1", found.Properties["Name"].Value);
        Assert.NotEqual(old, found.Properties["Thumbprint"].Value);
        Assert.Equal(((X509Certificate2)renewed.BaseObject).Thumbprint, found.Properties["Thumbprint"].Value);
        Assert.Null(found.Properties["Problem"].Value);
        Assert.Equal(2, _ca.Issued.Count);
    }

    [Fact]
    public void A_thumbprint_moves_to_the_new_one()
    {
        string old = _ca.Invoke("New-CmpCertificateRequest -Subject CN=nameless").Single<X509Certificate2>().Thumbprint;
        PSObject renewed = _ca.Invoke($"Update-CmpCertificate {old} -Force").Single();
        string thumbprint = ((X509Certificate2)renewed.BaseObject).Thumbprint;
        Assert.Equal(@"CurrentUser\My", renewed.Properties["Store"].Value);
        Assert.Equal([thumbprint], Names("Get-CmpCertificate"));
        Assert.Equal([$"enrolments/{thumbprint.ToLowerInvariant()}.json"], _ca.State);
    }

    [Fact]
    public void What_is_not_due_is_left_alone_by_name_too()
    {
        _ca.Invoke("New-CmpCertificateRequest -Subject CN=young -Name young").Single();
        Invocation run = _ca.Invoke("Update-CmpCertificate -Name young -Verbose").AssertSucceeded();
        Assert.Empty(run.Output);
        Assert.Contains("is not due before", Assert.Single(run.Verbose), StringComparison.Ordinal);
        _ca.Invoke("Update-CmpCertificate -Name young -Force -WhatIf").AssertSucceeded();
        Assert.Single(_ca.Issued);
        _ca.Invoke("Update-CmpCertificate -Name nobody").AssertError("CmpEnrollment.NotFound");
    }

    [Fact]
    public void A_file_under_a_password_is_renewed_with_it()
    {
        _ca["pfx"] = Path.ChangeExtension(_file, ".pfx");
        _ca["password"] = CaSession.Credential("x", "fileword").Password;
        _ca.Invoke("New-CmpCertificateRequest -Subject CN=locked -Name locked -OutFile $pfx -OutPassword $password").Single();
        Assert.Contains("-OutPassword", _ca.Invoke("Update-CmpCertificate -Name locked -Force").AssertError("CmpKey.PasswordRequired").ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        string problem = (string)_ca.Invoke("Get-CmpCertificate locked").Single().Properties["Problem"].Value;
        Assert.Contains("encrypted", problem, StringComparison.Ordinal);
        ErrorRecord error = _ca.Invoke("Get-CmpCertificate locked | Update-CmpCertificate -Force").AssertError("ParameterArgumentTransformationError");
        Assert.Contains($"The certificate of the enrolment locked is not at hand. {problem}", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("CN=locked", _ca.Invoke("Update-CmpCertificate -Name locked -Force -OutPassword $password").Single<X509Certificate2>().Subject);
        Assert.Equal("CN=locked", _ca.Invoke("Get-CmpCertificate locked -Password $password | Update-CmpCertificate -Force -OutPassword $password").Single<X509Certificate2>().Subject);
        using X509Certificate2 renewed = X509CertificateLoader.LoadPkcs12FromFile((string)_ca["pfx"]!, "fileword");
        Assert.Equal(_ca.Invoke("Get-CmpCertificate locked").Single().Properties["Thumbprint"].Value, renewed.Thumbprint);
        Assert.Equal(3, _ca.Issued.Count);
    }

    [Fact]
    public void A_name_can_be_given_to_another_certificate()
    {
        _ca.Invoke("New-CmpCertificateRequest -Subject CN=first -Name web1").Single();
        _ca.Invoke("New-CmpCertificateRequest -Subject CN=second -Name WEB1").Single();
        Assert.Equal("CN=second", _ca.Invoke("Get-CmpCertificate").Single().Properties["Subject"].Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\u0007")]
    [InlineData(" a")]
    public void A_name_that_is_none_is_refused_before_any_traffic(string name)
    {
        _ca["name"] = name;
        Invocation run = _ca.Invoke("New-CmpCertificateRequest -Subject CN=a -Name $name");
        if (name.Length == 0)
        {
            // as an empty cell of a table
            run.Single();
            return;
        }
        run.AssertError("CmpArgument.Name");
        Assert.Empty(_ca.Issued);
        Assert.Empty(_ca.State);
    }

    [Fact]
    public void The_name_comes_with_a_row_of_a_table()
    {
        _ca["rows"] = new[] { "web1", "web2" }.Select(name => new PSObject(new { Name = name, Subject = $"CN={name}" })).ToArray();
        _ca.Invoke("$rows | New-CmpCertificateRequest").AssertSucceeded();
        Assert.Equal(["web1", "web2"], Names("Get-CmpCertificate"));
        // where it cannot be kept it is left out: the row asked for nothing
        Assert.Equal(2, _ca.Invoke("$rows | New-CmpCertificateRequest -NoInstall").AssertSucceeded().Output.Count);
    }

    [Fact]
    public void The_name_of_a_request_file_is_not_what_the_certificate_is_called()
    {
        string path = Path.ChangeExtension(_file, ".csr");
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(path, new CertificateRequest("CN=device", key, HashAlgorithmName.SHA256).CreateSigningRequestPem());
        _ca["csr"] = new FileInfo(path);
        string thumbprint = _ca.Invoke("$csr | New-CmpCertificateRequest -OutFile $file").Single<X509Certificate2>().Thumbprint;
        Assert.Equal([thumbprint], Names("Get-CmpCertificate"));
        _ca.Invoke("$csr | New-CmpCertificateRequest -OutFile $file -Force -Name device").Single();
        Assert.Contains("device", Names("Get-CmpCertificate"));
    }

    [Fact]
    public void A_test_says_yes_or_no_and_why()
    {
        _ca.Invoke("New-CmpCertificateRequest -Subject CN=tested -Name tested -OutFile $file").Single();
        Expect(true, "-Name tested", @"tested: good until \d{4}-\d\d-\d\d, to be renewed after \d{4}-\d\d-\d\d");
        Expect(false, "-Name tested -RenewBefore 100%", @"tested: due for renewal since \d{4}-\d\d-\d\d, ends \d{4}-\d\d-\d\d");
        Expect(false, "nobody", "nobody: no such enrolment");
        foreach (string which in new[] { "tested", "-Certificate $file" })
            _ca.Invoke($"Test-CmpCertificate {which} -RenewBefore 400.00:00:00").AssertError("CmpArgument.RenewBefore");
        // the certificate itself has the name of its enrolment; one that has none its thumbprint
        Expect(true, "-Certificate $file", "tested: good .*");
        _ca["bare"] = X509CertificateLoader.LoadCertificate(_ca.Invoke("(Get-CmpCertificate tested).Certificate").Single<X509Certificate2>().RawData);
        Expect(false, "-Certificate $bare", "tested: has no private key");
        _ca["alone"] = _ca.Invoke("New-CmpCertificateRequest -Subject CN=alone -NoInstall").Single();
        Expect(true, "-Certificate $alone", "[0-9A-F]{40}: good .*");
        _ca["later"] = _ca.Invoke("New-CmpCertificateRequest -Subject CN=later -NoInstall -NotBefore ([datetime]::Now.AddDays(2)) -NotAfter ([datetime]::Now.AddDays(9))").Single();
        Expect(false, "-Certificate $later", @"[0-9A-F]{40}: not valid \(until \d{4}-\d\d-\d\d\)");

        void Expect(bool passed, string arguments, string line)
        {
            Assert.Equal(passed, _ca.Invoke($"Test-CmpCertificate {arguments}").Single<bool>());
            PSObject detailed = _ca.Invoke($"Test-CmpCertificate {arguments} -Detailed").Single();
            Assert.Equal(passed, detailed.Properties["Passed"].Value);
            Assert.Matches($"^{line}$", detailed.BaseObject.ToString());
        }
    }

    /// <summary>The same answer as of Get-CmpCertificate and of the timer, unless something else is said.</summary>
    [Fact]
    public void A_test_goes_by_the_window_that_the_enrolment_remembers()
    {
        const string Half = "-OutFile $file -NotBefore ([datetime]::Now.AddHours(-20)) -NotAfter ([datetime]::Now.AddHours(16))";
        _ca.Invoke($"New-CmpCertificateRequest -Subject CN=tested -Name tested -RenewBefore 60% {Half}").Single();
        foreach (string which in new[] { "tested", "-Certificate $file" })
        {
            Assert.False(_ca.Invoke($"Test-CmpCertificate {which}").Single<bool>());
            Assert.True(_ca.Invoke($"Test-CmpCertificate {which} -RenewBefore 30%").Single<bool>());
            Assert.True(_ca.Invoke($"(Test-CmpCertificate {which} -Detailed).RenewAfter -eq (Get-CmpCertificate tested).RenewAfter").Single<bool>());
        }
        Assert.True(_ca.Invoke("(Get-CmpCertificate tested).Due").Single<bool>());
    }

    [Fact]
    public void One_that_was_removed_or_replaced_is_told()
    {
        _ca.Invoke("New-CmpCertificateRequest -Subject CN=removed -Name removed -OutFile $file").Single();
        string before = File.ReadAllText(_file);
        File.Delete(_file);
        Check("There is no file");
        _ca.Invoke("New-CmpCertificateRequest -Subject CN=other -OutFile $file").Single();
        Check("holds another certificate than the one of the enrolment removed");
        File.WriteAllText(_file, before);
        Assert.True(_ca.Invoke("Test-CmpCertificate removed").Single<bool>());

        void Check(string problem)
        {
            PSObject found = _ca.Invoke("Get-CmpCertificate removed").Single();
            Assert.Null(found.Properties["Certificate"].Value);
            Assert.Contains(problem, (string)found.Properties["Problem"].Value, StringComparison.Ordinal);
            Assert.Contains(problem, _ca.Invoke("Get-CmpCertificate removed | Test-CmpCertificate -Detailed").Single().BaseObject.ToString(), StringComparison.Ordinal);
            Assert.False(_ca.Invoke("Get-CmpCertificate removed | Test-CmpCertificate").Single<bool>());
            Assert.Equal(ErrorCategory.ObjectNotFound, _ca.Invoke("Update-CmpCertificate -Name removed -Force").AssertError("CmpStore.NotFound").CategoryInfo.Category);
        }
    }

    [Fact]
    public void One_that_was_removed_from_the_store_is_told()
    {
        var certificate = _ca.Invoke("New-CmpCertificateRequest -Subject CN=stored -Name stored").Single<X509Certificate2>();
        using (var store = new X509Store(StoreName.My, StoreLocation.CurrentUser))
        {
            store.Open(OpenFlags.ReadWrite);
            store.Remove(certificate);
        }
        Assert.Contains($"There is no certificate {certificate.Thumbprint}", (string)_ca.Invoke("Get-CmpCertificate stored").Single().Properties["Problem"].Value, StringComparison.Ordinal);
        Assert.False(_ca.Invoke("Test-CmpCertificate stored").Single<bool>());
    }

    [Fact]
    public void What_waits_is_remembered_when_it_has_ended()
    {
        using var slow = new CaSession("-PollCount 1 -CheckAfter 0");
        slow["transaction"] = slow.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=late -Name late -NoWait").Single();
        Assert.Empty(slow.Invoke("Get-CmpCertificate").AssertSucceeded().Output);
        slow.Invoke("$transaction | Wait-CmpTransaction -Credential $ca.Credential").Single();
        Assert.Equal("CN=late", slow.Invoke("Get-CmpCertificate late").Single().Properties["Subject"].Value);
    }

    [SkippableFact]
    public void State_in_a_new_home_is_not_in_the_way_of_its_store()
    {
        Skip.If(OperatingSystem.IsWindows(), "HOME does not move the store on Windows");
        string home = TestHome.CreateFolder();
        Assert.Equal((0, "CurrentUser\\My\n", ""), ShellProcess.Run("-File", ShellProcess.WriteScript($"""
            $env:HOME = '{home}'
            $env:CMP_HOME = '{home}/cmp'
            Import-Module '{Repository.Manifest}'
            $ca = Start-CmpTestServer
            $null = New-CmpCertificateRequest -Server $ca -Subject CN=first -Offline
            (New-CmpCertificateRequest -Server $ca -Subject CN=second).Store
            """)));
        Assert.True(Directory.Exists(Path.Combine(home, "cmp")));
    }

    private string[] Names(string script) => [.. _ca.Invoke(script).AssertSucceeded().Output.Select(item => (string)item.Properties["Name"].Value)];

    /// <summary>What an enrolment's record says when its time has come.</summary>
    private void Age(string name)
    {
        string path = Path.Combine(_ca.Home, "enrolments", name + ".json");
        string text = File.ReadAllText(path);
        string aged = System.Text.RegularExpressions.Regex.Replace(text, @"(""renewAfter"": ?"")\d{4}", "${1}2020");
        Assert.NotEqual(text, aged);
        File.WriteAllText(path, aged);
    }
}
