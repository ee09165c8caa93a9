using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Threading;

namespace Cmp.Tests;

/// <summary>How a <see cref="TestServerProcess"/> behaves.</summary>
public sealed record TestServerProcessOptions
{
    /// <summary>The password, where it is not to be a random one.</summary>
    public string? Secret { get; init; }

    /// <summary>The folder of its state, where it is to outlive the server object; <see langword="null"/>: one of its own.</summary>
    public string? StatePath { get; init; }

    /// <summary>How often a client must poll in vain.</summary>
    public int PollCount { get; init; }

    /// <summary>What it says in checkAfter, in seconds.</summary>
    public int CheckAfter { get; init; } = 1;

    /// <summary>Whether it grants implicit confirmation to those that ask for it.</summary>
    public bool GrantImplicitConfirm { get; init; } = true;

    /// <summary>Whether the pkiConf is what has to be polled for.</summary>
    public bool DelayConfirmation { get; init; }

    /// <summary>Seconds that a certConf is waited for.</summary>
    public int ConfirmWaitTime { get; init; } = 300;

    /// <summary>Whether it refuses what RFC 9483 forbids.</summary>
    public bool Strict { get; init; }

    /// <summary>How far its clock is ahead of this machine's: nobody waits in earnest for an hour to pass.</summary>
    public TimeSpan ClockAhead { get; init; }
}

/// <summary>A certificate that a <see cref="TestServerProcess"/> issued, as its state says.</summary>
/// <param name="Certificate">It.</param>
/// <param name="Deadline">Until when it is to be confirmed; <see langword="null"/>: it is.</param>
/// <param name="IsDiscarded">Whether its owner refused it, or gave up.</param>
public sealed record IssuedByProcess(X509Certificate2 Certificate, DateTimeOffset? Deadline, bool IsDiscarded)
{
    /// <summary>Whether it was confirmed, in words or implicitly.</summary>
    public bool IsConfirmed => !IsDiscarded && Deadline is null;
}

/// <summary>
/// Our test server in a process of its own, which may be killed at any moment and started again: the errand <c>serve</c> of Cmp.Core.Tests, whose assembly
/// must have been built in the same configuration. What it issued is read from its state.
/// </summary>
/// <remarks>It ends with the standard input that we hold open, so that it does not outlive the tests.</remarks>
public sealed class TestServerProcess : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly StringBuilder _log = new();
    private TestServerProcessOptions _options;
    private Process? _process;
    private Uri? _uri;

    private TestServerProcess(TestServerProcessOptions options)
    {
        _options = options;
        Secret = options.Secret ?? Convert.ToHexString(RandomNumberGenerator.GetBytes(12));
        StatePath = options.StatePath ?? _folder.PathOf("state");
    }

    /// <summary>Its address, the same after each start.</summary>
    public Uri Uri => _uri!;

    /// <summary>The reference value of the shared secret.</summary>
    public string Reference => "process";

    /// <summary>The shared secret.</summary>
    public string Secret { get; }

    /// <summary>The folder of its state.</summary>
    public string StatePath { get; }

    /// <summary>Its root: the trust anchor of its clients.</summary>
    public X509Certificate2 RootCertificate
    {
        get
        {
            using JsonDocument authority = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(StatePath, "authority", "authority.json")));
            return X509CertificateLoader.LoadCertificate(authority.RootElement.GetProperty("root").GetBytesFromBase64());
        }
    }

    /// <summary>Everything that it ever delivered, in the order of issue, whatever became of it. Asked while nothing is being issued, be it that the server was killed.</summary>
    public IReadOnlyList<IssuedByProcess> Issued
    {
        get
        {
            var issued = new SortedDictionary<long, IssuedByProcess>();
            foreach (JsonElement entry in Read("certificates"))
                Add(entry);
            // a transaction that is being dropped has both: what it says itself is newer
            foreach (JsonElement entry in Read("transactions").SelectMany(transaction => transaction.GetProperty("certificates").EnumerateArray()))
                Add(entry);
            return [.. issued.Values];

            void Add(JsonElement entry) => issued[entry.GetProperty("number").GetInt64()] = new IssuedByProcess(
                X509CertificateLoader.LoadCertificate(entry.GetProperty("certificate").GetBytesFromBase64()),
                entry.TryGetProperty("deadline", out JsonElement deadline) ? DateTimeOffset.Parse(deadline.GetString()!, CultureInfo.InvariantCulture) : null,
                entry.GetProperty("isDiscarded").GetBoolean());
        }
    }

    /// <summary>Starts one and waits until it listens.</summary>
    /// <param name="options">How it behaves.</param>
    /// <returns>The server; dispose of it.</returns>
    /// <exception cref="InvalidOperationException">It did not start within its time; the text says what it wrote.</exception>
    public static TestServerProcess Start(TestServerProcessOptions? options = null)
    {
        var server = new TestServerProcess(options ?? new TestServerProcessOptions());
        try
        {
            server.Run();
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Ends the process at once, wherever it is (SIGKILL on Unix), and waits until it is gone.</summary>
    public void Kill()
    {
        if (_process is null)
            return;
        Programs.Stop(_process);
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts it again on the same port with the same state; one that still runs is killed first.</summary>
    /// <param name="options">How it behaves from now on; <see langword="null"/>: as before. Secret and folder stay.</param>
    /// <exception cref="InvalidOperationException">It did not start within its time; the text says what it wrote.</exception>
    public void Restart(TestServerProcessOptions? options = null)
    {
        Kill();
        _options = options ?? _options;
        Run();
    }

    /// <summary>Kills it and removes what it had.</summary>
    public void Dispose()
    {
        Kill();
        _folder.Dispose();
    }

    /// <summary>Where the errands are: beside us, or in the output of their project.</summary>
    private static string Assembly()
    {
        const string Name = "Cmp.Core.Tests";
        string own = Path.Combine(AppContext.BaseDirectory, Name + ".dll");
        if (File.Exists(own))
            return own;
        string output = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        string configuration = Path.GetFileName(Path.GetDirectoryName(output)!);
        string file = Path.Combine(Repository.Root, "tests", Name, "bin", configuration, Path.GetFileName(output), Name + ".dll");
        return File.Exists(file) ? file : throw new InvalidOperationException($"{file} is not there: build tests/{Name} first.");
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    private void Run()
    {
        string[] arguments =
        [
            "exec", Assembly(), "serve", StatePath,
            "port=" + Text(_uri?.Port ?? 0),
            "reference=" + Reference,
            "pollCount=" + Text(_options.PollCount),
            "checkAfter=" + Text(_options.CheckAfter),
            "confirmWaitTime=" + Text(_options.ConfirmWaitTime),
            "grantImplicitConfirm=" + _options.GrantImplicitConfirm,
            "delayConfirmation=" + _options.DelayConfirmation,
            "strict=" + _options.Strict,
            "clockAhead=" + _options.ClockAhead.ToString("c", CultureInfo.InvariantCulture),
        ];
        // the home of the tests is theirs to remove, and a process that is killed removes nothing
        var environment = new Dictionary<string, string> { ["CMP_TEST_SECRET"] = Secret, ["CMP_TEST_HOME"] = _folder.PathOf("home") };
        var listens = new ManualResetEventSlim(); // not disposed of: a late line may still set it
        var process = new Process { StartInfo = Programs.StartInfo("dotnet", arguments, environment) };
        _process = process;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var waited = Stopwatch.StartNew();
        while (!listens.Wait(20))
        {
            bool hasEnded = process.HasExited;
            if (hasEnded)
                process.WaitForExit(); // for what it wrote last, which comes after its end
            if (hasEnded || waited.Elapsed > Programs.DefaultTimeout)
                throw new InvalidOperationException("The test server does not listen: " + Log);
        }

        void Hear(string? line)
        {
            const string Listening = "listening on ";
            if (line is null)
                return;
            lock (_log)
                _log.AppendLine(line);
            if (!line.StartsWith(Listening, StringComparison.Ordinal))
                return;
            _uri = new Uri(line[Listening.Length..]);
            listens.Set();
        }
    }

    private string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    private IEnumerable<JsonElement> Read(string kind)
    {
        string folder = Path.Combine(StatePath, kind);
        foreach (string file in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [])
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            yield return document.RootElement.Clone();
        }
    }
}
