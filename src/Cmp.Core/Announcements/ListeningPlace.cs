using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Threading.Tasks;
using Cmp.Transports;

namespace Cmp.Announcements;

/// <summary>An address to listen at, taken apart.</summary>
internal sealed class ListeningPlace
{
    private static readonly TimeSpan NameTimeout = TimeSpan.FromSeconds(15);

    /// <summary>Takes an address apart; a name is looked up.</summary>
    /// <param name="uri">The address.</param>
    /// <exception cref="CmpException"><c>CmpArgument.Scheme</c>: nothing is listened for by that scheme; <c>CmpArgument.ListenUri</c>: it is no address to listen at;
    /// <c>CmpTransport.ListenFailed</c>: the host is not this machine.</exception>
    public ListeningPlace(Uri uri)
    {
        string shown = PeerText.Escape(uri.OriginalString);
        if (!uri.IsAbsoluteUri)
            throw Invalid($"'{shown}' is no address to listen at.");
        if (uri.Scheme is not ("http" or "https" or "tcp"))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Scheme", $"Pushed announcements are not listened for at '{PeerText.Escape(uri.Scheme)}:' addresses.")
            {
                RecommendedAction = "Use an address of another scheme: http, https, tcp.",
            };
        }
        if (uri.UserInfo.Length > 0 || uri.OriginalString.IndexOf('@') >= 0)
            throw Invalid("The address to listen at holds a user.");
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0 || uri.OriginalString.IndexOfAny(['?', '#']) >= 0)
            throw Invalid($"The address to listen at, '{shown}', holds more than a path.");
        if (uri.Host.Length == 0)
            throw Invalid($"The address to listen at, '{shown}', names no host.");
        Scheme = uri.Scheme;
        Port = uri.IsDefaultPort || uri.Port < 0 ? DefaultPort(uri) : uri.Port;
        Path = PathOf(uri);
        if (Scheme == "tcp" && Path != "/")
            throw Invalid($"'{shown}' is no address for TCP-Messages: they know a host and a port, and no path.");
        Addresses = AddressesOf(uri);
        HostName = uri.HostNameType == UriHostNameType.Dns ? uri.IdnHost : null;
    }

    /// <summary><c>http</c>, <c>https</c> or <c>tcp</c>.</summary>
    public string Scheme { get; }

    /// <summary>The addresses to bind, at least one.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; }

    /// <summary>The host where it is a name; else <see langword="null"/>.</summary>
    public string? HostName { get; }

    /// <summary>The port; 0 for any.</summary>
    public int Port { get; }

    /// <summary>The path, as it was written; <c>/</c> for any.</summary>
    public string Path { get; }

    /// <summary>Whether what is asked for is here (RFC 6712 3.6: a slash at the end makes no difference).</summary>
    /// <param name="target">The path and query of a request; <see langword="null"/> where the road has none.</param>
    /// <returns>Whether it is.</returns>
    public bool Answers(string? target) => Path == "/" || string.Equals(target?.TrimEnd('/'), Path.TrimEnd('/'), StringComparison.Ordinal);

    private static int DefaultPort(Uri uri) => uri.Scheme switch
    {
        "http" => 80,
        "https" => 443,
        _ => TcpTransportSettings.DefaultPort,
    };

    /// <summary><see cref="Uri"/> would rewrite it, and it is compared with what peers write.</summary>
    private static string PathOf(Uri uri)
    {
        string text = uri.OriginalString.Trim();
        int authority = text.IndexOf("//", StringComparison.Ordinal) + 2;
        int start = text.IndexOf('/', authority);
        string path = start < 0 ? "/" : text.Substring(start);
        return path.All(c => c is > ' ' and <= '~' and not '\\') ? path : throw Invalid($"The path of the address to listen at, '{PeerText.Escape(text)}', holds characters that no request has.");
    }

    private static IReadOnlyList<IPAddress> AddressesOf(Uri uri)
    {
        if (IPAddress.TryParse(uri.DnsSafeHost, out IPAddress? address))
            return [address];
        string name = uri.IdnHost.TrimEnd('.');
        IEnumerable<IPAddress> found = name.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : Resolve(name);
        // a name that stands for all addresses would open what only an address is to open
        IPAddress[] ours = [.. found.Where(IsOurs).Distinct()];
        return ours.Length > 0 ? ours : throw Failed(name, "it is not this machine", null);
    }

    private static bool IsOurs(IPAddress address)
    {
        if (address.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            return false;
        try
        {
            return NetworkInterface.GetAllNetworkInterfaces().SelectMany(one => one.GetIPProperties().UnicastAddresses).Any(one => one.Address.Equals(address));
        }
        catch (NetworkInformationException)
        {
            return IPAddress.IsLoopback(address);
        }
    }

    private static IEnumerable<IPAddress> Resolve(string name)
    {
        try
        {
            Task<IPAddress[]> asked = Dns.GetHostAddressesAsync(name);
            return asked.Wait(NameTimeout) ? asked.Result : throw Failed(name, "the name does not resolve in time", null);
        }
        catch (AggregateException e) when (e.GetBaseException() is SocketException or ArgumentException)
        {
            throw Failed(name, "the name does not resolve", e.GetBaseException());
        }
        catch (ArgumentException e)
        {
            throw Failed(name, "it is no name of a host", e);
        }
    }

    private static CmpException Failed(string name, string reason, Exception? cause) =>
        new(CmpErrorKind.Transport, "CmpTransport.ListenFailed", $"Cannot listen on '{PeerText.Escape(name)}': {reason}.", cause)
        {
            RecommendedAction = "Name an address of this machine: 'localhost', one that others reach it by, or '0.0.0.0' for all.",
        };

    private static CmpException Invalid(string message) => new(CmpErrorKind.Argument, "CmpArgument.ListenUri", message)
    {
        RecommendedAction = "Write it as in 'http://localhost:8829/', 'https://0.0.0.0:8843/cmp' or 'tcp://localhost:8829'.",
    };
}
