using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Keys;

namespace Cmp.Commands;

/// <summary>Changes settings of a registered server: those that are given, and no others. What is given as nothing says nothing from then on.</summary>
[Cmdlet(VerbsCommon.Set, "CmpServer", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(ServerSettings))]
public sealed class SetCmpServerCommand : ServerSettingsCmdlet
{
    private static readonly string[] Certificate =
    [
        nameof(ServerSettings.ClientCertificate), nameof(ServerSettings.ClientCertificateReference), nameof(ServerSettings.ClientKey),
        nameof(ServerSettings.ClientKeyPath), nameof(ServerSettings.ClientKeyPassword), nameof(ServerSettings.ClientChain),
    ];

    /// <summary>Which settings a parameter says, where it is not the one of its name.</summary>
    private static readonly Dictionary<string, string[]> Settings = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(Credential)] = [nameof(ServerSettings.Secret), nameof(ServerSettings.SecretReference)],
        [nameof(ClientCertificate)] = Certificate,
        [nameof(TlsCertificate)] = [nameof(ServerSettings.TlsCertificate), nameof(ServerSettings.TlsCertificateReference)],
        [nameof(TimeoutSec)] = [nameof(ServerSettings.Timeout)],
        [nameof(ExchangeTimeoutSec)] = [nameof(ServerSettings.ExchangeTimeout)],
        [nameof(ClientKeyPath)] = [],
        [nameof(ClientKeyPassword)] = [],
        [nameof(Name)] = [],
        [nameof(Scope)] = [],
        [nameof(CredentialStore)] = [],
    };

    private HashSet<string> _given = [];

    /// <summary>The server's name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServerCompleter))]
    public string Name { get; set; } = null!;

    /// <summary>The address.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(AddressCompleter))]
    [ValidateNotNull]
    public Uri? Uri { get; set; }

    /// <summary>Where it is registered; without it the one that serves is changed.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public ServerScope? Scope { get; set; }

    /// <inheritdoc/>
    /// <remarks>What stands on the command line is given; what an object in the pipeline happens to have besides its name is not.</remarks>
    protected override void BeginProcessing() => _given = new HashSet<string>(MyInvocation.BoundParameters.Keys, StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            ServerSettings before = ServerRegistry.Find(Name, Scope) ?? throw Errors.NoServer(Name, Scope);
            ServerSettings server = Changed(before);
            using (var client = new CmpClient(server with { Secret = null }))
            {
                if (_given.Overlaps(["ClientCertificate", "ClientKeyPath", "ClientKeyPassword"]))
                    client.EnsureUsable();
            }
            ICredentialStore? vault = Vault(server);
            ServerRegistry.EnsureRegistrable(server, vault);
            if (!ShouldProcess($"{server} ({server.Scope})", "Change CMP server") || !ConfirmFirstUse(server))
                return;
            ServerRegistry.Change(server, _given.Contains(nameof(Default)) ? Default.ToBool() : null, vault, WriteWarning);
            if (server.Scope != ServerScope.Process)
                server.ClientKey?.Dispose();
            Emit(Name, server.Scope);
        }
        catch (CmpException e)
        {
            WriteError(e.ToErrorRecord(Name));
        }
    }

    private ServerSettings Changed(ServerSettings before)
    {
        IEnumerable<string> settings = _given.SelectMany(parameter => Settings.TryGetValue(parameter, out string[]? names) ? names : [parameter]);
        ServerSettings server = before.With(Said() with { Uri = Uri }, settings);
        if (CredentialStore is not null)
            server = server with { CredentialStore = CredentialStore };
        return _given.Contains(nameof(ClientCertificate)) ? server : WithKey(server);
    }

    /// <summary>The certificate stays, its key is in another file or has another password.</summary>
    private ServerSettings WithKey(ServerSettings server)
    {
        if (!_given.Overlaps([nameof(ClientKeyPath), nameof(ClientKeyPassword)]))
            return server;
        string? path = _given.Contains(nameof(ClientKeyPath)) ? KeyPlace(ClientKeyPath) : server.ClientCertificateReference?.KeyPath ?? server.ClientKeyPath;
        return server with
        {
            ClientKeyPath = path,
            ClientKeyPassword = ClientKeyPassword,
            ClientKey = path is not null && server.ClientCertificate is not null ? KeyProviders.Open(path, ClientKeyPassword) : null,
            ClientCertificateReference = server.ClientCertificateReference is { } reference ? reference with { KeyPath = path } : null,
        };
    }
}
