using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;

namespace Cmp.TestServer;

/// <summary>The transactions by their IDs, bounded in number and age.</summary>
internal sealed class TransactionTable
{
    private const int Capacity = 10_000;

    private readonly object _lock = new();
    private readonly Dictionary<string, ServerTransaction> _transactions = [];
    private readonly Queue<string> _order = new();
    private readonly ServerState? _state;
    private long _last;

    /// <summary>Makes an empty one, or the one that is kept.</summary>
    /// <param name="state">Hears of what is dropped; <see langword="null"/>: nothing is kept.</param>
    /// <param name="kept">What it holds, oldest first.</param>
    internal TransactionTable(ServerState? state = null, IEnumerable<ServerTransaction>? kept = null)
    {
        _state = state;
        // of two with one ID the older was being dropped when its server was killed
        foreach (IGrouping<string, ServerTransaction> same in (kept ?? []).GroupBy(transaction => Hex.Of(transaction.Id.Span)))
            Add(same.Last());
    }

    /// <summary>Begins one, or gives the one that has this ID, be it that it ended: else a request could be replayed.</summary>
    internal ServerTransaction FindOrBegin(ReadOnlyMemory<byte> id, Requester requester, PkiBodyType request, MessageMark first, DateTimeOffset now)
    {
        var dropped = new List<ServerTransaction>();
        ServerTransaction? transaction;
        lock (_lock)
        {
            while (_order.Count > 0 && (_order.Count >= Capacity || now > _transactions[_order.Peek()].KeptUntil))
            {
                string oldest = _order.Dequeue();
                dropped.Add(_transactions[oldest]);
                _transactions.Remove(oldest);
            }
            if (!_transactions.TryGetValue(Hex.Of(id.Span), out transaction))
            {
                transaction = new ServerTransaction(id.ToArray(), _last + 1, requester, request, first);
                transaction.Keep(now);
                Add(transaction);
            }
        }
        foreach (ServerTransaction old in dropped)
        {
            lock (old)
                _state?.Drop(old);
        }
        return transaction;
    }

    /// <summary>One that is known.</summary>
    internal ServerTransaction? Find(ReadOnlyMemory<byte> id, DateTimeOffset now)
    {
        lock (_lock)
            return _transactions.TryGetValue(Hex.Of(id.Span), out ServerTransaction? transaction) && now <= transaction.KeptUntil ? transaction : null;
    }

    private void Add(ServerTransaction transaction)
    {
        string name = Hex.Of(transaction.Id.Span);
        _transactions.Add(name, transaction);
        _order.Enqueue(name);
        _last = Math.Max(_last, transaction.Number);
    }
}
