using System;
using System.IO;
using System.Linq;
using System.Management.Automation.Language;
using System.Reflection;
using System.Reflection.Emit;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests;

/// <summary>The packed module is imported by its manifest, as users do it.</summary>
public sealed class ImportTests
{
    private const string BouncyCastle = "BouncyCastle.Cryptography";

    // what a script does to list the loaded BouncyCastles, ours by its context
    private const string ListBouncyCastles = $$"""
        [AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq '{{BouncyCastle}}' } | ForEach-Object { $_.Location }
        """;

    [Fact]
    public void Import_is_silent()
    {
        using var session = new ModuleSession(import: false);
        Invocation import = session.Invoke("Import-Module $manifest").AssertSucceeded();
        Assert.Empty(import.Output);
        Assert.Empty(import.Warnings);
        Assert.Empty(import.Information);
        Assert.Empty(import.Progress);
        Assert.Empty(session.Host.Text);
    }

    /// <summary>It is parsed at every import, by those too who never use DSC.</summary>
    [Fact]
    public void The_DSC_class_holds_no_more_than_calls()
    {
        Ast module = Parser.ParseFile(Path.Combine(Repository.ModuleFolder, "Cmp.psm1"), out _, out ParseError[] errors);
        Assert.Empty(errors);
        FunctionMemberAst[] methods = [.. module.FindAll(item => item is FunctionMemberAst, true).Cast<FunctionMemberAst>()];
        Assert.Equal(["Get", "Test", "Set", "Export", "Export"], methods.Select(method => method.Name));
        Assert.All(methods, method => Assert.Single(method.Body.EndBlock.Statements));
    }

    [Fact]
    public void Import_exports_every_command_of_the_assembly()
    {
        using var session = new ModuleSession();
        Assert.Equal(ModuleAssemblies.Cmdlets.Keys.Order(), GetCommands(session));
    }

    [Fact]
    public void Import_by_force_keeps_the_commands()
    {
        using var session = new ModuleSession();
        string[] before = GetCommands(session);
        session.Invoke("Import-Module $manifest -Force; Import-Module $manifest -Force").AssertSucceeded();
        Assert.Equal(before, GetCommands(session));
        // a command that is listed but gone would not be found
        session.Invoke("(Get-Module Cmp).ExportedCmdlets.Keys | ForEach-Object { Get-Command $_ -ErrorAction Stop }").AssertSucceeded();
    }

    [Fact]
    public void Import_after_removal_brings_the_commands_back()
    {
        using var session = new ModuleSession();
        string[] before = GetCommands(session);
        session.Invoke("Remove-Module Cmp; Import-Module $manifest").AssertSucceeded();
        Assert.Equal(before, GetCommands(session));
    }

    [Fact]
    public void Import_works_in_runspaces_side_by_side()
    {
        using var session = new ModuleSession();
        var counts = session.Invoke("1..4 | ForEach-Object -Parallel { Import-Module $using:manifest; (Get-Module Cmp).ExportedCmdlets.Count }").All<int>();
        Assert.All(counts, count => Assert.Equal(ModuleAssemblies.Cmdlets.Count, count));
        Assert.Equal(4, counts.Count);
    }

    [Fact]
    public void Types_of_the_library_have_literals()
    {
        using var session = new ModuleSession();
        Assert.Equal("Cmp.Core", session.Invoke("[Cmp.CmpException].Assembly.GetName().Name").Single<string>());
        Assert.Equal("caught", session.Invoke("try { throw [Cmp.CmpException]::new('Timeout', 'CmpTransport.Timeout', 'x', $null) } catch [Cmp.CmpException] { 'caught' }").Single<string>());
    }

    [Fact]
    public void Import_does_not_load_BouncyCastle()
    {
        (int exitCode, string output, string error) = ShellProcess.Run("-Command", $"Import-Module '{Repository.Manifest}'; {ListBouncyCastles}");
        Assert.Equal((0, "", ""), (exitCode, output, error));
    }

    [Fact]
    public void Pkcs11Interop_is_loaded_where_a_token_is_named_and_not_before()
    {
        (int exitCode, string output, string error) = ShellProcess.Run("-Command", $$"""
            Import-Module '{{Repository.Manifest}}'
            function Get-Loaded { @([AppDomain]::CurrentDomain.GetAssemblies() | Where-Object { $_.GetName().Name -eq 'Pkcs11Interop' }).Count }
            $ca = Start-CmpTestServer
            $null = New-CmpCertificateRequest -Server $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Subject CN=a -NoInstall
            Get-Loaded
            try { New-CmpCertificateRequest -Server $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Subject CN=a -NoInstall -Provider 'pkcs11:token=a?module-path=/nowhere.so' -ErrorAction Stop } catch { $_.FullyQualifiedErrorId }
            Get-Loaded
            """);
        Assert.Equal((0, "0\nCmpKey.Module,Cmp.Commands.NewCmpCertificateRequestCommand\n1\n", ""), (exitCode, output, error));
    }

    [Fact]
    public void A_foreign_BouncyCastle_stays_outside()
    {
        // P-384 is one of the algorithms that are always BouncyCastle's
        string foreign = BuildForeignBouncyCastle();
        (int exitCode, string output, string error) = ShellProcess.Run("-Command", $"""
            $foreign = [Reflection.Assembly]::LoadFrom('{foreign}')
            $null = $foreign.GetType('Foreign', $true)
            Import-Module '{Repository.Manifest}'
            $ca = Start-CmpTestServer
            $certificate = New-CmpCertificateRequest -Server $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Subject CN=a -KeyAlgorithm ECDSA_P384 -NoInstall
            $certificate.Subject
            {ListBouncyCastles}
            """);
        Assert.Equal((0, $"CN=a\n{foreign}\n{Path.Combine(Repository.CoreEditionFolder, BouncyCastle + ".dll")}\n", ""), (exitCode, output, error));
    }

    private static string[] GetCommands(ModuleSession session) =>
        [.. session.Invoke("Get-Command -Module Cmp -CommandType Cmdlet | ForEach-Object { $_.Name }").All<string>().Order()];

    // the same identity to the last octet, and nothing in it
    private static string BuildForeignBouncyCastle()
    {
        var name = AssemblyName.GetAssemblyName(Path.Combine(Repository.CoreEditionFolder, BouncyCastle + ".dll"));
        name.Flags = AssemblyNameFlags.PublicKey;
        var assembly = new PersistedAssemblyBuilder(name, typeof(object).Assembly);
        assembly.DefineDynamicModule(BouncyCastle).DefineType("Foreign", System.Reflection.TypeAttributes.Public).CreateType();
        string path = Path.Combine(TestHome.CreateFolder(), BouncyCastle + ".dll");
        assembly.Save(path);
        return path;
    }
}
