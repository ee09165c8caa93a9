using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>What stands in TCP-Messages for the statuses of HTTP, so that one handler serves both roads.</summary>
internal static class TcpStatus
{
    /// <summary>The error for a status.</summary>
    /// <param name="status">400 to 599.</param>
    /// <returns>Whose error it is; <see langword="null"/> where the status is none of an error.</returns>
    public static TcpErrorType? Of(int status) => status switch
    {
        429 or (>= 500 and < 600) => TcpErrorType.GeneralServerError,
        >= 400 and < 500 => TcpErrorType.GeneralClientError,
        _ => null,
    };

    /// <summary>What is said with it, which tells nothing of what went wrong inside.</summary>
    /// <param name="status">400 to 599.</param>
    /// <returns>A sentence.</returns>
    public static string Words(int status) => status switch
    {
        503 or 429 => "The server is busy.",
        >= 500 => "The server failed.",
        _ => "The server does not take that.",
    };
}
