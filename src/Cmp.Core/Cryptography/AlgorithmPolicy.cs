using System;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>Which algorithms are strong enough to be believed, in messages and in certificate paths (rule 68). Presets and users loosen it.</summary>
public sealed record AlgorithmPolicy
{
    /// <summary>The policy that holds where nothing else is said: no MD5, no SHA-1, no DSA, RSA from 2048 bits, curves from 224 bits.</summary>
    public static AlgorithmPolicy Default { get; } = new();

    /// <summary>Whether signatures over an MD5 digest are believed.</summary>
    public bool AllowMd5Signatures { get; init; }

    /// <summary>Whether signatures over a SHA-1 digest are believed.</summary>
    public bool AllowSha1Signatures { get; init; }

    /// <summary>The shortest RSA modulus, in bits.</summary>
    public int MinRsaBits { get; init; } = 2048;

    /// <summary>The shortest coordinate of an elliptic curve, in bits.</summary>
    public int MinCurveBits { get; init; } = 224;

    /// <summary>Refuses a weak signature before anybody verifies it.</summary>
    /// <param name="signatureAlgorithm">The algorithm of the signature.</param>
    /// <param name="signerKey">The key that it is said to be made with.</param>
    /// <exception cref="CmpException"><c>CmpTrust.Algorithm</c>: the policy forbids the digest or the key.</exception>
    public void Check(AlgorithmIdentifier signatureAlgorithm, SubjectPublicKeyInfo signerKey)
    {
        CheckDigest(SignatureAlgorithms.DigestOid(signatureAlgorithm));
        switch (signerKey.Algorithm.Oid)
        {
            case string rsa when RsaPublicKey.IsRsa(rsa):
                int bits = RsaPublicKey.Read(signerKey).Bits;
                if (bits < MinRsaBits)
                    throw Refused($"an RSA key of {bits} bits, fewer than {MinRsaBits}");
                break;
            case Oids.EcPublicKey:
                int coordinate = CoordinateBits(signerKey.Key.Span);
                if (coordinate < MinCurveBits)
                    throw Refused($"a key on a curve of {coordinate} bits, fewer than {MinCurveBits}");
                break;
            case Oids.Dsa:
                throw Refused("a DSA key");
            default:
                break;
        }
    }

    /// <summary>Refuses a weak digest of what is signed; where there is none, nothing is wrong.</summary>
    /// <exception cref="CmpException"><c>CmpTrust.Algorithm</c>.</exception>
    internal void CheckDigest(string? digest)
    {
        if ((digest == Oids.Md5 && !AllowMd5Signatures) || (digest == Oids.Sha1 && !AllowSha1Signatures))
            throw Refused($"a signature over a {(digest == Oids.Md5 ? "MD5" : "SHA-1")} digest");
    }

    /// <summary>Known by the length of the point, so that curves without a name here are judged too. Rounded up to whole octets.</summary>
    private static int CoordinateBits(ReadOnlySpan<byte> point) =>
        point.IsEmpty ? 0 : (point.Length - 1) / (point[0] is 2 or 3 ? 1 : 2) * 8;

    private static CmpException Refused(string what) => new(CmpErrorKind.Trust, "CmpTrust.Algorithm", $"The signature is not believed: {what} is too weak.")
    {
        RecommendedAction = "Ask the operator of the CA for stronger algorithms; a preset for old servers may allow it.",
    };
}
