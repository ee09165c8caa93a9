using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>What of the keys of Windows can be seen where there is no Windows: clear errors, words for Tab, and who hears of a renewal.</summary>
[Collection("Commands")]
public sealed class PrivateKeyReaderTests : IDisposable
{
    private readonly CaSession _ca = new();

    public void Dispose() => _ca.Dispose();

    [SkippableTheory]
    [InlineData("-PrivateKeyReader 'NETWORK SERVICE'")]
    [InlineData("-Provider 'Microsoft Platform Crypto Provider'")]
    public void Off_Windows_it_is_an_error_before_any_traffic(string arguments)
    {
        Skip.If(OperatingSystem.IsWindows(), "here it would work");
        Invocation run = _ca.Invoke($"New-CmpCertificateRequest -Server $ca -Subject CN=reader {arguments}");
        Assert.Equal("CmpPlatform.NotSupported", Assert.Single(run.Errors).FullyQualifiedErrorId.Split(',')[0]);
        Assert.Empty(_ca.Issued);
    }

    [Fact]
    public void An_empty_cell_of_a_CSV_names_no_reader()
    {
        _ca["file"] = Path.Combine(_ca.Home, "reader.pem");
        _ca.Invoke("[pscustomobject]@{ Subject = 'CN=row'; PrivateKeyReader = '' } | New-CmpCertificateRequest -Server $ca -OutFile $file").Single();
    }

    [Fact]
    public void Providers_of_tokens_are_completed_everywhere() =>
        Assert.Contains("pkcs11:", _ca.Invoke("([System.Management.Automation.CommandCompletion]::CompleteInput('New-CmpCertificateRequest -Provider ', 36, $null)).CompletionMatches.CompletionText").Output.Select(word => word.ToString()));

    /// <summary>A function of that name stands for the command of the module PKI.</summary>
    [SkippableFact]
    public void Who_replaces_a_certificate_in_a_store_lets_Switch_Certificate_tell_it()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the store of a test is in its own home on Linux only");
        Invocation run = _ca.Invoke(
            "function Switch-Certificate { [CmdletBinding(SupportsShouldProcess)] param($OldCert, $NewCert, [switch] $NotifyOnly) $global:told = \"$($OldCert.Thumbprint) $($NewCert.Thumbprint) $NotifyOnly\" }; " +
            "$old = New-CmpCertificateRequest -Server $ca -Subject CN=switch -CertStoreLocation Cert:\\CurrentUser\\My; $untold = $null -eq $global:told; " +
            "$new = $old | Update-CmpCertificate -Server $ca -Force; \"$untold\"; \"$($old.Thumbprint) $($new.Thumbprint) True\"; $global:told");
        string[] said = [.. run.AssertSucceeded().Output.Select(word => word.ToString())];
        Assert.Equal("True", said[0]);
        Assert.Equal(said[1], said[2]);
    }

    [SkippableFact]
    public void Where_it_fails_or_is_not_there_the_certificate_is_there_all_the_same()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the store of a test is in its own home on Linux only");
        Invocation none = _ca.Invoke("$old = New-CmpCertificateRequest -Server $ca -Subject CN=silent -CertStoreLocation Cert:\\CurrentUser\\My; $old | Update-CmpCertificate -Server $ca -Force -Verbose").AssertSucceeded();
        Assert.Contains(none.Verbose, line => line.Contains("there is no Switch-Certificate here"));
        Assert.Empty(none.Warnings);
        Invocation failing = _ca.Invoke("function Switch-Certificate { [CmdletBinding(SupportsShouldProcess)] param($OldCert, $NewCert, [switch] $NotifyOnly) throw 'no bus today' }; $old = New-CmpCertificateRequest -Server $ca -Subject CN=fails -CertStoreLocation Cert:\\CurrentUser\\My; $old | Update-CmpCertificate -Server $ca -Force -Verbose").AssertSucceeded();
        Assert.Contains(failing.Verbose, line => line.Contains("no bus today"));
        Assert.IsType<X509Certificate2>(failing.Output.Single().BaseObject);
    }
}
