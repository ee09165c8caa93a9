using System;
using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>Whom we believe, and how far.</summary>
public sealed record TrustSettings
{
    /// <summary>Anchors given for this server (<c>-TrustAnchor</c>). The system's roots are never among them (rule 65).</summary>
    public IReadOnlyList<Certificate> Anchors { get; init; } = [];

    /// <summary>The server's own certificate, the only signer then (<c>-ServerCertificate</c>; rule 29).</summary>
    public Certificate? Pin { get; init; }

    /// <summary>Certificates that may stand in a path but are no anchors (<c>-UntrustedCertificate</c>).</summary>
    public IReadOnlyList<Certificate> Untrusted { get; init; } = [];

    /// <summary>The name that answers must come from, under MACs too (<c>-ExpectedSender</c>; rule 24).</summary>
    public Name? ExpectedSender { get; init; }

    /// <summary>Whoever has a path to an anchor may sign (<c>-AllowAnySigner</c>; rule 65).</summary>
    public bool AllowAnySigner { get; init; }

    /// <summary>Errors, rejections and pkiConf count although nobody vouches for them (<c>-AllowUnprotectedErrors</c>; rule 33).</summary>
    public bool AllowUnprotectedErrors { get; init; }

    /// <summary>A pinned certificate may have expired (<c>-AllowExpiredServerCertificate</c>; rule 29).</summary>
    public bool AllowExpiredServerCertificate { get; init; }

    /// <summary>Whether a signed answer to a request under a MAC draws a warning, as RFC 9483 3.2 wants one kind for both (rule 66).</summary>
    public bool WarnOnMixedProtection { get; init; } = true;

    /// <summary>Whether MACs with SHA-1 or HMAC-SHA1 are accepted, of PasswordBasedMac, PBMAC1 and bare HMAC (rule 68).</summary>
    public bool AllowPbmSha1 { get; init; }

    /// <summary>Whether two errors of others in PBMAC1 are read as they are meant, with a warning: the KDF labelled id-PBES2, and keyLength in bits (rule 22).</summary>
    public bool LenientPbmac1 { get; init; }

    /// <summary>
    /// Whether answers without protection count where our requests have none either (<c>-AllowUnprotectedAnswers</c>; rule 76). Who sets it has made sure that
    /// the road is TLS, and that anchors for issued certificates are given.
    /// </summary>
    public bool AllowUnprotectedAnswers { get; init; }

    /// <summary>Which algorithms of signatures are accepted (rule 68).</summary>
    public AlgorithmPolicy Algorithms { get; init; } = AlgorithmPolicy.Default;

    /// <summary>Whether the answers themselves, but no certificates, may be signed over SHA-1.</summary>
    public bool AllowSha1Messages { get; init; }

    /// <summary>Whether PasswordBasedMac without parameters means those of the answer before, as cryptlib writes it.</summary>
    public bool AllowMacAsBefore { get; init; }

    /// <summary>Whether a CA may sign answers although its key usage lacks digitalSignature: it has keyCertSign.</summary>
    public bool AllowSigningCA { get; init; }

    /// <summary>CRLs by which signers are checked (<c>-RevocationMode</c>; rules 29 and 69); <see langword="null"/>: they are not.</summary>
    public ICrlSource? Crls { get; init; }

    /// <summary>SHA-256 hashes, hexadecimal, of self-signed CA certificates that are anchors where they come in extraCerts (<c>-TrustExtraCerts</c>; rule 32).</summary>
    public IReadOnlyList<string> TrustedExtraCerts { get; init; } = [];

    /// <summary>Each self-signed CA certificate in extraCerts is an anchor (<c>-TrustExtraCerts FirstUse</c>; rule 32).</summary>
    public bool TrustFirstUse { get; init; }

    /// <summary>
    /// Decides who may sign where something else holds than rule 65: it gets the path of the signer and what that rule says, and may say why not by throwing
    /// (rule 74). <see langword="null"/>: rule 65. A pin stands in either case.
    /// </summary>
    internal Func<CertificatePath, bool, bool>? MaySign { get; init; }

    /// <summary>The bounds.</summary>
    public CmpLimits Limits { get; init; } = CmpLimits.Default;

    /// <summary>Whether there is anything that a signature could be believed by.</summary>
    public bool CanVerifySignatures => Anchors.Count > 0 || Pin is not null || TrustedExtraCerts.Count > 0 || TrustFirstUse;
}
