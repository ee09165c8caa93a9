using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Cms;

/// <summary>A recipient who knows a password.</summary>
/// <param name="KeyDerivationAlgorithm">PBKDF2 with its parameters; <see langword="null"/> where the key comes from elsewhere.</param>
/// <param name="KeyEncryptionAlgorithm">The key wrap (RFC 9481 4.4: of AES; RFC 3211: PWRI-KEK with the cipher as parameter).</param>
/// <param name="EncryptedKey">The wrapped key.</param>
/// <remarks>
/// RFC 5652 6.2.4, IMPLICIT TAGS:
/// <code>
/// PasswordRecipientInfo ::= SEQUENCE { version CMSVersion -- 0 --, keyDerivationAlgorithm [0] AlgorithmIdentifier OPTIONAL,
///   keyEncryptionAlgorithm AlgorithmIdentifier, encryptedKey OCTET STRING }
/// </code>
/// </remarks>
public sealed record PasswordRecipientInfo(AlgorithmIdentifier? KeyDerivationAlgorithm, AlgorithmIdentifier KeyEncryptionAlgorithm, ReadOnlyMemory<byte> EncryptedKey) : RecipientInfo
{
    internal override int VersionDue => 0;

    internal override bool NeedsVersion3 => true;

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The recipient.</returns>
    public static new PasswordRecipientInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadConstructed(Tags.Constructed(3), out ReadOnlyMemory<byte> encoded);
        int version = inner.ReadInt32();
        AlgorithmIdentifier? derivation = inner.IsNext(Tags.Constructed(0)) ? AlgorithmIdentifier.ReadImplicit(ref inner, 0) : null;
        var algorithm = AlgorithmIdentifier.Read(ref inner);
        ReadOnlyMemory<byte> key = inner.ReadOctetString();
        inner.ThrowIfNotEmpty();
        return new PasswordRecipientInfo(derivation, algorithm, key) { VersionRead = version, Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence(Tags.Constructed(3)))
        {
            writer.WriteInteger(VersionDue);
            if (KeyDerivationAlgorithm is { } derivation)
                writer.WriteImplicit(0xA0, derivation.Encoded);
            KeyEncryptionAlgorithm.Write(writer);
            writer.WriteOctetString(EncryptedKey.Span);
        }
    }
}
