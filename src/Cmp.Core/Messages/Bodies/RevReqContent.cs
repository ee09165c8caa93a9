using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Bodies;

/// <summary>Asks to revoke certificates, or to lift their hold: the body of rr.</summary>
/// <param name="Details">One entry a certificate; RFC 9483 4.2 wants exactly one.</param>
/// <remarks>RFC 9810 5.3.9: <code>RevReqContent ::= SEQUENCE OF RevDetails</code></remarks>
public sealed record RevReqContent(IReadOnlyList<RevDetails> Details) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.Rr;

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer) => writer.WriteList(Details);

    internal static RevReqContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded) =>
        new(reader.ReadList(RevDetails.Read)) { Encoded = encoded };
}
