using System;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Enveloping;

/// <summary>How one key wraps another: AES key wrap (RFC 3394), or that of passwords (RFC 3211 2.3).</summary>
internal sealed class KeyWrap
{
    private readonly CbcCipher? _cipher;
    private readonly byte[] _iv = [];

    private KeyWrap(AlgorithmIdentifier identifier, int keyBytes)
    {
        Identifier = identifier;
        KeyBytes = keyBytes;
    }

    private KeyWrap(AlgorithmIdentifier identifier, CbcCipher cipher, byte[] iv)
        : this(identifier, cipher.KeyBytes)
    {
        _cipher = cipher;
        _iv = iv;
    }

    /// <summary>The algorithm, with its octets as received.</summary>
    internal AlgorithmIdentifier Identifier { get; }

    /// <summary>Octets of the key that wraps.</summary>
    internal int KeyBytes { get; }

    /// <summary>AES key wrap; its parameters are absent, and some write NULL.</summary>
    /// <exception cref="CmpException"><c>CmpEnvelope.Algorithm</c>.</exception>
    internal static KeyWrap Aes(AlgorithmIdentifier algorithm) => (algorithm.HasNoParameters ? algorithm.Oid : null) switch
    {
        Oids.Aes128Wrap => new KeyWrap(algorithm, 16),
        Oids.Aes192Wrap => new KeyWrap(algorithm, 24),
        Oids.Aes256Wrap => new KeyWrap(algorithm, 32),
        _ => throw EnvelopeErrors.Algorithm($"its key is wrapped by {Oids.NameOf(algorithm.Oid)}."),
    };

    /// <summary>What a password's key wraps by.</summary>
    /// <exception cref="CmpException"><c>CmpEnvelope.Algorithm</c>; <c>CmpMessage.Malformed</c>.</exception>
    internal static KeyWrap OfPassword(AlgorithmIdentifier algorithm)
    {
        if (algorithm.Oid != Oids.PwriKek)
            return Aes(algorithm);
        var inner = AlgorithmIdentifier.Decode(algorithm.Parameters ?? default);
        (CbcCipher cipher, byte[] iv) = ContentCipher.Read(inner);
        return new KeyWrap(algorithm, cipher, iv);
    }

    /// <summary>AES key wrap as long as a key.</summary>
    internal static KeyWrap AesFor(CbcCipher content) => Aes(new AlgorithmIdentifier(content.KeyBytes switch { 16 => Oids.Aes128Wrap, 24 => Oids.Aes192Wrap, _ => Oids.Aes256Wrap }));

    /// <summary>PWRI-KEK with a cipher.</summary>
    internal static KeyWrap PwriKekFor(CbcCipher content)
    {
        byte[] iv = Secrets.Random(content.BlockBytes);
        return new KeyWrap(new AlgorithmIdentifier(Oids.PwriKek, ContentCipher.Write(content, iv).Encoded), content, iv);
    }

    internal byte[] Wrap(byte[] kek, byte[] key) => _cipher is null ? BouncyCastleKeyWraps.WrapByAes(kek, key) : BouncyCastleKeyWraps.WrapByPassword(_cipher, kek, _iv, key);

    /// <summary>Unwraps.</summary>
    /// <returns>The key, which the caller clears, or <see langword="null"/> where it is none of this length that this key wrapped.</returns>
    internal byte[]? Unwrap(byte[] kek, ReadOnlyMemory<byte> wrapped, int length)
    {
        byte[]? key = _cipher is null ? BouncyCastleKeyWraps.UnwrapByAes(kek, wrapped.ToArray()) : BouncyCastleKeyWraps.UnwrapByPassword(_cipher, kek, _iv, wrapped.ToArray());
        if (key?.Length == length)
            return key;
        Secrets.Clear(key);
        return null;
    }
}
