using System.Collections.Generic;

namespace Cmp.Inspection.Captures;

/// <summary>A TCP connection as far as it was seen.</summary>
internal sealed class TcpConnection(ConnectionKey key, bool isFirstLow, bool isOpening)
{
    internal ConnectionKey Key => key;

    /// <summary>Whether the first end is the lower one of the key.</summary>
    internal bool IsFirstLow => isFirstLow;

    /// <summary>Whether it was seen how the connection was opened.</summary>
    internal bool IsOpening => isOpening;

    /// <summary>From the first end; <see langword="null"/> where nobody reads the connection.</summary>
    internal TcpDirection? FromFirst { get; private set; } = new(isFromFirst: true);

    /// <summary>From the other end; <see langword="null"/> where nobody reads the connection.</summary>
    internal TcpDirection? FromSecond { get; private set; } = new(isFromFirst: false);

    /// <summary>What reads it; <see langword="null"/> before its first octet, and after it has ended.</summary>
    internal IConnectionReader? Reader { get; set; }

    /// <summary>Whether it was asked who reads it: that is when its first octet comes.</summary>
    internal bool IsAsked { get; set; }

    /// <summary>Where it stands among those that are read, or among the others.</summary>
    internal LinkedListNode<TcpConnection> Node { get; set; } = null!;

    /// <summary>Nobody reads it: its octets are passed over.</summary>
    internal void Pass() => FromFirst = FromSecond = null;
}
