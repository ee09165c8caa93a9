#if NET
namespace Cmp.Transports;

/// <summary>How far a connection came that was to speak TLS: where it fails, or nothing is heard any more, that tells why.</summary>
internal sealed class TlsBeginning
{
    // RFC 8446 5.1: a server begins with a handshake record, or with an alert
    private const byte Alert = 21;
    private const byte Handshake = 22;

    private volatile bool _isConnected;
    private int _first = -1;

    /// <summary>Whether the server took the connection.</summary>
    public bool IsConnected
    {
        get => _isConnected;
        set => _isConnected = value;
    }

    /// <summary>Whether the server's first octet begins something else than TLS.</summary>
    public bool IsOtherProtocol => _first is not (-1 or Alert or Handshake);

    /// <summary>Notes what came; the first octet counts.</summary>
    /// <param name="octet">The first octet of what came.</param>
    public void Note(byte octet)
    {
        if (_first < 0)
            _first = octet;
    }
}
#endif
