using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>Private keys that are kept for those who lose theirs (RFC 4211 6.4, RFC 9810 5.3.7), each with its certificate. Bounded: of very many the oldest are forgotten.</summary>
internal sealed class KeyArchive : IDisposable
{
    private const int Capacity = 5_000;

    private readonly object _lock = new();
    private readonly Dictionary<string, PrivateKey> _keys = [];
    private readonly Queue<string> _order = new();
    private readonly ServerState? _state;

    /// <summary>Makes an empty one, or the one that is kept.</summary>
    /// <param name="state">Keeps it; <see langword="null"/>: nothing is kept.</param>
    /// <param name="find">Finds a certificate by its serial number in hexadecimal.</param>
    /// <exception cref="CmpException"><c>CmpState.…</c>: a key that is kept is damaged.</exception>
    internal KeyArchive(ServerState? state, Func<string, Certificate?> find)
    {
        _state = state;
        foreach (KeyValuePair<string, PrivateKey> pair in state?.ReadArchive(serial => find(serial.ToUpperInvariant())) ?? [])
            Add(pair.Key, pair.Value);
    }

    /// <summary>Keeps the private key of a certificate that is about to be given out.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="key">Its key, of which a copy is kept.</param>
    /// <exception cref="CmpException"><c>CmpStore.…</c>: it cannot be kept.</exception>
    internal void Keep(Certificate certificate, PrivateKey key)
    {
        string serial = NameOf(certificate);
        lock (_lock)
        {
            _state?.SaveArchived(serial, key);
            Add(serial, key.Copy());
        }
    }

    /// <summary>The private key of a certificate.</summary>
    /// <returns>A copy, which the caller disposes of; <see langword="null"/> where it is not kept.</returns>
    internal PrivateKey? Find(Certificate certificate)
    {
        lock (_lock)
            return _keys.TryGetValue(NameOf(certificate), out PrivateKey? key) ? key.Copy() : null;
    }

    /// <summary>Forgets the private key of a certificate that nobody took.</summary>
    internal void Forget(Certificate certificate) => Forget(NameOf(certificate));

    /// <summary>Forgets all; what is in files stays there.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (PrivateKey key in _keys.Values)
                key.Dispose();
            _keys.Clear();
        }
    }

    private static string NameOf(Certificate certificate) => Hex.Of(certificate.SerialNumber.Span).ToLowerInvariant();

    private void Add(string serial, PrivateKey key)
    {
        while (_keys.Count >= Capacity && _order.Count > 0)
            Forget(_order.Dequeue());
        _keys.Add(serial, key);
        _order.Enqueue(serial);
    }

    private void Forget(string serial)
    {
        lock (_lock)
        {
            if (!_keys.TryGetValue(serial, out PrivateKey? key))
                return;
            _keys.Remove(serial);
            key.Dispose();
            _state?.ForgetArchived(serial);
        }
    }
}
