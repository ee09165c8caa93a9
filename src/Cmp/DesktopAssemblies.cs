#if NETFRAMEWORK
using System;
using System.Diagnostics;
using System.IO;
using System.Management.Automation;
using System.Reflection;

namespace Cmp;

/// <summary>
/// Finds the assemblies of the module's folder for Windows PowerShell, which has no load contexts: there is one
/// BouncyCastle in the process, ours or another module's, whichever came first.
/// </summary>
public sealed class DesktopAssemblies : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private static readonly string Folder = Path.GetDirectoryName(typeof(DesktopAssemblies).Assembly.Location)!;

    /// <summary>Called by PowerShell at import.</summary>
    /// <exception cref="CmpException">Another module brought an older BouncyCastle (<c>CmpModule.ForeignAssembly</c>).</exception>
    public void OnImport()
    {
        foreach (Assembly loaded in AppDomain.CurrentDomain.GetAssemblies())
        {
            if (loaded.GetName().Name == "BouncyCastle.Cryptography")
                RefuseOlder(loaded);
        }
        AppDomain.CurrentDomain.AssemblyResolve -= Resolve;
        AppDomain.CurrentDomain.AssemblyResolve += Resolve;
    }

    /// <summary>Called by PowerShell when the module is removed.</summary>
    /// <param name="psModuleInfo">The module.</param>
    public void OnRemove(PSModuleInfo psModuleInfo) => AppDomain.CurrentDomain.AssemblyResolve -= Resolve;

    private static Assembly? Resolve(object sender, ResolveEventArgs args)
    {
        string path = GetPath(new AssemblyName(args.Name));
        // who asks for another version is another module, and gets nothing of ours
        return File.Exists(path) && AssemblyName.GetAssemblyName(path).FullName == args.Name ? Assembly.LoadFrom(path) : null;
    }

    // Its assembly version is 2.0.0.0 in every release, so an older one would be taken and fail much later.
    private static void RefuseOlder(Assembly loaded)
    {
        string path = GetPath(loaded.GetName());
        if (loaded.FullName != AssemblyName.GetAssemblyName(path).FullName)
            return;
        Version theirs = GetFileVersion(loaded.Location);
        Version ours = GetFileVersion(path);
        if (theirs >= ours)
            return;
        throw new CmpException(
            CmpErrorKind.Platform,
            "CmpModule.ForeignAssembly",
            $"Another module loaded BouncyCastle {theirs} from '{loaded.Location}'; Cmp needs {ours} or newer.")
        {
            RecommendedAction = "Import Cmp in a new session before that module, or use PowerShell 7, where each module has its own.",
        };
    }

    private static string GetPath(AssemblyName name) => Path.Combine(Folder, name.Name + ".dll");

    private static Version GetFileVersion(string path)
    {
        var info = FileVersionInfo.GetVersionInfo(path);
        return new Version(info.FileMajorPart, info.FileMinorPart, info.FileBuildPart, info.FilePrivatePart);
    }
}
#endif
