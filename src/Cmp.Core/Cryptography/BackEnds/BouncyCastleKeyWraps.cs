using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;

namespace Cmp.Cryptography.BackEnds;

/// <summary>Keys wrapped under keys, which .NET does not have on all of its platforms: AES key wrap (RFC 3394), and that of passwords (RFC 3211 2.3).</summary>
internal static class BouncyCastleKeyWraps
{
    internal static byte[] WrapByAes(byte[] kek, byte[] key)
    {
        var engine = new AesWrapEngine();
        engine.Init(true, new KeyParameter(kek));
        return engine.Wrap(key, 0, key.Length);
    }

    /// <summary>The key, or <see langword="null"/> where its check value is wrong, or its length none that a wrapped key has.</summary>
    internal static byte[]? UnwrapByAes(byte[] kek, byte[] wrapped)
    {
        var engine = new AesWrapEngine();
        engine.Init(false, new KeyParameter(kek));
        return Unwrap(engine, wrapped);
    }

    internal static byte[] WrapByPassword(CbcCipher cipher, byte[] kek, byte[] iv, byte[] key)
    {
        var engine = new Rfc3211WrapEngine(Engine(cipher));
        engine.Init(true, new ParametersWithRandom(new ParametersWithIV(new KeyParameter(kek), iv), BouncyCastleBackEnd.Random()));
        return engine.Wrap(key, 0, key.Length);
    }

    /// <inheritdoc cref="UnwrapByAes"/>
    internal static byte[]? UnwrapByPassword(CbcCipher cipher, byte[] kek, byte[] iv, byte[] wrapped)
    {
        var engine = new Rfc3211WrapEngine(Engine(cipher));
        engine.Init(false, new ParametersWithIV(new KeyParameter(kek), iv));
        return Unwrap(engine, wrapped);
    }

    private static IBlockCipher Engine(CbcCipher cipher) => cipher.BlockBytes == 8 ? new DesEdeEngine() : new AesEngine();

    private static byte[]? Unwrap(IWrapper engine, byte[] wrapped)
    {
        try
        {
            return engine.Unwrap(wrapped, 0, wrapped.Length);
        }
        catch (CryptoException)
        {
            return null;
        }
    }
}
