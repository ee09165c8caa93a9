using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
#if NET
using System.Net.Http;
#endif

namespace Cmp.Transports;

/// <summary>
/// Which proxy serves which host, and what it is told: the proxy that was named, else that of the environment, else the system's; none for what no_proxy
/// lists, and none but a named one for the loopback (rule 58). A credential is for the proxy and reaches nobody else.
/// </summary>
internal sealed class ProxyRule : IWebProxy, ICredentials
{
#if NET
    private static readonly string[] Schemes = ["http", "https", "socks4", "socks4a", "socks5"];
#else
    private static readonly string[] Schemes = ["http"];
#endif

    private readonly Uri? _named;
    private readonly NetworkCredential? _credential;
    private readonly IReadOnlyList<string> _except;
    private readonly ProxyEnvironment _environment;
    private readonly Func<IWebProxy?> _system;

    /// <summary>Makes the rule.</summary>
    /// <param name="settings">What the user said about proxies.</param>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidProxy</c>.</exception>
    public ProxyRule(HttpTransportSettings settings)
        : this(settings, ProxyEnvironment.Read(), SystemProxy)
    {
    }

    /// <summary>For tests: another environment and another system.</summary>
    internal ProxyRule(HttpTransportSettings settings, ProxyEnvironment environment, Func<IWebProxy?> system)
    {
        _named = settings.Proxy;
        _credential = settings.ProxyCredential;
        _environment = environment;
        _system = system;
        if (_named is not null && (!_named.IsAbsoluteUri || !IsSpoken(_named) || _named.UserInfo.Length != 0))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidProxy", "The proxy's URI names no host, holds a user name, or is none of " + string.Join(", ", Schemes) + ".")
            {
                RecommendedAction = "Write it as http://host:port; what the proxy asks for is a credential of its own (-ProxyCredential).",
            };
        }
        _except = settings.NoProxy ?? environment.Except ?? [];
        // what is asked while a connection is made must not fail: .NET would go without a proxy then
        if (_named is null && !IsExempt(settings.Uri))
            environment.Find(settings.Uri.Scheme);
    }

    /// <summary>What the proxy asks for is told to the proxy.</summary>
    public ICredentials? Credentials
    {
        get => this;
        set => throw new NotSupportedException();
    }

    /// <summary>Whether a proxy of this kind can be spoken to.</summary>
    /// <param name="proxy">Its address.</param>
    /// <returns>Whether it names a host, by a scheme that is known.</returns>
    public static bool IsSpoken(Uri proxy) => Schemes.Contains(proxy.Scheme) && proxy.Host.Length != 0;

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination) => _named ?? (_environment.Speaks(destination.Scheme) ? OfEnvironment(destination.Scheme)?.Proxy : _system()?.GetProxy(destination));

    /// <inheritdoc/>
    public bool IsBypassed(Uri host)
    {
        if (IsExempt(host))
            return true;
        if (_named is not null)
            return false;
        return _environment.Speaks(host.Scheme) ? OfEnvironment(host.Scheme) is null : _system() is not { } system || system.IsBypassed(host);
    }

    /// <inheritdoc/>
    public NetworkCredential? GetCredential(Uri uri, string authType)
    {
        if (_credential is not null)
            return _credential;
        if (_named is not null)
            return null;
        foreach (string scheme in new[] { "http", "https" })
        {
            if (_environment.Speaks(scheme) && OfEnvironment(scheme) is { } found && found.Proxy.Authority == uri.Authority)
                return found.Credential;
        }
        return _system()?.Credentials?.GetCredential(uri, authType);
    }

    /// <summary>The proxy on the way to a host, fit to be shown.</summary>
    /// <param name="destination">The address that is asked.</param>
    /// <returns>Its host and port, or <see langword="null"/> where there is none.</returns>
    public string? Describe(Uri destination) =>
        IsBypassed(destination) || GetProxy(destination) is not { } proxy || proxy == destination ? null : PeerText.Escape(proxy.Authority);

    /// <summary>Whether no proxy is to be asked, whichever there are.</summary>
    private bool IsExempt(Uri host) => _except.Any(entry => Matches(entry.Trim(), host)) || (_named is null && host.IsLoopback);

    /// <summary>What the environment says; what is no address of a proxy was refused before, where it matters.</summary>
    private (Uri Proxy, NetworkCredential? Credential)? OfEnvironment(string scheme)
    {
        try
        {
            return _environment.Find(scheme);
        }
        catch (CmpException)
        {
            return null;
        }
    }

#if NET
    private static IWebProxy? SystemProxy() => HttpClient.DefaultProxy;
#else
    private static IWebProxy? SystemProxy() => WebRequest.DefaultWebProxy;
#endif

    private static bool Matches(string entry, Uri host)
    {
        if (entry == "*")
            return true;
        string name = entry.StartsWith("*.", StringComparison.Ordinal) ? entry.Substring(2) : entry.TrimStart('.');
        int end = name.StartsWith("[", StringComparison.Ordinal) ? name.IndexOf(']') + 1 : 0;
        int colon = name.IndexOf(':', end);
        // a name with a port; the colons of a bare IPv6 address are none
        if (colon > 0 && name.LastIndexOf(':') == colon)
        {
            if (name.Substring(colon + 1) != host.Port.ToString(CultureInfo.InvariantCulture))
                return false;
            name = name.Substring(0, colon);
        }
        name = name.Trim('[', ']');
        string asked = host.DnsSafeHost;
        // an address has no domain that it could be in
        if (host.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6)
            return IPAddress.TryParse(name, out IPAddress? listed) && listed.Equals(IPAddress.Parse(asked));
        return name.Length != 0 && asked.EndsWith(name, StringComparison.OrdinalIgnoreCase)
            && (asked.Length == name.Length || asked[asked.Length - name.Length - 1] == '.');
    }
}
