using System;
using System.Globalization;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;

namespace Cmp.Tests.Transports;

/// <summary>A client on a bare socket that sends what a test says, whole or in pieces.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly TcpClient _client = new();

    public RawClient(Uri uri)
    {
        _client.Connect(uri.Host, uri.Port);
        _client.NoDelay = true;
        Stream = _client.GetStream();
    }

    public Stream Stream { get; }

    public static byte[] Post(byte[] body, string fields = "", string path = "/") =>
        [.. Encoding.ASCII.GetBytes("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\n" + fields + "Content-Length: " + body.Length + "\r\n\r\n"), .. body];

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public Task SendAsync(byte[] octets) => Stream.WriteAsync(octets).AsTask();

    /// <summary>Sends no more; answers still come.</summary>
    public void EndSending() => _client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Reads one answer, or nothing where the listener closed.</summary>
    public async Task<(string Head, byte[] Body)?> ReceiveAsync()
    {
        ReceivedRequest? answer = await ReceivedRequest.ReadAsync(Stream, default).WaitAsync(Some.Time);
        return answer is null ? null : (answer.Head, answer.Body);
    }

    /// <summary>Reads one answer, and says its status; 0 where the listener closed.</summary>
    public async Task<int> StatusAsync() =>
        await ReceiveAsync() is var (head, _) ? int.Parse(head.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture) : 0;

    /// <summary>Whether the listener has closed: it waits for that.</summary>
    public async Task<bool> IsClosedAsync()
    {
        try
        {
            return await Stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Some.Time) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => _client.Dispose();
}
