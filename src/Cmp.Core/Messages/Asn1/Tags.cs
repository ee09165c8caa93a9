using System.Formats.Asn1;

namespace Cmp.Messages.Asn1;

/// <summary>The tags that the structures of CMP and CRMF use.</summary>
public static class Tags
{
    private static readonly Asn1Tag[] ConstructedTags = Make(isConstructed: true);
    private static readonly Asn1Tag[] PrimitiveTags = Make(isConstructed: false);

    /// <summary>The tag of a UTF8String.</summary>
    public static Asn1Tag Utf8String { get; } = new(UniversalTagNumber.UTF8String);

    /// <summary>Context tag <c>[number]</c> around or in place of a constructed value.</summary>
    /// <param name="number">Its number.</param>
    /// <returns>The tag.</returns>
    public static Asn1Tag Constructed(int number) =>
        number < ConstructedTags.Length ? ConstructedTags[number] : new Asn1Tag(TagClass.ContextSpecific, number, isConstructed: true);

    /// <summary>Context tag <c>[number]</c> in place of a primitive value.</summary>
    /// <param name="number">Its number.</param>
    /// <returns>The tag.</returns>
    public static Asn1Tag Primitive(int number) => PrimitiveTags[number];

    /// <summary>A tag as ASN.1 writes it: <c>SEQUENCE</c>, <c>[3]</c>.</summary>
    /// <param name="tag">The tag.</param>
    /// <returns>Its name.</returns>
    public static string NameOf(Asn1Tag tag) => tag.TagClass switch
    {
        TagClass.ContextSpecific => $"[{tag.TagValue}]",
        TagClass.Universal => (UniversalTagNumber)tag.TagValue switch
        {
            UniversalTagNumber.Boolean => "BOOLEAN",
            UniversalTagNumber.Integer => "INTEGER",
            UniversalTagNumber.BitString => "BIT STRING",
            UniversalTagNumber.OctetString => "OCTET STRING",
            UniversalTagNumber.Null => "NULL",
            UniversalTagNumber.ObjectIdentifier => "OBJECT IDENTIFIER",
            UniversalTagNumber.Enumerated => "ENUMERATED",
            UniversalTagNumber.Sequence => "SEQUENCE",
            UniversalTagNumber.Set => "SET",
            UniversalTagNumber other => other.ToString(),
        },
        _ => $"[{tag.TagClass.ToString().ToUpperInvariant()} {tag.TagValue}]",
    };

    private static Asn1Tag[] Make(bool isConstructed)
    {
        var tags = new Asn1Tag[31];
        for (int i = 0; i < tags.Length; i++)
            tags[i] = new Asn1Tag(TagClass.ContextSpecific, i, isConstructed);
        return tags;
    }
}
