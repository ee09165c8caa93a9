using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Cms;

/// <summary>A content with signatures over it, and the certificates of who signed.</summary>
/// <param name="DigestAlgorithms">The digests of the signers.</param>
/// <param name="EncapContentInfo">The content.</param>
/// <param name="SignerInfos">The signatures.</param>
/// <remarks>
/// RFC 5652 5.1, IMPLICIT TAGS:
/// <code>
/// SignedData ::= SEQUENCE { version CMSVersion, digestAlgorithms SET OF AlgorithmIdentifier, encapContentInfo EncapsulatedContentInfo,
///   certificates [0] CertificateSet OPTIONAL, crls [1] RevocationInfoChoices OPTIONAL, signerInfos SET OF SignerInfo }
/// </code>
/// Sets are written in the order given: RFC 9483 4.1.6 wants the signer's certificate first, and a set sorted as DER has it would lose that.
/// Where the content is a secret, the structure is one.
/// </remarks>
public sealed record SignedData(IReadOnlyList<AlgorithmIdentifier> DigestAlgorithms, EncapsulatedContentInfo EncapContentInfo, IReadOnlyList<SignerInfo> SignerInfos) : VersionedStructure
{
    /// <summary>The certificates, in their order; empty where there are none.</summary>
    public IReadOnlyList<Certificate> Certificates { get; init; } = [];

    /// <summary>What stands among the certificates and is none, each whole with its tag; empty where there is nothing.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> OtherCertificates { get; init; } = [];

    /// <summary>CRLs and other revocation information, each whole with its tag; empty where there is none.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Crls { get; init; } = [];

    internal override int VersionDue
    {
        get
        {
            int certificates = CertificateSet.VersionOf(OtherCertificates);
            if (certificates == CertificateSet.WithOther || CertificateSet.HasOtherCrl(Crls))
                return 5;
            if (certificates == CertificateSet.WithAttributes2)
                return 4;
            bool isThree = certificates == CertificateSet.WithAttributes1 || EncapContentInfo.ContentType != Oids.Data;
            foreach (SignerInfo signer in SignerInfos)
                isThree |= signer.Version == 3;
            return isThree ? 3 : 1;
        }
    }

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static SignedData Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        int version = inner.ReadInt32();
        IReadOnlyList<AlgorithmIdentifier> digests = inner.ReadList(AlgorithmIdentifier.Read, Asn1Tag.SetOf);
        var content = EncapsulatedContentInfo.Read(ref inner);
        var certificates = new List<Certificate>();
        var others = new List<ReadOnlyMemory<byte>>();
        if (inner.IsNext(Tags.Constructed(0)))
        {
            foreach (ReadOnlyMemory<byte> choice in inner.ReadList(CertificateSet.ReadWhole, Tags.Constructed(0)))
            {
                if (choice.Span[0] == 0x30)
                    certificates.Add(Certificate.Decode(choice, inner.Options));
                else
                    others.Add(choice);
            }
        }
        IReadOnlyList<ReadOnlyMemory<byte>> crls = inner.IsNext(Tags.Constructed(1)) ? inner.ReadList(CertificateSet.ReadWhole, Tags.Constructed(1)) : [];
        IReadOnlyList<SignerInfo> signers = inner.ReadList(SignerInfo.Read, Asn1Tag.SetOf);
        inner.ThrowIfNotEmpty();
        return new SignedData(digests, content, signers) { Certificates = certificates, OtherCertificates = others, Crls = crls, VersionRead = version, Encoded = encoded };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one, as a SEQUENCE.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The structure.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>; it does not carry the octets, which may be a secret.</exception>
    public static SignedData Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.DecodeSecret(octets, options, Read);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(VersionDue);
            writer.WriteSet(DigestAlgorithms);
            EncapContentInfo.Write(writer);
            if (Certificates.Count + OtherCertificates.Count > 0)
            {
                using (writer.PushSequence(Tags.Constructed(0)))
                {
                    foreach (Certificate certificate in Certificates)
                        certificate.Write(writer);
                    WriteAll(writer, OtherCertificates);
                }
            }
            if (Crls.Count > 0)
            {
                using (writer.PushSequence(Tags.Constructed(1)))
                    WriteAll(writer, Crls);
            }
            writer.WriteSet(SignerInfos);
        }
    }

    private static void WriteAll(AsnWriter writer, IReadOnlyList<ReadOnlyMemory<byte>> values)
    {
        foreach (ReadOnlyMemory<byte> value in values)
            writer.WriteEncodedValue(value.Span);
    }
}
