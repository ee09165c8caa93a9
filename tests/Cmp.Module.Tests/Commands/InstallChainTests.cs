using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>-InstallChain, as a user has it: what is in the stores CA and Root afterwards.</summary>
[Collection("Commands")]
public sealed class InstallChainTests : IDisposable
{
    private readonly CaSession _ca = new();

    public InstallChainTests() => Skip.IfNot(OperatingSystem.IsLinux(), "the stores of a test are in its own home on Linux only");

    private string Root => _ca.Invoke("$ca.RootCertificate.Thumbprint").Single<string>();

    private string Issuing => _ca.Invoke("(New-CmpCertificateRequest -Server $ca -Subject CN=any -NoInstall).Chain[0].Thumbprint").Single<string>();

    public void Dispose() => _ca.Dispose();

    [SkippableTheory]
    [InlineData("", false, false)]
    [InlineData("-InstallChain None", false, false)]
    [InlineData("-InstallChain Intermediate", true, false)]
    [InlineData("-InstallChain WithRoot", true, true)]
    public void Issuers_go_into_stores_on_demand_only(string options, bool isIssuingThere, bool isRootThere)
    {
        Invocation run = _ca.Invoke($"New-CmpCertificateRequest -Server $ca -Subject CN=chain {options} -Verbose").AssertSucceeded();
        Assert.Empty(run.Warnings);
        Assert.Equal(isIssuingThere, IsIn("CA", Issuing));
        Assert.Equal(isRootThere, IsIn("Root", Root));
        Assert.Equal(isRootThere, run.Verbose.Any(line => line.Contains($"The root CN=Cmp Test Root CA, {Root}, is put into CurrentUser\\Root")));
    }

    /// <summary>Whoever trusts what the stores say, as programs of .NET do by OpenSSL, finds the chain, and with the root believes it.</summary>
    [SkippableTheory]
    [InlineData("", 1, false)]
    [InlineData("-InstallChain Intermediate", 2, false)]
    [InlineData("-InstallChain WithRoot", 3, true)]
    public void DotNets_own_chain_is_built_of_what_is_there(string options, int length, bool isTrusted)
    {
        using X509Certificate2 certificate = _ca.Invoke($"New-CmpCertificateRequest -Server $ca -Subject CN=built {options}").Single<X509Certificate2>();
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        Assert.Equal(isTrusted, chain.Build(certificate));
        Assert.Equal(length, chain.ChainElements.Count);
    }

    [SkippableFact]
    public void A_second_one_over_the_same_chain_leaves_it_and_removing_a_certificate_too()
    {
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=one -Name one -InstallChain WithRoot").AssertSucceeded();
        Invocation second = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=two -Name two -InstallChain WithRoot -Verbose").AssertSucceeded();
        Assert.DoesNotContain(second.Verbose, line => line.Contains("is put into") || line.Contains("Trust the root"));
        _ca.Invoke("Remove-CmpCertificate one, two -Confirm:$false").AssertSucceeded();
        Assert.True(IsIn("CA", Issuing));
        Assert.True(IsIn("Root", Root));
    }

    [SkippableFact]
    public void WhatIf_tells_of_the_root_by_itself_and_nothing_is_done()
    {
        string[] told = _ca.Session.Show("New-CmpCertificateRequest -Server $ca -Subject CN=what -InstallChain WithRoot -WhatIf").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, told.Length);
        Assert.Contains("Enrol a certificate", told[0]);
        Assert.Contains($"Trust the root CN=Cmp Test Root CA, SHA-1 {Root}, until", told[1]);
        Assert.Contains(@"on target ""Cert:\CurrentUser\Root""", told[1]);
        Assert.Empty(_ca.Issued);
        Assert.False(IsIn("Root", Root));
    }

    [SkippableTheory]
    [InlineData(0, true)]
    [InlineData(2, false)]
    public void Who_says_no_to_the_root_gets_the_certificate_and_what_is_between(int answer, bool isRootThere)
    {
        _ca.Session.Host.Answers.Enqueue(0);
        _ca.Session.Host.Answers.Enqueue(answer);
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=asked -Name asked -InstallChain WithRoot -Confirm").Single<X509Certificate2>();
        Assert.True(IsIn("CA", Issuing));
        Assert.Equal(isRootThere, IsIn("Root", Root));
        // what was declined is not done by a renewal either
        _ca.Invoke("Update-CmpCertificate -Name asked -Force").AssertSucceeded();
        Assert.Equal(isRootThere, IsIn("Root", Root));
    }

    [SkippableFact]
    public void Who_says_no_to_the_certificate_is_not_asked_for_the_root()
    {
        _ca.Session.Host.Answers.Enqueue(2);
        Assert.Empty(_ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=declined -InstallChain WithRoot -Confirm").AssertSucceeded().Output);
        Assert.Empty(_ca.Session.Host.Answers);
        Assert.Empty(_ca.Issued);
    }

    [SkippableFact]
    public void Renewals_do_what_was_remembered_until_it_is_said_otherwise()
    {
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=renewed -Name renewed -InstallChain Intermediate").AssertSucceeded();
        string issuing = Issuing;
        TakeOut("CA", issuing);
        _ca.Invoke("Update-CmpCertificate -Name renewed -Force").AssertSucceeded();
        Assert.True(IsIn("CA", issuing));
        Assert.False(IsIn("Root", Root));
        _ca.Invoke("Update-CmpCertificate -Name renewed -Force -InstallChain WithRoot").AssertSucceeded();
        TakeOut("Root", Root);
        _ca.Invoke("Get-CmpCertificate renewed | Update-CmpCertificate -Force").AssertSucceeded();
        Assert.True(IsIn("Root", Root));
        _ca.Invoke("Update-CmpCertificate -Name renewed -Force -InstallChain None").AssertSucceeded();
        TakeOut("Root", Root);
        TakeOut("CA", issuing);
        _ca.Invoke("Update-CmpCertificate -Name renewed -Force").AssertSucceeded();
        Assert.False(IsIn("CA", issuing));
        Assert.False(IsIn("Root", Root));
    }

    [SkippableFact]
    public void A_renewal_of_what_is_not_remembered_takes_the_word_of_the_command()
    {
        _ca.Invoke("$old = New-CmpCertificateRequest -Server $ca -Subject CN=object -NoInstall; $new = $old | Update-CmpCertificate -Server $ca -Force -CertStoreLocation Cert:\\CurrentUser\\My -InstallChain Intermediate").AssertSucceeded();
        Assert.True(IsIn("CA", Issuing));
    }

    [SkippableFact]
    public void A_transaction_that_waited_ends_with_its_chain()
    {
        using var ca = new CaSession("-PollCount 1 -CheckAfter 0");
        ca.Invoke("$waiting = New-CmpCertificateRequest -Server $ca -Subject CN=waited -InstallChain WithRoot -NoWait").AssertSucceeded();
        string root = ca.Invoke("$ca.RootCertificate.Thumbprint").Single<string>();
        Assert.False(IsIn("Root", root));
        ca.Invoke("$waiting | Wait-CmpTransaction -Credential $ca.Credential").AssertSucceeded();
        Assert.True(IsIn("Root", root));
    }

    [SkippableFact]
    public void Several_in_one_message_share_it()
    {
        Invocation run = _ca.Invoke("'CN=a', 'CN=b', 'CN=c' | ForEach-Object { [pscustomobject] @{ Subject = $_ } } | New-CmpCertificateRequest -Server $ca -BatchSize 2 -InstallChain WithRoot").AssertSucceeded();
        Assert.Equal(3, run.Output.Count);
        Assert.True(IsIn("CA", Issuing));
        Assert.True(IsIn("Root", Root));
    }

    [SkippableFact]
    public void A_row_of_a_table_does_not_say_whom_the_machine_trusts()
    {
        _ca.Invoke("[pscustomobject] @{ Subject = 'CN=row'; InstallChain = 'WithRoot' } | New-CmpCertificateRequest -Server $ca").AssertSucceeded();
        Assert.False(IsIn("Root", Root));
    }

    [SkippableFact]
    public void A_request_that_is_refused_leaves_no_issuer_behind()
    {
        using var ca = new CaSession("-FailInfo BadPOP");
        ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=refused -InstallChain WithRoot").AssertError("CmpServer.badPOP");
        Assert.False(IsIn("Root", ca.Invoke("$ca.RootCertificate.Thumbprint").Single<string>()));
    }

    [SkippableTheory]
    [InlineData("-NoInstall -InstallChain Intermediate")]
    [InlineData("-OutFile $file -InstallChain WithRoot")]
    public void Where_the_certificate_goes_to_no_store_it_makes_no_sense(string options)
    {
        _ca["file"] = Path.Combine(_ca.Home, "x.pem");
        _ca.Invoke($"New-CmpCertificateRequest -Server $ca -Subject CN=nowhere {options}").AssertError("CmpArgument.InstallChain");
        Assert.Empty(_ca.Issued);
    }

    [SkippableFact]
    public void A_store_and_a_file_are_both_served()
    {
        _ca["file"] = Path.Combine(_ca.Home, "both.pem");
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=both -OutFile $file -CertStoreLocation Cert:\\CurrentUser\\My -InstallChain Intermediate").AssertSucceeded();
        Assert.True(IsIn("CA", Issuing));
    }

    [SkippableFact]
    public void An_enrolment_in_a_file_is_renewed_without_stores()
    {
        _ca["file"] = Path.Combine(_ca.Home, "filed.pem");
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=filed -Name filed -OutFile $file").AssertSucceeded();
        _ca.Invoke("Update-CmpCertificate -Name filed -Force -InstallChain Intermediate").AssertError("CmpArgument.InstallChain");
        _ca.Invoke("Update-CmpCertificate -Name filed -Force -InstallChain None").AssertSucceeded();
    }

    [SkippableFact]
    public void Rule31_No_root_that_nobody_gave_is_asked_for()
    {
        _ca.Invoke("New-CmpCertificateRequest -Server $ca.Uri -Credential $ca.Credential -Subject CN=untold -InstallChain WithRoot").AssertError("CmpArgument.InstallChain");
        Assert.Empty(_ca.Issued);
    }

    [SkippableTheory]
    [InlineData("ca")]
    [InlineData("root")]
    public void A_store_that_cannot_be_written_is_an_error_before_anything_is_sent_and_a_renewal_goes_on(string store)
    {
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=before -Name before").AssertSucceeded();
        int issued = _ca.Issued.Count;
        string folder = Path.Combine(TestHome.Path, ".dotnet", "corefx", "cryptography", "x509stores", store);
        string aside = folder + ".aside";
        if (Directory.Exists(folder))
            Directory.Move(folder, aside);
        File.WriteAllText(folder, "in the way");
        try
        {
            Invocation refused = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=refused -InstallChain WithRoot");
            Assert.StartsWith("CmpStore.", (refused.Terminating ?? Assert.Single(refused.Errors)).FullyQualifiedErrorId, StringComparison.Ordinal);
            Assert.Equal(issued, _ca.Issued.Count);
            Assert.Empty(CaSession.Stored("CN=refused"));
            Invocation renewal = _ca.Invoke("Update-CmpCertificate -Name before -Force -InstallChain WithRoot").AssertSucceeded();
            Assert.Single(renewal.Output);
            Assert.Contains("was not put into", Assert.Single(renewal.Warnings));
        }
        finally
        {
            File.Delete(folder);
            if (Directory.Exists(aside))
                Directory.Move(aside, folder);
        }
    }

    [SkippableFact]
    public void A_store_of_the_computer_is_told_of_before_its_roots()
    {
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=machine -CertStoreLocation Cert:\\LocalMachine\\My -InstallChain WithRoot").AssertError("CmpPlatform.NotSupported");
        Assert.Empty(_ca.Issued);
    }

    private static bool IsIn(string name, string thumbprint) => In(name, OpenFlags.ReadOnly, store => store.Certificates.Find(X509FindType.FindByThumbprint, thumbprint, validOnly: false).Count == 1);

    private static void TakeOut(string name, string thumbprint) => In(name, OpenFlags.ReadWrite, store =>
    {
        foreach (X509Certificate2 certificate in store.Certificates.Find(X509FindType.FindByThumbprint, thumbprint, validOnly: false))
            store.Remove(certificate);
        return true;
    });

    private static bool In(string name, OpenFlags flags, Func<X509Store, bool> look)
    {
        using var store = new X509Store(name, StoreLocation.CurrentUser);
        store.Open(flags);
        return look(store);
    }
}
