using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>Chooses the road to a server by the scheme of its address.</summary>
public static class Roads
{
    private static readonly Road[] All =
    [
        new("http://", "HTTP", Http), new("https://", "HTTP over TLS", Http),
        new("http+tcp://", "TCP-Messages in HTTP, as servers from before RFC 6712 have them", Http), new("https+tcp://", "the same over TLS", Http),
        new("tcp://", "TCP-Messages, port 829", Tcp), new("coap://", "CoAP over UDP", Coap), new("coaps://", "CoAP over DTLS", Coap),
        new("file:///", "files in a folder", File), new("mailto:", "mails in the folder of -MailFolder", Mail),
    ];

    /// <summary>How the addresses begin that there are roads for, each with a few words about its road.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Beginnings { get; } = [.. All.Select(road => new KeyValuePair<string, string>(road.Beginning, road.Words))];

    private static readonly TimeSpan RecallTime = TimeSpan.FromSeconds(5);

    internal static ICmpTransport Open(ServerSettings settings, int atOnce)
    {
        if (settings.Uri is not { } uri)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Server", "There is no server to talk to.")
            {
                RecommendedAction = "Name one with -Server, or register a default one with Register-CmpServer -Default.",
            };
        }
        // a path of Windows or of a share has become a file: address by itself, and what was meant by one is not guessed
        if (!uri.IsAbsoluteUri || (uri.IsFile && !uri.OriginalString.StartsWith("file:", StringComparison.OrdinalIgnoreCase)))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Server", $"'{PeerText.Escape(uri.OriginalString)}' is no address of a server.")
            {
                RecommendedAction = FolderAddress.Advice(uri.OriginalString) ?? "Write it as in 'https://ca.example/pkix/'.",
            };
        }
        // an address is shown, logged and saved
        if (uri.UserInfo.Contains(":"))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Server", $"The address of a server at {PeerText.Escape(uri.Host)} holds a password.")
            {
                RecommendedAction = "Leave user and password out of the address; secrets are given with -Credential.",
            };
        }
        if (Array.Find(All, one => one.Scheme.Equals(uri.Scheme, StringComparison.OrdinalIgnoreCase)) is { } road)
            return road.Open(uri, settings, atOnce);
        throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Scheme", $"There is no transport for '{PeerText.Escape(uri.Scheme)}:' addresses.")
        {
            RecommendedAction = $"Use an address of another scheme: {string.Join(", ", All.Select(one => one.Scheme))}.",
        };
    }

    /// <summary>Takes back, where a road can, what a transaction that is given up had said last; a road that is away does not keep anybody from giving up.</summary>
    /// <param name="settings">The server, as it was said.</param>
    /// <param name="ticket">What the road gave; <see langword="null"/>: nothing waits there.</param>
    /// <param name="warn">Hears why a message may be carried still.</param>
    internal static void Recall(ServerSettings settings, string? ticket, Action<string>? warn)
    {
        if (ticket is null || settings.Uri is not { } uri || !IsFolder(uri))
            return;
        try
        {
            using ICmpTransport road = Open(settings.Resolve(), 1);
            using var limited = new CancellationTokenSource(RecallTime);
            if (road is IRecallingTransport recalling)
                recalling.RecallAsync(ticket, limited.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            warn?.Invoke($"The last message may be carried to the server still: {PeerText.Escape(uri.OriginalString)} did not answer.");
        }
        catch (CmpException e)
        {
            warn?.Invoke($"The last message may be carried to the server still: {e.Message}");
        }
    }

    /// <summary>HTTP as it is today, and as its drafts had it, with TCP-Messages in the bodies.</summary>
    private static HttpTransport Http(Uri uri, ServerSettings settings, int atOnce) => new(new HttpTransportSettings
    {
        Uri = WithPath(uri, settings),
        WellKnown = settings.WellKnown!.Value,
        WellKnownName = settings.WellKnown!.Value ? settings.CertificateProfile : null,
        ExchangeTimeout = settings.ExchangeTimeout!.Value,
        MaxResponseBytes = settings.MaxResponseBytes!.Value,
        MaxConnections = Math.Max(HttpTransportSettings.DefaultConnections, atOnce),
        KeepAlive = settings.KeepAlive!.Value,
        HttpVersion = settings.HttpVersion!,
        Generation = settings.HttpGeneration,
        TcpStyle = settings.TcpStyle,
        AllowRedirect = settings.AllowRedirect!.Value,
        Lenient = settings.Lenient!.Value,
        Proxy = settings.Proxy,
        ProxyCredential = settings.ProxyCredential,
        NoProxy = settings.NoProxy,
        TlsClientCertificate = settings.TlsCertificate ?? settings.TlsCertificateReference?.Open().Certificate,
        TlsTrustAnchors = settings.TlsTrustAnchor,
    });

    /// <summary>TCP-Messages on connections of their own. What is for HTTP only is passed over, but for a proxy: who wants one must not be sent around it.</summary>
    private static TcpTransport Tcp(Uri uri, ServerSettings settings, int atOnce)
    {
        if (settings.Proxy is not null || settings.ProxyCredential is not null)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Proxy", "TCP-Messages go through no proxy.")
            {
                RecommendedAction = "Leave the proxy out, or use an http+tcp: or http: address of the server.",
            };
        }
        if (uri.Host.Length == 0 || uri.UserInfo.Length > 0 || uri.PathAndQuery is not ("" or "/") || uri.Fragment.Length > 0)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Server", $"'{PeerText.Escape(uri.OriginalString)}' is no address for TCP-Messages: they know a host and a port, and no path.")
            {
                RecommendedAction = "Write it as in 'tcp://ca.example' or 'tcp://ca.example:829'.",
            };
        }
        return new TcpTransport(new TcpTransportSettings
        {
            Uri = uri,
            Style = settings.TcpStyle,
            ExchangeTimeout = settings.ExchangeTimeout!.Value,
            MaxResponseBytes = settings.MaxResponseBytes!.Value,
            MaxConnections = Math.Max(TcpTransportSettings.DefaultConnections, atOnce),
            KeepAlive = settings.KeepAlive!.Value,
        });
    }

    /// <summary>Whether messages are put down for others to carry, so that nobody knows whether they arrive before there is an answer.</summary>
    internal static bool IsFolder(Uri? uri) => uri is { IsAbsoluteUri: true, Scheme: "file" or "mailto" };

    /// <summary>Over CoAP, with DTLS or without, a path is there or is the well-known one (RFC 9483 6.2); the default path of a preset is one of HTTP.</summary>
    private static CoapTransport Coap(Uri uri, ServerSettings settings, int atOnce) => new(new CoapTransportSettings
    {
        Uri = uri,
        WellKnownName = settings.WellKnown!.Value ? settings.CertificateProfile : null,
        ExchangeTimeout = settings.ExchangeTimeout!.Value,
        MaxResponseBytes = settings.MaxResponseBytes!.Value,
        MaxConnections = Math.Max(CoapTransportSettings.DefaultConnections, atOnce),
        Lenient = settings.Lenient!.Value,
        TlsClientCertificate = uri.Scheme == "coaps" ? settings.TlsCertificate ?? settings.TlsCertificateReference?.Open().Certificate : null,
        TlsTrustAnchors = settings.TlsTrustAnchor,
    });

    /// <summary>Whether TLS is spoken over TCP on the way to a server.</summary>
    /// <param name="uri">Its address.</param>
    /// <returns>Whether it is.</returns>
    public static bool SpeaksTls(Uri? uri) => TlsAddress(uri) is not null;

    /// <summary>Where TLS is spoken over TCP on the way to a server.</summary>
    /// <returns>Its address as https, or <see langword="null"/> where there is none.</returns>
    internal static Uri? TlsAddress(Uri? uri) => uri is not { IsAbsoluteUri: true } ? null : uri.Scheme switch
    {
        "https" => uri,
        "https+tcp" => new Uri("https" + uri.OriginalString.Substring(uri.Scheme.Length)),
        _ => null,
    };

    private static FileTransport File(Uri uri, ServerSettings settings, int atOnce) => new(new FileTransportSettings
    {
        Uri = uri,
        ExchangeTimeout = settings.ExchangeTimeout!.Value,
        MaxResponseBytes = settings.MaxResponseBytes!.Value,
    });

    private static MailTransport Mail(Uri uri, ServerSettings settings, int atOnce) => new(new MailTransportSettings
    {
        Uri = uri,
        Folder = settings.MailFolder ?? throw new CmpException(CmpErrorKind.Argument, "CmpArgument.MailFolder", "Mail goes through a folder that a mailer shares with us, and none is named.")
        {
            RecommendedAction = "Register the server with -MailFolder: what is to be sent comes into 'outbox' in it, and answers are to be delivered into 'inbox'.",
        },
        ExchangeTimeout = settings.ExchangeTimeout!.Value,
        MaxResponseBytes = settings.MaxResponseBytes!.Value,
        Lenient = settings.Lenient!.Value,
    });

    /// <summary>Rule 60: a path that is there stays as it is written; an empty one is the preset's, with the profile where it has a place for it.</summary>
    internal static Uri WithPath(Uri uri, ServerSettings settings)
    {
        if (settings.WellKnown!.Value || settings.DefaultPath is not { } path)
            return uri;
        string text = uri.OriginalString;
        int end = text.IndexOfAny(['/', '?', '#'], Math.Min(text.Length, uri.Scheme.Length + 3));
        if (end >= 0 && (end < text.Length - 1 || text[end] != '/'))
            return uri;
        string profile = settings.CertificateProfile is { Length: > 0 } name ? "/" + Uri.EscapeDataString(name) : string.Empty;
        return new Uri(text.TrimEnd('/') + path.Replace(Presets.ProfilePlace, profile));
    }

    private sealed record Road(string Beginning, string Words, Func<Uri, ServerSettings, int, ICmpTransport> Open)
    {
        internal string Scheme { get; } = Beginning.Substring(0, Beginning.IndexOf(':'));
    }
}
