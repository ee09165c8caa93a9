using System;
using System.Collections.Generic;
using Cmp.Cryptography;

namespace Cmp.Protection;

/// <summary>Keys that were derived of one secret, by what else went into them: peers keep their salt for a transaction, and a derivation costs up to a second. Safe from several threads.</summary>
internal sealed class DerivedKeys : IDisposable
{
    /// <summary>So many transactions at once cost one derivation each.</summary>
    private const int MaxKeys = 256;

    private readonly Dictionary<string, byte[]> _keys = [];
    private readonly List<string> _order = [];

    /// <summary>A key that was kept: a copy that the caller clears; <see langword="null"/> where there is none.</summary>
    internal byte[]? Find(string name)
    {
        lock (_keys)
            return _keys.TryGetValue(name, out byte[]? key) ? (byte[])key.Clone() : null;
    }

    /// <summary>Keeps a copy of a key; the oldest one makes room for it.</summary>
    internal void Keep(string name, byte[] key)
    {
        lock (_keys)
        {
            if (_keys.ContainsKey(name))
                return;
            while (_keys.Count >= MaxKeys)
                Remove(_order[0]);
            _keys.Add(name, (byte[])key.Clone());
            _order.Add(name);
        }
    }

    /// <summary>Clears a key.</summary>
    internal void Forget(string name)
    {
        lock (_keys)
            Remove(name);
    }

    public void Dispose()
    {
        lock (_keys)
        {
            foreach (byte[] key in _keys.Values)
                Secrets.Clear(key);
            _keys.Clear();
            _order.Clear();
        }
    }

    private void Remove(string name)
    {
        if (!_keys.TryGetValue(name, out byte[]? key))
            return;
        _keys.Remove(name);
        _order.Remove(name);
        Secrets.Clear(key);
    }
}
