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

    /// <summary>Takes a connection over.</summary>
    /// <param name="listener">Whose it is.</param>
    /// <param name="socket">The connection; closed at the end.</param>
    public TcpListenerConnection(CmpTcpListener listener, Socket socket)
        : base(socket)
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
        await RefuseAsync(TcpErrorType.GeneralServerError, "The server is busy.").ConfigureAwait(false);
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
                ? await RefuseAsync(TcpMessageResponder.VersionNotSupported).ConfigureAwait(false)
                : await RefuseAsync(TcpErrorType.GeneralClientError, e.Message).ConfigureAwait(false);
        }
        _have -= length;
        Buffer.BlockCopy(_buffer, length, _buffer, 0, _have);
        if (_buffer.Length > KeptBuffer && _have <= KeptBuffer)
            Array.Resize(ref _buffer, KeptBuffer);
        Disarm();
        TcpMessage answer = _settings.Style is { } style && style != asked.Style
            ? TcpMessageResponder.Error(TcpMessageStyle.Rfc2510, TcpErrorType.GeneralClientError, [], style == TcpMessageStyle.Rfc2510
                ? "The server speaks the style of RFC 2510 only." : "The server speaks version 10 of TCP-Messages only.")
            : await _listener.Responder.AnswerAsync(asked, new TransportRequest(default, CmpOperation.General, First: false, Last: false), _listener.Stopping).ConfigureAwait(false);
        byte[] octets = (answer with { Closes = asked.Closes }).ToArray();
        Arm(_settings.RequestTimeout);
        await WriteAsync(octets, octets.Length).ConfigureAwait(false);
        if (asked.Closes)
        {
            Socket.Shutdown(SocketShutdown.Send);
            return false;
        }
        Arm(_settings.IdleTimeout);
        return true;
    }

    /// <summary>Waits until a whole message stands in the buffer.</summary>
    /// <returns>Its length; 0 where the peer is done.</returns>
    private async Task<int> ReceiveMessageAsync()
    {
        bool hasBegun = _have > 0;
        // one deadline for the whole of it
        if (hasBegun)
            Arm(_settings.RequestTimeout);
        while (true)
        {
            int length = TcpMessage.ReadLength(_buffer.AsSpan(0, _have), _settings.MaxRequestBytes);
            if (length != 0 && _have >= length)
                return length;
            if (!await ReceiveAsync(length).ConfigureAwait(false))
                return 0;
            if (!hasBegun)
                Arm(_settings.RequestTimeout);
            hasBegun = true;
        }
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

    private Task<bool> RefuseAsync(TcpErrorType type, string text)
    {
        bool isOld = _have >= StyleOctets ? _buffer[StyleOctets - 1] < TcpMessage.Version : _settings.Style == TcpMessageStyle.Rfc2510;
        return RefuseAsync(TcpMessageResponder.Error(isOld ? TcpMessageStyle.Rfc2510 : TcpMessageStyle.Version10, type, [], text));
    }

    /// <summary>Says what is wrong, and closes: where the next message would begin nobody knows.</summary>
    private async Task<bool> RefuseAsync(TcpMessage error)
    {
        Arm(DrainTimeout);
        byte[] octets = (error with { Closes = true }).ToArray();
        await WriteAsync(octets, octets.Length).ConfigureAwait(false);
        Socket.Shutdown(SocketShutdown.Send);
        await DrainAsync(_buffer).ConfigureAwait(false);
        return false;
    }
}
