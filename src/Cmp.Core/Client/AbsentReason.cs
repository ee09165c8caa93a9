namespace Cmp.Client;

/// <summary>What a request for revocation says where no reason is given.</summary>
public enum AbsentReason
{
    /// <summary>Nothing.</summary>
    Omit,

    /// <summary>The reason 0, unspecified: RFC 9483 4.2 wants one always.</summary>
    Unspecified,

    /// <summary>It is not sent: the server revokes for a reason only, and which one is for the user to say.</summary>
    Refuse,
}
