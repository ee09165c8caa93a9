using System.Collections.Generic;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>What a pending recovery of keys is to do with them when they come.</summary>
public sealed record PendingRecovery
{
    /// <summary>Where they go with their certificates.</summary>
    public required DestinationDescription Destination { get; init; }

    /// <summary>Whether a key that goes to a store of Windows may leave it again.</summary>
    public bool IsKeyExportable { get; init; }

    /// <summary>Accounts that may use the private keys besides.</summary>
    public IReadOnlyList<string> PrivateKeyReaders { get; init; } = [];
}
