using System;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>The other end of a road: it takes messages of clients, has them answered, and never looks into one. It listens until it is disposed.</summary>
public interface ICmpListener : IDisposable
#if NET
    , IAsyncDisposable
#endif
{
    /// <summary>Where it is reached: what a client names to take this road.</summary>
    Uri Uri { get; }

    /// <summary>Stops, lets go of every client at once, and waits until what was under way has ended.</summary>
    /// <returns>The end of it.</returns>
    Task StopAsync();
}
