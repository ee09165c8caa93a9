using System;

namespace Cmp;

/// <summary>What kind of thing went wrong; an error's category in PowerShell follows from it.</summary>
public enum CmpErrorKind
{
    /// <summary>The caller asked for what cannot be done; nothing was sent.</summary>
    Argument,

    /// <summary>The server could not be reached, or the connection broke.</summary>
    Transport,

    /// <summary>A connection, a round trip or the whole operation took too long.</summary>
    Timeout,

    /// <summary>The road's own protocol was broken: an HTTP status, a media type, a frame.</summary>
    Protocol,

    /// <summary>Octets that do not decode, or exceed a limit of <see cref="CmpLimits"/>.</summary>
    Malformed,

    /// <summary>A message that decodes but does not fit the transaction: another ID, another nonce, a body out of order.</summary>
    Transaction,

    /// <summary>Missing or wrong protection of a message.</summary>
    Protection,

    /// <summary>A certificate that is not trusted for what it was used for.</summary>
    Trust,

    /// <summary>The server's own refusal.</summary>
    Server,

    /// <summary>A key that is missing, wrong or cannot do what is asked of it.</summary>
    Key,

    /// <summary>A certificate store or a file that cannot be read or written.</summary>
    Store,

    /// <summary>This platform cannot do what was asked.</summary>
    Platform,
}

/// <summary>
/// The one exception of Cmp. Whatever a peer sends and whatever goes wrong while it is handled ends in this type,
/// with a stable <see cref="ErrorId"/>, a <see cref="Kind"/>, and the octets concerned where there are any.
/// </summary>
/// <remarks>Messages never hold a secret. Text that came from a peer is escaped before it enters <see cref="Exception.Message"/> (rule 70).</remarks>
public class CmpException : Exception
{
    /// <summary>Makes an exception.</summary>
    /// <param name="kind">What kind of thing went wrong.</param>
    /// <param name="errorId">The stable name of the error, such as <c>CmpTransport.Timeout</c>.</param>
    /// <param name="message">One sentence for people.</param>
    /// <param name="innerException">What caused it, if anything did.</param>
    public CmpException(CmpErrorKind kind, string errorId, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Kind = kind;
        ErrorId = errorId;
    }

    /// <summary>What kind of thing went wrong.</summary>
    public CmpErrorKind Kind { get; }

    /// <summary>The stable name of the error, such as <c>CmpServer.badPOP</c>; scripts may test for it.</summary>
    public string ErrorId { get; }

    /// <summary>What the user can do about it, or <see langword="null"/>.</summary>
    public string? RecommendedAction { get; init; }

    /// <summary>The octets that could not be read or believed; empty where there are none.</summary>
    public ReadOnlyMemory<byte> Octets { get; init; }

    /// <summary>Where in a message it could not be read on, in octets from its beginning, or <see langword="null"/>.</summary>
    public int? Offset { get; init; }

    /// <summary>The HTTP status of the answer, or <see langword="null"/>.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>
    /// How long the server asks to be left alone before the same is asked of it again: it is busy. Zero where it is and does not say how long;
    /// <see langword="null"/> where it is not (rule 55).
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The server's clock at the time of its answer (messageTime, else the HTTP Date header), or <see langword="null"/> (rule 6).</summary>
    public DateTimeOffset? ServerTime { get; init; }
}
