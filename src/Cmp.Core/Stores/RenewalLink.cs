using System;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography.Cng.Native;
using Cmp.Messages.Asn1;

namespace Cmp.Stores;

/// <summary>Writes to a certificate in a store of Windows which one took its place: who holds it by its thumbprint finds the new one.</summary>
/// <remarks>CERT_RENEWAL_PROP_ID of wincrypt.h: the hash of the renewed certificate, which is its SHA-1 thumbprint.</remarks>
internal static class RenewalLink
{
    private const uint CertRenewalPropId = 64;

    /// <summary>Writes it; the store that the certificate is in, open for writing, keeps it.</summary>
    /// <param name="old">The certificate.</param>
    /// <param name="thumbprint">That of the new one.</param>
    /// <exception cref="CryptographicException">Windows refused.</exception>
    internal static void Set(X509Certificate2 old, string thumbprint)
    {
        byte[] hash = Hex.Parse(thumbprint);
        GCHandle octets = GCHandle.Alloc(hash, GCHandleType.Pinned);
        IntPtr data = Marshal.AllocHGlobal(Marshal.SizeOf<CryptDataBlob>());
        try
        {
            Marshal.StructureToPtr(new CryptDataBlob { Length = hash.Length, Data = octets.AddrOfPinnedObject() }, data, fDeleteOld: false);
            bool isSet = CertSetCertificateContextProperty.Call(old.Handle, CertRenewalPropId, 0, data);
            int error = Marshal.GetHRForLastWin32Error();
            GC.KeepAlive(old);
            if (!isSet)
                throw new CryptographicException(error);
        }
        finally
        {
            Marshal.FreeHGlobal(data);
            octets.Free();
        }
    }

    /// <summary>CRYPT_DATA_BLOB of wincrypt.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct CryptDataBlob
    {
        internal int Length;
        internal IntPtr Data;
    }
}
