using System;
#if !NET
using System.Reflection;
#endif
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>A server's address, taken apart by ourselves: <see cref="System.Uri"/> would rewrite the path (rule 60).</summary>
internal sealed class HttpTarget
{
    private const string Framed = "+tcp";

    private readonly string _root;
    private readonly string _path;
    private readonly string _query;
    private readonly string _host;
    private readonly string? _wellKnown;
    private readonly Uri?[] _uris = new Uri?[OperationLabel.Count];

    /// <summary>Takes a server's address apart.</summary>
    /// <param name="settings">Where the server is.</param>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidUri</c>.</exception>
    public HttpTarget(HttpTransportSettings settings)
        : this(settings.Uri)
    {
        if (settings.WellKnown && _path is "" or "/")
            _wellKnown = "/.well-known/cmp" + (string.IsNullOrEmpty(settings.WellKnownName) ? "" : "/p/" + System.Uri.EscapeDataString(settings.WellKnownName!));
    }

    private HttpTarget(Uri uri)
    {
        string text = uri.OriginalString;
        // rule 58: a line end in an address would become a header field of somebody else's
        foreach (char c in text)
        {
            if (c is <= ' ' or '\u007F' or '\\')
                throw Invalid("The server's URI " + PeerText.Escape(text) + " holds a blank, a control character or a backslash.", "Write such characters of the path percent-encoded.");
        }
        if (!uri.IsAbsoluteUri || uri.Scheme is not ("http" or "https" or "http" + Framed or "https" + Framed) || !text.StartsWith(uri.Scheme + "://", StringComparison.OrdinalIgnoreCase))
            throw Invalid("The server's URI " + PeerText.Escape(text) + " is no http or https address.", "Write it as http://host:port/path.");
        int start = uri.Scheme.Length + 3;
        int end = text.IndexOfAny(['/', '?', '#'], start);
        string authority = end < 0 ? text.Substring(start) : text.Substring(start, end - start);
        if (authority.IndexOf('@') >= 0)
            throw Invalid("The server's URI holds a user name.", "Credentials do not belong into an address: leave out what stands before the @.");
        if (uri.Host.Length == 0 || authority.Length == 0 || authority[0] == ':')
            throw Invalid("The server's URI " + PeerText.Escape(text) + " names no host.", "Write it as http://host:port/path.");
        string rest = end < 0 ? "" : text.Substring(end);
        foreach (char c in rest)
        {
            if (c > '~')
                throw Invalid("The path of the server's URI " + PeerText.Escape(text) + " holds a character that is not ASCII.", "Write such characters percent-encoded.");
        }
        int fragment = rest.IndexOf('#');
        if (fragment >= 0)
            rest = rest.Substring(0, fragment);
        int query = rest.IndexOf('?');
        _path = query < 0 ? rest : rest.Substring(0, query);
        _query = query < 0 ? "" : rest.Substring(query);
        IsFramed = uri.Scheme.EndsWith(Framed, StringComparison.Ordinal);
        _root = (uri.Scheme.StartsWith("https", StringComparison.Ordinal) ? "https://" : "http://") + authority;
        _host = uri.IdnHost;
        Server = PeerText.Escape(authority);
    }

    /// <summary>Whether bodies are TCP-Messages.</summary>
    public bool IsFramed { get; }

    /// <summary>The host, by a scheme that HTTP has, without a path.</summary>
    public Uri Root => new(_root);

    /// <summary>Host and port, fit to be shown.</summary>
    public string Server { get; }

    /// <summary>Whether an address is one of this host, at whatever port.</summary>
    /// <param name="uri">The address.</param>
    /// <returns>Whether it is.</returns>
    public bool IsHost(Uri uri) => string.Equals(uri.IdnHost, _host, StringComparison.OrdinalIgnoreCase);

    /// <summary>The address to ask at.</summary>
    /// <param name="operation">The operation of the transaction.</param>
    /// <returns>An address whose path goes out as it was written.</returns>
    public Uri For(CmpOperation operation)
    {
        ref Uri? uri = ref _uris[(int)operation];
        return uri ??= Exact(_root, PathFor(operation) + _query);
    }

    /// <summary>The address at which an announcement is asked for: a file below the server's path.</summary>
    /// <param name="announcement">What is asked for.</param>
    /// <returns>An address whose path goes out as it was written.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidUri</c>: there is a query already; <c>CmpHttp.AnnouncementTarget</c>.</exception>
    public Uri For(AnnouncementTarget announcement)
    {
        if (_query.Length > 0)
            throw Invalid("The server's URI has a query, where an announcement is asked for by one of its own.", "Leave out what begins with ?.");
        string path = _wellKnown ?? _path;
        return Exact(_root, path + (path.EndsWith("/", StringComparison.Ordinal) ? "" : "/") + announcement);
    }

    /// <summary>The path and query to ask for.</summary>
    /// <param name="operation">The operation of the transaction.</param>
    /// <returns>What stands in the request line.</returns>
    internal string PathFor(CmpOperation operation)
    {
        if (_wellKnown is null)
            return _path.Length == 0 ? "/" : _path;
        return OperationLabel.Of(operation) is string label ? _wellKnown + "/" + label : _wellKnown;
    }

    /// <summary>Where a redirect leads (RFC 9110 10.2.2).</summary>
    /// <param name="asked">The address that answered.</param>
    /// <param name="location">The value of its Location field.</param>
    /// <returns>The new address.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidUri</c>.</exception>
    public static Uri Redirect(Uri asked, string location)
    {
        if (!System.Uri.TryCreate(location, UriKind.Absolute, out Uri? absolute) || location.StartsWith("/", StringComparison.Ordinal))
        {
            if (!System.Uri.TryCreate(asked, location, out absolute))
                throw Invalid("The server redirects to " + PeerText.Escape(location) + ", which is no address.", null);
            // a path from the root stays as it was written
            if (location.StartsWith("/", StringComparison.Ordinal) && !location.StartsWith("//", StringComparison.Ordinal))
                absolute = new Uri(asked.GetLeftPart(UriPartial.Authority) + location);
        }
        HttpTarget target = new(absolute!);
        return target.For(CmpOperation.General);
    }

    private static CmpException Invalid(string message, string? action) =>
        new(CmpErrorKind.Argument, "CmpTransport.InvalidUri", message) { RecommendedAction = action };

#if NET
    private static Uri Exact(string root, string pathAndQuery) =>
        new(root + pathAndQuery, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
#else
    // .NET Framework has no such option. Its parser notes in a field whether path and query are not canonical, for showing, for
    // sending, or because of dot segments, and rewrites them whenever they are asked for because of those notes; without them
    // they are cut out of the text that was given. The field is as old as the class and will not change any more.
    private const ulong NotCanonical = 0x30 | 0xC00 | 0x2000;
    private static readonly FieldInfo? Flags = typeof(Uri).GetField("m_Flags", BindingFlags.Instance | BindingFlags.NonPublic);

    private static Uri Exact(string root, string pathAndQuery)
    {
        Uri uri = new(root + pathAndQuery);
        if (uri.PathAndQuery == pathAndQuery)
            return uri;
        // having been asked for the path, the parser has set its notes
        if (Flags?.GetValue(uri) is Enum flags)
            Flags.SetValue(uri, Enum.ToObject(flags.GetType(), Convert.ToUInt64(flags, System.Globalization.CultureInfo.InvariantCulture) & ~NotCanonical));
        return uri.PathAndQuery == pathAndQuery ? uri : throw new CmpException(CmpErrorKind.Platform, "CmpPlatform.NotSupported",
            "This platform cannot send the path " + PeerText.Escape(pathAndQuery) + " as it is written.")
        {
            RecommendedAction = "Use PowerShell 7, or a path without escapes of plain characters and without dot segments.",
        };
    }
#endif
}
