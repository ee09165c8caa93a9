using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Commands;

/// <summary>What every command that talks to a server has in common: whom it talks to, and the connection that a pipeline shares.</summary>
public abstract class ServerCmdlet : SettingsCmdlet
{
    private CmpClient? _road;
    private CmpClient? _client;
    private (ServerSettings? Server, PSCredential? Credential, X509Certificate2? Certificate) _clientOf;
    private ServerSettings? _default;
    private TraceFolder? _traceFolder;

    /// <summary>A registered server's name, an address, or a server object; without it the default server.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ServerTransformation]
    [ArgumentCompleter(typeof(ServerCompleter))]
    public ServerSettings? Server { get; set; }

    /// <summary>A folder that gets every message as numbered DER files.</summary>
    [Parameter]
    public string? TracePath { get; set; }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _client?.Dispose();
            _road?.Dispose();
        }
        base.Dispose(disposing);
    }

    /// <summary>The client for the current object's server and credential. Connections and trust are shared along the pipeline.</summary>
    /// <param name="adjust">What the command itself says over the user's words, or <see langword="null"/>.</param>
    /// <returns>The client; the command owns it.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.…</c>, <c>CmpKey.…</c>.</exception>
    internal CmpClient OpenClient(Func<ServerSettings, ServerSettings>? adjust = null)
    {
        ServerSettings? server = Server is { } named ? OrTheLast(named) : _default ??= ServerRegistry.Default;
        (ServerSettings?, PSCredential?, X509Certificate2?) wanted = (server, Credential, ClientCertificate);
        if (_client is not null && adjust is null && wanted.Equals(_clientOf))
            return _client;
        ServerSettings settings = Said();
        settings = (settings with { Protection = settings.Protection ?? ImpliedProtection(server) }).Over(server ?? new ServerSettings());
        if (adjust is not null)
            settings = adjust(settings);
        settings = ServerRegistry.Open(settings, settings.CredentialStore == CredentialStoreKind.SecretManagement ? SecretManagementStore.Find() : null);
        _client?.Dispose();
        if (_road is null || !Equals(_clientOf.Server, server))
        {
            _road?.Dispose();
            _road = new CmpClient(settings);
        }
        _clientOf = wanted;
        return _client = _road.WithSettings(settings);
    }

    /// <summary>The trace for one piece of work: what goes over the wire by -Verbose and into -TracePath.</summary>
    /// <param name="writer">The pipeline.</param>
    /// <returns>The trace.</returns>
    internal ICmpTrace Trace(PipelineWriter writer)
    {
        if (TracePath is { } path)
            _traceFolder ??= new TraceFolder(GetUnresolvedProviderPathFromPSPath(path));
        return new CmdletTrace(writer, _traceFolder);
    }

    /// <summary>Writes the error of one object, or ends the command where no other object could fare better.</summary>
    /// <param name="error">The error.</param>
    /// <param name="target">What it is about.</param>
    internal void Report(CmpException error, object? target)
    {
        ErrorRecord record = error.ToErrorRecord(target);
        if (error.IsTerminating())
            ThrowTerminatingError(record);
        WriteError(record);
    }

    /// <summary>A saved server is read anew for each object that names it: along one pipeline it is the same all the same, and so are its connections.</summary>
    private ServerSettings OrTheLast(ServerSettings server) =>
        server.Scope is ServerScope.CurrentUser or ServerScope.LocalMachine && _clientOf.Server is { } last && (last.Name, last.Scope) == (server.Name, server.Scope) ? last : server;

    /// <summary>A credential given here wins over one that was saved, whichever kind that is.</summary>
    private ProtectionKind? ImpliedProtection(ServerSettings? server)
    {
        if (ClientCertificate is not null && Credential is null && (server?.Secret is not null || server?.SecretReference is not null))
            return ProtectionKind.Signature;
        if (Credential is not null && ClientCertificate is null && server?.Protection == ProtectionKind.Signature)
            return ProtectionKind.PasswordBasedMac;
        return null;
    }
}
