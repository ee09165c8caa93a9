namespace Cmp.Transactions;

/// <summary>How far one request of an enrolment is.</summary>
public enum RequestPhase
{
    /// <summary>No answer names it yet.</summary>
    Requested,

    /// <summary>The server has it and takes its time.</summary>
    Waiting,

    /// <summary>Its certificate came, and nobody has accepted or refused it yet.</summary>
    Deciding,

    /// <summary>Its certificate is accepted here, and the server's acknowledgement is awaited.</summary>
    Accepted,

    /// <summary>Its certificate is refused here, and the server's acknowledgement is awaited.</summary>
    Refused,

    /// <summary>Its certificate is accepted, and nothing is to be said of it any more.</summary>
    Granted,

    /// <summary>It ended without a certificate.</summary>
    Failed,
}
