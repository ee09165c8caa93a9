namespace Cmp.Client;

/// <summary>What became of one message of a batch.</summary>
/// <param name="Delivery">How far it came, and its answer; <see langword="null"/> where it failed.</param>
/// <param name="Error">Why it failed: by itself, or with the batch; <see langword="null"/> where it did not.</param>
public sealed record ForwardingOutcome(Delivery? Delivery, CmpException? Error);
