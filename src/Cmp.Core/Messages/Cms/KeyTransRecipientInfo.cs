using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Cms;

/// <summary>A recipient for whose public key the content's key is encrypted: RSA.</summary>
/// <param name="Rid">The name of the recipient's certificate.</param>
/// <param name="KeyEncryptionAlgorithm">How: rsaEncryption or id-RSAES-OAEP.</param>
/// <param name="EncryptedKey">The encrypted key.</param>
/// <remarks>
/// RFC 5652 6.2.1:
/// <code>
/// KeyTransRecipientInfo ::= SEQUENCE { version CMSVersion -- 0 or, with a subjectKeyIdentifier, 2 --, rid RecipientIdentifier,
///   keyEncryptionAlgorithm AlgorithmIdentifier, encryptedKey OCTET STRING }
/// </code>
/// </remarks>
public sealed record KeyTransRecipientInfo(RecipientIdentifier Rid, AlgorithmIdentifier KeyEncryptionAlgorithm, ReadOnlyMemory<byte> EncryptedKey) : RecipientInfo
{
    internal override int VersionDue => Rid.SubjectKeyIdentifier is null ? 0 : 2;

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The recipient.</returns>
    public static new KeyTransRecipientInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        int version = inner.ReadInt32();
        var rid = RecipientIdentifier.Read(ref inner);
        var algorithm = AlgorithmIdentifier.Read(ref inner);
        ReadOnlyMemory<byte> key = inner.ReadOctetString();
        inner.ThrowIfNotEmpty();
        return new KeyTransRecipientInfo(rid, algorithm, key) { VersionRead = version, Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(VersionDue);
            Rid.Write(writer);
            KeyEncryptionAlgorithm.Write(writer);
            writer.WriteOctetString(EncryptedKey.Span);
        }
    }
}
