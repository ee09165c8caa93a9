using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Runtime.InteropServices;
using System.Security;
using System.Threading;

namespace Cmp.Tests;

/// <summary>SoftHSM as it is installed: PKCS #11 tokens of foreign code, in a folder of this process and its children.</summary>
/// <remarks>
/// Its library finds its tokens when it is loaded, once a process: they are made before that, and each test takes one. Where it is missing, tests say
/// <c>Skip.IfNot(SoftHsm.IsAvailable, SoftHsm.WhyNot)</c>.
/// </remarks>
public static class SoftHsm
{
    /// <summary>Why it is not available.</summary>
    public const string WhyNot = "SoftHSM is not installed (Debian: softhsm2)";

    private const int Tokens = 72;

    private static readonly Lazy<string> Folder = new(Make);

    private static readonly Lazy<SoftToken> SharedToken = new(Take);

    private static int _taken;

    /// <summary>Its library, or <see langword="null"/>.</summary>
    public static string? Module { get; } = new[]
    {
        "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/lib64/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so",
    }.FirstOrDefault(File.Exists);

    /// <summary>Whether it is installed, with the program that makes tokens.</summary>
    public static bool IsAvailable => Module is not null && Programs.Find("softhsm2-util") is not null;

    /// <summary>Where what uses its tokens in another process finds them: the variable SOFTHSM2_CONF, which children inherit.</summary>
    public static string Configuration => Path.Combine(Folder.Value, "softhsm2.conf");

    /// <summary>Takes a token that no other test of this process has.</summary>
    /// <returns>The token.</returns>
    public static SoftToken Take()
    {
        _ = Folder.Value;
        int number = Interlocked.Increment(ref _taken);
        return number <= Tokens ? new SoftToken(LabelOf(number)) : throw new InvalidOperationException("More tokens are needed: say so in SoftHsm.Tokens.");
    }

    /// <summary>A token for tests that look only at keys of their own.</summary>
    public static SoftToken Shared => SharedToken.Value;

    /// <summary>No label begins with another one: pkcs11-tool takes what begins so.</summary>
    private static string LabelOf(int number) => $"token {number:00}";

    private static string Make()
    {
        var folder = new TestFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        Directory.CreateDirectory(folder.PathOf("tokens"));
        string configuration = folder.Write("softhsm2.conf", $"directories.tokendir = {folder.PathOf("tokens")}\nobjectstore.backend = file\nlog.level = ERROR\n");
        Environment.SetEnvironmentVariable("SOFTHSM2_CONF", configuration);
        // .NET keeps a copy of the environment: the library asks the C library
        if (setenv("SOFTHSM2_CONF", configuration, 1) != 0)
            throw new InvalidOperationException("SOFTHSM2_CONF cannot be set.");
        for (int number = 1; number <= Tokens; number++)
        {
            ProgramResult made = Programs.Run(Programs.Find("softhsm2-util")!, ["--init-token", "--free", "--label", LabelOf(number), "--so-pin", SoftToken.OfficersPin, "--pin", SoftToken.UsersPin]);
            if (made.ExitCode != 0)
                throw new InvalidOperationException("softhsm2-util: " + made.Text + made.Error);
        }
        return folder.Path;
    }

    [DllImport("libc", CharSet = CharSet.Ansi)]
    private static extern int setenv([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}

/// <summary>A token of <see cref="SoftHsm"/>.</summary>
/// <param name="Label">Its label, which has a blank in it.</param>
public sealed record SoftToken(string Label)
{
    internal const string OfficersPin = "87654321";
    internal const string UsersPin = "24681357";

    /// <summary>The user's PIN.</summary>
    public SecureString Pin => new NetworkCredential(string.Empty, UsersPin).SecurePassword;

    /// <summary>The token's URI, as <c>-Provider</c> takes it.</summary>
    public string Uri => With(string.Empty);

    /// <summary>Puts the user's PIN into a file that its owner alone may read.</summary>
    /// <param name="path">The file, which is not there yet.</param>
    /// <returns>The same path.</returns>
    public static string WritePin(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, options);
        writer.WriteLine(UsersPin);
        return path;
    }

    /// <summary>The URI of a key in it.</summary>
    /// <param name="attributes">As in <c>;object=web</c>.</param>
    /// <returns>As <c>-KeyPath</c> takes it.</returns>
    public string With(string attributes) => $"pkcs11:token={System.Uri.EscapeDataString(Label)}{attributes}?module-path={SoftHsm.Module}";

    /// <summary>Makes a key by foreign code: pkcs11-tool, where it is installed.</summary>
    /// <param name="kind">As in <c>EC:prime256v1</c> or <c>rsa:2048</c>.</param>
    /// <param name="label">Its label.</param>
    public void MakeForeign(string kind, string label) => Tool("--login", "--pin", UsersPin, "--keypairgen", "--key-type", kind, "--label", label, "--id", "01");

    /// <summary>What pkcs11-tool shows of it: one text an object.</summary>
    /// <param name="withPin">Whether private objects are shown too.</param>
    /// <returns>The objects.</returns>
    public IReadOnlyList<string> Objects(bool withPin = true)
    {
        string text = withPin ? Tool("--login", "--pin", UsersPin, "--list-objects") : Tool("--list-objects");
        string[] lines = text.Split('\n');
        var objects = new List<string>();
        foreach (string line in lines.Where(line => line.Length > 0 && line.Contains(':', StringComparison.Ordinal) | line.Contains(" Object", StringComparison.Ordinal)))
        {
            if (line.Contains(" Object", StringComparison.Ordinal))
                objects.Add(line);
            else if (objects.Count > 0)
                objects[^1] += "\n" + line;
        }
        return objects;
    }

    /// <summary>Removes a key pair by foreign code.</summary>
    /// <param name="label">Its label.</param>
    public void RemoveForeign(string label)
    {
        Tool("--login", "--pin", UsersPin, "--delete-object", "--type", "privkey", "--label", label);
        Tool("--login", "--pin", UsersPin, "--delete-object", "--type", "pubkey", "--label", label);
    }

    /// <summary>Runs pkcs11-tool on it.</summary>
    /// <param name="arguments">What it is told.</param>
    /// <returns>What it wrote.</returns>
    public string Tool(params string[] arguments)
    {
        ProgramResult result = Programs.Run(
            Programs.Find("pkcs11-tool") ?? throw new InvalidOperationException(PkcsTool.WhyNot),
            ["--module", SoftHsm.Module!, "--token-label", Label, .. arguments],
            environment: new Dictionary<string, string> { ["SOFTHSM2_CONF"] = SoftHsm.Configuration });
        return result.ExitCode == 0 ? result.Text : throw new InvalidOperationException("pkcs11-tool: " + result.Text + result.Error);
    }
}

/// <summary>OpenSC's pkcs11-tool as it is installed: another program's look into a token.</summary>
public static class PkcsTool
{
    /// <summary>Why it is not available.</summary>
    public const string WhyNot = "pkcs11-tool is not installed (Debian: opensc)";

    /// <summary>Whether it is installed.</summary>
    public static bool IsAvailable => Programs.Find("pkcs11-tool") is not null;
}
