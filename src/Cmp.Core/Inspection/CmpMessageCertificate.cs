using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Inspection;

/// <summary>A certificate that a message carries, as scripts want it. What of it does not decode is <see langword="null"/>.</summary>
public sealed class CmpMessageCertificate
{
    private readonly Certificate _certificate;

    internal CmpMessageCertificate(Certificate certificate)
    {
        _certificate = certificate;
        Subject = PeerValue.Of(() => certificate.Subject.ToString());
        Issuer = PeerValue.Of(() => certificate.Issuer.ToString());
        SerialNumber = PeerValue.Of(() => Hex.Of(certificate.SerialNumber.Span));
        NotBefore = PeerValue.OfValue<DateTimeOffset>(() => certificate.NotBefore);
        NotAfter = PeerValue.OfValue<DateTimeOffset>(() => certificate.NotAfter);
        KeyAlgorithm = PeerValue.Of(() => KeyText.Of(certificate.PublicKey));
        SubjectAltNames = PeerValue.Of(() => certificate.SubjectAltNames.Select(name => name.ToString()).ToArray()) ?? [];
        IsCA = PeerValue.OfValue<bool>(() => certificate.IsCA) ?? false;
        Thumbprint = certificate.Thumbprint;
    }

    /// <summary>Whose it is, escaped.</summary>
    public string? Subject { get; }

    /// <summary>Who issued it, escaped.</summary>
    public string? Issuer { get; }

    /// <summary>Its number, hexadecimal.</summary>
    public string? SerialNumber { get; }

    /// <summary>When it begins to hold.</summary>
    public DateTimeOffset? NotBefore { get; }

    /// <summary>When it ends to hold.</summary>
    public DateTimeOffset? NotAfter { get; }

    /// <summary>The kind of its key, as in <c>ECDSA_P256</c>.</summary>
    public string? KeyAlgorithm { get; }

    /// <summary>Its further names, escaped.</summary>
    public IReadOnlyList<string> SubjectAltNames { get; }

    /// <summary>Whether it is a CA's.</summary>
    public bool IsCA { get; }

    /// <summary>SHA-1 over it, hexadecimal, as Windows names certificates.</summary>
    public string Thumbprint { get; }

    /// <summary>The certificate itself.</summary>
    /// <returns>As it came; its properties throw where it does not decode.</returns>
    public Certificate GetCertificate() => _certificate;

    /// <summary>Whose it is.</summary>
    /// <returns>The subject.</returns>
    public override string ToString() => Subject ?? "(unreadable certificate)";

    internal static CmpMessageCertificate[] Of(IReadOnlyList<Certificate> certificates) => [.. certificates.Select(certificate => new CmpMessageCertificate(certificate))];
}
