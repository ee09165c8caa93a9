using System;
using System.IO;
using System.Runtime.CompilerServices;

namespace Cmp.Module.Tests.Harness;

/// <summary>
/// A home of the tests' own, so that they leave nothing in the user's certificate store and state. On Windows, where
/// HOME does not move the store, a test removes by thumbprint and key name what it made.
/// </summary>
public static class TestHome
{
    /// <summary>HOME of this process; CMP_HOME is <c>cmp</c> in it.</summary>
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "home");

    /// <summary>Makes a folder that goes when the tests end.</summary>
    /// <returns>Its path.</returns>
    public static string CreateFolder() => Directory.CreateDirectory(System.IO.Path.Combine(Path, System.IO.Path.GetRandomFileName())).FullName;

    [ModuleInitializer]
    internal static void MoveIn()
    {
        // what the SDK keeps in the user's home stays there
        string user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (Environment.GetEnvironmentVariable("DOTNET_CLI_HOME") is null)
            Environment.SetEnvironmentVariable("DOTNET_CLI_HOME", user);
        MoveOut();
        Directory.CreateDirectory(Path);
        Environment.SetEnvironmentVariable("HOME", Path);
        Environment.SetEnvironmentVariable("CMP_HOME", System.IO.Path.Combine(Path, "cmp"));
        Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
        // a test runner may end the process before this, hence also above
        AppDomain.CurrentDomain.ProcessExit += (_, _) => MoveOut();
    }

    private static void MoveOut()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}
