using System;
using System.Runtime.InteropServices;

namespace Cmp.Cryptography.Cng.Native;

/// <summary>Frees the handle of a provider or a key.</summary>
/// <remarks>https://learn.microsoft.com/windows/win32/api/ncrypt/nf-ncrypt-ncryptfreeobject</remarks>
internal static class NCryptFreeObject
{
    [DllImport("ncrypt.dll", EntryPoint = "NCryptFreeObject", CharSet = CharSet.Unicode, ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static extern int Call(IntPtr handle);
}
