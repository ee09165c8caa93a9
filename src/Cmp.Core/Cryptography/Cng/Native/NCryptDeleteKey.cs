using System;
using System.Runtime.InteropServices;

namespace Cmp.Cryptography.Cng.Native;

/// <summary>Deletes a key, and frees its handle where that succeeds.</summary>
/// <remarks>https://learn.microsoft.com/windows/win32/api/ncrypt/nf-ncrypt-ncryptdeletekey</remarks>
internal static class NCryptDeleteKey
{
    [DllImport("ncrypt.dll", EntryPoint = "NCryptDeleteKey", CharSet = CharSet.Unicode, ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static extern int Call(IntPtr key, uint flags);
}
