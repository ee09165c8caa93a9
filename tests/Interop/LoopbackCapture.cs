using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading;
using Cmp.Inspection;
using Cmp.Inspection.Captures;
using Cmp.Tests;
using Xunit;

namespace Cmp.Interop;

/// <summary>Wireshark's dumpcap, which captures what goes over a port of the loopback.</summary>
internal sealed class LoopbackCapture : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly Process _process;

    private LoopbackCapture(int port, string extension)
    {
        Path = _folder.PathOf("enrol" + extension);
        string[] format = extension == ".pcap" ? ["-P"] : [];
        _process = new Process
        {
            StartInfo = Programs.StartInfo(Programs.Find("dumpcap")!, [.. format, "-q", "-i", "lo", "-f", string.Create(CultureInfo.InvariantCulture, $"tcp port {port}"), "-w", Path], new Dictionary<string, string>()),
        };
    }

    /// <summary>The capture.</summary>
    internal string Path { get; }

    /// <summary>Begins, or skips the test where that is not allowed.</summary>
    internal static LoopbackCapture Start(int port, string extension = ".pcapng")
    {
        Skip.If(Programs.Find("dumpcap") is null, "dumpcap is not installed");
        var capture = new LoopbackCapture(port, extension);
        using var begun = new ManualResetEventSlim();
        string said = string.Empty;
        capture._process.ErrorDataReceived += (_, line) =>
        {
            said += line.Data + "\n";
            if (line.Data is null || line.Data.StartsWith("File:", StringComparison.Ordinal))
                begun.Set();
        };
        capture._process.Start();
        capture._process.BeginErrorReadLine();
        bool isHeard = begun.Wait(Programs.DefaultTimeout);
        if (!isHeard || capture._process.HasExited)
        {
            capture.Dispose();
            Skip.If(true, $"dumpcap may not capture on the loopback here: {said.Trim()}");
        }
        return capture;
    }

    /// <summary>Reads it while it is written, until so many messages are in it.</summary>
    internal IReadOnlyList<(CapturedItem Item, CmpMessage? Message)> Read(int messages)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var items = new List<(CapturedItem Item, CmpMessage? Message)>();
            int count = 0;
            using (FileStream stream = new(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
            {
                foreach (CapturedItem item in CaptureReader.Read(stream))
                {
                    var message = CmpMessage.Read(item);
                    items.Add((item, message));
                    count += message is null ? 0 : 1;
                }
            }
            if (count >= messages)
                return items;
            if (waited.Elapsed > Programs.DefaultTimeout)
                throw new TimeoutException($"The capture has {count} messages, and {messages} were said.");
            // dumpcap writes some times a second
            Thread.Sleep(100);
        }
    }

    public void Dispose()
    {
        Programs.Stop(_process);
        _process.Dispose();
        _folder.Dispose();
    }
}
