using System.Collections.Generic;
using Cmp.Keys;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>Which key a pending certificate is about, and where it is meanwhile.</summary>
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

    /// <summary>A new one that its provider keeps: CNG, a token.</summary>
    Provider,

    /// <summary>One that the CA makes. Once it has come it is in the answer, encrypted as it came; what was made to open it waits as a new key does.</summary>
    Central,
}

/// <summary>One certificate of a pending enrolment. It holds no secret.</summary>
public sealed record PendingCertificate
{
    /// <summary>Whom it is about, for people.</summary>
    public required string Subject { get; init; }

    /// <summary>Where it goes.</summary>
    public required DestinationDescription Destination { get; init; }

    /// <summary>Which key it is about.</summary>
    public PendingKey Key { get; init; }

    /// <summary>The file of <see cref="PendingKey.File"/>.</summary>
    public string? KeyPath { get; init; }

    /// <summary>What the key of <see cref="PendingKey.Provider"/> is called with its provider.</summary>
    public KeyReference? KeyReference { get; init; }

    /// <summary>The provider as it was named, for renewals, or <see langword="null"/>.</summary>
    public string? KeyProvider { get; init; }

    /// <summary>Whether the key may leave the store that it goes to.</summary>
    public bool IsKeyExportable { get; init; }

    /// <summary>The subject that was asked for, escaped; <see langword="null"/> where none was: that of the old certificate stays.</summary>
    public string? RequestedSubject { get; init; }

    /// <summary>The DNS names that were asked for; <see langword="null"/>: those of the old certificate.</summary>
    public IReadOnlyList<string>? RequestedDnsNames { get; init; }

    /// <summary>The kind of key that was asked for, or <see langword="null"/>.</summary>
    public string? KeyAlgorithm { get; init; }

    /// <summary>Accounts that may use the key besides.</summary>
    public IReadOnlyList<string> PrivateKeyReaders { get; init; } = [];

    /// <summary>What the enrolment is to be called; <see langword="null"/>: by its thumbprint.</summary>
    public string? Name { get; init; }

    /// <summary>What Windows is to call the certificate.</summary>
    public string? FriendlyName { get; init; }

    /// <summary>How long before its end it is to be renewed, where that was said.</summary>
    public RenewalWindow? RenewBefore { get; init; }

    /// <summary>The certificate that is updated, or gives way.</summary>
    public CertificateReference? OldCertificate { get; init; }

    /// <summary>What becomes of that one.</summary>
    public OldCertificateAction OldCertificateAction { get; init; }

    /// <inheritdoc cref="EnrollmentRequest.IsAnew"/>
    public bool IsAnew { get; init; }

    /// <inheritdoc cref="EnrollmentRequest.ArchiveKey"/>
    public bool ArchiveKey { get; init; }

    /// <summary>Whether it is where it belongs, or failed, and others of the same message are pending still.</summary>
    public bool HasEnded { get; init; }
}
