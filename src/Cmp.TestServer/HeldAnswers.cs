using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Framing;
using Cmp.Transports;

namespace Cmp.TestServer;

/// <summary>
/// Transport polling (RFC 2510 5.2): answers that are there already, and are given out by reference to who asked for them in vain often enough;
/// and announcements, whose references are told by other ways (draft-ietf-pkix-cmp-tcp-00 2).
/// </summary>
/// <remarks>
/// They are few, in memory only, and each answer is given out once; an announcement is for everybody, nothing acknowledges that it was heard, and so it is given
/// out until there are newer ones in its place. Who finds his reference forgotten, be it by a new server of the same state, says his message
/// again and gets the same answer, which <see cref="Responder"/> remembers, under a new reference. Nothing here is believed or vouched for: a reference is
/// random so that nobody comes upon the answer of another by counting.
/// </remarks>
internal sealed class HeldAnswers
{
    /// <summary>More than this wait at once for nobody: the oldest makes room.</summary>
    internal const int Capacity = 1000;

    /// <summary>The same for announcements, which make no room for answers, nor answers for them.</summary>
    internal const int AnnouncementCapacity = 100;

    /// <summary>A client's clock that runs a little behind does not make its poll an early one.</summary>
    private static readonly TimeSpan PollTolerance = TimeSpan.FromMilliseconds(250);

    private readonly object _lock = new();
    private readonly Dictionary<string, Held> _held = [];
    private readonly int _pollCount;
    private readonly TimeSpan _checkAfter;
    private readonly Func<DateTimeOffset> _clock;
    private long _last;

    /// <summary>Makes an empty one.</summary>
    /// <param name="options">How often and how long who asks is to wait.</param>
    /// <param name="clock">The clock; <see langword="null"/>: this machine's, by which the roads tell a time in seconds from now.</param>
    internal HeldAnswers(TestServerOptions options, Func<DateTimeOffset>? clock = null)
    {
        _pollCount = options.TransportPollCount;
        _checkAfter = TimeSpan.FromSeconds(options.TransportCheckAfter);
        _clock = clock ?? (() => DateTimeOffset.UtcNow);
    }

    /// <summary>Keeps an answer back.</summary>
    /// <param name="answer">What there is to say; where that is nothing, there is nothing to wait for.</param>
    /// <returns>The reference in its place.</returns>
    internal TransportReply Hold(TransportReply answer)
    {
        if (answer is not TransportReply.Octets)
            return answer;
        DateTimeOffset next = _clock() + _checkAfter;
        lock (_lock)
        {
            return new TransportReply.NotYet(Add(answer, next, isForAll: false), next);
        }
    }

    /// <summary>Keeps an announcement, which can be asked for at once.</summary>
    /// <param name="announcement">The octets of the message.</param>
    /// <returns>The reference that it is asked for by.</returns>
    internal string Keep(ReadOnlyMemory<byte> announcement)
    {
        lock (_lock)
            return Add(new TransportReply.Octets(announcement), _clock(), isForAll: true);
    }

    /// <summary>Gives an answer out, and forgets it, or an announcement, or says when to ask again. Who asks before his time is told to wait, and that does not count.</summary>
    /// <param name="reference">What the client names it by.</param>
    /// <returns>The answer, or the same reference.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.UnknownTicket</c>: there is no such reference, or its answer was given out.</exception>
    internal TransportReply Collect(string reference)
    {
        DateTimeOffset now = _clock();
        lock (_lock)
        {
            if (!_held.TryGetValue(reference, out Held? held))
                throw Unknown(reference);
            if (now + PollTolerance < held.Next)
                return new TransportReply.NotYet(reference, held.Next);
            if (held.PollsLeft == 0)
            {
                if (!held.IsForAll)
                    _held.Remove(reference);
                return held.Answer;
            }
            held = held with { PollsLeft = held.PollsLeft - 1, Next = now + _checkAfter };
            _held[reference] = held;
            return new TransportReply.NotYet(reference, held.Next);
        }
    }

    private static CmpException Unknown(string reference) =>
        new(CmpErrorKind.Protocol, "CmpTransport.UnknownTicket", $"Nothing is held under the reference {PeerText.Escape(reference)}.");

    private string Add(TransportReply answer, DateTimeOffset next, bool isForAll)
    {
        List<KeyValuePair<string, Held>> others = [.. _held.Where(pair => pair.Value.IsForAll == isForAll)];
        if (others.Count >= (isForAll ? AnnouncementCapacity : Capacity))
            _held.Remove(others.OrderBy(pair => pair.Value.Number).First().Key);
        string reference = NewReference();
        _held.Add(reference, new Held(++_last, answer, _pollCount, next, isForAll));
        return reference;
    }

    private string NewReference()
    {
        while (true)
        {
            string reference = new PollingReference(BitConverter.ToUInt32(Secrets.Random(sizeof(uint)), 0)).ToString();
            if (!_held.ContainsKey(reference))
                return reference;
        }
    }

    private sealed record Held(long Number, TransportReply Answer, int PollsLeft, DateTimeOffset Next, bool IsForAll);
}
