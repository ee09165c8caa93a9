using System;

namespace Cmp.Inspection.Captures;

/// <summary>Reads one road in one direction of a connection, once it is known which.</summary>
internal abstract class StreamRoad
{
    /// <summary>How it stands.</summary>
    public RoadState State { get; protected set; }

    /// <summary>Whether it is this road beyond doubt.</summary>
    public abstract bool IsProven { get; }

    /// <summary>Takes the next octets.</summary>
    /// <param name="octets">They.</param>
    /// <returns>How many were taken: all as long as <see cref="State"/> is <see cref="RoadState.Reading"/>.</returns>
    public abstract int Read(ReadOnlySpan<byte> octets);

    /// <summary>Passes over octets that are missing.</summary>
    /// <param name="octets">How many.</param>
    public abstract void Lose(long octets);

    /// <summary>The direction has ended.</summary>
    public abstract void End();

    /// <summary>Gives back what it holds: it is not read any more.</summary>
    public abstract void Release();
}
