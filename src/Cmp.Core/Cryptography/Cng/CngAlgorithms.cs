using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Cmp.Messages.Asn1;

namespace Cmp.Cryptography.Cng;

/// <summary>What CNG calls the kinds of keys: an algorithm, and properties that say the rest.</summary>
internal static class CngAlgorithms
{
    private const string Rsa = "RSA";
    private const string Ecdsa = "ECDSA";
    private const string MLDsa = "ML-DSA";

    /// <summary>The algorithm and what is set before the key is made; <see langword="null"/> where CNG has no such keys, or none that sign.</summary>
    internal static (string Algorithm, CngKeyProperty[] Properties)? Of(KeyAlgorithm algorithm)
    {
        if (algorithm.Curve is { } curve)
        {
            return curve.Oid switch
            {
                Oids.Secp256r1 or Oids.Secp384r1 or Oids.Secp521r1 => ("ECDSA_" + curve.Name, []),
                _ => (Ecdsa, [CngKeyProperty.Of(CngKeyProperty.CurveName, curve.DotNetName)]),
            };
        }
        return algorithm.Family switch
        {
            KeyFamily.Rsa => (Rsa, [CngKeyProperty.Of(CngKeyProperty.Length, algorithm.Bits)]),
            KeyFamily.MLDsa => (MLDsa, [CngKeyProperty.Of(CngKeyProperty.ParameterSetName, ParameterSetOf(algorithm))]),
            _ => null,
        };
    }

    /// <summary>The kinds that a provider has, by our words.</summary>
    /// <param name="known">Its algorithms, by CNG's names.</param>
    internal static IReadOnlyList<string> Words(IReadOnlyList<string> known) =>
        [.. KeyAlgorithm.All.Where(algorithm => Of(algorithm) is { } cng && Has(known, cng.Algorithm)).Select(algorithm => algorithm.Name)];

    internal static bool Has(IReadOnlyList<string> known, string algorithm) => known.Contains(algorithm, StringComparer.OrdinalIgnoreCase);

    /// <summary>What CNG calls a digest; <see langword="null"/> where it has none such.</summary>
    internal static string? DigestOf(string oid) => oid switch
    {
        Oids.Sha1 => "SHA1",
        Oids.Sha256 => "SHA256",
        Oids.Sha384 => "SHA384",
        Oids.Sha512 => "SHA512",
        _ => null,
    };

    /// <summary>BCRYPT_MLDSA_PARAMETER_SET_44 and its like.</summary>
    internal static string ParameterSetOf(KeyAlgorithm algorithm) => algorithm.Name.Substring("ML-DSA-".Length).ToString(CultureInfo.InvariantCulture);
}
