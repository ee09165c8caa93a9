using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Commands;

/// <summary>The certificates that announcements may be about, as the user has them: with their keys, and where they were found.</summary>
internal sealed class CertificatesAtHand
{
    private readonly X509Certificate2[] _objects;

    internal CertificatesAtHand(IEnumerable<X509Certificate2> certificates)
    {
        _objects = [.. certificates];
        Certificates = [.. _objects.Select(Certificate.From)];
    }

    /// <summary>The same as the core has them.</summary>
    internal IReadOnlyList<Certificate> Certificates { get; }

    /// <summary>The object of one of them: who pipes it on wants its key; <see langword="null"/> where it is none of them.</summary>
    internal X509Certificate2? Find(Certificate certificate)
    {
        for (int i = 0; i < _objects.Length; i++)
        {
            if (Certificates[i].IsSameAs(certificate))
                return _objects[i];
        }
        return null;
    }

    /// <summary>
    /// What is asked of a server for a certificate, as text: the same for two certificates where the answer is. Of a revocation it is the certificate itself; whoever issued it,
    /// and where its CRL lies, stand for its CRL and its root.
    /// </summary>
    internal static string AskedOf(AnnouncementType type, Certificate certificate, ServerSettings server)
    {
        string who = type == AnnouncementType.Revocation
            ? Hex.Of(certificate.SerialNumber.Span)
            : $"{Value(certificate, Oids.AuthorityKeyIdentifier)} {(type == AnnouncementType.Crl ? Value(certificate, Oids.CrlDistributionPoints) : string.Empty)}";
        return $"{type} {server} {Hex.Of(certificate.Issuer.Encoded.Span)} {who}";
    }

    private static string Value(Certificate certificate, string oid) => certificate.Extension(oid) is { } extension ? Hex.Of(extension.Value.Span) : string.Empty;
}
