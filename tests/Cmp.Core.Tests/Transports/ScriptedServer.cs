using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Tests.Transports;

/// <summary>A server on bare sockets that does to its first, second, third … connection what a test tells it, however badly that behaves. Further connections are closed.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<ScriptedConnection, Task>[] _scripts;
    private readonly ConcurrentBag<Task> _running = [];
    private readonly Task _accepting;
    private int _accepted;

    public ScriptedServer(params Func<ScriptedConnection, Task>[] scripts)
    {
        _scripts = scripts;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>Speaks TLS where set.</summary>
    public SslServerAuthenticationOptions? Tls { get; init; }

    public int Port { get; }

    public Uri Uri => new((Tls is null ? "http://127.0.0.1:" : "https://localhost:") + Port + "/pkix/");

    /// <summary>Connections so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Every whole request of any connection.</summary>
    public ConcurrentQueue<ReceivedRequest> Requests { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting.WaitAsync(Some.Time);
        await Task.WhenAll(_running).WaitAsync(Some.Time);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(_stopping.Token);
                int number = Interlocked.Increment(ref _accepted) - 1;
                if (number < _scripts.Length)
                    _running.Add(Task.Run(() => PlayAsync(_scripts[number], socket)));
                else
                    socket.Dispose();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException || (e is InvalidOperationException && _stopping.IsCancellationRequested))
        {
            // the end
        }
    }

    private async Task PlayAsync(Func<ScriptedConnection, Task> script, Socket socket)
    {
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            if (Tls is not null)
            {
                SslStream tls = new(stream);
                stream = tls;
                await tls.AuthenticateAsServerAsync(Tls, _stopping.Token);
            }
            await script(new ScriptedConnection(this, socket, stream, _stopping.Token));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            // the client went away, or the test is over; what it saw is what the test looks at
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }
}

/// <summary>One connection of a <see cref="ScriptedServer"/>. It is closed when its script ends.</summary>
internal sealed class ScriptedConnection(ScriptedServer server, Socket socket, Stream stream, CancellationToken stopping)
{
    public ScriptedServer Server => server;

    public Stream Stream => stream;

    public Socket Socket => socket;

    public CancellationToken Stopping => stopping;

    /// <summary>Reads one whole request.</summary>
    public async Task<ReceivedRequest> ReceiveAsync()
    {
        ReceivedRequest request = await ReceivedRequest.ReadAsync(stream, stopping) ?? throw new IOException("The client closed.");
        server.Requests.Enqueue(request);
        return request;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public Task SendAsync(byte[] octets) => stream.WriteAsync(octets, stopping).AsTask();

    /// <summary>Receives a request and answers it well.</summary>
    public async Task ServeAsync(string fields = "")
    {
        await ReceiveAsync();
        await SendAsync(Some.Answer(Some.Message, fields));
    }

    /// <summary>As a proxy, says that there is a tunnel, and is one to a port of this machine.</summary>
    public async Task TunnelAsync(int port)
    {
        using TcpClient server = new();
        await server.ConnectAsync(IPAddress.Loopback, port, stopping);
        await SendAsync("HTTP/1.1 200 Connection established\r\n\r\n");
        Stream other = server.GetStream();
        await Task.WhenAny(stream.CopyToAsync(other, stopping), other.CopyToAsync(stream, stopping));
    }

    /// <summary>Ends the connection from here, and returns when the client's side of it knows.</summary>
    public void EndSending() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Waits until the client closes.</summary>
    public async Task UntilClosedAsync()
    {
        byte[] scrap = new byte[4096];
        while (await stream.ReadAsync(scrap, stopping) != 0)
        {
        }
    }

    /// <summary>Breaks the connection off, so that the client gets a reset.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }
}

/// <summary>A request as it came over the wire.</summary>
internal sealed record ReceivedRequest(string Head, byte[] Body)
{
    public string RequestLine => Head.Substring(0, Head.IndexOf("\r\n", StringComparison.Ordinal));

    public IReadOnlyDictionary<string, string> Fields
    {
        get
        {
            Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);
            foreach (string line in Head.Substring(RequestLine.Length + 2).Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
                fields.Add(line.Substring(0, line.IndexOf(':', StringComparison.Ordinal)), line.Substring(line.IndexOf(':', StringComparison.Ordinal) + 1).Trim());
            return fields;
        }
    }

    public static async Task<ReceivedRequest?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        StringBuilder head = new();
        byte[] octet = new byte[1];
        while (head.Length < 4 || head.ToString(head.Length - 4, 4) != "\r\n\r\n")
        {
            if (await stream.ReadAsync(octet, cancellationToken) == 0)
                return null;
            head.Append((char)octet[0]);
        }
        ReceivedRequest request = new(head.ToString(), []);
        byte[] body = new byte[request.Fields.TryGetValue("Content-Length", out string? length) ? int.Parse(length, System.Globalization.CultureInfo.InvariantCulture) : 0];
        await stream.ReadExactlyAsync(body, cancellationToken);
        return request with { Body = body };
    }
}

/// <summary>What these tests share.</summary>
internal static class Some
{
    /// <summary>A message, for a road that does not look into it.</summary>
    public static readonly byte[] Message = [0x30, 3, 2, 1, 5];

    /// <summary>Longer than anything here takes; only a test that fails waits so long.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromSeconds(30);

    public static byte[] Sequence(int contentLength)
    {
        byte[] message = new byte[contentLength + 5];
        message[0] = 0x30;
        message[1] = 0x83;
        message[2] = (byte)(contentLength >> 16);
        message[3] = (byte)(contentLength >> 8);
        message[4] = (byte)contentLength;
        return message;
    }

    public static byte[] Answer(byte[] body, string fields = "", string status = "200 OK", string type = "application/pkixcmp") =>
    [
        .. Encoding.Latin1.GetBytes("HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nContent-Length: " + body.Length + "\r\n" + fields + "\r\n"), .. body,
    ];
}
