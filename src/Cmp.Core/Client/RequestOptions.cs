using System;

namespace Cmp.Client;

/// <summary>How one question to a server is asked: how long it may take, and who hears of it.</summary>
public sealed record RequestOptions
{
    /// <summary>How long it may take as a whole; <see langword="null"/>: as the server's settings say.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Whether it ends where it would have to wait, however short.</summary>
    public bool IsImpatient { get; init; }

    /// <summary>The transactionID; <see langword="null"/>: 16 random octets.</summary>
    public ReadOnlyMemory<byte>? TransactionId { get; init; }

    /// <summary>Where a request that changes something is kept while the server makes us wait; <see langword="null"/>: nowhere. What only asks is asked again instead.</summary>
    public PendingRequestStore? Store { get; init; }

    /// <summary>Hears of every message.</summary>
    public ICmpTrace? Trace { get; init; }

    /// <summary>Hears how far it is.</summary>
    public IProgress<CmpProgress>? Progress { get; init; }
}
