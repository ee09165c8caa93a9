using System;
using System.Collections.Generic;
using Cmp.Messages;
using Cmp.Messages.Bodies;

namespace Cmp.TestServer;

/// <summary>Where a transaction stands, seen from the server. It is used under its own lock.</summary>
/// <remarks>
/// <code>
/// request --> Challenged (popdecr awaited) --> Waiting (polled for) --> Confirming (certConf awaited) --> Ended
///        \----------------------------------/-----------------------/                            /
///         \--------------------------------/----------------------------------------------------/
/// </code>
/// A certConf may be delayed too, and of several requests some may wait when the others have ended: then Waiting comes again. What ended is remembered for a while: nobody is to begin it anew, and who missed the end asks again.
/// </remarks>
/// <param name="id">The transactionID.</param>
/// <param name="number">Its place in the order of their beginnings.</param>
/// <param name="requester">Who began it.</param>
/// <param name="request">The body that began it.</param>
/// <param name="first">The message that begins it.</param>
internal sealed class ServerTransaction(ReadOnlyMemory<byte> id, long number, Requester requester, PkiBodyType request, MessageMark first)
{
    private static readonly TimeSpan MaxSilence = TimeSpan.FromDays(1);

    private HeldChallenge? _challenge;

    internal enum Phase
    {
        Requested,
        Challenged,
        Waiting,
        Confirming,
        Ended,
    }

    internal ReadOnlyMemory<byte> Id { get; } = id;

    internal long Number { get; } = number;

    internal Requester Requester { get; } = requester;

    internal PkiBodyType Request { get; } = request;

    /// <summary>The message that begins it. Of the same message twice at once either may do so.</summary>
    internal MessageMark First { get; } = first;

    /// <summary>The last answer; <see langword="null"/> before the first.</summary>
    internal RememberedAnswer? Last { get; set; }

    internal Phase State { get; set; }

    /// <summary>Whether the request asks for implicit confirmation.</summary>
    internal bool AsksImplicitConfirm { get; set; }

    /// <summary>What was asked for, and the numbers that show who may have it; <see langword="null"/> where no challenge is open.</summary>
    internal HeldChallenge? Challenge
    {
        get => _challenge;
        set
        {
            _challenge = value;
            WasChallenged |= value is not null;
        }
    }

    /// <summary>Whether a challenge was open once.</summary>
    internal bool WasChallenged { get; private set; }

    /// <summary>The answer that is polled for.</summary>
    internal PkiBody? Delayed { get; set; }

    /// <summary>The nonce of the request whose answer is delayed.</summary>
    internal ReadOnlyMemory<byte>? DelayedNonce { get; set; }

    /// <summary>The certReqIds that a pollReq may name; -1 is the answer as a whole.</summary>
    internal IReadOnlyList<int> PollIds { get; set; } = [];

    internal int PollsLeft { get; set; }

    /// <summary>Which requests wait while others of the same message are answered at once.</summary>
    internal HashSet<int> LateIds { get; } = [];

    /// <summary>The answer to those, which is polled for when nothing of the others is to be confirmed any more.</summary>
    internal CertRepMessage? Late { get; set; }

    /// <summary>What was issued with it, by certReqId.</summary>
    internal Dictionary<int, UnconfirmedCertificate> LateCertificates { get; } = [];

    /// <summary>The nonce of the request that <see cref="Late"/> answers.</summary>
    internal ReadOnlyMemory<byte>? LateNonce { get; set; }

    internal DateTimeOffset NextPoll { get; set; }

    /// <summary>What was issued and is not confirmed yet, by certReqId.</summary>
    internal Dictionary<int, UnconfirmedCertificate> Unconfirmed { get; } = [];

    /// <summary>What was issued and delivered, whatever became of it.</summary>
    internal List<RegisteredCertificate> Registered { get; } = [];

    /// <summary>What it does to certificates when its answer leaves, and what it did then.</summary>
    internal List<StatusChange> Changes { get; } = [];

    /// <summary>The certificates that it did it to: what is said of them outlives it.</summary>
    internal List<RegisteredCertificate> Changed { get; } = [];

    /// <summary>Until when a certConf is awaited.</summary>
    internal DateTimeOffset? ConfirmDeadline { get; set; }

    /// <summary>Whether it ended with a certificate that is confirmed.</summary>
    internal bool IsConfirmed { get; set; }

    /// <summary>When it may be forgotten.</summary>
    internal DateTimeOffset KeptUntil { get; set; }

    /// <summary>Whether the table has forgotten it, so that its file must not come back.</summary>
    internal bool IsDropped { get; set; }

    /// <summary>Puts off the time when it may be forgotten: a day after the client was heard, or could be heard at the earliest or at the latest.</summary>
    internal void Keep(DateTimeOffset now)
    {
        DateTimeOffset expected = State == Phase.Waiting && NextPoll > now ? NextPoll : State == Phase.Confirming && ConfirmDeadline > now ? ConfirmDeadline.Value
            : Challenge is { } challenge && challenge.Deadline > now ? challenge.Deadline : now;
        KeptUntil = expected + MaxSilence;
    }
}
