using System;
using System.Net.Sockets;
using System.Threading.Tasks;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>One connection of a <see cref="CmpTcpListener"/>: it reads a TCP-Message, has it answered, and goes on until the client says that it was the last, or is silent.</summary>
internal sealed class TcpListenerConnection : ServedConnection
{
    private const int FirstBuffer = 4096;
    private const int KeptBuffer = 64 * 1024;

    /// <summary>The octets by which the styles can be told apart.</summary>
    private const int StyleOctets = 5;

    private readonly CmpTcpListener _listener;
    private readonly TcpListenerSettings _settings;
    private byte[] _buffer = new byte[FirstBuffer];
    private int _have;
    private volatile bool _midMessage;

    /// <summary>Takes a connection over.</summary>
    /// <param name="listener">Whose it is.</param>
    /// <param name="socket">The connection; closed at the end.</param>
    public TcpListenerConnection(CmpTcpListener listener, Socket socket)
        : base(socket, listener.Settings.Refused)
    {
        _listener = listener;
        _settings = listener.Settings;
    }

    private protected override async Task ServeAllAsync()
    {
        Arm(_settings.RequestTimeout);
        while (await ServeOneAsync().ConfigureAwait(false))
        {
        }
    }

    /// <summary>Only the question says in which style the answer is understood.</summary>
    private protected override async Task SayNoAsync()
    {
        Arm(DrainTimeout);
        while (_have < StyleOctets)
        {
            if (!await ReceiveAsync().ConfigureAwait(false))
                return;
        }
        await RefuseAsync(503, TcpErrorType.GeneralServerError, "The server is busy.", ConnectionAcceptor.TooMany).ConfigureAwait(false);
    }

    private protected override void Expiring()
    {
        if (_midMessage)
            Report(null, "The message does not come to an end in time.");
    }

    private async Task<bool> ServeOneAsync()
    {
        TcpMessage asked;
        int length;
        try
        {
            length = await ReceiveMessageAsync().ConfigureAwait(false);
            if (length == 0)
                return false;
            // the value lives on in the handler, so it gets octets of its own
            asked = TcpMessage.Decode(_buffer.AsSpan(0, length).ToArray(), _settings.MaxRequestBytes);
        }
        catch (CmpException e)
        {
            return e.ErrorId == "CmpTcp.UnknownVersion"
                ? await RefuseAsync(400, TcpMessageResponder.VersionNotSupported, e.Message).ConfigureAwait(false)
                : await RefuseAsync(e.ErrorId == "CmpMessage.TooLarge" ? 413 : 400, TcpErrorType.GeneralClientError, e.Message, e.Message).ConfigureAwait(false);
        }
        _have -= length;
        Buffer.BlockCopy(_buffer, length, _buffer, 0, _have);
        if (_buffer.Length > KeptBuffer && _have <= KeptBuffer)
            Array.Resize(ref _buffer, KeptBuffer);
        _midMessage = false;
        Disarm();
        BeginAnswer();
        TcpMessage answer = _settings.Style is { } style && style != asked.Style ? OtherStyle(style)
            : await _listener.Responder.AnswerAsync(asked, new TransportRequest(default, CmpOperation.General, First: false, Last: false) { From = Peer }, _listener.Stopping).ConfigureAwait(false);
        bool isKept = !asked.Closes && !IsFinishing;
        byte[] octets = (answer with { Closes = !isKept }).ToArray();
        Arm(_settings.RequestTimeout);
        await WriteAsync(octets, octets.Length).ConfigureAwait(false);
        if (isKept && EndAnswer())
        {
            Arm(_settings.IdleTimeout);
            return true;
        }
        Socket.Shutdown(SocketShutdown.Send);
        if (!asked.Closes)
        {
            // he had no reason to stop sending
            Arm(DrainTimeout);
            await DrainAsync(_buffer).ConfigureAwait(false);
        }
        return false;
    }

    private TcpMessage OtherStyle(TcpMessageStyle style)
    {
        string reason = style == TcpMessageStyle.Rfc2510 ? "The server speaks the style of RFC 2510 only." : "The server speaks version 10 of TCP-Messages only.";
        Report(400, reason);
        return TcpMessageResponder.Error(TcpMessageStyle.Rfc2510, TcpErrorType.GeneralClientError, [], reason);
    }

    /// <summary>Waits until a whole message stands in the buffer.</summary>
    /// <returns>Its length; 0 where the peer is done.</returns>
    private async Task<int> ReceiveMessageAsync()
    {
        bool hasBegun = _have > 0;
        // one deadline for the whole of it
        if (hasBegun)
            BeginMessage();
        while (true)
        {
            int length = TcpMessage.ReadLength(_buffer.AsSpan(0, _have), _settings.MaxRequestBytes);
            if (length != 0 && _have >= length)
                return length;
            if (!await ReceiveAsync(length).ConfigureAwait(false))
                return 0;
            if (!hasBegun)
                BeginMessage();
            hasBegun = true;
        }
    }

    private void BeginMessage()
    {
        Arm(_settings.RequestTimeout);
        _midMessage = true;
    }

    private async Task<bool> ReceiveAsync(int length = 0)
    {
        // a length that is only claimed does not take memory
        if (_have == _buffer.Length)
            Array.Resize(ref _buffer, (int)Math.Min(2L * _have, Math.Max(length, _have + 1L)));
        int read = await ReadAsync(_buffer, _have, _buffer.Length - _have).ConfigureAwait(false);
        _have += read;
        return read > 0;
    }

    private Task<bool> RefuseAsync(int status, TcpErrorType type, string text, string reason)
    {
        bool isOld = _have >= StyleOctets ? _buffer[StyleOctets - 1] < TcpMessage.Version : _settings.Style == TcpMessageStyle.Rfc2510;
        return RefuseAsync(status, TcpMessageResponder.Error(isOld ? TcpMessageStyle.Rfc2510 : TcpMessageStyle.Version10, type, [], text), reason);
    }

    /// <summary>Says what is wrong, and closes: where the next message would begin nobody knows.</summary>
    private async Task<bool> RefuseAsync(int status, TcpMessage error, string reason)
    {
        _midMessage = false;
        Report(status, reason);
        Arm(DrainTimeout);
        byte[] octets = (error with { Closes = true }).ToArray();
        await WriteAsync(octets, octets.Length).ConfigureAwait(false);
        Socket.Shutdown(SocketShutdown.Send);
        await DrainAsync(_buffer).ConfigureAwait(false);
        return false;
    }
}
