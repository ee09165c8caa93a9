using System;
using System.Runtime.InteropServices;

namespace Cmp.Cryptography.Cng.Native;

/// <summary>Lists the registered key storage providers.</summary>
/// <remarks>https://learn.microsoft.com/windows/win32/api/ncrypt/nf-ncrypt-ncryptenumstorageproviders, ns-ncrypt-ncryptprovidername</remarks>
internal static class NCryptEnumStorageProviders
{
    [DllImport("ncrypt.dll", EntryPoint = "NCryptEnumStorageProviders", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static extern int Call(out int providerCount, out IntPtr providerList, uint flags);

    /// <summary>NCryptProviderName of ncrypt.h; both point to Unicode text.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ProviderName
    {
        internal IntPtr Name;
        internal IntPtr Comment;
    }
}
