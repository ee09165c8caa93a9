using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Bodies;

/// <summary>What a CA tells: the body of genp.</summary>
/// <param name="Items">What it tells; who does not know an item may ignore it.</param>
/// <remarks>RFC 9810 5.3.20: <code>GenRepContent ::= SEQUENCE OF InfoTypeAndValue</code></remarks>
public sealed record GenRepContent(IReadOnlyList<InfoTypeAndValue> Items) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.Genp;

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer) => writer.WriteList(Items);

    internal static GenRepContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded) =>
        new(reader.ReadList(InfoTypeAndValue.Read)) { Encoded = encoded };
}
