namespace Cmp.Inspection.Captures;

/// <summary>Why a packet of a capture could not be read.</summary>
public enum PacketDefect
{
    /// <summary>The snap length cut it within its headers, or it is a datagram, or a fragment of one, that was cut.</summary>
    Cut,

    /// <summary>The header of its link ends too early.</summary>
    Link,

    /// <summary>Its IP header is wrong, or lies in too many others.</summary>
    Ip,

    /// <summary>It is a fragment whose datagram never came whole, or for which there was no room.</summary>
    Fragment,

    /// <summary>Its TCP header is wrong.</summary>
    Tcp,

    /// <summary>Its UDP header is wrong.</summary>
    Udp,

    /// <summary>It names an interface that the capture does not describe.</summary>
    Interface,
}
