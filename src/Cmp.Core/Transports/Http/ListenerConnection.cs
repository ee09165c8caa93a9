using System;
using System.Net.Security;
using System.Net.Sockets;
#if !NET
using System.Security.Authentication;
#endif
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>One connection of a <see cref="CmpHttpListener"/>: it reads a request, has it answered, and goes on while both want that.</summary>
internal sealed class ListenerConnection : ServedConnection
{
    private const int FirstBuffer = 4096;
    private const int FirstBody = 64 * 1024;
    private const int KeptAnswer = 64 * 1024;
    private const int MaxShown = 20;
    private const byte TlsHandshake = 22;
    private static readonly byte[] Continue = "HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray();
    internal static readonly byte[] Busy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"u8.ToArray();
    private static readonly byte[] TooSlow = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray();

    private readonly CmpHttpListener _listener;
    private readonly HttpListenerSettings _settings;
    private byte[] _buffer = new byte[FirstBuffer];
    private byte[] _answer = new byte[FirstBuffer];
    private int _start;
    private int _end;
    private volatile bool _midRequest;

    /// <summary>Takes a connection over.</summary>
    /// <param name="listener">Whose it is.</param>
    /// <param name="socket">The connection; closed at the end.</param>
    public ListenerConnection(CmpHttpListener listener, Socket socket)
        : base(socket, listener.Settings.Refused)
    {
        _listener = listener;
        _settings = listener.Settings;
    }

    private protected override async Task ServeAllAsync()
    {
        Arm(_settings.RequestTimeout);
        if (_settings.Certificate is not null)
        {
            // RFC 8446 5.1: who speaks TLS begins with a handshake; who speaks HTTP is told in HTTP
            byte? first = await PeekAsync().ConfigureAwait(false);
            if (first is null)
                return;
            if (first != TlsHandshake)
            {
                await RefuseAsync(400, "TLS is due, and something else is spoken.").ConfigureAwait(false);
                return;
            }
            await AuthenticateAsync().ConfigureAwait(false);
        }
        while (await ServeOneAsync().ConfigureAwait(false))
        {
        }
    }

    /// <summary>The request is not waited for.</summary>
    private protected override async Task SayNoAsync()
    {
        Arm(DrainTimeout);
        await RefuseAsync(503, ConnectionAcceptor.TooMany).ConfigureAwait(false);
    }

    private protected override void Expiring()
    {
        if (!_midRequest)
            return;
        bool isHeard = Stream is NetworkStream;
        Report(isHeard ? 408 : null, Reason(408));
        if (!isHeard)
            return;
        // tried, not waited for: it goes at once or not at all
#if NET
        _ = Socket.SendAsync(TooSlow.AsMemory(), SocketFlags.None).AsTask();
#else
        _ = Socket.SendAsync(new ArraySegment<byte>(TooSlow), SocketFlags.None);
#endif
        Socket.Shutdown(SocketShutdown.Send);
    }

    private async Task AuthenticateAsync()
    {
        SslStream tls = new(Stream, leaveInnerStreamOpen: false);
        Stream = tls;
#if NET
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = _listener.CertificateContext }).ConfigureAwait(false);
#else
        await tls.AuthenticateAsServerAsync(_settings.Certificate!, clientCertificateRequired: false, SslProtocols.Tls12, checkCertificateRevocation: false).ConfigureAwait(false);
#endif
    }

    private async Task<bool> ServeOneAsync()
    {
        int length = await ReceiveHeadAsync().ConfigureAwait(false);
        if (length <= 0)
            return length < 0 && await RefuseAsync(-length).ConfigureAwait(false);
        int status = HttpRequestHead.Parse(_buffer.AsSpan(_start, length), out HttpRequestHead? head);
        _start += length;
        if (status != 0)
            return await RefuseAsync(status).ConfigureAwait(false);
        if (head!.Method != "POST")
            return await ServeOtherAsync(head).ConfigureAwait(false);
        status = Check(head);
        if (status != 0)
            return await RefuseAsync(status).ConfigureAwait(false);
        byte[]? body = await ReceiveBodyAsync(head, (int)head.ContentLength!.Value).ConfigureAwait(false);
        if (body is null)
            return false;
        TransportRequest request = new(body, OperationLabel.In(head.Target), First: false, Last: false) { Path = head.Target, From = Peer };
        return _listener.TcpMessages is not null && body.Length > 0 && HttpBody.IsFramed(body)
            ? await AnswerFramedAsync(head, request).ConfigureAwait(false)
            : await AnswerAsync(head, () => _listener.Handler(request, _listener.Stopping)!).ConfigureAwait(false);
    }

    /// <summary>Answers a TCP-Message. What happens within it is said within it; only a body that is no whole one is an error of HTTP.</summary>
    private async Task<bool> AnswerFramedAsync(HttpRequestHead head, TransportRequest request)
    {
        TcpMessage? asked = null;
        try
        {
            asked = TcpMessage.Decode(request.Octets, _settings.MaxRequestBytes);
        }
        catch (CmpException e)
        {
            if (e.ErrorId != "CmpTcp.UnknownVersion")
                return await RefuseAsync(400).ConfigureAwait(false);
        }
        return await AnswerAsync(head, async () =>
        {
            TcpMessage answer = asked is null
                ? TcpMessageResponder.VersionNotSupported
                : await _listener.TcpMessages!.AnswerAsync(asked, request, _listener.Stopping).ConfigureAwait(false);
            return new TransportReply.Octets(answer.ToArray());
        }).ConfigureAwait(false);
    }

    private int Check(HttpRequestHead head)
    {
        if (head.HasTransferEncoding || head.ContentLength is null)
            return 411;
        if (head.ContentLength > _settings.MaxRequestBytes)
            return 413;
        bool cmp = CmpMediaType.IsPkixcmp(head.ContentType) || ((_settings.Lenient || _settings.TcpMessages) && CmpMediaType.IsLegacy(head.ContentType));
        return cmp && !head.HasContentEncoding ? 0 : 415;
    }

    /// <summary>An answer is called what its question was called, so that each draft hears its own.</summary>
    private string MediaType(HttpRequestHead head) => _settings.TcpMessages ? CmpMediaType.Of(head.ContentType) ?? CmpMediaType.Pkixcmp : CmpMediaType.Pkixcmp;

    private async Task<bool> ServeOtherAsync(HttpRequestHead head)
    {
        // what has a body is not for us, so that nothing has to be read past it
        if (_settings.OtherMethods is null || head.HasTransferEncoding || head.ContentLength > 0)
            return await RefuseAsync(405, "The method " + PeerText.Escape(head.Method, MaxShown) + " is not for this.").ConfigureAwait(false);
        return await AnswerAsync(head, () => _settings.OtherMethods(head, _listener.Stopping)).ConfigureAwait(false);
    }

    /// <summary>Waits until a whole head stands in the buffer.</summary>
    /// <returns>Its length; 0 where the peer is done; an HTTP status, negative, where it is refused.</returns>
    private async Task<int> ReceiveHeadAsync()
    {
        int scanned = 0;
        bool begun = _end > _start;
        if (begun)
            BeginRequest();
        while (true)
        {
            // RFC 9112 2.2: an empty line before a request is passed over
            while (scanned == 0 && _end - _start >= 2 && _buffer[_start] == '\r' && _buffer[_start + 1] == '\n')
                _start += 2;
            int found = HttpRequestHead.FindEnd(_buffer.AsSpan(_start + scanned, _end - _start - scanned));
            if (found >= 0)
                return scanned + found <= _settings.MaxHeaderBytes ? scanned + found : -431;
            scanned = Math.Max(0, _end - _start - 3);
            if (_end - _start >= _settings.MaxHeaderBytes)
                return -431;
            MakeRoom();
            int read = await ReadAsync(_buffer, _end, _buffer.Length - _end).ConfigureAwait(false);
            if (read == 0)
                return 0;
            if (!begun)
                BeginRequest();
            begun = true;
            _end += read;
            // who speaks TLS here would wait for an answer to his greeting, and we for an empty line
            if (!HttpRequestHead.MayBegin(_buffer[_start]))
                return -400;
        }
    }

    /// <summary>The first octet of what the peer sends, which stays there.</summary>
    /// <returns>The octet, or <see langword="null"/> where the peer is done.</returns>
    private async Task<byte?> PeekAsync()
    {
#if NET
        int read = await Socket.ReceiveAsync(_buffer.AsMemory(0, 1), SocketFlags.Peek).ConfigureAwait(false);
#else
        int read = await Socket.ReceiveAsync(new ArraySegment<byte>(_buffer, 0, 1), SocketFlags.Peek).ConfigureAwait(false);
#endif
        return read == 0 ? null : _buffer[0];
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            _end -= _start;
            _start = 0;
        }
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, Math.Min(2 * _buffer.Length, Math.Max(_settings.MaxHeaderBytes, FirstBuffer) + 1));
    }

    private async Task<byte[]?> ReceiveBodyAsync(HttpRequestHead head, int length)
    {
        int have = Math.Min(length, _end - _start);
        if (have < length && head.ExpectsContinue)
            await WriteAsync(Continue, Continue.Length).ConfigureAwait(false);
        // a length that is only claimed does not take memory
        byte[] body = new byte[Math.Min(length, Math.Max(have, FirstBody))];
        Buffer.BlockCopy(_buffer, _start, body, 0, have);
        _start += have;
        while (have < length)
        {
            if (have == body.Length)
                Array.Resize(ref body, (int)Math.Min(length, 2L * body.Length));
            int read = await ReadAsync(body, have, body.Length - have).ConfigureAwait(false);
            if (read == 0)
                return null;
            have += read;
        }
        return body;
    }

    private async Task<bool> AnswerAsync(HttpRequestHead head, Func<Task<TransportReply?>> handler)
    {
        _midRequest = false;
        Disarm();
        BeginAnswer();
        int status;
        TimeSpan? retryAfter = null;
        ReadOnlyMemory<byte> body = default;
        try
        {
            switch (await handler().ConfigureAwait(false))
            {
                case TransportReply.Octets octets:
                    status = octets.HttpStatus ?? 200;
                    body = octets.Value;
                    break;
                case TransportReply.Nothing nothing:
                    status = nothing.HttpStatus ?? 200;
                    retryAfter = nothing.RetryAfter;
                    break;
                case null when head.Method != "POST":
                    status = 405;
                    break;
                default:
                    throw new InvalidOperationException("HTTP can carry a message or nothing.");
            }
            if (status is < 200 or > 599 || (status is 204 or 304 && !body.IsEmpty))
                throw new InvalidOperationException("HTTP has no such status for an answer.");
        }
        catch (Exception e) when (!_listener.Stopping.IsCancellationRequested)
        {
            _settings.HandlerFailed?.Invoke(e);
            status = 500;
            body = default;
        }
        Arm(_settings.RequestTimeout);
        bool isKept = head.KeepAlive && !IsFinishing;
        await SendAsync(status, body, MediaType(head), isKept, head.MinorVersion, retryAfter).ConfigureAwait(false);
        if (isKept && EndAnswer())
        {
            Arm(_settings.IdleTimeout);
            return true;
        }
        await CloseAsync().ConfigureAwait(false);
        if (head.KeepAlive)
        {
            // he had no reason to stop sending
            Arm(DrainTimeout);
            await DrainAsync(_buffer).ConfigureAwait(false);
        }
        return false;
    }

    /// <summary>Answers what is not worth a handler, and closes: what else the peer sends would have to be understood first.</summary>
    private async Task<bool> RefuseAsync(int status, string? reason = null)
    {
        _midRequest = false;
        Report(status, reason ?? Reason(status));
        Arm(DrainTimeout);
        await SendAsync(status, default, CmpMediaType.Pkixcmp, isKept: false, minorVersion: 1).ConfigureAwait(false);
        await CloseAsync().ConfigureAwait(false);
        await DrainAsync(_buffer).ConfigureAwait(false);
        return false;
    }

    /// <summary>Head and body leave in one piece.</summary>
    private async Task SendAsync(int status, ReadOnlyMemory<byte> body, string mediaType, bool isKept, int minorVersion, TimeSpan? retryAfter = null)
    {
        byte[] answer = _answer;
        if (answer.Length < HttpResponseHead.MaxBytes + body.Length)
        {
            answer = new byte[HttpResponseHead.MaxBytes + body.Length];
            if (answer.Length <= KeptAnswer)
                _answer = answer;
        }
        int? seconds = retryAfter is { } wait ? (int)Math.Min(int.MaxValue, Math.Ceiling(wait.TotalSeconds)) : null;
        int length = HttpResponseHead.Write(answer, status, body.Length, mediaType, isKept, minorVersion, DateTimeOffset.UtcNow, seconds);
        body.Span.CopyTo(answer.AsSpan(length));
        await WriteAsync(answer, length + body.Length).ConfigureAwait(false);
    }

    private static string Reason(int status) => status switch
    {
        408 => "The request does not come to an end in time.",
        411 => "The request does not say how long it is.",
        413 => "The request is too large.",
        415 => "The request holds no CMP message, or one that is encoded once more.",
        417 => "The request expects what is not known.",
        431 => "The head of the request is too large.",
        505 => "The request is one of another HTTP.",
        _ => "The request is malformed.",
    };

    private async Task CloseAsync()
    {
        if (Stream is SslStream tls)
            await tls.ShutdownAsync().ConfigureAwait(false);
        Socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>The one deadline for a whole request, head and body.</summary>
    private void BeginRequest()
    {
        Arm(_settings.RequestTimeout);
        _midRequest = true;
    }
}
