using System.Linq;
using System.Net;
using System.Text;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// What the messages of one block-wise operation have in common (RFC 7959 2.4 and 2.5: the endpoint and the resource; RFC 9175 3.2: the Request-Tag).
/// The token is not among them: a client may choose another one for each block, and libcoap does. Who guesses the token of another endpoint so gains nothing by it.
/// </summary>
/// <param name="Peer">The client.</param>
/// <param name="Method">What is asked for.</param>
/// <param name="Path">The path and the query.</param>
/// <param name="RequestTag">The Request-Tag options; empty where there is none.</param>
internal readonly record struct CoapTransferKey(IPEndPoint Peer, CoapCode Method, string Path, string RequestTag)
{
    /// <summary>The key of a request.</summary>
    /// <param name="peer">Where it comes from.</param>
    /// <param name="request">The request.</param>
    /// <returns>The key.</returns>
    public static CoapTransferKey Of(IPEndPoint peer, CoapMessage request)
    {
        var tags = new StringBuilder();
        foreach (CoapOption option in request.Options.Where(option => option.Number == CoapOptionNumber.RequestTag))
        {
            tags.Append('/');
            foreach (byte octet in option.Value.Span)
                tags.Append(octet.ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
        }
        return new CoapTransferKey(peer, request.Code, CoapPath.TextOf(request), tags.ToString());
    }
}
