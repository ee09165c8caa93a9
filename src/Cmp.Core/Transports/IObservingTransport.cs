using System;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>A road on which a server tells of itself what changes.</summary>
public interface IObservingTransport : ICmpTransport
{
    /// <summary>
    /// Observes a resource, such as the announcements of a CA (RFC 9482 2.6), until the token is cancelled: it registers, hands on what the resource is and what it
    /// becomes, and registers again from time to time. At the end the server is told, and not waited for.
    /// </summary>
    /// <param name="path">The path, percent-encoded; <see langword="null"/> for that of announcements, <c>ann</c> below the server's.</param>
    /// <param name="take">Gets each notification, one after the other. What a slow one has not taken is lost for newer ones. What it throws ends the observation.</param>
    /// <param name="cancellationToken">Ends it at once.</param>
    /// <returns>Never but by an exception.</returns>
    /// <exception cref="CmpException">As for <see cref="ICmpTransport.ExchangeAsync"/>: the server refuses (<c>CmpCoap.404</c> and the like), also later, or is not there any more.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task ObserveAsync(string? path, Func<CoapNotification, CancellationToken, Task> take, CancellationToken cancellationToken);
}
