using System;
using System.IO;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Cmp.Tests;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Messages that are carried by hand: written to files, answered elsewhere, taken back.</summary>
[Collection("Commands")]
public sealed class OfflineTests : IDisposable
{
    private const string Begin = "New-CmpCertificateRequest -Server $ca -Subject CN=carried -OutFile $folder/carried.pem -Offline";

    private readonly CaSession _ca = new();
    private readonly string _folder = TestHome.CreateFolder();
    private int _carried;

    public OfflineTests() => _ca["folder"] = _folder;

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void Nothing_is_sent_and_the_message_is_written_for_its_owner()
    {
        // an address where nobody answers would be an error if it were asked
        PSObject transaction = _ca.Invoke("New-CmpCertificateRequest -Server http://127.0.0.1:1/ -Credential $ca.Credential -Subject CN=carried -Offline").Single();
        Assert.Equal("Offline", transaction.Properties["Status"].Value.ToString());
        _ca["transaction"] = transaction;
        var file = _ca.Invoke("$transaction | Export-CmpMessage -OutFile $folder/request.pki -PassThru").Single<FileInfo>();
        Assert.Equal((byte[])transaction.Properties["NextMessage"].Value, File.ReadAllBytes(file.FullName));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file.FullName));
        Assert.Empty(_ca.Issued);
    }

    [Fact]
    public void No_server_needs_to_be_named()
    {
        PSObject transaction = _ca.Invoke("New-CmpCertificateRequest -Credential $ca.Credential -Subject CN=carried -Offline").Single();
        Assert.Equal("(no server)", transaction.Properties["Server"].Value);
        // with a network there must be one
        _ca.Invoke("New-CmpCertificateRequest -Credential $ca.Credential -Subject CN=carried").AssertError("CmpArgument.Server");
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("-ExplicitConfirm", 2)]
    public void Carried_there_and_back_it_ends_in_a_confirmed_certificate(string arguments, int rounds)
    {
        _ca["transaction"] = _ca.Invoke($"{Begin} {arguments}").Single();
        PSObject emitted = null!;
        for (int round = 1; round <= rounds; round++)
        {
            Assert.Equal("Offline", ((PSObject)_ca["transaction"]!).Properties["Status"].Value.ToString());
            emitted = Carry(_ca.Uri).Single();
            _ca["transaction"] = emitted;
        }
        Assert.Equal("Cmp.Certificate", emitted.TypeNames[0]);
        Assert.Equal(true, emitted.Properties["Confirmed"].Value);
        Assert.Contains("PRIVATE KEY", File.ReadAllText(Path.Combine(_folder, "carried.pem")), StringComparison.Ordinal);
        Assert.Empty(_ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output);
        Assert.Single(_ca.Issued);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(0)]
    public void Polling_by_hand_says_when_to_come_again(int checkAfter)
    {
        using var slow = new CaSession($"-PollCount 1 -CheckAfter {checkAfter}");
        slow["folder"] = _folder;
        slow["transaction"] = slow.Invoke(Begin).Single();
        PSObject Next() => (PSObject)(slow["transaction"] = Carry(slow.Uri, slow).Single());
        Assert.Null(Next().Properties["CheckAfter"].Value); // the server has the request, and wants to be asked
        DateTime before = DateTime.Now;
        PSObject told = Next();
        Assert.InRange((DateTime)told.Properties["CheckAfter"].Value, before.AddSeconds(checkAfter), DateTime.Now.AddSeconds(checkAfter));
        Assert.Equal("This server was told to take its time.", told.Properties["Reason"].Value);
        Assert.NotNull(told.Properties["NextMessage"].Value);
        // who comes too early is told again
        Assert.Equal(checkAfter == 0, Next().BaseObject is X509Certificate2);
    }

    [Fact]
    public void An_update_is_carried_too()
    {
        _ca["old"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=renewed -OutFile $folder/renewed.pem").Single();
        _ca["transaction"] = _ca.Invoke("Update-CmpCertificate $folder/renewed.pem -Force -Offline").Single();
        var renewed = Carry(_ca.Uri).Single<X509Certificate2>();
        Assert.Equal("CN=renewed", renewed.Subject);
        Assert.Equal(renewed.ExportCertificatePem(), X509CertificateLoader.LoadCertificateFromFile(Path.Combine(_folder, "renewed.pem")).ExportCertificatePem());
    }

    [Theory]
    [InlineData("page", "CmpMessage.Malformed", "is no answer of a CMP server")]
    [InlineData("garbage", "CmpMessage.Malformed", "is no answer of a CMP server")]
    [InlineData("empty", "CmpMessage.Malformed", "is no answer of a CMP server")]
    [InlineData("nothing", "CmpStore.NotFound", "There is no file")]
    [InlineData("own", "CmpTransaction.RecipNonce", "does not repeat the nonce")]
    [InlineData("other", "CmpTransaction.TransactionId", "belongs to another transaction")]
    [InlineData("old", "CmpTransaction.RecipNonce", "does not repeat the nonce")]
    public void The_wrong_file_is_told_and_changes_nothing(string file, string errorId, string text)
    {
        _ca["transaction"] = _ca.Invoke($"{Begin} -ExplicitConfirm").Single();
        _ca.Invoke("$transaction | Export-CmpMessage -OutFile $folder/own.pki").AssertSucceeded();
        using var courier = new Courier(_ca.Uri);
        courier.Carry(Path.Combine(_folder, "own.pki"), Path.Combine(_folder, "old.pki"));
        _ca["other"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=other -Offline").Single();
        _ca.Invoke("$other | Export-CmpMessage -OutFile $folder/request.pki").AssertSucceeded();
        courier.Carry(Path.Combine(_folder, "request.pki"), Path.Combine(_folder, "other.pki"));
        File.WriteAllText(Path.Combine(_folder, "page.pki"), "<!DOCTYPE html><html><body>Please log in</body></html>");
        File.WriteAllBytes(Path.Combine(_folder, "garbage.pki"), RandomNumberGenerator.GetBytes(500));
        File.WriteAllBytes(Path.Combine(_folder, "empty.pki"), []);
        // at the confirmation: there a road that breaks would end it well (rule 44), and a file must not
        _ca["transaction"] = _ca.Invoke("$transaction | Wait-CmpTransaction -Credential $ca.Credential -ResponsePath $folder/old.pki").Single();
        string before = Show();
        ErrorRecord error = _ca.Invoke($"$transaction | Wait-CmpTransaction -Credential $ca.Credential -ResponsePath $folder/{file}.pki").AssertError(errorId);
        Assert.Contains(text, error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Equal(before, Show());
        Assert.False(File.Exists(Path.Combine(_folder, "carried.pem")));
        Assert.Equal("CN=carried", Carry(_ca.Uri).Single<X509Certificate2>().Subject);

        string Show()
        {
            var transaction = _ca.Invoke("Get-CmpTransaction $transaction.Id").Single();
            return $"{transaction.Properties["Status"].Value} {Convert.ToHexString((byte[])transaction.Properties["NextMessage"].Value)}";
        }
    }

    [Fact]
    public void A_message_goes_to_a_pki_file_that_is_not_there_yet()
    {
        _ca["transaction"] = _ca.Invoke(Begin).Single();
        _ca.Invoke("$transaction | Export-CmpMessage -OutFile $folder/request.der").AssertError("CmpArgument.OutFile");
        _ca.Invoke("$transaction | Export-CmpMessage -OutFile $folder/request.pki -WhatIf").AssertSucceeded();
        Assert.Empty(Directory.GetFiles(_folder));
        _ca.Invoke("$transaction | Export-CmpMessage -OutFile $folder/request.pki").AssertSucceeded();
        Assert.Equal(ErrorCategory.ResourceExists, _ca.Invoke("$transaction | Export-CmpMessage -OutFile $folder/request.pki").AssertError("CmpStore.Exists").CategoryInfo.Category);
        _ca.Invoke("$transaction | Export-CmpMessage -OutFile $folder/request.pki -Force").AssertSucceeded();
        _ca.Invoke("$transaction | Export-CmpMessage -OutFile $folder/nowhere/request.pki").AssertError("CmpStore.NotFound");
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_message_is_written_as_a_mail_and_answered_by_one()
    {
        _ca["transaction"] = _ca.Invoke("New-CmpCertificateRequest -Server 'mailto:ca@example.com?from=ra@example.org' -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Subject CN=carried -NoInstall -Offline").Single();
        _ca.Invoke("$transaction | Export-CmpMessage -OutFile $folder/request.eml").AssertSucceeded();
        (string head, byte[] octets) = ReadMail("request.eml");
        Assert.StartsWith("From: ra@example.org\r\nTo: ca@example.com\r\nSubject: CMP request", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Unsent: 1\r\n", head, StringComparison.Ordinal);
        Assert.Equal((byte[])((PSObject)_ca["transaction"]!).Properties["NextMessage"].Value, octets);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "request.eml")));
        WriteAnswer("answer.eml", Answer(octets));
        Assert.Equal("CN=carried", _ca.Invoke("$transaction | Wait-CmpTransaction -Credential $ca.Credential -ResponsePath $folder/answer.eml").Single<X509Certificate2>().Subject);
    }

    [Fact]
    public void A_mail_to_a_server_without_a_mail_address_leaves_it_to_who_sends_it()
    {
        _ca["octets"] = (byte[])_ca.Invoke(Begin).Single().Properties["NextMessage"].Value;
        _ca.Invoke("Get-CmpTransaction | Export-CmpMessage -OutFile $folder/request.EML; Export-CmpMessage -Message $octets -OutFile $folder/octets.eml").AssertSucceeded();
        foreach (string file in new[] { "request.EML", "octets.eml" })
        {
            (string head, byte[] octets) = ReadMail(file);
            Assert.DoesNotContain("To:", head, StringComparison.Ordinal);
            Assert.Equal((byte[])_ca["octets"]!, octets);
        }
        _ca.Invoke("$other = New-CmpCertificateRequest -Server 'mailto:ca@example.com?bcc=x@example.com' -Credential $ca.Credential -Subject CN=other -Offline").AssertSucceeded();
        _ca.Invoke("$other | Export-CmpMessage -OutFile $folder/other.eml").AssertError("CmpTransport.InvalidUri");
    }

    [Fact]
    public void What_a_mail_program_attached_is_taken_with_a_warning()
    {
        _ca["transaction"] = _ca.Invoke(Begin).Single();
        _ca.Invoke("$transaction | Export-CmpMessage -OutFile $folder/request.eml").AssertSucceeded();
        WriteAnswer("answer.eml", Answer(ReadMail("request.eml").Octets), part => $"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHere it is.\r\n--b\r\n{part}--b--\r\n");
        Invocation run = _ca.Invoke("$transaction | Wait-CmpTransaction -Credential $ca.Credential -ResponsePath $folder/answer.eml").AssertSucceeded();
        Assert.Contains("multipart/mixed", Assert.Single(run.Warnings), StringComparison.Ordinal);
        Assert.Single(_ca.Issued);
    }

    [Theory]
    [InlineData("CmpMail.NoMessage", "Subject: sorry\r\n\r\nWe know you not.\r\n")]
    [InlineData("CmpMail.Incomplete", "Content-Type: application/pkixcmp\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB\r\n")]
    [InlineData("CmpMail.Encoding", "Content-Type: application/pkixcmp\r\n\r\nMAMCAQA=\r\n")]
    [InlineData("CmpMail.SeveralMessages", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/pkixcmp\r\n\r\n--b\r\nContent-Type: application/pkixcmp\r\n\r\n--b--\r\n")]
    [InlineData("CmpMessage.Malformed", "Content-Type: application/pkixcmp\r\nContent-Transfer-Encoding: base64\r\n\r\nMAMCAQA=\r\n")]
    public void The_wrong_mail_is_told_and_changes_nothing(string errorId, string mail)
    {
        _ca["transaction"] = _ca.Invoke(Begin).Single();
        File.WriteAllText(Path.Combine(_folder, "answer.eml"), mail);
        ErrorRecord error = _ca.Invoke("$transaction | Wait-CmpTransaction -Credential $ca.Credential -ResponsePath $folder/answer.eml").AssertError(errorId);
        Assert.Contains("answer.eml' is no answer of a CMP server", error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Equal("CN=carried", Carry(_ca.Uri).Single<X509Certificate2>().Subject);
    }

    [Fact]
    public void Octets_at_hand_are_written_where_they_are_a_message()
    {
        _ca["octets"] = (byte[])_ca.Invoke(Begin).Single().Properties["NextMessage"].Value;
        _ca.Invoke("Export-CmpMessage -Message $octets -OutFile $folder/octets.pki").AssertSucceeded();
        Assert.Equal((byte[])_ca["octets"]!, File.ReadAllBytes(Path.Combine(_folder, "octets.pki")));
        _ca.Invoke("Export-CmpMessage -Message ([byte[]] (1, 2, 3)) -OutFile $folder/no.pki").AssertError("CmpMessage.Malformed");
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Of_one_that_waits_for_the_server_there_is_no_message()
    {
        using var slow = new CaSession("-PollCount 1 -CheckAfter 3600");
        slow["folder"] = _folder;
        slow["transaction"] = slow.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=waits -NoWait").Single();
        ErrorRecord error = slow.Invoke("$transaction | Export-CmpMessage -OutFile $folder/request.pki").AssertError("CmpTransaction.NoMessage");
        Assert.Contains("Wait-CmpTransaction", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void TracePath_keeps_the_answers_that_were_carried()
    {
        _ca["transaction"] = _ca.Invoke(Begin).Single();
        Carry(_ca.Uri, arguments: "-TracePath $folder/trace").Single();
        Assert.Equal("0001-received-ip.der", Path.GetFileName(Assert.Single(Directory.GetFiles(Path.Combine(_folder, "trace"), "*.der"))));
    }

    [SkippableFact]
    public void OpenSSL_answers_what_was_carried_to_it()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start();
        _ca["credential"] = CaSession.Credential(server.Reference, server.Secret);
        // it issues one certificate only: we ask for its key
        File.WriteAllText(Path.Combine(_folder, "router7.key"), server.Issued.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        _ca["transaction"] = _ca.Invoke("New-CmpCertificateRequest -Preset OpenSslMock -Credential $credential -Subject CN=router7 -KeyPath $folder/router7.key -NoInstall -Offline").Single();
        using var courier = new Courier(server.Uri);
        _ca["transaction"] = Carry(courier, _ca, "-Credential $credential").Single();
        PSObject emitted = Carry(courier, _ca, "-Credential $credential").Single();
        Assert.Equal(server.Issued.Thumbprint, ((X509Certificate2)emitted.BaseObject).Thumbprint);
        Assert.Equal(true, emitted.Properties["Confirmed"].Value);
        Assert.Empty(_ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output);
    }

    private (string Head, byte[] Octets) ReadMail(string file)
    {
        string[] parts = File.ReadAllText(Path.Combine(_folder, file)).Split("\r\n\r\n", 2);
        Assert.Contains("\r\nContent-Type: application/pkixcmp;", parts[0], StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Transfer-Encoding: base64\r\n", parts[0], StringComparison.Ordinal);
        return (parts[0], Convert.FromBase64String(parts[1]));
    }

    private void WriteAnswer(string file, byte[] octets, Func<string, string>? wrap = null)
    {
        string part = $"Content-Type: application/pkixcmp; name=\"answer.pki\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{Convert.ToBase64String(octets, Base64FormattingOptions.InsertLineBreaks)}\r\n";
        File.WriteAllText(Path.Combine(_folder, file), "From: ca@example.com\r\nMIME-Version: 1.0\r\n" + (wrap is null ? part : wrap(part)));
    }

    private byte[] Answer(byte[] octets)
    {
        string request = Path.Combine(_folder, "taken.pki"), answer = Path.Combine(_folder, "answered.pki");
        File.WriteAllBytes(request, octets);
        using var courier = new Courier(_ca.Uri);
        courier.Carry(request, answer);
        return File.ReadAllBytes(answer);
    }

    /// <summary>Carries the next message of $transaction to a server and its answer back.</summary>
    private Invocation Carry(Uri server, CaSession? session = null, string arguments = "")
    {
        using var courier = new Courier(server);
        return Carry(courier, session ?? _ca, "-Credential $ca.Credential " + arguments);
    }

    private Invocation Carry(Courier courier, CaSession session, string arguments)
    {
        _carried++;
        session.Invoke($"$transaction | Export-CmpMessage -OutFile $folder/carried{_carried}.pki").AssertSucceeded();
        courier.Carry(Path.Combine(_folder, $"carried{_carried}.pki"), Path.Combine(_folder, $"answer{_carried}.pki"));
        return session.Invoke($"$transaction | Wait-CmpTransaction {arguments} -ResponsePath $folder/answer{_carried}.pki");
    }
}
