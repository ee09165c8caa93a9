using System;

namespace Cmp.Transports;

/// <summary>How a server is reached, as far as all roads have that in common.</summary>
public abstract record TransportSettings
{
    private protected TransportSettings()
    {
    }

    /// <summary>Where the server is: the scheme is that of the road, and what else stands in it is the road's.</summary>
    public required Uri Uri { get; init; }

    /// <summary>
    /// How long one exchange may take, from the first octet sent to the last received, a connection that has to be made or waited for included. Where answers come into a
    /// folder: how long one look may take, and how long an answer that is being written may stand still before it counts as broken off.
    /// </summary>
    public TimeSpan ExchangeTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Octets of one answer (rule 56).</summary>
    public int MaxResponseBytes { get; init; } = CmpLimits.Default.MaxResponseBytes;

    /// <summary>The URI; nothing else of the settings is worth a log.</summary>
    /// <returns>The URI as written.</returns>
    public sealed override string ToString() => PeerText.Escape(Uri.OriginalString);

    /// <summary>Refuses what cannot hold.</summary>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidSetting</c>.</exception>
    internal virtual void Check()
    {
        if (ExchangeTimeout <= TimeSpan.Zero || MaxResponseBytes <= 0)
            throw Invalid("Times, sizes and counts of a transport must be positive.");
    }

    private protected static CmpException Invalid(string message) => new(CmpErrorKind.Argument, "CmpTransport.InvalidSetting", message);
}
