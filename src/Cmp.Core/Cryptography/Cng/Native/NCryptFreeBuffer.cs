using System;
using System.Runtime.InteropServices;

namespace Cmp.Cryptography.Cng.Native;

/// <summary>Frees what an enumeration gave.</summary>
/// <remarks>https://learn.microsoft.com/windows/win32/api/ncrypt/nf-ncrypt-ncryptfreebuffer</remarks>
internal static class NCryptFreeBuffer
{
    [DllImport("ncrypt.dll", EntryPoint = "NCryptFreeBuffer", CharSet = CharSet.Unicode, ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static extern int Call(IntPtr buffer);
}
