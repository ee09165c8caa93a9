using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Cms;

/// <summary>The signature of one signer.</summary>
/// <param name="Sid">The name of the signer's certificate.</param>
/// <param name="DigestAlgorithm">The digest of the content, and of the signature where its algorithm does not say another.</param>
/// <param name="SignedAttrs">What is signed together with the digest of the content; <see langword="null"/> where the content itself is signed.</param>
/// <param name="SignatureAlgorithm">The algorithm of the signature.</param>
/// <param name="Signature">The signature.</param>
/// <remarks>
/// RFC 5652 5.3, IMPLICIT TAGS; SignerIdentifier is the CHOICE that RecipientIdentifier is:
/// <code>
/// SignerInfo ::= SEQUENCE { version CMSVersion -- 1 or, with a subjectKeyIdentifier, 3 --, sid SignerIdentifier, digestAlgorithm AlgorithmIdentifier,
///   signedAttrs [0] SET SIZE (1..MAX) OF Attribute OPTIONAL, signatureAlgorithm AlgorithmIdentifier, signature OCTET STRING,
///   unsignedAttrs [1] SET SIZE (1..MAX) OF Attribute OPTIONAL }
/// </code>
/// </remarks>
public sealed record SignerInfo(
    RecipientIdentifier Sid, AlgorithmIdentifier DigestAlgorithm, CmsAttributes? SignedAttrs, AlgorithmIdentifier SignatureAlgorithm, ReadOnlyMemory<byte> Signature) : VersionedStructure
{
    /// <summary>Attributes that nobody signed; <see langword="null"/> where there are none.</summary>
    public CmsAttributes? UnsignedAttrs { get; init; }

    internal override int VersionDue => Sid.SubjectKeyIdentifier is null ? 1 : 3;

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static SignerInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        int version = inner.ReadInt32();
        var sid = RecipientIdentifier.Read(ref inner);
        var digest = AlgorithmIdentifier.Read(ref inner);
        CmsAttributes? signed = inner.IsNext(Tags.Constructed(0)) ? CmsAttributes.ReadImplicit(ref inner, 0) : null;
        var algorithm = AlgorithmIdentifier.Read(ref inner);
        ReadOnlyMemory<byte> signature = inner.ReadOctetString();
        CmsAttributes? unsigned = inner.IsNext(Tags.Constructed(1)) ? CmsAttributes.ReadImplicit(ref inner, 1) : null;
        inner.ThrowIfNotEmpty();
        return new SignerInfo(sid, digest, signed, algorithm, signature) { UnsignedAttrs = unsigned, VersionRead = version, Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(VersionDue);
            Sid.Write(writer);
            DigestAlgorithm.Write(writer);
            if (SignedAttrs is { } signed)
                writer.WriteImplicit(0xA0, signed.Encoded);
            SignatureAlgorithm.Write(writer);
            writer.WriteOctetString(Signature.Span);
            if (UnsignedAttrs is { } unsigned)
                writer.WriteImplicit(0xA1, unsigned.Encoded);
        }
    }
}
