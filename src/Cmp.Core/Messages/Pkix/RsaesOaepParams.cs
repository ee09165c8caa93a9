using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>The parameters of RSAES-OAEP.</summary>
/// <param name="HashAlgorithm">The digest, SHA-1 where absent.</param>
/// <param name="MaskHashAlgorithm">The digest of MGF1, SHA-1 where absent.</param>
/// <param name="Label">What the ciphertext is bound to; empty where absent, as it is everywhere in CMS (RFC 3560 3).</param>
/// <remarks>
/// RFC 4055 4.1, EXPLICIT TAGS:
/// <code>
/// RSAES-OAEP-params ::= SEQUENCE { hashFunc [0] AlgorithmIdentifier DEFAULT sha1Identifier,
///   maskGenFunc [1] AlgorithmIdentifier DEFAULT mgf1SHA1Identifier, pSourceFunc [2] AlgorithmIdentifier DEFAULT pSpecifiedEmptyIdentifier }
/// </code>
/// </remarks>
public sealed record RsaesOaepParams(AlgorithmIdentifier HashAlgorithm, AlgorithmIdentifier MaskHashAlgorithm, ReadOnlyMemory<byte> Label) : Asn1Structure
{
    /// <summary>The parameters with one digest for both and no label.</summary>
    /// <param name="hashOid">The digest.</param>
    /// <returns>The parameters.</returns>
    public static RsaesOaepParams Create(string hashOid) => new(AlgorithmIdentifier.WithNull(hashOid), AlgorithmIdentifier.WithNull(hashOid), ReadOnlyMemory<byte>.Empty);

    /// <summary>Reads them.</summary>
    /// <param name="reader">Stands before them.</param>
    /// <returns>The parameters.</returns>
    public static RsaesOaepParams Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        inner.TryReadExplicit(0, AlgorithmIdentifier.Read, out AlgorithmIdentifier? hash);
        inner.TryReadExplicit(1, ReadMaskHash, out AlgorithmIdentifier? maskHash);
        inner.TryReadExplicit(2, ReadLabel, out ReadOnlyMemory<byte> label);
        inner.ThrowIfNotEmpty();
        return new RsaesOaepParams(hash ?? AlgorithmIdentifier.WithNull(Oids.Sha1), maskHash ?? AlgorithmIdentifier.WithNull(Oids.Sha1), label) { Encoded = encoded };
    }

    /// <summary>Reads them from octets.</summary>
    /// <param name="octets">Exactly one SEQUENCE.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The parameters.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static RsaesOaepParams Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

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
            if (!Label.IsEmpty)
            {
                using (writer.PushSequence(Tags.Constructed(2)))
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(Oids.PSpecified);
                    writer.WriteOctetString(Label.Span);
                }
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

    private static ReadOnlyMemory<byte> ReadLabel(ref Asn1Reader reader)
    {
        AlgorithmIdentifier source = AlgorithmIdentifier.Read(ref reader);
        if (source.Oid != Oids.PSpecified || source.Parameters is not { } parameters)
            throw reader.Malformed("a label of RSAES-OAEP that is not given");
        return Asn1Reader.Decode(parameters, reader.Options, (ref Asn1Reader label) => label.ReadOctetString());
    }
}
