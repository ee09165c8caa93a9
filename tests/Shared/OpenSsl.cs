using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.RegularExpressions;

namespace Cmp.Tests;

/// <summary>OpenSSL's program as it is installed: a client, a server and a certificate maker that others wrote.</summary>
/// <remarks>Its <c>cmp</c> exists since 3.0. Where it is missing, tests say <c>Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot)</c>.</remarks>
public static class OpenSsl
{
    private static readonly Lazy<(string? File, Version Version)> Found = new(Look);

    /// <summary>Whether an openssl with <c>cmp</c> is installed.</summary>
    public static bool IsAvailable => Found.Value.File is not null && Found.Value.Version.Major >= 3;

    /// <summary>Why it is not available; empty where it is.</summary>
    public static string WhyNot => IsAvailable
        ? string.Empty
        : Found.Value.File is null
            ? "openssl is not installed"
            : $"openssl {Found.Value.Version} has no cmp (3.0 or later has)";

    /// <summary>Its version.</summary>
    public static Version Version => Found.Value.Version;

    /// <summary>Its file.</summary>
    internal static string File => Found.Value.File ?? throw new InvalidOperationException(WhyNot);

    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">As in <c>["x509", "-in", file]</c>; never a secret.</param>
    /// <param name="input">What it reads from standard input.</param>
    /// <param name="environment">Variables for <c>env:</c> pass phrases.</param>
    /// <param name="timeout">How long it may take, a minute where nothing is said.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="TimeoutException">It took longer.</exception>
    public static ProgramResult Run(
        IEnumerable<string> arguments,
        byte[]? input = null,
        IReadOnlyDictionary<string, string>? environment = null,
        TimeSpan? timeout = null) => Programs.Run(File, arguments, input, environment, timeout);

    /// <summary>Runs it, and throws what it wrote where it failed.</summary>
    /// <param name="arguments">As in <c>["x509", "-in", file]</c>; never a secret.</param>
    /// <param name="input">What it reads from standard input.</param>
    /// <param name="environment">Variables for <c>env:</c> pass phrases.</param>
    /// <returns>What it wrote to standard output.</returns>
    /// <exception cref="InvalidOperationException">It ended with an error.</exception>
    public static byte[] Require(IEnumerable<string> arguments, byte[]? input = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProgramResult result = Run(arguments, input, environment);
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException($"openssl {string.Join(" ", arguments)} ended with {result.ExitCode}:{Environment.NewLine}{result.Text}{result.Error}");
    }

    /// <summary>A whole transaction of its client with a mock server in the same process: messages of foreign code, without a socket.</summary>
    /// <param name="folder">Where the messages are left.</param>
    /// <param name="arguments">Options of client and server; without <c>-reqout</c> and <c>-rspout</c>.</param>
    /// <param name="environment">Variables for <c>env:</c> pass phrases.</param>
    /// <returns>All requests, then all responses, in their order; also those of a transaction that failed.</returns>
    public static (IReadOnlyList<byte[]> Requests, IReadOnlyList<byte[]> Responses) Exchange(
        TestFolder folder,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        const int Most = 8;
        string run = Guid.NewGuid().ToString("N");
        string[] Names(string kind)
        {
            var names = new string[Most];
            for (int i = 0; i < Most; i++)
                names[i] = folder.PathOf($"{run}.{kind}{i}.der");
            return names;
        }
        string[] requests = Names("req"), responses = Names("rsp");
        List<string> all = ["cmp", "-config", string.Empty, "-use_mock_srv", "-batch", "-reqout", string.Join(",", requests), "-rspout", string.Join(",", responses)];
        all.AddRange(arguments);
        ProgramResult result = Run(all, environment: environment);
        (List<byte[]> sent, List<byte[]> received) = (Read(requests), Read(responses));
        return sent.Count > 0 ? (sent, received) : throw new InvalidOperationException("openssl cmp sent nothing:" + Environment.NewLine + result.Error);

        static List<byte[]> Read(string[] files)
        {
            var messages = new List<byte[]>();
            foreach (string file in files)
            {
                if (System.IO.File.Exists(file))
                    messages.Add(System.IO.File.ReadAllBytes(file));
            }
            return messages;
        }
    }

    private static (string? File, Version Version) Look()
    {
        if (Programs.Find("openssl") is not { } file)
            return (null, new Version(0, 0));
        Match match = Regex.Match(Programs.Run(file, ["version"]).Text, @"^OpenSSL (\d+)\.(\d+)\.(\d+)");
        return !match.Success
            ? (file, new Version(0, 0)) // LibreSSL and others
            : (file, new Version(Number(1), Number(2), Number(3)));

        int Number(int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
    }
}
