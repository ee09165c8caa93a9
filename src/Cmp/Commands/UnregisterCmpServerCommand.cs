using System.Management.Automation;
using Cmp.Binding;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>Forgets registered servers, with their secrets; also those whose file cannot be read any more.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "CmpServer", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(void))]
public sealed class UnregisterCmpServerCommand : PSCmdlet
{
    /// <summary>The names.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ServerCompleter))]
    public string[] Name { get; set; } = null!;

    /// <summary>Where they are registered; without it the one that serves is forgotten.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public ServerScope? Scope { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            try
            {
                (ServerScope? scope, bool needsVault) = Look(name);
                if (ShouldProcess(scope is null ? name : $"{name} ({scope})", "Unregister CMP server")
                    && !ServerRegistry.Remove(name, scope, needsVault ? SecretManagementStore.Find() : null, WriteWarning))
                    throw Errors.NoServer(name, scope);
            }
            catch (CmpException e)
            {
                WriteError(e.ToErrorRecord(name));
            }
        }
    }

    /// <summary>Which server it is, and whether a vault may have secrets of it.</summary>
    private (ServerScope? Scope, bool NeedsVault) Look(string name)
    {
        try
        {
            ServerSettings server = ServerRegistry.Find(name, Scope) ?? throw Errors.NoServer(name, Scope);
            return (server.Scope, server.CredentialStore == CredentialStoreKind.SecretManagement);
        }
        catch (CmpException e) when (e.Kind == CmpErrorKind.Store)
        {
            WriteVerbose(e.Message);
            return (Scope, true);
        }
    }
}
