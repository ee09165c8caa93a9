using Cmp.Messages;
using Cmp.Protection;

namespace Cmp.Inspection;

/// <summary>What came of checking one thing about a message. What was not checked says why.</summary>
/// <param name="Check">What was checked.</param>
/// <param name="Result">What came of it.</param>
/// <param name="Reason">Why: one or more sentences, with everything of a peer in them escaped.</param>
/// <param name="Section">Where it stands that it has to be so, as in <c>RFC 9810 5.1.3</c>.</param>
public sealed record MessageCheck(CheckKind Check, CheckResult Result, string Reason, string Section)
{
    /// <summary>Which message it is about, in the order in which they were given, from 1.</summary>
    public int Message { get; init; }

    /// <summary>The body of the message, with those around it, as in <c>ir</c> or <c>nested/ir</c>; empty where the octets are no message.</summary>
    public string Type { get; init; } = string.Empty;

    /// <summary>The transaction, hexadecimal; <see langword="null"/> where the message names none.</summary>
    public string? TransactionId { get; init; }

    /// <summary>How the message is protected; <see langword="null"/> where the check is not about that.</summary>
    public ProtectionKind? Protection { get; init; }

    /// <summary>The request that it is about; <see langword="null"/> where it is about the whole message.</summary>
    public int? CertReqId { get; init; }

    /// <summary>Who it is about, escaped: the sender, the signer, or the subject that is asked for; <see langword="null"/> where nobody is named.</summary>
    public string? Subject { get; init; }

    /// <summary>The part that was checked, in octets from the message's beginning.</summary>
    public int Offset { get; init; }

    /// <summary>Whether nothing is left to be said against it: it is right, or there is nothing to check.</summary>
    public bool Passed => Result is CheckResult.Verified or CheckResult.Absent;

    /// <summary>One line.</summary>
    /// <returns>As in <c>ir Protection Verified: The MAC is right.</c></returns>
    public override string ToString() => $"{(Type.Length == 0 ? string.Empty : Type + " ")}{Check} {Result}: {Reason}";
}
