using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Crmf;

/// <summary>A private key and whose it is: what an encryptedKey or an archived key holds, encrypted. The structure is a secret.</summary>
/// <param name="PrivateKeyInfo">The key as a PrivateKeyInfo or OneAsymmetricKey, whole.</param>
/// <param name="Text">Whose it is, as text: escape it before it is shown; <see langword="null"/> where it is said by a name, or not at all.</param>
/// <param name="Name">Whose it is, as a name; <see langword="null"/> where it is said by a text, or not at all.</param>
/// <remarks>
/// RFC 4211 2.2 and 4.2, content type id-ct-encKeyWithID; as a proof of possession it must say whose it is:
/// <code>EncKeyWithID ::= SEQUENCE { privateKey PrivateKeyInfo, identifier CHOICE { string UTF8String, generalName GeneralName } OPTIONAL }</code>
/// Whoever needs its octets gives <see cref="Asn1Structure.Write"/> a writer that he clears: <see cref="Asn1Structure.Encoded"/> would keep them.
/// </remarks>
public sealed record EncKeyWithId(ReadOnlyMemory<byte> PrivateKeyInfo, string? Text, GeneralName? Name) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static EncKeyWithId Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        inner.ReadSequence(out ReadOnlyMemory<byte> key);
        string? text = inner.IsNext(Tags.Utf8String) ? inner.ReadUtf8String() : null;
        GeneralName? name = text is null && inner.HasData ? GeneralName.Read(ref inner) : null;
        inner.ThrowIfNotEmpty();
        return new EncKeyWithId(key, text, name) { Encoded = encoded };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The structure.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>; it does not carry the octets.</exception>
    public static EncKeyWithId Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.DecodeSecret(octets, options, Read);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(PrivateKeyInfo.Span);
            if (Text is not null)
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, Text);
            else
                Name?.Write(writer);
        }
    }
}
