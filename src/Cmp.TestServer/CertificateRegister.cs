using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>What was issued, and what became of it. Bounded: of very many the oldest are forgotten.</summary>
internal sealed class CertificateRegister
{
    private const int Capacity = 20_000;

    private readonly object _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];
    private readonly Queue<string> _order = new();

    /// <summary>Adds a certificate.</summary>
    /// <param name="certificate">It.</param>
    /// <param name="deadline">It counts as refused unless it is confirmed by then; <see langword="null"/>: it is confirmed.</param>
    internal void Add(Certificate certificate, DateTimeOffset? deadline)
    {
        string serial = Hex.Of(certificate.SerialNumber.Span);
        lock (_lock)
        {
            if (_order.Count == Capacity)
                _entries.Remove(_order.Dequeue());
            _entries[serial] = new Entry(certificate) { Deadline = deadline };
            _order.Enqueue(serial);
        }
    }

    internal void Confirm(Certificate certificate) => Change(certificate, entry => entry.Deadline = null);

    internal void Discard(Certificate certificate) => Change(certificate, entry => entry.IsDiscarded = true);

    /// <summary>A certificate by its serial number, if it is good.</summary>
    internal Certificate? Find(ReadOnlyMemory<byte> serialNumber, DateTimeOffset now)
    {
        lock (_lock)
            return _entries.TryGetValue(Hex.Of(serialNumber.Span), out Entry? entry) && entry.IsGood(now) ? entry.Certificate : null;
    }

    /// <summary>Those that are good, in the order of their issue.</summary>
    internal IReadOnlyList<Certificate> Good(DateTimeOffset now)
    {
        var good = new List<Certificate>();
        lock (_lock)
        {
            foreach (string serial in _order)
            {
                Entry entry = _entries[serial];
                if (entry.IsGood(now))
                    good.Add(entry.Certificate);
            }
        }
        return good;
    }

    private void Change(Certificate certificate, Action<Entry> change)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(Hex.Of(certificate.SerialNumber.Span), out Entry? entry))
                change(entry);
        }
    }

    private sealed class Entry(Certificate certificate)
    {
        internal Certificate Certificate { get; } = certificate;

        internal DateTimeOffset? Deadline { get; set; }

        internal bool IsDiscarded { get; set; }

        internal bool IsGood(DateTimeOffset now) => !IsDiscarded && (Deadline is not { } deadline || now <= deadline);
    }
}
