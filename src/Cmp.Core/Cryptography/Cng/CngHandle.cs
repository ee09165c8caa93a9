using Cmp.Cryptography.Cng.Native;
using Microsoft.Win32.SafeHandles;

namespace Cmp.Cryptography.Cng;

/// <summary>The handle of a key storage provider or of a key in it.</summary>
internal sealed class CngHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public CngHandle()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle() => NCryptFreeObject.Call(handle) == 0;
}
