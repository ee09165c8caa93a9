using System;
using System.Collections.Generic;

namespace Cmp.Messages;

/// <summary>A server's refusal, with its own status, reasons and words.</summary>
public sealed class CmpServerException : CmpException
{
    /// <summary>Makes one.</summary>
    /// <param name="kind"><see cref="CmpErrorKind.Server"/> where it counts as the server's answer, else why it does not.</param>
    /// <param name="errorId">As in <c>CmpServer.badPOP</c>, or <c>CmpProtection.UnauthenticatedAnswer</c> where nobody vouches for it.</param>
    /// <param name="message">The server's words in it escaped.</param>
    /// <param name="statusInfo">What the server said.</param>
    /// <param name="isAuthenticated">Whether the protection of the answer was verified.</param>
    /// <param name="innerException">Why nobody vouches for it, where the protection is there and wrong.</param>
    public CmpServerException(CmpErrorKind kind, string errorId, string message, PkiStatusInfo statusInfo, bool isAuthenticated, Exception? innerException = null)
        : base(kind, errorId, message, innerException)
    {
        Status = statusInfo.Status;
        FailInfo = statusInfo.FailInfo ?? FailInfo.None;
        StatusText = statusInfo.StatusString?.Texts ?? [];
        IsAuthenticated = isAuthenticated;
    }

    /// <summary>The status.</summary>
    public PkiStatus Status { get; }

    /// <summary>The reasons.</summary>
    public FailInfo FailInfo { get; }

    /// <summary>The server's words as they came: escape them before they are shown.</summary>
    public IReadOnlyList<string> StatusText { get; }

    /// <summary>The errorCode of an error message, or <see langword="null"/>.</summary>
    public int? ErrorCode { get; init; }

    /// <summary>The errorDetails of an error message as they came.</summary>
    public IReadOnlyList<string> ErrorDetails { get; init; } = [];

    /// <summary>Whether the answer's protection was verified; without it, these are words that anyone could have sent.</summary>
    public bool IsAuthenticated { get; }
}
