namespace Cmp.Client;

/// <summary>Where a pending transaction stands.</summary>
public enum CmpTransactionStatus
{
    /// <summary>Its process ended before anything was sent.</summary>
    Prepared,

    /// <summary>The request was sent, or is about to be; no answer is known.</summary>
    Requested,

    /// <summary>Its next message is to be carried to the server by hand.</summary>
    Offline,

    /// <summary>The server has the request and takes its time.</summary>
    Waiting,

    /// <summary>The certificate came, and nobody has accepted or refused it yet.</summary>
    Deciding,

    /// <summary>The server was told, and its acknowledgement is awaited.</summary>
    Confirming,

    /// <summary>The certificate is accepted, and not yet where it belongs.</summary>
    Accepted,

    /// <summary>The certificate was accepted here and refused there: it may be in force.</summary>
    InDoubt,

    /// <summary>The server has answered a revocation, and nobody has heard it yet.</summary>
    Answered,
}
