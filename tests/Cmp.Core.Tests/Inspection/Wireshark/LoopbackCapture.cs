using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Tests.Announcements;
using Cmp.Tests.Transports;
using Xunit;

namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>Wireshark's dumpcap, listening on the loopback interface.</summary>
internal sealed class LoopbackCapture : IDisposable
{
    private readonly Process _process;
    private readonly string _file;

    private LoopbackCapture(Process process, string file)
    {
        _process = process;
        _file = file;
    }

    /// <summary>Begins to listen; skips the test where that is not allowed.</summary>
    /// <param name="folder">Where the capture is left.</param>
    /// <param name="ports">Whose traffic is captured.</param>
    /// <returns>The capture, which has begun.</returns>
    public static async Task<LoopbackCapture> StartAsync(TestFolder folder, IEnumerable<int> ports)
    {
        string? program = Programs.Find("dumpcap");
        Skip.If(program is null, "dumpcap is not installed");
        Skip.IfNot(OperatingSystem.IsLinux(), "the loopback interface is not called lo here");
        string file = folder.PathOf("lo.pcapng"), filter = string.Join(" or ", ports.Select(port => "port " + port.ToString(CultureInfo.InvariantCulture)));
        var process = Process.Start(Programs.StartInfo(program!, ["-i", "lo", "-q", "-f", filter, "-w", file], null))!;
        try
        {
            // it names its file when it has begun, or says why it does not
            using CancellationTokenSource limit = new(Some.Time);
            string said = string.Empty;
            while (await process.StandardError.ReadLineAsync(limit.Token) is { } line)
            {
                if (line.StartsWith("File: ", StringComparison.Ordinal))
                    return new LoopbackCapture(process, file);
                said += line + " ";
            }
            Skip.If(true, "dumpcap may not listen here: " + said);
            throw new InvalidOperationException();
        }
        catch
        {
            Programs.Stop(process);
            process.Dispose();
            throw;
        }
    }

    /// <summary>Waits until all that is wanted was heard, and ends the capture.</summary>
    /// <param name="isWhole">Whether a capture, which may end in the midst of a packet, has all.</param>
    /// <returns>The capture's file.</returns>
    public async Task<string> EndAsync(Func<Stream, bool> isWhole)
    {
        await PushScene.UntilAsync(() =>
        {
            using var stream = new FileStream(_file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return isWhole(stream);
        });
        // it ends its file where it is asked to stop, as by Ctrl+C
        ProgramResult asked = Programs.Run("/bin/sh", ["-c", "kill -INT " + _process.Id.ToString(CultureInfo.InvariantCulture)]);
        Assert.True(asked.ExitCode == 0, asked.Error);
        using CancellationTokenSource limit = new(Some.Time);
        await _process.WaitForExitAsync(limit.Token);
        return _file;
    }

    /// <summary>Ends it, where it has not ended.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
            Programs.Stop(_process);
        _process.Dispose();
    }
}
