using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using Cmp.Inspection.Captures;
using Cmp.Messages;
using Cmp.Messages.Asn1;

namespace Cmp.Inspection;

/// <summary>
/// Puts together what belongs together: messages by their transactionID, client and server, and what the road says by its connection. A conversation is
/// given back when it has ended, so that however long a capture is not much of it is remembered.
/// </summary>
public sealed class ConversationCollector
{
    private static readonly TimeSpan ScanEvery = TimeSpan.FromSeconds(1);

    private readonly ConversationBounds _bounds;
    private readonly Dictionary<string, Open> _byTransaction = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Open> _byConnection = new(StringComparer.Ordinal);

    // who was silent longest comes first
    private readonly LinkedList<Open> _open = new();
    private long _began;
    private long _octets;
    private DateTimeOffset? _now;
    private DateTimeOffset _nextScan;

    /// <summary>Makes one.</summary>
    /// <param name="bounds">How much is remembered; <see langword="null"/>: the default.</param>
    public ConversationCollector(ConversationBounds? bounds = null) => _bounds = bounds ?? ConversationBounds.Default;

    /// <summary>Takes a message.</summary>
    /// <param name="message">It; where it stands in a capture or a trace is known to itself.</param>
    /// <returns>The conversations that have ended by now.</returns>
    public IReadOnlyList<CmpConversation> Add(CmpMessage message) => Add(new ConversationEvent(message.Conversation ?? new ConversationPlace(), message), null, null);

    /// <summary>Takes what a capture holds.</summary>
    /// <param name="item">It.</param>
    /// <param name="message">Its message (<see cref="CmpMessage.Read(CapturedItem, InspectionOptions?, string?)"/>); <see langword="null"/> where the road alone says something.</param>
    /// <returns>The conversations that have ended by now.</returns>
    public IReadOnlyList<CmpConversation> Add(CapturedItem item, CmpMessage? message) =>
        Add(new ConversationEvent(message?.Conversation ?? ConversationPlace.Of(item, null), message), item.Client, item.Server);

    /// <summary>Nothing more comes.</summary>
    /// <returns>The conversations that are left, in the order of their beginnings.</returns>
    public IReadOnlyList<CmpConversation> End()
    {
        List<CmpConversation> ended = [];
        foreach (Open open in _open.OrderBy(open => open.Number).ToArray())
            ended.Add(Close(open, null));
        return ended;
    }

    private static string ConnectionOf(IPEndPoint client, IPEndPoint server) => $"{client} {server}";

    private static string PairOf(IPEndPoint? client, IPEndPoint? server) => client is null ? string.Empty : $"{client.Address} {server}";

    /// <summary>Whoever made the capture may have dated it at the end of time.</summary>
    private static DateTimeOffset? Later(DateTimeOffset? time, TimeSpan wait) => time is not { } from ? null : DateTimeOffset.MaxValue - from < wait ? DateTimeOffset.MaxValue : from + wait;

    private IReadOnlyList<CmpConversation> Add(ConversationEvent said, IPEndPoint? client, IPEndPoint? server)
    {
        List<CmpConversation> ended = [];
        if (said.Place.Time is { } time && !(time < _now))
            Scan(time, ended);
        string pair = PairOf(client, server);
        string? connection = client is null ? null : ConnectionOf(client, server!);
        string? transaction = said.Message?.Header.TransactionId is { Length: > 0 } id ? $"{id} {pair}" : null;
        Open open = Find(said, transaction, connection, pair, ended) ?? Begin(transaction, pair);
        Take(open, said, connection);
        while (_open.Count > _bounds.MaxConversations || (_octets > _bounds.MaxOctets && _open.Count > 1))
            ended.Add(Close(_open.First!.Value, "More conversations were open than are remembered, so this one is told as far as it went."));
        return ended;
    }

    /// <summary>The conversation that goes on with this; <see langword="null"/> where it begins another one.</summary>
    private Open? Find(ConversationEvent said, string? transaction, string? connection, string pair, List<CmpConversation> ended)
    {
        Open? found = null;
        if (transaction is not null && _byTransaction.TryGetValue(transaction, out Open? same))
            found = same;
        // an answer belongs to what was asked on its connection, whatever transaction it names
        else if (connection is not null && (said.Message is null || !said.IsRequest || (transaction is null && said.IsFollowing)) && _byConnection.TryGetValue(connection, out Open? connected))
            found = connected;
        else if (said.Message is null && said.IsRequest && said.Reference is { } reference)
            found = _open.LastOrDefault(open => open.Pair == pair && open.Reference == reference);
        // messages without a name that nobody heard travelling: an answer belongs to the last of them
        else if (connection is null && transaction is null && (!said.IsRequest || said.IsFollowing))
            found = _open.LastOrDefault(open => open.Transaction is null && open.Pair.Length == 0);
        if (found?.Events.Count >= _bounds.MaxEvents)
        {
            ended.Add(Close(found, "It has more events than are remembered at once: what follows is told apart."));
            return null;
        }
        return found;
    }

    private Open Begin(string? transaction, string pair)
    {
        var open = new Open(transaction, pair, _began++);
        open.Node = _open.AddLast(open);
        if (transaction is not null)
            _byTransaction[transaction] = open;
        return open;
    }

    private void Take(Open open, ConversationEvent said, string? connection)
    {
        open.Events.Add(said);
        open.Octets += said.Message?.Length ?? 0;
        _octets += said.Message?.Length ?? 0;
        open.Reference = said.Reference ?? open.Reference;
        open.HasEnded = IsLast(said) || (open.HasEnded && !said.IsRequest);
        open.Deadline = Later(_now, open.HasEnded ? _bounds.Linger : _bounds.MaxIdle + said.CheckAfter);
        _open.Remove(open.Node!);
        _open.AddLast(open.Node!);
        if (connection is null)
            return;
        if (_byConnection.TryGetValue(connection, out Open? other) && other != open)
            other.Connections.Remove(connection);
        _byConnection[connection] = open;
        open.Connections.Add(connection);
    }

    /// <summary>Whether nothing more is to be expected after this.</summary>
    private static bool IsLast(ConversationEvent said)
    {
        if (said.IsFinished)
            return true;
        if (said.IsRequest || said.Message is not { } message)
            return false;
        switch (message.Type)
        {
            case PkiBodyType.Pkiconf or PkiBodyType.Error or PkiBodyType.Genp:
                return true;
            case PkiBodyType.Rp or PkiBodyType.Krp:
                return message.Body.Status != PkiStatus.Waiting;
            case PkiBodyType.Ip or PkiBodyType.Cp or PkiBodyType.Kup or PkiBodyType.Ccp:
                return message.Body.Status == PkiStatus.Rejection
                    || (message.Body.Status != PkiStatus.Waiting && message.Header.GeneralInfo.Any(item => item.Oid == Oids.ImplicitConfirm));
            default:
                return false;
        }
    }

    /// <summary>Ends what was silent for too long.</summary>
    private void Scan(DateTimeOffset now, List<CmpConversation> ended)
    {
        _now = now;
        if (now < _nextScan)
            return;
        _nextScan = Later(now, ScanEvery)!.Value;
        foreach (Open open in _open.Where(open => open.Deadline < now).OrderBy(open => open.Number).ToArray())
            ended.Add(Close(open, null));
    }

    private CmpConversation Close(Open open, string? note)
    {
        _open.Remove(open.Node!);
        _octets -= open.Octets;
        if (open.Transaction is not null)
            _byTransaction.Remove(open.Transaction);
        foreach (string connection in open.Connections)
            _byConnection.Remove(connection);
        return new CmpConversation(open.Events, note);
    }

    private sealed class Open(string? transaction, string pair, long number)
    {
        internal string? Transaction { get; } = transaction;

        internal string Pair { get; } = pair;

        internal long Number { get; } = number;

        internal List<ConversationEvent> Events { get; } = [];

        internal HashSet<string> Connections { get; } = new(StringComparer.Ordinal);

        internal LinkedListNode<Open>? Node { get; set; }

        internal string? Reference { get; set; }

        internal long Octets { get; set; }

        internal bool HasEnded { get; set; }

        internal DateTimeOffset? Deadline { get; set; }
    }
}
