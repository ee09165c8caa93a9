using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>The CRLs of an authority, of the CA that issues and of the root: a new one where something changed, or where the last one grows old.</summary>
/// <remarks>Numbers and times of both only grow (RFC 5280 5.2.3), over restarts too where there is a state.</remarks>
internal sealed class CrlPublisher(CertificationAuthority authority, CertificateRegister register, ServerState? state)
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(7);
    private static readonly TimeSpan Freshness = TimeSpan.FromDays(1);

    private readonly object _lock = new();
    private readonly Dictionary<string, Published> _last = [];
    private long _number = state?.ReadCrlNumber() ?? 0;

    /// <summary>The current CRL of the CA that issues.</summary>
    /// <exception cref="CmpException"><c>CmpStore.…</c>: its number cannot be kept.</exception>
    internal CertificateList OfIssuing(DateTimeOffset now) => Current(authority.Issuing, now);

    /// <summary>The current CRL of an issuer.</summary>
    /// <param name="issuer">Its name.</param>
    /// <param name="now">The time.</param>
    /// <returns>The CRL; <see langword="null"/> where it is of another authority.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>: its number cannot be kept.</exception>
    internal CertificateList? Of(Name issuer, DateTimeOffset now) =>
        new[] { authority.Issuing, authority.Root }.FirstOrDefault(certificate => certificate.Subject.IsSameAs(issuer)) is { } certificate ? Current(certificate, now) : null;

    private CertificateList Current(Certificate issuer, DateTimeOffset now)
    {
        bool isRoot = issuer.IsSelfIssued;
        string name = isRoot ? "root" : "issuing";
        lock (_lock)
        {
            long changes = register.Changes;
            DateTimeOffset time = CertificationAuthority.WholeSeconds(now);
            if (_last.TryGetValue(name, out Published? last) && last.Changes == changes && last.Issuer.IsSameAs(issuer) && time < last.Crl.ThisUpdate + Freshness)
                return last.Crl;
            // two in a second are told apart by whoever asks for a newer one
            if (last is not null && time <= last.Crl.ThisUpdate)
                time = last.Crl.ThisUpdate.AddSeconds(1);
            long number = _number + 1;
            state?.SaveCrlNumber(number);
            _number = number;
            CertificateList crl = CrlWriter.Write(
                issuer,
                isRoot ? authority.RootKey : authority.IssuingKey,
                isRoot ? authority.RootAlgorithm : authority.IssuingAlgorithm,
                number,
                time,
                time + Validity,
                register.Revoked(issuer.Subject));
            _last[name] = new Published(crl, issuer, changes);
            return crl;
        }
    }

    private sealed record Published(CertificateList Crl, Certificate Issuer, long Changes);
}
