namespace Cmp.Transactions;

/// <summary>What another process needs of one request; the rest stands in the answers.</summary>
/// <param name="Phase">How far it is.</param>
public sealed record RequestState(RequestPhase Phase)
{
    /// <summary>Why its certificate was refused here; <see langword="null"/> where it was not.</summary>
    public string? Refusal { get; init; }

    /// <summary>The ErrorId of that refusal.</summary>
    public string? RefusalErrorId { get; init; }

    /// <summary>Whether the server knows that its certificate was accepted.</summary>
    public bool Confirmed { get; init; }
}
