using System;
using System.Runtime.InteropServices;

namespace Cmp.Cryptography.Cng.Native;

/// <summary>Lists the algorithms that a key storage provider has.</summary>
/// <remarks>https://learn.microsoft.com/windows/win32/api/ncrypt/nf-ncrypt-ncryptenumalgorithms, ns-ncrypt-ncryptalgorithmname</remarks>
internal static class NCryptEnumAlgorithms
{
    [DllImport("ncrypt.dll", EntryPoint = "NCryptEnumAlgorithms", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    internal static extern int Call(CngHandle provider, uint operations, out int algorithmCount, out IntPtr algorithmList, uint flags);

    /// <summary>NCryptAlgorithmName of ncrypt.h; the name points to Unicode text.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct AlgorithmName
    {
        internal IntPtr Name;
        internal uint Class;
        internal uint Operations;
        internal uint Flags;
    }
}
