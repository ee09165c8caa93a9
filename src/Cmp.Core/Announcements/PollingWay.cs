namespace Cmp.Announcements;

/// <summary>The ways to ask a CA for what it announces. Each has its source of the same name.</summary>
public enum PollingWay
{
    /// <summary>A general message in place of each announcement, as RFC 6712 3.7 recommends. It has no revocations.</summary>
    GeneralMessage,

    /// <summary>HTTP GET, as drafts of the transport had it for a while. It has no certificates.</summary>
    HttpGet,

    /// <summary>A polling reference that a CA gave by other ways, over TCP-Messages.</summary>
    TcpReference,

    /// <summary>CoAP Observe: what is announced comes until nobody wants it any more.</summary>
    Observe,
}
