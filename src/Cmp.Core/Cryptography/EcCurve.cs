using Cmp.Messages.Asn1;

namespace Cmp.Cryptography;

/// <summary>A curve whose keys can be read, made and used: one row a curve.</summary>
/// <param name="Oid">Its name on the wire (RFC 5480 2.1.1.1, RFC 5639 4.1).</param>
/// <param name="Name">Its name in commands, without <c>ECDSA_</c>.</param>
/// <param name="Bits">Bits of a coordinate.</param>
/// <param name="DotNetName">What CNG calls it; .NET elsewhere knows that too.</param>
/// <param name="IsFastInDotNet">Whether .NET, where it has the curve, is faster on it than BouncyCastle.</param>
internal sealed record EcCurve(string Oid, string Name, int Bits, string DotNetName, bool IsFastInDotNet)
{
    internal static readonly EcCurve[] All =
    [
        new(Oids.Secp256r1, "P256", 256, "nistP256", true),
        new(Oids.Secp384r1, "P384", 384, "nistP384", false),
        new(Oids.Secp521r1, "P521", 521, "nistP521", false),

        // RFC 5639 3.4, 3.6 and 3.7
        new(Oids.BrainpoolP256r1, "brainpoolP256r1", 256, "brainpoolP256r1", true),
        new(Oids.BrainpoolP384r1, "brainpoolP384r1", 384, "brainpoolP384r1", true),
        new(Oids.BrainpoolP512r1, "brainpoolP512r1", 512, "brainpoolP512r1", true),
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
