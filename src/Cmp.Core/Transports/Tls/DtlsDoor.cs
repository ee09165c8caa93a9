using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Cmp.Transports;

/// <summary>
/// The DTLS sessions of a listener. Nothing is remembered of a client before it has shown, by a cookie, that it is where it says (RFC 6347 4.2.1); handshakes are worked
/// on in threads of their own, so many at once, and what is in order stays until a new session with the same address has come about (4.2.8). It is called under its listener's lock.
/// </summary>
internal sealed class DtlsDoor
{
    /// <summary>How long cookies are good for at least; who brings an older one gets another.</summary>
    private static readonly TimeSpan CookieLifetime = TimeSpan.FromMinutes(10);

    /// <summary>How long a session must have been silent to give way to another one.</summary>
    private static readonly TimeSpan MinSilence = TimeSpan.FromSeconds(30);

    private readonly CoapListenerSettings _settings;
    private readonly Action<IPEndPoint, byte[]> _send;
    private readonly Action<Action<TimeSpan>> _drive;
    private readonly Action<IPEndPoint, ReadOnlyMemory<byte>, TimeSpan> _opened;
    private readonly BcTlsCrypto _crypto = new();
    private readonly Certificate _chain;
    private readonly Dictionary<IPEndPoint, Client> _clients = [];
    private readonly Dictionary<IPEndPoint, DtlsSession> _handshakes = [];
    private readonly CancellationTokenSource _stopping = new();
    private DtlsVerifier _verifier;
    private TimeSpan _verifierSince;

    /// <summary>A door at which nobody has been.</summary>
    /// <param name="settings">What is shown and what is borne.</param>
    /// <param name="send">Sends a datagram as it is, or loses it; from any thread.</param>
    /// <param name="drive">Does something under the listener's lock, with the time.</param>
    /// <param name="opened">Gets what a client said, under the lock.</param>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidSetting</c>: the certificate's key is neither RSA nor ECDSA.</exception>
    public DtlsDoor(CoapListenerSettings settings, Action<IPEndPoint, byte[]> send, Action<Action<TimeSpan>> drive, Action<IPEndPoint, ReadOnlyMemory<byte>, TimeSpan> opened)
    {
        _settings = settings;
        _send = send;
        _drive = drive;
        _opened = opened;
        if (DtlsSigner.IsRsa(settings.Certificate!) is null)
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting", "DTLS is spoken with a certificate for RSA or ECDSA.");
        _chain = new Certificate([.. TlsTrust.OwnChain(settings.Certificate!).Select(_crypto.CreateCertificate)]);
        _verifier = new DtlsVerifier(_crypto);
    }

    /// <summary>A datagram came.</summary>
    /// <param name="from">Where from, if that is true.</param>
    /// <param name="datagram">Its octets, which nobody writes to any more.</param>
    /// <param name="now">The time.</param>
    public void Receive(IPEndPoint from, byte[] datagram, TimeSpan now)
    {
        if (_handshakes.TryGetValue(from, out DtlsSession? handshake))
            handshake.Put(datagram);
        if (_clients.TryGetValue(from, out Client? client))
        {
            client.Session.Put(datagram);
            Open(client, now);
        }
        // only one that begins anew can be of use to more than who is known
        if (handshake is null && IsPlain(datagram))
            Greet(from, datagram, now);
    }

    /// <summary>Sends to a client, if its session is still there.</summary>
    /// <param name="peer">The client.</param>
    /// <param name="octets">What is said.</param>
    public void Send(IPEndPoint peer, byte[] octets)
    {
        if (peer is not DtlsPeer { Place: { } place } || !_clients.TryGetValue(place, out Client? client) || !ReferenceEquals(client.Peer, peer))
            return;
        client.Session.Send(octets);
        if (client.Session.Failure is not null)
            Remove(client);
    }

    /// <summary>Ends all sessions; who has one is told, and not waited for.</summary>
    public void Stop()
    {
        _stopping.Cancel();
        foreach (Client client in _clients.Values.ToList())
            Remove(client);
    }

    /// <summary>Whether a datagram begins with a record of a handshake that is not sealed (RFC 6347 4.1).</summary>
    private static bool IsPlain(byte[] datagram) => datagram.Length > 13 && datagram[0] == ContentType.handshake && datagram[3] == 0 && datagram[4] == 0;

    private void Open(Client client, TimeSpan now)
    {
        client.Session.Open(opened =>
        {
            client.HeardAt = now;
            _opened(client.Peer, opened, now);
        });
        if (client.Session.Failure is not null)
            Remove(client);
    }

    private void Remove(Client client)
    {
        client.Session.Close();
        _clients.Remove(client.Peer.Place);
    }

    /// <summary>Answers a first message by a cookie, or begins a handshake where it brings one.</summary>
    private void Greet(IPEndPoint from, byte[] datagram, TimeSpan now)
    {
        if (now - _verifierSince > CookieLifetime)
        {
            _verifier = new DtlsVerifier(_crypto);
            _verifierSince = now;
        }
        void SendBack(byte[] octets) => _send(from, octets);
        DtlsRequest? first;
        try
        {
            first = _verifier.VerifyRequest(Encoding.ASCII.GetBytes(from.ToString()), datagram, 0, datagram.Length, new DtlsWire(SendBack));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return; // whatever it was, it was no first message
        }
        if (first is null || _handshakes.Count >= _settings.MaxHandshakes
            || _handshakes.Keys.Count(other => other.Address.Equals(from.Address)) >= Math.Max(1, _settings.MaxHandshakes / 4) || !MakeRoom(from, now))
        {
            return;
        }
        DtlsSession session = DtlsSession.Of(new DtlsServer(_crypto, _settings.Certificate!, _chain), first, from.ToString(), SendBack);
        _handshakes.Add(from, session);
        _ = CompleteAsync(from, session);
    }

    private async Task CompleteAsync(IPEndPoint from, DtlsSession session)
    {
        bool isGood = false;
        try
        {
            await session.ShakeHandsAsync(_settings.HandshakeTimeout, _stopping.Token).ConfigureAwait(false);
            isGood = true;
        }
        catch (Exception e) when (e is CmpException or OperationCanceledException)
        {
            // the client has been told, or is not there any more
        }
        _drive(now =>
        {
            _handshakes.Remove(from);
            if (!isGood)
                return;
            if (_clients.TryGetValue(from, out Client? old))
                Remove(old);
            Client client = new(new DtlsPeer(from), session) { HeardAt = now };
            _clients.Add(from, client);
            Open(client, now);
        });
        if (_stopping.IsCancellationRequested)
            session.Close();
    }

    /// <summary>Whether there is room for a session, if need be that of the one who has been silent for longest.</summary>
    private bool MakeRoom(IPEndPoint from, TimeSpan now)
    {
        if (_clients.ContainsKey(from) || _clients.Count + _handshakes.Count < _settings.MaxSessions)
            return true;
        Client? silent = null;
        foreach (Client client in _clients.Values)
        {
            if (silent is null || client.HeardAt < silent.HeardAt)
                silent = client;
        }
        if (silent is null || now - silent.HeardAt < MinSilence)
            return false;
        Remove(silent);
        return true;
    }

    private sealed class Client(DtlsPeer peer, DtlsSession session)
    {
        public DtlsPeer Peer { get; } = peer;

        public DtlsSession Session { get; } = session;

        public TimeSpan HeardAt { get; set; }
    }
}
