namespace Cmp.Transactions;

/// <summary>How far an enrolment is.</summary>
public enum TransactionPhase
{
    /// <summary>Nothing was said yet.</summary>
    New,

    /// <summary>The certificate was asked for, and perhaps polled for.</summary>
    Requested,

    /// <summary>A challenge was answered (popdecr), and the certificate is awaited, and perhaps polled for.</summary>
    Proving,

    /// <summary>It came, and nobody has accepted or refused it yet.</summary>
    Deciding,

    /// <summary>The server was told of it (certConf), and its acknowledgement is awaited.</summary>
    Confirming,

    /// <summary>It is accepted, and the server knows what it needs to know.</summary>
    Ended,
}
