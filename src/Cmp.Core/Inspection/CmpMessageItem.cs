using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Pkix;

namespace Cmp.Inspection;

/// <summary>
/// One part of a body: a request, a response, a status, a piece of information. All kinds share one set of properties; what a kind does not have, or what
/// does not decode, is <see langword="null"/>.
/// </summary>
public sealed class CmpMessageItem
{
    private Certificate? _certificate;

    // lists are kept as arrays: PowerShell finds nothing by its number in what the compiler makes of a collection expression
    internal CmpMessageItem(CmpMessageItemKind kind) => Kind = kind;

    /// <summary>What it is about.</summary>
    public CmpMessageItemKind Kind { get; }

    /// <summary>The number of the request within its message.</summary>
    public int? CertReqId { get; internal init; }

    /// <summary>Whose certificate it is: the subject asked for, or of the certificate that is given; escaped.</summary>
    public string? Subject { get; internal set; }

    /// <summary>Its further names, escaped.</summary>
    public IReadOnlyList<string> SubjectAltNames { get; internal set => field = value.ToArray(); } = [];

    /// <summary>Who issued it, or is to issue it, escaped; of a CRL its issuer.</summary>
    public string? Issuer { get; internal set; }

    /// <summary>Its number, hexadecimal.</summary>
    public string? SerialNumber { get; internal set; }

    /// <summary>When it begins to hold, as asked for or as given; of a CRL when it was issued.</summary>
    public DateTimeOffset? NotBefore { get; internal set; }

    /// <summary>When it ends to hold, as asked for or as given; of a CRL when the next one comes.</summary>
    public DateTimeOffset? NotAfter { get; internal set; }

    /// <summary>The kind of its key, as in <c>ECDSA_P256</c>; nothing where the CA is to make one.</summary>
    public string? KeyAlgorithm { get; internal set; }

    /// <summary>How it is proven that the requester has the key, as in <c>signature (sha256WithEcdsa)</c>, <c>raVerified</c>, <c>encrCert</c> or <c>none</c>.</summary>
    public string? ProofOfPossession { get; internal init; }

    /// <summary>The extensions asked for, by name.</summary>
    public IReadOnlyList<string> Extensions { get; internal init => field = value.ToArray(); } = [];

    /// <summary>What the CA shall do or know besides, such as <c>oldCertID</c>.</summary>
    public IReadOnlyList<CmpMessageInformation> Controls { get; internal init => field = value.ToArray(); } = [];

    /// <summary>What came of it.</summary>
    public PkiStatus? Status { get; internal init; }

    /// <summary>Why it was refused.</summary>
    public FailInfo? FailInfo { get; internal init; }

    /// <summary>The peer's words on it, escaped.</summary>
    public string? StatusText { get; internal init; }

    /// <summary>The hash of the certificate that is confirmed, hexadecimal.</summary>
    public string? CertHash { get; internal init; }

    /// <summary>By which algorithm, where the confirmation says so.</summary>
    public string? HashAlgorithm { get; internal init; }

    /// <summary>In how many seconds to ask again.</summary>
    public long? CheckAfterSec { get; internal init; }

    /// <summary>Why a certificate is to be revoked, or was.</summary>
    public RevocationReason? Reason { get; internal init; }

    /// <summary>Since when its key is not to be trusted.</summary>
    public DateTimeOffset? InvalidityDate { get; internal init; }

    /// <summary>Which information it is, as in <c>caCerts</c>; of a message which body it has.</summary>
    public string? Name { get; internal init; }

    /// <summary>What it says, escaped.</summary>
    public IReadOnlyList<string> Value { get; internal init => field = value.ToArray(); } = [];

    /// <summary>Whether the certificate that is given is encrypted, so that nothing of it shows.</summary>
    public bool? IsCertificateEncrypted { get; internal init; }

    /// <summary>Whether a private key comes with the certificate, encrypted.</summary>
    public bool? HasPrivateKey { get; internal init; }

    /// <summary>SHA-1 over the certificate that is given, hexadecimal, as Windows names certificates.</summary>
    public string? Thumbprint { get; private set; }

    /// <summary>The item in a few words, as in <c>asks for a certificate for CN=web01 (ECDSA P-256)</c>.</summary>
    public string Text => ItemText.Of(this);

    /// <summary>The certificate that is given or announced.</summary>
    /// <returns>As it came, its properties throw where it does not decode; <see langword="null"/> where there is none.</returns>
    public Certificate? GetCertificate() => _certificate;

    /// <summary>The item in a few words.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => Text;

    /// <summary>Takes a certificate along, and what stands in it.</summary>
    internal CmpMessageItem With(Certificate? certificate)
    {
        if (certificate is null)
            return this;
        var read = new CmpMessageCertificate(certificate);
        _certificate = certificate;
        Subject = read.Subject;
        SubjectAltNames = read.SubjectAltNames;
        Issuer = read.Issuer;
        SerialNumber = read.SerialNumber;
        NotBefore = read.NotBefore;
        NotAfter = read.NotAfter;
        KeyAlgorithm = read.KeyAlgorithm;
        Thumbprint = read.Thumbprint;
        return this;
    }
}
