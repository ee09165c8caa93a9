using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Bodies;

/// <summary>Challenges to those who cannot sign: the body of popdecc.</summary>
/// <param name="Challenges">One entry a request that asked for one, in their order.</param>
/// <remarks>RFC 9810 5.2.8.3.3: <code>POPODecKeyChallContent ::= SEQUENCE OF Challenge</code></remarks>
public sealed record PopoDecKeyChallContent(IReadOnlyList<Challenge> Challenges) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.Popdecc;

    /// <inheritdoc/>
    public override bool NeedsPvno3 => Challenges.Any(challenge => challenge.EncryptedRand is not null);

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer) => writer.WriteList(Challenges);

    internal static PopoDecKeyChallContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded) =>
        new(reader.ReadList(Challenge.Read)) { Encoded = encoded };
}
