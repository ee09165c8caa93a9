using System;
using System.IO;
using System.Linq;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>
/// Stores, files and state that the user may not write or read: each command says so by one error with what to do, before any traffic where that can
/// be known, and nothing is lost. Another user runs them, for root may do everything.
/// </summary>
public sealed class RightsTests
{
    private const string Prelude = """
        $ErrorActionPreference = 'Continue'
        Import-Module $env:CMP_MANIFEST
        $ca = Start-CmpTestServer -Port 0
        $null = Register-CmpServer ca $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Default
        $my = "$HOME/.dotnet/corefx/cryptography/x509stores/my"
        function Say([string] $What, [scriptblock] $Do) {
            $issued = $ca.Issued.Count
            $lines = foreach ($one in & $Do 2>&1 3>&1) {
                if ($one -is [Management.Automation.ErrorRecord]) {
                    $advice = if ($one.ErrorDetails.RecommendedAction) { 'advice' } else { 'no advice' }
                    "$($one.FullyQualifiedErrorId.Split(',')[0]) $($one.CategoryInfo.Category) $advice"
                }
                elseif ($one -is [Management.Automation.WarningRecord]) { 'warning' }
                elseif ($one -is [bool]) { "$one" }
                elseif ($one.Thumbprint) { 'certificate' }
            }
            "$What = $($lines -join ', '); issued $($ca.Issued.Count - $issued)"
        }

        """;

    [SkippableFact]
    public void A_store_that_may_not_be_written_is_told_before_any_traffic()
    {
        Expect("""
            $null = New-CmpCertificateRequest CN=first -Name first
            chmod 500 $my
            Say new { New-CmpCertificateRequest CN=a }
            Say update { Update-CmpCertificate -Name first -Force }
            Say remove { Remove-CmpCertificate first -Confirm:$false }
            Say test { Test-CmpCertificate first }
            Say pending { Get-CmpTransaction }
            chmod 700 $my
            Say mended { Update-CmpCertificate -Name first -Force }
            Say removed { Remove-CmpCertificate first -Confirm:$false }
            """,
            "new = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "update = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "remove = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "test = True; issued 0",
            "pending = ; issued 0",
            "mended = certificate; issued 1",
            "removed = ; issued 0");
    }

    /// <summary>It is in force at the CA by then: it waits with its key until the store may be written.</summary>
    [SkippableFact]
    public void One_that_may_not_be_written_when_the_certificate_comes_keeps_it_pending()
    {
        Expect("""
            $waiting = Start-CmpTestServer -Port 0 -PollCount 1 -CheckAfter 0
            $pending = New-CmpCertificateRequest CN=late -Server $waiting -NoWait
            $null = New-CmpCertificateRequest CN=first
            chmod 500 $my
            Say wait { Wait-CmpTransaction $pending.Id -Credential $waiting.Credential }
            Say pending { "$(@(Get-CmpTransaction).Count)" -eq '1' }
            chmod 700 $my
            Say mended { Wait-CmpTransaction $pending.Id -Credential $waiting.Credential }
            Say pending { "$(@(Get-CmpTransaction).Count)" -eq '0' }
            """,
            "wait = warning, CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "pending = True; issued 0",
            "mended = certificate; issued 0",
            "pending = True; issued 0");
    }

    [SkippableFact]
    public void A_store_that_may_not_be_read_is_told_by_each_command()
    {
        Expect("""
            $null = New-CmpCertificateRequest CN=first -Name first
            chmod 000 $my
            Say new { New-CmpCertificateRequest CN=a }
            Say update { Update-CmpCertificate -Name first -Force }
            Say search { Update-CmpCertificate -Issuer 'CN=Cmp Test Issuing CA' -Force }
            Say remove { Remove-CmpCertificate first -Confirm:$false }
            Say get { [bool] (Get-CmpCertificate first).Thumbprint }
            Say test { Test-CmpCertificate first }
            chmod 700 $my
            Say mended { Test-CmpCertificate first }
            """,
            "new = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "update = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "search = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "remove = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "get = True; issued 0",
            "test = False; issued 0",
            "mended = True; issued 0");
    }

    [SkippableFact]
    public void Files_and_folders_without_rights_are_told_before_any_traffic()
    {
        Expect("""
            $null = New-CmpCertificateRequest CN=first -Name first -OutFile $HOME/first.pem
            [void] [IO.Directory]::CreateDirectory("$HOME/shut")
            chmod 500 $HOME/shut
            Say new { New-CmpCertificateRequest CN=a -OutFile $HOME/shut/a.pem }
            Say key { New-CmpCertificateRequest CN=a -OutFile $HOME/a.pem -OutKeyFile $HOME/shut/a.key }
            Say left { [IO.File]::Exists("$HOME/a.pem") }
            chmod 000 $HOME/first.pem
            Say update { Update-CmpCertificate -Name first -Force }
            Say test { Test-CmpCertificate first }
            chmod 600 $HOME/first.pem
            chmod 500 $HOME
            Say update { Update-CmpCertificate -Name first -Force }
            Say remove { Remove-CmpCertificate first -Confirm:$false }
            Say test { Test-CmpCertificate first }
            chmod 700 $HOME
            Say mended { Update-CmpCertificate -Name first -Force }
            """,
            "new = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "key = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "left = False; issued 0",
            "update = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "test = False; issued 0",
            "update = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "remove = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "test = True; issued 0",
            "mended = certificate; issued 1");
    }

    [SkippableFact]
    public void State_without_rights_is_told_and_what_it_leads_to_stays()
    {
        Expect("""
            $null = New-CmpCertificateRequest CN=first -Name first
            $null = New-CmpCertificateRequest CN=second -Name second -OutFile $HOME/second.pem
            $folders = [IO.Directory]::GetDirectories($env:CMP_HOME)
            chmod 500 $env:CMP_HOME $folders
            Say new { New-CmpCertificateRequest CN=a }
            Say update { Update-CmpCertificate -Name first -Force }
            Say undue { Update-CmpCertificate -Name * }
            Say remove { Remove-CmpCertificate first, second -Confirm:$false }
            Say test { Test-CmpCertificate first; Test-CmpCertificate second }
            chmod 000 $folders
            Say get { Get-CmpCertificate }
            Say test { Test-CmpCertificate first }
            Say all { Update-CmpCertificate -Name * }
            Say renewal { Register-CmpRenewal first -WhatIf }
            chmod 700 $env:CMP_HOME $folders
            Say mended { Remove-CmpCertificate first, second -Confirm:$false; Get-CmpCertificate }
            """,
            "new = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "update = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "undue = ; issued 0",
            "remove = CmpStore.AccessDenied PermissionDenied advice, CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "test = True, True; issued 0",
            "get = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "test = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "all = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "renewal = CmpStore.AccessDenied PermissionDenied advice; issued 0",
            "mended = ; issued 0");
    }

    private static void Expect(string script, params string[] lines)
    {
        (int exitCode, string output, string error) = ShellProcess.RunUnprivileged(Prelude + script);
        Assert.True(exitCode == 0, output + error);
        Assert.Equal(lines, output.Split('\n').Where(line => line.Length > 0));
    }
}
