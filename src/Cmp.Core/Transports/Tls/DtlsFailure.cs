using System;
using Org.BouncyCastle.Tls;

namespace Cmp.Transports;

/// <summary>What goes wrong over DTLS, as errors that tell a user what to do.</summary>
internal static class DtlsFailure
{
    private const int MaxShown = 500;
    private const string NoDtls = "Check the port: where the server speaks CoAP without DTLS there, its address begins with coap:.";

    /// <summary>The error for a handshake that did not come about.</summary>
    /// <param name="server">Host and port.</param>
    /// <param name="client">Our side of it.</param>
    /// <param name="cause">What was thrown.</param>
    /// <returns><c>CmpTransport.TlsFailed</c>, or <c>CmpTransport.ConnectFailed</c> where nobody listens.</returns>
    public static CmpException From(string server, DtlsClient client, Exception cause)
    {
        for (Exception? e = cause; e is not null; e = e.InnerException)
        {
            if (e is CmpException own)
                return own;
        }
        string reason = client.Refusal ?? (cause is TlsFatalAlertReceived received
            ? "the server ended it with the alert " + AlertDescription.GetText(received.AlertDescription) + "."
                + (client.WasAskedForCertificate && !client.ShowedCertificate ? " It had asked for a certificate, and was shown none." : "")
            : PeerText.Escape(cause.Message, MaxShown));
        return new CmpException(CmpErrorKind.Transport, "CmpTransport.TlsFailed", "DTLS with " + server + " failed: " + reason, cause)
        {
            RecommendedAction = "Check that the server's TLS certificate names this host and leads to a trusted root (-TlsTrustAnchor), and whether the server wants a client certificate (-TlsCertificate). It must speak DTLS 1.2 with ECDHE, AEAD and the extended master secret.",
        };
    }

    /// <summary>The error for a handshake that took too long.</summary>
    /// <param name="server">Host and port.</param>
    /// <param name="limit">The time that was allowed.</param>
    /// <param name="hasHeard">Whether anything came.</param>
    /// <param name="cause">What was thrown.</param>
    /// <returns><c>CmpTransport.ConnectTimeout</c>.</returns>
    public static CmpException ConnectTimeout(string server, TimeSpan limit, bool hasHeard, Exception cause) =>
        new(CmpErrorKind.Timeout, "CmpTransport.ConnectTimeout", (hasHeard ? "No DTLS came about with " + server + ", from which something came, within " : "Nothing came from " + server + " within ")
            + limit.TotalSeconds.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture) + " s.", cause)
        {
            RecommendedAction = hasHeard ? NoDtls : "Check the server's name and port, and whether a firewall stands between: DTLS is UDP. " + NoDtls,
        };

    /// <summary>The error for a session that is over.</summary>
    /// <param name="server">Host and port.</param>
    /// <param name="cause">What was thrown, if anything was.</param>
    /// <returns><c>CmpTransport.ConnectionClosed</c>.</returns>
    public static CmpException Ended(string server, Exception? cause) => cause?.GetBaseException() as CmpException ??
        new CmpException(CmpErrorKind.Transport, "CmpTransport.ConnectionClosed", "The DTLS session with " + server + " is over"
            + (cause is TlsFatalAlertReceived received ? ": the server ended it with the alert " + AlertDescription.GetText(received.AlertDescription) + "." : "."), cause);
}
