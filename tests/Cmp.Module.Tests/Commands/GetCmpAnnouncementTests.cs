using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Module.Tests.Harness;
using Cmp.Tests;
using Cmp.Tests.Transports;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>What a CA says unasked, asked for by each way and read from files, on its way to what is done about it.</summary>
[Collection("Commands")]
public sealed class GetCmpAnnouncementTests : IDisposable
{
    private readonly CaSession _ca = new("-Transport Http, Tcp, HttpTcp, Coap");
    private readonly string _folder = TestHome.CreateFolder();

    public GetCmpAnnouncementTests()
    {
        _ca["folder"] = _folder;
        _ca.Invoke("Register-CmpServer ca $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Default; $old = $ca.RootCertificate").AssertSucceeded();
    }

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void One_script_gets_the_same_key_update_and_CRL_by_each_way()
    {
        IReadOnlyList<PSObject> came = _ca.Invoke("""
            $certificate = New-CmpCertificateRequest -Subject CN=asked -NoInstall
            foreach ($type in 'Crl', 'CaKeyUpdate') {
                if ($type -eq 'CaKeyUpdate') { $null = $ca.UpdateRoot() }
                $said = $ca.Announce($type)
                $certificate | Get-CmpAnnouncement -Type $type
                # what was made when it was announced comes before what is made when it is asked for (rule 74)
                Get-CmpAnnouncement -Type $type -Server $ca.Uris['Tcp'] -TrustAnchor $old -PollBy TcpReference -PollingReference $said.PollingReference
                Get-CmpAnnouncement -Type $type -Server $ca.Uris['Coap'] -TrustAnchor $old -PollBy Observe -Count 1
                $certificate | Get-CmpAnnouncement -Type $type -PollBy HttpGet
            }
            """).AssertSucceeded().Output;
        Assert.Equal(
            ["GeneralMessage CaKeyUpdate", "GeneralMessage Crl", "HttpGet CaKeyUpdate", "HttpGet Crl", "Observe CaKeyUpdate", "Observe Crl", "TcpReference CaKeyUpdate", "TcpReference Crl"],
            came.Select(one => $"{one.Properties["Source"].Value} {one.Properties["Type"].Value}").Order());
        Assert.All(came, one => Assert.True((bool)one.Properties["Verified"].Value, string.Join("\n", Reasons(one))));
        // equal in content: what is said has one name, whichever way it came
        PSObject[] updates = [.. came.Where(one => TypeOf(one) == "CaKeyUpdate")];
        Assert.Single(updates.Select(one => one.Properties["Id"].Value).Distinct());
        Assert.Single(updates.Select(one => ((X509Certificate2)one.Properties["NewRoot"].Value).Thumbprint).Distinct(), _ca.Invoke("$ca.RootCertificate.Thumbprint").Single<string>());
        PSObject[] crls = [.. came.Where(one => TypeOf(one) == "Crl")];
        Assert.Equal(4, crls.Length);
        Assert.Single(crls.Select(one => one.Properties["Id"].Value).Distinct());
        Assert.Single(crls.Select(one => Convert.ToHexString(CrlOf(one, "CN=Cmp Test Issuing CA"))).Distinct());
        // and different in their reasons: an answer is protected, an announcement is signed
        Assert.Contains("answers our question", string.Join("\n", Reasons(came[0])), StringComparison.Ordinal);
        Assert.Contains("is signed by", string.Join("\n", Reasons(came[2])), StringComparison.Ordinal);
        Assert.Null(came[0].Properties["Message"].Value);
        Assert.IsType<byte[]>(came[2].Properties["Message"].Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-PollBy HttpGet")]
    public void Who_trusts_the_former_root_only_is_not_told_that_the_CRL_under_the_new_one_is_nobodys(string options)
    {
        Invocation run = _ca.Invoke($"$null = $ca.UpdateRoot(); Get-CmpAnnouncement {options}").AssertSucceeded();
        Assert.Equal(["CaKeyUpdate", "Crl"], run.Output.Select(TypeOf).Order());
        Assert.All(run.Output, one => Assert.True((bool)one.Properties["Verified"].Value, string.Join("\n", Reasons(one))));
        Assert.Empty(run.Warnings);
    }

    [Theory]
    [InlineData("-PollBy Observe", "CmpArgument.PollBy")]
    [InlineData("-PollBy TcpReference -PollingReference 0000002A", "CmpArgument.PollBy")]
    [InlineData("-Type Revocation", "CmpArgument.AnnouncementType")]
    [InlineData("-PollBy HttpGet -Type Certificate", "CmpArgument.AnnouncementType")]
    [InlineData("-PollBy HttpGet -Type Revocation", "CmpArgument.Certificate")]
    [InlineData("-PollBy HttpGet -PollingReference 0000002A", "CmpArgument.PollingReference")]
    [InlineData("-PollBy TcpReference -Server $ca.Uris['Tcp']", "CmpArgument.PollingReference")]
    [InlineData("-IssuerAsGeneralNames", "CmpArgument.IssuerAsGeneralNames")]
    [InlineData("-Count 1", "CmpArgument.Count")]
    [InlineData("-MaxAge 0:00", "CmpArgument.MaxAge")]
    public void What_cannot_be_asked_is_one_error_before_any_traffic(string options, string errorId)
    {
        foreach (string server in new[] { "", "-Server ca" }.Where(server => !options.Contains("-Server", StringComparison.Ordinal) || server.Length == 0))
        {
            Invocation run = _ca.Invoke($"Get-CmpAnnouncement {options} {server} -Verbose");
            run.AssertError(errorId);
            Assert.DoesNotContain(run.Verbose, line => line.StartsWith("Sent", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void What_no_way_has_is_said_once_for_all_certificates()
    {
        Invocation run = _ca.Invoke("@(1..3 | ForEach-Object { New-CmpCertificateRequest -Subject CN=asked -NoInstall }) | Get-CmpAnnouncement -Server ca -Type Revocation");
        run.AssertError("CmpArgument.AnnouncementType");
    }

    [Fact]
    public void What_certificates_have_in_common_is_asked_once()
    {
        Invocation run = _ca.Invoke("""
            $certificates = 1..5 | ForEach-Object { New-CmpCertificateRequest -Subject "CN=machine$_" -NoInstall }
            $null = $ca.UpdateRoot()
            $null = $certificates[0, 3] | ForEach-Object { $ca.Announce('Revocation', $_) }
            $certificates | Get-CmpAnnouncement -PollBy HttpGet -Verbose
            """).AssertSucceeded();
        Assert.Equal(["CaKeyUpdate", "Crl", "Revocation", "Revocation"], run.Output.Select(TypeOf).Order());
        Assert.All(run.Output.Where(one => TypeOf(one) == "Revocation"), one => Assert.True(((X509Certificate2)one.Properties["Certificate"].Value).HasPrivateKey));

        Assert.Equal(["CaKeyUpdate", "Crl"], _ca.Invoke("$certificates | Get-CmpAnnouncement").AssertSucceeded().Output.Select(TypeOf).Order());
        Invocation again = _ca.Invoke("$certificates | Get-CmpAnnouncement -Type CaKeyUpdate -Verbose").AssertSucceeded();
        again.Single();
        Assert.Equal(1, again.Verbose.Count(line => line.StartsWith("Sent genm", StringComparison.Ordinal)));
        Assert.Equal(4, again.Verbose.Count(line => line.EndsWith("was asked about already.", StringComparison.Ordinal)));
    }

    [Fact]
    public void Enrolments_are_asked_about_at_their_servers()
    {
        _ca.Invoke("""
            $other = Start-CmpTestServer
            Register-CmpServer other $other.Uri -Credential $other.Credential -TrustAnchor $other.RootCertificate
            $null = New-CmpCertificateRequest -Subject CN=one -OutFile $folder/one.pem
            $null = New-CmpCertificateRequest -Server other -Subject CN=two -OutFile $folder/two.pem
            """).AssertSucceeded();
        IReadOnlyList<PSObject> came = _ca.Invoke("Get-CmpCertificate | Get-CmpAnnouncement").AssertSucceeded().Output;
        Assert.Equal(["ca", "other"], came.Select(one => one.Properties["Server"].Value.ToString()).Order());
        _ca.Invoke("Stop-CmpTestServer $other").AssertSucceeded();
    }

    [Fact]
    public void A_failure_is_the_error_of_its_certificate_and_the_others_are_asked()
    {
        _ca.Invoke("$certificate = New-CmpCertificateRequest -Subject CN=good -NoInstall; Register-CmpServer away http://127.0.0.1:1/ -Credential $ca.Credential -TrustAnchor $old").AssertSucceeded();
        Invocation run = _ca.Invoke("[pscustomobject] @{ Certificate = $old; Server = 'away' }, [pscustomobject] @{ Certificate = $certificate; Server = 'ca' } | Get-CmpAnnouncement -Type Crl");
        Assert.Equal("Crl", TypeOf(Assert.Single(run.Output)));
        ErrorRecord error = run.AssertError("CmpTransport.ConnectFailed");
        Assert.Equal(_ca.Invoke("$old.Thumbprint").Single<string>(), Assert.IsType<X509Certificate2>(error.TargetObject is PSObject wrapped ? wrapped.BaseObject : error.TargetObject).Thumbprint);
    }

    [Fact]
    public async Task Each_question_that_fails_is_an_error_that_says_which_one_it_was()
    {
        await using var server = new ScriptedServer([.. Enumerable.Repeat<Func<ScriptedConnection, Task>>(async connection =>
        {
            await connection.ReceiveAsync();
            await connection.SendAsync("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
        }, 2)]);
        _ca["uri"] = server.Uri;
        Invocation run = _ca.Invoke("Get-CmpAnnouncement -Server $uri -TrustAnchor $old -PollBy HttpGet");
        Assert.Empty(run.Output);
        Assert.Equal(["CaKeyUpdate", "Crl"], run.Errors.Select(error => error.ErrorDetails.Message.Split(':')[0]).Order());
        Assert.All(run.Errors, error => Assert.Equal("CmpHttp.405", error.FullyQualifiedErrorId.Split(',')[0]));
        Assert.All(run.Errors, error => Assert.Contains("-PollBy", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal));
    }

    [Fact]
    public void NewOnly_leaves_out_what_was_emitted_before_in_another_runspace_and_process()
    {
        _ca.Invoke("$null = $ca.UpdateRoot()").AssertSucceeded();
        Assert.Equal(["CaKeyUpdate", "Crl"], _ca.Invoke("Get-CmpAnnouncement").AssertSucceeded().Output.Select(TypeOf).Order());
        // without -NewOnly it comes again, and again it is remembered
        Assert.Equal("CaKeyUpdate", TypeOf(_ca.Invoke("Get-CmpAnnouncement -Type CaKeyUpdate").Single()));
        Assert.Empty(_ca.Invoke("Get-CmpAnnouncement -NewOnly").AssertSucceeded().Output);
        using (var other = new ModuleSession())
        {
            other["uri"] = _ca.Uri;
            other["credential"] = _ca.Invoke("$ca.Credential").Single();
            other["old"] = _ca["old"];
            Assert.Empty(other.Invoke("Get-CmpAnnouncement -Server $uri -Credential $credential -TrustAnchor $old -NewOnly").AssertSucceeded().Output);
            Assert.Equal("CaKeyUpdate", TypeOf(other.Invoke("Get-CmpAnnouncement -Server $uri -Credential $credential -TrustAnchor $old -Type CaKeyUpdate").Single()));
        }
        _ca.Invoke("[IO.File]::WriteAllBytes(\"$folder/old.cer\", $old.RawData)").AssertSucceeded();
        (int exitCode, string output, string error) = ShellProcess.Run("-Command", $"""
            $env:CMP_HOME = '{_ca.Home}'
            Import-Module '{Repository.Manifest}'
            $credential = [pscredential]::new('cmp-test', [Net.NetworkCredential]::new('', '{_ca.Secret}').SecurePassword)
            @(Get-CmpAnnouncement -Server {_ca.Uri} -Credential $credential -TrustAnchor '{_folder}/old.cer' -NewOnly).Count
            (Get-CmpAnnouncement -Server {_ca.Uri} -Credential $credential -TrustAnchor '{_folder}/old.cer' -Type CaKeyUpdate).About.Length -gt 0
            """);
        Assert.Equal((0, "0\nTrue\n", ""), (exitCode, output, error));
    }

    [Fact]
    public void What_was_not_verified_is_news_once_it_is()
    {
        _ca.Invoke("$null = $ca.UpdateRoot(); $update = $ca.Announce('CaKeyUpdate').Message").AssertSucceeded();
        Assert.False((bool)_ca.Invoke(Read("")).Single().Properties["Verified"].Value);
        Assert.Empty(_ca.Invoke(Read("")).AssertSucceeded().Output);
        Assert.True((bool)_ca.Invoke(Read("-TrustAnchor $old")).Single().Properties["Verified"].Value);
        Assert.Empty(_ca.Invoke(Read("-TrustAnchor $old")).AssertSucceeded().Output);

        static string Read(string trust) => $"Get-CmpAnnouncement -Message $update -Server ([uri] 'http://ca.example') {trust} -NewOnly";
    }

    [Fact]
    public void What_is_read_is_not_remembered_by_itself()
    {
        _ca.Invoke("$null = $ca.UpdateRoot(); $update = $ca.Announce('CaKeyUpdate').Message; $null = Get-CmpAnnouncement -Message $update").AssertSucceeded();
        _ca.Invoke("Get-CmpAnnouncement -Message $update -NewOnly").Single();
        Assert.Empty(_ca.Invoke("Get-CmpAnnouncement -Message $update -NewOnly").AssertSucceeded().Output);
        _ca.Invoke("Get-CmpAnnouncement -Message $update").Single();
    }

    [Fact]
    public void An_object_that_nobody_took_is_news_the_next_time()
    {
        _ca.Invoke("$null = $ca.UpdateRoot(); Get-CmpAnnouncement -Type CaKeyUpdate | ForEach-Object { throw 'a crash' }").AssertError("a crash");
        _ca.Invoke("Get-CmpAnnouncement -Type CaKeyUpdate -NewOnly | ForEach-Object { throw 'a crash' }").AssertError("a crash");
        _ca.Invoke("Get-CmpAnnouncement -Type CaKeyUpdate | ForEach-Object { $_ }").Single();
        Assert.Empty(_ca.Invoke("Get-CmpAnnouncement -Type CaKeyUpdate -NewOnly").AssertSucceeded().Output);
    }

    [Fact]
    public void What_cannot_be_remembered_is_emitted_all_the_same_with_a_warning()
    {
        _ca.Invoke("$null = Get-CmpAnnouncement -Type Crl; $null = $ca.UpdateRoot()").AssertSucceeded();
        Invocation run;
        using (File.Open(Path.ChangeExtension(Directory.GetFiles(Path.Combine(_ca.Home, "announcements"), "accepted*.json").Single(), ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
            run = _ca.Invoke("Get-CmpAnnouncement -Type CaKeyUpdate");
        run.Single();
        Assert.Contains("is not remembered", Assert.Single(run.Warnings), StringComparison.Ordinal);
        _ca.Invoke("Get-CmpAnnouncement -NewOnly -Type CaKeyUpdate").Single();
    }

    [Fact]
    public void Messages_are_read_from_files_octets_and_mails()
    {
        _ca.Invoke("""
            $certificate = New-CmpCertificateRequest -Subject CN=read -NoInstall
            $null = $ca.UpdateRoot()
            $octets = $ca.Announce('CaKeyUpdate').Message
            Export-CmpMessage -Message $octets -OutFile $folder/update.pki
            Export-CmpMessage -Message $octets -OutFile $folder/update.eml
            Export-CmpMessage -Message $ca.Announce('Revocation', $certificate).Message -OutFile $folder/warning.pki
            $file = [IO.FileInfo] "$folder/update.pki"
            """).AssertSucceeded();
        string id = (string)_ca.Invoke("Get-CmpAnnouncement $folder/update.pki").Single().Properties["Id"].Value;
        foreach (string way in new[] { "-LiteralPath $folder/update.pki", "-Path $folder/*.eml", "-Message $octets" })
            Check(_ca.Invoke("Get-CmpAnnouncement " + way).Single());
        foreach (string source in new[] { "$octets", ", $octets", "$file", "[pscustomobject] @{ Message = $octets }" })
            Check(_ca.Invoke(source + " | Get-CmpAnnouncement").Single());
        Assert.Equal(["CaKeyUpdate", "Revocation"], _ca.Invoke("Get-CmpAnnouncement $folder/*.pki").AssertSucceeded().Output.Select(TypeOf));
        Assert.Equal(Path.Combine(_folder, "warning.pki"), _ca.Invoke("Get-CmpAnnouncement $folder/w*.pki").Single().Properties["From"].Value);
        // a certificate at hand comes along, with its key
        Assert.Null(_ca.Invoke("Get-CmpAnnouncement $folder/warning.pki").Single().Properties["Certificate"].Value);
        foreach (string read in new[] { "$certificate | Get-CmpAnnouncement -Path $folder/warning.pki", "Get-CmpAnnouncement -Path $folder/warning.pki -Certificate $old, $certificate" })
            Assert.True(((X509Certificate2)_ca.Invoke(read).Single().Properties["Certificate"].Value).HasPrivateKey);

        void Check(PSObject announcement)
        {
            Assert.Equal((id, "Read"), (announcement.Properties["Id"].Value, announcement.Properties["Source"].Value.ToString()));
            Assert.True((bool)announcement.Properties["Verified"].Value);
        }
    }

    [Fact]
    public void What_is_no_announcement_is_an_error_about_it_and_hides_no_other()
    {
        _ca.Invoke("""
            [IO.File]::WriteAllText("$folder/a.pki", 'no message')
            [IO.File]::WriteAllBytes("$folder/b.pki", $ca.Announce('Crl').Message)
            """).AssertSucceeded();
        Invocation run = _ca.Invoke("Get-CmpAnnouncement $folder/*.pki");
        Assert.Equal("Crl", TypeOf(Assert.Single(run.Output)));
        ErrorRecord error = run.AssertError("CmpMessage.Malformed");
        Assert.Equal(Path.Combine(_folder, "a.pki"), error.TargetObject);
        Assert.Contains("a.pki", error.ErrorDetails.Message, StringComparison.Ordinal);
        _ca.Invoke("Get-CmpAnnouncement $folder/none.pki").AssertError("CmpArgument.Path");
        _ca.Invoke("Get-CmpAnnouncement -LiteralPath $folder/none.pki").AssertError("CmpStore.NotFound");
        Assert.Empty(_ca.Invoke("Get-CmpAnnouncement $folder/none*.pki").AssertSucceeded().Output);
        _ca.Invoke("$request = New-CmpCertificateRequest -Subject CN=a -Offline; Get-CmpAnnouncement -Message $request.NextMessage").AssertError("CmpAnnouncement.NotOne");
    }

    [Fact]
    public void Rule74_MaxAge_bounds_how_old_a_message_may_be()
    {
        _ca.Invoke("$null = $ca.UpdateRoot()").AssertSucceeded();
        using var ca = new TestCa("CN=Old News");
        _ca["signer"] = ca.Certificate;
        _ca.Invoke("$made = New-CmpAnnouncement -Certificate $old -Signer $signer").AssertSucceeded();
        PSObject fresh = _ca.Invoke("Get-CmpAnnouncement -Message $made.Message -TrustAnchor $signer").Single();
        Assert.DoesNotContain(Reasons(fresh), reason => reason.StartsWith("Against: It was made", StringComparison.Ordinal));
        PSObject old = _ca.Invoke("$null = [Threading.Thread]::CurrentThread.Join(1100); Get-CmpAnnouncement -Message $made.Message -TrustAnchor $signer -MaxAge 0:00:00.5").Single();
        Assert.False((bool)old.Properties["Verified"].Value);
        Assert.Contains(Reasons(old), reason => reason.StartsWith("Against: It was made", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_not_verified_is_emitted_and_says_why()
    {
        _ca.Invoke("$null = $ca.UpdateRoot()").AssertSucceeded();
        PSObject announcement = _ca.Invoke("Get-CmpAnnouncement -Message $ca.Announce('CaKeyUpdate').Message -Server ([uri] 'http://ca.example/')").Single();
        Assert.False((bool)announcement.Properties["Verified"].Value);
        Assert.NotNull(announcement.Properties["Problem"].Value);
        Assert.NotEmpty((string)announcement.Properties["ProblemId"].Value);
        Assert.StartsWith("Against: ", Reasons(announcement)[0], StringComparison.Ordinal);
        Assert.Null(announcement.Properties["OldRoot"].Value);
        Assert.NotNull(announcement.Properties["NewRoot"].Value);
    }

    [Fact]
    public void Rule73_A_root_goes_through_from_its_announcement_to_the_next_enrolment()
    {
        string old = _ca.Invoke("$old.Thumbprint").Single<string>();
        string root = _ca.Invoke("$ca.UpdateRoot().Thumbprint").Single<string>();
        PSObject announcement = _ca.Invoke("$update = Get-CmpAnnouncement -PollBy HttpGet -Type CaKeyUpdate; $update").Single();
        Assert.True((bool)announcement.Properties["Verified"].Value);
        Assert.Equal((old, root), (Thumbprint(announcement, "OldRoot"), Thumbprint(announcement, "NewRoot")));
        // nothing is trusted by arriving
        Assert.Equal([old], Anchors());
        _ca.Session.Host.Answers.Enqueue(2); // no
        _ca.Invoke("$update | Install-CmpTrustAnchor").AssertSucceeded();
        Assert.Equal([old], Anchors());
        _ca.Invoke("$update | Install-CmpTrustAnchor -Confirm:$false").AssertSucceeded();
        Assert.Equal([old, root], Anchors());
        Assert.Equal(root, _ca.Invoke("(New-CmpCertificateRequest -Subject CN=next -NoInstall).Chain[-1].Thumbprint").Single<string>());
    }

    [Fact]
    public void Rule73_An_announcement_that_is_not_verified_is_no_anchor_without_Force()
    {
        string old = _ca.Invoke("$old.Thumbprint").Single<string>();
        string root = _ca.Invoke("$ca.UpdateRoot().Thumbprint").Single<string>();
        // the certificates prove the new root, but nobody vouches for the message
        _ca.Invoke("""
            $update = Get-CmpRootUpdate
            $nobody = New-CmpAnnouncement -NewRoot $update.NewRoot -NewWithOld $update.NewWithOld -OldWithNew $update.OldWithNew -Protection None
            $announced = Get-CmpAnnouncement -Message $nobody.Message
            """).AssertSucceeded();
        PSObject announced = _ca.Invoke("$announced").Single();
        Assert.False((bool)announced.Properties["Verified"].Value);
        ErrorRecord error = _ca.Invoke("$announced | Install-CmpTrustAnchor -Confirm:$false").AssertError("CmpAnnouncement.NotVerified");
        Assert.Equal(ErrorCategory.SecurityError, error.CategoryInfo.Category);
        Assert.Contains((string)announced.Properties["Problem"].Value, error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Equal([old], Anchors());
        Invocation forced = _ca.Invoke("$announced | Install-CmpTrustAnchor -Force -Confirm:$false").AssertSucceeded();
        Assert.Contains("not verified", Assert.Single(forced.Warnings), StringComparison.Ordinal);
        Assert.Equal([old, root], Anchors());
    }

    [Fact]
    public void A_revocation_goes_on_into_the_renewal()
    {
        _ca.Invoke("""
            $certificate = New-CmpCertificateRequest -Subject CN=warned -OutFile $folder/warned.pem
            $null = $ca.Announce('Revocation', $certificate)
            """).AssertSucceeded();
        PSObject announcement = _ca.Invoke("$warning = Get-CmpCertificate | Get-CmpAnnouncement -PollBy HttpGet -Type Revocation; $warning").Single();
        Assert.True((bool)announcement.Properties["Verified"].Value, string.Join("\n", Reasons(announcement)));
        Assert.Equal("RevocationWarning", announcement.Properties["Status"].Value.ToString());
        Assert.Equal(_ca.Invoke("$certificate.SerialNumber").Single<string>(), announcement.Properties["SerialNumber"].Value);
        var renewed = _ca.Invoke("$warning | Update-CmpCertificate -Force").Single<X509Certificate2>();
        Assert.Equal("CN=warned", renewed.Subject);
        Assert.NotEqual(_ca.Invoke("$certificate.Thumbprint").Single<string>(), renewed.Thumbprint);
    }

    [Theory]
    [InlineData("{0}")]
    [InlineData("0x{0}")]
    [InlineData("([uint32] '0x{0}')")]
    [InlineData("([long] '0x{0}')")]
    [InlineData("([Convert]::ToInt32('{0}', 16))")]
    public void A_polling_reference_is_digits_or_a_number(string form)
    {
        string reference = _ca.Invoke("$ca.Announce('Crl').PollingReference").Single<string>();
        string given = string.Format(System.Globalization.CultureInfo.InvariantCulture, form, reference);
        Assert.Equal("Crl", TypeOf(_ca.Invoke($"Get-CmpAnnouncement -Server $ca.Uris['HttpTcp'] -TrustAnchor $old -PollingReference {given}").Single()));
    }

    [Fact]
    public void A_polling_reference_that_is_none_is_refused()
    {
        foreach (string wrong in new[] { "'no reference'", "-1.5", "4294967296", "''" })
            Assert.NotEmpty(_ca.Invoke($"Get-CmpAnnouncement -Server $ca.Uris['Tcp'] -PollingReference {wrong}").Errors);
        _ca.Invoke("Get-CmpAnnouncement -Server $ca.Uris['Tcp'] -TrustAnchor $old -PollingReference 0000002A").AssertError("CmpTransport.UnknownTicket");
    }

    [Fact]
    public void What_is_observed_comes_until_it_is_enough()
    {
        const string Observe = "Get-CmpAnnouncement -Server $ca.Uris['Coap'] -TrustAnchor $old -PollBy Observe";
        _ca.Invoke("$null = $ca.Announce('Crl')").AssertSucceeded();
        Assert.Equal("Crl", TypeOf(_ca.Invoke($"{Observe} -Count 1").Single()));
        // whichever certificates there are, their server is observed once
        _ca.Invoke("1..3 | ForEach-Object { $null = New-CmpCertificateRequest -Server $ca.Servers['Coap'] -Subject \"CN=observed$_\" -OutFile $folder/$_.pem }").AssertSucceeded();
        Assert.Equal("Crl", TypeOf(_ca.Invoke("Get-CmpCertificate | Get-CmpAnnouncement -PollBy Observe -TrustAnchor $old -TimeoutSec 1").Single()));
        // it needs no secret, but a question does
        Assert.All(_ca.Invoke("Get-CmpCertificate | Get-CmpAnnouncement").Errors, error => Assert.StartsWith("CmpCredential.Missing", error.FullyQualifiedErrorId, StringComparison.Ordinal));
        Assert.Equal(3, _ca.Invoke("Get-CmpCertificate | Get-CmpAnnouncement").Errors.Count);
        // the time that is up is no error
        Assert.Equal("Crl", TypeOf(_ca.Invoke($"{Observe} -TimeoutSec 1").Single()));
        Assert.Empty(_ca.Invoke($"{Observe} -TimeoutSec 1 -NewOnly").AssertSucceeded().Output);
        using RunningInvocation running = _ca.Session.Start(Observe + " | & { [CmdletBinding()] param([Parameter(ValueFromPipeline)] $one) process { $PSCmdlet.WriteWarning($one.Type) } }");
        running.WaitUntil(streams => streams.Warning.Any(warning => warning.Message == "Crl"));
        Assert.InRange(running.Stop(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.True(running.Wait().Stopped);
    }

    [Fact]
    public void Rule70_What_a_peer_says_is_shown_escaped()
    {
        using var ca = new TestCa("CN=Some\u001b[31m CA");
        _ca["signer"] = ca.Certificate;
        _ca.Invoke("$evil = Get-CmpAnnouncement -Message (New-CmpAnnouncement -Certificate $signer -Signer $signer).Message").AssertSucceeded();
        foreach (string text in new[] { "$evil.About", "$evil.Sender", "$evil.Reasons -join ' '", "$evil.Problem", "\"$evil\"" })
            Assert.DoesNotContain('\u001b', _ca.Invoke(text).Single<string>());
        Assert.DoesNotContain('\u001b', _ca.Session.Show("$evil"));
        Assert.Contains("NOT VERIFIED", _ca.Session.Show("$evil"), StringComparison.Ordinal);
    }

    private static string TypeOf(PSObject announcement) => announcement.Properties["Type"].Value.ToString()!;

    private static string[] Reasons(PSObject announcement) => (string[])announcement.Properties["Reasons"].Value;

    private static string Thumbprint(PSObject announcement, string property) => ((X509Certificate2)announcement.Properties[property].Value).Thumbprint;

    private static byte[] CrlOf(PSObject announcement, string issuer) =>
        (byte[])Assert.Single(((Array)announcement.Properties["Crl"].Value).Cast<object>().Select(PSObject.AsPSObject), crl => (string)crl.Properties["Issuer"].Value == issuer).Properties["RawData"].Value;

    private IReadOnlyList<string> Anchors() => _ca.Invoke("(Get-CmpServer ca).TrustAnchor | ForEach-Object { $_.Thumbprint }").All<string>();
}
