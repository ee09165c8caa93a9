using System;
using System.Runtime.InteropServices;

namespace Cmp.Cryptography.Cng.Native;

/// <summary>Reads a property of a key; without a buffer it says how long it is.</summary>
/// <remarks>https://learn.microsoft.com/windows/win32/api/ncrypt/nf-ncrypt-ncryptgetproperty</remarks>
internal static class NCryptGetProperty
{
    [DllImport("ncrypt.dll", EntryPoint = "NCryptGetProperty", CharSet = CharSet.Unicode, ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static extern int Call(CngHandle handle, string property, [Out] byte[]? output, int outputLength, out int resultLength, uint flags);
}
