using System;
using System.Collections.Generic;
using System.Threading;
using Org.BouncyCastle.Tls;

namespace Cmp.Transports;

/// <summary>
/// Datagrams between whoever has the socket and BouncyCastle, which waits for them in a thread of its own while it shakes hands. Who closes this end ends its wait at once.
/// </summary>
internal sealed class DtlsWire : DatagramTransport
{
    /// <summary>Octets of the largest datagram that is looked at: the largest record there may be (RFC 6347 4.1, RFC 5246 6.2.3).</summary>
    public const int MaxDatagram = 13 + (1 << 14) + 2048;

    /// <summary>Octets of our datagrams in a handshake, which goes through any network of IPv6 unbroken.</summary>
    private const int MaxSent = 1200;

    /// <summary>Datagrams that wait to be looked at; what comes beyond is lost, as on the road.</summary>
    private const int MaxWaiting = 64;

    private readonly object _gate = new();
    private readonly Queue<byte[]> _arrived = new();
    private readonly Action<byte[]> _send;
    private bool _waits = true;
    private CmpException? _failure;

    /// <summary>An end at which nothing has arrived.</summary>
    /// <param name="send">Sends a datagram, or loses it.</param>
    public DtlsWire(Action<byte[]> send) => _send = send;

    /// <summary>Whether either side has closed the session.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>A datagram has arrived.</summary>
    /// <param name="datagram">Its octets, which nobody writes to any more.</param>
    public void Put(byte[] datagram)
    {
        lock (_gate)
        {
            if (datagram.Length > MaxDatagram || _arrived.Count == MaxWaiting)
                return;
            _arrived.Enqueue(datagram);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>From now on nobody waits for what has not arrived.</summary>
    public void StopWaiting()
    {
        lock (_gate)
            _waits = false;
    }

    /// <summary>Whoever waits is told that the road does not lead there.</summary>
    /// <param name="failure">Why.</param>
    public void Fail(CmpException failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Whether something has arrived that was not looked at.</summary>
    public bool HasArrived
    {
        get
        {
            lock (_gate)
                return _arrived.Count > 0;
        }
    }

    /// <inheritdoc/>
    public int GetReceiveLimit() => MaxDatagram;

    /// <inheritdoc/>
    public int GetSendLimit() => MaxSent;

    /// <inheritdoc/>
    public int Receive(byte[] buf, int off, int len, int waitMillis)
    {
        byte[]? datagram = Take(waitMillis);
        if (datagram is null || datagram.Length > len)
            return -1;
        datagram.CopyTo(buf, off);
        return datagram.Length;
    }

    /// <inheritdoc/>
    public void Send(byte[] buf, int off, int len) => _send(buf.AsSpan(off, len).ToArray());

#if NET
    /// <inheritdoc/>
    public int Receive(Span<byte> buffer, int waitMillis)
    {
        byte[]? datagram = Take(waitMillis);
        if (datagram is null || datagram.Length > buffer.Length)
            return -1;
        datagram.CopyTo(buffer);
        return datagram.Length;
    }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> buffer) => _send(buffer.ToArray());
#endif

    /// <inheritdoc/>
    public void Close()
    {
        lock (_gate)
        {
            IsClosed = true;
            _arrived.Clear();
            Monitor.PulseAll(_gate);
        }
    }

    private byte[]? Take(int waitMillis)
    {
        lock (_gate)
        {
            // one wait is enough: who is woken in vain asks again, and looks at the time itself
            if (_arrived.Count == 0 && !IsClosed && _failure is null)
                Monitor.Wait(_gate, _waits ? waitMillis : Math.Min(waitMillis, 1));
            if (IsClosed)
                throw new TlsFatalAlert(AlertDescription.user_canceled);
            if (_failure is not null)
                throw _failure;
            return _arrived.Count > 0 ? _arrived.Dequeue() : null;
        }
    }
}
