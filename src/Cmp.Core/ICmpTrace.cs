using System;

namespace Cmp;

/// <summary>Which way a message went.</summary>
public enum TraceDirection
{
    /// <summary>From us to the peer.</summary>
    Sent,

    /// <summary>From the peer to us.</summary>
    Received,
}

/// <summary>Hears of every message that travels, and of what is worth a word. It never gets a secret.</summary>
public interface ICmpTrace
{
    /// <summary>A whole message went over the wire.</summary>
    /// <param name="direction">Which way.</param>
    /// <param name="octets">The DER of the PKIMessage.</param>
    /// <param name="summary">Its kind, as <c>ir</c> or <c>ip (accepted)</c>.</param>
    /// <param name="elapsed">The time of the round trip, for received ones.</param>
    void Message(TraceDirection direction, ReadOnlyMemory<byte> octets, string summary, TimeSpan elapsed);

    /// <summary>Something to know that is no error, such as a tolerated departure from the rules.</summary>
    /// <param name="text">One sentence, escaped.</param>
    void Note(string text);

    /// <summary>Something that the user must know although the operation goes on.</summary>
    /// <param name="text">One sentence, escaped.</param>
    void Warning(string text);
}
