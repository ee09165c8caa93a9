using System;
using System.IO;
using System.Runtime.CompilerServices;

namespace Cmp.Tests;

/// <summary>A home folder of the tests' own, so that the user's certificate store stays as it is. Processes that tests start share it.</summary>
internal static class TestHome
{
    private const string Variable = "CMP_TEST_HOME";

    /// <summary>The folder.</summary>
    internal static string Path { get; private set; } = string.Empty;

    [ModuleInitializer]
    internal static void Make()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } shared)
        {
            Path = shared;
        }
        else
        {
            Path = Directory.CreateDirectory(System.IO.Path.Combine(System.IO.Path.GetTempPath(), "cmp-home-" + Guid.NewGuid().ToString("N"))).FullName;
            AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Path, recursive: true);
            Environment.SetEnvironmentVariable(Variable, Path);
        }
        Environment.SetEnvironmentVariable("HOME", Path);
        Environment.SetEnvironmentVariable("CMP_HOME", System.IO.Path.Combine(Path, "cmp"));
    }
}
