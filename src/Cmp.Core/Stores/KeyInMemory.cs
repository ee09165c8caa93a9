using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
#if NET
using System.Runtime.Versioning;
#endif

namespace Cmp.Stores;

/// <summary>Tells keys that are in memory only from those that Windows keeps.</summary>
#if NET
[SupportedOSPlatform("windows")]
#endif
internal static class KeyInMemory
{
    /// <summary>Whether a certificate object holds a key that goes when it goes. A key with a name, or in an old CSP container, stays.</summary>
    /// <param name="certificate">A certificate with a private key.</param>
    internal static bool IsOf(X509Certificate2 certificate)
    {
        using RSA? rsa = certificate.GetRSAPrivateKey();
        using ECDsa? ecdsa = rsa is null ? certificate.GetECDsaPrivateKey() : null;
        CngKey? key = (rsa as RSACng)?.Key ?? (ecdsa as ECDsaCng)?.Key;
#if NET
        using ECDiffieHellman? agreeing = key is null ? certificate.GetECDiffieHellmanPrivateKey() : null;
        key ??= (agreeing as ECDiffieHellmanCng)?.Key;
#endif
        return key is not null && !HasName(key);
    }

    private static bool HasName(CngKey key)
    {
        try
        {
            return !key.IsEphemeral && !string.IsNullOrEmpty(key.KeyName);
        }
        catch (CryptographicException)
        {
            // a key that came in by its handle and does not know that it is ephemeral
            return false;
        }
    }
}
