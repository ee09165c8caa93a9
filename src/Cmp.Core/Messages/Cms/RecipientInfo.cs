using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Cms;

/// <summary>How a recipient comes to the key of the content.</summary>
/// <remarks>
/// RFC 5652 6.2, IMPLICIT TAGS:
/// <code>
/// RecipientInfo ::= CHOICE { ktri KeyTransRecipientInfo, kari [1] KeyAgreeRecipientInfo, kekri [2] KEKRecipientInfo, pwri [3] PasswordRecipientInfo,
///   ori [4] OtherRecipientInfo }
/// OtherRecipientInfo ::= SEQUENCE { oriType OBJECT IDENTIFIER, oriValue ANY DEFINED BY oriType }
/// </code>
/// </remarks>
public abstract record RecipientInfo : VersionedStructure
{
    private protected RecipientInfo()
    {
    }

    /// <summary>Whether an EnvelopedData with such a recipient is of version 3 at least (RFC 5652 6.1).</summary>
    internal virtual bool NeedsVersion3 => false;

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The recipient, of its kind.</returns>
    public static RecipientInfo Read(ref Asn1Reader reader)
    {
        if (reader.IsNext(Asn1Tag.Sequence))
            return KeyTransRecipientInfo.Read(ref reader);
        Asn1Tag tag = reader.PeekTag();
        return (tag.TagClass == TagClass.ContextSpecific ? tag.TagValue : -1) switch
        {
            1 => KeyAgreeRecipientInfo.Read(ref reader),
            2 => UnknownRecipientInfo.Read(ref reader),
            3 => PasswordRecipientInfo.Read(ref reader),
            4 => OriType(reader) == Oids.OriKem ? KemRecipientInfo.Read(ref reader) : UnknownRecipientInfo.Read(ref reader),
            _ => throw reader.Malformed($"a RecipientInfo with the tag {Tags.NameOf(tag)}"),
        };
    }

    /// <summary>The oriType of what comes next, without passing it: the reader is a copy.</summary>
    private static string OriType(Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadConstructed(Tags.Constructed(4));
        return inner.ReadOid();
    }
}
