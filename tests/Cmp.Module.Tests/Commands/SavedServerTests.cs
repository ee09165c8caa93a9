using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Servers that outlive their process: saved, found by another one, their secrets apart.</summary>
[Collection("Commands")]
public sealed class SavedServerTests : IDisposable
{
    private readonly CaSession _ca = new();

    public SavedServerTests() => _ca["uri"] = _ca.Uri;

    private static string Servers => Path.Combine(Environment.GetEnvironmentVariable("CMP_HOME")!, "servers");

    public void Dispose() => _ca.Dispose();

    [Theory]
    [InlineData("CurrentUser")]
    [InlineData("LocalMachine")]
    public void Another_process_takes_the_server_by_its_name_with_its_secret(string scope)
    {
        _ca.Invoke($"Register-CmpServer lasting $uri -Scope {scope} -Credential $ca.Credential -CredentialStore File").AssertSucceeded();
        Assert.Equal("CN=elsewhere at lasting\n", Elsewhere("$c = New-CmpCertificateRequest -Server LASTING -Subject CN=elsewhere -NoInstall; \"$($c.Subject) at $($c.Server)\""));
        Assert.Equal(scope + "\n", Elsewhere("(Get-CmpServer lasting).Scope"));
    }

    [Fact]
    public void Another_process_takes_the_default_where_none_is_named()
    {
        _ca.Invoke("Register-CmpServer lasting $uri -Scope CurrentUser -Credential $ca.Credential -CredentialStore File -Default").AssertSucceeded();
        Assert.Equal("lasting\n", Elsewhere("(New-CmpCertificateRequest -Subject CN=elsewhere -NoInstall).Server"));
    }

    [Theory]
    [InlineData("New-CmpCertificateRequest -Server $ca -Subject CN=client", "-ClientCertificate $client")]
    [InlineData("New-CmpCertificateRequest -Server $ca -Subject CN=client", "-ClientCertificate $client.Thumbprint")]
    [InlineData("New-CmpCertificateRequest -Server $ca -Subject CN=client -OutFile $folder/client.pem", "-ClientCertificate $folder/client.pem")]
    [InlineData("New-CmpCertificateRequest -Server $ca -Subject CN=client -OutFile $folder/client.pem -OutKeyFile $folder/client.key -OutPassword $password", "-ClientCertificate $folder/client.pem -ClientKeyPath $folder/client.key -ClientKeyPassword $password -CredentialStore File")]
    public void Another_process_signs_with_the_certificate_that_is_in_a_store_or_a_file(string make, string say)
    {
        _ca["folder"] = TestHome.CreateFolder();
        _ca["password"] = CaSession.Credential("x", "hush-key").Password;
        _ca["client"] = _ca.Invoke(make).Single();
        _ca.Invoke($"Register-CmpServer signing $uri -Scope CurrentUser {say} -TrustAnchor $ca.RootCertificate").AssertSucceeded();
        Assert.Equal("CN=signed\n", Elsewhere("(New-CmpCertificateRequest -Server signing -Operation Certification -Subject CN=signed -NoInstall).Subject"));
    }

    [Fact]
    public void A_client_certificate_that_is_nowhere_is_refused()
    {
        _ca["client"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=client -NoInstall").Single();
        _ca.Invoke("Register-CmpServer signing $uri -Scope CurrentUser -ClientCertificate $client").AssertError("CmpArgument.ClientCertificate");
        _ca.Invoke("Register-CmpServer signing $uri -ClientCertificate $client").AssertSucceeded();
        Assert.False(Directory.Exists(Servers));
    }

    [Fact]
    public void Rule17_What_is_saved_and_shown_holds_no_secret()
    {
        _ca["credential"] = CaSession.Credential("me", "hush-secret");
        _ca["proxy"] = CaSession.Credential(@"D\u", "hush-proxy");
        _ca["shown"] = _ca.Invoke("Register-CmpServer hidden $uri -Scope CurrentUser -Credential $credential -Proxy http://proxy.example/ -ProxyCredential $proxy -CredentialStore File -PassThru").Single();
        Assert.DoesNotContain("hush", File.ReadAllText(Path.Combine(Servers, "hidden.json")), StringComparison.Ordinal);
        foreach (string view in new[] { "$shown", "Get-CmpServer", "$ca, $shown", "$shown.Secret", "$shown.PSObject.Properties | ForEach-Object { \"$($_.Value)\" }", "$shown.ProxyCredential" })
            Assert.DoesNotContain("hush", _ca.Session.Show(view), StringComparison.Ordinal);
        Assert.Equal(("secret of me", "File", "CurrentUser"), (Text("$shown.Authentication"), Text("$shown.CredentialStore"), Text("$shown.Scope")));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Servers, "hidden.secret")));
    }

    [Theory]
    [InlineData("", "CmpArgument.CredentialStore")]
    [InlineData("-CredentialStore SecretManagement", "CmpArgument.CredentialStore")]
    [InlineData("-CredentialStore DataProtection", "CmpPlatform.NotSupported")]
    public void A_secret_without_a_safe_place_is_refused_and_nothing_is_written(string store, string errorId)
    {
        if (OperatingSystem.IsWindows())
            return; // data protection is there
        ErrorRecord error = _ca.Invoke($"Register-CmpServer unsafe $uri -Scope CurrentUser -Credential $ca.Credential {store}").AssertError(errorId);
        Assert.Contains("File", error.ErrorDetails.RecommendedAction + "File"[..(store.Contains("SecretManagement", StringComparison.Ordinal) ? 4 : 0)], StringComparison.Ordinal);
        Assert.False(Directory.Exists(Servers));
        _ca.Invoke("Register-CmpServer unsafe $uri -CredentialStore File").AssertError("CmpArgument.CredentialStore");
    }

    [Fact]
    public void A_vault_keeps_the_secrets_where_SecretManagement_is_installed()
    {
        UseVault();
        _ca.Invoke("Register-CmpServer Vaulted $uri -Scope CurrentUser -Credential $ca.Credential").AssertSucceeded();
        Assert.Equal("SecretManagement", Text("(Get-CmpServer vaulted).CredentialStore"));
        Assert.Equal(_ca.Secret, _ca.Invoke("$TestVault.Secrets['Cmp.vaulted']").Single<PSCredential>().GetNetworkCredential().Password);
        Assert.Equal(["vaulted.json"], Directory.GetFiles(Servers).Select(Path.GetFileName));
        _ca.Invoke("New-CmpCertificateRequest -Server vaulted -Subject CN=a -NoInstall").Single();

        // what a user puts there serves too
        _ca.Invoke("Set-Secret Cmp.vaulted $ca.Credential.Password").AssertSucceeded();
        _ca.Invoke("New-CmpCertificateRequest -Server vaulted -Subject CN=a -NoInstall").Single();

        _ca["other"] = CaSession.Credential("somebody else", "hush");
        _ca.Invoke("Set-Secret Cmp.vaulted $other").AssertSucceeded();
        ErrorRecord error = _ca.Invoke("New-CmpCertificateRequest -Server vaulted -Subject CN=a -NoInstall").AssertError("CmpCredential.Missing");
        Assert.DoesNotContain("hush", error.ToString(), StringComparison.Ordinal);
        _ca.Invoke("New-CmpCertificateRequest -Server vaulted -Credential $ca.Credential -Subject CN=a -NoInstall").Single();

        _ca.Invoke("Unregister-CmpServer vaulted").AssertSucceeded();
        Assert.Equal(0, _ca.Invoke("$TestVault.Secrets.Count").Single<int>());
        Assert.Empty(Directory.GetFiles(Servers));
    }

    [Fact]
    public void A_vault_that_is_locked_or_missing_is_an_error_and_leaves_all_as_it_was()
    {
        UseVault();
        _ca.Invoke("Register-CmpServer vaulted $uri -Scope CurrentUser -Credential $ca.Credential; $TestVault.Locked = $true").AssertSucceeded();
        byte[] before = File.ReadAllBytes(Path.Combine(Servers, "vaulted.json"));
        _ca["other"] = CaSession.Credential("other", "hush");
        foreach (string command in new[] { "Set-CmpServer vaulted -Credential $other", "Register-CmpServer vaulted $uri -Scope CurrentUser -Credential $other", "Unregister-CmpServer vaulted", "New-CmpCertificateRequest -Server vaulted -Subject CN=a -NoInstall" })
        {
            ErrorRecord error = _ca.Invoke(command).AssertError("CmpCredential.Vault");
            Assert.Contains("locked", error.ToString(), StringComparison.Ordinal);
        }
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(Servers, "vaulted.json")));
        _ca.Invoke("Set-CmpServer vaulted -TimeoutSec 9").AssertSucceeded();
        _ca.Invoke("$TestVault.Locked = $false; $TestVault.HasDefault = $false").AssertSucceeded();
        _ca.Invoke("Set-CmpServer vaulted -Credential $other").AssertError("CmpCredential.Vault");
        _ca.Invoke("$TestVault.HasDefault = $true; New-CmpCertificateRequest -Server vaulted -Subject CN=a -NoInstall").Single();
    }

    [Fact]
    public void Secrets_move_when_another_place_is_named()
    {
        UseVault();
        _ca["proxy"] = CaSession.Credential(@"D\u", "hush-proxy");
        _ca.Invoke("Register-CmpServer moving $uri -Scope CurrentUser -Credential $ca.Credential -ProxyCredential $proxy -CredentialStore File; Set-CmpServer moving -CredentialStore SecretManagement").AssertSucceeded();
        Assert.Equal(["Cmp.moving", "Cmp.moving.ProxyCredential"], _ca.Invoke("$TestVault.Secrets.Keys").All<string>().Order());
        Assert.Equal(["moving.json"], Directory.GetFiles(Servers).Select(Path.GetFileName));
        _ca.Invoke("New-CmpCertificateRequest -Server moving -Subject CN=a -NoInstall").Single();
        _ca.Invoke("Set-CmpServer moving -ProxyCredential $null").AssertSucceeded();
        Assert.Equal(["Cmp.moving"], _ca.Invoke("$TestVault.Secrets.Keys").All<string>());
    }

    [Fact]
    public void Connections_are_shared_along_a_pipeline_that_names_a_saved_server()
    {
        _ca.Invoke("Register-CmpServer rows $uri -Scope CurrentUser -Credential $ca.Credential -CredentialStore File").AssertSucceeded();
        _ca["rows"] = Enumerable.Range(1, 3).Select(number => new PSObject(new { Server = "rows", Subject = $"CN=row{number}" })).ToArray();
        Assert.Equal(3, _ca.Invoke("$rows | New-CmpCertificateRequest -NoInstall").AssertSucceeded().Output.Count);
    }

    [Theory]
    [InlineData("half", "CmpState.Unreadable")]
    [InlineData("{\"kind\":\"servers\",\"schema\":9,\"name\":\"broken\",\"settings\":{}}", "CmpState.Newer")]
    [InlineData("{\"kind\":\"servers\",\"schema\":1,\"name\":\"broken\",\"settings\":{\"teleport\":true}}", "CmpState.Newer")]
    public void One_that_cannot_be_read_is_an_error_hides_no_other_and_can_be_forgotten(string content, string errorId)
    {
        _ca.Invoke("Register-CmpServer broken $uri -Scope CurrentUser; Register-CmpServer whole $uri -Scope CurrentUser").AssertSucceeded();
        string path = Path.Combine(Servers, "broken.json");
        File.WriteAllText(path, content);
        Invocation all = _ca.Invoke("Get-CmpServer");
        all.AssertError(errorId);
        Assert.Equal("whole", Assert.Single(all.Output).Properties["Name"].Value);
        _ca.Invoke("Get-CmpServer broken").AssertError(errorId);
        _ca.Invoke("Set-CmpServer broken -TimeoutSec 5").AssertError(errorId);
        _ca.Invoke("Register-CmpServer broken $uri -Scope CurrentUser").AssertError(errorId);
        ErrorRecord error = _ca.Invoke("New-CmpCertificateRequest -Server broken -Subject CN=a").AssertError("ParameterArgumentTransformationError");
        Assert.Contains(errorId.EndsWith("Newer", StringComparison.Ordinal) ? "newer version" : path, error.ToString(), StringComparison.Ordinal);
        _ca["line"] = "New-CmpCertificateRequest -Server ";
        Assert.Equal(["whole"], _ca.Invoke("[Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches").All<CompletionResult>().Select(match => match.CompletionText));
        Assert.Equal(content, File.ReadAllText(path));
        _ca.Invoke("Unregister-CmpServer broken").AssertSucceeded();
        _ca.Invoke("Get-CmpServer").Single();
    }

    [Fact]
    public void Set_changes_what_is_given_and_nothing_takes_back()
    {
        _ca.Invoke("Register-CmpServer changing $uri -Scope CurrentUser -Credential $ca.Credential -CredentialStore File -TimeoutSec 30 -Preset OpenSslMock -TrustAnchor $ca.RootCertificate -Lenient").AssertSucceeded();
        _ca["set"] = _ca.Invoke("Set-CmpServer changing -TimeoutSec 31 -PassThru").Single();
        Assert.Equal(("00:00:31", "OpenSslMock", "secret of cmp-test", "anchor CN=Cmp Test Root CA", "True"), (Text("$set.Timeout"), Text("$set.Preset"), Text("$set.Authentication"), Text("$set.Trust"), Text("$set.Lenient")));
        _ca["set"] = _ca.Invoke("Set-CmpServer changing -TimeoutSec $null -Preset '' -TrustAnchor @() -Lenient:$false -ExpectedSender '' -PassThru").Single();
        Assert.Equal(("", "", "secret of cmp-test", "", "False"), (Text("$set.Timeout"), Text("$set.Preset"), Text("$set.Authentication"), Text("$set.Trust"), Text("$set.Lenient")));
        _ca.Invoke("New-CmpCertificateRequest -Server changing -Subject CN=a -NoInstall").Single();
        _ca["set"] = _ca.Invoke("Set-CmpServer changing -Credential $null -PassThru").Single();
        Assert.Equal(("", ""), (Text("$set.Authentication"), Text("$set.CredentialStore")));
        Assert.Equal(["changing.json"], Directory.GetFiles(Servers).Select(Path.GetFileName));
        _ca.Invoke("New-CmpCertificateRequest -Server changing -Subject CN=a -NoInstall").AssertError("CmpArgument.NoCredential");
    }

    [Theory]
    [InlineData("Process", "")]
    [InlineData("CurrentUser", "-CredentialStore File")]
    public void What_the_pipeline_brings_besides_the_name_changes_nothing(string scope, string store)
    {
        _ca["client"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=client").Single();
        _ca.Invoke($"Register-CmpServer piped $uri -Scope {scope} -Credential $ca.Credential {store} -ClientCertificate $client -CertificateProfile tls").AssertSucceeded();
        _ca["set"] = _ca.Invoke("Get-CmpServer piped | Set-CmpServer -TimeoutSec 9 -PassThru").Single();
        Assert.Equal(("00:00:09", "secret of cmp-test, certificate CN=client", "tls", scope), (Text("$set.Timeout"), Text("$set.Authentication"), Text("$set.CertificateProfile"), Text("$set.Scope")));
        _ca.Invoke("New-CmpCertificateRequest -Server piped -Subject CN=a -NoInstall").Single();
    }

    [Theory]
    [InlineData("-Preset Nobodys", "CmpArgument.Preset")]
    [InlineData("-Uri ca.example", "CmpArgument.Server")]
    [InlineData("-HashAlgorithm MD2", "CmpArgument.Algorithm")]
    [InlineData("-ClientCertificate $ca.RootCertificate", "CmpKey.Missing")]
    [InlineData("-TimeoutSec 0", "ParameterArgumentValidationError")]
    [InlineData("-ProtocolVersion 4", "ParameterArgumentValidationError")]
    public void What_could_not_be_used_is_refused_and_all_is_as_it_was(string arguments, string errorId)
    {
        _ca.Invoke("Register-CmpServer fixed $uri -Scope CurrentUser -Credential $ca.Credential -CredentialStore File").AssertSucceeded();
        byte[] before = File.ReadAllBytes(Path.Combine(Servers, "fixed.json"));
        _ca.Invoke($"Set-CmpServer fixed {arguments}").AssertError(errorId);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(Servers, "fixed.json")));
    }

    [Theory]
    [InlineData("Set-CmpServer nobody -TimeoutSec 5")]
    [InlineData("Get-CmpServer nobody")]
    [InlineData("Unregister-CmpServer nobody")]
    [InlineData("Unregister-CmpServer there -Scope LocalMachine")]
    public void One_that_is_not_there_is_an_error_that_names_it(string command)
    {
        _ca.Invoke("Register-CmpServer there $uri -Scope CurrentUser").AssertSucceeded();
        Assert.Contains(command.Contains("nobody", StringComparison.Ordinal) ? "nobody" : "there", _ca.Invoke(command).AssertError("CmpArgument.Server").ToString(), StringComparison.Ordinal);
        Assert.Empty(_ca.Invoke("Get-CmpServer nobody*").AssertSucceeded().Output);
        _ca.Invoke("Get-CmpServer TH*").Single();
    }

    [Fact]
    public void WhatIf_writes_nothing_and_forgets_nothing()
    {
        Assert.Contains("What if:", _ca.Session.Show("Register-CmpServer whatif $uri -Scope CurrentUser -Credential $ca.Credential -CredentialStore File -Default -WhatIf"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Servers));
        _ca.Invoke("Register-CmpServer whatif $uri -Scope CurrentUser -Credential $ca.Credential -CredentialStore File -Default").AssertSucceeded();
        Dictionary<string, string> before = Directory.GetFiles(Servers).ToDictionary(path => path, path => Convert.ToHexString(File.ReadAllBytes(path)));
        _ca["other"] = CaSession.Credential("other", "hush");
        Assert.Contains("What if:", _ca.Session.Show("Set-CmpServer whatif -TimeoutSec 5 -Credential $other -Default:$false -WhatIf"), StringComparison.Ordinal);
        Assert.Contains("What if:", _ca.Session.Show("Unregister-CmpServer whatif -WhatIf"), StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFiles(Servers).ToDictionary(path => path, path => Convert.ToHexString(File.ReadAllBytes(path))));
        Assert.Equal("True", Text("(Get-CmpServer whatif).IsDefault"));
        _ca.Session.Host.Answers.Enqueue(2);
        _ca.Invoke("Unregister-CmpServer whatif -Confirm").AssertSucceeded();
        _ca.Invoke("Get-CmpServer whatif").Single();
    }

    [Fact]
    public void The_processs_serves_before_the_users_and_that_before_the_computers()
    {
        _ca.Invoke("foreach ($scope in 'LocalMachine', 'CurrentUser', 'Process') { Register-CmpServer same \"http://$scope.example/\" -Scope $scope -Default }").AssertSucceeded();
        Assert.Equal(["Process True", "CurrentUser False", "LocalMachine False"], _ca.Invoke("Get-CmpServer | ForEach-Object { \"$($_.Scope) $($_.IsDefault)\" }").All<string>());
        _ca.Invoke("Set-CmpServer same -TimeoutSec 5; Set-CmpServer same -Scope LocalMachine -TimeoutSec 6").AssertSucceeded();
        Assert.Equal(["00:00:05", "", "00:00:06"], _ca.Invoke("Get-CmpServer same | ForEach-Object { \"$($_.Timeout)\" }").All<string>());
        _ca.Invoke("Unregister-CmpServer same; Get-CmpServer -Scope LocalMachine | Unregister-CmpServer").AssertSucceeded();
        Assert.Equal("CurrentUser True", _ca.Invoke("Get-CmpServer same | ForEach-Object { \"$($_.Scope) $($_.IsDefault)\" }").Single<string>());
        _ca.Invoke("Set-CmpServer same -Default:$false").AssertSucceeded();
        Assert.Equal("False", Text("(Get-CmpServer same).IsDefault"));
    }

    [Fact]
    public void A_password_belongs_to_the_key_file_that_it_opens()
    {
        string folder = TestHome.CreateFolder();
        _ca["folder"] = folder;
        _ca["password"] = CaSession.Credential("x", "hush-key").Password;
        _ca.Invoke("$null = New-CmpCertificateRequest -Server $ca -Subject CN=client -OutFile $folder/client.pem -OutKeyFile $folder/client.key -OutPassword $password").AssertSucceeded();
        _ca.Invoke("Register-CmpServer keyed $uri -Scope CurrentUser -ClientCertificate $folder/client.pem -ClientKeyPath $folder/client.key -ClientKeyPassword $password -CredentialStore File -TrustAnchor $ca.RootCertificate").AssertSucceeded();
        File.Move(Path.Combine(folder, "client.key"), Path.Combine(folder, "moved.key"));
        _ca.Invoke("New-CmpCertificateRequest -Server keyed -Operation Certification -Subject CN=a -NoInstall").AssertError("CmpStore.NotFound");
        _ca.Invoke("Set-CmpServer keyed -ClientKeyPath $folder/moved.key").AssertError("CmpKey.PasswordRequired");
        _ca.Invoke("Set-CmpServer keyed -ClientKeyPath $folder/moved.key -ClientKeyPassword $password").AssertSucceeded();
        _ca.Invoke("New-CmpCertificateRequest -Server keyed -Operation Certification -Subject CN=a -NoInstall").Single();
    }

    /// <summary>Runs commands in a process of their own, with the same home.</summary>
    private static string Elsewhere(string commands)
    {
        (int exitCode, string output, string error) = ShellProcess.Run("-File", ShellProcess.WriteScript($"$ErrorActionPreference = 'Stop'; Import-Module '{Repository.Manifest}'; {commands}"));
        Assert.True(exitCode == 0, error + output);
        return output;
    }

    private string Text(string expression) => _ca.Invoke($"\"$({expression})\"").Single<string>();

    /// <summary>Brings a stand-in for SecretManagement into the session, where the real one would be found by its name.</summary>
    private void UseVault()
    {
        _ca["vault"] = Repository.GetPath("tests/Pester/Vault/Microsoft.PowerShell.SecretManagement/Microsoft.PowerShell.SecretManagement.psm1");
        _ca.Invoke("Import-Module $vault").AssertSucceeded();
    }
}
