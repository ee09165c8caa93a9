using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using System.Xml.Linq;
using Cmp.Module.Tests.Harness;
using Cmp.Tests;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>What a user sees of the objects, on a screen of 120 columns.</summary>
[Collection("Commands")]
public sealed partial class FormatTests : IDisposable
{
    private readonly CaSession _ca = new();

    public FormatTests() => _ca["uri"] = _ca.Uri;

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void A_certificate_is_a_row_that_fits()
    {
        _ca.Invoke("Register-CmpServer shown $uri -Credential $ca.Credential").AssertSucceeded();
        string[] lines = Lines("New-CmpCertificateRequest -Server shown -Subject 'CN=router7'");
        Assert.Equal("Thumbprint                               Subject          NotAfter   RenewAfter Status   Server      Place", lines[0]);
        Assert.Matches(@"^[0-9A-F]{40} CN=router7       \d{4}-\d\d-\d\d \d{4}-\d\d-\d\d Accepted shown       CurrentUser\\My$", lines[2]);
    }

    [Fact]
    public void Nothing_is_cut_off()
    {
        string shown = _ca.Session.Show("New-CmpCertificateRequest -Server $ca -Subject 'CN=router7.a-long-name.example, O=Some Organization, C=DE' -NoInstall");
        Assert.DoesNotContain('…', shown);
        Assert.Equal("CN=router7.a-long-name.example,O=SomeOrganization,C=DE", string.Concat(shown.Split('\n').Where(line => line.Length > 41).Skip(2).Select(line => line[41..Math.Min(57, line.Length)].Replace(" ", "", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("$certificate")]
    [InlineData("$ca, $certificate")]
    public void Rule70_A_subject_is_shown_escaped(string view)
    {
        _ca["certificate"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject \"CN=a$([char] 27)b\" -NoInstall").Single();
        string shown = _ca.Session.Show(view);
        Assert.DoesNotContain('\u001b', shown);
        Assert.Contains(@"CN=a\u{001B}b", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Anchors_of_a_server_are_their_subjects_among_other_properties()
    {
        _ca.Invoke("Register-CmpServer shown $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate").AssertSucceeded();
        Assert.Equal("{CN=Cmp Test Root CA}", Lines("[pscustomobject] @{ Anchors = (Get-CmpServer shown).TrustAnchor }")[2]);
    }

    [Fact]
    public void Anchors_of_a_server_are_rows()
    {
        _ca.Invoke("Register-CmpServer shown $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate").AssertSucceeded();
        string[] lines = Lines("(Get-CmpServer shown).TrustAnchor");
        Assert.Matches("^Thumbprint +Subject +NotAfter +Issuer$", lines[0]);
        Assert.Matches(@"^[0-9A-F]{40} CN=Cmp Test Root CA +\d{4}-\d\d-\d\d CN=Cmp Test Root CA$", lines[2]);
    }

    [Fact]
    public void A_server_shows_who_we_are_and_whom_we_believe()
    {
        string[] lines = Lines("Register-CmpServer shown $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Default -PassThru");
        Assert.Equal("Name          Uri                       Default Authentication     Scope        Trust", lines[0]);
        Assert.Matches(@"^shown         http://127\.0\.0\.1:\d+/ +\*       secret of cmp-test Process      anchor CN=Cmp Test Root CA$", lines[2]);
    }

    [Fact]
    public void A_test_server_is_a_row()
    {
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=a -NoInstall").Single();
        string[] lines = Lines("$ca");
        Assert.Matches(@"^Uri +Reference +Issued +Root$", lines[0]);
        Assert.Matches(@"^http://127\.0\.0\.1:\d+/ +cmp-test +1 [0-9A-F]{40}$", lines[2]);
    }

    [Fact]
    public void What_a_test_server_announced_is_a_row()
    {
        using var roads = new CaSession("-Transport HttpTcp");
        string[] lines = [.. roads.Session.Show("$ca.Announce('Crl')").Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];
        Assert.Equal("Type        PollingReference Octets", lines[0]);
        Assert.Matches(@"^Crl         [0-9A-F]{8}         +\d+$", lines[2]);
    }

    [Fact]
    public void What_a_CA_tells_is_a_row_each()
    {
        _ca.Invoke("Register-CmpServer shown $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Default").AssertSucceeded();
        Assert.Matches(@"^[0-9A-F]{40} CN=Cmp Test Issuing CA +\d{4}-\d\d-\d\d CN=Cmp Test Root CA$", Lines("Get-CmpCACertificate")[2]);
        Assert.Matches(@"^CN=Cmp Test Issuing CA +True +\d{4}-\d\d-\d\d \d\d:\d\d \d{4}-\d\d-\d\d \d\d:\d\d +0 +\d+$", Lines("Get-CmpCrl")[2]);
        Assert.Matches(@"^shown +Subject O=Cmp Test +Subject CN +ECDSA_P256$", Lines("Get-CmpRequestTemplate")[2]);
        Assert.Matches(@"^caCerts +1\.3\.6\.1\.5\.5\.7\.4\.17 +CN=Cmp Test Issuing CA$", Lines("Invoke-CmpGeneralMessage caCerts")[2]);
        _ca.Invoke("$null = $ca.UpdateRoot()").AssertSucceeded();
        Assert.Matches(@"^[0-9A-F]{40} \d{4}-\d\d-\d\d [0-9A-F]{40} \d{4}-\d\d-\d\d shown$", Lines("Get-CmpRootUpdate")[2]);
        // a probe is looked at closely, so it is a list
        string[] probe = Lines("Test-CmpServer");
        Assert.Matches("^Server +: shown$", probe[0]);
        Assert.Contains(probe, line => line.StartsWith("InfoTypes ", StringComparison.Ordinal));
        Assert.DoesNotContain(probe, line => line.StartsWith("Problem", StringComparison.Ordinal));
    }

    [Fact]
    public void A_transaction_is_a_row()
    {
        using var busy = new CaSession("-PollCount 1 -CheckAfter 3600");
        busy["uri"] = busy.Uri;
        busy["late"] = busy.Invoke("Register-CmpServer shown $uri -Credential $ca.Credential; New-CmpCertificateRequest -Server shown -Subject \"CN=a$([char] 27)b\" -NoWait").Single();
        string[] lines = [.. busy.Session.Show("$late").Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];
        Assert.Equal("Id                               Status     CheckAfter          Subject              Operation      Server", lines[0]);
        Assert.Matches(@"^[0-9A-F]{32} Waiting    \d{4}-\d\d-\d\d \d\d:\d\d:\d\d CN=a\\u\{001B\}b        Initialization shown$", lines[2]);
    }

    [Fact]
    public void An_enrolment_is_a_row_that_says_where_the_certificate_is_or_why_it_is_not_there()
    {
        _ca["path"] = Path.Combine(TestHome.CreateFolder(), "b.pem");
        _ca.Invoke("Register-CmpServer shown $uri -Credential $ca.Credential; $null = New-CmpCertificateRequest -Server shown -Subject \"CN=a$([char] 27)b\" -Name web1; $null = New-CmpCertificateRequest -Server shown -Subject CN=b -Name web2 -OutFile $path").AssertSucceeded();
        File.Delete((string)_ca["path"]!);
        string[] lines = Lines("Get-CmpCertificate");
        Assert.Equal("Name                 Subject                      NotAfter   RenewAfter State   Server         Place", lines[0]);
        Assert.Matches(@"^web1                 CN=a\\u\{001B\}b                \d{4}-\d\d-\d\d \d{4}-\d\d-\d\d good    shown          CurrentUser\\My$", lines[2]);
        Assert.Matches(@"^web2                 CN=b                         \d{4}-\d\d-\d\d \d{4}-\d\d-\d\d problem shown          There is no file", lines[3]);
    }

    [Fact]
    public void What_a_test_found_out_is_one_line()
    {
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=tested -Name tested").Single();
        Assert.Matches(@"^tested: good until \d{4}-\d\d-\d\d, to be renewed after \d{4}-\d\d-\d\d$", Assert.Single(Lines("Test-CmpCertificate tested -Detailed")));
    }

    /// <summary>Lists are shown by a command that this engine lacks; the Pester suites look at them.</summary>
    [Fact]
    public async Task Views_name_properties_that_there_are_and_their_scripts_run()
    {
        _ca["certificate"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=viewed -DnsName viewed.example -NoInstall").Single();
        _ca["settings"] = _ca.Invoke("Register-CmpServer viewed $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -PassThru").Single();
        _ca["transaction"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=a -Offline").Single();
        _ca["enrollment"] = _ca.Invoke("$null = New-CmpCertificateRequest -Server $ca -Subject CN=viewed -Name viewed; Get-CmpCertificate viewed").Single();
        _ca["test"] = _ca.Invoke("Test-CmpCertificate viewed -Detailed").Single();
        using var revoked = new TestCa();
        var builder = new CertificateRevocationListBuilder();
        builder.AddEntry(revoked.Certificate);
        byte[] crl = builder.Build(revoked.Certificate, 1, DateTimeOffset.UtcNow.AddDays(1), HashAlgorithmName.SHA256);
        await using var telling = new TellingServer(_ => [("1.3.6.1.5.5.7.4.6", crl)]);
        _ca["toldUri"] = telling.Uri;
        _ca["pin"] = telling.Certificate;
        _ca["client"] = telling.Client;
        _ca.Invoke("""
            $old = $ca.RootCertificate
            $null = $ca.UpdateRoot()
            $authority = Get-CmpCACertificate -Server $ca
            $update = Get-CmpRootUpdate -Server $ca -Certificate $old
            $information = Invoke-CmpGeneralMessage rootCaCert $old -Server $ca
            $unproven = $information.Value
            $template = Get-CmpRequestTemplate -Server $ca
            $probe = Test-CmpServer $ca
            $crl = Get-CmpCrl -Server $toldUri -ClientCertificate $client -ServerCertificate $pin -WarningAction Ignore
            $entry = $crl.Entries[0]
            """).AssertSucceeded();
        _ca["revocation"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=viewed -NoInstall | Revoke-CmpCertificate -Server $ca -Confirm:$false").Single();
        _ca["announcement"] = _ca.Invoke("$certificate | New-CmpAnnouncement -Protection None").Single();
        _ca["announced"] = _ca.Invoke("$ca.Announce('Crl')").Single();
        _ca["delivery"] = _ca.Invoke("$transaction | Send-CmpMessage -Server $ca").Single();
        _ca["anchor"] = _ca.Invoke("(Register-CmpServer viewed $uri -TrustAnchor $ca.RootCertificate -PassThru).TrustAnchor[0]").Single();
        _ca["modification"] = _ca.Invoke("(New-CmpCertificateRequest -Server $ca -Subject CN=changed -NotAfter ([datetime]::Now.AddYears(30)) -NoInstall).Modifications[0]").Single();
        _ca["renewal"] = MadeRenewal();
        _ca["traced"] = TestHome.CreateFolder();
        _ca.Invoke("""
            $null = New-CmpCertificateRequest -Server $ca -Subject CN=viewed -NoInstall -TracePath $traced
            $refusing = Start-CmpTestServer -Credential $ca.Credential -FailInfo BadPOP
            $null = New-CmpCertificateRequest -Server $refusing.Uri -Credential $ca.Credential -TrustAnchor $refusing.RootCertificate -Subject CN=viewed -NoInstall -TracePath $traced -ErrorAction SilentlyContinue
            $placed = @(ConvertFrom-CmpMessage $traced)
            $shownConversation = @(ConvertFrom-CmpMessage $traced -AsConversation)[1]
            $shownMessage = , $placed[1].Message | ConvertFrom-CmpMessage
            $shownFinding = $shownConversation.Findings[0]
            $shownNode = $shownMessage.Tree
            $shownItem = $shownMessage.Body.Items[0]
            $shownHeader = $shownMessage.Header
            $shownBody = $shownMessage.Body
            $shownProtection = $shownMessage.Protection
            $shownSaid = $placed[0].Header.GeneralInfo[0]
            $shownSent = $shownMessage.Certificates[0]
            $shownPlace = $placed[0].Conversation
            $shownCheck = @($placed[0] | Test-CmpMessage -Credential $ca.Credential -Detailed)[0]
            $shownFirst = $placed[0]
            """).AssertSucceeded();
        Dictionary<string, string> variables = new()
        {
            ["Cmp.CmpRenewal"] = "renewal", ["Cmp.Certificate"] = "certificate", ["Cmp.CmpTestServer"] = "ca", ["Cmp.Client.ServerSettings"] = "settings", ["Cmp.CmpTransaction"] = "transaction",
            ["Cmp.CmpEnrollment"] = "enrollment", ["Cmp.CmpCertificateTest"] = "test", ["Cmp.CACertificate"] = "authority", ["Cmp.CmpRootUpdate"] = "update",
            ["Cmp.CmpUnprovenRoot"] = "unproven", ["Cmp.CmpInformation"] = "information", ["Cmp.CmpRequestTemplate"] = "template", ["Cmp.CmpServerTest"] = "probe",
            ["Cmp.CmpCrl"] = "crl", ["Cmp.CmpCrlEntry"] = "entry", ["Cmp.CmpRevocation"] = "revocation",
            ["Cmp.CmpAnnouncement"] = "announcement", ["Cmp.CmpDelivery"] = "delivery", ["Cmp.TestServer.TestAnnouncement"] = "announced", ["Cmp.Messages.Pkix.Certificate"] = "anchor", ["Cmp.Client.Modification"] = "modification",
            ["Cmp.PlacedMessage"] = "shownFirst", ["Cmp.Inspection.CmpMessage"] = "shownMessage", ["Cmp.Inspection.CmpConversation"] = "shownConversation", ["Cmp.Messages.Rules.Finding"] = "shownFinding",
            ["Cmp.Inspection.MessageNode"] = "shownNode", ["Cmp.Inspection.CmpMessageItem"] = "shownItem", ["Cmp.Inspection.CmpMessageHeader"] = "shownHeader", ["Cmp.Inspection.CmpMessageBody"] = "shownBody",
            ["Cmp.Inspection.CmpMessageProtection"] = "shownProtection", ["Cmp.Inspection.CmpMessageInformation"] = "shownSaid", ["Cmp.Inspection.CmpMessageCertificate"] = "shownSent",
            ["Cmp.Inspection.ConversationPlace"] = "shownPlace", ["Cmp.Inspection.MessageCheck"] = "shownCheck",
        };
        foreach (XElement view in XDocument.Load(Path.Combine(Repository.ModuleFolder, "Cmp.Format.ps1xml")).Descendants("View"))
        {
            foreach (string variable in view.Descendants("TypeName").Select(type => variables[type.Value]))
            {
                if (_ca[variable] is null)
                    continue; // a renewal is made of files, on Linux
                foreach (string name in view.Descendants("PropertyName").Select(element => element.Value))
                    Assert.True(_ca.Invoke($"$null -ne ${variable}.PSObject.Properties['{name}']").Single<bool>(), $"{variable}.{name}");
                foreach (string script in view.Descendants("ScriptBlock").Select(element => element.Value))
                    _ca.Invoke($"${variable} | ForEach-Object {{ {script} }}").AssertSucceeded();
            }
        }
    }

    private object? MadeRenewal()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        string units = Directory.CreateDirectory(Path.Combine(TestHome.Path, ".config", "systemd", "user")).FullName;
        string timer = Path.Combine(units, "cmp-renewal-made.timer");
        File.WriteAllText(timer, "[Timer]\n");
        try
        {
            return _ca.Invoke("Get-CmpRenewal -Scope CurrentUser").AssertSucceeded().Output.Single(renewal => (string)renewal.Properties["Path"].Value == timer);
        }
        finally
        {
            File.Delete(timer);
        }
    }

    /// <summary>PowerShell leaves out what does not fit, and shows one column more in what is left, be that a single character.</summary>
    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void No_column_is_squeezed_to_nothing(int screen)
    {
        const int Readable = 7;
        foreach (XElement table in XDocument.Load(Path.Combine(Repository.ModuleFolder, "Cmp.Format.ps1xml")).Descendants("TableHeaders"))
        {
            int left = screen;
            foreach (XElement column in table.Elements("TableColumnHeader"))
            {
                int width = (int?)column.Element("Width") ?? Readable;
                if (width > left)
                {
                    Assert.True(left is <= 0 or >= Readable, $"{table.Ancestors("View").Single().Element("Name")!.Value}, {column.Element("Label")?.Value}: {left}");
                    break;
                }
                left -= width + 1;
            }
        }
    }

    [Fact]
    public void Objects_of_several_kinds_show_what_matters()
    {
        string shown = _ca.Session.Show("$ca, (Register-CmpServer mixed $uri -PassThru), (New-CmpCertificateRequest -Server $ca -Subject CN=mixed -NoInstall)");
        Assert.Equal(
            ["Name", "Uri", "Scope", "Preset", "Authentication", "Trust", "SubjectText", "Thumbprint", "NotAfter", "RenewAfter", "Status", "Server", "Store", "Path"],
            Label.Matches(shown).Select(match => match.Groups[1].Value));
    }

    [Fact]
    public void What_is_pending_and_what_is_remembered_show_what_matters_among_others()
    {
        _ca.Invoke("$null = New-CmpCertificateRequest -Server $ca -Subject CN=mixed -Name mixed").AssertSucceeded();
        string shown = _ca.Session.Show("$ca, (New-CmpCertificateRequest -Server $ca -Subject CN=mixed -Offline), (Get-CmpCertificate mixed), (Test-CmpCertificate mixed -Detailed)");
        Assert.Equal(
            [
                "Id", "Status", "Operation", "Subject", "Server", "CheckAfter", "Reason",
                "Name", "Subject", "NotAfter", "RenewAfter", "Due", "Server", "Store", "Path", "Problem",
                "Name", "Passed", "Found", "HasPrivateKey", "Valid", "Due", "RenewAfter", "NotAfter", "Problem",
            ],
            Label.Matches(shown).Select(match => match.Groups[1].Value));
    }

    private string[] Lines(string script) => [.. _ca.Session.Show(script).Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];

    [GeneratedRegex(@"^(\w+) *: ", RegexOptions.Multiline)]
    private static partial Regex Label { get; }
}
