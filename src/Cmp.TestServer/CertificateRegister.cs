using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>What was issued, and what became of it. Bounded: of very many the oldest are forgotten.</summary>
internal sealed class CertificateRegister
{
    private const int Capacity = 20_000;

    private readonly object _lock = new();
    private readonly Dictionary<string, RegisteredCertificate> _entries = [];
    private readonly Queue<string> _order = new();
    private readonly ServerState? _state;
    private long _last;

    /// <summary>Makes an empty one, or the one that is kept.</summary>
    /// <param name="state">Hears of what is forgotten; <see langword="null"/>: nothing is kept.</param>
    /// <param name="kept">What it holds, in any order; of two with one serial number the first counts.</param>
    internal CertificateRegister(ServerState? state = null, IEnumerable<RegisteredCertificate>? kept = null)
    {
        _state = state;
        foreach (RegisteredCertificate entry in (kept ?? []).OrderBy(entry => entry.Number))
            Add(entry);
    }

    /// <summary>Adds a certificate.</summary>
    /// <param name="issued">It.</param>
    /// <param name="deadline">It counts as refused unless it is confirmed by then; <see langword="null"/>: it is confirmed.</param>
    /// <returns>Its entry.</returns>
    internal RegisteredCertificate Add(UnconfirmedCertificate issued, DateTimeOffset? deadline)
    {
        lock (_lock)
        {
            var entry = new RegisteredCertificate(issued.Certificate, _last + 1) { Deadline = deadline, IsUnproven = issued.IsUnproven, IsUnpublished = issued.IsUnpublished };
            Add(entry);
            return entry;
        }
    }

    internal void Confirm(Certificate certificate) => Change(certificate, entry =>
    {
        entry.Deadline = null;
        entry.IsUnproven = false;
    });

    internal void Discard(Certificate certificate) => Change(certificate, entry => entry.IsDiscarded = true);

    /// <summary>A certificate by its serial number, if it is good.</summary>
    internal Certificate? Find(ReadOnlyMemory<byte> serialNumber, DateTimeOffset now)
    {
        lock (_lock)
            return _entries.TryGetValue(Hex.Of(serialNumber.Span), out RegisteredCertificate? entry) && entry.IsGood(now) ? entry.Certificate : null;
    }

    /// <summary>A certificate by its serial number, with what is said of it in the CRL, if it was issued for good.</summary>
    internal (Certificate Certificate, CertificateRevocation? Revocation)? FindIssued(ReadOnlyMemory<byte> serialNumber, DateTimeOffset now)
    {
        lock (_lock)
            return _entries.TryGetValue(Hex.Of(serialNumber.Span), out RegisteredCertificate? entry) && entry.IsIssued(now) ? (entry.Certificate, entry.Revocation) : null;
    }

    /// <summary>The certificates of a subject and a key, newest first, that were issued for good.</summary>
    internal IReadOnlyList<Certificate> FindIssued(Name subject, SubjectPublicKeyInfo key, DateTimeOffset now) =>
        FindIssued(certificate => certificate.PublicKey.IsSameAs(key) && certificate.Subject.IsSameAs(subject), now);

    /// <summary>The certificates of a subject, newest first, that were issued for good, whatever became of them.</summary>
    internal IReadOnlyList<Certificate> FindIssued(Name subject, DateTimeOffset now) => FindIssued(certificate => certificate.Subject.IsSameAs(subject), now);

    /// <summary>Those for a key.</summary>
    internal IReadOnlyList<Certificate> FindIssued(SubjectPublicKeyInfo key, DateTimeOffset now) => FindIssued(certificate => certificate.PublicKey.IsSameAs(key), now);

    /// <summary>Whether a certificate is to be published: its owner did not forbid it. What is none of ours is not known to be forbidden.</summary>
    internal bool IsPublished(Certificate certificate)
    {
        lock (_lock)
            return !_entries.TryGetValue(Hex.Of(certificate.SerialNumber.Span), out RegisteredCertificate? entry) || !entry.IsUnpublished || !entry.Certificate.IsSameAs(certificate);
    }

    /// <summary>A certificate by its serial number in hexadecimal, if its owner did not refuse it, be it that he has not taken it yet.</summary>
    internal Certificate? FindTaken(string serialNumber)
    {
        lock (_lock)
            return _entries.TryGetValue(serialNumber, out RegisteredCertificate? entry) && !entry.IsDiscarded ? entry.Certificate : null;
    }

    /// <summary>A certificate by its serial number, if it was issued for good, with what was announced or happened to it.</summary>
    internal (Certificate Certificate, CertificateRevocation? Revocation, DateTimeOffset? WillBeRevokedAt)? FindWarned(ReadOnlyMemory<byte> serialNumber, DateTimeOffset now)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(Hex.Of(serialNumber.Span), out RegisteredCertificate? entry) && entry.IsIssued(now)
                ? (entry.Certificate, entry.Revocation, entry.WillBeRevokedAt) : null;
        }
    }

    /// <summary>Notes that a certificate will be revoked.</summary>
    internal void Warn(Certificate certificate, DateTimeOffset willBeRevokedAt) => Change(certificate, entry => entry.WillBeRevokedAt = willBeRevokedAt);

    /// <summary>Revokes a certificate, holds it, or lifts its hold.</summary>
    /// <returns>Its entry; <see langword="null"/> where it is forgotten.</returns>
    internal RegisteredCertificate? Change(StatusChange change)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(Hex.Of(change.SerialNumber.Span), out RegisteredCertificate? entry))
                return null;
            entry.Revocation = change.Revocation;
            Changes++;
            return entry;
        }
    }

    /// <summary>How often the status of a certificate has changed: where it is the same, so is the CRL.</summary>
    internal long Changes { get; private set; }

    /// <summary>What the CRL of an issuer says, in the order of issue.</summary>
    internal IReadOnlyList<(Certificate Certificate, CertificateRevocation Revocation)> Revoked(Name issuer)
    {
        lock (_lock)
        {
            return _order.Select(serial => _entries[serial])
                .Where(entry => entry is { Revocation: not null, IsDiscarded: false } && entry.Certificate.Issuer.IsSameAs(issuer))
                .Select(entry => (entry.Certificate, entry.Revocation!))
                .ToList();
        }
    }

    /// <summary>Those that are good, in the order of their issue.</summary>
    internal IReadOnlyList<Certificate> Good(DateTimeOffset now)
    {
        var good = new List<Certificate>();
        lock (_lock)
        {
            foreach (string serial in _order)
            {
                RegisteredCertificate entry = _entries[serial];
                if (entry.IsGood(now))
                    good.Add(entry.Certificate);
            }
        }
        return good;
    }

    private IReadOnlyList<Certificate> FindIssued(Func<Certificate, bool> isWanted, DateTimeOffset now)
    {
        lock (_lock)
        {
            return _order.Select(serial => _entries[serial])
                .Where(entry => entry.IsIssued(now) && isWanted(entry.Certificate))
                .OrderByDescending(entry => entry.Number)
                .Select(entry => entry.Certificate)
                .ToList();
        }
    }

    private void Add(RegisteredCertificate entry)
    {
        string serial = Hex.Of(entry.Certificate.SerialNumber.Span);
        if (_entries.ContainsKey(serial))
            return;
        if (_order.Count == Capacity)
        {
            string oldest = _order.Dequeue();
            _state?.Forget(_entries[oldest]);
            _entries.Remove(oldest);
        }
        _entries.Add(serial, entry);
        _order.Enqueue(serial);
        _last = Math.Max(_last, entry.Number);
    }

    private void Change(Certificate certificate, Action<RegisteredCertificate> change)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(Hex.Of(certificate.SerialNumber.Span), out RegisteredCertificate? entry))
                change(entry);
        }
    }
}
