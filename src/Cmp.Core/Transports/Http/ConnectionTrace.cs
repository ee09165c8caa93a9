#if NET
using System.Threading;

namespace Cmp.Transports;

/// <summary>
/// What one attempt to exchange learns about the connection that it was given: HttpClient does not say whether that was a kept one,
/// nor whether any octet of an answer came, and without both a message must not be sent a second time (rule 53).
/// </summary>
internal sealed class ConnectionTrace
{
    /// <summary>The attempt that the running flow of control belongs to; a request is written in the flow of the one who sends it.</summary>
    public static readonly AsyncLocal<ConnectionTrace?> Current = new();

    private TracedStream? _connection;
    private long _receivedBefore;
    private bool _kept;

    /// <summary>A kept connection must refuse, before it writes an octet.</summary>
    public bool MustBeFresh { get; init; }

    /// <summary>Whether a kept connection refused because of <see cref="MustBeFresh"/>: nothing was sent.</summary>
    public bool WasRefused { get; private set; }

    /// <summary>Whether the attempt was given a kept connection, and no octet of an answer came over it.</summary>
    public bool KeptAndSilent => _kept && _connection!.ReceivedOctets == _receivedBefore;

    /// <summary>A connection is about to write for this attempt. The first one counts: others lie beneath it.</summary>
    /// <param name="connection">The connection.</param>
    /// <returns>Whether it may write.</returns>
    public bool Admit(TracedStream connection)
    {
        if (_connection is not null)
            return true;
        bool kept = connection.Begin();
        if (kept && MustBeFresh)
        {
            WasRefused = true;
            return false;
        }
        _connection = connection;
        _kept = kept;
        _receivedBefore = connection.ReceivedOctets;
        return true;
    }
}
#endif
