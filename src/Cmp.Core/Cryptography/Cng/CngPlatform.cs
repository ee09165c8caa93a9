using System.Runtime.InteropServices;

namespace Cmp.Cryptography.Cng;

/// <summary>Whether this platform has CNG.</summary>
internal static class CngPlatform
{
    /// <summary>The key storage of this computer; <see langword="null"/> where it is not Windows.</summary>
    internal static ICngStorage? Storage { get; } = RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? new WindowsCngStorage() : null;
}
