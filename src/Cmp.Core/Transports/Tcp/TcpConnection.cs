using System;
using System.Diagnostics;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>A connection of a <see cref="TcpTransport"/>: one question at a time, and one answer to it.</summary>
internal sealed class TcpConnection : IDisposable
{
    private const int FirstRead = 4096;

    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private long _restingSince;

    private TcpConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Whether it has brought an answer.</summary>
    public bool HasServed { get; private set; }

    /// <summary>Whether an octet of the answer came to what was asked last.</summary>
    public bool HasHeard { get; private set; }

    /// <summary>The transaction that needs it, where one stays on its connection; else <see langword="null"/>.</summary>
    public string? Owner { get; set; }

    /// <summary>Whether it is open, and nothing came that was not asked for.</summary>
    public bool IsQuiet
    {
        get
        {
            try
            {
                // what can be read without having been asked for is the end, or an answer too many
                return !_socket.Poll(0, SelectMode.SelectRead);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    /// <summary>How long it has been idle.</summary>
    public TimeSpan Rested => TimeSpan.FromSeconds((double)(Stopwatch.GetTimestamp() - _restingSince) / Stopwatch.Frequency);

    /// <summary>Connects.</summary>
    /// <param name="host">The name or address.</param>
    /// <param name="port">The port.</param>
    /// <param name="cancellationToken">Ends it at once.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="SocketException">It cannot be made.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<TcpConnection> OpenAsync(string host, int port, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
#if NET
            await socket.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
#else
            // a name is looked up to the end even where nobody waits for it any more
            Task connecting = socket.ConnectAsync(host, port);
            TaskCompletionSource<bool> cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
            using (cancellationToken.Register(() => cancelled.TrySetResult(true)))
            {
                if (await Task.WhenAny(connecting, cancelled.Task).ConfigureAwait(false) != connecting)
                {
                    _ = connecting.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                    throw new OperationCanceledException(cancellationToken);
                }
            }
            await connecting.ConfigureAwait(false);
#endif
            return new TcpConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a question and reads the answer. After anything but an answer the connection is of no use.</summary>
    /// <param name="question">A whole TCP-Message; it leaves in one piece.</param>
    /// <param name="maxBytes">Octets of a PKIMessage in the answer.</param>
    /// <param name="cancellationToken">Closes the connection at once.</param>
    /// <returns>The answer; a slice of a buffer that nobody writes to any more.</returns>
    /// <exception cref="CmpException">What comes is no TCP-Message, or is followed by something.</exception>
    /// <exception cref="IOException">The connection broke, or was closed by the token.</exception>
    /// <exception cref="ObjectDisposedException">As before.</exception>
    public async Task<TcpMessage> AskAsync(byte[] question, int maxBytes, CancellationToken cancellationToken)
    {
        HasHeard = false;
        // neither edition lets go of a read in the same way: closing does
        using CancellationTokenRegistration abort = cancellationToken.Register(static connection => ((TcpConnection)connection!).Dispose(), this);
        await WriteAsync(question).ConfigureAwait(false);
        byte[] buffer = new byte[FirstRead];
        int have = 0, length = 0;
        while (true)
        {
            if (length == 0)
                length = TcpMessage.ReadLength(buffer.AsSpan(0, have), maxBytes);
            if (length != 0 && have >= length)
                break;
            // what a peer claims is no reason to allocate: the buffer only doubles what has arrived
            if (have == buffer.Length)
                Array.Resize(ref buffer, (int)Math.Min(2L * have, length + 1L));
            int read = await ReadAsync(buffer, have).ConfigureAwait(false);
            if (read == 0)
                throw new EndOfStreamException("The server closed the connection.");
            HasHeard = true;
            have += read;
        }
        if (have > length)
        {
            throw new CmpException(CmpErrorKind.Protocol, "CmpTcp.UnaskedMessage", "More came than the answer: which of it answers the question cannot be known.")
            {
                Octets = buffer.AsMemory(length, Math.Min(have - length, 64)),
            };
        }
        TcpMessage answer = TcpMessage.Decode(buffer.AsMemory(0, length), maxBytes);
        HasServed = true;
        return answer;
    }

    /// <summary>Notes that it is idle from now on.</summary>
    public void Rest() => _restingSince = Stopwatch.GetTimestamp();

    /// <summary>Closes it; what waits on it ends.</summary>
    public void Dispose() => _stream.Dispose();

    private async Task WriteAsync(byte[] octets) =>
#if NET
        await _stream.WriteAsync(octets.AsMemory()).ConfigureAwait(false);
#else
        await _stream.WriteAsync(octets, 0, octets.Length).ConfigureAwait(false);
#endif

    private async Task<int> ReadAsync(byte[] buffer, int offset) =>
#if NET
        await _stream.ReadAsync(buffer.AsMemory(offset)).ConfigureAwait(false);
#else
        await _stream.ReadAsync(buffer, offset, buffer.Length - offset).ConfigureAwait(false);
#endif
}
