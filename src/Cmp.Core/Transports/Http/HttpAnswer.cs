using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>The response to a request, no redirect: whether it claims to be a message of CMP, its body as far as that says to be long (rule 56), or what there is instead.</summary>
/// <param name="answer">The response; it stays the caller's.</param>
/// <param name="question">What was asked.</param>
/// <param name="settings">What is borne.</param>
/// <param name="server">Who answers, fit to be shown.</param>
/// <param name="cancellationToken">Ends the reading.</param>
internal sealed class HttpAnswer(HttpResponseMessage answer, HttpQuestion question, HttpTransportSettings settings, Func<string> server, CancellationToken cancellationToken)
{
    private const int FirstRead = 4096;
    private const int MaxShown = 400;
    private static readonly TimeSpan ShownTimeout = TimeSpan.FromSeconds(3);

    /// <summary>A header field as it came, not parsed.</summary>
    /// <param name="headers">Where it stands, if there is anything.</param>
    /// <param name="name">Its name.</param>
    /// <returns>Its value, several of them with commas between; <see langword="null"/> where there is none.</returns>
    public static string? Header(HttpHeaders? headers, string name)
    {
#if NET
        return headers is not null && headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.ToString() : null;
#else
        return headers is not null && headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(", ", values) : null;
#endif
    }

    /// <summary>Reads it.</summary>
    /// <returns>A body that is a PKIMessage or a TCP-Message, as <see cref="TransportReply.Octets"/>; <see cref="TransportReply.Nothing"/> where there is none and need not be.</returns>
    /// <exception cref="CmpException"><c>CmpHttp.…</c>, <c>CmpMessage.…</c>, <c>CmpTcp.…</c>: it is nothing of that.</exception>
    public async Task<TransportReply> ReadAsync()
    {
        int status = (int)answer.StatusCode;
        // nothing is announced: of this status the draft has no other meaning
        if (status == 404 && question.Announcement is not null)
            return new TransportReply.Nothing { HttpStatus = status };
        if (Header(answer.Content?.Headers, "Content-Encoding") is string encoding && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            // rule 72
            throw new CmpException(CmpErrorKind.Protocol, "CmpHttp.ContentEncoding",
                "The answer of " + server() + " is encoded as " + PeerText.Escape(encoding, 100) + ", which was not asked for.")
            { HttpStatus = status, ServerTime = answer.Headers.Date };
        }
        string? contentType = Header(answer.Content?.Headers, "Content-Type");
        string? warning = null;
        bool success = status is >= 200 and < 300;
        string? mediaType = CmpMediaType.Of(contentType);
        // rule 54: what the text has itself needs no leave
        if (mediaType is null || !question.Dialect.Has(mediaType))
        {
            if (!(mediaType is null ? contentType is null && settings.Lenient : question.Dialect.Framing is not null || settings.Lenient))
                return await WithoutMessageAsync(contentType).ConfigureAwait(false);
            warning = contentType is null ? "The answer has no media type." : "The answer has the media type " + mediaType + ", where " + question.Dialect.MediaType + " is due.";
        }
        bool takesTcpMessages = question.Dialect.Framing is not null || settings.Lenient || mediaType is CmpMediaType.PkixcmpPoll or CmpMediaType.XPkixcmpPoll;
        ReadOnlyMemory<byte> octets;
        try
        {
            octets = await ReadBodyAsync(takesTcpMessages).ConfigureAwait(false);
        }
        catch (CmpException malformed) when (!success)
        {
            throw Status("its body is no CMP message.", malformed);
        }
        if (octets.IsEmpty)
            return status is 200 or 201 or 202 or 204 ? new TransportReply.Nothing { HttpStatus = status } : throw Status("");
        if (settings.KeepAlive == KeepAliveMode.Require && !question.IsLast && Closes())
            throw HttpFailure.NotKept(status);
        TransportReply.Octets reply = new(octets)
        {
            HttpStatus = status,
            ServerTime = answer.Headers.Date,
            Warning = warning,
            StatusError = success ? null : Status("its body is no CMP message."),
        };
        return success && status != 200 ? reply.Warn("The answer came with HTTP status " + answer.StatusCode.ToString("D") + " where 200 is due.") : reply;
    }

    /// <summary>Reads a body that claims to be a message, no further than it says to be long (rule 56).</summary>
    private async Task<ReadOnlyMemory<byte>> ReadBodyAsync(bool takesTcpMessages)
    {
        int max = settings.MaxResponseBytes;
        long? declared = answer.Content?.Headers.ContentLength;
        // RFC 9112 6.3: what is no number, or more than one, is no length; .NET passes over it
        if (Header(answer.Content?.Headers, "Content-Length") is string field && (declared is null || !field.All(char.IsDigit)))
            throw HttpFailure.InvalidResponse(server(), "its Content-Length is " + PeerText.Escape(field, 100));
        if (declared > max && !takesTcpMessages)
            throw MessageOctets.TooLarge(declared.Value, max, default);
        if (declared == 0)
            return default;
        using Stream body = await OpenAsync().ConfigureAwait(false);
        // what a peer claims is no reason to allocate: beyond the first read, the buffer only doubles what has arrived
        byte[] buffer = new byte[Math.Min(declared ?? FirstRead, FirstRead)];
        int have = 0, length = 0;
        while (true)
        {
            if (length == 0)
            {
                length = HttpBody.ReadLength(buffer.AsSpan(0, have), declared, max, takesTcpMessages);
                if (length != 0 && declared is long said && said != length)
                    throw MessageOctets.LengthMismatch(length, said, buffer.AsSpan(0, have));
            }
            if (length != 0 && have >= length && (declared is not null || have > length))
                break;
            if (have == buffer.Length)
                Array.Resize(ref buffer, (int)Math.Min(Math.Max(2L * have, FirstRead), declared ?? (length == 0 ? max : length) + 1L));
            int read = await ReadAsync(body, buffer, have, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                break;
            have += read;
        }
        if (have > length && length != 0)
            throw MessageOctets.LengthMismatch(length, have, buffer.AsSpan(0, have));
        if (have < (declared ?? length))
            throw declared is null ? MessageOctets.Truncated(buffer.AsSpan(0, have)) : new EndOfStreamException("The body ended before its Content-Length.");
        if (length == 0 && have != 0)
            throw MessageOctets.Truncated(buffer.AsSpan(0, have));
        return buffer.AsMemory(0, have);
    }

    /// <summary>An answer whose body is no message: nothing at all, or somebody else's page.</summary>
    private async Task<TransportReply> WithoutMessageAsync(string? contentType)
    {
        int status = (int)answer.StatusCode;
        bool text = contentType is not null && (contentType.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
            || contentType.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
            || contentType.StartsWith("application/problem+json", StringComparison.OrdinalIgnoreCase));
        (int octets, string shown) = await ReadShownAsync(text).ConfigureAwait(false);
        if (octets == 0 && status is 200 or 201 or 202 or 204)
            return new TransportReply.Nothing { HttpStatus = status };
        if (status is not (>= 200 and < 300) || octets == 0)
            throw Status(shown);
        throw new CmpException(CmpErrorKind.Protocol, "CmpHttp.ContentType",
            "The server " + server() + (contentType is null ? " answered without a media type" : " answered with " + PeerText.Escape(contentType, 100))
            + ", not with " + question.Dialect.MediaType + (shown.Length == 0 ? "." : ": " + shown))
        {
            RecommendedAction = contentType is null || CmpMediaType.IsLegacy(contentType)
                ? "Where the server is an old one, write its address as in http+tcp://ca.example/, or use -Lenient."
                : "Check the path of the server's URI: a web page answered, not a CMP server.",
            HttpStatus = status,
            ServerTime = answer.Headers.Date,
        };
    }

    /// <summary>The beginning of a body, fit to be shown. It explains an error and never causes another one.</summary>
    private async Task<(int Octets, string Shown)> ReadShownAsync(bool text)
    {
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(ShownTimeout);
        byte[] buffer = new byte[text ? 2048 : 1];
        int have = 0;
        try
        {
            using Stream body = await OpenAsync().ConfigureAwait(false);
            int read;
            while (have < buffer.Length && (read = await ReadAsync(body, buffer, have, timer.Token).ConfigureAwait(false)) != 0)
                have += read;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // a page that breaks off or stalls: what has come is shown
        }
        if (!text)
            return (have, "");
        List<string> lines = [];
        foreach (string line in Encoding.UTF8.GetString(buffer, 0, have).Split('\n'))
        {
            string trimmed = line.Trim();
            if (trimmed.Length != 0 && lines.Count < 5)
                lines.Add(trimmed);
        }
        return (have, PeerText.Escape(string.Join(" / ", lines), MaxShown));
    }

    private CmpException Status(string detail, Exception? cause = null) => HttpFailure.Status(answer, server(), detail, cause, isGet: question.Announcement is not null);

    private bool Closes() => answer.Headers.ConnectionClose == true
        || (answer.Version.Major == 1 && answer.Version.Minor == 0
            && Header(answer.Headers, "Connection")?.IndexOf("keep-alive", StringComparison.OrdinalIgnoreCase) is null or < 0);

    private static async Task<int> ReadAsync(Stream body, byte[] buffer, int offset, CancellationToken cancellationToken) =>
#if NET
        await body.ReadAsync(buffer.AsMemory(offset), cancellationToken).ConfigureAwait(false);
#else
        await body.ReadAsync(buffer, offset, buffer.Length - offset, cancellationToken).ConfigureAwait(false);
#endif

    private async Task<Stream> OpenAsync() =>
#if NET
        answer.Content.ReadAsStream();
#else
        answer.Content is null ? Stream.Null : await answer.Content.ReadAsStreamAsync().ConfigureAwait(false);
#endif
}
