using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>Which key of a CA is meant, among those that it had.</summary>
/// <remarks>
/// RFC 5280 4.2.1.1, IMPLICIT TAGS:
/// <code>
/// AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] OCTET STRING OPTIONAL, authorityCertIssuer [1] GeneralNames OPTIONAL,
///   authorityCertSerialNumber [2] INTEGER OPTIONAL }
/// </code>
/// </remarks>
public sealed record AuthorityKeyIdentifier : Asn1Structure
{
    /// <summary>The key identifier; <see langword="null"/> where absent.</summary>
    public ReadOnlyMemory<byte>? KeyIdentifier { get; init; }

    /// <summary>Who issued the certificate of the key; empty where nothing is said.</summary>
    public IReadOnlyList<GeneralName> CertIssuer { get; init; } = [];

    /// <summary>The serial number of that certificate: content octets of the INTEGER; <see langword="null"/> where absent.</summary>
    public ReadOnlyMemory<byte>? CertSerialNumber { get; init; }

    /// <summary>All that can be said of the key of a certificate.</summary>
    /// <param name="certificate">The certificate of a CA.</param>
    /// <returns>Its key identifier, where it has one, its issuer and its serial number.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: the certificate does not decode.</exception>
    public static AuthorityKeyIdentifier Of(Certificate certificate) => new()
    {
        KeyIdentifier = certificate.SubjectKeyIdentifier,
        CertIssuer = [GeneralName.FromName(certificate.Issuer)],
        CertSerialNumber = certificate.SerialNumber,
    };

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static AuthorityKeyIdentifier Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        ReadOnlyMemory<byte>? key = inner.IsNext(Tags.Primitive(0)) ? inner.ReadOctetString(Tags.Primitive(0)) : (ReadOnlyMemory<byte>?)null;
        IReadOnlyList<GeneralName> issuer = inner.IsNext(Tags.Constructed(1)) ? inner.ReadFilledList(GeneralName.Read, Tags.Constructed(1)) : [];
        ReadOnlyMemory<byte>? serial = inner.IsNext(Tags.Primitive(2)) ? inner.ReadIntegerContent(Tags.Primitive(2)) : (ReadOnlyMemory<byte>?)null;
        inner.ThrowIfNotEmpty();
        return new AuthorityKeyIdentifier { KeyIdentifier = key, CertIssuer = issuer, CertSerialNumber = serial, Encoded = encoded };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <returns>The structure.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static AuthorityKeyIdentifier Decode(ReadOnlyMemory<byte> octets) => Asn1Reader.Decode(octets, null, Read);

    /// <summary>Whether it means the key of a certificate: something that it says fits, and nothing speaks against it.</summary>
    /// <param name="certificate">A certificate of a CA.</param>
    /// <returns>Whether it does.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: the certificate does not decode.</exception>
    public bool Means(Certificate certificate)
    {
        bool hasKey = KeyIdentifier is not null && certificate.SubjectKeyIdentifier is not null;
        if (!hasKey && CertSerialNumber is null)
            return false;
        return (!hasKey || KeyIdentifier!.Value.Span.SequenceEqual(certificate.SubjectKeyIdentifier!.Value.Span))
            && (CertSerialNumber is not { } serial || serial.Span.SequenceEqual(certificate.SerialNumber.Span))
            && (CertIssuer.Count == 0 || IsAmong(certificate.Issuer));
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            if (KeyIdentifier is { } key)
                writer.WriteOctetString(key.Span, Tags.Primitive(0));
            if (CertIssuer.Count > 0)
                writer.WriteList(CertIssuer, Tags.Constructed(1));
            if (CertSerialNumber is { } serial)
                writer.WriteContent(0x82, serial.Span);
        }
    }

    private bool IsAmong(Name issuer)
    {
        foreach (GeneralName name in CertIssuer)
        {
            if (name.DirectoryName is { } directory && directory.IsSameAs(issuer))
                return true;
        }
        return false;
    }
}
