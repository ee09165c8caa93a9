using System;
using System.Numerics;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;

namespace Cmp.Cryptography.BackEnds;

/// <summary>The MACs that .NET lacks on one of its platforms: AES-GMAC (NIST SP 800-38D) and KMAC (NIST SP 800-185 4).</summary>
internal static class BouncyCastleMacs
{
    internal static byte[] Gmac(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> nonce, BigInteger length, ReadOnlyMemory<byte> data)
    {
        var mac = new GMac(new GcmBlockCipher(new AesEngine()), 8 * (int)length);
        mac.Init(new ParametersWithIV(Key(key), nonce.ToArray()));
        Update(mac, data);
        var result = new byte[(int)length];
        mac.DoFinal(result, 0);
        return result;
    }

    internal static byte[] Kmac(int strength, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> customization, BigInteger length, ReadOnlyMemory<byte> data)
    {
        var mac = new KMac(strength, customization.ToArray());
        mac.Init(Key(key));
        Update(mac, data);
        var result = new byte[(int)length];
        mac.OutputFinal(result, 0, result.Length);
        return result;
    }

    private static KeyParameter Key(ReadOnlyMemory<byte> key)
    {
        ArraySegment<byte> segment = key.AsSegment();
        return new KeyParameter(segment.Array!, segment.Offset, segment.Count);
    }

    private static void Update(IMac mac, ReadOnlyMemory<byte> data)
    {
        ArraySegment<byte> segment = data.AsSegment();
        mac.BlockUpdate(segment.Array, segment.Offset, segment.Count);
    }
}
