using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Tests.Client;

/// <summary>Stands between a client and a server, and cuts the connection once, after so many octets of both directions; what comes later passes.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _running = [];
    private readonly IPEndPoint _server;
    private readonly int _cutAfter;
    private readonly Task _accepting;
    private readonly ConcurrentQueue<(bool IsClient, byte[] Octets)>? _heard;
    private int _passed;
    private int _isCut;

    /// <summary>Begins to listen.</summary>
    /// <param name="server">What stands behind it.</param>
    /// <param name="cutAfter">Octets that pass before the cut.</param>
    /// <param name="heard">Gets what passes, piece by piece.</param>
    internal CuttingProxy(Uri server, int cutAfter, ConcurrentQueue<(bool IsClient, byte[] Octets)>? heard = null)
    {
        _heard = heard;
        _server = new IPEndPoint(IPAddress.Loopback, server.Port);
        _cutAfter = cutAfter;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal Uri UriOf(string scheme) => new($"{scheme}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    internal bool IsCut => _isCut != 0;

    /// <summary>Octets of both directions so far.</summary>
    internal int Passed => _passed;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_running);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _running.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // the end
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient { NoDelay = true })
        using (var cut = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token))
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(_server, cut.Token);
                await Task.WhenAny(PassAsync(client, server, isClient: true, cut), PassAsync(server, client, isClient: false, cut));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // as the cut itself
            }
            await cut.CancelAsync();
        }
    }

    private async Task PassAsync(TcpClient from, TcpClient to, bool isClient, CancellationTokenSource cut)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                int read = await from.GetStream().ReadAsync(buffer, cut.Token);
                if (read == 0)
                    return;
                _heard?.Enqueue((isClient, buffer.AsSpan(0, read).ToArray()));
                int room = _isCut != 0 ? read : Math.Max(0, _cutAfter - Interlocked.Add(ref _passed, read) + read);
                await to.GetStream().WriteAsync(buffer.AsMemory(0, Math.Min(read, room)), cut.Token);
                if (room < read)
                {
                    Interlocked.Exchange(ref _isCut, 1);
                    return;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or System.IO.IOException or SocketException or ObjectDisposedException)
        {
            // the other side is gone
        }
    }
}
