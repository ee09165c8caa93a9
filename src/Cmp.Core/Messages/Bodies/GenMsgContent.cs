using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Bodies;

/// <summary>Asks a CA for information: the body of genm.</summary>
/// <param name="Items">What is asked for; none asks for everything that the CA wishes to tell (RFC 9810 D.5).</param>
/// <remarks>RFC 9810 5.3.19: <code>GenMsgContent ::= SEQUENCE OF InfoTypeAndValue</code></remarks>
public sealed record GenMsgContent(IReadOnlyList<InfoTypeAndValue> Items) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.Genm;

    /// <inheritdoc/>
    public override bool NeedsPvno3 => Items.Any(item => item.NeedsPvno3);

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer) => writer.WriteList(Items);

    internal static GenMsgContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded) =>
        new(reader.ReadList(InfoTypeAndValue.Read)) { Encoded = encoded };
}
