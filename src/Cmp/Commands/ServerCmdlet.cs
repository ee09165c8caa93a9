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
    private readonly Dictionary<(ServerSettings Server, string? Profile), SharedClient> _roads = [];
    private readonly List<ServerSettings> _remembered = [];
    private SharedClient? _client;
    private (ServerSettings? Server, string? Profile, PSCredential? Credential, X509Certificate2? Certificate) _clientOf;
    private bool _isAdjusted;
    private ServerSettings? _default;

    /// <summary>Whether -Server stands on the command line; what the pipeline brings comes later.</summary>
    private protected bool IsServerSaid { get; private set; }

    /// <summary>A registered server's name, an address, or a server object; without it the default server.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ServerTransformation]
    [ArgumentCompleter(typeof(ServerCompleter))]
    public virtual ServerSettings? Server { get; set; }

    /// <summary>The server of the current object: the one that is named, else the default.</summary>
    private protected ServerSettings? NamedServer => Server is { } named ? OrTheLast(named) : UnnamedServer;

    /// <summary>The server where none is named.</summary>
    private protected virtual ServerSettings? UnnamedServer => _default ??= ServerRegistry.Default;

    /// <summary>Whether messages are carried by hand: no road is opened, and no address is needed.</summary>
    private protected virtual bool IsByHand => false;

    /// <summary>Whether our messages have to be protected; else a secret that cannot be got keeps nobody from what is signed.</summary>
    private protected virtual bool NeedsSecret => true;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        IsServerSaid = MyInvocation.BoundParameters.ContainsKey(nameof(Server));
        base.BeginProcessing();
    }

    /// <summary>The server that remembered enrolments came from is read anew for each: along one pipeline it is the same all the same, and several may share what goes there.</summary>
    private protected ServerSettings OrTheSame(ServerSettings server)
    {
        if (_remembered.Find(other => ReferenceEquals(other, server) || (server.Name is not null && (other.Name, other.Scope) == (server.Name, server.Scope))) is { } known)
            return known;
        _remembered.Add(server);
        return server;
    }

    /// <summary>Where the pipeline brings the address of a server only, the enrolment that is remembered knows more of that server.</summary>
    private protected void Prefer(EnrollmentRecord? record)
    {
        if (!IsServerSaid && record is not null && Server is { Name: null } named && named.Uri == record.Server.Uri)
            Server = null;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing)
            return;
        _client?.Dispose();
        foreach (SharedClient road in _roads.Values)
            road.Dispose();
    }

    /// <summary>The client for the current object's server and credential. Connections and trust are shared along the pipeline.</summary>
    /// <param name="row">The row that uses it until it ends.</param>
    /// <param name="adjust">What the command itself says over the user's words, or <see langword="null"/>.</param>
    /// <returns>The client, which the row gives back when it ends.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.…</c>, <c>CmpKey.…</c>.</exception>
    internal CmpClient OpenClient(PipelineWriter row, Func<ServerSettings, ServerSettings>? adjust = null) => row.Own(ShareClient(adjust)).Client;

    /// <summary>The same for who keeps it until he disposes of it: several rows that go into one message.</summary>
    /// <inheritdoc cref="OpenClient"/>
    internal SharedClient ShareClient(Func<ServerSettings, ServerSettings>? adjust = null)
    {
        ServerSettings? server = NamedServer;
        var wanted = (server, Profile, Credential, ClientCertificate);
        if (_client is null || adjust is not null || _isAdjusted || !wanted.Equals(_clientOf))
        {
            ServerSettings settings = Said();
            settings = (settings with { Protection = settings.Protection ?? ImpliedProtection(server) }).Over(server ?? new ServerSettings());
            if (adjust is not null)
                settings = adjust(settings);
            settings = Open(settings);
            _client?.Dispose();
            _client = null;
            SharedClient road = Road(server, settings);
            _client = new SharedClient(road.Client.WithSettings(settings), road);
            _clientOf = wanted;
            _isAdjusted = adjust is not null;
        }
        return _client.Share();
    }

    private ServerSettings Open(ServerSettings settings)
    {
        try
        {
            return ServerRegistry.Open(settings, SecretManagementStore.For(settings));
        }
        catch (CmpException e) when (!NeedsSecret && settings is ({ TrustAnchor.Count: > 0 } or { ServerCertificate: not null }))
        {
            WriteVerbose($"Only what is signed is believed: {e.Message}");
            return settings with { SecretReference = null };
        }
    }

    /// <summary>The connections to a server, which stay as long as it is the one that the pipeline names, or rows in flight use them.</summary>
    private SharedClient Road(ServerSettings? server, ServerSettings settings)
    {
        (ServerSettings, string?) name = (server ?? new ServerSettings(), settings.CertificateProfile);
        if (_roads.TryGetValue(name, out SharedClient? known))
            return known;
        foreach (KeyValuePair<(ServerSettings, string?), SharedClient> road in _roads.Where(road => !road.Value.IsInUse).ToArray())
        {
            _roads.Remove(road.Key);
            road.Value.Dispose();
        }
        return _roads[name] = new SharedClient(IsByHand ? CmpClient.ByHand(settings) : new CmpClient(settings, AtOnce));
    }

    /// <summary>A saved server is read anew for each object that names it: along one pipeline it is the same all the same, and so are its connections.</summary>
    private ServerSettings OrTheLast(ServerSettings server) =>
        server.Scope is ServerScope.CurrentUser or ServerScope.LocalMachine && _clientOf.Server is { } last && (last.Name, last.Scope) == (server.Name, server.Scope) ? last : server;

    /// <summary>A credential given here wins over one that was saved, whichever kind that is.</summary>
    private ProtectionKind? ImpliedProtection(ServerSettings? server)
    {
        bool hasSecret = server?.Secret is not null || server?.SecretReference is not null;
        if (ClientCertificate is not null && Credential is null && (hasSecret || server?.Protection?.IsUnderSharedSecret() == true))
            return ProtectionKind.Signature;
        if (Credential is not null && ClientCertificate is null && server?.Protection == ProtectionKind.Signature)
            return ProtectionKind.PasswordBasedMac;
        return null;
    }
}
