using System;
using Cmp.Messages.Pkix;
using Cmp.State;
using Cmp.Stores;
using Cmp.Transactions;

namespace Cmp.Client;

/// <summary>Which key a pending enrolment is about, and where it is meanwhile.</summary>
public enum PendingKey
{
    /// <summary>None of ours: a PKCS #10 made elsewhere.</summary>
    None,

    /// <summary>A new one, in a file beside the record that goes when the transaction ends.</summary>
    Waiting,

    /// <summary>One in a file of the user's.</summary>
    File,

    /// <summary>That of the certificate that is updated.</summary>
    OldCertificate,
}

/// <summary>
/// An enrolment on disk: what was asked, of whom, with which key, where the certificate goes, and how far it is. Another process ends it
/// the same way. It holds no secret.
/// </summary>
public sealed record PendingEnrollment
{
    /// <summary>The transactionID in hexadecimal.</summary>
    public required string Id { get; init; }

    /// <summary>Which request was made.</summary>
    public required EnrollmentOperation Operation { get; init; }

    /// <summary>Whom it is about, for people.</summary>
    public required string Subject { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Begun { get; init; }

    /// <summary>What is said of the server, without its secrets.</summary>
    public required ServerSettings Server { get; init; }

    /// <summary>Where the certificate goes.</summary>
    public required DestinationDescription Destination { get; init; }

    /// <summary>Which key it is about.</summary>
    public PendingKey Key { get; init; }

    /// <summary>The file of <see cref="PendingKey.File"/>.</summary>
    public string? KeyPath { get; init; }

    /// <summary>Whether the key may leave the store that it goes to.</summary>
    public bool IsKeyExportable { get; init; }

    /// <summary>What the enrolment is to be called; <see langword="null"/>: by its thumbprint.</summary>
    public string? Name { get; init; }

    /// <summary>What Windows is to call the certificate.</summary>
    public string? FriendlyName { get; init; }

    /// <summary>Whether certConf is sent whatever the server offers.</summary>
    public bool ExplicitConfirm { get; init; }

    /// <summary>Whether somebody wants to see the certificate before it is accepted.</summary>
    public bool IsToBeApproved { get; init; }

    /// <summary>The certificate that is updated.</summary>
    public CertificateReference? OldCertificate { get; init; }

    /// <summary>What becomes of that one.</summary>
    public OldCertificateAction OldCertificateAction { get; init; }

    /// <summary>Whether its messages are carried by hand.</summary>
    public bool IsOffline { get; init; }

    /// <summary>Whether a registration token or an authenticator is in the request, which is in a file of its own then.</summary>
    public bool IsRequestSecret { get; init; }

    /// <summary>How far it is; <see langword="null"/> before the first message was made.</summary>
    public TransactionState? State { get; init; }

    /// <summary>Since when the server is left alone; <see langword="null"/> where it is not waited for.</summary>
    public DateTimeOffset? WaitSince { get; init; }

    /// <summary>Until when the server is to be left alone.</summary>
    public DateTimeOffset? WaitUntil { get; init; }

    /// <summary>The server's reason, escaped.</summary>
    public string? WaitReason { get; init; }

    /// <summary>What the road gave in place of an answer: it is collected by that.</summary>
    public string? Ticket { get; init; }

    /// <summary>Who works on it, or did so last.</summary>
    public string? Process { get; init; }

    /// <summary>Whether the server refused what we had accepted: the certificate may be in force.</summary>
    public bool IsInDoubt { get; init; }
}
