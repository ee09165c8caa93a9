using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>One connection of a listener, from its beginning to its end, whatever is spoken on it.</summary>
/// <remarks>Every wait on the peer has a deadline, and one for a whole request, not for each piece of it: a peer that sends an octet now and then gains nothing by it.
/// A deadline closes the socket under the wait, which works the same on both platforms.</remarks>
internal abstract class ServedConnection
{
    private const int MaxDrain = 1024 * 1024;

    private const int Waiting = 0;
    private const int Answering = 1;
    private const int Finishing = 2;

    private readonly Action<ListenerRefusal>? _refused;
    private readonly Timer _timer;
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _due = long.MaxValue;
    private int _state = Waiting;

    /// <summary>Takes a connection over.</summary>
    /// <param name="socket">The connection; closed at the end.</param>
    /// <param name="refused">Hears of what is refused.</param>
    private protected ServedConnection(Socket socket, Action<ListenerRefusal>? refused)
    {
        Socket = socket;
        _refused = refused;
        Stream = new NetworkStream(socket, ownsSocket: true);
        // a socket that fails to say it counts as not connected on .NET Framework, and has no stream then
        Peer = PeerOf(socket);
        _timer = new Timer(static connection => ((ServedConnection)connection!).Expire(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Ends with the connection.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Who is at the other end; <see langword="null"/> where it went away at once.</summary>
    private protected IPEndPoint? Peer { get; }

    /// <summary>Whether the answer that is under way is the last one.</summary>
    private protected bool IsFinishing => Volatile.Read(ref _state) == Finishing;

    /// <summary>How long a peer that is refused may take to hear it.</summary>
    private protected static TimeSpan DrainTimeout { get; } = TimeSpan.FromSeconds(2);

    private protected Socket Socket { get; }

    /// <summary>What is read and written; what stands in its place later, such as TLS, disposes of it.</summary>
    private protected Stream Stream { get; set; }

    /// <summary>Closes the connection; whatever waits on it ends.</summary>
    public void Abort() => Socket.Dispose();

    /// <summary>Closes the connection where it is owed nothing; else it is closed when it has its answer.</summary>
    public void Finish()
    {
        if (Interlocked.Exchange(ref _state, Finishing) == Waiting)
            Abort();
    }

    /// <summary>Who is at the other end of a connection.</summary>
    /// <param name="socket">The connection.</param>
    /// <returns>Its address; <see langword="null"/> where it is not connected any more.</returns>
    public static IPEndPoint? PeerOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint as IPEndPoint;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Serves the connection to its end. Throws nothing: what goes wrong with a peer is the peer's affair.</summary>
    /// <returns>The end of it.</returns>
    public Task ServeAsync() => GuardAsync(ServeAllAsync);

    /// <summary>Says that there are too many connections.</summary>
    /// <returns>The end of it.</returns>
    public Task RefuseAsync() => GuardAsync(SayNoAsync);

    /// <summary>Takes requests and answers them, until either side has enough.</summary>
    private protected abstract Task ServeAllAsync();

    /// <summary>Says that there are too many connections.</summary>
    private protected abstract Task SayNoAsync();

    /// <summary>A deadline has passed, and the connection is about to be closed: a last word may be tried, not waited for.</summary>
    private protected virtual void Expiring()
    {
    }

    /// <summary>A request is whole, and is owed an answer from now on.</summary>
    private protected void BeginAnswer()
    {
        if (Interlocked.CompareExchange(ref _state, Answering, Waiting) != Waiting)
            throw new OperationCanceledException();
    }

    /// <summary>It has its answer.</summary>
    /// <returns>Whether another one may follow.</returns>
    private protected bool EndAnswer() => Interlocked.CompareExchange(ref _state, Waiting, Answering) == Answering;

    /// <summary>Tells who listens what is refused.</summary>
    private protected void Report(int? status, string reason) => _refused?.Invoke(new ListenerRefusal(status, reason, Peer));

    /// <summary>Has the connection closed when this time is over, unless it is armed anew or disarmed.</summary>
    private protected void Arm(TimeSpan limit)
    {
        Volatile.Write(ref _due, Stopwatch.GetTimestamp() + (long)(limit.TotalSeconds * Stopwatch.Frequency));
        _timer.Change(limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Lets it take its time: it is us who are waited for.</summary>
    private protected void Disarm() => Volatile.Write(ref _due, long.MaxValue);

    /// <summary>Reads what the peer sends after our last word, for a while: closing with octets unread resets the connection, and the word is lost on its way.</summary>
    private protected async Task DrainAsync(byte[] scrap)
    {
        int read;
        for (int drained = 0; drained < MaxDrain; drained += read)
        {
#if NET
            read = await Socket.ReceiveAsync(scrap.AsMemory(), SocketFlags.None).ConfigureAwait(false);
#else
            read = await Socket.ReceiveAsync(new ArraySegment<byte>(scrap), SocketFlags.None).ConfigureAwait(false);
#endif
            if (read == 0)
                break;
        }
    }

    private protected async Task<int> ReadAsync(byte[] buffer, int offset, int count) =>
#if NET
        await Stream.ReadAsync(buffer.AsMemory(offset, count)).ConfigureAwait(false);
#else
        await Stream.ReadAsync(buffer, offset, count).ConfigureAwait(false);
#endif

    private protected async Task WriteAsync(byte[] buffer, int count) =>
#if NET
        await Stream.WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
#else
        await Stream.WriteAsync(buffer, 0, count).ConfigureAwait(false);
#endif

    private async Task GuardAsync(Func<Task> work)
    {
        try
        {
            Socket.NoDelay = true;
            await work().ConfigureAwait(false);
        }
        catch (AuthenticationException e)
        {
            Report(null, "TLS cannot be spoken: " + PeerText.Escape(e.Message));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // the peer went away, or was too slow; or the listener stops
        }
        finally
        {
            _timer.Dispose();
            Stream.Dispose();
            Socket.Dispose();
            _ended.SetResult(true);
        }
    }

    private void Expire()
    {
        long due = Volatile.Read(ref _due);
        if (due == long.MaxValue)
            return;
        long left = due - Stopwatch.GetTimestamp();
        try
        {
            if (left > 0)
            {
                // too early, or meant for a deadline that has moved
                _timer.Change(TimeSpan.FromSeconds((double)left / Stopwatch.Frequency) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                return;
            }
            Expiring();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // it ended by itself
        }
        Abort();
    }
}
