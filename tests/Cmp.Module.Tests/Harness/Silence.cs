using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Module.Tests.Harness;

/// <summary>The other end of a road where somebody listens, and nobody answers.</summary>
public sealed class Silence : IDisposable
{
    private readonly TcpListener _stream = new(IPAddress.Loopback, 0);
    private readonly UdpClient _datagrams = new(new IPEndPoint(IPAddress.Loopback, 0));
    private Socket? _taken;

    /// <summary>A folder that nobody looks into.</summary>
    public string Folder { get; } = TestHome.CreateFolder();

    /// <summary>Set when something came on a socket.</summary>
    public ManualResetEventSlim Heard { get; } = new();

    /// <summary>The same road to silence.</summary>
    /// <param name="uri">An address of a server.</param>
    /// <returns>That address with our port or folder.</returns>
    public Uri At(Uri uri)
    {
        switch (uri.Scheme)
        {
            case "file":
                return new Uri(new Uri(Folder).AbsoluteUri);
            case "mailto":
                return uri;
            case "coap" or "coaps":
                _ = Task.Run(async () =>
                {
                    await _datagrams.ReceiveAsync();
                    Heard.Set();
                });
                return WithPort(uri, (IPEndPoint)_datagrams.Client.LocalEndPoint!);
            default:
                _stream.Start();
                _ = Task.Run(async () =>
                {
                    _taken = await _stream.AcceptSocketAsync();
                    await _taken.ReceiveAsync(new byte[1]);
                    Heard.Set();
                });
                return WithPort(uri, (IPEndPoint)_stream.LocalEndpoint);
        }
    }

    /// <summary>Closes the sockets and removes the folder.</summary>
    public void Dispose()
    {
        _stream.Stop();
        _datagrams.Dispose();
        _taken?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private static Uri WithPort(Uri uri, IPEndPoint end) => new(uri.OriginalString.Replace(":" + uri.Port, ":" + end.Port, StringComparison.Ordinal));
}
