using System;

namespace Cmp.Transports;

/// <summary>How a CMP server is reached by files (RFC 9483 6.4.1): through a folder that a courier, or the server itself, looks into.</summary>
public sealed record FileTransportSettings
{
    /// <summary>The folder, as <c>file:///srv/cmp</c>, on Windows as <c>file:///C:/cmp</c> or <c>file://host/share/cmp</c> (RFC 8089).</summary>
    public required Uri Uri { get; init; }

    /// <summary>How long an answer that is being written may stand still before it counts as broken off, and how long one look into the folder may take.</summary>
    public TimeSpan ExchangeTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Octets of one answer (rule 56).</summary>
    public int MaxResponseBytes { get; init; } = CmpLimits.Default.MaxResponseBytes;

    /// <summary>The folder as written.</summary>
    /// <returns>The URI.</returns>
    public override string ToString() => PeerText.Escape(Uri.OriginalString);
}
