using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// CMP over CoAP and UDP, or DTLS over UDP (RFC 9482): each message is the body of a confirmable POST, in blocks where it is long, each answer the body of its response.
/// Exchanges that run at once go out from ports of their own. What is said at this layer is nobody's word: it is protected in the messages or not at all;
/// DTLS only keeps it from others' eyes (rule 59). A DTLS session is kept for the exchanges that follow; one that the server has lost is found out at the first message of a
/// transaction, which is sent again over another one (rule 53).
/// </summary>
/// <remarks>
/// Errors beside those of <see cref="ICmpTransport"/>: <c>CmpTransport.ConnectFailed</c>, <c>.ConnectTimeout</c> where nothing comes from the server, <c>.Timeout</c>;
/// of DTLS <c>.TlsFailed</c>, <c>.ConnectionClosed</c>; <c>CmpCoap.404</c> and the like where a code stands
/// alone, <c>.ContentFormat</c>, <c>.Block</c> and <c>.Changed</c> for blocks that do not fit together, <c>.Reset</c>, <c>.LinkFormat</c>.
/// </remarks>
public sealed class CoapTransport : IObservingTransport
{
    private const string CorePath = "/.well-known/core";
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly CoapTransportSettings _settings;
    private readonly CoapTarget _target;
    private readonly DtlsSettings? _dtls;
    private readonly int _exponent;
    private readonly SemaphoreSlim _places;
    private readonly Stack<CoapChannel> _idle = new();
    private readonly CancellationTokenSource _disposing = new();
    private IPEndPoint? _known;
    private bool _disposed;

    /// <summary>Makes a road to a server; nothing is sent yet.</summary>
    /// <param name="settings">How the server is reached.</param>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidUri</c>, also where the address is a group's (RFC 9482 2.5); <c>CmpTransport.InvalidSetting</c>.</exception>
    public CoapTransport(CoapTransportSettings settings)
    {
        _settings = settings;
        _target = new CoapTarget(settings);
        settings.Check();
        if (_target.IsSecured)
        {
            if (settings.TlsClientCertificate is { } certificate)
                TlsIdentity.EnsureKey(certificate);
            _dtls = new DtlsSettings(_target.Host, _target.Server) { Anchors = settings.TlsTrustAnchors, Certificate = settings.TlsClientCertificate };
        }
        _exponent = CoapBlock.ExponentOf(settings.BlockSize);
        _places = new SemaphoreSlim(settings.MaxConnections);
    }

    /// <inheritdoc/>
    public async Task<TransportReply> ExchangeAsync(TransportRequest request, CancellationToken cancellationToken)
    {
        CoapQuestion question = Question(CoapCode.Post, _target.For(request.Operation), CoapContentFormat.Pkixcmp) with
        {
            Body = request.Octets,
            ContentFormat = CoapContentFormat.Pkixcmp,
        };
        CoapResponse response = await AskAsync(question, request.First, cancellationToken).ConfigureAwait(false);
        return ToReply(response, _settings.Lenient, _settings.MaxResponseBytes, _target.Server);
    }

    /// <summary>CoAP gives no tickets: a server that is not ready says so in CMP, and one that takes long answers separately.</summary>
    /// <param name="ticket">Any text.</param>
    /// <param name="cancellationToken">Not used.</param>
    /// <returns>Never.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.UnknownTicket</c>, always.</exception>
    public Task<TransportReply> CollectAsync(string ticket, CancellationToken cancellationToken) =>
        Task.FromException<TransportReply>(new CmpException(CmpErrorKind.Argument, "CmpTransport.UnknownTicket", "CoAP gives no tickets to collect an answer with."));

    /// <summary>Asks the server what it has (RFC 6690, RFC 9482 2.2). The places of CMP are the links whose <see cref="CoreLink.ContentFormats"/> hold 259. Nothing of it is believed, or escaped.</summary>
    /// <param name="cancellationToken">Ends it at once.</param>
    /// <returns>The links of <c>/.well-known/core</c>.</returns>
    /// <exception cref="CmpException">As for <see cref="ExchangeAsync"/>; <c>CmpCoap.LinkFormat</c> where the answer is no list of links.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<IReadOnlyList<CoreLink>> DiscoverAsync(CancellationToken cancellationToken)
    {
        CoapResponse response = await AskAsync(Question(CoapCode.Get, _target.For(CorePath), CoapContentFormat.LinkFormat), isRepeatable: true, cancellationToken).ConfigureAwait(false);
        if (!response.Code.IsSuccess)
            throw CoapFailure.Status(response, _target.Server);
        if (response.ContentFormat is not (null or CoapContentFormat.LinkFormat))
            throw new CmpException(CmpErrorKind.Malformed, "CmpCoap.LinkFormat", "The server " + _target.Server + " does not answer with a list of links when it is asked what it has.");
        return CoreLink.Parse(response.Body.Span);
    }

    /// <inheritdoc/>
    public async Task ObserveAsync(string? path, Func<CoapNotification, CancellationToken, Task> take, CancellationToken cancellationToken)
    {
        CoapQuestion question = Question(CoapCode.Get, path is null ? _target.For(CmpOperation.Announcement) : _target.For(path), path is null ? CoapContentFormat.Pkixcmp : null);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
        TimeSpan deadline = CoapChannel.Now + _settings.ExchangeTimeout;
        await EnterAsync(deadline, cancellationToken, limit.Token).ConfigureAwait(false);
        CoapChannel? channel = null;
        CoapObservation? observation = null;
        try
        {
            await AtOneAsync(deadline, async server =>
            {
                channel?.Dispose();
                channel = null;
                observation = null;
                channel = await OpenAsync(server, deadline, limit.Token).ConfigureAwait(false);
                observation = channel.Begin((layer, now) => new CoapObservation(layer, question, CoapChannel.Random, now));
                await channel.WhenAsync(() => observation.HasNotification || observation.IsOver, limit.Token).ConfigureAwait(false);
                return observation.Error is null ? true : throw observation.Error;
            }, limit.Token).ConfigureAwait(false);
            while (true)
            {
                await channel!.WhenAsync(() => observation!.HasNotification || observation.IsOver, limit.Token).ConfigureAwait(false);
                CoapNotification? notification = channel.Do(() => observation!.HasNotification ? observation.Take() : null);
                if (notification is null)
                    throw observation!.Error!;
                await take(notification, limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw Ended(cancellationToken);
        }
        finally
        {
            if (observation is not null)
            {
                channel!.Do(() =>
                {
                    if (!observation.IsOver)
                        observation.Deregister();
                    return true;
                });
            }
            channel?.Dispose();
            _places.Release();
        }
    }

    /// <summary>Closes all sockets; exchanges that are under way fail.</summary>
    public void Dispose()
    {
        lock (_idle)
        {
            if (_disposed)
                return;
            _disposed = true;
            while (_idle.Count > 0)
                _idle.Pop().Dispose();
        }
        _disposing.Cancel();
    }

    /// <summary>What an answer is to who sent a message.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="lenient">Whether it need not say what it is.</param>
    /// <param name="maxBytes">Octets that it may have.</param>
    /// <param name="server">Host and port, for people.</param>
    /// <returns>A message, or nothing.</returns>
    /// <exception cref="CmpException"><c>CmpCoap.…</c>, <c>CmpMessage.…</c>.</exception>
    internal static TransportReply ToReply(CoapResponse response, bool lenient, int maxBytes, string server)
    {
        bool success = response.Code.IsSuccess;
        if (success && response.Body.IsEmpty)
            return new TransportReply.Nothing();
        // the explanation of an error has no content format either (RFC 7252 5.5.2)
        bool isMessage = response.ContentFormat == CoapContentFormat.Pkixcmp || (success && lenient && response.ContentFormat is null);
        if (!success && (!isMessage || response.Body.IsEmpty))
            throw CoapFailure.Status(response, server);
        if (!isMessage)
            throw CoapFailure.ContentFormat(server, response);
        try
        {
            MessageOctets.Verify(response.Body.Span, maxBytes);
        }
        catch (CmpException malformed) when (!success)
        {
            throw CoapFailure.Status(response, server, malformed);
        }
        return new TransportReply.Octets(response.Body)
        {
            Warning = response.ContentFormat is null ? "The answer has no content format." : null,
            StatusError = success ? null : CoapFailure.Status(response, server),
        };
    }

    private CoapQuestion Question(CoapCode method, IReadOnlyList<CoapOption> address, int? accept) => new(method, address)
    {
        Accept = accept,
        Exponent = _exponent,
        MaxResponseBytes = _settings.MaxResponseBytes,
        Timeout = _settings.ExchangeTimeout,
        Server = _target.Server,
    };

    private async Task<CoapResponse> AskAsync(CoapQuestion question, bool isRepeatable, CancellationToken cancellationToken)
    {
        TimeSpan deadline = CoapChannel.Now + _settings.ExchangeTimeout;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
        await EnterAsync(deadline, cancellationToken, limit.Token).ConfigureAwait(false);
        try
        {
            if (TakeIdle() is { } kept && await AskAsync(kept, question, deadline, mayBeLost: isRepeatable, limit.Token).ConfigureAwait(false) is { } response)
                return response;
            return await AtOneAsync(deadline, async server => (await AskAsync(await OpenAsync(server, deadline, limit.Token).ConfigureAwait(false), question, deadline, mayBeLost: false, limit.Token).ConfigureAwait(false))!,
                limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw Ended(cancellationToken);
        }
        catch (CmpException e) when (e.Kind is CmpErrorKind.Transport or CmpErrorKind.Timeout)
        {
            _known = null;
            throw;
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Does something with the server at the first of its addresses where anybody is.</summary>
    private async Task<T> AtOneAsync<T>(TimeSpan deadline, Func<IPEndPoint, Task<T>> work, CancellationToken cancellationToken)
    {
        CmpException? refused = null;
        foreach (IPEndPoint server in await FindAsync(deadline, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                T result = await work(server).ConfigureAwait(false);
                _known = server;
                return result;
            }
            catch (CmpException e) when (e.ErrorId == "CmpTransport.ConnectFailed")
            {
                refused ??= e;
            }
        }
        throw refused!;
    }

    private Task<CoapChannel> OpenAsync(IPEndPoint server, TimeSpan deadline, CancellationToken cancellationToken)
    {
        if (_dtls is null)
            return Task.FromResult(CoapChannel.Open(server, _target.Server, _settings.Timing));
        TimeSpan left = deadline - CoapChannel.Now;
        return CoapChannel.OpenAsync(server, _settings.Timing, _dtls, left < _settings.ConnectTimeout ? left : _settings.ConnectTimeout, cancellationToken);
    }

    /// <summary>Asks over a channel, which is kept where all went well and closed where anything did not. Where its session may be lost, and is, there is no response.</summary>
    private async Task<CoapResponse?> AskAsync(CoapChannel channel, CoapQuestion question, TimeSpan deadline, bool mayBeLost, CancellationToken cancellationToken)
    {
        bool isGood = false;
        try
        {
            CoapTransfer transfer = channel.Begin((layer, now) => new CoapTransfer(layer, question, deadline, now));
            try
            {
                await channel.WhenAsync(() => transfer.IsOver || (mayBeLost && channel.IsLost), cancellationToken).ConfigureAwait(false);
            }
            catch (CmpException) when (mayBeLost && channel.IsLost)
            {
                return null;
            }
            if (!transfer.IsOver && channel.IsLost)
                return null;
            CoapResponse response = transfer.Response ?? throw transfer.Error!;
            isGood = true;
            return response;
        }
        finally
        {
            channel.Rest();
            if (!isGood || !Keep(channel))
                channel.Dispose();
        }
    }

    private CoapChannel? TakeIdle()
    {
        lock (_idle)
        {
            while (_idle.Count > 0)
            {
                CoapChannel channel = _idle.Pop();
                if (channel.IsUsable)
                    return channel;
                channel.Dispose();
            }
            return null;
        }
    }

    private bool Keep(CoapChannel channel)
    {
        lock (_idle)
        {
            if (_disposed || !channel.IsUsable)
                return false;
            _idle.Push(channel);
            return true;
        }
    }

    private async Task EnterAsync(TimeSpan deadline, CancellationToken cancellationToken, CancellationToken limit)
    {
        if (_disposed)
            throw Ended(cancellationToken);
        try
        {
            if (await _places.WaitAsync(Left(deadline), limit).ConfigureAwait(false))
                return;
        }
        catch (OperationCanceledException)
        {
            throw Ended(cancellationToken);
        }
        throw new CmpException(CmpErrorKind.Timeout, "CmpTransport.Timeout", "The message to " + _target.Server + " was not sent in time: others are under way.");
    }

    /// <summary>How long there is still; not longer than the system waits.</summary>
    private static TimeSpan Left(TimeSpan deadline)
    {
        TimeSpan left = deadline - CoapChannel.Now;
        return left <= TimeSpan.Zero ? TimeSpan.Zero : left < LongestWait ? left : LongestWait;
    }

    /// <summary>What a wait ended by: who asked did not want to wait any more, or the road was closed.</summary>
    private Exception Ended(CancellationToken cancellationToken) => cancellationToken.IsCancellationRequested
        ? new OperationCanceledException(cancellationToken)
        : CoapFailure.Unreachable(_target.Server, "the connection was closed.", null);

    /// <summary>Where the server is: the one place that answered before, or all that its name stands for.</summary>
    private async Task<IReadOnlyList<IPEndPoint>> FindAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        if (_known is { } known)
            return [known];
        if (_target.Address is { } address)
            return [new IPEndPoint(address, _target.Port)];
        IPAddress[] addresses;
        try
        {
            Task<IPAddress[]> finding = Dns.GetHostAddressesAsync(_target.Host);
            using CancellationTokenSource found = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task late = Task.Delay(Left(deadline), found.Token);
            if (await Task.WhenAny(finding, late).ConfigureAwait(false) != finding)
            {
                // the look-up cannot be stopped; what comes of it is not looked at
                _ = finding.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                cancellationToken.ThrowIfCancellationRequested();
                throw new CmpException(CmpErrorKind.Timeout, "CmpTransport.Timeout", "The name of the server " + _target.Server + " was not found in time.");
            }
            found.Cancel();
            addresses = await finding.ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw CoapFailure.Unreachable(_target.Server, e.Message, e);
        }
        List<IPEndPoint> places = [];
        foreach (IPAddress one in addresses)
        {
            CoapTarget.RefuseMulticast(one);
            if (one.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
                places.Add(new IPEndPoint(one, _target.Port));
        }
        return places.Count > 0 ? places : throw CoapFailure.Unreachable(_target.Server, "its name has no address.", null);
    }
}
