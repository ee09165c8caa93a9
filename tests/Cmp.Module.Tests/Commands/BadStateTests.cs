using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>State that is damaged, newer, not ours, or cannot be written: a clear error, and nothing lost or overwritten.</summary>
[Collection("Commands")]
public sealed class BadStateTests : IDisposable
{
    private readonly CaSession _ca = new();

    public BadStateTests()
    {
        _ca["folder"] = TestHome.CreateFolder();
        _ca.Invoke("'AAAAAA', 'BBBBBB' | ForEach-Object { New-CmpCertificateRequest -Server $ca -Subject CN=$_ -TransactionId $_ -Offline }").AssertSucceeded();
        _ca.Invoke("'aaaaaa', 'bbbbbb' | ForEach-Object { New-CmpCertificateRequest -Server $ca -Subject CN=$_ -Name $_ -OutFile $folder/$_.pem }").AssertSucceeded();
    }

    public void Dispose() => _ca.Dispose();

    [Theory]
    [InlineData("cut", "CmpState.Unreadable")]
    [InlineData("empty", "CmpState.Unreadable")]
    [InlineData("garbage", "CmpState.Unreadable")]
    [InlineData("another kind", "CmpState.Unreadable")]
    [InlineData("newer", "CmpState.Newer")]
    public void A_record_that_cannot_be_read_is_one_error_and_hides_no_other(string damage, string errorId)
    {
        foreach (string kind in new[] { "transactions", "enrolments" })
        {
            string path = Path.Combine(_ca.Home, kind, "aaaaaa.json");
            string text = File.ReadAllText(path);
            File.WriteAllText(path, damage switch
            {
                "cut" => text[..(text.Length / 2)],
                "empty" => "",
                "garbage" => "\u0001\u0002 no JSON",
                "another kind" => text.Replace(kind, "servers", StringComparison.Ordinal),
                _ => Regex.Replace(text, @"(""schema"": ?)1\b", "${1}99"),
            });
        }
        CheckBad(errorId);
    }

    [SkippableFact]
    public void A_link_in_its_place_is_not_followed()
    {
        Skip.If(OperatingSystem.IsWindows(), "links need a right of their own on Windows");
        foreach (string kind in new[] { "transactions", "enrolments" })
        {
            string path = Path.Combine(_ca.Home, kind, "aaaaaa.json");
            File.Move(path, path + ".elsewhere");
            File.CreateSymbolicLink(path, path + ".elsewhere");
        }
        CheckBad("CmpState.Unsafe");
    }

    [SkippableFact]
    public void What_others_may_write_is_not_read()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has access lists, not modes");
        if (!OperatingSystem.IsWindows())
        {
            foreach (string path in Directory.GetFiles(_ca.Home, "aaaaaa.json", SearchOption.AllDirectories))
                File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.OtherWrite);
        }
        CheckBad("CmpState.Unsafe");
    }

    [Theory]
    [InlineData("Wait-CmpTransaction AAAAAA -Credential $ca.Credential")]
    [InlineData("Wait-CmpTransaction AAAAAA -Credential $ca.Credential -ResponsePath $folder/answer.pki")]
    public void A_key_that_has_vanished_is_told_and_the_transaction_stays(string command)
    {
        _ca.Invoke("Export-CmpMessage AAAAAA $folder/request.pki").AssertSucceeded();
        using (var courier = new Courier(_ca.Uri))
            courier.Carry(Path.Combine((string)_ca["folder"]!, "request.pki"), Path.Combine((string)_ca["folder"]!, "answer.pki"));
        string path = Path.Combine(_ca.Home, "transactions", "aaaaaa.key");
        File.Move(path, path + ".away");
        ErrorRecord error = _ca.Invoke(command).AssertError("CmpKey.Vanished");
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Contains("put it back", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(["AAAAAA", "BBBBBB"], _ca.Invoke("(Get-CmpTransaction).Id").All<string>());
        File.Move(path + ".away", path);
        Assert.Single(_ca.Invoke("Wait-CmpTransaction AAAAAA -Credential $ca.Credential -ResponsePath $folder/answer.pki").AssertSucceeded().Output);
    }

    [Theory]
    [InlineData("relative", "CmpState.Home")]
    [InlineData("file", "CmpStore.Unwritable")]
    public void Where_state_cannot_be_kept_nothing_is_sent_and_nothing_made(string home, string errorId)
    {
        string folder = (string)_ca["folder"]!;
        string[] before = Directory.GetFileSystemEntries(folder);
        int issued = _ca.Issued.Count;
        // a file where a folder would have to be made
        Environment.SetEnvironmentVariable("CMP_HOME", home == "file" ? Path.Combine(folder, "aaaaaa.pem", "cmp") : home);
        ErrorRecord error = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=homeless -OutFile $folder/homeless.pem").AssertError(errorId);
        Assert.Contains("CMP_HOME", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(issued, _ca.Issued.Count);
        Assert.Equal(before, Directory.GetFileSystemEntries(folder));
    }

    [Theory]
    [InlineData("Get-CmpTransaction")]
    [InlineData("Get-CmpTransaction *")]
    [InlineData("Get-CmpTransaction AAAAAA")]
    [InlineData("Wait-CmpTransaction AAAAAA")]
    [InlineData("Remove-CmpTransaction *")]
    [InlineData("Export-CmpMessage AAAAAA $folder/request.pki")]
    [InlineData("Get-CmpCertificate")]
    [InlineData("Test-CmpCertificate aaaaaa")]
    [InlineData("Update-CmpCertificate -Name aaaaaa")]
    public void A_home_that_is_none_is_one_error_of_every_command(string command)
    {
        Environment.SetEnvironmentVariable("CMP_HOME", "relative");
        _ca.Invoke(command).AssertError("CmpState.Home");
    }

    [Fact]
    public void One_whose_process_died_before_it_sent_anything_is_cleared_away()
    {
        string path = Path.Combine(_ca.Home, "transactions", "aaaaaa.json");
        JsonObject record = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        record.Remove("transaction");
        File.WriteAllText(path, record.ToJsonString());
        Assert.Equal("Prepared", _ca.Invoke("Get-CmpTransaction AAAAAA").Single().Properties["Status"].Value.ToString());
        ErrorRecord error = _ca.Invoke("Wait-CmpTransaction AAAAAA -Credential $ca.Credential").AssertError("CmpTransaction.NotBegun");
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Equal(["BBBBBB"], _ca.Invoke("(Get-CmpTransaction).Id").All<string>());
        Assert.DoesNotContain(_ca.State, file => file.StartsWith("transactions/aaaaaa", StringComparison.Ordinal));
    }

    [Fact]
    public void A_damaged_record_is_not_overwritten_by_another_of_its_name()
    {
        string path = Path.Combine(_ca.Home, "enrolments", "aaaaaa.json");
        File.WriteAllText(path, "{");
        int issued = _ca.Issued.Count;
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=again -Name aaaaaa -OutFile $folder/again.pem").AssertError("CmpState.Unreadable");
        Assert.Equal("{", File.ReadAllText(path));
        Assert.Equal(issued, _ca.Issued.Count);
    }

    private void CheckBad(string errorId)
    {
        foreach ((string command, string property) in new[] { ("Get-CmpTransaction", "Id"), ("Get-CmpCertificate", "Name") })
        {
            Invocation run = _ca.Invoke(command);
            ErrorRecord error = run.AssertError(errorId);
            Assert.Equal(ErrorCategory.ReadError, error.CategoryInfo.Category);
            Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
            Assert.Equal("bbbbbb", ((string)Assert.Single(run.Output).Properties[property].Value).ToLowerInvariant());
        }
        string before = Read();
        foreach (string command in new[] { "Get-CmpTransaction AAAAAA", "Wait-CmpTransaction AAAAAA -Credential $ca.Credential", "Export-CmpMessage AAAAAA $folder/no.pki", "Get-CmpCertificate aaaaaa", "Test-CmpCertificate aaaaaa", "Update-CmpCertificate -Name aaaaaa -Force" })
            _ca.Invoke(command).AssertError(errorId);
        Assert.Equal(before, Read());
        // what is damaged can be given up all the same, and its key with it
        _ca.Invoke("Remove-CmpTransaction AAAAAA").AssertSucceeded();
        Assert.DoesNotContain(_ca.State, file => Regex.IsMatch(file, "^transactions/aaaaaa\\.(json|key|lock)$"));

        string Read() => File.ReadAllText(Path.Combine(_ca.Home, "transactions", "aaaaaa.json")) + File.ReadAllText(Path.Combine(_ca.Home, "enrolments", "aaaaaa.json"));
    }
}
