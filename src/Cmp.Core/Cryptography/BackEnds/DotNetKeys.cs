using System;
using System.Security.Cryptography;

namespace Cmp.Cryptography.BackEnds;

/// <summary>What .NET does not tell of its keys in one way everywhere.</summary>
internal static class DotNetKeys
{
    /// <summary>Whether a key's provider gives its octets away in the clear. One that does not even say is taken to refuse.</summary>
    internal static bool IsExportable(AsymmetricAlgorithm key)
    {
#if NET
        if (!OperatingSystem.IsWindows())
            return true;
#endif
        try
        {
            return key switch
            {
                RSACng cng => Allows(cng.Key.ExportPolicy),
                ECDsaCng cng => Allows(cng.Key.ExportPolicy),
                RSACryptoServiceProvider csp => csp.CspKeyContainerInfo.Exportable,
                _ => true,
            };
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>The curve by its OID, or where the platform leaves that out by its name.</summary>
    internal static EcCurve CurveOf(ECCurve curve)
    {
        foreach (EcCurve known in EcCurve.All)
        {
            if (curve.Oid?.Value == known.Oid || IsNameOf(known, curve.Oid?.FriendlyName))
                return known;
        }
        throw KeyAlgorithm.Unknown($"on the curve {curve.Oid?.Value ?? curve.Oid?.FriendlyName ?? "(unnamed)"}");
    }

    /// <summary>CNG has three names for each curve.</summary>
    private static bool IsNameOf(EcCurve curve, string? name) =>
        string.Equals(name, curve.DotNetName, StringComparison.OrdinalIgnoreCase)
        || string.Equals(name, $"sec{curve.Name}r1", StringComparison.OrdinalIgnoreCase)
        || string.Equals(name, "ECDSA_" + curve.Name, StringComparison.OrdinalIgnoreCase);

    private static bool Allows(CngExportPolicies policy) => (policy & CngExportPolicies.AllowPlaintextExport) != 0;
}
