using System;
using System.IO;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>Fetches small files by GET, as CRLs are: over http and https only, through the proxy of the server's settings, without redirects, cookies or credentials, bounded in octets and time.</summary>
internal sealed class HttpDownload : IDisposable
{
    private readonly HttpTransportSettings _settings;
    private readonly HttpMessageInvoker _http;

    /// <summary>Makes one; nothing is fetched yet.</summary>
    /// <param name="settings">Proxy, times and the bound on octets. Its certificate is shown to nobody: it belongs to the CMP server.</param>
    internal HttpDownload(HttpTransportSettings settings)
    {
        _settings = settings;
        _http = new HttpMessageInvoker(HttpHandlers.Create(settings, new ProxyRule(settings), certificate: null), disposeHandler: true);
    }

    /// <summary>Fetches a file.</summary>
    /// <param name="location">Where it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Its octets.</returns>
    /// <exception cref="CmpException"><c>CmpHttp.…</c>: a status other than 200, a redirect, or more octets than are taken; <c>CmpTransport.…</c>.</exception>
    internal async Task<ReadOnlyMemory<byte>> GetAsync(Uri location, CancellationToken cancellationToken)
    {
        string server = PeerText.Escape(location.Authority);
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(_settings.ExchangeTimeout);
        bool began = false;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, location);
            using HttpResponseMessage answer = await _http.SendAsync(request, timer.Token).ConfigureAwait(false);
            began = true;
#if !NET
            // .NET Framework does not let go of a body that is being read
            using CancellationTokenRegistration abort = timer.Token.Register(static a => ((HttpResponseMessage)a!).Dispose(), answer);
#endif
            if ((int)answer.StatusCode != 200)
                throw HttpFailure.Status(answer, server, (int)answer.StatusCode is >= 300 and < 400 ? "redirects are not followed." : string.Empty);
            return await ReadAsync(answer, server, timer.Token).ConfigureAwait(false);
        }
        catch (CmpException)
        {
            throw;
        }
        catch (Exception e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw timer.IsCancellationRequested ? ConnectionFailure.Timeout(server, _settings.ExchangeTimeout, e) : HttpFailure.From(e, new HttpAttempt(server) { IsTls = location.Scheme == "https", AnswerBegan = began });
        }
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _http.Dispose();

    private async Task<ReadOnlyMemory<byte>> ReadAsync(HttpResponseMessage answer, string server, CancellationToken cancellationToken)
    {
        int max = _settings.MaxResponseBytes;
        if (answer.Content is not { } content)
            return default;
        if (content.Headers.ContentLength > max)
            throw TooLarge(server, max);
        using Stream body = await content.ReadAsStreamAsync().ConfigureAwait(false);
        using var octets = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await body.ReadAsync(buffer, 0, buffer.Length, cancellationToken).ConfigureAwait(false)) != 0)
        {
            if (octets.Length + read > max)
                throw TooLarge(server, max);
            octets.Write(buffer, 0, read);
        }
        return octets.ToArray();
    }

    private static CmpException TooLarge(string server, int max) =>
        new(CmpErrorKind.Protocol, "CmpHttp.TooLarge", $"The file at {server} has more than {max} octets.");
}
