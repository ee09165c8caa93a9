using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace Cmp.Module.Tests.Harness;

/// <summary>The packed module's assemblies as PowerShell 7 loads them, for tests by reflection.</summary>
public static class ModuleAssemblies
{
    /// <summary><c>Cmp.dll</c>.</summary>
    public static Assembly Commands { get; } = (Assembly)Assembly
        .LoadFrom(Path.Combine(Repository.CoreEditionFolder, "Cmp.Loader.dll"))
        .GetType("Cmp.Loader.LoadContext", throwOnError: true)!
        .GetMethod("Initialize")!
        .Invoke(null, null)!;

    /// <summary><c>Cmp.Core.dll</c>.</summary>
    public static Assembly Core { get; } = Load("Cmp.Core");

    /// <summary><c>Cmp.TestServer.dll</c>.</summary>
    public static Assembly TestServer { get; } = Load("Cmp.TestServer");

    /// <summary>The classes of the commands, by the commands' names.</summary>
    public static IReadOnlyDictionary<string, Type> Cmdlets { get; } = Commands.GetTypes()
        .Where(type => type.GetCustomAttribute<CmdletAttribute>() is not null)
        .ToDictionary(type => type.GetCustomAttribute<CmdletAttribute>()!.VerbName + "-" + type.GetCustomAttribute<CmdletAttribute>()!.NounName);

    /// <summary>The parameters of a command.</summary>
    /// <param name="cmdlet">Its class.</param>
    /// <returns>The properties that bind.</returns>
    public static IEnumerable<PropertyInfo> GetParameters(Type cmdlet) =>
        cmdlet.GetProperties().Where(property => property.IsDefined(typeof(ParameterAttribute)));

    private static Assembly Load(string name) => AssemblyLoadContext.GetLoadContext(Commands)!.LoadFromAssemblyName(new AssemblyName(name));
}
