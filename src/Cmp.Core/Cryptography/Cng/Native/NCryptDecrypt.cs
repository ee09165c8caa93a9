using System;
using System.Runtime.InteropServices;

namespace Cmp.Cryptography.Cng.Native;

/// <summary>Decrypts; without a buffer it says how long the plaintext may be. PKCS #1 v1.5 has no padding information.</summary>
/// <remarks>https://learn.microsoft.com/windows/win32/api/ncrypt/nf-ncrypt-ncryptdecrypt</remarks>
internal static class NCryptDecrypt
{
    [DllImport("ncrypt.dll", EntryPoint = "NCryptDecrypt", CharSet = CharSet.Unicode, ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static extern int Call(CngHandle key, byte[] input, int inputLength, IntPtr paddingInfo, [Out] byte[]? output, int outputLength, out int resultLength, uint flags);
}
