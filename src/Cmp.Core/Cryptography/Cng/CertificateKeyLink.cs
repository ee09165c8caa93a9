using System;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography.Cng.Native;

namespace Cmp.Cryptography.Cng;

/// <summary>The tie between a certificate of Windows and the named key that belongs to it.</summary>
/// <remarks>
/// By CERT_KEY_PROV_INFO_PROP_ID of the certificate's context, with the machine flag as we know it: CopyWithPrivateKey asks the key for it,
/// and keys of Windows before build 22000 answer wrongly.
/// </remarks>
internal static class CertificateKeyLink
{
    private const uint CertKeyProvInfoPropId = 2;
    private const uint CryptMachineKeyset = 0x20;

    /// <summary>Ties them; the store that gets the certificate keeps the tie.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="key">The key.</param>
    /// <exception cref="CryptographicException">Windows refused.</exception>
    internal static void Set(X509Certificate2 certificate, CngName key)
    {
        // a provider type of 0 says that the provider is one of CNG
        var info = new CryptKeyProvInfo
        {
            ContainerName = Marshal.StringToHGlobalUni(key.Name),
            ProviderName = Marshal.StringToHGlobalUni(key.Provider),
            Flags = key.IsMachine ? CryptMachineKeyset : 0,
        };
        IntPtr data = Marshal.AllocHGlobal(Marshal.SizeOf<CryptKeyProvInfo>());
        try
        {
            Marshal.StructureToPtr(info, data, fDeleteOld: false);
            bool isSet = CertSetCertificateContextProperty.Call(certificate.Handle, CertKeyProvInfoPropId, 0, data);
            int error = Marshal.GetHRForLastWin32Error();
            GC.KeepAlive(certificate);
            if (!isSet)
                throw new CryptographicException(error);
        }
        finally
        {
            Marshal.FreeHGlobal(data);
            Marshal.FreeHGlobal(info.ContainerName);
            Marshal.FreeHGlobal(info.ProviderName);
        }
    }

    /// <summary>The key that a certificate is tied to.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <returns>Its name; <see langword="null"/> where there is no tie, or one to a container of a CSP from before CNG.</returns>
    internal static CngName? Get(X509Certificate2 certificate)
    {
        int length = 0;
        if (!CertGetCertificateContextProperty.Call(certificate.Handle, CertKeyProvInfoPropId, IntPtr.Zero, ref length) || length < Marshal.SizeOf<CryptKeyProvInfo>())
            return null;
        IntPtr data = Marshal.AllocHGlobal(length);
        try
        {
            if (!CertGetCertificateContextProperty.Call(certificate.Handle, CertKeyProvInfoPropId, data, ref length))
                return null;
            CryptKeyProvInfo info = Marshal.PtrToStructure<CryptKeyProvInfo>(data);
            return info.ProviderType == 0 && Marshal.PtrToStringUni(info.ProviderName) is { Length: > 0 } provider && Marshal.PtrToStringUni(info.ContainerName) is { Length: > 0 } name
                ? new CngName(provider, name, (info.Flags & CryptMachineKeyset) != 0)
                : null;
        }
        finally
        {
            Marshal.FreeHGlobal(data);
            GC.KeepAlive(certificate);
        }
    }

    /// <summary>CRYPT_KEY_PROV_INFO of wincrypt.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct CryptKeyProvInfo
    {
        internal IntPtr ContainerName;
        internal IntPtr ProviderName;
        internal uint ProviderType;
        internal uint Flags;
        internal uint ParameterCount;
        internal IntPtr Parameters;
        internal uint KeySpec;
    }
}
