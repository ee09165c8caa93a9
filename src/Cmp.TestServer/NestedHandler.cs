using System;
using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;

namespace Cmp.TestServer;

/// <summary>Takes messages out of messages (RFC 9810 5.1.3.5, RFC 9483 5.2.2): one to which a registration authority has added its protection, and batches.</summary>
/// <remarks>
/// What is around one message of the same transaction says that a registration authority approves of it; the answer goes to who made the message within, and is not wrapped.
/// What is around others is a batch: it says nothing of them, has a transaction of its own, and is answered by a batch. In either case each message within is
/// answered by itself, as if it had come alone: its protection, its transaction, its refusal.
/// </remarks>
/// <param name="respond">Answers a message; octets of length 0 where nothing is to be said.</param>
internal sealed class NestedHandler(Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> respond) : IRequestHandler
{
    /// <summary>Messages within one, however deep, that are looked at.</summary>
    internal const int MaxMessages = 1000;

    /// <summary>Levels of messages around others: a batch of approved ones, and no more.</summary>
    internal const int MaxLevels = 2;

    /// <summary>Refuses what is too much, before anything is verified.</summary>
    /// <exception cref="RefusalException">badRequest.</exception>
    internal static void CheckSize(NestedMessageContent nested)
    {
        int messages = 0;
        Count(nested, 1, ref messages);
    }

    /// <summary>Whether it adds protection to one message: that has the same transactionID (RFC 9483 5.2.2.1).</summary>
    internal static bool IsApproval(PkiMessage message) => message.Body is NestedMessageContent { Messages: [var only] } && IsSame(only.Header.TransactionId, message.Header.TransactionId);

    /// <summary>Answers the message that a registration authority approves of.</summary>
    /// <returns>The answer's octets, for who made that message.</returns>
    /// <exception cref="RefusalException">notAuthorized: nobody else may approve; badSenderNonce.</exception>
    internal ReadOnlyMemory<byte> Forward(PkiMessage approval, Requester requester)
    {
        if (!requester.IsRegistrationAuthority)
            throw new RefusalException(FailInfo.NotAuthorized, "Protection is added by a registration authority only.");
        PkiMessage approved = ((NestedMessageContent)approval.Body).Messages[0];
        // an approval says which message of the transaction it is for
        if (!IsSame(approved.Header.SenderNonce, approval.Header.SenderNonce))
            throw new RefusalException(FailInfo.BadSenderNonce, "The senderNonce is not that of the message within (RFC 9483 5.2.2.1).");
        return respond(approved.Encoded);
    }

    /// <summary>Answers each message of a batch. No transaction is locked meanwhile: those within lock their own.</summary>
    /// <returns>What answers the batch.</returns>
    internal IRequestHandler Unbundle(NestedMessageContent batch)
    {
        var answers = new List<PkiMessage>(batch.Messages.Count);
        foreach (PkiMessage message in batch.Messages)
        {
            if (respond(message.Encoded) is { IsEmpty: false } answer)
                answers.Add(PkiMessage.Decode(answer));
        }
        return new Answered(this, answers);
    }

    /// <summary>What comes again was answered before.</summary>
    public PkiBody Answer(PkiMessage request, ServerTransaction transaction, DateTimeOffset now) => throw new InvalidOperationException("A batch is unbundled before its transaction begins.");

    /// <summary>RFC 9483 3.6.3: what is wrong with a batch is said of it, not of what is in it.</summary>
    public PkiBody Refuse(PkiBody request, PkiStatusInfo status) => new ErrorMsgContent(status);

    public PkiBody? Waiting(PkiBody answer) => null;

    private static void Count(NestedMessageContent nested, int level, ref int messages)
    {
        if (level > MaxLevels)
            throw new RefusalException(FailInfo.BadRequest, $"Messages are nested here in {MaxLevels} levels at most.");
        messages += nested.Messages.Count;
        if (messages > MaxMessages)
            throw new RefusalException(FailInfo.BadRequest, $"At most {MaxMessages} messages within one are taken here.");
        foreach (PkiMessage message in nested.Messages)
        {
            if (message.Body is NestedMessageContent inner)
                Count(inner, level + 1, ref messages);
        }
    }

    private static bool IsSame(ReadOnlyMemory<byte>? left, ReadOnlyMemory<byte>? right) => left is { } mine && right is { } theirs && mine.Span.SequenceEqual(theirs.Span);

    /// <summary>A batch whose messages are answered.</summary>
    private sealed class Answered(NestedHandler handler, IReadOnlyList<PkiMessage> answers) : IRequestHandler
    {
        public PkiBody Answer(PkiMessage request, ServerTransaction transaction, DateTimeOffset now) => answers.Count > 0 ? new NestedMessageContent(answers)
            : throw new RefusalException(FailInfo.BadRequest, "Nothing in the batch has an answer.");

        public PkiBody Refuse(PkiBody request, PkiStatusInfo status) => handler.Refuse(request, status);

        public PkiBody? Waiting(PkiBody answer) => handler.Waiting(answer);
    }
}
