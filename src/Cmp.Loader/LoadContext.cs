using System;
using System.IO;
using System.Reflection;
using System.Runtime.Loader;
using System.Threading;

namespace Cmp.Loader;

/// <summary>
/// Keeps the module's assemblies, above all its BouncyCastle, apart from those that other modules brought into the
/// process. What does not lie in the module's folder (PowerShell, the framework) is the process's own.
/// </summary>
public sealed class LoadContext : AssemblyLoadContext
{
    private static readonly Lazy<Assembly> Module = new(LoadModule, LazyThreadSafetyMode.ExecutionAndPublication);

    private readonly string _folder;

    private LoadContext(string folder)
        : base("Cmp") => _folder = folder;

    /// <summary>Loads <c>Cmp.dll</c>, once in a process however many runspaces ask.</summary>
    /// <returns>The assembly with the commands, to be imported by <c>Import-Module -Assembly</c>.</returns>
    public static Assembly Initialize() => Module.Value;

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string path = Path.Combine(_folder, assemblyName.Name + ".dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }

    private static Assembly LoadModule()
    {
        string folder = Path.GetDirectoryName(typeof(LoadContext).Assembly.Location)!;
        return new LoadContext(folder).LoadFromAssemblyPath(Path.Combine(folder, "Cmp.dll"));
    }
}
