using System;
using Cmp.Messages;

namespace Cmp.Transactions;

/// <summary>What a transaction wants next. There are no other kinds.</summary>
public abstract record TransactionStep
{
    private TransactionStep()
    {
    }

    /// <summary>Send these octets and give what comes back to <see cref="Transaction.Receive"/>.</summary>
    /// <param name="Octets">The message.</param>
    /// <param name="Body">Its kind.</param>
    /// <param name="First">Whether it begins the transaction.</param>
    /// <param name="Last">Whether nothing of ours follows its answer.</param>
    public sealed record Send(ReadOnlyMemory<byte> Octets, PkiBodyType Body, bool First, bool Last) : TransactionStep;

    /// <summary>Wait, then call <see cref="Transaction.Resume"/>.</summary>
    /// <param name="Until">Not earlier than this (rule 38).</param>
    /// <param name="Reason">The server's reason, escaped, or <see langword="null"/> (rule 39).</param>
    public sealed record Wait(DateTimeOffset Until, string? Reason) : TransactionStep;

    /// <summary>A certificate came: look at it, then call <see cref="EnrollmentTransaction.Decide(CmpException?, DateTimeOffset)"/>.</summary>
    /// <param name="Certificate">What came.</param>
    public sealed record Decide(IssuedCertificate Certificate) : TransactionStep;

    /// <summary>Requests have ended, others wait: do with those what is to be done, then call <see cref="Transaction.Resume"/>.</summary>
    public sealed record Settled : TransactionStep;

    /// <summary>It ended well; of several requests one at least.</summary>
    public sealed record Done : TransactionStep;

    /// <summary>It ended with an error.</summary>
    /// <param name="Error">What went wrong.</param>
    /// <param name="Notice">An error message to tell the server, whose answer does not matter; or <see langword="null"/> (rule 49).</param>
    public sealed record Failed(CmpException Error, Send? Notice) : TransactionStep;
}
