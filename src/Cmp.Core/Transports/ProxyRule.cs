using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Http;

namespace Cmp.Transports;

/// <summary>Which proxy serves which host: the one that was named, else that of the environment or the system; none for what no_proxy lists (rule 58).</summary>
internal sealed class ProxyRule : IWebProxy
{
    private readonly Uri? _named;
    private readonly IReadOnlyList<string>? _except;

    /// <summary>Makes the rule.</summary>
    /// <param name="settings">What the user said about proxies.</param>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidProxy</c>.</exception>
    public ProxyRule(HttpTransportSettings settings)
    {
        _named = settings.Proxy;
        if (_named is not null && (!_named.IsAbsoluteUri || _named.Host.Length == 0 || _named.UserInfo.Length != 0))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidProxy", "The proxy's URI names no host, or holds a user name.")
            {
                RecommendedAction = "Write it as http://host:port; what the proxy asks for is a credential of its own.",
            };
        }
        _except = settings.NoProxy;
        if (_except is null && _named is not null)
        {
            string? environment = Environment.GetEnvironmentVariable("no_proxy") ?? Environment.GetEnvironmentVariable("NO_PROXY");
            _except = environment?.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
        }
        Credentials = settings.ProxyCredential;
    }

    /// <inheritdoc/>
    public ICredentials? Credentials { get; set; }

    /// <inheritdoc/>
    public Uri? GetProxy(Uri destination) => _named ?? SystemProxy?.GetProxy(destination);

    /// <inheritdoc/>
    public bool IsBypassed(Uri host)
    {
        if (_except is not null)
        {
            foreach (string entry in _except)
            {
                if (Matches(entry.Trim(), host))
                    return true;
            }
        }
        if (_named is not null)
            return false;
        return host.IsLoopback || SystemProxy is not IWebProxy system || system.IsBypassed(host);
    }

#if NET
    private static IWebProxy? SystemProxy => HttpClient.DefaultProxy;
#else
    private static IWebProxy? SystemProxy => WebRequest.DefaultWebProxy;
#endif

    private static bool Matches(string entry, Uri host)
    {
        if (entry == "*")
            return true;
        string name = entry.StartsWith("*.", StringComparison.Ordinal) ? entry.Substring(2) : entry.TrimStart('.');
        int colon = name.LastIndexOf(':');
        // a name with a port; the colons of a bare IPv6 address are none
        if (colon > 0 && name.IndexOf(':') == colon)
        {
            if (name.Substring(colon + 1) != host.Port.ToString(System.Globalization.CultureInfo.InvariantCulture))
                return false;
            name = name.Substring(0, colon);
        }
        string asked = host.DnsSafeHost;
        return name.Length != 0 && asked.EndsWith(name, StringComparison.OrdinalIgnoreCase)
            && (asked.Length == name.Length || asked[asked.Length - name.Length - 1] == '.');
    }
}
