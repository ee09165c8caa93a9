using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>The number of an elliptic curve private key, with the public point where it comes along.</summary>
/// <param name="D">The number, as long as a coordinate.</param>
/// <param name="Point">The uncompressed public point, or empty.</param>
/// <remarks>
/// RFC 5915 3:
/// <code>
/// ECPrivateKey ::= SEQUENCE { version INTEGER { ecPrivkeyVer1(1) }, privateKey OCTET STRING,
///   parameters [0] EXPLICIT ECParameters OPTIONAL, publicKey [1] EXPLICIT BIT STRING OPTIONAL }
/// </code>
/// </remarks>
internal readonly record struct EcPrivateKey(byte[] D, byte[] Point)
{
    /// <summary>Reads the key. The caller clears <see cref="D"/>.</summary>
    internal static EcPrivateKey Read(ReadOnlyMemory<byte> sec1, EcCurve curve) => Pkcs8.Decode(sec1, (ref Asn1Reader reader) =>
    {
        Asn1Reader inner = reader.ReadSequence();
        inner.ReadInt32();
        byte[] number = Integers.Pad(inner.ReadOctetString().Span, curve.FieldBytes) ?? throw inner.Malformed("a number that does not fit the curve");
        inner.TryReadExplicit(0, (ref Asn1Reader r) => r.ReadEncoded(), out _);
        inner.TryReadExplicit(1, (ref Asn1Reader r) => r.ReadBitStringOctets(), out ReadOnlyMemory<byte> point);
        inner.ThrowIfNotEmpty();
        return new EcPrivateKey(number, point.ToArray());
    });

    /// <summary>The algorithm of a key that stands alone and so names its curve itself.</summary>
    internal static AlgorithmIdentifier AlgorithmOf(ReadOnlyMemory<byte> sec1) => Pkcs8.Decode(sec1, (ref Asn1Reader reader) =>
    {
        Asn1Reader inner = reader.ReadSequence();
        inner.ReadInt32();
        inner.ReadOctetString();
        return inner.TryReadExplicit(0, (ref Asn1Reader r) => r.ReadEncoded(), out ReadOnlyMemory<byte> curve)
            ? new AlgorithmIdentifier(Oids.EcPublicKey, curve.ToArray())
            : throw inner.Malformed("no curve");
    });

    /// <summary>The PrivateKeyInfo, whose algorithm names the curve, so that the key itself does not (RFC 5915 3).</summary>
    internal static byte[] WritePkcs8(EcCurve curve, byte[] d, byte[] point)
    {
        byte[] sec1 = Pkcs8.Encode(d.Length + point.Length + 32, writer =>
        {
            using (writer.PushSequence())
            {
                writer.WriteInteger(1);
                writer.WriteOctetString(d);
                using (writer.PushSequence(Tags.Constructed(1)))
                    writer.WriteBitString(point);
            }
        });
        try
        {
            return Pkcs8.Write(EcPublicKey.Identifier(curve), sec1);
        }
        finally
        {
            Secrets.Clear(sec1);
        }
    }
}
