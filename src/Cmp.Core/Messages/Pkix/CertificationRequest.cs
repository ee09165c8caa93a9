using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>A PKCS #10 request, carried octet by octet as it came (rule 16).</summary>
/// <remarks>
/// RFC 2986 4:
/// <code>
/// CertificationRequest ::= SEQUENCE { certificationRequestInfo CertificationRequestInfo, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }
/// CertificationRequestInfo ::= SEQUENCE { version INTEGER { v1(0) }, subject Name, subjectPKInfo SubjectPublicKeyInfo, attributes [0] IMPLICIT SET OF Attribute }
/// </code>
/// </remarks>
public sealed record CertificationRequest : CarriedStructure
{
    private CertificationRequest(ReadOnlyMemory<byte> encoded, ReadOnlyMemory<byte> info, Name subject, SubjectPublicKeyInfo publicKey, IReadOnlyList<Extension> extensions, AlgorithmIdentifier signatureAlgorithm, ReadOnlyMemory<byte> signature)
    {
        Encoded = encoded;
        Info = info;
        Subject = subject;
        PublicKey = publicKey;
        Extensions = extensions;
        SignatureAlgorithm = signatureAlgorithm;
        Signature = signature;
    }

    /// <summary>What the requester signed, as it came.</summary>
    public ReadOnlyMemory<byte> Info { get; }

    /// <summary>The subject asked for.</summary>
    public Name Subject { get; }

    /// <summary>The key to certify.</summary>
    public SubjectPublicKeyInfo PublicKey { get; }

    /// <summary>The extensions asked for (extensionRequest, RFC 2985 5.4.2).</summary>
    public IReadOnlyList<Extension> Extensions { get; }

    /// <summary>The algorithm of the requester's signature.</summary>
    public AlgorithmIdentifier SignatureAlgorithm { get; }

    /// <summary>The requester's signature: the proof of possession.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The request.</returns>
    public static CertificationRequest Read(ref Asn1Reader reader)
    {
        Asn1Reader outer = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        Asn1Reader info = outer.ReadSequence(out ReadOnlyMemory<byte> infoEncoded);
        info.ReadInt32();
        Name subject = Name.Read(ref info);
        SubjectPublicKeyInfo publicKey = SubjectPublicKeyInfo.Read(ref info);
        IReadOnlyList<Extension> extensions = [];
        if (info.IsNext(Tags.Constructed(0)))
        {
            Asn1Reader attributes = info.ReadConstructed(Tags.Constructed(0));
            while (attributes.HasData)
            {
                Asn1Reader attribute = attributes.ReadSequence();
                if (attribute.ReadOid() != Oids.ExtensionRequest)
                    continue;
                Asn1Reader values = attribute.ReadConstructed(Asn1Tag.SetOf);
                if (values.HasData)
                    extensions = values.ReadList(Extension.Read);
            }
        }
        info.ThrowIfNotEmpty();
        AlgorithmIdentifier algorithm = AlgorithmIdentifier.Read(ref outer);
        ReadOnlyMemory<byte> signature = outer.ReadBitStringOctets();
        outer.ThrowIfNotEmpty();
        return new CertificationRequest(encoded, infoEncoded, subject, publicKey, extensions, algorithm, signature);
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The request.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static CertificationRequest Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override string? Describe() => Subject.ToString();
}
