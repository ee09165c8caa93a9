using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Transports;

namespace Cmp.TestServer;

/// <summary>The roads of a server, a listener each: all of them, or none.</summary>
internal sealed class ListeningRoads : IDisposable
{
    private readonly TestServerOptions _options;
    private readonly Responder _responder;
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
        try
        {
            foreach (TestServerRoad road in options.Roads.Distinct())
                _listeners.Add(new KeyValuePair<TestServerRoad, ICmpListener>(road, Start(road, tlsCertificate)));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the server is reached, by the names of the roads, in their order.</summary>
    internal IEnumerable<KeyValuePair<string, Uri>> Uris => _listeners.Select(pair => new KeyValuePair<string, Uri>(pair.Key.ToString(), pair.Value.Uri));

    /// <summary>Stops them all at once.</summary>
    internal Task StopAsync() => Task.WhenAll(_listeners.Select(pair => pair.Value.StopAsync()));

    /// <summary>Does what <see cref="StopAsync"/> does, and waits for it.</summary>
    public void Dispose() => StopAsync().GetAwaiter().GetResult();

    private ICmpListener Start(TestServerRoad road, X509Certificate2? tlsCertificate) => road switch
    {
        TestServerRoad.Http => CmpHttpListener.Start(Http(), AnswerAsync),
        TestServerRoad.Https => CmpHttpListener.Start(Http() with { Certificate = tlsCertificate }, AnswerAsync),
        _ => throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Transport", $"A test server has no road '{road}'."),
    };

    private HttpListenerSettings Http() => new() { Port = NextPort(), Lenient = !_options.Strict, MaxRequestBytes = _options.Limits.MaxResponseBytes };

    /// <summary>The first road has the port that was named, those that follow the next ones.</summary>
    private int NextPort() => _options.Port == 0 ? 0 : _options.Port + _ports++;

    private Task<TransportReply> AnswerAsync(TransportRequest request, System.Threading.CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> answer = _responder.Respond(request.Octets);
        return Task.FromResult<TransportReply>(answer.IsEmpty ? new TransportReply.Nothing() : new TransportReply.Octets(answer));
    }
}
