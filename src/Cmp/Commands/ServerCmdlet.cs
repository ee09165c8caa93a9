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
public abstract class ServerCmdlet : TalkingCmdlet
{
    private CmpClient? _road;
    private CmpClient? _client;
    private (ServerSettings? Server, PSCredential? Credential, X509Certificate2? Certificate) _clientOf;

    /// <summary>A registered server's name, an address, or a server object; without it the default server.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ServerTransformation]
    [ArgumentCompleter(typeof(ServerCompleter))]
    public ServerSettings? Server { get; set; }

    /// <summary>The server where none is named.</summary>
    private protected virtual ServerSettings? UnnamedServer => ServerRegistry.Default;

    /// <summary>Whether messages are carried by hand: no road is opened, and no address is needed.</summary>
    private protected virtual bool IsByHand => false;

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
        ServerSettings? server = Server ?? UnnamedServer;
        (ServerSettings?, PSCredential?, X509Certificate2?) wanted = (server, Credential, ClientCertificate);
        if (_client is not null && adjust is null && wanted.Equals(_clientOf))
            return _client;
        ServerSettings settings = Said();
        settings = (settings with { Protection = settings.Protection ?? ImpliedProtection(server) }).Over(server ?? new ServerSettings());
        if (adjust is not null)
            settings = adjust(settings);
        _client?.Dispose();
        if (_road is null || !Equals(_clientOf.Server, server))
        {
            _road?.Dispose();
            _road = IsByHand ? CmpClient.ByHand(settings) : new CmpClient(settings);
        }
        _clientOf = wanted;
        return _client = _road.WithSettings(settings);
    }

    /// <summary>A credential given here wins over one that was saved, whichever kind that is.</summary>
    private ProtectionKind? ImpliedProtection(ServerSettings? server)
    {
        if (ClientCertificate is not null && Credential is null && server?.Secret is not null)
            return ProtectionKind.Signature;
        if (Credential is not null && ClientCertificate is null && server?.Protection == ProtectionKind.Signature)
            return ProtectionKind.PasswordBasedMac;
        return null;
    }
}
