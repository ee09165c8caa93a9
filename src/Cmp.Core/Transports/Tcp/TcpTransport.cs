using System;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// CMP over TCP-Messages (rule 62): version 10 of the drafts, and the old style of RFC 2510 5.2 with a server that speaks nothing else. Interwoven transactions share
/// connections, one question at a time on each. A server that is not ready gives a polling reference, which is the ticket.
/// </summary>
/// <remarks>
/// Errors beside those of <see cref="ICmpTransport"/>: <c>CmpTransport.ConnectFailed</c>, <c>.ConnectTimeout</c>, <c>.Timeout</c>, <c>.ConnectionClosed</c>;
/// <c>CmpTcp.VersionNotSupported</c>, <c>.GeneralClientError</c>, <c>.InvalidMessageType</c>, <c>.InvalidPollId</c>, <c>.GeneralServerError</c>, <c>.Error</c>: what the server says at this level;
/// <c>CmpTcp.InvalidMessage</c>, <c>.UnknownVersion</c>, <c>.UnexpectedType</c>, <c>.UnaskedMessage</c>, <c>.WrongStyle</c>, <c>.PollingReference</c>, <c>.NotKept</c>: it does not keep to the protocol.
/// After each of them, and whatever else goes wrong, the connection is closed. Nothing of it is anybody's word: no transaction ends by it.
/// </remarks>
public sealed class TcpTransport : IReferenceTransport
{
    private readonly TcpTransportSettings _settings;
    private readonly TcpConnectionPool _pool;
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<TcpTicket, string> _owners = new();
    private readonly string _host;
    private readonly int _port;
    private readonly string _server;
    private volatile bool _speaksOldStyle;

    /// <summary>Makes a road to a server; nothing is sent yet.</summary>
    /// <param name="settings">How the server is reached.</param>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidUri</c>, <c>CmpTransport.InvalidSetting</c>.</exception>
    public TcpTransport(TcpTransportSettings settings)
    {
        _settings = settings;
        Uri uri = settings.Uri;
        if (!uri.IsAbsoluteUri || uri.Scheme != "tcp" || uri.Host.Length == 0 || uri.UserInfo.Length > 0 || uri.Port == 0
            || !(uri.PathAndQuery is "" or "/") || uri.Fragment.Length > 0)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidUri", "The server's URI " + PeerText.Escape(uri.OriginalString) + " is no address for TCP-Messages.")
            {
                RecommendedAction = "Write it as tcp://host or tcp://host:829, without a path.",
            };
        }
        settings.Check();
        _host = uri.DnsSafeHost;
        _port = uri.Port > 0 ? uri.Port : TcpTransportSettings.DefaultPort;
        _server = PeerText.Escape(uri.Host) + ":" + _port.ToString(CultureInfo.InvariantCulture);
        _speaksOldStyle = settings.Style == TcpMessageStyle.Rfc2510;
        _pool = new TcpConnectionPool(settings.MaxConnections);
    }

    /// <inheritdoc/>
    public Task<TransportReply> ExchangeAsync(TransportRequest request, CancellationToken cancellationToken) => AskAsync(TcpQuestion.Of(request), cancellationToken);

    /// <inheritdoc/>
    public async Task<TransportReply> CollectAsync(string ticket, CancellationToken cancellationToken)
    {
        if (!TcpTicket.TryParse(ticket, out TcpTicket asked))
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.UnknownTicket", "'" + PeerText.Escape(ticket, 100) + "' is no ticket for an answer in TCP-Messages.");
        // who gave a reference in the old style speaks it
        if (_settings.Style is null && asked.Style == TcpMessageStyle.Rfc2510)
            _speaksOldStyle = true;
        return await AskAsync(TcpQuestion.Poll(asked, _owners.TryGetValue(asked, out string? owner) ? owner : null), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public string TicketOf(PollingReference reference) => new TcpTicket(_speaksOldStyle ? TcpMessageStyle.Rfc2510 : TcpMessageStyle.Version10, reference).ToString();

    /// <summary>Closes all connections; exchanges that are under way fail.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        _pool.Dispose();
    }

    private async Task<TransportReply> AskAsync(TcpQuestion question, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        timer.CancelAfter(_settings.ExchangeTimeout);
        TcpConnection? connection = null;
        try
        {
            await _pool.EnterAsync(timer.Token).ConfigureAwait(false);
            try
            {
                TcpMessageStyle style = question.Ticket?.Style ?? (_speaksOldStyle ? TcpMessageStyle.Rfc2510 : TcpMessageStyle.Version10);
                bool mustBeFresh = false;
                while (true)
                {
                    connection ??= await TakeAsync(question, mustBeFresh, timer.Token).ConfigureAwait(false);
                    TcpMessage answer;
                    try
                    {
                        answer = await connection.AskAsync(question.In(style, _settings.KeepAlive == KeepAliveMode.No), _settings.MaxResponseBytes, timer.Token).ConfigureAwait(false);
                    }
                    catch (Exception e) when (IsBreak(e) && question.IsRepeatable && !mustBeFresh && connection.HasServed && !connection.HasHeard && !timer.IsCancellationRequested)
                    {
                        // rule 53: the server closed a kept connection while this was on its way
                        connection.Dispose();
                        connection = null;
                        mustBeFresh = true;
                        continue;
                    }
                    if (style == TcpMessageStyle.Version10 && MayFallBack(question, answer))
                    {
                        // transport-protocols-06 3.2.2: the same question, on the same connection; where the server has closed that, on another one
                        style = TcpMessageStyle.Rfc2510;
                        if (!connection.IsQuiet)
                        {
                            connection.Dispose();
                            connection = null;
                            mustBeFresh = true;
                        }
                        continue;
                    }
                    return Read(question, style, answer, ref connection);
                }
            }
            finally
            {
                // what was not returned is of no use any more
                connection?.Dispose();
                _pool.Leave();
            }
        }
        catch (Exception e) when (IsBreak(e) || e is OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (timer.IsCancellationRequested && !_closing.IsCancellationRequested)
                throw ConnectionFailure.Timeout(_server, _settings.ExchangeTimeout, e);
            throw ConnectionFailure.Broken(_server, connection?.HasHeard == true, e);
        }
    }

    /// <summary>A connection to ask on: one that is kept, or a new one.</summary>
    private async Task<TcpConnection> TakeAsync(TcpQuestion question, bool mustBeFresh, CancellationToken cancellationToken)
    {
        bool isRequired = _settings.KeepAlive == KeepAliveMode.Require;
        bool isBound = isRequired && question.Continues;
        TcpConnection? kept = isRequired && question.Owner is { } owner && (isBound || !mustBeFresh) ? _pool.TakeOf(owner) : null;
        if (!isBound && !mustBeFresh)
            kept ??= _pool.Take();
        if (kept is not null)
            return kept;
        if (isBound)
            throw NotKept();
        _pool.MakeRoom();
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(_settings.ConnectTimeout);
        try
        {
            return await TcpConnection.OpenAsync(_host, _port, timer.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw ConnectionFailure.ConnectTimeout(_server, _settings.ConnectTimeout, e);
        }
        catch (SocketException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw ConnectionFailure.Unreached(_server, e);
        }
    }

    /// <summary>Whether the server says, in the old style, that it does not understand a message; what it says of a reference is about the reference.</summary>
    private bool MayFallBack(TcpQuestion question, TcpMessage answer) =>
        _settings.Style is null && question.Ticket is null && answer is { Style: TcpMessageStyle.Rfc2510, Type: TcpMessageType.ErrorMsgRep };

    private TransportReply Read(TcpQuestion question, TcpMessageStyle style, TcpMessage answer, ref TcpConnection? connection)
    {
        bool isError = answer.Type == TcpMessageType.ErrorMsgRep;
        // who answers in version 10 speaks it, and who does not understand the old style need not speak it, whoever it was that spoke for the server before
        if (_settings.Style is null && (answer.Style == TcpMessageStyle.Version10 || (isError && question.Ticket is null)))
            _speaksOldStyle = false;
        if (answer.Style != style && !(isError && (question.Ticket is not null || answer.Style == TcpMessageStyle.Version10)))
        {
            throw new CmpException(CmpErrorKind.Protocol, "CmpTcp.WrongStyle",
                "The server " + _server + " was asked in " + Name(style) + " and answered in " + Name(answer.Style)
                + (isError ? ": " + TcpErrorMessage.ReadText(answer.Value.Span) : "."))
            {
                RecommendedAction = _settings.Style is null ? "Name the style that the server speaks: -TcpStyle " + answer.Style + "." : "Leave -TcpStyle out, or name the other one.",
            };
        }
        TransportReply reply = TcpAnswer.Read(answer, question.Ticket, _server, _settings.MaxResponseBytes, _settings.Clock());
        if (_settings.Style is null)
            _speaksOldStyle = style == TcpMessageStyle.Rfc2510;
        bool isRequired = _settings.KeepAlive == KeepAliveMode.Require;
        if (isRequired && answer.Closes && reply is TransportReply.Octets && !question.IsLast)
            throw NotKept();
        if (isRequired)
            FollowTicket(question, reply);
        // the old style does not say who closes, so nobody can rely on it that the other one does not
        if (answer.Closes || !(isRequired || (_settings.KeepAlive == KeepAliveMode.Prefer && answer.Style == TcpMessageStyle.Version10)))
            return reply;
        connection!.Owner = isRequired && reply is not TransportReply.Nothing && !question.IsLast ? question.Owner : null;
        _pool.Return(connection);
        connection = null;
        return reply;
    }

    /// <summary>The transaction of a ticket is known as long as it is waited for here: by that what comes of it stays on its connection.</summary>
    private void FollowTicket(TcpQuestion question, TransportReply reply)
    {
        if (question.Ticket is { } asked)
            _owners.TryRemove(asked, out _);
        TransportReply.NotYet? later = reply as TransportReply.NotYet ?? (reply as TransportReply.Octets)?.Next;
        if (question.Owner is { } owner && later is not null && TcpTicket.TryParse(later.Ticket, out TcpTicket ticket))
            _owners[ticket] = owner;
    }

    private static CmpException NotKept() =>
        new(CmpErrorKind.Protocol, "CmpTcp.NotKept", "The server does not keep the connection for the rest of the transaction, which is required of it.")
        {
            RecommendedAction = "Where the server can go on over another connection, use -KeepAlive Prefer.",
        };

    private static string Name(TcpMessageStyle style) => style == TcpMessageStyle.Version10 ? "version 10 of TCP-Messages" : "the style of RFC 2510";

    private static bool IsBreak(Exception e) => e is IOException or SocketException or ObjectDisposedException;
}
