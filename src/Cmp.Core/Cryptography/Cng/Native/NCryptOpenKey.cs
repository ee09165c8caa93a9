using System;
using System.Runtime.InteropServices;

namespace Cmp.Cryptography.Cng.Native;

/// <summary>Opens a key by its name.</summary>
/// <remarks>https://learn.microsoft.com/windows/win32/api/ncrypt/nf-ncrypt-ncryptopenkey</remarks>
internal static class NCryptOpenKey
{
    [DllImport("ncrypt.dll", EntryPoint = "NCryptOpenKey", CharSet = CharSet.Unicode, ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static extern int Call(CngHandle provider, out CngHandle key, string keyName, uint legacyKeySpec, uint flags);
}
