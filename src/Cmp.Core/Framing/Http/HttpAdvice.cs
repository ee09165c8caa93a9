namespace Cmp.Framing;

/// <summary>What can be done about an HTTP status that stands in place of a message of CMP. The one place: errors of the client and findings of the inspector tell the same.</summary>
internal static class HttpAdvice
{
    /// <summary>For who comes to a proxy without a credential.</summary>
    internal const string ProxyCredential = "Give the credential that the proxy asks for (-ProxyCredential), or check it.";

    /// <summary>The advice for a status.</summary>
    /// <param name="status">As in 404.</param>
    /// <returns>One sentence; <see langword="null"/> where there is nothing to tell.</returns>
    internal static string? Of(int status) => status switch
    {
        >= 300 and < 400 => "Check where the server sends you, and use that URI, or -AllowRedirect.",
        400 => "Check whether the server speaks https at this port, and whether it wants a TLS client certificate.",
        401 or 403 => "The web server in front of the CMP server, or the proxy, refuses access: check whether it wants a TLS client certificate (-TlsCertificate), or another credential for the proxy (-ProxyCredential).",
        404 or 405 or 410 => "Check the path of the server's URI; where it has none, try -WellKnown.",
        407 => ProxyCredential,
        413 => "The message is too large for the server.",
        415 => "The server does not expect CMP at this path.",
        429 or 503 => "The server is busy: try again later, or give it more time with -TimeoutSec.",
        _ => null,
    };
}
