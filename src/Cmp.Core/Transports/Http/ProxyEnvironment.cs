using System;
using System.Collections.Generic;
using System.Net;
using System.Runtime.InteropServices;

namespace Cmp.Transports;

/// <summary>
/// What the environment says about proxies: <c>http_proxy</c>, <c>https_proxy</c>, for both <c>all_proxy</c>, and <c>no_proxy</c>; the small letters win over the
/// capitals. A variable that is empty says that there is none.
/// </summary>
/// <remarks>
/// It is read here and not by .NET, so that both editions find the same, with the user names in it. Under CGI the header field <c>Proxy</c> of whoever asks
/// becomes the variable <c>HTTP_PROXY</c> ("httpoxy"), so there it is not believed.
/// </remarks>
internal sealed class ProxyEnvironment
{
    private readonly (string Name, string Value)? _http;
    private readonly (string Name, string Value)? _https;

    /// <summary>Reads the variables.</summary>
    /// <param name="variable">Gives the value of a variable, <see langword="null"/> where it is not set.</param>
    /// <param name="ignoresCase">Whether small letters and capitals name the same variable, as on Windows.</param>
    public ProxyEnvironment(Func<string, string?> variable, bool ignoresCase)
    {
        bool isCgi = variable("REQUEST_METHOD") is not null || variable("GATEWAY_INTERFACE") is not null;
        var all = First("all_proxy", "ALL_PROXY");
        _http = (isCgi ? First(ignoresCase ? null : "http_proxy") : First("http_proxy", "HTTP_PROXY")) ?? all;
        _https = First("https_proxy", "HTTPS_PROXY") ?? all;
        Except = First("no_proxy", "NO_PROXY")?.Value.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);

        (string Name, string Value)? First(params string?[] names)
        {
            foreach (string? name in names)
            {
                if (name is not null && variable(name) is { } value)
                    return (name, value.Trim());
            }
            return null;
        }
    }

    /// <summary>Hosts that need no proxy; <see langword="null"/> where that is not said.</summary>
    public IReadOnlyList<string>? Except { get; }

    /// <summary>The environment of this process, as it is now.</summary>
    /// <returns>What it says.</returns>
    public static ProxyEnvironment Read() => new(Environment.GetEnvironmentVariable, RuntimeInformation.IsOSPlatform(OSPlatform.Windows));

    /// <summary>Whether the environment says by which proxy such addresses are reached, be it by none.</summary>
    /// <param name="scheme">The scheme, <c>http</c> or <c>https</c>.</param>
    /// <returns>Whether the system need not be asked.</returns>
    public bool Speaks(string scheme) => Variable(scheme) is not null;

    /// <summary>The proxy for addresses of a scheme.</summary>
    /// <param name="scheme">The scheme, <c>http</c> or <c>https</c>.</param>
    /// <returns>The proxy, and what it asks for; <see langword="null"/>: none.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidProxy</c>: the variable holds no address of a proxy. The message names it and not what it holds, which may be a password.</exception>
    public (Uri Proxy, NetworkCredential? Credential)? Find(string scheme)
    {
        if (Variable(scheme) is not { Value.Length: > 0 } variable)
            return null;
        string text = variable.Value.IndexOf("://", StringComparison.Ordinal) < 0 ? "http://" + variable.Value : variable.Value;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || !ProxyRule.IsSpoken(uri))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidProxy", "The environment variable " + variable.Name + " holds no address of a proxy that is spoken to here.")
            {
                RecommendedAction = "Write it as http://host:port, or name the proxy with -Proxy.",
            };
        }
        return (new Uri(uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)), CredentialOf(uri.UserInfo));
    }

    private (string Name, string Value)? Variable(string scheme) => scheme == "https" ? _https : _http;

    private static NetworkCredential? CredentialOf(string userInfo)
    {
        if (userInfo.Length == 0)
            return null;
        int colon = userInfo.IndexOf(':');
        string user = Uri.UnescapeDataString(colon < 0 ? userInfo : userInfo.Substring(0, colon));
        string password = colon < 0 ? string.Empty : Uri.UnescapeDataString(userInfo.Substring(colon + 1));
        int domain = user.IndexOf('\\');
        return domain < 0 ? new NetworkCredential(user, password) : new NetworkCredential(user.Substring(domain + 1), password, user.Substring(0, domain));
    }
}
