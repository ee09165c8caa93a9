using System;
using Cmp.Cryptography;

namespace Cmp.Keys;

/// <summary>A key that an enrolment got, and the way to undo that it was made.</summary>
/// <param name="key">The key; the handle disposes of it.</param>
/// <param name="delete">Removes the key from where it was made; <see langword="null"/> where it was there before, or lives in memory only.</param>
public sealed class KeyHandle(PrivateKey key, Action? delete = null) : IDisposable
{
    private Action? _delete = delete;

    /// <summary>The key.</summary>
    public PrivateKey Key { get; } = key;

    /// <summary>What it is called with the provider that keeps it; <see langword="null"/> where it lives in memory or came from a file.</summary>
    public KeyReference? Reference { get; init; }

    /// <summary>Undoes the making of the key: it is gone afterwards. A key that was there before stays where it is.</summary>
    /// <exception cref="CmpException">What its provider says.</exception>
    public void Delete()
    {
        Action? delete = _delete;
        _delete = null;
        delete?.Invoke();
        Dispose();
    }

    /// <summary>Lets go of the key; where it lives it stays.</summary>
    public void Dispose() => Key.Dispose();
}
