using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;

namespace Cmp.Transactions;

/// <summary>Sends several messages in one, and takes their answers out of its answer. The messages may be anybody's: ours is what is around them only.</summary>
/// <remarks>
/// RFC 9483 5.2.2.2 and 3.6.3, RFC 9810 5.1.3.5. The batch has a transactionID and nonces of its own. Each answer is known by its transactionID and by the nonce of its
/// message; what is nobody's, or comes twice, is dropped.
/// </remarks>
public sealed class BatchTransaction : RequestTransaction
{
    /// <summary>Messages of one batch.</summary>
    public const int MaxMessages = 1000;

    private readonly Dictionary<string, int> _places = [];
    private readonly PkiMessage?[] _answers;

    /// <summary>Prepares a batch.</summary>
    /// <param name="settings">Who speaks to whom, and how.</param>
    /// <param name="messages">The messages, each with the octets that it came in.</param>
    /// <exception cref="CmpException"><c>CmpArgument.Forwarding</c>: there are too many, or none, one is nothing that is sent to a CA, or two have the same transactionID.</exception>
    public BatchTransaction(TransactionSettings settings, IReadOnlyList<PkiMessage> messages)
        : base(settings, new NestedMessageContent(messages), PkiBodyType.Nested)
    {
        if (messages.Count is 0 or > MaxMessages)
            throw Refused($"A batch holds 1 to {MaxMessages} messages.");
        for (int i = 0; i < messages.Count; i++)
        {
            Forwarder.EnsureForwardable(messages[i]);
            string name = NameOf(messages[i]);
            if (_places.ContainsKey(name))
                throw Refused($"Two messages of the batch have the transactionID {name}: their answers could not be told apart.");
            _places.Add(name, i);
        }
        Messages = messages;
        _answers = new PkiMessage?[messages.Count];
    }

    /// <summary>The messages.</summary>
    public IReadOnlyList<PkiMessage> Messages { get; }

    /// <summary>The answer to each, in their order, over the octets that arrived; <see langword="null"/> where there is none, which counts as systemUnavail.</summary>
    public IReadOnlyList<PkiMessage?> Answers => _answers;

    private protected override HeaderNames Names => new(null, null);

    /// <summary>What is within is vouched for by the answer as a whole.</summary>
    private protected override IReadOnlyList<Certificate> Concerned(PkiMessage answer) => answer.Body is NestedMessageContent nested ? [.. nested.Messages.Take(MaxMessages).SelectMany(Forwarder.Brought)] : [];

    private protected override bool IsLate(PkiBody answer) => false;

    private protected override void Take(PkiMessage answer, bool isAuthenticated)
    {
        int told = 0;
        foreach (PkiMessage message in ((NestedMessageContent)answer.Body).Messages)
        {
            if (Drop(message) is not { } why)
                continue;
            if (told++ < Settings.Trust.Limits.MaxTexts)
                Warn($"The server sent {PkiBodyTypeNames.Of(message.Body.Type)} in answer to the batch, {why}: it is dropped.");
        }
        if (told > Settings.Trust.Limits.MaxTexts)
            Warn($"The server sent {told - Settings.Trust.Limits.MaxTexts} more messages in answer to the batch that answer none of it: they are dropped.");
    }

    /// <summary>Puts an answer in its place.</summary>
    /// <returns>Why it has none; <see langword="null"/>: it has.</returns>
    private string? Drop(PkiMessage message)
    {
        if (message.Header.TransactionId is null || !_places.TryGetValue(NameOf(message), out int place))
            return "of a transaction that is not in it";
        if (_answers[place] is not null)
            return $"a second one of the transaction {NameOf(message)}";
        if (Forwarder.Misfit(Messages[place], message) is { } misfit)
            return $"which is no answer to what is in it ({misfit.ErrorId})";
        _answers[place] = message;
        return null;
    }

    private static string NameOf(PkiMessage message) => Hex.Of(message.Header.TransactionId!.Value.Span);

    private static CmpException Refused(string message) => new(CmpErrorKind.Argument, "CmpArgument.Forwarding", message)
    {
        RecommendedAction = "Send them in several batches.",
    };
}
