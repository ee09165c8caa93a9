using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>
/// Finds the certificates of a store that are to be renewed: of those that followed one another the newest. What an enrolment remembers tells first, then
/// keys: certificates of one key are one line. Where neither tells, a certificate is followed by one of the same CA that says the same of the same subject.
/// What is remembered as an enrolment of its own is a line of its own.
/// </summary>
public sealed record RenewalSearch
{
    /// <summary>The store.</summary>
    public required StorePath Store { get; init; }

    /// <summary>The name of the CA, its parts in any order; <see langword="null"/> for any.</summary>
    public Name? Issuer { get; init; }

    /// <summary>The certificate of the CA: its key must have signed; <see langword="null"/> for any.</summary>
    public Certificate? IssuerCertificate { get; init; }

    /// <summary>What Windows calls the certificate, or was told to at its enrolment; <see langword="null"/> for any.</summary>
    public Func<string, bool>? FriendlyName { get; init; }

    /// <summary>Looks into the store. What is archived or has no private key is passed over.</summary>
    /// <param name="records">The enrolments that are remembered.</param>
    /// <returns>The certificates with their keys, the newest first.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>, <c>CmpPlatform.NotSupported</c>.</exception>
    public IReadOnlyList<X509Certificate2> Find(EnrollmentRecords records)
    {
        IReadOnlyList<EnrollmentRecord> known = records.All(_ => { });
        ILookup<string, EnrollmentRecord> remembered = known.ToLookup(record => record.Thumbprint, StringComparer.OrdinalIgnoreCase);
        var replaced = new HashSet<string>(known.SelectMany(record => record.Replaced), StringComparer.OrdinalIgnoreCase);
        var candidates = new List<(X509Certificate2 Object, Certificate Certificate, bool IsRemembered)>();
        using (X509Store store = Store.OpenToRead())
        {
            foreach (X509Certificate2 candidate in CertificateSource.CertificatesOf(store, Store))
            {
                EnrollmentRecord? record = remembered[candidate.Thumbprint].FirstOrDefault();
                if (!candidate.Archived && candidate.HasPrivateKey && !replaced.Contains(candidate.Thumbprint) && Read(candidate) is { } certificate && IsMeant(candidate, certificate, record))
                    candidates.Add((candidate, certificate, record is not null));
                else
                    candidate.Dispose();
            }
        }
        var found = new List<(X509Certificate2 Object, Certificate Certificate)>();
        foreach ((X509Certificate2 candidate, Certificate certificate, bool isRemembered) in candidates.OrderByDescending(one => one.Certificate.NotBefore).ThenByDescending(one => one.Certificate.NotAfter))
        {
            if (found.Exists(newer => IsSameKey(newer.Certificate, certificate) || (!isRemembered && IsFollowedBy(certificate, newer.Certificate))))
            {
                candidate.Dispose();
                continue;
            }
            _ = new FoundCertificate(candidate, null) { Store = Store with { Thumbprint = candidate.Thumbprint } };
            found.Add((candidate, certificate));
        }
        return [.. found.Select(one => one.Object)];
    }

    /// <summary>Whether a newer certificate took the place of another one of the same CA, subject and purpose, with a key of its own.</summary>
    internal static bool IsFollowedBy(Certificate old, Certificate newer) =>
        old.Subject.IsSameAs(newer.Subject, ignoreOrder: true)
        && IsOfSameCA(old, newer)
        && IsSameExtension(old, newer, Oids.SubjectAltName)
        && IsSameExtension(old, newer, Oids.KeyUsage)
        && IsSameExtension(old, newer, Oids.ExtendedKeyUsage);

    private static bool IsSameKey(Certificate one, Certificate other) => one.PublicKey.Key.Span.SequenceEqual(other.PublicKey.Key.Span);

    /// <summary>Where both say which key signed them, that counts: CAs of trials are all called the same.</summary>
    private static bool IsOfSameCA(Certificate one, Certificate other) => one.AuthorityKeyIdentifier is { } key && other.AuthorityKeyIdentifier is { } otherKey
        ? key.Span.SequenceEqual(otherKey.Span)
        : one.Issuer.IsSameAs(other.Issuer, ignoreOrder: true);

    private static bool IsSameExtension(Certificate one, Certificate other, string oid) =>
        (one.Extension(oid)?.Value ?? default).Span.SequenceEqual((other.Extension(oid)?.Value ?? default).Span);

    /// <summary>What is no certificate for us was not enrolled here.</summary>
    private static Certificate? Read(X509Certificate2 candidate)
    {
        try
        {
            var certificate = Certificate.From(candidate);
            _ = certificate.Subject;
            return certificate;
        }
        catch (CmpException)
        {
            return null;
        }
    }

    private bool IsMeant(X509Certificate2 candidate, Certificate certificate, EnrollmentRecord? record)
    {
        if (Issuer is { } name && !certificate.Issuer.IsSameAs(name, ignoreOrder: true))
            return false;
        if (IssuerCertificate is { } issuer && !CertificatePath.IsIssuer(issuer, certificate))
            return false;
        if (FriendlyName is not { } isMeant)
            return true;
        string friendlyName = Platform.IsWindows ? candidate.FriendlyName : string.Empty;
        return isMeant(friendlyName.Length > 0 ? friendlyName : record?.FriendlyName ?? string.Empty);
    }
}
