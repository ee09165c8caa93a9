namespace Cmp.Client;

/// <summary>How a certificate stands against what it is to be.</summary>
public sealed record DesiredCertificateState
{
    /// <summary>What is to be done, in this order; none where all is as it should be.</summary>
    public DesiredAction[] Actions { get; init; } = [];

    /// <summary>Whether nothing is to be done.</summary>
    public bool IsAsDesired => Actions.Length == 0;

    /// <summary>Why, one sentence without its stop; <see langword="null"/> where nothing is to be done.</summary>
    public string? Reason { get; init; }

    /// <summary>One word: Absent, Good, Due, Expired, Missing, Different, or where a pending transaction stands.</summary>
    public required string Status { get; init; }

    /// <summary>Whether there is a certificate.</summary>
    public bool IsPresent { get; init; }

    /// <summary>Whether it has expired: it cannot sign for its successor.</summary>
    public bool IsExpired { get; init; }

    /// <summary>The certificate as it was asked for; of what is not there only the name.</summary>
    public required DesiredCertificate Actual { get; init; }

    /// <summary>The enrolment that is remembered, or <see langword="null"/>.</summary>
    public EnrollmentRecord? Enrollment { get; init; }

    /// <summary>The pending transaction, or <see langword="null"/>.</summary>
    public PendingEnrollment? Pending { get; init; }
}
