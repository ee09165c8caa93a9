using System;
using System.Collections.Generic;
using System.Net;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>A server's <c>coap</c> or <c>coaps</c> address, taken apart by ourselves: <see cref="System.Uri"/> would rewrite the path (rule 60).</summary>
internal sealed class CoapTarget
{
    private const int DefaultPort = 5683;
    private const int DefaultSecuredPort = 5684;

    private readonly string _path;
    private readonly string _query;
    private readonly string? _wellKnown;

    /// <summary>Takes a server's address apart.</summary>
    /// <param name="settings">Where the server is.</param>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidUri</c>.</exception>
    public CoapTarget(CoapTransportSettings settings)
    {
        Uri uri = settings.Uri;
        string text = uri.OriginalString;
        foreach (char c in text)
        {
            if (c is <= ' ' or '\u007F' or '\\')
                throw Invalid("The server's URI " + PeerText.Escape(text) + " holds a blank, a control character or a backslash.", "Write such characters of the path percent-encoded.");
        }
        if (!uri.IsAbsoluteUri || uri.Scheme is not ("coap" or "coaps") || !text.StartsWith(uri.Scheme + "://", StringComparison.OrdinalIgnoreCase))
            throw Invalid("The server's URI " + PeerText.Escape(text) + " is no coap address.", "Write it as coap://host:port/path.");
        IsSecured = uri.Scheme == "coaps";
        int start = uri.Scheme.Length + "://".Length;
        int end = text.IndexOfAny(['/', '?', '#'], start);
        string authority = end < 0 ? text.Substring(start) : text.Substring(start, end - start);
        if (authority.IndexOf('@') >= 0)
            throw Invalid("The server's URI holds a user name.", "Credentials do not belong into an address: leave out what stands before the @.");
        if (uri.Host.Length == 0 || authority.Length == 0 || authority[0] == ':' || uri.Port == 0)
            throw Invalid("The server's URI " + PeerText.Escape(text) + " names no host, or port 0.", "Write it as coap://host:port/path.");
        string rest = end < 0 ? "" : text.Substring(end);
        // RFC 7252 6.1: a coap URI has no fragment
        if (rest.IndexOf('#') >= 0)
            throw Invalid("The server's URI " + PeerText.Escape(text) + " has a fragment, which CoAP does not know.", "Leave out what begins with #.");
        int query = rest.IndexOf('?');
        _path = query < 0 ? rest : rest.Substring(0, query);
        _query = query < 0 ? "" : rest.Substring(query);
        Host = uri.IdnHost;
        Port = uri.Port < 0 ? IsSecured ? DefaultSecuredPort : DefaultPort : uri.Port;
        Address = IPAddress.TryParse(Host, out IPAddress? address) ? address : null;
        if (Address is not null)
            RefuseMulticast(Address);
        Server = PeerText.Escape(authority);
        if (_path is "" or "/")
            _wellKnown = "/.well-known/cmp" + (string.IsNullOrEmpty(settings.WellKnownName) ? "" : "/p/" + System.Uri.EscapeDataString(settings.WellKnownName!));
        _ = For("/x");
        _ = For(PathFor(CmpOperation.Announcement) + _query);
    }

    /// <summary>Whether DTLS is spoken.</summary>
    public bool IsSecured { get; }

    /// <summary>The host: a name in ASCII, or an address without brackets.</summary>
    public string Host { get; }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>The host as an address; <see langword="null"/> where it is a name.</summary>
    public IPAddress? Address { get; }

    /// <summary>Host and port, fit to be shown.</summary>
    public string Server { get; }

    /// <summary>The options that name what an operation asks at.</summary>
    /// <param name="operation">The operation of the transaction.</param>
    /// <returns>Uri-Host, where the host is a name, Uri-Path, and Uri-Query.</returns>
    public IReadOnlyList<CoapOption> For(CmpOperation operation) => For(PathFor(operation) + _query);

    /// <summary>The options that name a path of the server.</summary>
    /// <param name="path">Path and query, percent-encoded.</param>
    /// <returns>Uri-Host, where the host is a name, Uri-Path, and Uri-Query.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidUri</c>.</exception>
    public IReadOnlyList<CoapOption> For(string path)
    {
        try
        {
            IReadOnlyList<CoapOption> options = CoapPath.ToOptions(path);
            // RFC 7252 6.4: servers that share an address are told apart by the name
            return Address is null ? [CoapOption.Of(CoapOptionNumber.UriHost, Host.ToLowerInvariant()), .. options] : options;
        }
        catch (FormatException e)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidUri", "The path " + PeerText.Escape(path) + " cannot be sent over CoAP: " + e.Message, e);
        }
    }

    /// <summary>The path to ask at. Announcements have one of their own below the server's (RFC 9482 2.6).</summary>
    /// <param name="operation">The operation of the transaction.</param>
    /// <returns>The path, percent-encoded.</returns>
    public string PathFor(CmpOperation operation)
    {
        string? label = OperationLabel.OfCoap(operation);
        if (_wellKnown is not null)
            return label is null ? _wellKnown : _wellKnown + "/" + label;
        return operation != CmpOperation.Announcement || _path.EndsWith("/" + label, StringComparison.Ordinal) ? _path : _path.TrimEnd('/') + "/" + label;
    }

    /// <summary>CMP has one server, and takes no answer from a group (RFC 9482 2.5).</summary>
    /// <param name="address">An address of the server.</param>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidUri</c>: it is a group's.</exception>
    public static void RefuseMulticast(IPAddress address)
    {
        byte first = address.IsIPv4MappedToIPv6 ? address.MapToIPv4().GetAddressBytes()[0] : address.GetAddressBytes()[0];
        bool isGroup = address.IsIPv6Multicast || ((address.IsIPv4MappedToIPv6 || address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork) && first >= 224);
        if (isGroup)
            throw Invalid("The address " + address + " is that of a group, to which CMP messages must not be sent.", "Name one server.");
    }

    private static CmpException Invalid(string message, string action) =>
        new(CmpErrorKind.Argument, "CmpTransport.InvalidUri", message) { RecommendedAction = action };
}
