using System;
using System.Collections.Generic;

namespace Cmp.Transports;

/// <summary>
/// A bounded memory of what peers sent or were told. What nobody has touched for a while is forgotten; where there is no more room, what was
/// untouched longest gives way, unless it is held. It has no clock: the time comes with each call.
/// </summary>
/// <typeparam name="TKey">What names an entry.</typeparam>
/// <typeparam name="TValue">What is remembered.</typeparam>
internal sealed class CoapStore<TKey, TValue>
    where TKey : notnull
    where TValue : class
{
    /// <summary>What an entry takes besides its octets, roughly.</summary>
    internal const int Overhead = 256;

    private readonly int _maxEntries;
    private readonly long _maxBytes;
    private readonly TimeSpan _lifetime;
    private readonly Func<TValue, TimeSpan, bool>? _isHeld;
    private readonly Dictionary<TKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _order = new();

    /// <summary>Makes an empty one.</summary>
    /// <param name="maxEntries">Entries at most.</param>
    /// <param name="maxBytes">Octets at most, those of the entries themselves included.</param>
    /// <param name="lifetime">How long an entry is remembered after it was touched last.</param>
    /// <param name="isHeld">Whether a value must stay, by how long it was not touched; <see langword="null"/>: none must.</param>
    public CoapStore(int maxEntries, long maxBytes, TimeSpan lifetime, Func<TValue, TimeSpan, bool>? isHeld = null)
    {
        _maxEntries = maxEntries;
        _maxBytes = maxBytes;
        _lifetime = lifetime;
        _isHeld = isHeld;
    }

    /// <summary>The number of entries.</summary>
    public int Count => _entries.Count;

    /// <summary>The octets that are counted for them.</summary>
    public long Bytes { get; private set; }

    /// <summary>When <see cref="Expire"/> has something to do at the earliest, or <see langword="null"/>.</summary>
    public TimeSpan? Due => _order.First is { } first ? first.Value.Touched + _lifetime : null;

    /// <summary>Looks for an entry; that does not touch it.</summary>
    /// <param name="key">Its name.</param>
    /// <returns>The value, or <see langword="null"/>.</returns>
    public TValue? Find(TKey key) => _entries.TryGetValue(key, out LinkedListNode<Entry>? node) ? node.Value.Value : null;

    /// <summary>Remembers a value, in place of one that has its name.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="value">The value.</param>
    /// <param name="bytes">The octets that it holds.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether there was room.</returns>
    public bool TryPut(TKey key, TValue value, long bytes, TimeSpan now)
    {
        Remove(key);
        if (!MakeRoom(entries: 1, bytes + Overhead, now, except: null))
            return false;
        Bytes += bytes + Overhead;
        _entries.Add(key, _order.AddLast(new Entry(key, value, bytes + Overhead, now)));
        return true;
    }

    /// <summary>Says that an entry is in use, and how large it is by now.</summary>
    /// <param name="key">Its name; nothing happens where it is not there.</param>
    /// <param name="bytes">The octets that it holds.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether there is room for it; where not, it stays as it was.</returns>
    public bool TryTouch(TKey key, long bytes, TimeSpan now)
    {
        if (!_entries.TryGetValue(key, out LinkedListNode<Entry>? node))
            return false;
        long more = bytes + Overhead - node.Value.Bytes;
        if (more > 0 && !MakeRoom(entries: 0, more, now, except: node))
            return false;
        Bytes += more;
        node.Value = node.Value with { Bytes = bytes + Overhead, Touched = now };
        _order.Remove(node);
        _order.AddLast(node);
        return true;
    }

    /// <summary>Forgets an entry.</summary>
    /// <param name="key">Its name; nothing happens where it is not there.</param>
    public void Remove(TKey key)
    {
        if (_entries.TryGetValue(key, out LinkedListNode<Entry>? node))
            Remove(node);
    }

    /// <summary>Forgets what has not been touched for its lifetime, unless it is held.</summary>
    /// <param name="now">The time.</param>
    public void Expire(TimeSpan now)
    {
        while (_order.First is { } first && now - first.Value.Touched >= _lifetime)
        {
            if (IsHeld(first.Value, now))
                TryTouch(first.Value.Key, first.Value.Bytes - Overhead, now);
            else
                Remove(first);
        }
    }

    private bool MakeRoom(int entries, long bytes, TimeSpan now, LinkedListNode<Entry>? except)
    {
        LinkedListNode<Entry>? node = _order.First;
        while (_entries.Count + entries > _maxEntries || Bytes + bytes > _maxBytes)
        {
            while (node is not null && (node == except || IsHeld(node.Value, now)))
                node = node.Next;
            if (node is null)
                return false;
            LinkedListNode<Entry>? next = node.Next;
            Remove(node);
            node = next;
        }
        return true;
    }

    private bool IsHeld(Entry entry, TimeSpan now) => _isHeld?.Invoke(entry.Value, now - entry.Touched) == true;

    private void Remove(LinkedListNode<Entry> node)
    {
        Bytes -= node.Value.Bytes;
        _entries.Remove(node.Value.Key);
        _order.Remove(node);
    }

    private readonly record struct Entry(TKey Key, TValue Value, long Bytes, TimeSpan Touched);
}
