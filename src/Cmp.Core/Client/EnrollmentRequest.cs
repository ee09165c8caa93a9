using System;
using System.Collections.Generic;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>Which request is made.</summary>
public enum EnrollmentOperation
{
    /// <summary>ir: the first certificate at this PKI.</summary>
    Initialization,

    /// <summary>cr: a further certificate.</summary>
    Certification,

    /// <summary>p10cr: a certificate for a PKCS #10 request.</summary>
    Pkcs10,

    /// <summary>kur: a new certificate for an old one.</summary>
    KeyUpdate,

    /// <summary>ccr: a certificate for another CA (RFC 9810 6.6).</summary>
    CrossCertification,
}

/// <summary>All that an enrolment is about: what is asked for, with which key, and where it goes (design.md, data flow 1).</summary>
public sealed record EnrollmentRequest
{
    /// <summary>Which request is made.</summary>
    public EnrollmentOperation Operation { get; init; }

    /// <summary>The subject; <see langword="null"/>: by rule 11.</summary>
    public Name? Subject { get; init; }

    /// <summary>The subject alternative names; <see langword="null"/>: those of the old certificate, empty: none.</summary>
    public IReadOnlyList<GeneralName>? SubjectAltNames { get; init; }

    /// <summary>Extensions asked for besides; they win over those of the old certificate by OID (rule 12).</summary>
    public IReadOnlyList<Extension> Extensions { get; init; } = [];

    /// <summary>The issuer wanted, or <see langword="null"/>.</summary>
    public Name? Issuer { get; init; }

    /// <summary>The beginning wanted, or <see langword="null"/>.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>The end wanted, or <see langword="null"/>.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>The PKCS #10 request, for <see cref="EnrollmentOperation.Pkcs10"/>; for <see cref="EnrollmentOperation.CrossCertification"/> the other CA's.</summary>
    public CertificationRequest? Pkcs10 { get; init; }

    /// <summary>The certificate of the CA that is to be cross-certified, where there is no PKCS #10 request of it.</summary>
    public Certificate? CrossCertified { get; init; }

    /// <summary>How the cross-certificate is to be signed; <see langword="null"/>: as the issuer signs, if its certificate is at hand, else as the other CA does.</summary>
    public AlgorithmIdentifier? SigningAlgorithm { get; init; }

    /// <summary>The certificate that is updated, for <see cref="EnrollmentOperation.KeyUpdate"/>.</summary>
    public Certificate? OldCertificate { get; init; }

    /// <summary>Where that certificate is kept, so that it can be put away afterwards; <see langword="null"/>: it stays as it is.</summary>
    public CertificateReference? OldCertificateReference { get; init; }

    /// <summary>The object that the user gave for it; <see langword="null"/>: it is opened where it is kept.</summary>
    public X509Certificate2? OldCertificateObject { get; init; }

    /// <summary>What becomes of it afterwards.</summary>
    public OldCertificateAction OldCertificateAction { get; init; } = OldCertificateAction.Keep;

    /// <summary>
    /// Whether the old certificate only gives way to one that was asked for anew: what was remembered of its enrolment is said anew too, where a
    /// renewal keeps it.
    /// </summary>
    public bool IsAnew { get; init; }

    /// <summary>Which key is certified: a new one or one at hand; <see langword="null"/> for a PKCS #10.</summary>
    public KeyRequest? Key { get; init; }

    /// <summary>The kinds of keys that the CA takes, where it said so; empty for any.</summary>
    public IReadOnlyList<KeyAlgorithm> KeyAlgorithms { get; init; } = [];

    /// <summary>A key that is open already and is certified (again); it stays the caller's.</summary>
    public PrivateKey? ExistingKey { get; init; }

    /// <summary>How possession is proven; <see langword="null"/>: by what the key can do. What signs signs, for other keys the CA encrypts the certificate.</summary>
    public ProofOfPossessionKind? ProofOfPossession { get; init; }

    /// <summary>Whether the CA makes the key, and sends it with the certificate (RFC 9483 4.1.6): <see cref="Key"/> says of which kind, and where it goes.</summary>
    public bool IsCentralKey { get; init; }

    /// <summary>Whether the CA is to keep a copy of the private key (RFC 4211 6.4).</summary>
    public bool ArchiveKey { get; init; }

    /// <summary>Further controls, after those that the operation needs.</summary>
    public IReadOnlyList<AttributeTypeAndValue> Controls { get; init; } = [];

    /// <summary>A registration token, or <see langword="null"/>.</summary>
    public SecureString? RegistrationToken { get; init; }

    /// <summary>An authenticator, or <see langword="null"/>.</summary>
    public SecureString? Authenticator { get; init; }

    /// <summary>Registration information as names and values.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> RegistrationInfo { get; init; } = [];

    /// <summary>certConf is sent whatever the server offers.</summary>
    public bool ExplicitConfirm { get; init; }

    /// <summary>The transactionID, or <see langword="null"/>.</summary>
    public ReadOnlyMemory<byte>? TransactionId { get; init; }

    /// <summary>Where the certificate goes.</summary>
    public required CertificateDestination Destination { get; init; }

    /// <summary>What the enrolment is called; <see langword="null"/>: by the thumbprint of its certificate.</summary>
    public string? Name { get; init; }

    /// <summary>Whether its messages are carried by hand.</summary>
    public bool IsOffline { get; init; }

    /// <summary>Whether it ends where the server makes it wait, however short.</summary>
    public bool IsImpatient { get; init; }

    /// <summary>Accounts that may use the private key besides, in a store of Windows: names or SIDs.</summary>
    public IReadOnlyList<string> PrivateKeyReaders { get; init; } = [];

    /// <summary>The friendly name in a Windows store, or <see langword="null"/>.</summary>
    public string? FriendlyName { get; init; }

    /// <summary>How long before its end the certificate is to be renewed; <see langword="null"/>: as <see cref="Renewal.After(Certificate, RenewalWindow?)"/> has it.</summary>
    public RenewalWindow? RenewBefore { get; init; }
}
