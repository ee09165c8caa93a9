using System;
using System.Diagnostics;
using System.IO;
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

    private readonly Timer _timer;
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _due = long.MaxValue;

    /// <summary>Takes a connection over.</summary>
    /// <param name="socket">The connection; closed at the end.</param>
    private protected ServedConnection(Socket socket)
    {
        Socket = socket;
        Stream = new NetworkStream(socket, ownsSocket: true);
        _timer = new Timer(static connection => ((ServedConnection)connection!).Expire(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Ends with the connection.</summary>
    public Task Ended => _ended.Task;

    /// <summary>How long a peer that is refused may take to hear it.</summary>
    private protected static TimeSpan DrainTimeout { get; } = TimeSpan.FromSeconds(2);

    private protected Socket Socket { get; }

    /// <summary>What is read and written; what stands in its place later, such as TLS, disposes of it.</summary>
    private protected Stream Stream { get; set; }

    /// <summary>Closes the connection; whatever waits on it ends.</summary>
    public void Abort() => Socket.Dispose();

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
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or AuthenticationException or OperationCanceledException)
        {
            // the peer went away, was too slow, or speaks no TLS; or the listener stops
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
