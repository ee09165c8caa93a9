using System;
using System.Collections.Generic;
using Cmp.Tests;

namespace Cmp.Interop;

/// <summary>tinyproxy as it is installed: a proxy that others wrote.</summary>
internal sealed class TinyProxy : IDisposable
{
    private const string Log = "tinyproxy.log";
    private readonly Daemon _daemon;

    private TinyProxy(Daemon daemon, int port)
    {
        _daemon = daemon;
        Uri = new Uri($"http://127.0.0.1:{port}");
    }

    /// <summary>Its address.</summary>
    public Uri Uri { get; }

    /// <summary>Starts one; the test is skipped where it is not installed.</summary>
    /// <param name="more">Further lines of its configuration.</param>
    /// <returns>The running proxy.</returns>
    public static TinyProxy OrSkip(params string[] more)
    {
        string program = Daemon.FindOrSkip("tinyproxy");
        var folder = new TestFolder();
        int port = Daemon.FreePort();
        // it refuses hosts by a list of patterns
        folder.Write("filter", "^refused\\.example$\n");
        List<string> lines = [$"Port {port}", "Listen 127.0.0.1", "Timeout 60", "MaxClients 50", $"LogFile \"{folder.PathOf(Log)}\"", "LogLevel Info", $"Filter \"{folder.PathOf("filter")}\"", "FilterExtended On", .. more];
        folder.Write("tinyproxy.conf", string.Join("\n", lines) + "\n");
        return new TinyProxy(Daemon.Start(program, ["-d", "-c", folder.PathOf("tinyproxy.conf")], folder, port), port);
    }

    /// <summary>Waits until it has logged a text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>All that it has logged.</returns>
    public string WaitToSay(string text) => _daemon.WaitFor(Log, text);

    /// <summary>All that it has logged by now.</summary>
    public string Said => _daemon.Read(Log);

    /// <summary>Ends it.</summary>
    public void Dispose() => _daemon.Dispose();
}
