using System;
using System.IO;

namespace Cmp.Tests;

/// <summary>Where the project lies, and beside it messages that others recorded.</summary>
public static class Repository
{
    /// <summary>The folder of Cmp.slnx.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder of recorded messages: the one that CMP_TEST_DATA names, else ../shared/data; <see langword="null"/> where neither is there.</summary>
    public static string? Data { get; } = FindData();

    /// <summary>Why a test that needs recorded messages is skipped.</summary>
    public const string NoData = "no recorded messages: neither CMP_TEST_DATA nor ../shared/data is a folder";

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Cmp.slnx")))
                return folder.FullName;
        }
        throw new InvalidOperationException($"Cmp.slnx is nowhere above {AppContext.BaseDirectory}.");
    }

    private static string? FindData()
    {
        string folder = Environment.GetEnvironmentVariable("CMP_TEST_DATA") is { Length: > 0 } named
            ? named
            : Path.GetFullPath(Path.Combine(Root, "..", "shared", "data"));
        return Directory.Exists(folder) ? folder : null;
    }
}
