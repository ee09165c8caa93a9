using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Numerics;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Bodies;

/// <summary>The numbers that the challenges hid: the body of popdecr.</summary>
/// <param name="Numbers">One a challenge, in their order.</param>
/// <remarks>RFC 9810 5.2.8.3.3: <code>POPODecKeyRespContent ::= SEQUENCE OF INTEGER</code></remarks>
public sealed record PopoDecKeyRespContent(IReadOnlyList<BigInteger> Numbers) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.Popdecr;

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            foreach (BigInteger number in Numbers)
                writer.WriteInteger(number);
        }
    }

    internal static PopoDecKeyRespContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded) =>
        new(reader.ReadList((ref Asn1Reader r) => r.ReadInteger(maxOctets: Rand.MaxNumberBytes))) { Encoded = encoded };
}
