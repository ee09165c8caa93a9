using System;
using System.Runtime.InteropServices;

namespace Cmp.Cryptography.Cng.Native;

/// <summary>Sets a property of a certificate; one in a store that is open for writing keeps it.</summary>
/// <remarks>https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-certsetcertificatecontextproperty</remarks>
internal static class CertSetCertificateContextProperty
{
    [DllImport("crypt32.dll", EntryPoint = "CertSetCertificateContextProperty", ExactSpelling = true, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static extern bool Call(IntPtr context, uint propertyId, uint flags, IntPtr data);
}
