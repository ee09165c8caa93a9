using System;
using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;

namespace Cmp.TestServer;

/// <summary>The last answer of a transaction, kept for a client that sends his message again because it never reached him.</summary>
/// <param name="To">The message that it answers.</param>
/// <param name="Body">What it says.</param>
/// <param name="Nonce">Its senderNonce, which stays: the client's next message repeats it.</param>
/// <param name="RecipNonce">Its recipNonce where that is not the nonce of the message that it answers.</param>
/// <param name="Info">Its generalInfo.</param>
internal sealed record RememberedAnswer(MessageMark To, PkiBody Body, ReadOnlyMemory<byte> Nonce, ReadOnlyMemory<byte>? RecipNonce, IReadOnlyList<InfoTypeAndValue> Info);

/// <summary>What tells a message from the others of its transaction: its nonce, which each new message has a new one of (RFC 9810 5.1.1), and its body.</summary>
/// <param name="Nonce">Its senderNonce.</param>
/// <param name="BodyDigest">SHA-256 of its body.</param>
/// <remarks>messageTime, recipNonce and protection do not count: who sends a stored message again makes them anew (rule 50).</remarks>
internal sealed record MessageMark(ReadOnlyMemory<byte> Nonce, ReadOnlyMemory<byte> BodyDigest)
{
    // copies: a slice would keep the whole message
    internal static MessageMark Of(PkiMessage message) => new(message.Header.SenderNonce!.Value.ToArray(), Digests.Compute(Oids.Sha256, message.Body.Encoded));

    internal bool IsSameAs(MessageMark other) => Nonce.Span.SequenceEqual(other.Nonce.Span) && BodyDigest.Span.SequenceEqual(other.BodyDigest.Span);
}
