using System;
using Cmp.Client;

namespace Cmp;

/// <summary>A transaction that the server has not ended yet.</summary>
public sealed class CmpTransaction
{
    internal CmpTransaction(Enrollment enrollment, ServerSettings server)
    {
        Enrollment = enrollment;
        Server = server.ToString();
        Id = enrollment.TransactionId!;
        Operation = enrollment.Request.Operation;
        CheckAfter = enrollment.WaitingUntil?.LocalDateTime;
        Reason = enrollment.WaitingReason;
    }

    /// <summary>The transactionID, hexadecimal.</summary>
    public string Id { get; }

    /// <summary>The server's name or address.</summary>
    public string Server { get; }

    /// <summary>Which request was made.</summary>
    public EnrollmentOperation Operation { get; }

    /// <summary>When the server may be asked again, local time; <see langword="null"/> where it did not say.</summary>
    public DateTime? CheckAfter { get; }

    /// <summary>Why the server waits, escaped; <see langword="null"/> where it did not say.</summary>
    public string? Reason { get; }

    internal Enrollment Enrollment { get; }
}
