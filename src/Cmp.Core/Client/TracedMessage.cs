using System;

namespace Cmp.Client;

/// <summary>A message that a trace has kept.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Number">Its number in the trace, from 1.</param>
/// <param name="Direction">Whether it was sent or received.</param>
/// <param name="Time">When it was written, in UTC; <see langword="null"/> where the log does not say.</param>
public sealed record TracedMessage(string Path, int Number, TraceDirection Direction, DateTimeOffset? Time);
