using System;
using System.Runtime.InteropServices;

namespace Cmp.Cryptography.Cng.Native;

/// <summary>Exports a key as a blob; without a buffer it says how long it is.</summary>
/// <remarks>https://learn.microsoft.com/windows/win32/api/ncrypt/nf-ncrypt-ncryptexportkey</remarks>
internal static class NCryptExportKey
{
    [DllImport("ncrypt.dll", EntryPoint = "NCryptExportKey", CharSet = CharSet.Unicode, ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static extern int Call(CngHandle key, IntPtr exportKey, string blobType, IntPtr parameters, [Out] byte[]? output, int outputLength, out int resultLength, uint flags);
}
