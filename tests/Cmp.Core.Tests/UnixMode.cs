using System;
using System.IO;
using Xunit;

#pragma warning disable CA1416 // tests that come here skip on Windows first

namespace Cmp.Tests;

/// <summary>Modes of files, for tests of Unix.</summary>
internal static class UnixMode
{
    internal const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    internal static void OrSkip() => Skip.If(OperatingSystem.IsWindows(), "modes and permissions of Unix");

    internal static UnixFileMode Of(string path) => File.GetUnixFileMode(path);

    internal static void Set(string path, int mode) => File.SetUnixFileMode(path, (UnixFileMode)mode);
}
