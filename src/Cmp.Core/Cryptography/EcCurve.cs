using Cmp.Messages.Asn1;

namespace Cmp.Cryptography;

/// <summary>A curve whose keys can be read, made and used: one row a curve.</summary>
/// <param name="Oid">Its name on the wire (RFC 5480 2.1.1.1).</param>
/// <param name="Name">Its name in commands, without <c>ECDSA_</c>.</param>
/// <param name="Bits">Bits of a coordinate.</param>
internal sealed record EcCurve(string Oid, string Name, int Bits)
{
    internal static readonly EcCurve[] All =
    [
        new(Oids.Secp256r1, "P256", 256),
        new(Oids.Secp384r1, "P384", 384),
        new(Oids.Secp521r1, "P521", 521),
    ];

    /// <summary>Octets of a coordinate, of a private key, and of each half of a signature.</summary>
    internal int FieldBytes => (Bits + 7) / 8;

    internal static EcCurve? Find(string oid)
    {
        foreach (EcCurve curve in All)
        {
            if (curve.Oid == oid)
                return curve;
        }
        return null;
    }
}
