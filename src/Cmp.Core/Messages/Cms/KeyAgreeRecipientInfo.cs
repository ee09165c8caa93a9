using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Cms;

/// <summary>A recipient who agrees with the originator on a key that wraps the content's key: ECDH, X25519, X448.</summary>
/// <param name="Originator">The public key of the originator.</param>
/// <param name="Ukm">Octets that make each agreement another one; <see langword="null"/> where absent.</param>
/// <param name="KeyEncryptionAlgorithm">The agreement with its key derivation; the parameters are the AlgorithmIdentifier of the key wrap.</param>
/// <param name="RecipientEncryptedKeys">The wrapped key, for each certificate of the recipient.</param>
/// <remarks>
/// RFC 5652 6.2.2; originator is tagged explicitly because it is a CHOICE, ukm because the module says so:
/// <code>
/// KeyAgreeRecipientInfo ::= SEQUENCE { version CMSVersion -- 3 --, originator [0] EXPLICIT OriginatorIdentifierOrKey, ukm [1] EXPLICIT OCTET STRING OPTIONAL,
///   keyEncryptionAlgorithm AlgorithmIdentifier, recipientEncryptedKeys SEQUENCE OF RecipientEncryptedKey }
/// </code>
/// </remarks>
public sealed record KeyAgreeRecipientInfo(
    OriginatorIdentifierOrKey Originator, ReadOnlyMemory<byte>? Ukm, AlgorithmIdentifier KeyEncryptionAlgorithm, IReadOnlyList<RecipientEncryptedKey> RecipientEncryptedKeys) : RecipientInfo
{
    internal override int VersionDue => 3;

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The recipient.</returns>
    public static new KeyAgreeRecipientInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadConstructed(Tags.Constructed(1), out ReadOnlyMemory<byte> encoded);
        int version = inner.ReadInt32();
        if (!inner.TryReadExplicit(0, OriginatorIdentifierOrKey.Read, out OriginatorIdentifierOrKey? originator))
            throw inner.Malformed("a KeyAgreeRecipientInfo without its originator");
        ReadOnlyMemory<byte>? ukm = inner.TryReadExplicit(1, (ref Asn1Reader r) => r.ReadOctetString(), out ReadOnlyMemory<byte> octets) ? octets : (ReadOnlyMemory<byte>?)null;
        var algorithm = AlgorithmIdentifier.Read(ref inner);
        IReadOnlyList<RecipientEncryptedKey> keys = inner.ReadList(RecipientEncryptedKey.Read);
        inner.ThrowIfNotEmpty();
        return new KeyAgreeRecipientInfo(originator!, ukm, algorithm, keys) { VersionRead = version, Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence(Tags.Constructed(1)))
        {
            writer.WriteInteger(VersionDue);
            writer.WriteExplicit(0, Originator);
            writer.WriteExplicitOctets(1, Ukm);
            KeyEncryptionAlgorithm.Write(writer);
            writer.WriteList(RecipientEncryptedKeys);
        }
    }
}
