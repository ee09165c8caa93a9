using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>Servers whose announcements come whichever certificates there are, each with those that may be concerned.</summary>
internal sealed class ObservedServers : IDisposable
{
    private readonly List<ObservedServer> _servers = [];

    /// <summary>All of them.</summary>
    internal IReadOnlyList<ObservedServer> Servers => _servers;

    /// <summary>Adds a certificate of a server, or a server that is asked without one.</summary>
    /// <param name="client">The server; it is this object's from now on.</param>
    /// <param name="server">The server as the user named it.</param>
    /// <param name="target">What errors of the server are about.</param>
    /// <param name="certificate">The certificate, or <see langword="null"/>.</param>
    internal void Add(SharedClient client, ServerSettings? server, object target, X509Certificate2? certificate)
    {
        if (_servers.FirstOrDefault(other => other.Client == client.Client || IsSame(other.Client.Settings, client.Client.Settings)) is { } known)
        {
            client.Dispose();
            if (certificate is not null)
                known.Certificates.Add(certificate);
            return;
        }
        _servers.Add(new ObservedServer(client, server, target) { Certificates = certificate is null ? [] : [certificate] });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ObservedServer server in _servers)
            server.Dispose();
        _servers.Clear();
    }

    /// <summary>Certificates that were enrolled at an address that is not registered have each its settings: where they believe the same at the same address, it is one server.</summary>
    private static bool IsSame(ServerSettings one, ServerSettings other) =>
        one.Uri?.OriginalString == other.Uri?.OriginalString
        && one.TrustAnchor!.Count == other.TrustAnchor!.Count
        && one.TrustAnchor.Zip(other.TrustAnchor, (mine, theirs) => mine.IsSameAs(theirs)).All(isSame => isSame)
        && (one.ServerCertificate is { } pin ? other.ServerCertificate is { } theirPin && pin.IsSameAs(theirPin) : other.ServerCertificate is null);
}
