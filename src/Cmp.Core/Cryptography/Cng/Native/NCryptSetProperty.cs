using System;
using System.Runtime.InteropServices;

namespace Cmp.Cryptography.Cng.Native;

/// <summary>Sets a property of a key.</summary>
/// <remarks>https://learn.microsoft.com/windows/win32/api/ncrypt/nf-ncrypt-ncryptsetproperty</remarks>
internal static class NCryptSetProperty
{
    [DllImport("ncrypt.dll", EntryPoint = "NCryptSetProperty", CharSet = CharSet.Unicode, ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static extern int Call(CngHandle handle, string property, byte[] input, int inputLength, uint flags);
}
