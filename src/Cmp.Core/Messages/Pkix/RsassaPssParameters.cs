using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>The parameters of RSASSA-PSS.</summary>
/// <param name="HashAlgorithm">The digest, SHA-1 where absent.</param>
/// <param name="MaskHashAlgorithm">The digest of MGF1, SHA-1 where absent.</param>
/// <param name="SaltLength">Octets of salt, 20 where absent.</param>
/// <remarks>
/// RFC 4055 3.1, EXPLICIT TAGS:
/// <code>
/// RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] HashAlgorithm DEFAULT sha1Identifier,
///   maskGenAlgorithm [1] MaskGenAlgorithm DEFAULT mgf1SHA1Identifier, saltLength [2] INTEGER DEFAULT 20, trailerField [3] INTEGER DEFAULT 1 }
/// </code>
/// </remarks>
public sealed record RsassaPssParameters(AlgorithmIdentifier HashAlgorithm, AlgorithmIdentifier MaskHashAlgorithm, int SaltLength) : Asn1Structure
{
    private const int DefaultSaltLength = 20;

    /// <summary>The parameters with one digest for both and a salt of its length, the only ones in use (RFC 9481 3.1).</summary>
    /// <param name="hashOid">The digest.</param>
    /// <param name="saltLength">Octets of salt.</param>
    /// <returns>The parameters.</returns>
    public static RsassaPssParameters Create(string hashOid, int saltLength) =>
        new(AlgorithmIdentifier.WithNull(hashOid), AlgorithmIdentifier.WithNull(hashOid), saltLength);

    /// <summary>Reads them.</summary>
    /// <param name="reader">Stands before them.</param>
    /// <returns>The parameters.</returns>
    public static RsassaPssParameters Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        inner.TryReadExplicit(0, AlgorithmIdentifier.Read, out AlgorithmIdentifier? hash);
        inner.TryReadExplicit(1, ReadMaskHash, out AlgorithmIdentifier? maskHash);
        int saltLength = inner.TryReadExplicit(2, (ref Asn1Reader r) => r.ReadInt32(), out int salt) ? salt : DefaultSaltLength;
        if (inner.TryReadExplicit(3, (ref Asn1Reader r) => r.ReadInt32(), out int trailer) && trailer != 1)
            throw inner.Malformed($"trailer field {trailer} of RSASSA-PSS");
        if (saltLength < 0)
            throw inner.Malformed($"a salt of {saltLength} octets");
        inner.ThrowIfNotEmpty();
        return new RsassaPssParameters(hash ?? AlgorithmIdentifier.WithNull(Oids.Sha1), maskHash ?? AlgorithmIdentifier.WithNull(Oids.Sha1), saltLength) { Encoded = encoded };
    }

    /// <summary>Reads them from octets.</summary>
    /// <param name="octets">Exactly one SEQUENCE.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The parameters.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static RsassaPssParameters Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            if (HashAlgorithm.Oid != Oids.Sha1)
                writer.WriteExplicit(0, HashAlgorithm);
            if (MaskHashAlgorithm.Oid != Oids.Sha1)
            {
                using (writer.PushSequence(Tags.Constructed(1)))
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(Oids.Mgf1);
                    MaskHashAlgorithm.Write(writer);
                }
            }
            if (SaltLength != DefaultSaltLength)
            {
                using (writer.PushSequence(Tags.Constructed(2)))
                    writer.WriteInteger(SaltLength);
            }
        }
    }

    private static AlgorithmIdentifier ReadMaskHash(ref Asn1Reader reader)
    {
        AlgorithmIdentifier mask = AlgorithmIdentifier.Read(ref reader);
        if (mask.Oid != Oids.Mgf1 || mask.Parameters is not { } parameters)
            throw reader.Malformed("a mask generation other than MGF1");
        return AlgorithmIdentifier.Decode(parameters, reader.Options);
    }
}
