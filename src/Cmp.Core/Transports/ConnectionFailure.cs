using System;
using System.Globalization;

namespace Cmp.Transports;

/// <summary>The errors of a connection, in the words of every road that has one.</summary>
internal static class ConnectionFailure
{
    private const int MaxShown = 500;
    private const string CheckServer = "Check the server's name and port, and whether a firewall or a proxy stands between.";

    /// <summary>The error for a connection that cannot be made.</summary>
    /// <param name="server">Host and port.</param>
    /// <param name="cause">What was thrown.</param>
    /// <returns><c>CmpTransport.ConnectFailed</c>.</returns>
    public static CmpException Unreached(string server, Exception cause) =>
        new(CmpErrorKind.Transport, "CmpTransport.ConnectFailed", "No connection to " + server + ": " + Reason(cause), cause) { RecommendedAction = CheckServer };

    /// <summary>The error for a connection that took too long to be made.</summary>
    /// <param name="server">Host and port.</param>
    /// <param name="limit">The time that was allowed.</param>
    /// <param name="cause">What was thrown.</param>
    /// <returns><c>CmpTransport.ConnectTimeout</c>.</returns>
    public static CmpException ConnectTimeout(string server, TimeSpan limit, Exception cause) =>
        new(CmpErrorKind.Timeout, "CmpTransport.ConnectTimeout", "No connection to " + server + " within " + Seconds(limit) + ".", cause) { RecommendedAction = CheckServer };

    /// <summary>The error for a round trip that took too long.</summary>
    /// <param name="server">Host and port.</param>
    /// <param name="limit">The time that was allowed.</param>
    /// <param name="cause">What was thrown.</param>
    /// <returns><c>CmpTransport.Timeout</c>.</returns>
    public static CmpException Timeout(string server, TimeSpan limit, Exception cause) =>
        new(CmpErrorKind.Timeout, "CmpTransport.Timeout", "No whole answer from " + server + " within " + Seconds(limit) + ".", cause)
        {
            RecommendedAction = "Try again later, or allow more time for one exchange.",
        };

    /// <summary>The error for a connection that broke.</summary>
    /// <param name="server">Host and port.</param>
    /// <param name="answerBegan">Whether an octet of the answer had come.</param>
    /// <param name="cause">What was thrown.</param>
    /// <param name="action">What to do, if that is known.</param>
    /// <returns><c>CmpTransport.ConnectionClosed</c>.</returns>
    public static CmpException Broken(string server, bool answerBegan, Exception cause, string? action = null) => new(CmpErrorKind.Transport, "CmpTransport.ConnectionClosed",
        (answerBegan ? "The connection broke in the middle of the answer of " : "The connection broke before an answer came from ") + server + ": " + Reason(cause), cause)
    {
        RecommendedAction = action,
    };

    private static string Reason(Exception cause) => PeerText.Escape(cause.GetBaseException().Message, MaxShown);

    private static string Seconds(TimeSpan limit) => limit.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + " s";
}
