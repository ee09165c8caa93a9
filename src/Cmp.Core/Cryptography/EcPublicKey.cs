using System;
using System.Formats.Asn1;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>The curve and the uncompressed point of an elliptic curve public key (RFC 5480 2.2).</summary>
/// <param name="Curve">The curve.</param>
/// <param name="Point">04, then the two coordinates.</param>
internal readonly record struct EcPublicKey(EcCurve Curve, ReadOnlyMemory<byte> Point)
{
    private const byte Uncompressed = 4;

    internal ReadOnlyMemory<byte> X => Point.Slice(1, Curve.FieldBytes);

    internal ReadOnlyMemory<byte> Y => Point.Slice(1 + Curve.FieldBytes);

    /// <summary>Reads a key; that its point lies on the curve is for the library to say that opens it.</summary>
    internal static EcPublicKey Read(SubjectPublicKeyInfo key)
    {
        string oid = KeyAlgorithm.CurveOid(key.Algorithm);
        EcCurve curve = EcCurve.Find(oid) ?? throw Digests.Unsupported($"The curve {Oids.NameOf(oid)} is not supported.");
        if (key.Key.Length == 1 + 2 * curve.FieldBytes && key.Key.Span[0] == Uncompressed)
            return new EcPublicKey(curve, key.Key);
        throw key.Key.Length == 1 + curve.FieldBytes && key.Key.Span[0] is 2 or 3
            ? Digests.Unsupported("A public key that is a compressed point is not supported (RFC 5480 2.2).")
            : new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", $"A public key of {key.Key.Length} octets is no point of {curve.Name}.") { Octets = key.Encoded };
    }

    /// <summary>Reads a key whose point lies on the curve; any other one throws.</summary>
    internal static EcPublicKey ReadChecked(SubjectPublicKeyInfo key)
    {
        EcPublicKey point = Read(key);
        BouncyCastleBackEnd.EnsureOnCurve(point);
        return point;
    }

    internal static byte[] Join(byte[] x, byte[] y)
    {
        var point = new byte[1 + x.Length + y.Length];
        point[0] = Uncompressed;
        x.CopyTo(point, 1);
        y.CopyTo(point, 1 + x.Length);
        return point;
    }

    internal static AlgorithmIdentifier Identifier(EcCurve curve)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(curve.Oid);
        return new AlgorithmIdentifier(Oids.EcPublicKey, writer.Encode());
    }

    internal static SubjectPublicKeyInfo Write(EcCurve curve, byte[] point) => new(Identifier(curve), point);
}
