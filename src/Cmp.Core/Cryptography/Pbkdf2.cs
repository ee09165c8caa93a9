using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
#if NET
using System.Security.Cryptography;
#endif

namespace Cmp.Cryptography;

/// <summary>Makes a key of a password (RFC 8018 5.2).</summary>
internal static class Pbkdf2
{
    private static readonly HashSet<string> Prfs = [Oids.HmacWithSha1, Oids.HmacWithSha224, Oids.HmacWithSha256, Oids.HmacWithSha384, Oids.HmacWithSha512];

    /// <summary>Whether a pseudorandom function is known here.</summary>
    internal static bool IsSupported(string prf) => Prfs.Contains(prf);

    /// <summary>Derives a key.</summary>
    /// <param name="prf">One that <see cref="IsSupported"/> knows.</param>
    /// <param name="password">The password's octets.</param>
    /// <param name="salt">The salt, held against the limits before.</param>
    /// <param name="iterations">How often, held against the limits before (rule 18).</param>
    /// <param name="length">Octets of the key.</param>
    /// <returns>The key; the caller clears it.</returns>
    internal static byte[] Derive(string prf, byte[] password, byte[] salt, int iterations, int length)
    {
#if NET
        HashAlgorithmName? hash = prf switch
        {
            Oids.HmacWithSha1 => HashAlgorithmName.SHA1,
            Oids.HmacWithSha256 => HashAlgorithmName.SHA256,
            Oids.HmacWithSha384 => HashAlgorithmName.SHA384,
            Oids.HmacWithSha512 => HashAlgorithmName.SHA512,
            _ => null,
        };
        if (hash is { } name)
            return Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, name, length);
#endif
        var generator = new Pkcs5S2ParametersGenerator(DigestOf(prf));
        generator.Init(password, salt, iterations);
        return ((KeyParameter)generator.GenerateDerivedMacParameters(8 * length)).GetKey();
    }

    private static IDigest DigestOf(string prf) => prf switch
    {
        Oids.HmacWithSha224 => new Sha224Digest(),
        Oids.HmacWithSha256 => new Sha256Digest(),
        Oids.HmacWithSha384 => new Sha384Digest(),
        Oids.HmacWithSha512 => new Sha512Digest(),
        _ => new Sha1Digest(),
    };
}
