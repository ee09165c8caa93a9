namespace Cmp.Announcements;

/// <summary>How an announcement came to us.</summary>
public enum AnnouncementSource
{
    /// <summary>It was at hand: a file, or octets.</summary>
    Read,

    /// <summary>It was made here.</summary>
    Made,

    /// <summary>It is the answer to a general message (RFC 9810 5.3.19), which has a nonce: no one else's older answer can be in its place.</summary>
    GeneralMessage,

    /// <summary>It was fetched by HTTP GET (draft-ietf-pkix-cmp-transport-protocols-09 to -11, 3.7.2).</summary>
    HttpGet,

    /// <summary>It was collected by a polling reference of TCP-Messages (draft-ietf-pkix-cmp-tcp-00 3.3).</summary>
    TcpReference,

    /// <summary>It was observed by CoAP (RFC 9482 2.6).</summary>
    Observe,

    /// <summary>It was pushed to a listener of ours (RFC 6712 3.7, RFC 9811 3.5).</summary>
    Push,
}
