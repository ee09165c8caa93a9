using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;

namespace Cmp.TestServer;

/// <summary>A request whose answer waits until its requester has said which numbers were encrypted for his keys (RFC 9810 5.2.8.3.3).</summary>
/// <param name="Request">The request, which may hold secrets: a registration token.</param>
/// <param name="Digests">SHA-256 of the number by certReqId, in the order of the challenges.</param>
/// <param name="Deadline">Until when.</param>
internal sealed record HeldChallenge(PkiMessage Request, IReadOnlyList<KeyValuePair<int, ReadOnlyMemory<byte>>> Digests, DateTimeOffset Deadline)
{
    /// <summary>Holds a request.</summary>
    /// <param name="request">It.</param>
    /// <param name="numbers">The numbers by certReqId, in the order of the challenges.</param>
    /// <param name="deadline">Until when.</param>
    internal static HeldChallenge Of(PkiMessage request, IEnumerable<KeyValuePair<int, BigInteger>> numbers, DateTimeOffset deadline) =>
        new(request, numbers.Select(pair => new KeyValuePair<int, ReadOnlyMemory<byte>>(pair.Key, Digest(pair.Value))).ToList(), deadline);

    /// <summary>The requests whose number was said. Each number counts by itself, and none where there are more or fewer than challenges: nothing says which is which.</summary>
    internal ISet<int> Check(IReadOnlyList<BigInteger> numbers)
    {
        var right = new HashSet<int>();
        for (int i = 0; i < Digests.Count && numbers.Count == Digests.Count; i++)
        {
            if (Secrets.FixedTimeEquals(Digest(numbers[i]), Digests[i].Value.Span))
                right.Add(Digests[i].Key);
        }
        return right;
    }

    private static byte[] Digest(BigInteger number) => Cryptography.Digests.Compute(Oids.Sha256, number.ToByteArray());
}
