using System;
using System.Collections.Generic;
using System.Linq;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.State;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>The servers of one scope that are saved: a file each, without secrets; and one file that names the default, so that there are never two.</summary>
/// <remarks>Changes are made under a lock between processes. A secret is written before the file that speaks of it, and put back where that fails.</remarks>
internal sealed class SavedServers
{
    private const string OneForAll = "servers";

    private static readonly StateKind Kind = new("servers", 1);
    private static readonly StateKind DefaultKind = new("defaults", 1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly string[] Members = ["kind", "schema", "name", "settings"];

    private readonly StateFolder _folder;
    private readonly StateFolder _default;

    /// <exception cref="CmpException"><c>CmpState.Home</c>.</exception>
    internal SavedServers(StateScope scope)
        : this(StateHome.Of(scope), scope)
    {
    }

    internal SavedServers(string home, StateScope scope)
    {
        bool isForAll = scope == StateScope.LocalMachine;
        Scope = isForAll ? ServerScope.LocalMachine : ServerScope.CurrentUser;
        _folder = new StateFolder(home, Kind, isForAll);
        _default = new StateFolder(home, DefaultKind, isForAll);
    }

    /// <summary>Whose servers they are.</summary>
    internal ServerScope Scope { get; }

    /// <summary>The name of the server that serves where none is named, if there is one; whether it is there is another question.</summary>
    /// <exception cref="CmpException"><c>CmpState.…</c>.</exception>
    internal string? Default => _default.Read("server", (_, state) => state.Require("server"));

    /// <summary>Where the file of a server is.</summary>
    internal string PathOf(string name) => _folder.PathOf(name);

    /// <summary>Whether there is a file for a server, be it readable or not.</summary>
    internal bool Has(string name) => IsName(name) && _folder.Has(name);

    /// <summary>Reads a server, without its secrets.</summary>
    /// <returns>The server; <see langword="null"/> where there is none of that name.</returns>
    /// <exception cref="CmpException"><c>CmpState.…</c>: its file cannot be read, or should not.</exception>
    internal ServerSettings? Find(string name) => IsName(name) ? _folder.Read(name, (written, state) => Decode(name, written, state)) : null;

    /// <summary>Reads all servers; one that cannot be read hides no other.</summary>
    internal IReadOnlyList<ServerSettings> All(Action<CmpException> failed)
    {
        try
        {
            return [.. _folder.ReadAll((written, state) => Decode(written, written, state), failed).Where(server => Has(server.Name!))];
        }
        catch (CmpException e)
        {
            failed(e);
            return [];
        }
    }

    /// <summary>The one of a name, as <see cref="All(Action{CmpException})"/>.</summary>
    internal IReadOnlyList<ServerSettings> All(Action<CmpException> failed, string name)
    {
        try
        {
            return Find(name) is { } server ? [server] : [];
        }
        catch (CmpException e)
        {
            failed(e);
            return [];
        }
    }

    /// <summary>Saves a server.</summary>
    /// <param name="server">The server; what it holds of secrets goes into a credential store.</param>
    /// <param name="keepSecrets">Whether secrets that it refers to only are those that were kept for the server of its name.</param>
    /// <param name="isDefault">Whether it becomes the default, or stops being it; <see langword="null"/>: as it was.</param>
    /// <param name="vault">The credential store that this library does not have, where there is one.</param>
    /// <param name="warn">Hears of what did not matter enough to fail.</param>
    /// <exception cref="CmpException"><c>CmpArgument.…</c>, <c>CmpState.…</c>, <c>CmpStore.…</c>, <c>CmpPlatform.NotSupported</c>: all is as it was.</exception>
    internal void Save(ServerSettings server, bool keepSecrets, bool? isDefault, ICredentialStore? vault, Action<string>? warn)
    {
        string name = server.Name!;
        server = Referring(server);
        _ = _folder.PathOf(name);
        using StateLock held = Lock(name);
        ServerSettings? previous = Find(name);
        ServerSecrets secrets = ServerSecrets.Of(server);
        bool isUntouched = false;
        if (keepSecrets && previous?.CredentialStore is { } kept)
        {
            isUntouched = secrets.IsEmpty && Refers(server, previous) == Refers(previous, previous) && (server.CredentialStore ?? kept) == kept;
            if (!isUntouched && Refers(server, previous) != (false, false, false))
                secrets = Kept(server, previous, secrets, StoreOf(kept, vault).Read(name));
        }
        ICredentialStore? store = isUntouched || secrets.IsEmpty ? null : Choose(server.CredentialStore, vault);
        CredentialStoreKind? kind = isUntouched ? previous!.CredentialStore : store?.Kind;
        Action? undo = store is null ? null : Replace(store, name, secrets, hadSome: previous?.CredentialStore == store.Kind);
        try
        {
            var record = new StateObject();
            record.Set("settings", SettingsState.Write(server with { Name = null, CredentialStore = kind }));
            _folder.Write(name, record, durable: true);
        }
        catch
        {
            if (undo is not null)
                Try(undo, $"The secrets of '{PeerText.Escape(name)}' are not what they were", warn);
            throw;
        }
        if (previous?.CredentialStore is { } old && old != kind && !(IsFile(old) && IsFile(kind)))
            Try(() => StoreOf(old, vault).Remove(name), $"The secrets of '{PeerText.Escape(name)}' that are kept in {old} stay there", warn);
        if (isDefault is { } wanted)
            SetDefault(name, wanted);
    }

    /// <summary>Removes a server with its secrets, also one whose file cannot be read.</summary>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="CmpException"><c>CmpState.Busy</c>, <c>CmpStore.…</c>; and where its credential store cannot be used.</exception>
    internal bool Remove(string name, ICredentialStore? vault, Action<string>? warn)
    {
        if (!Has(name))
            return false;
        using StateLock held = Lock(name);
        CredentialStoreKind? kind = null;
        try
        {
            kind = Find(name)?.CredentialStore;
        }
        catch (CmpException)
        {
            // nobody knows where its secrets are: the vault has them under its name, if at all
            if (vault is not null)
                Try(() => vault.Remove(name), $"Secrets of '{PeerText.Escape(name)}' may be kept in {vault.Kind}", warn);
        }
        // a secret that stays behind is found by nobody: it goes first
        if (kind is CredentialStoreKind.SecretManagement)
            StoreOf(CredentialStoreKind.SecretManagement, vault).Remove(name);
        bool wasThere = _folder.Delete(name, FileCredentialStore.Extension);
        Try(() => SetDefault(name, false), "The file that names the default server could not be read", warn);
        return wasThere;
    }

    /// <summary>The secrets that are kept for a server.</summary>
    /// <exception cref="CmpException">The credential store cannot be used.</exception>
    internal ServerSecrets? Secrets(string name, CredentialStoreKind kind, ICredentialStore? vault) => StoreOf(kind, vault).Read(name);

    /// <summary>Whether the secrets of these settings have a place where they could go; what was refused later is refused now.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.CredentialStore</c>, <c>CmpPlatform.NotSupported</c>.</exception>
    internal void EnsureStorable(ServerSettings server, ICredentialStore? vault)
    {
        if (!ServerSecrets.Of(server).IsEmpty || server.CredentialStore is not null)
            _ = Choose(server.CredentialStore, vault);
        ServerSettings referring = Referring(server);
        if (server.ClientCertificate is not null)
            Check(referring.ClientCertificateReference!, server.ClientKeyPassword);
        if (server.TlsCertificate is not null)
            Check(referring.TlsCertificateReference!, null);
    }

    private static bool IsName(string name)
    {
        try
        {
            _ = StateName.ToFile(name);
            return true;
        }
        catch (CmpException)
        {
            return false;
        }
    }

    private static bool IsFile(CredentialStoreKind? kind) => kind is CredentialStoreKind.File or CredentialStoreKind.DataProtection;

    private ServerSettings Decode(string asked, string written, StateObject state)
    {
        if (state.Names.FirstOrDefault(member => !Members.Contains(member)) is { } unknown)
            throw SettingsState.Newer(written, unknown);
        if (!string.Equals(asked, written, StringComparison.OrdinalIgnoreCase))
            throw new FormatException($"It is the file of the server '{written}'.");
        StateObject settings = state.Object("settings") ?? throw new FormatException("'settings' is missing.");
        settings.Set("name", written);
        return SettingsState.Read(settings) with { Name = written, Scope = Scope };
    }

    /// <summary>The settings with certificates as they are saved: by where they are.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.ClientCertificate</c>, <c>CmpArgument.TlsCertificate</c>: nobody could find it.</exception>
    private static ServerSettings Referring(ServerSettings server) => server with
    {
        ClientCertificate = null,
        ClientKey = null,
        ClientCertificateReference = server.ClientCertificate is { } client ? Reference(client, server.ClientKeyPath, nameof(server.ClientCertificate)) : server.ClientCertificateReference,
        TlsCertificate = null,
        TlsCertificateReference = server.TlsCertificate is { } tls ? Reference(tls, null, nameof(server.TlsCertificate)) : server.TlsCertificateReference,
    };

    private static CertificateReference Reference(X509Certificate2 certificate, string? keyPath, string parameter)
    {
        CertificateReference reference = CertificateReference.Of(certificate, keyPath);
        return reference.IsFound ? reference : throw new CmpException(CmpErrorKind.Argument, "CmpArgument." + parameter, $"The certificate {reference} is in no store and was read from no file: no other process could find it.")
        {
            RecommendedAction = $"Install it, or name its file with -{parameter}.",
        };
    }

    /// <summary>Opens a certificate as another process will.</summary>
    /// <exception cref="CmpException"><c>CmpKey.…</c>, <c>CmpStore.…</c>.</exception>
    private static void Check(CertificateReference reference, SecureString? secret)
    {
        FoundCertificate found = reference.OpenWith(secret);
        using (found.Certificate)
            found.Dispose();
    }

    /// <summary>Which of the kept secrets a server still speaks of: shared secret, proxy's password, key's password.</summary>
    private static (bool Secret, bool Proxy, bool Key) Refers(ServerSettings server, ServerSettings previous) => (
        server.SecretReference is { } reference && reference == previous.SecretReference,
        server.ProxyCredential is { } proxy && previous.ProxyCredential is { } before && ServerSecrets.UserOf(proxy) == ServerSecrets.UserOf(before),
        server.ClientCertificateReference is { } client && previous.ClientCertificateReference is { } known && client.IsSameAs(known));

    private static ServerSecrets Kept(ServerSettings server, ServerSettings previous, ServerSecrets given, ServerSecrets? kept)
    {
        (bool secret, bool proxy, bool key) = Refers(server, previous);
        return new ServerSecrets(
            given.Secret ?? (secret ? kept?.Secret : null),
            given.Proxy ?? (proxy ? kept?.Proxy : null),
            given.ClientKeyPassword ?? (key ? kept?.ClientKeyPassword : null));
    }

    /// <summary>Writes secrets and gives what puts back those that were there.</summary>
    private static Action Replace(ICredentialStore store, string name, ServerSecrets secrets, bool hadSome)
    {
        ServerSecrets? before = null;
        try
        {
            before = hadSome ? store.Read(name) : null;
        }
        catch (CmpException)
        {
            // what cannot be read any more is no loss
        }
        store.Write(name, secrets);
        return () =>
        {
            if (before is null)
                store.Remove(name);
            else
                store.Write(name, before);
        };
    }

    private static void Try(Action action, string otherwise, Action<string>? warn)
    {
        try
        {
            action();
        }
        catch (CmpException e)
        {
            warn?.Invoke($"{otherwise}: {e.Message}");
        }
    }

    private ICredentialStore Choose(CredentialStoreKind? kind, ICredentialStore? vault)
    {
        if (kind is { } named)
            return StoreOf(named, vault);
        if (vault is not null && Scope == ServerScope.CurrentUser)
            return vault;
        if (StateHome.IsWindows)
            return StoreOf(CredentialStoreKind.DataProtection, vault);
        throw new CmpException(CmpErrorKind.Argument, "CmpArgument.CredentialStore", "There is a secret to be saved, and no place that would keep it safe by itself.")
        {
            RecommendedAction = "Install the module Microsoft.PowerShell.SecretManagement with a vault; or say -CredentialStore File for a file that its owner alone may read; or register the server without the secret.",
        };
    }

    private ICredentialStore StoreOf(CredentialStoreKind kind, ICredentialStore? vault)
    {
        switch (kind)
        {
            case CredentialStoreKind.SecretManagement when Scope == ServerScope.LocalMachine:
                throw new CmpException(CmpErrorKind.Argument, "CmpArgument.CredentialStore", "A vault belongs to a user, and the server is to be known to all users of this computer.")
                {
                    RecommendedAction = "Use -CredentialStore DataProtection or File, or -Scope CurrentUser.",
                };
            case CredentialStoreKind.SecretManagement:
                return vault ?? throw new CmpException(CmpErrorKind.Argument, "CmpArgument.CredentialStore", "The module Microsoft.PowerShell.SecretManagement is not installed here.")
                {
                    RecommendedAction = "Install it with a vault, or use another -CredentialStore.",
                };
            case CredentialStoreKind.DataProtection when !StateHome.IsWindows:
                throw new CmpException(CmpErrorKind.Platform, "CmpPlatform.NotSupported", "Data protection is Windows' own.")
                {
                    RecommendedAction = "Use -CredentialStore SecretManagement or File.",
                };
            default:
                return new FileCredentialStore(_folder, kind);
        }
    }

    private void SetDefault(string name, bool wanted)
    {
        if (wanted)
        {
            var state = new StateObject();
            state.Set("server", name);
            _default.Write("server", state, durable: true);
        }
        else if (string.Equals(Default, name, StringComparison.OrdinalIgnoreCase))
        {
            _default.Delete("server");
        }
    }

    /// <summary>One lock for all servers: they change seldom, and the default is of all of them.</summary>
    private StateLock Lock(string name) => _default.TryLock(OneForAll, Patience)
        ?? throw new CmpException(CmpErrorKind.Store, "CmpState.Busy", $"Another process is changing the servers of {Scope}, so '{PeerText.Escape(name)}' stays as it is.")
        {
            RecommendedAction = "Try again when it has ended.",
        };
}
