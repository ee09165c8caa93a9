using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests;

/// <summary>What every command keeps to, read from the assembly.</summary>
public sealed class ConventionTests
{
    private static readonly HashSet<string> ChangingVerbs =
        ["New", "Set", "Update", "Remove", "Revoke", "Install", "Register", "Unregister", "Start", "Stop", "Restore", "Send"];

    private static readonly IEnumerable<CmdletAttribute> Attributes = ModuleAssemblies.Cmdlets.Values.Select(type => type.GetCustomAttribute<CmdletAttribute>()!);

    [Fact]
    public void Manifest_exports_the_commands_of_the_assembly() =>
        Assert.Equal(ModuleAssemblies.Cmdlets.Keys.Order(), Repository.GetManifestStrings("CmdletsToExport").Order());

    [Fact]
    public void Verbs_are_approved_and_nouns_begin_with_Cmp()
    {
        HashSet<string> approved = [.. typeof(VerbsCommon).Assembly.GetExportedTypes()
            .Where(type => type.Namespace == typeof(VerbsCommon).Namespace && type.Name.StartsWith("Verbs", StringComparison.Ordinal))
            .SelectMany(type => type.GetFields())
            .Select(field => (string)field.GetRawConstantValue()!)];
        // ConvertFrom-CmpMessage's verb is one of them, so the list was found
        Assert.Contains("ConvertFrom", approved);
        Assert.All(Attributes, attribute => Assert.Contains(attribute.VerbName, approved));
        Assert.All(Attributes, attribute => Assert.StartsWith("Cmp", attribute.NounName, StringComparison.Ordinal));
    }

    [Fact]
    public void Classes_are_sealed_and_named_after_their_commands() =>
        Assert.Empty(ModuleAssemblies.Cmdlets
            .Where(cmdlet => !cmdlet.Value.IsPublic || !cmdlet.Value.IsSealed || cmdlet.Value.FullName != $"Cmp.Commands.{cmdlet.Key.Replace("-", "", StringComparison.Ordinal)}Command")
            .Select(cmdlet => cmdlet.Key));

    [Fact]
    public void Outputs_are_declared() => Assert.Empty(WhereNot(type => type.IsDefined(typeof(OutputTypeAttribute))));

    [Fact]
    public void Commands_that_change_something_ask_ShouldProcess() =>
        Assert.Empty(Attributes.Where(attribute => ChangingVerbs.Contains(attribute.VerbName) && !attribute.SupportsShouldProcess).Select(attribute => attribute.NounName));

    [Fact]
    public void Switches_are_no_Booleans() =>
        Assert.Empty(ModuleAssemblies.Cmdlets.SelectMany(cmdlet => ModuleAssemblies.GetParameters(cmdlet.Value)
            .Where(parameter => parameter.PropertyType == typeof(bool))
            .Select(parameter => $"{cmdlet.Key} -{parameter.Name}")));

    [Fact]
    public void Secrets_are_never_strings()
    {
        string[] words = ["Password", "Secret", "Credential", "Authenticator", "RegistrationToken"];
        Assert.Empty(ModuleAssemblies.Cmdlets.SelectMany(cmdlet => ModuleAssemblies.GetParameters(cmdlet.Value)
            .Where(parameter => parameter.PropertyType == typeof(string) && words.Any(word => parameter.Name.EndsWith(word, StringComparison.Ordinal)))
            .Select(parameter => $"{cmdlet.Key} -{parameter.Name}")));
    }

    /// <summary>A session's CMP_HOME is the whole process's: beside another one it would take that one's state, or lose its own.</summary>
    [Fact]
    public void Tests_with_a_server_run_one_after_the_other()
    {
        Type[] withServer = [.. typeof(CaSession).Assembly.GetTypes()
            .Where(type => type.Namespace != typeof(CaSession).Namespace && type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic).Any(field => field.FieldType == typeof(CaSession)))
            .Select(type => type.DeclaringType ?? type)
            .Distinct()];
        Assert.NotEmpty(withServer);
        Assert.All(withServer, type => Assert.Contains(type.GetCustomAttributesData(), attribute =>
            attribute.AttributeType == typeof(CollectionAttribute) && Equals(attribute.ConstructorArguments[0].Value, "Commands")));
    }

    [Fact]
    public void Every_command_has_a_Pester_file() =>
        Assert.All(ModuleAssemblies.Cmdlets.Keys, name => Assert.True(File.Exists(Repository.GetPath($"tests/Pester/{name}.Tests.ps1")), name));

    private static IEnumerable<string> WhereNot(Func<Type, bool> rule) =>
        ModuleAssemblies.Cmdlets.Where(cmdlet => !rule(cmdlet.Value)).Select(cmdlet => cmdlet.Key);
}
