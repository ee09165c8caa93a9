using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>The parameters of RSAES-OAEP.</summary>
/// <param name="HashAlgorithm">The digest of the label, SHA-1 where absent.</param>
/// <param name="MaskHashAlgorithm">The digest of MGF1, SHA-1 where absent.</param>
/// <param name="Label">The label, empty where absent.</param>
/// <remarks>
/// RFC 4055 4.1, EXPLICIT TAGS:
/// <code>
/// RSAES-OAEP-params ::= SEQUENCE { hashFunc [0] AlgorithmIdentifier DEFAULT sha1Identifier, maskGenFunc [1] AlgorithmIdentifier DEFAULT mgf1SHA1Identifier,
///   pSourceFunc [2] AlgorithmIdentifier DEFAULT pSpecifiedEmptyIdentifier }
/// </code>
/// </remarks>
public sealed record RsaesOaepParameters(AlgorithmIdentifier HashAlgorithm, AlgorithmIdentifier MaskHashAlgorithm, ReadOnlyMemory<byte> Label) : Asn1Structure
{
    /// <summary>The parameters with one digest for both and no label, the only ones in use (RFC 9481 4.2.1).</summary>
    /// <param name="hashOid">The digest.</param>
    /// <returns>The parameters.</returns>
    public static RsaesOaepParameters Create(string hashOid) => new(AlgorithmIdentifier.WithNull(hashOid), AlgorithmIdentifier.WithNull(hashOid), ReadOnlyMemory<byte>.Empty);

    /// <summary>Reads them.</summary>
    /// <param name="reader">Stands before them.</param>
    /// <returns>The parameters.</returns>
    public static RsaesOaepParameters Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        inner.TryReadExplicit(0, AlgorithmIdentifier.Read, out AlgorithmIdentifier? hash);
        inner.TryReadExplicit(1, ReadMaskHash, out AlgorithmIdentifier? maskHash);
        inner.TryReadExplicit(2, ReadLabel, out ReadOnlyMemory<byte> label);
        inner.ThrowIfNotEmpty();
        return new RsaesOaepParameters(hash ?? AlgorithmIdentifier.WithNull(Oids.Sha1), maskHash ?? AlgorithmIdentifier.WithNull(Oids.Sha1), label) { Encoded = encoded };
    }

    /// <summary>Reads them from octets.</summary>
    /// <param name="octets">Exactly one SEQUENCE.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The parameters.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static RsaesOaepParameters Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            if (HashAlgorithm.Oid != Oids.Sha1)
                writer.WriteExplicit(0, HashAlgorithm);
            if (MaskHashAlgorithm.Oid != Oids.Sha1)
                writer.WriteExplicit(1, new AlgorithmIdentifier(Oids.Mgf1, MaskHashAlgorithm.Encoded));
            if (!Label.IsEmpty)
                writer.WriteExplicit(2, new AlgorithmIdentifier(Oids.PSpecified, Tlv.Of(0x04, Label.Span)));
        }
    }

    private static AlgorithmIdentifier ReadMaskHash(ref Asn1Reader reader)
    {
        var mask = AlgorithmIdentifier.Read(ref reader);
        if (mask.Oid != Oids.Mgf1 || mask.Parameters is not { } parameters)
            throw reader.Malformed("a mask generation other than MGF1");
        return AlgorithmIdentifier.Decode(parameters, reader.Options);
    }

    private static ReadOnlyMemory<byte> ReadLabel(ref Asn1Reader reader)
    {
        var source = AlgorithmIdentifier.Read(ref reader);
        if (source.Oid != Oids.PSpecified || source.Parameters is not { } parameters)
            throw reader.Malformed("a label of RSAES-OAEP that is not specified");
        return Asn1Reader.Decode(parameters, reader.Options, (ref Asn1Reader r) => r.ReadOctetString());
    }
}
