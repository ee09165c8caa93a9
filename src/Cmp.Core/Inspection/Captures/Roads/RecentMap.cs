using System.Collections.Generic;

namespace Cmp.Inspection.Captures;

/// <summary>A bounded number of things by their keys: where it is full, the one that was set first is forgotten.</summary>
/// <typeparam name="TKey">The keys.</typeparam>
/// <typeparam name="TValue">The things.</typeparam>
/// <param name="max">How many there may be.</param>
internal sealed class RecentMap<TKey, TValue>(int max)
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<KeyValuePair<TKey, TValue>>> _nodes = [];
    private readonly LinkedList<KeyValuePair<TKey, TValue>> _order = new();

    /// <summary>All of them, the oldest first.</summary>
    public IEnumerable<TValue> Values
    {
        get
        {
            foreach (KeyValuePair<TKey, TValue> entry in _order)
                yield return entry.Value;
        }
    }

    /// <summary>Finds one.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">It.</param>
    /// <returns>Whether it is there.</returns>
    public bool TryGet(TKey key, out TValue? value)
    {
        bool isThere = _nodes.TryGetValue(key, out LinkedListNode<KeyValuePair<TKey, TValue>>? node);
        value = isThere ? node!.Value.Value : default;
        return isThere;
    }

    /// <summary>Sets one, in the place of the one of the same key.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">It.</param>
    /// <param name="forgotten">What was forgotten for it.</param>
    public void Set(TKey key, TValue value, out TValue? forgotten)
    {
        forgotten = default;
        Remove(key);
        if (_nodes.Count == max)
        {
            forgotten = _order.First!.Value.Value;
            Remove(_order.First.Value.Key);
        }
        _nodes[key] = _order.AddLast(new KeyValuePair<TKey, TValue>(key, value));
    }

    /// <summary>Takes one away.</summary>
    /// <param name="key">Its key.</param>
    public void Remove(TKey key)
    {
        if (!_nodes.TryGetValue(key, out LinkedListNode<KeyValuePair<TKey, TValue>>? node))
            return;
        _nodes.Remove(key);
        _order.Remove(node);
    }

    /// <summary>Takes all away.</summary>
    public void Clear()
    {
        _nodes.Clear();
        _order.Clear();
    }
}
