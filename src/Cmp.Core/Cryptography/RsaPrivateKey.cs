using System;
using System.Security.Cryptography;
using Cmp.Messages.Asn1;

namespace Cmp.Cryptography;

/// <summary>The numbers of an RSA private key.</summary>
/// <remarks>
/// RFC 8017 A.1.2, of two primes:
/// <code>
/// RSAPrivateKey ::= SEQUENCE { version INTEGER { two-prime(0) }, modulus INTEGER, publicExponent INTEGER, privateExponent INTEGER,
///   prime1 INTEGER, prime2 INTEGER, exponent1 INTEGER, exponent2 INTEGER, coefficient INTEGER }
/// </code>
/// </remarks>
internal static class RsaPrivateKey
{
    /// <summary>Reads the numbers, padded as .NET wants them. The caller clears them.</summary>
    internal static RSAParameters Read(ReadOnlyMemory<byte> pkcs1) => Pkcs8.Decode(pkcs1, (ref Asn1Reader reader) =>
    {
        Asn1Reader inner = reader.ReadSequence();
        if (inner.ReadInt32() != 0)
            throw inner.Malformed("an RSA key of more than two primes");
        byte[] modulus = Integers.Trim(inner.ReadIntegerContent().Span).ToArray();
        if (modulus.Length * 8 > inner.Options.Limits.MaxPublicKeyBits)
            throw inner.Malformed("an RSA key that is too long");
        byte[] exponent = Integers.Trim(inner.ReadIntegerContent().Span).ToArray();
        int half = (modulus.Length + 1) / 2;
        var key = new RSAParameters
        {
            Modulus = modulus,
            Exponent = exponent,
            D = Number(ref inner, modulus.Length),
            P = Number(ref inner, half),
            Q = Number(ref inner, half),
            DP = Number(ref inner, half),
            DQ = Number(ref inner, half),
            InverseQ = Number(ref inner, half),
        };
        inner.ThrowIfNotEmpty();
        return key;
    });

    internal static byte[] Write(RSAParameters key) => Pkcs8.Encode(key.Modulus!.Length * 5 + 128, writer =>
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            foreach (byte[]? number in new[] { key.Modulus, key.Exponent, key.D, key.P, key.Q, key.DP, key.DQ, key.InverseQ })
                writer.WriteIntegerUnsigned(Integers.Trim(number));
        }
    });

    internal static void Clear(RSAParameters key)
    {
        foreach (byte[]? number in new[] { key.D, key.P, key.Q, key.DP, key.DQ, key.InverseQ })
            Secrets.Clear(number);
    }

    private static byte[] Number(ref Asn1Reader reader, int length)
    {
        ReadOnlyMemory<byte> content = reader.ReadIntegerContent();
        return content.Span[0] < 0x80 && Integers.Pad(content.Span, length) is { } number ? number : throw reader.Malformed("a number that does not fit the key");
    }
}
