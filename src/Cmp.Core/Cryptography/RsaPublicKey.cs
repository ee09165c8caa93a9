using System;
using System.Formats.Asn1;
using System.Security.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>The two numbers of an RSA public key, without leading zeros.</summary>
/// <param name="Modulus">Big-endian.</param>
/// <param name="Exponent">Big-endian.</param>
/// <remarks>
/// RFC 8017 A.1.1:
/// <code>RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }</code>
/// </remarks>
internal readonly record struct RsaPublicKey(ReadOnlyMemory<byte> Modulus, ReadOnlyMemory<byte> Exponent)
{
    /// <summary>FIPS 186-5 5.1 has exponents below 2^256; longer ones make a verification cost what a signature costs.</summary>
    private const int MaxExponentBytes = 32;

    internal int Bits
    {
        get
        {
            int bits = Modulus.Length * 8;
            for (int high = Modulus.Span[0]; high < 0x80; high <<= 1)
                bits--;
            return bits;
        }
    }

    internal static RsaPublicKey Read(SubjectPublicKeyInfo key) => Asn1Reader.Decode(key.Key, null, (ref Asn1Reader reader) =>
    {
        Asn1Reader inner = reader.ReadSequence();
        var numbers = new RsaPublicKey(ReadPositive(ref inner), ReadPositive(ref inner));
        inner.ThrowIfNotEmpty();
        if (numbers.Exponent.Length > MaxExponentBytes)
            throw inner.Malformed($"an RSA exponent of {numbers.Exponent.Length} octets");
        return numbers;
    });

    /// <summary>Whether a key's identifier is one of RSA's: for all that RSA does, or for RSASSA-PSS alone (RFC 4055 1.2, RFC 8692).</summary>
    internal static bool IsRsa(string oid) => oid is Oids.RsaEncryption or Oids.RsassaPss or Oids.RsassaPssShake128 or Oids.RsassaPssShake256;

    internal static SubjectPublicKeyInfo Write(RSAParameters key, string oid = Oids.RsaEncryption, ReadOnlyMemory<byte>? parameters = null)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteIntegerUnsigned(Integers.Trim(key.Modulus));
            writer.WriteIntegerUnsigned(Integers.Trim(key.Exponent));
        }
        AlgorithmIdentifier algorithm = oid == Oids.RsaEncryption ? AlgorithmIdentifier.WithNull(oid) : new AlgorithmIdentifier(oid, parameters);
        return new SubjectPublicKeyInfo(algorithm, writer.Encode());
    }

    private static ReadOnlyMemory<byte> ReadPositive(ref Asn1Reader reader)
    {
        ReadOnlyMemory<byte> content = reader.ReadIntegerContent();
        if (content.Span[0] >= 0x80)
            throw reader.Malformed("a negative number in an RSA key");
        ReadOnlyMemory<byte> digits = content.Slice(content.Length - Integers.Trim(content.Span).Length);
        return digits.Span[0] != 0 ? digits : throw reader.Malformed("a zero in an RSA key");
    }
}
