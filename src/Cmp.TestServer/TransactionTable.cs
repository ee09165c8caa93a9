using System;
using System.Collections.Generic;
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

    /// <summary>Begins one, or gives the one that has this ID, be it that it ended: else a request could be replayed.</summary>
    internal ServerTransaction FindOrBegin(ReadOnlyMemory<byte> id, Requester requester, PkiBodyType request, MessageMark first, DateTimeOffset now)
    {
        string name = Hex.Of(id.Span);
        lock (_lock)
        {
            while (_order.Count > 0 && (_order.Count >= Capacity || now > _transactions[_order.Peek()].KeptUntil))
                _transactions.Remove(_order.Dequeue());
            if (_transactions.TryGetValue(name, out ServerTransaction? known))
                return known;
            var transaction = new ServerTransaction(requester, request, first);
            transaction.Keep(now);
            _transactions.Add(name, transaction);
            _order.Enqueue(name);
            return transaction;
        }
    }

    /// <summary>One that is known.</summary>
    internal ServerTransaction? Find(ReadOnlyMemory<byte> id, DateTimeOffset now)
    {
        lock (_lock)
            return _transactions.TryGetValue(Hex.Of(id.Span), out ServerTransaction? transaction) && now <= transaction.KeptUntil ? transaction : null;
    }
}
