using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Cms;

/// <summary>The content's key, wrapped with the key that was agreed on with one certificate.</summary>
/// <param name="Rid">The name of the certificate.</param>
/// <param name="EncryptedKey">The wrapped key.</param>
/// <remarks>RFC 5652 6.2.2: <code>RecipientEncryptedKey ::= SEQUENCE { rid KeyAgreeRecipientIdentifier, encryptedKey OCTET STRING }</code></remarks>
public sealed record RecipientEncryptedKey(KeyAgreeRecipientIdentifier Rid, ReadOnlyMemory<byte> EncryptedKey) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The wrapped key.</returns>
    public static RecipientEncryptedKey Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        var rid = KeyAgreeRecipientIdentifier.Read(ref inner);
        ReadOnlyMemory<byte> key = inner.ReadOctetString();
        inner.ThrowIfNotEmpty();
        return new RecipientEncryptedKey(rid, key) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            Rid.Write(writer);
            writer.WriteOctetString(EncryptedKey.Span);
        }
    }
}
