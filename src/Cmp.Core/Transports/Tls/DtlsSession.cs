using System;
using System.Threading;
using System.Threading.Tasks;
using Org.BouncyCastle.Tls;

namespace Cmp.Transports;

/// <summary>
/// A session of DTLS 1.2 (RFC 6347, RFC 7252 9.1.3.3), over somebody else's socket: datagrams go in and come out, closed on one side and open on the other.
/// BouncyCastle speaks it; it is loaded when the first session begins. Once anything went wrong the session is over. Opening and sending are not for several threads at once.
/// </summary>
internal sealed class DtlsSession
{
    /// <summary>Octets of a handshake that are looked at: several times what the largest one needs, however often its datagrams are repeated.</summary>
    private const int MaxHandshakeBytes = 256 * 1024;

    private readonly string _peer;
    private readonly DtlsWire _wire;
    private readonly Func<DtlsWire, DtlsTransport> _shakeHands;
    private readonly Func<Exception, CmpException> _failed;
    private readonly byte[] _opened = new byte[1 << 14];
    private volatile DtlsTransport? _transport;
    private int _handshakeBytes;
    private int _refusals;

    private DtlsSession(string peer, Action<byte[]> send, Func<DtlsWire, DtlsTransport> shakeHands, Func<Exception, CmpException> failed)
    {
        _peer = peer;
        _wire = new DtlsWire(send);
        _shakeHands = shakeHands;
        _failed = failed;
    }

    /// <summary>What ended the session; <see langword="null"/> while it holds.</summary>
    public CmpException? Failure { get; private set; }

    /// <summary>A session with a server, to which nothing has been said yet.</summary>
    /// <param name="settings">With whom.</param>
    /// <param name="send">Sends a datagram, or loses it.</param>
    /// <returns>The session.</returns>
    public static DtlsSession With(DtlsSettings settings, Action<byte[]> send)
    {
        DtlsClient client = new(settings);
        return new DtlsSession(settings.Server, send, wire => new DtlsClientProtocol().Connect(client, wire), cause => DtlsFailure.From(settings.Server, client, cause));
    }

    /// <summary>A session with a client, whose first message has come from where it says.</summary>
    /// <param name="server">Our side.</param>
    /// <param name="first">The message.</param>
    /// <param name="peer">The client's address.</param>
    /// <param name="send">Sends a datagram, or loses it.</param>
    /// <returns>The session.</returns>
    public static DtlsSession Of(DtlsServer server, DtlsRequest first, string peer, Action<byte[]> send) =>
        new(peer, send, wire => new DtlsServerProtocol().Accept(server, wire, first), cause => DtlsFailure.Ended(peer, cause));

    /// <summary>Agrees on keys with the other end, and makes sure that a server is the right one.</summary>
    /// <param name="limit">How long that may take.</param>
    /// <param name="cancellationToken">Ends it at once.</param>
    /// <returns>The end of it.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.TlsFailed</c>, <c>.ConnectTimeout</c>, <c>.ConnectFailed</c>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task ShakeHandsAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        TaskCompletionSource<DtlsTransport> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        // it waits for each answer of the other end: no thread of the pool is to stand still for that
        new Thread(() => ShakeHands(done)) { IsBackground = true, Name = "Cmp.Dtls" }.Start();
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(limit > TimeSpan.Zero ? limit : TimeSpan.Zero);
        using (timer.Token.Register(() => done.TrySetCanceled(timer.Token)))
        {
            try
            {
                _transport = await done.Task.ConfigureAwait(false);
            }
            catch (OperationCanceledException e)
            {
                _wire.Close();
                cancellationToken.ThrowIfCancellationRequested();
                throw DtlsFailure.ConnectTimeout(_peer, limit, _handshakeBytes > 0, e);
            }
            catch (Exception e)
            {
                _wire.Close();
                throw e as CmpException ?? _failed(e);
            }
        }
    }

    /// <summary>The network says that nobody listens at the server's port: it counts when it is said again, of a repetition.</summary>
    public void TakeRefusal()
    {
        if (_transport is null && Interlocked.Increment(ref _refusals) == 2)
            _wire.Fail(CoapFailure.Refused(_peer));
    }

    /// <summary>A datagram came from the other end's address.</summary>
    /// <param name="datagram">Its octets, which nobody writes to any more.</param>
    public void Put(byte[] datagram)
    {
        if (_transport is null && (_handshakeBytes += datagram.Length) > MaxHandshakeBytes)
            return;
        _wire.Put(datagram);
    }

    /// <summary>Opens what came. What was not sealed by the other end is passed over; what it sealed may end the session.</summary>
    /// <param name="take">Gets each datagram that was in it.</param>
    public void Open(Action<byte[]> take)
    {
        if (_transport is not { } transport)
            return;
        try
        {
            _wire.StopWaiting();
            while (Failure is null && _wire.HasArrived)
            {
                // a datagram may hold several records, and the first one need not be one of data
                int length = transport.Receive(_opened, 0, _opened.Length, 1);
                if (length < 0)
                    length = transport.ReceivePending(_opened, 0, _opened.Length);
                for (; length >= 0; length = transport.ReceivePending(_opened, 0, _opened.Length))
                    take(_opened.AsSpan(0, length).ToArray());
                if (_wire.IsClosed)
                    Failure = DtlsFailure.Ended(_peer, null);
            }
        }
        catch (Exception e) when (e is not CmpException)
        {
            Failure = DtlsFailure.Ended(_peer, e);
        }
    }

    /// <summary>Seals a datagram, and sends it.</summary>
    /// <param name="datagram">Its octets.</param>
    public void Send(byte[] datagram)
    {
        if (Failure is not null || _transport is not { } transport)
            return;
        try
        {
            transport.Send(datagram, 0, datagram.Length);
        }
        catch (Exception e) when (e is not CmpException)
        {
            Failure = DtlsFailure.Ended(_peer, e);
        }
    }

    /// <summary>Ends the session; the other end is told, where it holds, and not waited for.</summary>
    public void Close()
    {
        try
        {
            if (Failure is null)
                _transport?.Close();
        }
        catch (Exception e) when (e is not CmpException)
        {
            // it ends either way
        }
        _wire.Close();
        Failure ??= DtlsFailure.Ended(_peer, null);
    }

    private void ShakeHands(TaskCompletionSource<DtlsTransport> done)
    {
        try
        {
            done.TrySetResult(_shakeHands(_wire));
        }
        catch (Exception e)
        {
            // whatever the peer's octets provoke is told to the one who waits
            done.TrySetException(e);
        }
    }
}
