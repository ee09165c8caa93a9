using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Cmp.Tests;
using Xunit;

namespace Cmp.Interop;

/// <summary>A server that others wrote, as a process, with a folder of its own for its configuration. It is ended with this object.</summary>
internal sealed class Daemon : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly Process _process;
    private readonly StringBuilder _said = new();

    private Daemon(string program, IEnumerable<string> arguments, TestFolder folder)
    {
        Folder = folder;
        _process = new Process { StartInfo = Programs.StartInfo(program, arguments, environment: null) };
        _process.StartInfo.WorkingDirectory = folder.Path;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
    }

    /// <summary>Its folder.</summary>
    public TestFolder Folder { get; }

    /// <summary>Looks for the program, and skips the test where it is not installed.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its file.</returns>
    public static string FindOrSkip(string name)
    {
        string? program = Programs.Find(name);
        Skip.If(program is null, name + " is not installed");
        return program!;
    }

    /// <summary>A port of the loopback address that nobody has at the moment.</summary>
    /// <returns>The port.</returns>
    public static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Starts a program, and waits until it listens.</summary>
    /// <param name="program">Its file.</param>
    /// <param name="arguments">What it is told; it stays in the foreground.</param>
    /// <param name="folder">Its folder, which goes with it.</param>
    /// <param name="ports">Where it is to listen.</param>
    /// <returns>The running server.</returns>
    /// <exception cref="InvalidOperationException">It does not listen within its time; the text says what it wrote.</exception>
    public static Daemon Start(string program, IEnumerable<string> arguments, TestFolder folder, params int[] ports)
    {
        var daemon = new Daemon(program, arguments, folder);
        try
        {
            daemon._process.Start();
            daemon._process.BeginOutputReadLine();
            daemon._process.BeginErrorReadLine();
            foreach (int port in ports)
            {
                if (!daemon.Until(() => IsOpen(port)))
                    throw new InvalidOperationException($"{program} does not listen at port {port}: {daemon.Said}");
            }
            return daemon;
        }
        catch
        {
            daemon.Dispose();
            throw;
        }
    }

    /// <summary>Waits until a file of the server has a text: what is logged reaches the disk later than an answer its client.</summary>
    /// <param name="file">The file, in its folder.</param>
    /// <param name="text">The text.</param>
    /// <returns>What the file holds then.</returns>
    public string WaitFor(string file, string text)
    {
        string held = string.Empty;
        Assert.True(Until(() => (held = Read(file)).Contains(text, StringComparison.Ordinal)), $"'{text}' is not in {file}: {held}");
        return held;
    }

    /// <summary>What a file of the server holds now.</summary>
    /// <param name="file">The file, in its folder.</param>
    /// <returns>Its text; empty where there is none.</returns>
    public string Read(string file)
    {
        if (!File.Exists(Folder.PathOf(file)))
            return string.Empty;
        using var stream = new FileStream(Folder.PathOf(file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Ends it and removes its folder.</summary>
    public void Dispose()
    {
        Programs.Stop(_process);
        _process.Dispose();
        Folder.Dispose();
    }

    private string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    private bool Until(Func<bool> isSo)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < Programs.DefaultTimeout;)
        {
            if (isSo())
                return true;
            if (_process.HasExited)
                return false;
            Thread.Sleep(Pause);
        }
        return false;
    }

    private static bool IsOpen(int port)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Hear(string? line)
    {
        lock (_said)
        {
            if (line is not null && _said.Length < 1 << 20)
                _said.AppendLine(line);
        }
    }
}
