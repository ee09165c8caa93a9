using System;
using System.Runtime.InteropServices;

namespace Cmp.Cryptography.Cng.Native;

/// <summary>Reads a property of a certificate; without a buffer it says how long it is.</summary>
/// <remarks>https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-certgetcertificatecontextproperty</remarks>
internal static class CertGetCertificateContextProperty
{
    [DllImport("crypt32.dll", EntryPoint = "CertGetCertificateContextProperty", ExactSpelling = true, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static extern bool Call(IntPtr context, uint propertyId, IntPtr data, ref int dataLength);
}
