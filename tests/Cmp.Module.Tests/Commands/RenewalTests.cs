using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Update-CmpCertificate day after day: what it finds, when it renews, and what it does where the old certificate has expired.</summary>
[Collection("Commands")]
public sealed class RenewalTests : IDisposable
{
    private readonly CaSession _ca = new();

    public RenewalTests()
    {
        // what other tests left in the store is of CAs of the same name
        using (var store = new X509Store(StoreName.My, StoreLocation.CurrentUser))
        {
            store.Open(OpenFlags.ReadWrite);
            foreach (X509Certificate2 certificate in store.Certificates.Where(IsOfThisCA))
                store.Remove(certificate);
        }
        _ca["uri"] = _ca.Uri;
        _ca.Invoke("Register-CmpServer ca $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Default").AssertSucceeded();
    }

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void All_enrolments_that_are_due_are_renewed_and_the_others_say_nothing()
    {
        Enroll("early", "-RenewBefore 20%");
        Enroll("late", "-RenewBefore 5.00:00:00");
        using var clock = new LaterClock(300);
        PSObject renewed = _ca.Invoke("Update-CmpCertificate -Name *").Single();
        Assert.Equal("early", renewed.Properties["EnrollmentName"].Value);
        // the new one has its whole life before it, and the clock's time is 65 days before its end: due again, as the enrolment has it
        Assert.Equal("early", _ca.Invoke("Update-CmpCertificate -Name E*").Single().Properties["EnrollmentName"].Value);
        Assert.Empty(Said("Update-CmpCertificate -Name late"));
        Assert.Equal(4, _ca.Issued.Count);
    }

    [Fact]
    public void Nothing_is_said_where_nothing_is_due()
    {
        Enroll("one");
        Assert.Empty(Said("Update-CmpCertificate -Name *"));
        Assert.Empty(Said("Update-CmpCertificate -Issuer 'CN=Cmp Test Issuing CA' -RandomDelay 1.00:00:00"));
        Assert.Empty(Said("Update-CmpCertificate -Name * -RandomDelay 1.00:00:00"));
        Invocation told = _ca.Invoke("Update-CmpCertificate -Name * -Verbose").AssertSucceeded();
        Assert.Contains("is not due before", Assert.Single(told.Verbose), StringComparison.Ordinal);
    }

    [Fact]
    public void One_enrolment_that_fails_hides_no_other()
    {
        _ca["file"] = Path.Combine(_ca.Home, "gone.pem");
        Enroll("gone", "-OutFile $file");
        Enroll("here");
        File.Delete((string)_ca["file"]!);
        Invocation run = _ca.Invoke("Update-CmpCertificate -Name gone, here, nobody -Force");
        Assert.Equal("here", Assert.Single(run.Output).Properties["EnrollmentName"].Value);
        Assert.Equal(["CmpStore.NotFound", "CmpEnrollment.NotFound"], run.Errors.Select(Id));
        Assert.Equal(["gone", "nobody"], run.Errors.Select(error => error.TargetObject));
    }

    [Fact]
    public void A_file_with_a_password_asks_for_it_when_it_is_due_and_not_before()
    {
        _ca["file"] = Path.Combine(_ca.Home, "locked.pfx");
        _ca["password"] = CaSession.Credential("x", "hush").Password;
        Enroll("locked", "-OutFile $file -OutPassword $password");
        Assert.Empty(Said("Update-CmpCertificate -Name *"));
        using var clock = new LaterClock(340);
        ErrorRecord error = _ca.Invoke("Update-CmpCertificate -Name *").AssertError("CmpKey.PasswordRequired");
        Assert.Contains("-OutPassword", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("locked", _ca.Invoke("Update-CmpCertificate -Name * -OutPassword $password").Single().Properties["EnrollmentName"].Value);
    }

    [Fact]
    public void A_window_longer_than_the_lifetime_is_an_error_that_says_what_to_give()
    {
        Enroll("one");
        ErrorRecord error = _ca.Invoke("Update-CmpCertificate -Name one -RenewBefore 366.00:00:00").AssertError("CmpArgument.RenewBefore");
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
        Assert.Contains("20%", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Single(_ca.Issued);
        // what the CA lets live for less than that is there all the same
        PSObject enrolled = _ca.Invoke("New-CmpCertificateRequest CN=two -Name two -RenewBefore 400.00:00:00").Single();
        Assert.Equal(335, ((DateTime)enrolled.Properties["RenewAfter"].Value - DateTime.Now).TotalDays, 0.1);
    }

    /// <summary>What is said at the prompt is about this run; the certificate that comes of it is renewed alike.</summary>
    [Fact]
    public void A_window_that_is_said_is_remembered_with_the_certificate_that_comes_and_not_without()
    {
        Enroll("one", "-RenewBefore 20%");
        DateTime before = RenewAfter();
        Assert.Empty(Said("Update-CmpCertificate -Name one -RenewBefore 50%"));
        Assert.Equal(before, RenewAfter());
        using (new LaterClock(200))
        {
            Assert.Empty(Said("Update-CmpCertificate -Name one"));
            _ca.Invoke("Update-CmpCertificate -Name one -RenewBefore 50%").Single();
        }
        Assert.Equal(182.5, (RenewAfter() - DateTime.Now).TotalDays, 0.1);

        DateTime RenewAfter() => (DateTime)_ca.Invoke("Get-CmpCertificate one").Single().Properties["RenewAfter"].Value;
    }

    /// <summary>A timer that looks each day is not to renew each day.</summary>
    [Theory]
    [InlineData("'100%'")]
    [InlineData("'99.9%'")]
    [InlineData("'0%'")]
    [InlineData("0")]
    [InlineData("90.00:00:00 -NotAfter ([datetime]::Now.AddDays(90))")]
    [InlineData("400 -NotAfter ([datetime]::Now.AddDays(90))")]
    public void A_window_that_would_renew_each_time_or_never_is_an_error_before_any_traffic(string window)
    {
        _ca["file"] = Path.Combine(_ca.Home, "window.pem");
        ErrorRecord error = _ca.Invoke($"New-CmpCertificateRequest CN=one -Name one -OutFile $file -RenewBefore {window}").AssertError("CmpArgument.RenewBefore");
        Assert.Contains("20%", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(_ca.Issued);
        Assert.Empty(_ca.Invoke("Get-CmpCertificate").Output);
        Assert.False(File.Exists((string)_ca["file"]!));
    }

    [Theory]
    [InlineData("'90%'")]
    [InlineData("89.00:00:00")]
    [InlineData("89")]
    public void One_that_leaves_some_of_its_life_is_remembered(string window)
    {
        _ca["file"] = Path.Combine(_ca.Home, "window.pem");
        Enroll("one", $"-OutFile $file -NotAfter ([datetime]::Now.AddDays(90)) -RenewBefore {window}");
        Assert.Empty(Said("Update-CmpCertificate -Name *"));
        using var clock = new LaterClock(10);
        Assert.Equal("one", _ca.Invoke("Update-CmpCertificate -Name *").Single().Properties["EnrollmentName"].Value);
    }

    /// <summary>The server lets certificates live for a year: a window of that is known to be too long only when one is there.</summary>
    [Fact]
    public void What_is_due_as_soon_as_it_is_there_is_told_and_renewed_as_others_are()
    {
        _ca["file"] = Path.Combine(_ca.Home, "window.pem");
        Invocation run = _ca.Invoke("New-CmpCertificateRequest CN=one -Name one -OutFile $file -RenewBefore 365");
        Assert.NotEmpty(run.Output);
        Assert.Contains("renewed each time", Assert.Single(run.Warnings), StringComparison.Ordinal);
        Assert.Empty(Said("Update-CmpCertificate -Name *"));
        // once it may be said so, and of what is kept nowhere nothing is said
        Assert.Empty(_ca.Invoke("Update-CmpCertificate -Name one -RenewBefore '100%' -NoInstall").AssertSucceeded().Warnings);
        Assert.Single(_ca.Invoke("Update-CmpCertificate -Name one -RenewBefore '100%'").Output);
        Assert.Empty(Said("Update-CmpCertificate -Name *"));
        using var clock = new LaterClock(340);
        Assert.Single(_ca.Invoke("Update-CmpCertificate -Name *").AssertSucceeded().Output);
    }

    [Theory]
    [InlineData("-5")]
    [InlineData("'-5.00:00:00'")]
    [InlineData("'150%'")]
    [InlineData("soon")]
    [InlineData("1e300")]
    public void What_is_no_window_is_an_error_of_the_parameter(string window)
    {
        Enroll("one");
        foreach (string command in new[] { "New-CmpCertificateRequest CN=two -NoInstall", "Update-CmpCertificate -Name one", "Test-CmpCertificate one" })
            _ca.Invoke($"{command} -RenewBefore {window}").AssertError("ParameterArgumentTransformationError");
        Assert.Single(_ca.Issued);
    }

    [Fact]
    public void A_store_is_searched_by_the_name_of_the_CA_and_what_was_renewed_is_passed_over()
    {
        Enroll("one");
        Enroll("two");
        Search("-Issuer 'cn=cmp test issuing ca'", "one", "two");
        // on this platform the old ones stay in the store
        Search("-Issuer 'CN=Cmp Test Issuing CA'", "one", "two");
        Search("-Issuer 'CN=Cmp Test Issuing CA, O=Other'");
    }

    [Fact]
    public void The_key_of_a_CA_tells_it_from_another_one_of_the_same_name()
    {
        Enroll("here");
        using var other = new CaSession();
        _ca["other"] = other["ca"];
        // with the state of this session: CMP_HOME is the process's
        Environment.SetEnvironmentVariable("CMP_HOME", _ca.Home);
        _ca.Invoke("$there = New-CmpCertificateRequest -Server $other CN=here -Name there; $here = Get-CmpCertificate here").AssertSucceeded();
        Search("-Issuer $there.Chain[0]", "there");
        _ca["path"] = Path.Combine(_ca.Home, "ca=issuing.cer");
        File.WriteAllBytes((string)_ca["path"]!, _ca.Invoke("$there.Chain[0]").Single<X509Certificate2>().RawData);
        Search("-Issuer $path", "there");
        Search("-Issuer 'CN=Cmp Test Issuing CA'", "here", "there");
    }

    [Fact]
    public void A_friendly_name_is_looked_for_with_wildcards_and_stays()
    {
        Enroll("one", "-FriendlyName 'web farm'");
        Enroll("two", "-FriendlyName mail");
        Search("-FriendlyName 'WEB*'", "one");
        Search("-CertStoreLocation Cert:/CurrentUser/My -Issuer 'CN=Cmp Test Issuing CA' -FriendlyName 'web farm'", "one");
        Search("-FriendlyName farm");
    }

    [Fact]
    public void Of_what_is_not_remembered_the_newest_of_each_subject_and_key_counts()
    {
        foreach (string subject in new[] { "CN=old", "CN=old", "CN=other" })
            _ca.Invoke($"New-CmpCertificateRequest '{subject}'").AssertSucceeded();
        _ca.Invoke("New-CmpCertificateRequest CN=old -DnsName old.example").AssertSucceeded();
        foreach (string file in Directory.GetFiles(Path.Combine(_ca.Home, "enrolments")))
            File.Delete(file);
        Assert.Equal(4, CaSession.Stored("CN=old").Concat(CaSession.Stored("CN=other")).Count(IsOfThisCA));
        Invocation run = _ca.Invoke("Update-CmpCertificate -Issuer 'CN=Cmp Test Issuing CA' -Force -NoInstall").AssertSucceeded();
        Assert.Equal(["CN=old", "CN=old", "CN=other"], run.Output.Select(renewed => ((X509Certificate2)renewed.BaseObject).Subject).Order());
    }

    [Theory]
    [InlineData("")]
    [InlineData(@"-CertStoreLocation Cert:\CurrentUser\My")]
    [InlineData("-Force")]
    public void Who_names_nothing_is_asked_what_is_meant(string arguments)
    {
        ErrorRecord error = _ca.Invoke($"Update-CmpCertificate {arguments}").AssertError("CmpArgument.Search");
        Assert.Contains("-Name", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_that_is_not_there_is_named()
    {
        _ca.Invoke(@"Update-CmpCertificate -CertStoreLocation My -Issuer CN=a").AssertError("CmpStore.Path");
        if (!OperatingSystem.IsWindows())
            _ca.Invoke(@"Update-CmpCertificate -CertStoreLocation Cert:\LocalMachine\My -Issuer CN=a").AssertError("CmpPlatform.NotSupported");
        _ca.Invoke("Update-CmpCertificate -Issuer 'CN=a,,'").AssertError("ParameterArgumentTransformationError");
        _ca.Invoke("Update-CmpCertificate -Issuer missing.cer").AssertError("ParameterArgumentTransformationError");
        _ca.Invoke("Update-CmpCertificate -Issuer 7").AssertError("ParameterArgumentTransformationError");
    }

    /// <summary>DSC and scripts give names as they are: as a pattern this one would mean another enrolment, and its own would end without a word.</summary>
    [Fact]
    public void A_name_that_is_there_is_meant_whatever_is_in_it()
    {
        foreach (string name in new[] { "web[1]", "web1", "w*" })
            Enroll($"'{name}'");
        Assert.Equal("web[1]", _ca.Invoke("Update-CmpCertificate -Name 'web[1]' -Force").Single().Properties["EnrollmentName"].Value);
        Assert.Equal("w*", _ca.Invoke("Update-CmpCertificate -Name w* -Force").Single().Properties["EnrollmentName"].Value);
        Assert.Equal("web[1]", _ca.Invoke("(Get-CmpCertificate 'web[1]').Name").Single<string>());
        Assert.Equal("web[1]", _ca.Invoke("(Get-CmpCertificate 'web`[1`]').Name").Single<string>());
        _ca.Invoke("Remove-CmpCertificate w* -Confirm:$false").AssertSucceeded();
        Assert.Equal(["web1", "web[1]"], _ca.Invoke("(Get-CmpCertificate).Name").All<string>().Order());
        _ca.Invoke("Remove-CmpCertificate 'web[1]' -Confirm:$false").AssertSucceeded();
        Assert.Equal("web1", _ca.Invoke("(Get-CmpCertificate).Name").Single<string>());
        // what is not there is a pattern
        _ca.Invoke("Remove-CmpCertificate 'web[1]' -Confirm:$false").AssertSucceeded();
        Assert.Empty(_ca.Invoke("Get-CmpCertificate").AssertSucceeded().Output);
    }

    /// <summary>What was kept is due each day until its end, and after it: whoever pipes a store would renew it each day.</summary>
    [Fact]
    public void What_was_replaced_is_not_renewed_again_but_by_force()
    {
        Enroll("one");
        _ca.Invoke("$old = (Get-CmpCertificate one).Certificate; $null = Update-CmpCertificate -Name one -Force -OldCertificateAction Keep").AssertSucceeded();
        using var clock = new LaterClock(340);
        Assert.Empty(Said("$old | Update-CmpCertificate"));
        Assert.Contains("was replaced already", Assert.Single(_ca.Invoke("$old | Update-CmpCertificate -Verbose").AssertSucceeded().Verbose), StringComparison.Ordinal);
        Assert.Equal(2, _ca.Issued.Count);
        _ca.Invoke("$old | Update-CmpCertificate -Force").Single();
    }

    /// <summary>PR 268 of CertificateDsc: a CA refuses what an expired certificate signs, and the machine that slept through never came back.</summary>
    [Fact]
    public void A_machine_that_slept_through_comes_back_by_the_saved_credential()
    {
        Enroll("asleep", "-DnsName asleep.example -EnhancedKeyUsage ServerAuthentication");
        X509Certificate2 old = Assert.Single(CaSession.Stored("CN=asleep"), IsOfThisCA);
        using var clock = new LaterClock(400);
        Invocation run = _ca.Invoke("Update-CmpCertificate -Name * -Verbose");
        PSObject renewed = run.Single();
        var certificate = (X509Certificate2)renewed.BaseObject;
        Assert.Equal("asleep", renewed.Properties["EnrollmentName"].Value);
        Assert.Equal("CN=asleep", certificate.Subject);
        Assert.Equal(old.Extensions["2.5.29.17"]!.RawData, certificate.Extensions["2.5.29.17"]!.RawData);
        Assert.Equal(old.Extensions["2.5.29.37"]!.RawData, certificate.Extensions["2.5.29.37"]!.RawData);
        Assert.NotEqual(old.GetPublicKey(), certificate.GetPublicKey());
        Assert.Contains(run.Verbose, line => line.StartsWith("Sent ir,", StringComparison.Ordinal));
        Assert.Contains(run.Verbose, line => line.Contains("has expired: a certificate is asked for anew", StringComparison.Ordinal));
    }

    /// <summary>The secret of the command line that enrolled it is not kept: it is the end of the certificate that is the matter.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("-Protection PasswordBasedMac")]
    [InlineData("-Protection Signature")]
    [InlineData("-ClientCertificate $file")]
    public void Without_the_secret_of_then_it_says_that_the_certificate_has_expired(string arguments)
    {
        _ca["file"] = Path.Combine(_ca.Home, "over.pem");
        _ca.Invoke("New-CmpCertificateRequest CN=over -Name over -OutFile $file -Server $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate").Single();
        using var clock = new LaterClock(400);
        ErrorRecord error = _ca.Invoke($"Update-CmpCertificate -Name over {arguments}").AssertError("CmpRenewal.Expired");
        Assert.Contains("-Credential", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.True(File.Exists((string)_ca["file"]!));
        Assert.Single(_ca.Issued);
        _ca["wrong"] = CaSession.Credential("cmp-test", "not the secret");
        _ca.Invoke("Update-CmpCertificate -Name over -Credential $wrong").AssertError("CmpProtection.UnauthenticatedAnswer");
        Assert.Single(_ca.Issued);
        Assert.Single(_ca.Invoke("Update-CmpCertificate -Name over -Credential $ca.Credential").Output);
    }

    /// <summary>What is lost is named, and how to begin anew; the enrolment stays.</summary>
    [Theory]
    [InlineData("key.pem")]
    [InlineData("lost.pem")]
    public void A_certificate_or_key_that_vanished_is_an_error_that_says_how_to_begin_anew(string lost)
    {
        _ca["file"] = Path.Combine(_ca.Home, "lost.pem");
        _ca["key"] = Path.Combine(_ca.Home, "key.pem");
        Enroll("lost", "-OutFile $file -OutKeyFile $key");
        File.Delete(Path.Combine(_ca.Home, lost));
        ErrorRecord error = _ca.Invoke("Update-CmpCertificate -Name lost -Force").AssertError("CmpStore.NotFound");
        Assert.Contains(lost, error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Contains("New-CmpCertificateRequest", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.False(_ca.Invoke("Test-CmpCertificate lost").Single<bool>());
        Assert.Equal("lost", _ca.Invoke("Get-CmpCertificate lost").Single().Properties["Name"].Value);
        Assert.Single(_ca.Issued);
        Enroll("lost", "-OutFile $file -OutKeyFile $key -Force");
        Assert.Single(_ca.Invoke("Update-CmpCertificate -Name lost -Force").Output);
    }

    /// <summary>Some servers take what such a certificate signs: it is told, and they decide.</summary>
    [Fact]
    public void A_certificate_that_is_for_no_signatures_is_told_with_what_else_there_is()
    {
        _ca["file"] = Path.Combine(_ca.Home, "encryption.pem");
        Enroll("encryption", "-OutFile $file -KeyAlgorithm RSA_2048 -KeyUsage KeyEncipherment");
        Invocation refused = _ca.Invoke("Update-CmpCertificate -Name encryption -Force");
        Assert.Equal("CmpServer.signerNotTrusted", Assert.Single(refused.Errors).FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("-Protection PasswordBasedMac", Assert.Single(refused.Warnings), StringComparison.Ordinal);
        Assert.Single(_ca.Issued);
        Invocation renewed = _ca.Invoke("Update-CmpCertificate -Name encryption -Force -Protection PasswordBasedMac").AssertSucceeded();
        Assert.Single(renewed.Output);
        Assert.Empty(renewed.Warnings);
        Enroll("both", "-OutFile $file -Force -KeyAlgorithm RSA_2048 -KeyUsage KeyEncipherment,DigitalSignature");
        Assert.Empty(_ca.Invoke("Update-CmpCertificate -Name both -Force").AssertSucceeded().Warnings);
    }

    [Fact]
    public void What_was_enrolled_by_cr_comes_back_by_cr()
    {
        Enroll("asleep", "-Operation Certification");
        using var clock = new LaterClock(400);
        Assert.Contains(_ca.Invoke("Update-CmpCertificate -Name asleep -Verbose").AssertSucceeded().Verbose, line => line.StartsWith("Sent cr,", StringComparison.Ordinal));
    }

    [Fact]
    public void An_expired_certificate_signs_nothing_and_without_a_credential_the_error_says_what_to_do()
    {
        Enroll("asleep");
        _ca.Invoke("$c = (Get-CmpCertificate asleep).Certificate; Register-CmpServer signing $uri -ClientCertificate $c.Thumbprint -TrustAnchor $ca.RootCertificate; Register-CmpServer bare $uri -TrustAnchor $ca.RootCertificate").AssertSucceeded();
        using var clock = new LaterClock(400);
        foreach (string arguments in new[] { "-Server bare", "-Server signing", "-Server signing -Protection Signature", "-Server ca -Protection Signature", "-Server bare -Protection Pbmac1", "-Server bare -ClientCertificate $c" })
        {
            ErrorRecord error = _ca.Invoke($"Update-CmpCertificate -Name asleep {arguments}").AssertError("CmpRenewal.Expired");
            Assert.Contains("-Credential", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
            Assert.Equal("asleep", error.TargetObject);
        }
        Assert.Single(_ca.Issued);
        Assert.Equal("asleep", _ca.Invoke("Update-CmpCertificate -Name asleep -Server bare -Credential $ca.Credential").Single().Properties["EnrollmentName"].Value);
    }

    [Fact]
    public void A_certificate_of_the_makers_brings_it_back_too()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 maker = MadeAuthority.CA("CN=Maker", key);
        Enroll("device", "-NotAfter ([datetime]::Now.AddDays(2))");
        _ca["maker"] = maker;
        _ca["trusting"] = _ca.Invoke("Start-CmpTestServer -TrustedClient $maker").Single();
        _ca.Invoke("Register-CmpServer trusting $trusting.Uri -ClientCertificate $maker -TrustAnchor $trusting.RootCertificate").AssertSucceeded();
        using (new LaterClock(101))
            _ca.Invoke("Update-CmpCertificate -Name device -Server trusting").AssertError("CmpRenewal.Expired"); // it has ended too
        using var clock = new LaterClock(3);
        Invocation run = _ca.Invoke("Update-CmpCertificate -Name device -Server trusting -Verbose");
        Assert.Equal("device", run.Single().Properties["EnrollmentName"].Value);
        Assert.Contains(run.Verbose, line => line.StartsWith("Sent ir,", StringComparison.Ordinal));
    }

    [Fact]
    public void The_second_renewal_of_a_certificate_says_so_and_goes()
    {
        Enroll("one");
        string thumbprint = Assert.Single(CaSession.Stored("CN=one"), IsOfThisCA).Thumbprint;
        object store = Activator.CreateInstance(ModuleAssemblies.Core.GetType("Cmp.Client.EnrollmentStore", throwOnError: true)!, _ca.Home)!;
        using (var held = (IDisposable)store.GetType().GetMethod("TryLockRenewal")!.Invoke(store, [thumbprint])!)
        {
            Invocation run = _ca.Invoke("Update-CmpCertificate -Name one -Force").AssertSucceeded();
            Assert.Empty(run.Output);
            Assert.Contains("is being renewed already", Assert.Single(run.Warnings), StringComparison.Ordinal);
            Assert.Single(_ca.Issued);
            // where there is nothing to do there is nothing to say
            Assert.Empty(Said("Update-CmpCertificate -Name one"));
        }
        _ca.Invoke("Update-CmpCertificate -Name one -Force").Single();
        Assert.DoesNotContain(_ca.State, path => path.EndsWith(".lock", StringComparison.Ordinal) && path.StartsWith("renewals/", StringComparison.Ordinal));
    }

    [Fact]
    public void A_renewal_that_a_server_lets_wait_is_gone_on_with_and_not_doubled()
    {
        using var slow = new CaSession("-PollCount 2 -CheckAfter 0");
        slow.Invoke("New-CmpCertificateRequest -Server $ca CN=slow -Name slow").Single();
        using var clock = new LaterClock(350);
        string first = (string)slow.Invoke("Update-CmpCertificate -Name slow -Server $ca -NoWait").Single().Properties["Id"].Value;
        string again = (string)slow.Invoke("Update-CmpCertificate -Name slow -Server $ca -NoWait").Single().Properties["Id"].Value;
        Assert.Equal(first, again);
        PSObject renewed = slow.Invoke("Update-CmpCertificate -Name slow -Server $ca").Single();
        Assert.Equal(first, renewed.Properties["TransactionId"].Value);
        Assert.Equal("slow", renewed.Properties["EnrollmentName"].Value);
        Assert.Equal(2, slow.Issued.Count);
        Assert.DoesNotContain(slow.State, path => path.StartsWith("transactions/", StringComparison.Ordinal));
    }

    [Fact]
    public void A_renewal_that_is_carried_by_hand_stays_with_the_hand()
    {
        Enroll("carried");
        string id = (string)_ca.Invoke("Update-CmpCertificate -Name carried -Force -Offline").Single().Properties["Id"].Value;
        Invocation run = _ca.Invoke("Update-CmpCertificate -Name carried -Force").AssertSucceeded();
        Assert.Empty(run.Output);
        Assert.Contains(id, Assert.Single(run.Warnings), StringComparison.Ordinal);
        Assert.Single(_ca.Issued);
    }

    [Fact]
    public void The_random_delay_is_waited_for_once_shown_and_ended_by_Stop()
    {
        Enroll("one");
        Enroll("two");
        using var clock = new LaterClock(350);
        using RunningInvocation running = _ca.Session.Start("Update-CmpCertificate -Name * -RandomDelay 100.00:00:00 -ThrottleLimit 2 -Verbose");
        running.WaitUntil(streams => streams.Verbose.Any(record => record.Message.StartsWith("Waiting ", StringComparison.Ordinal)));
        Assert.InRange(running.Stop(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.True(running.Wait().Stopped);
        Assert.Equal(2, _ca.Issued.Count);
        Assert.DoesNotContain(_ca.State, path => path.EndsWith(".lock", StringComparison.Ordinal) && path.StartsWith("renewals/", StringComparison.Ordinal));
        Assert.StartsWith("What if:", _ca.Session.Show("Update-CmpCertificate -Name one -RandomDelay 100.00:00:00 -WhatIf"), StringComparison.Ordinal);
        _ca.Invoke("Update-CmpCertificate -Name one -RandomDelay -1.00:00:00").AssertError("CmpArgument.RandomDelay");
    }

    private static bool IsOfThisCA(X509Certificate2 certificate) => certificate.Issuer == "CN=Cmp Test Issuing CA";

    private static string Id(ErrorRecord error) => error.FullyQualifiedErrorId.Split(',')[0];

    private void Enroll(string name, string arguments = "") => _ca.Invoke($"New-CmpCertificateRequest CN={name} -Name {name} {arguments}").Single();

    /// <summary>All that a command says: objects, warnings, errors, what -Verbose does not ask for.</summary>
    private object[] Said(string command)
    {
        Invocation run = _ca.Invoke(command).AssertSucceeded();
        return [.. run.Output, .. run.Warnings, .. run.Verbose, .. run.Information];
    }

    /// <summary>Renews what a search of the user's store finds.</summary>
    private void Search(string arguments, params string[] names)
    {
        Invocation run = _ca.Invoke($"Update-CmpCertificate {arguments} -Force -ErrorAction SilentlyContinue");
        Assert.Equal(names, run.Output.Select(renewed => (string)renewed.Properties["EnrollmentName"].Value).Where(name => name.Length < 40).Order());
    }
}
