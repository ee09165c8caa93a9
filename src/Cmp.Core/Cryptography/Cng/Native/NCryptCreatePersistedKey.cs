using System;
using System.Runtime.InteropServices;

namespace Cmp.Cryptography.Cng.Native;

/// <summary>Begins a key; it is there when NCryptFinalizeKey has ended it. NCRYPT_SILENT_FLAG is none of its flags.</summary>
/// <remarks>https://learn.microsoft.com/windows/win32/api/ncrypt/nf-ncrypt-ncryptcreatepersistedkey</remarks>
internal static class NCryptCreatePersistedKey
{
    [DllImport("ncrypt.dll", EntryPoint = "NCryptCreatePersistedKey", CharSet = CharSet.Unicode, ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static extern int Call(CngHandle provider, out CngHandle key, string algorithm, string? keyName, uint legacyKeySpec, uint flags);
}
