using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Rules;

namespace Cmp.Messages.Bodies;

/// <summary>Ends a transaction.</summary>
/// <remarks>
/// RFC 9810 5.3.17: <code>PKIConfirmContent ::= NULL</code>
/// What stands in its place says nothing: cryptlib sends a SEQUENCE of a NULL. Another value than NULL is a finding.
/// </remarks>
public sealed record PkiConfirmContent : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.Pkiconf;

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer) => writer.WriteNull();

    internal static PkiConfirmContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded)
    {
        if (reader.IsNext(Asn1Tag.Null))
        {
            reader.ReadNull();
        }
        else
        {
            ReadOnlyMemory<byte> content = reader.ReadEncoded();
            reader.Find(MessageRules.PkiconfValue, "A pkiconf holds another value than NULL.", content);
        }
        return new PkiConfirmContent { Encoded = encoded };
    }
}
