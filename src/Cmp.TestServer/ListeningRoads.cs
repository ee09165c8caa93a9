using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Transports;

namespace Cmp.TestServer;

/// <summary>The roads of a server, a listener each: all of them, or none.</summary>
internal sealed class ListeningRoads : IDisposable
{
    private readonly TestServerOptions _options;
    private readonly Responder _responder;
    private readonly HeldAnswers? _held;
    private readonly MessageFolder? _folder;
    private readonly List<KeyValuePair<TestServerRoad, ICmpListener>> _listeners = [];

    // those that are networks'
    private int _ports;

    /// <summary>Begins to listen on each road that the options name, in their order.</summary>
    /// <param name="options">Which, and how.</param>
    /// <param name="responder">Answers; it stays the caller's.</param>
    /// <param name="tlsCertificate">What is shown to TLS clients; it stays the caller's.</param>
    /// <exception cref="CmpException"><c>CmpTransport.ListenFailed</c>: one of them cannot be had, and none listens.</exception>
    internal ListeningRoads(TestServerOptions options, Responder responder, X509Certificate2? tlsCertificate)
    {
        _options = options;
        _responder = responder;
        _held = options.Roads.Any(CanPoll) ? new HeldAnswers(options) : null;
        try
        {
            _folder = options.Roads.Any(IsFolder) ? new MessageFolder(options.FolderPath) : null;
            foreach (TestServerRoad road in options.Roads.Distinct())
                _listeners.Add(new KeyValuePair<TestServerRoad, ICmpListener>(road, Start(road, tlsCertificate)));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whether a road has polling of its own, so that an answer can be held back.</summary>
    internal static bool CanPoll(TestServerRoad road) => road is TestServerRoad.Tcp or TestServerRoad.HttpTcp;

    /// <summary>Whether TLS or DTLS is spoken.</summary>
    internal static bool IsSecured(TestServerRoad road) => road is TestServerRoad.Https or TestServerRoad.Coaps;

    /// <summary>Whether messages come through a folder.</summary>
    internal static bool IsFolder(TestServerRoad road) => road is TestServerRoad.File or TestServerRoad.Mail;

    /// <summary>The folder of the roads that are folders; <see langword="null"/> where none is.</summary>
    internal string? FolderPath => _folder?.Path;

    /// <summary>Where the server is reached, by the names of the roads, in their order.</summary>
    internal IEnumerable<KeyValuePair<string, Uri>> Uris => _listeners.Select(pair => new KeyValuePair<string, Uri>(pair.Key.ToString(), pair.Value.Uri));

    /// <summary>Tells who waits for announcements over CoAP, and keeps the announcement for those who ask by reference.</summary>
    /// <param name="announcement">The octets of the message, which nobody writes to any more.</param>
    /// <returns>The reference; <see langword="null"/> where no road has polling of its own.</returns>
    /// <exception cref="ObjectDisposedException">The server has stopped.</exception>
    internal string? Tell(ReadOnlyMemory<byte> announcement)
    {
        // who does not acknowledge it is gone: nobody waits for that here
        foreach (CmpCoapListener listener in _listeners.Select(pair => pair.Value).OfType<CmpCoapListener>())
            _ = listener.NotifyAsync(announcement);
        return _held?.Keep(announcement);
    }

    /// <summary>Stops them all at once.</summary>
    internal async Task StopAsync()
    {
        await Task.WhenAll(_listeners.Select(pair => pair.Value.StopAsync())).ConfigureAwait(false);
        _folder?.Dispose();
    }

    /// <summary>Does what <see cref="StopAsync"/> does, and waits for it.</summary>
    public void Dispose() => StopAsync().GetAwaiter().GetResult();

    private ICmpListener Start(TestServerRoad road, X509Certificate2? tlsCertificate) => road switch
    {
        TestServerRoad.Http => CmpHttpListener.Start(Http(), AnswerAsync),
        TestServerRoad.Https => CmpHttpListener.Start(Http() with { Certificate = tlsCertificate }, AnswerAsync),
        TestServerRoad.Tcp => CmpTcpListener.Start(new TcpListenerSettings { Port = NextPort(), Style = _options.TcpStyle, MaxRequestBytes = _options.Limits.MaxResponseBytes }, AnswerAsync, CollectAsync),
        TestServerRoad.HttpTcp => CmpHttpListener.Start(Http() with { TcpMessages = true }, AnswerAsync, CollectAsync),
        TestServerRoad.Coap => CmpCoapListener.Start(Coap(), AnswerAsync),
        TestServerRoad.Coaps => CmpCoapListener.Start(Coap() with { Certificate = tlsCertificate }, AnswerAsync),
        TestServerRoad.File => CmpFileListener.Start(new FileListenerSettings { Folder = FolderPath!, MaxRequestBytes = _options.Limits.MaxResponseBytes }, AnswerAsync),
        TestServerRoad.Mail => CmpMailListener.Start(new MailListenerSettings { Folder = FolderPath!, MaxRequestBytes = _options.Limits.MaxResponseBytes, Lenient = !_options.Strict }, AnswerAsync),
        _ => throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Transport", $"A test server has no transport '{road}'."),
    };

    private CoapListenerSettings Coap() => new() { Port = NextPort(), MaxRequestBytes = _options.Limits.MaxResponseBytes };

    private HttpListenerSettings Http() => new() { Port = NextPort(), Lenient = !_options.Strict, MaxRequestBytes = _options.Limits.MaxResponseBytes, OtherMethods = FetchAsync };

    /// <summary>The first road has the port that was named, those that follow the next ones.</summary>
    private int NextPort() => _options.Port == 0 ? 0 : _options.Port + _ports++;

    private Task<TransportReply> AnswerAsync(TransportRequest request, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> answer = _responder.Respond(request.Octets);
        TransportReply reply = answer.IsEmpty ? new TransportReply.Nothing() : new TransportReply.Octets(answer);
        return Task.FromResult(request.CanPoll && _options.TransportPollCount > 0 ? _held!.Hold(reply) : reply);
    }

    /// <summary>
    /// GET of announcements: 404 where there is none, 400 for a question that is none, 405 for anything else. They come as they are, whatever else comes on this road:
    /// when they were asked for so, messages were no longer framed in HTTP.
    /// </summary>
    private Task<TransportReply?> FetchAsync(HttpRequestHead head, CancellationToken cancellationToken)
    {
        try
        {
            TransportReply? reply = head.Method != "GET" || AnnouncementTarget.Read(head.Target) is not { } target ? null
                : _responder.Announced(target) is { } message ? new TransportReply.Octets(message)
                : new TransportReply.Nothing { HttpStatus = 404 };
            return Task.FromResult(reply);
        }
        catch (CmpException e) when (e.Kind == CmpErrorKind.Malformed)
        {
            return Task.FromResult<TransportReply?>(new TransportReply.Nothing { HttpStatus = 400 });
        }
    }

    private Task<TransportReply> CollectAsync(string reference, CancellationToken cancellationToken) => Task.FromResult(_held!.Collect(reference));
}
