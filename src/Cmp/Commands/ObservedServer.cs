using System;
using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>A server whose announcements come whichever certificates there are.</summary>
/// <param name="client">The server; it is this object's.</param>
/// <param name="server">The server as the user named it.</param>
/// <param name="target">What its errors are about.</param>
internal sealed class ObservedServer(SharedClient client, ServerSettings? server, object target) : IDisposable
{
    internal CmpClient Client => client.Client;

    internal ServerSettings? Server => server;

    internal object Target => target;

    /// <summary>The certificates that may be concerned.</summary>
    internal List<X509Certificate2> Certificates { get; init; } = [];

    public void Dispose() => client.Dispose();
}
