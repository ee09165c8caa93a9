using System;
using System.Runtime.InteropServices;

namespace Cmp.Cryptography.Cng.Native;

/// <summary>Signs a digest, or of ML-DSA the message; without a buffer it says how long the signature is.</summary>
/// <remarks>https://learn.microsoft.com/windows/win32/api/ncrypt/nf-ncrypt-ncryptsignhash</remarks>
internal static class NCryptSignHash
{
    [DllImport("ncrypt.dll", EntryPoint = "NCryptSignHash", CharSet = CharSet.Unicode, ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static extern int Call(CngHandle key, IntPtr paddingInfo, byte[] hashValue, int hashLength, [Out] byte[]? signature, int signatureLength, out int resultLength, uint flags);
}
