using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>Turns what .NET throws, and what a server answers instead of CMP, into the errors of this road.</summary>
internal static class HttpFailure
{
    private const int MaxShown = 500;
    private const string NoTls = "Check the port: where the server speaks HTTP without TLS there, its address begins with http:.";
    private const string NoHttp2 = "Without TLS nothing is negotiated: where the server does not speak HTTP/2, use -HttpVersion 1.1.";

    /// <summary>The error for what .NET threw.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="attempt">What is known of the exchange.</param>
    /// <returns>The error.</returns>
    public static CmpException From(Exception exception, HttpAttempt attempt)
    {
        Exception innermost = exception;
        bool tls = false;
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is CmpException own)
                return own;
            tls |= e is AuthenticationException or CryptographicException;
            innermost = e;
        }
        string server = attempt.Server;
        string reason = PeerText.Escape(innermost.Message, MaxShown);
        Failure failure = tls ? Failure.Tls : Kind(exception);
#if !NET
        // what breaks before a connection can be used breaks while TLS is agreed on
        if (failure == Failure.Closed && attempt is { IsTls: true, IsOverProxy: false, IsConnected: false, AnswerBegan: false })
            failure = Failure.Tls;
#endif
        return failure switch
        {
            Failure.Connect when !attempt.IsOverProxy => ConnectionFailure.Unreached(server, exception),
            Failure.Tls when attempt.IsOtherProtocol => new CmpException(CmpErrorKind.Transport, "CmpTransport.TlsFailed", "The server " + server + " does not speak TLS at this port: " + reason, exception)
            {
                RecommendedAction = NoTls,
            },
            Failure.Tls => new CmpException(CmpErrorKind.Transport, "CmpTransport.TlsFailed", "TLS with " + server + " failed: " + reason, exception)
            {
                RecommendedAction = "Check that the server's TLS certificate names this host and leads to a trusted root (-TlsTrustAnchor), and whether the server wants a client certificate (-TlsCertificate), or speaks no TLS at this port.",
            },
            Failure.Connect or Failure.Proxy => ProxyFailed(server, reason, exception),
            Failure.Headers => new CmpException(CmpErrorKind.Protocol, "CmpHttp.HeadersTooLarge", "The header of the answer of " + server + " is too large: " + reason, exception),
            Failure.Protocol => InvalidResponse(server, reason, exception, attempt.IsHttp2WithoutTls ? NoHttp2 : null),
            _ => ConnectionFailure.Broken(server, attempt.AnswerBegan, exception, attempt is { IsHttp2WithoutTls: true, AnswerBegan: false } ? NoHttp2 : null),
        };
    }

    /// <summary>The error for a connection that took too long to be made.</summary>
    /// <param name="attempt">What is known of the exchange.</param>
    /// <param name="limit">The time that was allowed.</param>
    /// <param name="cause">What was thrown.</param>
    /// <returns><c>CmpTransport.ConnectTimeout</c>.</returns>
    public static CmpException ConnectTimeout(HttpAttempt attempt, TimeSpan limit, Exception cause) => attempt is { IsTls: true, IsConnected: true }
        ? new(CmpErrorKind.Timeout, "CmpTransport.ConnectTimeout", "The server " + attempt.Server + " took the connection, but did not begin to speak TLS within " + Seconds(limit) + ".", cause)
        {
            RecommendedAction = NoTls,
        }
        : ConnectionFailure.ConnectTimeout(attempt.Server, limit, cause);

    /// <summary>The error for a server that does not keep the connection although that is required.</summary>
    /// <param name="status">The HTTP status, if there is an answer.</param>
    /// <returns><c>CmpHttp.NotKept</c>.</returns>
    public static CmpException NotKept(int? status) =>
        new(CmpErrorKind.Protocol, "CmpHttp.NotKept", "The server does not keep the connection for the rest of the transaction, which is required of it.")
        {
            RecommendedAction = "Where the server can go on over another connection, use -KeepAlive Prefer.",
            HttpStatus = status,
        };

    /// <summary>The error for an answer that is not HTTP.</summary>
    /// <param name="server">Host and port.</param>
    /// <param name="reason">What is wrong with it, escaped.</param>
    /// <param name="cause">What was thrown, if anything was.</param>
    /// <param name="action">What to do, if that is known.</param>
    /// <returns><c>CmpHttp.InvalidResponse</c>.</returns>
    public static CmpException InvalidResponse(string server, string reason, Exception? cause = null, string? action = null) =>
        new(CmpErrorKind.Protocol, "CmpHttp.InvalidResponse", "What " + server + " answers is not HTTP: " + reason + (reason.EndsWith(".", StringComparison.Ordinal) ? "" : "."), cause)
        {
            RecommendedAction = action ?? "Check whether the port is the one of the CMP server, and whether it speaks https.",
        };

    /// <summary>The error that a status stands for.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="server">Host and port.</param>
    /// <param name="detail">More to say: an escaped piece of the body, a redirect's target; or empty.</param>
    /// <param name="cause">Why the body is no CMP message, if it claimed to be one.</param>
    /// <param name="isGet">Whether an announcement was asked for by GET, which CMP servers need not have.</param>
    /// <returns><c>CmpHttp.404</c> and the like.</returns>
    public static CmpException Status(HttpResponseMessage answer, string server, string detail, Exception? cause = null, bool isGet = false)
    {
        int status = (int)answer.StatusCode;
        string number = status.ToString(CultureInfo.InvariantCulture);
        string phrase = PeerText.Escape(answer.ReasonPhrase, 100);
        TimeSpan? retryAfter = status is 429 or 503 ? RetryAfter(answer) : null;
        string wish = retryAfter > TimeSpan.Zero ? " It asks to be left alone for " + Seconds(retryAfter.Value) + "." : "";
        return new CmpException(CmpErrorKind.Protocol, "CmpHttp." + number,
            "The server " + server + " answered with HTTP status " + number + (phrase.Length == 0 ? "" : " (" + phrase + ")") + (detail.Length == 0 ? "." : ": " + detail) + wish, cause)
        {
            RecommendedAction = (isGet ? ActionOfGet(status) : null) ?? HttpAdvice.Of(status),
            HttpStatus = status,
            ServerTime = answer.Headers.Date,
            RetryAfter = retryAfter,
        };
    }

    /// <summary>Seconds or a date (RFC 9110 10.2.3). A date is meant by the server's clock; what is neither says nothing.</summary>
    private static TimeSpan RetryAfter(HttpResponseMessage answer)
    {
        if (!answer.Headers.TryGetValues("Retry-After", out IEnumerable<string>? values) || values.ToArray() is not [var field])
            return TimeSpan.Zero;
        field = field.Trim();
        // more digits than fit into a number are a long time too
        if (field.Length > 0 && field.All(digit => digit is >= '0' and <= '9'))
            return TimeSpan.FromSeconds(int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) ? seconds : int.MaxValue);
        if (!RetryConditionHeaderValue.TryParse(field, out RetryConditionHeaderValue? condition) || condition.Date is not { } date)
            return TimeSpan.Zero;
        TimeSpan rest = date - (answer.Headers.Date ?? DateTimeOffset.UtcNow);
        return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
    }

    /// <summary>GET was dropped from the text before it became RFC 6712: a server that has none says so in one way or another.</summary>
    private static string? ActionOfGet(int status) => status switch
    {
        < 400 or 401 or 403 or 407 or 429 or 502 or 503 or 504 => null,
        405 or 501 => "The server has no announcements by HTTP GET: ask for them with -PollBy GeneralMessage.",
        414 or 431 => "The server bears no address of such a length: ask with -PollBy GeneralMessage.",
        _ => "The server may have no announcements by HTTP GET: check the path of its URI, or ask with -PollBy GeneralMessage.",
    };

    private static CmpException ProxyFailed(string server, string reason, Exception exception)
    {
        int? status = Status(exception);
        string what = status is { } number ? "it answered with HTTP status " + number.ToString(CultureInfo.InvariantCulture) + "." : reason;
        return new CmpException(CmpErrorKind.Transport, "CmpTransport.ProxyFailed", "No way leads to " + server + ": " + what, exception)
        {
            RecommendedAction = status is 401 or 407 ? HttpAdvice.ProxyCredential : "Check the proxy's address (-Proxy) and its credential, and whether it lets such connections through; or name the server among the hosts that need no proxy (-NoProxy).",
            HttpStatus = status,
        };
    }

    private static string Seconds(TimeSpan limit) => limit.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + " s";

    private enum Failure
    {
        Closed,
        Connect,
        Tls,
        Proxy,
        Headers,
        Protocol,
    }

#if NET
    private static int? Status(Exception exception) => (int?)(exception as HttpRequestException)?.StatusCode;

    private static Failure Kind(Exception exception) => exception switch
    {
        HttpRequestException request => OfError(request.HttpRequestError, request),
        HttpIOException io => OfError(io.HttpRequestError, io),
        _ => Failure.Closed,
    };

    private static Failure OfError(HttpRequestError error, Exception exception) => error switch
    {
        HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError => Failure.Connect,
        HttpRequestError.SecureConnectionError => Failure.Tls,
        HttpRequestError.ProxyTunnelError or HttpRequestError.UserAuthenticationError => Failure.Proxy,
        HttpRequestError.ConfigurationLimitExceeded => Failure.Headers,
        HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError or HttpRequestError.ExtendedConnectNotSupported or HttpRequestError.VersionNegotiationError => Failure.Protocol,
        _ => exception.InnerException is HttpIOException inner && inner.HttpRequestError != error ? OfError(inner.HttpRequestError, inner) : Failure.Closed,
    };
#else
    private static int? Status(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is WebException { Response: HttpWebResponse response })
                return (int)response.StatusCode;
        }
        return null;
    }

    private static Failure Kind(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is WebException web)
            {
                return web.Status switch
                {
                    WebExceptionStatus.NameResolutionFailure or WebExceptionStatus.ConnectFailure => Failure.Connect,
                    WebExceptionStatus.TrustFailure or WebExceptionStatus.SecureChannelFailure => Failure.Tls,
                    WebExceptionStatus.ProxyNameResolutionFailure or WebExceptionStatus.RequestProhibitedByProxy => Failure.Proxy,
                    WebExceptionStatus.MessageLengthLimitExceeded => Failure.Headers,
                    WebExceptionStatus.ServerProtocolViolation => Failure.Protocol,
                    _ => Failure.Closed,
                };
            }
            if (e is SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.HostNotFound or SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.TimedOut })
                return Failure.Connect;
        }
        return Failure.Closed;
    }

    /// <summary>
    /// Whether a kept connection was closed by the server before an octet of an answer came: .NET Framework says KeepAliveFailure
    /// when a connection that had served before ends where a status line should begin, ConnectionClosed when it had not.
    /// </summary>
    /// <param name="exception">What was thrown.</param>
    /// <returns>Whether it was.</returns>
    public static bool IsKeepAliveFailure(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is WebException web)
                return web.Status is WebExceptionStatus.KeepAliveFailure;
        }
        return false;
    }
#endif
}
