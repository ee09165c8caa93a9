using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>An entry of a CRL.</summary>
/// <remarks>
/// RFC 5280 5.1.2.6:
/// <code>SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions Extensions OPTIONAL }</code>
/// </remarks>
public sealed record RevokedCertificate : CarriedStructure
{
    private RevokedCertificate(ReadOnlyMemory<byte> encoded, ReadOnlyMemory<byte> serialNumber, DateTimeOffset revocationDate, IReadOnlyList<Extension> extensions)
    {
        Encoded = encoded;
        SerialNumber = serialNumber;
        RevocationDate = revocationDate;
        Extensions = extensions;
    }

    /// <summary>The serial number: content octets of the INTEGER.</summary>
    public ReadOnlyMemory<byte> SerialNumber { get; }

    /// <summary>Since when it is revoked.</summary>
    public DateTimeOffset RevocationDate { get; }

    /// <summary>The extensions of the entry, in their order.</summary>
    public IReadOnlyList<Extension> Extensions { get; }

    /// <summary>Who issued the certificate, where it was not the issuer of the CRL: what this entry or one before it says (RFC 5280 5.3.3); empty else.</summary>
    public IReadOnlyList<GeneralName> CertificateIssuer { get; internal init; } = [];

    /// <summary>Why; <see langword="null"/> where no reason is given. A value without a name stays the number it is.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public RevocationReason? Reason => CrlExtensions.ReadReason(Extensions);

    /// <summary>Since when the key is known or thought to be in wrong hands; <see langword="null"/> where nothing is said.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public DateTimeOffset? InvalidityDate => CrlExtensions.ReadInvalidityDate(Extensions);

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The entry.</returns>
    public static RevokedCertificate Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        ReadOnlyMemory<byte> serial = inner.ReadIntegerContent();
        DateTimeOffset revoked = inner.ReadTime();
        IReadOnlyList<Extension> extensions = inner.HasData ? inner.ReadFilledList(Extension.Read) : [];
        inner.ThrowIfNotEmpty();
        IReadOnlyList<GeneralName> issuer = CrlExtensions.Find(extensions, Oids.CertificateIssuer) is { } extension ? GeneralName.DecodeList(extension.Value) : [];
        return new RevokedCertificate(encoded, serial, revoked, extensions) { CertificateIssuer = issuer };
    }

    /// <inheritdoc/>
    protected override string? Describe() => Hex.Of(SerialNumber.Span);
}
