using System;
using System.Collections.Generic;
using System.Linq;

namespace Cmp.Client;

/// <summary>The servers that are registered for this process. What is registered for longer is saved elsewhere.</summary>
public static class ServerRegistry
{
    private static readonly object Gate = new();
    private static readonly Dictionary<string, ServerSettings> Servers = new(StringComparer.OrdinalIgnoreCase);
    private static string? _default;

    /// <summary>The names, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names
    {
        get
        {
            lock (Gate)
                return Servers.Keys.OrderBy(name => name, StringComparer.OrdinalIgnoreCase).ToList();
        }
    }

    /// <summary>The server that serves where none is named, or <see langword="null"/>.</summary>
    public static ServerSettings? Default
    {
        get
        {
            lock (Gate)
                return _default is { } name ? Servers[name] : null;
        }
    }

    /// <summary>Registers a server, or replaces the one of the same name.</summary>
    /// <param name="server">The server; it has a name.</param>
    /// <param name="isDefault">Whether it serves where none is named.</param>
    public static void Register(ServerSettings server, bool isDefault)
    {
        string name = server.Name ?? throw new ArgumentException("A registered server has a name.", nameof(server));
        lock (Gate)
        {
            Servers[name] = server;
            if (isDefault)
                _default = name;
        }
    }

    /// <summary>Finds a server.</summary>
    /// <param name="name">Its name, in any case.</param>
    /// <returns>The server, or <see langword="null"/>.</returns>
    public static ServerSettings? Find(string name)
    {
        lock (Gate)
            return Servers.TryGetValue(name, out ServerSettings? server) ? server : null;
    }

    /// <summary>Forgets a server.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Whether it was there.</returns>
    public static bool Remove(string name)
    {
        lock (Gate)
        {
            if (string.Equals(_default, name, StringComparison.OrdinalIgnoreCase))
                _default = null;
            return Servers.Remove(name);
        }
    }
}
