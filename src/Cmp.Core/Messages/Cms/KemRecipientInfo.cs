using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Cms;

/// <summary>A recipient for whose public key a secret is encapsulated, from which the key comes that wraps the content's key: ML-KEM.</summary>
/// <param name="Rid">The name of the recipient's certificate.</param>
/// <param name="Kem">The key encapsulation mechanism.</param>
/// <param name="Kemct">The encapsulated secret.</param>
/// <param name="Kdf">How the wrapping key is derived from it.</param>
/// <param name="KekLength">Octets of the wrapping key.</param>
/// <param name="Ukm">Octets that make each derivation another one; <see langword="null"/> where absent.</param>
/// <param name="Wrap">The key wrap.</param>
/// <param name="EncryptedKey">The wrapped key.</param>
/// <remarks>
/// RFC 9629 3, in an OtherRecipientInfo of the type id-ori-kem; EXPLICIT TAGS within:
/// <code>
/// KEMRecipientInfo ::= SEQUENCE { version CMSVersion -- 0 --, rid RecipientIdentifier, kem AlgorithmIdentifier, kemct OCTET STRING, kdf AlgorithmIdentifier,
///   kekLength INTEGER (1..65535), ukm [0] EXPLICIT OCTET STRING OPTIONAL, wrap AlgorithmIdentifier, encryptedKey OCTET STRING }
/// </code>
/// </remarks>
public sealed record KemRecipientInfo(
    RecipientIdentifier Rid,
    AlgorithmIdentifier Kem,
    ReadOnlyMemory<byte> Kemct,
    AlgorithmIdentifier Kdf,
    int KekLength,
    ReadOnlyMemory<byte>? Ukm,
    AlgorithmIdentifier Wrap,
    ReadOnlyMemory<byte> EncryptedKey) : RecipientInfo
{
    internal const int MaxKekLength = 65535;

    /// <summary>What the derivation of the wrapping key is bound to, its algorithm with the octets received.</summary>
    public CmsOriForKemOtherInfo OtherInfo => new(Wrap, KekLength, Ukm);

    internal override int VersionDue => 0;

    internal override bool NeedsVersion3 => true;

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The recipient.</returns>
    public static new KemRecipientInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader other = reader.ReadConstructed(Tags.Constructed(4), out ReadOnlyMemory<byte> encoded);
        if (other.ReadOid() != Oids.OriKem)
            throw other.Malformed("an OtherRecipientInfo that is no KEMRecipientInfo");
        Asn1Reader inner = other.ReadSequence();
        other.ThrowIfNotEmpty();
        int version = inner.ReadInt32();
        var rid = RecipientIdentifier.Read(ref inner);
        var kem = AlgorithmIdentifier.Read(ref inner);
        ReadOnlyMemory<byte> ciphertext = inner.ReadOctetString();
        var kdf = AlgorithmIdentifier.Read(ref inner);
        int length = inner.ReadInt32();
        if (length is < 1 or > MaxKekLength)
            throw inner.Malformed($"a kekLength of {length}");
        ReadOnlyMemory<byte>? ukm = inner.TryReadExplicit(0, (ref Asn1Reader r) => r.ReadOctetString(), out ReadOnlyMemory<byte> octets) ? octets : (ReadOnlyMemory<byte>?)null;
        var wrap = AlgorithmIdentifier.Read(ref inner);
        ReadOnlyMemory<byte> key = inner.ReadOctetString();
        inner.ThrowIfNotEmpty();
        return new KemRecipientInfo(rid, kem, ciphertext, kdf, length, ukm, wrap, key) { VersionRead = version, Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence(Tags.Constructed(4)))
        {
            writer.WriteObjectIdentifier(Oids.OriKem);
            using (writer.PushSequence())
            {
                writer.WriteInteger(VersionDue);
                Rid.Write(writer);
                Kem.Write(writer);
                writer.WriteOctetString(Kemct.Span);
                Kdf.Write(writer);
                writer.WriteInteger(KekLength);
                writer.WriteExplicitOctets(0, Ukm);
                Wrap.Write(writer);
                writer.WriteOctetString(EncryptedKey.Span);
            }
        }
    }
}
