using System.Collections.Concurrent;
using Cmp.Cryptography;

namespace Cmp.Tests.Cryptography;

/// <summary>One key of each kind for all tests, for RSA keys take their time to be made.</summary>
internal static class TestKeys
{
    private static readonly ConcurrentDictionary<string, byte[]> Made = new();

    internal static byte[] Pkcs8(string algorithm) => (byte[])Made.GetOrAdd(algorithm, word =>
    {
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse(word));
        return key.ExportPkcs8();
    }).Clone();

    internal static PrivateKey Open(string algorithm) => PrivateKey.FromPkcs8(Pkcs8(algorithm));
}
