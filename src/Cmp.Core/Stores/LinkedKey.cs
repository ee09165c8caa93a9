using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Keys;
#if NET
using System.Runtime.Versioning;
#endif

namespace Cmp.Stores;

/// <summary>The named key of Windows that a certificate in a store is tied to, where <see cref="NamedCngKey"/> made it: nothing else uses that one.</summary>
#if NET
[SupportedOSPlatform("windows")]
#endif
internal static class LinkedKey
{
    /// <summary>Deletes the key once its certificate is gone.</summary>
    /// <param name="certificate">The certificate, open still.</param>
    /// <returns>Deletes it; <see langword="null"/> where the key is another kind of key, or was not made here.</returns>
    internal static Action? DeletionOf(X509Certificate2 certificate)
    {
        using RSA? rsa = certificate.GetRSAPrivateKey();
        using ECDsa? ecdsa = rsa is null ? certificate.GetECDsaPrivateKey() : null;
        CngKey? key = (rsa as RSACng)?.Key ?? (ecdsa as ECDsaCng)?.Key;
        if (key is not { IsEphemeral: false, KeyName: { } name } || key.Provider != NamedCngKey.Provider || !name.StartsWith(NamedCngKey.Prefix, StringComparison.Ordinal))
            return null;
        bool isMachineKey = key.IsMachineKey;
        return () => NamedCngKey.Delete(name, isMachineKey);
    }
}
