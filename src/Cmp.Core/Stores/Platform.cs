using System.Runtime.InteropServices;
#if NET
using System.Runtime.Versioning;
#endif

namespace Cmp.Stores;

/// <summary>What platform this is; stores and keys differ by it.</summary>
internal static class Platform
{
#if NET
    [SupportedOSPlatformGuard("windows")]
#endif
    internal static bool IsWindows { get; } = RuntimeInformation.IsOSPlatform(OSPlatform.Windows);

    /// <summary>Whether .NET keeps the stores of a user as files under the home folder: everywhere but on Windows and macOS.</summary>
    internal static bool KeepsStoresInFiles { get; } = !IsWindows && !RuntimeInformation.IsOSPlatform(OSPlatform.OSX);
}
