using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using Cmp.Cryptography;

namespace Cmp.Keys;

/// <summary>PINs that tokens and cards refused: they lock after a few. The same one is not tried again in this process, by none of many rows either.</summary>
/// <remarks>What is kept are digests under a key of this process, those of a place until a right PIN was taken there.</remarks>
internal sealed class RefusedPins
{
    private static readonly byte[] Key = Secrets.Random(32);

    private readonly Dictionary<string, List<byte[]>> _refused = new(StringComparer.Ordinal);

    /// <summary>What a PIN is known by.</summary>
    internal static byte[] DigestOf(byte[] pin)
    {
        using var hmac = new HMACSHA256(Key);
        return hmac.ComputeHash(pin);
    }

    /// <summary>Whether a PIN was refused at a place.</summary>
    internal bool Has(string place, byte[] digest)
    {
        lock (_refused)
            return _refused.TryGetValue(place, out List<byte[]>? before) && before.Exists(one => Secrets.FixedTimeEquals(one, digest));
    }

    /// <summary>Remembers one.</summary>
    internal void Add(string place, byte[] digest)
    {
        lock (_refused)
        {
            if (!_refused.TryGetValue(place, out List<byte[]>? before))
                _refused.Add(place, before = []);
            before.Add(digest);
        }
    }

    /// <summary>A right one was taken.</summary>
    internal void Forget(string place)
    {
        lock (_refused)
            _refused.Remove(place);
    }
}
