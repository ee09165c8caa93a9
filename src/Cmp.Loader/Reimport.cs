using System.Management.Automation;
using System.Reflection;

namespace Cmp.Loader;

/// <summary>Mends what PowerShell breaks: an assembly that is imported again, by -Force or in another runspace, exports nothing (PowerShell #20710).</summary>
public static class Reimport
{
    /// <summary>Exports the commands from the module, where the import did not.</summary>
    /// <param name="engine">The <c>$ExecutionContext</c> of the root module's script.</param>
    /// <param name="commands">What the import of the assembly gave.</param>
    public static void Export(EngineIntrinsics engine, PSModuleInfo commands)
    {
        PSModuleInfo module = engine.SessionState.Module;
        foreach (CmdletInfo cmdlet in commands.ExportedCmdlets.Values)
        {
            if (!module.ExportedCmdlets.ContainsKey(cmdlet.Name))
                typeof(PSModuleInfo).GetMethod("AddExportedCmdlet", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(module, [cmdlet]);
        }
    }
}
