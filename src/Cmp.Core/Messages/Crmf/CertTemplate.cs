using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;

namespace Cmp.Messages.Crmf;

/// <summary>A certificate with holes: what is named is asked for, the rest is the CA's.</summary>
/// <remarks>
/// RFC 4211 5, IMPLICIT TAGS (those around CHOICEs are explicit):
/// <code>
/// CertTemplate ::= SEQUENCE { version [0] Version OPTIONAL, serialNumber [1] INTEGER OPTIONAL, signingAlg [2] AlgorithmIdentifier OPTIONAL,
///   issuer [3] Name OPTIONAL, validity [4] OptionalValidity OPTIONAL, subject [5] Name OPTIONAL, publicKey [6] SubjectPublicKeyInfo OPTIONAL,
///   issuerUID [7] UniqueIdentifier OPTIONAL, subjectUID [8] UniqueIdentifier OPTIONAL, extensions [9] Extensions OPTIONAL }
/// OptionalValidity ::= SEQUENCE { notBefore [0] Time OPTIONAL, notAfter [1] Time OPTIONAL } -- at least one
/// </code>
/// </remarks>
public sealed record CertTemplate : Asn1Structure
{
    /// <summary>The version, 2 for X.509 version 3; left out by most (RFC 4211 5).</summary>
    public int? Version { get; init; }

    /// <summary>The serial number; only in revocations and cross-certification.</summary>
    public ReadOnlyMemory<byte>? SerialNumber { get; init; }

    /// <summary>The algorithm of the issuer's signature; only in cross-certification.</summary>
    public AlgorithmIdentifier? SigningAlg { get; init; }

    /// <summary>The issuer wanted.</summary>
    public Name? Issuer { get; init; }

    /// <summary>The beginning wanted.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>The end wanted.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>The subject wanted; the NULL-DN is a value, absent is none.</summary>
    public Name? Subject { get; init; }

    /// <summary>The key to certify; with no octets in it where the CA shall make one.</summary>
    public SubjectPublicKeyInfo? PublicKey { get; init; }

    /// <summary>The issuerUID, content of the BIT STRING whole.</summary>
    public ReadOnlyMemory<byte>? IssuerUid { get; init; }

    /// <summary>The subjectUID, content of the BIT STRING whole.</summary>
    public ReadOnlyMemory<byte>? SubjectUid { get; init; }

    /// <summary>The extensions wanted; empty where none are named.</summary>
    public IReadOnlyList<Extension> Extensions { get; init; } = [];

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The template.</returns>
    public static CertTemplate Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        int? version = inner.IsNext(Tags.Primitive(0)) ? inner.ReadInt32(Tags.Primitive(0)) : null;
        ReadOnlyMemory<byte>? serial = inner.IsNext(Tags.Primitive(1)) ? inner.ReadIntegerContent(Tags.Primitive(1)) : (ReadOnlyMemory<byte>?)null;
        AlgorithmIdentifier? signingAlg = inner.IsNext(Tags.Constructed(2)) ? AlgorithmIdentifier.ReadImplicit(ref inner, 2) : null;
        inner.TryReadExplicit(3, Name.Read, out Name? issuer);
        (DateTimeOffset? notBefore, DateTimeOffset? notAfter) = inner.IsNext(Tags.Constructed(4)) ? ReadValidity(ref inner) : (null, null);
        inner.TryReadExplicit(5, Name.Read, out Name? subject);
        SubjectPublicKeyInfo? publicKey = inner.IsNext(Tags.Constructed(6)) ? SubjectPublicKeyInfo.ReadImplicit(ref inner, 6) : null;
        ReadOnlyMemory<byte>? issuerUid = inner.IsNext(Tags.Primitive(7)) ? ReadBits(ref inner, 7) : (ReadOnlyMemory<byte>?)null;
        ReadOnlyMemory<byte>? subjectUid = inner.IsNext(Tags.Primitive(8)) ? ReadBits(ref inner, 8) : (ReadOnlyMemory<byte>?)null;
        IReadOnlyList<Extension> extensions = inner.IsNext(Tags.Constructed(9)) ? inner.ReadFilledList(Extension.Read, Tags.Constructed(9)) : [];
        inner.ThrowIfNotEmpty();
        return new CertTemplate
        {
            Version = version,
            SerialNumber = serial,
            SigningAlg = signingAlg,
            Issuer = issuer,
            NotBefore = notBefore,
            NotAfter = notAfter,
            Subject = subject,
            PublicKey = publicKey,
            IssuerUid = issuerUid,
            SubjectUid = subjectUid,
            Extensions = extensions,
            Encoded = encoded,
        };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The template.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static CertTemplate Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            if (Version is { } version)
                writer.WriteInteger(version, Tags.Primitive(0));
            if (SerialNumber is { } serial)
                writer.WriteContent(0x81, serial.Span);
            if (SigningAlg is not null)
                writer.WriteImplicit(0xA2, SigningAlg.Encoded);
            writer.WriteExplicit(3, Issuer);
            WriteValidity(writer);
            writer.WriteExplicit(5, Subject);
            if (PublicKey is not null)
                writer.WriteImplicit(0xA6, PublicKey.Encoded);
            if (IssuerUid is { } issuerUid)
                writer.WriteContent(0x87, issuerUid.Span);
            if (SubjectUid is { } subjectUid)
                writer.WriteContent(0x88, subjectUid.Span);
            if (Extensions.Count > 0)
                writer.WriteList(Extensions, Tags.Constructed(9));
        }
    }

    private static (DateTimeOffset? NotBefore, DateTimeOffset? NotAfter) ReadValidity(ref Asn1Reader reader)
    {
        Asn1Reader validity = reader.ReadConstructed(Tags.Constructed(4), out ReadOnlyMemory<byte> whole);
        DateTimeOffset? notBefore = validity.TryReadExplicit(0, (ref Asn1Reader r) => r.ReadTime(), out DateTimeOffset from) ? from : null;
        DateTimeOffset? notAfter = validity.TryReadExplicit(1, (ref Asn1Reader r) => r.ReadTime(), out DateTimeOffset to) ? to : null;
        validity.ThrowIfNotEmpty();
        if (notBefore is null && notAfter is null)
            validity.Find(MessageRules.TemplateEmptyValidity, "A validity names neither beginning nor end.", whole);
        return (notBefore, notAfter);
    }

    private void WriteValidity(AsnWriter writer)
    {
        if (NotBefore is null && NotAfter is null)
            return;
        using (writer.PushSequence(Tags.Constructed(4)))
        {
            if (NotBefore is { } from)
            {
                using (writer.PushSequence(Tags.Constructed(0)))
                    writer.WriteTime(from);
            }
            if (NotAfter is { } to)
            {
                using (writer.PushSequence(Tags.Constructed(1)))
                    writer.WriteTime(to);
            }
        }
    }

    private static ReadOnlyMemory<byte> ReadBits(ref Asn1Reader reader, int tag)
    {
        Asn1Reader bits = reader;
        bits.ReadBitString(out _, Tags.Primitive(tag));
        return reader.ReadContent(Tags.Primitive(tag));
    }
}
