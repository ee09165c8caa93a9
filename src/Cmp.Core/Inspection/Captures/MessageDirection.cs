namespace Cmp.Inspection.Captures;

/// <summary>Which way a message went.</summary>
public enum MessageDirection
{
    /// <summary>From the client to the server.</summary>
    Request,

    /// <summary>From the server to the client.</summary>
    Response,
}
