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

/// <summary>Announcements are made of what is at hand, by parameters and out of the pipeline, and look as those that came.</summary>
[Collection("Commands")]
public sealed class NewCmpAnnouncementTests : IDisposable
{
    private readonly CaSession _ca = new();
    private readonly string _folder = TestHome.CreateFolder();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public NewCmpAnnouncementTests()
    {
        _ca["folder"] = _folder;
        File.WriteAllText(Path.Combine(_folder, "signer.pem"), MadeAuthority.CA("CN=Other CA", _key).ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, "signer.key"), _key.ExportPkcs8PrivateKeyPem());
        _ca.Invoke("Register-CmpServer ca $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Default; $cert = New-CmpCertificateRequest -Subject CN=announced -NoInstall").AssertSucceeded();
    }

    public void Dispose()
    {
        _ca.Dispose();
        _key.Dispose();
    }

    private PSObject Make(string script) => _ca.Invoke(script).Single();

    private static object? Of(PSObject announcement, string property) => announcement.Properties[property].Value;

    [Theory]
    [InlineData("New-CmpAnnouncement $cert -Protection None", "CertificateAnnouncement", "Certificate", 2)]
    [InlineData("$cert | New-CmpAnnouncement -Protection None", "CertificateAnnouncement", "Certificate", 2)]
    [InlineData("$cert | New-CmpAnnouncement -Protection None -Status RevocationNotification", "RevocationAnnouncement", "Revocation", 2)]
    [InlineData("New-CmpAnnouncement -RevokedCertificate $cert -Protection None", "RevocationAnnouncement", "Revocation", 2)]
    [InlineData("New-CmpAnnouncement -Issuer 'CN=Cmp Test Issuing CA' -SerialNumber $cert.SerialNumber -Protection None", "RevocationAnnouncement", "Revocation", 2)]
    [InlineData("Get-CmpCrl | New-CmpAnnouncement -Protection None", "CrlAnnouncement", "Crl", 2)]
    [InlineData("Get-CmpCrl -OutFile $folder/a.crl | Out-Null; New-CmpAnnouncement -Crl $folder/a.crl -Protection None", "CrlAnnouncement", "Crl", 2)]
    [InlineData("$null = $ca.UpdateRoot(); Get-CmpRootUpdate | New-CmpAnnouncement -Protection None", "CaKeyUpdateAnnouncement", "CaKeyUpdate", 2)]
    [InlineData("$null = $ca.UpdateRoot(); Get-CmpRootUpdate | New-CmpAnnouncement -Protection None -ProtocolVersion 3", "CaKeyUpdateAnnouncement", "CaKeyUpdate", 3)]
    [InlineData("$null = $ca.UpdateRoot(); $u = Get-CmpRootUpdate; New-CmpAnnouncement -NewRoot $u.NewRoot -NewWithOld $u.NewWithOld -Protection None", "CaKeyUpdateAnnouncement", "CaKeyUpdate", 3)]
    public void What_kind_it_is_follows_from_what_is_given(string script, string type, string kind, int version)
    {
        PSObject made = Make(script);
        Assert.Equal(("Cmp." + type, kind, "Made"), (made.BaseObject.GetType().FullName, Of(made, "Type")!.ToString(), Of(made, "Source")!.ToString()));
        Assert.Equal((false, "CmpAnnouncement.NotJudged"), ((bool)Of(made, "Verified")!, (string)Of(made, "ProblemId")!));
        // SEQUENCE { SEQUENCE { INTEGER pvno, ... 
        byte[] message = (byte[])Of(made, "Message")!;
        int header = message[1] == 0x82 ? 4 : 3;
        int pvno = header + (message[header + 1] == 0x81 ? 3 : message[header + 1] == 0x82 ? 4 : 2);
        Assert.Equal([2, 1, (byte)version], message[pvno..(pvno + 3)]);
    }

    [Fact]
    public void What_was_made_of_one_that_came_says_the_same()
    {
        foreach (string script in new[] { "$cert | New-CmpAnnouncement -Protection None", "$null = $ca.UpdateRoot(); Get-CmpRootUpdate | New-CmpAnnouncement -Protection None", "Get-CmpCrl | New-CmpAnnouncement -Protection None" })
        {
            _ca["first"] = Make(script);
            Assert.Equal(Make("$first.Id").BaseObject, Make("($first | New-CmpAnnouncement -Credential $ca.Credential).Id").BaseObject);
        }
    }

    [Fact]
    public void Of_CRLs_an_array_is_one_and_the_pipeline_one_each()
    {
        _ca.Invoke("$crl = Get-CmpCrl").AssertSucceeded();
        Assert.Equal(2, ((Array)Of(Make("New-CmpAnnouncement -Crl $crl, $crl -Protection None"), "Crl")!).Length);
        Assert.Equal(2, _ca.Invoke("$crl, $crl | New-CmpAnnouncement -Protection None").AssertSucceeded().Output.Count);
    }

    [Fact]
    public void A_revocation_says_when_and_why()
    {
        PSObject made = Make("$at = [datetime]::new(2030, 1, 2, 3, 4, 5); New-CmpAnnouncement -RevokedCertificate $cert -Status RevocationWarning -WillBeRevokedAt $at -BadSince $at.AddDays(-1) -Reason KeyCompromise -Protection None");
        Assert.Equal(("RevocationWarning", "KeyCompromise"), (Of(made, "Status")!.ToString(), Of(made, "Reason")!.ToString()));
        Assert.Equal((new DateTime(2030, 1, 2, 3, 4, 5), new DateTime(2030, 1, 1, 3, 4, 5)), ((DateTime)Of(made, "WillBeRevokedAt")!, (DateTime)Of(made, "BadSince")!));
        Assert.Equal(("CN=Cmp Test Issuing CA", Make("$cert.SerialNumber").BaseObject), (Of(made, "Issuer"), Of(made, "SerialNumber")));
        DateTime before = DateTime.Now.AddSeconds(-1);
        made = Make("New-CmpAnnouncement -RevokedCertificate $cert -Protection None");
        Assert.InRange((DateTime)Of(made, "WillBeRevokedAt")!, before, DateTime.Now);
        Assert.Equal(Of(made, "WillBeRevokedAt"), Of(made, "BadSince"));
        Assert.Null(Of(made, "Reason"));
    }

    [Theory]
    [InlineData("-Signer $folder/signer.pem -SignerKeyPath $folder/signer.key", "CN=Other CA")]
    [InlineData("-ClientCertificate $folder/signer.pem -ClientKeyPath $folder/signer.key", "CN=Other CA")]
    [InlineData("-Signer $folder/signer.pem -SignerKeyPath $folder/signer.key -Sender 'CN=Boss'", "CN=Boss")]
    [InlineData("-Credential $ca.Credential", "CN=Cmp Test Issuing CA")]
    [InlineData("-Credential $ca.Credential -Protection Pbmac1", "CN=Cmp Test Issuing CA")]
    [InlineData("-Protection None", "CN=Cmp Test Issuing CA")]
    public void Who_vouches_for_it_is_its_sender_or_the_CA(string arguments, string sender) => Assert.Equal(sender, Of(Make($"New-CmpAnnouncement $cert {arguments}"), "Sender"));

    [Fact]
    public void One_key_signs_all_that_the_pipeline_brings() =>
        Assert.Equal(3, _ca.Invoke("$cert, $cert, $cert | New-CmpAnnouncement -Signer $folder/signer.pem -SignerKeyPath $folder/signer.key").AssertSucceeded().Output.Count);

    [Fact]
    public void The_time_can_be_another()
    {
        DateTime time = new(2020, 2, 3, 4, 5, 6);
        _ca["time"] = time;
        Assert.Equal(time, Of(Make("New-CmpAnnouncement $cert -Protection None -MessageTime $time"), "MessageTime"));
    }

    [Fact]
    public void Nothing_is_made_where_one_only_asks() => Assert.Empty(_ca.Invoke("New-CmpAnnouncement $cert -Signer $folder/signer.pem -WhatIf").AssertSucceeded().Output);

    [Theory]
    [InlineData("$cert", "CmpArgument.NoCredential", ErrorCategory.InvalidArgument)]
    [InlineData("$cert -Protection Signature", "CmpArgument.NoCredential", ErrorCategory.InvalidArgument)]
    [InlineData("$cert -Credential $ca.Credential -Protection KemBasedMac", "CmpArgument.Protection", ErrorCategory.InvalidArgument)]
    [InlineData("$cert -Signer $folder/signer.pem", "CmpKey.Missing", ErrorCategory.ObjectNotFound)]
    [InlineData("$cert -Signer $cert -SignerKeyPath $folder/signer.key", "CmpKey.Mismatch", ErrorCategory.InvalidData)]
    [InlineData("-RevokedCertificate $cert -Status RevocationWarning -Protection None", "CmpArgument.WillBeRevokedAt", ErrorCategory.InvalidArgument)]
    [InlineData("-NewRoot $cert -NewWithOld $cert -ProtocolVersion 2 -Protection None", "CmpArgument.OldWithNew", ErrorCategory.InvalidArgument)]
    public void What_cannot_be_is_an_error(string arguments, string errorId, ErrorCategory category)
    {
        Invocation failed = _ca.Invoke($"New-CmpAnnouncement {arguments}");
        ErrorRecord error = failed.AssertError(errorId);
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction ?? "none");
        Assert.Empty(failed.Output);
    }

    [Theory]
    [InlineData("-RevokedCertificate $cert -Status Accepted -Protection None")]
    [InlineData("-RevokedCertificate $cert -Crl $folder/a.crl -Protection None")]
    [InlineData("-NewRoot $cert -NewWithOld $cert -ProtocolVersion 1 -Protection None")]
    [InlineData("-Crl $folder/signer.pem -Protection None")]
    public void What_makes_no_sense_does_not_bind(string arguments) => Assert.NotEmpty(_ca.Invoke($"New-CmpAnnouncement {arguments}").Errors);

    /// <summary>The octets are a DER SEQUENCE to OpenSSL, and each body is to Wireshark what it is.</summary>
    [SkippableFact]
    public void Openssl_and_Wireshark_read_what_is_made()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        string? tshark = Programs.Find("tshark"), text2pcap = Programs.Find("text2pcap");
        Skip.If(tshark is null || text2pcap is null, "tshark is not installed");
        _ca.Invoke("$null = $ca.UpdateRoot()").AssertSucceeded();
        string signer = "-Signer $folder/signer.pem -SignerKeyPath $folder/signer.key -ExtraCertificate $cert";
        (string Script, string Name, string Said)[] each =
        [
            ($"Get-CmpRootUpdate | New-CmpAnnouncement {signer}", "ckuann (15)", "newWithOld"),
            ($"$cert | New-CmpAnnouncement {signer}", "cann (16)", "announced"),
            ($"$cert | New-CmpAnnouncement {signer} -Status RevocationWarning -WillBeRevokedAt ([datetime]::new(2030, 1, 2)) -Reason KeyCompromise", "rann (17)", "revocationWarning (4)"),
            ($"Get-CmpCrl | New-CmpAnnouncement {signer}", "crlann (18)", "Cmp Test Issuing CA"),
        ];
        foreach ((string script, string name, string said) in each)
        {
            byte[] message = (byte[])Of(Make(script), "Message")!;
            string file = Path.Combine(_folder, "made.pki");
            File.WriteAllBytes(file, message);
            Assert.StartsWith("    0:d=0", OpenSsl.Run(["asn1parse", "-inform", "DER", "-in", file]).Text, StringComparison.Ordinal);
            // a pkiReq of TCP-Messages, version 10
            byte[] frame = [.. BigEndian(message.Length + 3), 10, 0, 0, .. message];
            string dump = Path.Combine(_folder, "made.txt"), capture = Path.Combine(_folder, "made.pcap");
            File.WriteAllText(dump, "000000 " + string.Join(' ', frame.Select(octet => octet.ToString("x2"))) + "\n");
            ProgramResult written = Programs.Run(text2pcap!, ["-q", "-T", "40000,829", dump, capture]);
            Assert.True(written.ExitCode == 0, written.Error);
            string read = Programs.Run(tshark!, ["-r", capture, "-n", "-V", "-O", "cmp"]).Text;
            Assert.Contains($"body: {name}", read, StringComparison.Ordinal);
            Assert.Contains(said, read, StringComparison.Ordinal);
            Assert.DoesNotContain("Malformed", read, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<byte> BigEndian(int number) => BitConverter.GetBytes(number).Reverse();
}
