using System;

namespace Cmp;

/// <summary>Where a long operation stands.</summary>
/// <param name="Phase">What is being done, such as <c>Waiting for the server</c>.</param>
/// <param name="Reason">The server's reason for the wait, escaped, or <see langword="null"/> (rule 39).</param>
/// <param name="Remaining">How long this phase lasts still, or <see langword="null"/> where nobody knows.</param>
public sealed record CmpProgress(string Phase, string? Reason = null, TimeSpan? Remaining = null);
