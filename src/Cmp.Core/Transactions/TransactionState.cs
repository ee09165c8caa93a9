using System;
using System.Collections.Generic;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Transactions;

/// <summary>
/// All that another process needs to go on with a transaction: what was said last, the nonces, who vouched for the answers. No secret is in it,
/// but for a registration token or an authenticator in <see cref="Request"/>.
/// </summary>
/// <remarks>RFC 9810 5.1.1 (transactionID, nonces), RFC 9483 4.4 (delayed delivery over days).</remarks>
public sealed record TransactionState
{
    /// <summary>How far it is.</summary>
    public required TransactionPhase Phase { get; init; }

    /// <summary>The first message, whole.</summary>
    public required ReadOnlyMemory<byte> Request { get; init; }

    /// <summary>The last message of ours, whole; the first one where there was no other.</summary>
    public required ReadOnlyMemory<byte> LastMessage { get; init; }

    /// <summary>Which message of ours that was, from 1; <see langword="null"/>: nobody counted.</summary>
    public int? MessageNumber { get; init; }

    /// <summary>The KemCiphertextInfo that the server made for our key, or <see langword="null"/>; only our key opens it.</summary>
    public ReadOnlyMemory<byte>? KemCiphertext { get; init; }

    /// <summary>The last senderNonce of the peer, or <see langword="null"/>.</summary>
    public ReadOnlyMemory<byte>? PeerNonce { get; init; }

    /// <summary>Who sent the last answer, or <see langword="null"/>.</summary>
    public GeneralName? Peer { get; init; }

    /// <summary>The nonce of the message whose answer is delayed, or <see langword="null"/> (rule 26).</summary>
    public ReadOnlyMemory<byte>? DelayedNonce { get; init; }

    /// <summary>The nonce of the message that answered a challenge; <see langword="null"/> where there was none.</summary>
    public ReadOnlyMemory<byte>? ProofNonce { get; init; }

    /// <summary>The certReqIds that are polled for, -1 being the answer as a whole; empty where nothing waits.</summary>
    public IReadOnlyList<int> PollIds { get; init; } = [];

    /// <summary>How the answers so far are protected; <see langword="null"/> before the first.</summary>
    public ProtectionKind? AnswerProtection { get; init; }

    /// <summary>Who signed them, or <see langword="null"/>.</summary>
    public ValidatedSigner? Signer { get; init; }

    /// <summary>Certificates that came in extraCerts.</summary>
    public IReadOnlyList<Certificate> SeenCertificates { get; init; } = [];

    /// <summary>The answers that brought certificates or refused them, whole, in their order.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Answers { get; init; } = [];

    /// <summary>How far each request is, in the order of the message.</summary>
    public IReadOnlyList<RequestState> Requests { get; init; } = [];
}
