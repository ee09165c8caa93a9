namespace Cmp.Transports;

/// <summary>How far a request of ours has come.</summary>
internal enum CoapRequestState
{
    /// <summary>It was sent, and is sent again until it is acknowledged.</summary>
    Sent,

    /// <summary>It was acknowledged; the response comes by itself.</summary>
    Acknowledged,

    /// <summary>Its response came.</summary>
    Answered,

    /// <summary>The server said that it does not understand it.</summary>
    Reset,

    /// <summary>Nobody acknowledged it, however often it was sent.</summary>
    Unheard,

    /// <summary>The network said twice that nobody listens there.</summary>
    Refused,
}
