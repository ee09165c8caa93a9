using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using Cmp.State;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>
/// The servers that are registered: for this process in memory, for the user and for the computer in files. Of several with one name, and of
/// several defaults, the process's serves before the user's, and that before the computer's.
/// </summary>
public static class ServerRegistry
{
    private static readonly object Gate = new();
    private static readonly Dictionary<string, ServerSettings> Servers = new(StringComparer.OrdinalIgnoreCase);
    private static string? _default;

    /// <summary>The names, in alphabetical order; those of servers that cannot be read are left out.</summary>
    public static IReadOnlyList<string> Names =>
        All(null, _ => { }).Select(server => server.Name!).Distinct(StringComparer.OrdinalIgnoreCase).ToList();

    /// <summary>The server that serves where none is named, or <see langword="null"/>.</summary>
    /// <exception cref="CmpException"><c>CmpState.…</c>: what is saved cannot be read.</exception>
    public static ServerSettings? Default
    {
        get
        {
            lock (Gate)
            {
                if (_default is { } name)
                    return Servers[name] with { IsDefault = true };
            }
            foreach (SavedServers saved in Saved(null))
            {
                if (saved.Default is { } name && saved.Find(name) is { } server)
                    return server with { IsDefault = true };
            }
            return null;
        }
    }

    /// <summary>Registers a server, or replaces the one of the same name and scope.</summary>
    /// <param name="server">The server; it has a name, and a scope unless it is this process's. What it holds of secrets goes into its credential store.</param>
    /// <param name="isDefault">Whether it serves where none is named; else it does as before.</param>
    /// <param name="vault">A credential store that this library does not have, where there is one.</param>
    /// <param name="warn">Hears of what did not matter enough to fail.</param>
    /// <exception cref="CmpException">
    /// <c>CmpArgument.Name</c>, <c>CmpArgument.CredentialStore</c>, <c>CmpArgument.ClientCertificate</c>, <c>CmpPlatform.NotSupported</c>, <c>CmpState.…</c>,
    /// <c>CmpStore.…</c>: nothing has changed. A file that cannot be read is never replaced.
    /// </exception>
    public static void Register(ServerSettings server, bool isDefault, ICredentialStore? vault = null, Action<string>? warn = null) =>
        Save(server, keepSecrets: false, isDefault ? true : null, vault, warn);

    /// <summary>Changes a server: its secrets stay, but for those that are given.</summary>
    /// <param name="server">The server as it is to be; it was found here.</param>
    /// <param name="isDefault">Whether it becomes the default, or stops being it; <see langword="null"/>: as it was.</param>
    /// <param name="vault">As for <see cref="Register"/>.</param>
    /// <param name="warn">As for <see cref="Register"/>.</param>
    /// <exception cref="CmpException">As for <see cref="Register"/>.</exception>
    public static void Change(ServerSettings server, bool? isDefault, ICredentialStore? vault = null, Action<string>? warn = null) =>
        Save(server, keepSecrets: true, isDefault, vault, warn);

    /// <summary>Finds out whether <see cref="Register"/> would take a server, as far as that can be known without writing.</summary>
    /// <param name="server">The server.</param>
    /// <param name="vault">As for <see cref="Register"/>.</param>
    /// <exception cref="CmpException">As for <see cref="Register"/>.</exception>
    public static void EnsureRegistrable(ServerSettings server, ICredentialStore? vault = null)
    {
        EnsureName(server.Name);
        if (IsSaved(server, out SavedServers? saved))
            saved!.EnsureStorable(server, vault);
        else if (server.CredentialStore is not null)
            throw NoStore();
    }

    /// <summary>Finds a server. One that is saved comes without its secrets (<see cref="Open"/>).</summary>
    /// <param name="name">Its name, in any case.</param>
    /// <param name="scope">Where to look; <see langword="null"/> for everywhere.</param>
    /// <returns>The server, or <see langword="null"/>.</returns>
    /// <exception cref="CmpException"><c>CmpState.…</c>: there is one, but it cannot be read; one of the same name in a scope behind is not taken for it.</exception>
    public static ServerSettings? Find(string name, ServerScope? scope = null)
    {
        if (scope is null or ServerScope.Process)
        {
            lock (Gate)
            {
                if (Servers.TryGetValue(name, out ServerSettings? server))
                    return server;
            }
        }
        return Saved(scope).Select(saved => saved.Find(name)).FirstOrDefault(server => server is not null);
    }

    /// <summary>All servers in the order of their names, without their secrets; of one name, the one that serves comes first.</summary>
    /// <param name="scope">Of which scope; <see langword="null"/> for all.</param>
    /// <param name="failed">Hears of those that cannot be read.</param>
    /// <param name="name">The name of those that are wanted; <see langword="null"/> for all.</param>
    /// <returns>The servers.</returns>
    public static IReadOnlyList<ServerSettings> All(ServerScope? scope, Action<CmpException> failed, string? name = null)
    {
        List<ServerSettings> all = [];
        (ServerScope Scope, string Name)? chosen = null;
        if (scope is null or ServerScope.Process)
        {
            lock (Gate)
                all.AddRange(Servers.Values.Where(server => name is null || string.Equals(server.Name, name, StringComparison.OrdinalIgnoreCase)).Select(server => server.WithoutSecrets()));
        }
        try
        {
            foreach (SavedServers saved in Saved(scope))
                all.AddRange(name is null ? saved.All(failed) : saved.All(failed, name));
            chosen = WhichIsDefault();
        }
        catch (CmpException e)
        {
            failed(e);
        }
        return all
            .Select(server => server with { IsDefault = chosen is { } one && server.Scope == one.Scope && string.Equals(server.Name, one.Name, StringComparison.OrdinalIgnoreCase) })
            .OrderBy(server => server.Name, StringComparer.OrdinalIgnoreCase).ThenBy(server => server.Scope)
            .ToList();
    }

    /// <summary>Forgets a server, its secrets first.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="scope">Where; <see langword="null"/> for the one that serves.</param>
    /// <param name="vault">As for <see cref="Register"/>.</param>
    /// <param name="warn">As for <see cref="Register"/>.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="CmpException"><c>CmpState.…</c>, <c>CmpStore.…</c>: it is still there.</exception>
    public static bool Remove(string name, ServerScope? scope = null, ICredentialStore? vault = null, Action<string>? warn = null)
    {
        if (scope is null or ServerScope.Process)
        {
            lock (Gate)
            {
                if (string.Equals(_default, name, StringComparison.OrdinalIgnoreCase))
                    _default = null;
                if (Servers.Remove(name))
                    return true;
            }
        }
        return Saved(scope).Any(saved => saved.Remove(name, vault, warn));
    }

    /// <summary>Gets the secrets that settings only refer to, as far as they are needed, from where they are kept.</summary>
    /// <param name="settings">The settings, with name and scope of the server that was found here.</param>
    /// <param name="vault">As for <see cref="Register"/>.</param>
    /// <returns>The settings with their secrets.</returns>
    /// <exception cref="CmpException"><c>CmpCredential.Missing</c>: there is none, or it belongs to another reference value or user; and where the store cannot be used.</exception>
    public static ServerSettings Open(ServerSettings settings, ICredentialStore? vault = null)
    {
        bool wantsSecret = settings is { Secret: null, SecretReference: not null, Protection: not Protection.ProtectionKind.Signature };
        bool wantsProxy = settings.ProxyCredential is { } proxy && proxy.SecurePassword.Length == 0;
        bool wantsKey = settings is { ClientCertificate: null, ClientCertificateReference: not null, ClientKeyPassword: null, CredentialStore: not null };
        if (!wantsSecret && !wantsProxy && !wantsKey)
            return settings;
        ServerSecrets kept = Kept(settings, vault) ?? ServerSecrets.None;
        ReferenceAndSecret? secret = kept.Secret?.For(settings.SecretReference!);
        ReferenceAndSecret? password = wantsProxy ? kept.Proxy?.For(ServerSecrets.UserOf(settings.ProxyCredential!)) : null;
        if (wantsSecret && secret is null)
            throw Missing(settings, "The shared secret", kept.Secret, "-Credential");
        if (wantsProxy && password is null && kept.Proxy is not null)
            throw Missing(settings, "The proxy's password", kept.Proxy, "-ProxyCredential");
        return settings with
        {
            Secret = wantsSecret ? secret : settings.Secret,
            ProxyCredential = password is null ? settings.ProxyCredential : new NetworkCredential(settings.ProxyCredential!.UserName, password.Secret, settings.ProxyCredential.Domain),
            ClientKeyPassword = wantsKey ? kept.ClientKeyPassword : settings.ClientKeyPassword,
        };
    }

    /// <summary>Whether a text is an address and not a name.</summary>
    /// <param name="text">The text.</param>
    /// <param name="uri">The address.</param>
    /// <returns>True where it has a scheme.</returns>
    public static bool IsAddress(string text, out Uri? uri)
    {
        uri = null;
        return text.Contains(":") && Uri.TryCreate(text, UriKind.Absolute, out uri);
    }

    /// <summary>What to do about a text that is neither an address nor the name of a server, but reads as a folder.</summary>
    /// <param name="text">The text.</param>
    /// <returns>One sentence, escaped; or <see langword="null"/>.</returns>
    public static string? AdviceOn(string text) => FolderAddress.Advice(text);

    private static void Save(ServerSettings server, bool keepSecrets, bool? isDefault, ICredentialStore? vault, Action<string>? warn)
    {
        if (server.Name is not { } name)
            throw new ArgumentException("A registered server has a name.", nameof(server));
        EnsureName(name);
        server = server with { IsDefault = null };
        if (IsSaved(server, out SavedServers? saved))
        {
            saved!.Save(server, keepSecrets, isDefault, vault, warn);
            return;
        }
        if (server.CredentialStore is not null)
            throw NoStore();
        lock (Gate)
        {
            Servers[name] = server with { Scope = ServerScope.Process };
            if (isDefault == true)
                _default = name;
            else if (isDefault == false && string.Equals(_default, name, StringComparison.OrdinalIgnoreCase))
                _default = null;
        }
    }

    /// <summary>The saved scopes, in their order. For SYSTEM the user's folder is the computer's.</summary>
    private static IEnumerable<SavedServers> Saved(ServerScope? scope)
    {
        bool isOne = StateHome.Of(StateScope.CurrentUser) == StateHome.Of(StateScope.LocalMachine);
        if (scope is null or ServerScope.CurrentUser && !isOne)
            yield return new SavedServers(StateScope.CurrentUser);
        if (scope is null or ServerScope.LocalMachine || scope is ServerScope.CurrentUser && isOne)
            yield return new SavedServers(StateScope.LocalMachine);
    }

    /// <summary>Which server is the default, without a look at what is said of it.</summary>
    private static (ServerScope Scope, string Name)? WhichIsDefault()
    {
        lock (Gate)
        {
            if (_default is { } name)
                return (ServerScope.Process, name);
        }
        return Saved(null).Select(saved => saved.Default is { } name && saved.Has(name) ? (saved.Scope, name) : ((ServerScope, string)?)null).FirstOrDefault(chosen => chosen is not null);
    }

    private static bool IsSaved(ServerSettings server, out SavedServers? saved)
    {
        saved = server.Scope is null or ServerScope.Process ? null : Saved(server.Scope).Single();
        return saved is not null;
    }

    private static ServerSecrets? Kept(ServerSettings settings, ICredentialStore? vault)
    {
        if (settings.Name is not { } name)
            return null;
        if (settings.Scope is null or ServerScope.Process)
        {
            lock (Gate)
                return Servers.TryGetValue(name, out ServerSettings? server) ? ServerSecrets.Of(server) : null;
        }
        return settings.CredentialStore is { } kind ? Saved(settings.Scope).Single().Secrets(name, kind, vault) : null;
    }

    private static void EnsureName(string? name)
    {
        if (name is null)
            return;
        _ = StateName.ToFile(name);
        if (IsAddress(name, out _))
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Name", $"'{PeerText.Escape(name)}' reads as an address, so nobody could mean the server by it.") { RecommendedAction = "Leave the colon out." };
    }

    private static CmpException NoStore() => new(CmpErrorKind.Argument, "CmpArgument.CredentialStore", "The secrets of a server that this process alone knows stay in its memory.")
    {
        RecommendedAction = "Leave -CredentialStore out, or save the server with -Scope CurrentUser.",
    };

    private static CmpException Missing(ServerSettings settings, string what, ReferenceAndSecret? kept, string parameter) => new(CmpErrorKind.Store, "CmpCredential.Missing",
        $"{what} of the server '{PeerText.Escape(settings.ToString())}' {(kept is null ? $"is not kept{(settings.CredentialStore is { } kind ? $" in {kind}" : string.Empty)}" : $"belongs to '{PeerText.Escape(kept.Reference)}' and is not used for another")}.")
    {
        RecommendedAction = $"Give it with {parameter}; {(settings.Name is null ? "Register" : "Set")}-CmpServer saves it.",
    };
}
