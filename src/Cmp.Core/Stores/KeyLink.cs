using System;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Keys;
#if NET
using System.Runtime.Versioning;
#endif

namespace Cmp.Stores;

/// <summary>Ties a certificate of Windows to the named key that belongs to it.</summary>
/// <remarks>
/// By CERT_KEY_PROV_INFO_PROP_ID of the certificate's context, with the machine flag as we know it: CopyWithPrivateKey asks the key for it,
/// and keys of Windows before build 22000 answer wrongly.
/// </remarks>
#if NET
[SupportedOSPlatform("windows")]
#endif
internal static class KeyLink
{
    private const uint CertKeyProvInfoPropId = 2;
    private const uint CryptMachineKeyset = 0x20;

    /// <summary>Ties them; the store that gets the certificate keeps the tie.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="keyName">The name of the key.</param>
    /// <param name="isMachineKey">Whether it is the computer's.</param>
    internal static void Set(X509Certificate2 certificate, string keyName, bool isMachineKey)
    {
        // a provider type of 0 says that the provider is one of CNG
        var info = new CryptKeyProvInfo
        {
            ContainerName = keyName,
            ProviderName = NamedCngKey.Provider.Provider,
            Flags = isMachineKey ? CryptMachineKeyset : 0,
        };
        bool isSet = CertSetCertificateContextProperty(certificate.Handle, CertKeyProvInfoPropId, 0, ref info);
        int error = Marshal.GetHRForLastWin32Error();
        GC.KeepAlive(certificate);
        if (!isSet)
            throw new CryptographicException(error);
    }

    /// <summary>Whether a certificate object holds a key that goes when it goes. A key with a name, or in an old CSP container, stays.</summary>
    /// <param name="certificate">A certificate with a private key.</param>
    internal static bool IsToKeyInMemory(X509Certificate2 certificate)
    {
        using RSA? rsa = certificate.GetRSAPrivateKey();
        using ECDsa? ecdsa = rsa is null ? certificate.GetECDsaPrivateKey() : null;
        CngKey? key = (rsa as RSACng)?.Key ?? (ecdsa as ECDsaCng)?.Key;
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

    [DllImport("crypt32.dll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static extern bool CertSetCertificateContextProperty(IntPtr context, uint propertyId, uint flags, ref CryptKeyProvInfo data);

    /// <summary>CRYPT_KEY_PROV_INFO of wincrypt.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct CryptKeyProvInfo
    {
        [MarshalAs(UnmanagedType.LPWStr)]
        internal string ContainerName;
        [MarshalAs(UnmanagedType.LPWStr)]
        internal string ProviderName;
        internal uint ProviderType;
        internal uint Flags;
        internal uint ParameterCount;
        internal IntPtr Parameters;
        internal uint KeySpec;
    }
}
