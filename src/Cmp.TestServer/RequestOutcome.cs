namespace Cmp.TestServer;

/// <summary>What becomes of one request.</summary>
public enum RequestOutcome
{
    /// <summary>It is granted at once, if it is in order.</summary>
    Grant,

    /// <summary>It is granted, if it is in order, when its requester has polled for it.</summary>
    Wait,

    /// <summary>It is rejected.</summary>
    Reject,
}
