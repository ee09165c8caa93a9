using System;
using System.Globalization;
using System.Text;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>What goes wrong over CoAP, as errors that tell a user what to do.</summary>
internal static class CoapFailure
{
    private const int MaxShown = 400;

    /// <summary>The error for a server that never acknowledged a message.</summary>
    /// <param name="server">Host and port.</param>
    /// <param name="layer">What was heard all the same.</param>
    /// <returns><c>CmpTransport.Timeout</c> where the server has fallen silent, <c>CmpTransport.ConnectTimeout</c> where nothing ever came from it.</returns>
    public static CmpException Unheard(string server, CoapMessageLayer layer) =>
        Late(layer, (layer.HasHeard ? "The server " + server + " fell silent" : "Nothing came from " + server) + ", however often the message was sent.");

    /// <summary>The error for a whole exchange that took too long.</summary>
    /// <param name="question">What was asked of whom.</param>
    /// <param name="layer">What was heard.</param>
    /// <returns><c>CmpTransport.Timeout</c>, or <c>CmpTransport.ConnectTimeout</c> where nothing ever came from there.</returns>
    public static CmpException Timeout(CoapQuestion question, CoapMessageLayer layer) =>
        Late(layer, (layer.HasHeard ? "No whole answer from " : "Nothing came from ") + question.Server + " within "
            + question.Timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + " s.");

    /// <summary>The error for a port where nobody listens.</summary>
    /// <param name="server">Host and port.</param>
    /// <returns><c>CmpTransport.ConnectFailed</c>.</returns>
    public static CmpException Refused(string server) =>
        new(CmpErrorKind.Transport, "CmpTransport.ConnectFailed", "Nobody listens at " + server + ", says the network.")
        {
            RecommendedAction = "Check the server's name and port, and whether the server runs.",
        };

    /// <summary>The error for a host that has no address, or to which no road leads.</summary>
    /// <param name="server">Host and port.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cause">What was thrown, if anything was.</param>
    /// <returns><c>CmpTransport.ConnectFailed</c>.</returns>
    public static CmpException Unreachable(string server, string reason, Exception? cause) =>
        new(CmpErrorKind.Transport, "CmpTransport.ConnectFailed", "The server " + server + " cannot be reached: " + reason, cause)
        {
            RecommendedAction = "Check the server's name, and the network.",
        };

    /// <summary>The error for a message that the server rejects as one that it cannot make sense of.</summary>
    /// <param name="server">Host and port.</param>
    /// <returns><c>CmpCoap.Reset</c>.</returns>
    public static CmpException Reset(string server) =>
        new(CmpErrorKind.Protocol, "CmpCoap.Reset", "The server " + server + " rejects the message as one that it does not understand (a CoAP reset).")
        {
            RecommendedAction = "Check whether the port is the one of the CMP server.",
        };

    /// <summary>The error for blocks that do not fit together.</summary>
    /// <param name="server">Host and port.</param>
    /// <param name="reason">What does not fit.</param>
    /// <returns><c>CmpCoap.Block</c>.</returns>
    public static CmpException Block(string server, string reason) =>
        new(CmpErrorKind.Protocol, "CmpCoap.Block", "The blocks of the exchange with " + server + " do not fit together: " + reason);

    /// <summary>The error for a response that became another one between two of its blocks.</summary>
    /// <param name="server">Host and port.</param>
    /// <returns><c>CmpCoap.Changed</c>.</returns>
    public static CmpException Changed(string server) =>
        new(CmpErrorKind.Protocol, "CmpCoap.Changed", "The response of " + server + " became another one while its blocks were fetched.")
        {
            RecommendedAction = "Try again.",
        };

    /// <summary>The error for an answer that is no CMP message by its content format.</summary>
    /// <param name="server">Host and port.</param>
    /// <param name="response">The answer.</param>
    /// <returns><c>CmpCoap.ContentFormat</c>.</returns>
    public static CmpException ContentFormat(string server, CoapResponse response)
    {
        string shown = response.ContentFormat is null or CoapContentFormat.Text ? Text(response) : "";
        return new CmpException(CmpErrorKind.Protocol, "CmpCoap.ContentFormat", "The server " + server
            + (response.ContentFormat is { } format ? " answered with content format " + format.ToString(CultureInfo.InvariantCulture) : " answered without a content format")
            + ", not with 259 (application/pkixcmp)" + (shown.Length == 0 ? "." : ": " + shown))
        {
            RecommendedAction = response.ContentFormat is null
                ? "Where the server is known to leave it out, use -Lenient."
                : "Check the path of the server's URI: something else than a CMP server answered.",
        };
    }

    /// <summary>The error that a code stands for.</summary>
    /// <param name="response">The answer; a body without a content format is its explanation (RFC 7252 5.5.2).</param>
    /// <param name="server">Host and port.</param>
    /// <param name="cause">Why the body is no CMP message, if it claimed to be one.</param>
    /// <param name="hasBegun">Whether it came in place of the rest of an answer: then the server has done what it was asked, and was not too busy for it.</param>
    /// <returns><c>CmpCoap.404</c> and the like.</returns>
    public static CmpException Status(CoapResponse response, string server, CmpException? cause = null, bool hasBegun = false)
    {
        string code = response.Code.ToString();
        string phrase = response.Code.Phrase;
        string detail = cause is not null ? "its body is no CMP message." : response.ContentFormat is null or CoapContentFormat.Text ? Text(response) : "";
        if (response.MaxRequestBytes is { } most)
            detail = "it takes " + most.ToString(CultureInfo.InvariantCulture) + " octets at most." + (detail.Length == 0 ? "" : " " + detail);
        return new CmpException(CmpErrorKind.Protocol, "CmpCoap." + code.Remove(1, 1),
            "The server " + server + " answered with CoAP code " + code + (phrase.Length == 0 ? "" : " (" + phrase + ")") + (detail.Length == 0 ? "." : ": " + detail), cause)
        {
            RecommendedAction = CoapAdvice.Of(code),
            RetryAfter = hasBegun || code is not ("5.03" or "4.29") ? null : response.HasMaxAge ? response.MaxAge : TimeSpan.Zero,
        };
    }

    private static string Text(CoapResponse response) =>
        PeerText.Escape(Encoding.UTF8.GetString(response.Body.Slice(0, Math.Min(response.Body.Length, 4 * MaxShown)).ToArray()).Trim(), MaxShown);

    private static CmpException Late(CoapMessageLayer layer, string message)
    {
        if (layer.LastIgnored is { } reason)
        {
            message += " " + layer.Ignored.ToString(CultureInfo.InvariantCulture)
                + (layer.Ignored == 1 ? " datagram was passed over: " : " datagrams were passed over, the last one because ") + reason + ".";
        }
        return new CmpException(CmpErrorKind.Timeout, layer.HasHeard ? "CmpTransport.Timeout" : "CmpTransport.ConnectTimeout", message)
        {
            RecommendedAction = layer.HasHeard ? "Try again later, or allow more time for one exchange." : "Check the server's name and port, and whether a firewall stands between: CoAP is UDP.",
        };
    }
}
