using System;
using System.Management.Automation;
using Cmp.Binding;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>Registers a server under a name, with all that is to be known of it, so that other commands need the name only.</summary>
[Cmdlet(VerbsLifecycle.Register, "CmpServer", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(ServerSettings))]
public sealed class RegisterCmpServerCommand : ServerSettingsCmdlet
{
    /// <summary>The name that other commands use.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServerCompleter))]
    public string Name { get; set; } = null!;

    /// <summary>The address, as in <c>https://ca.example/pkix</c>.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ArgumentCompleter(typeof(AddressCompleter))]
    public Uri Uri { get; set; } = null!;

    /// <summary>How long it is remembered, and for whom.</summary>
    [Parameter]
    public ServerScope Scope { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            ServerSettings server = Said() with { Name = Name, Uri = Uri, Scope = Scope, CredentialStore = CredentialStore };
            using (var client = new CmpClient(server))
                client.EnsureUsable();
            ICredentialStore? vault = Vault(server);
            ServerRegistry.EnsureRegistrable(server, vault);
            if (!ShouldProcess($"{Name} ({PeerText.Escape(Uri.OriginalString)}, {Scope})", "Register CMP server") || !ConfirmFirstUse(server))
                return;
            ServerRegistry.Register(server, Default, vault, WriteWarning);
            if (Scope != ServerScope.Process)
                server.ClientKey?.Dispose();
            Emit(Name, Scope);
        }
        catch (CmpException e)
        {
            ThrowTerminatingError(e.ToErrorRecord(Name));
        }
    }
}
