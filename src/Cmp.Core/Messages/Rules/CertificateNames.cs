using System;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Rules;

/// <summary>Issuer and subject of a certificate as they lie there: looked at without taking the certificate apart.</summary>
internal readonly ref struct CertificateNames
{
    private CertificateNames(ReadOnlySpan<byte> issuer, ReadOnlySpan<byte> subject)
    {
        Issuer = issuer;
        Subject = subject;
    }

    /// <summary>The Name of the issuer whole.</summary>
    internal ReadOnlySpan<byte> Issuer { get; }

    /// <summary>The Name of the subject whole.</summary>
    internal ReadOnlySpan<byte> Subject { get; }

    /// <summary>Whether both are the same octets.</summary>
    internal bool IsSelfIssued => Issuer.SequenceEqual(Subject);

    /// <summary>Finds the names (RFC 5280 4.1).</summary>
    /// <param name="certificate">The certificate whole.</param>
    /// <param name="names">They.</param>
    /// <returns>False where the octets are no certificate as far as they were looked at.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> certificate, out CertificateNames names)
    {
        names = default;
        if (!Tlv.TryEnter(certificate, 0x30, out ReadOnlySpan<byte> outer) || !Tlv.TryEnter(outer, 0x30, out ReadOnlySpan<byte> fields))
            return false;
        bool hasVersion = !fields.IsEmpty && fields[0] == 0xA0;
        if (hasVersion && !Tlv.TryTake(ref fields, out _))
            return false;
        if (!Tlv.TryTake(ref fields, out ReadOnlySpan<byte> serial) || serial[0] != 2
            || !Tlv.TryTake(ref fields, out ReadOnlySpan<byte> algorithm) || algorithm[0] != 0x30
            || !Tlv.TryTake(ref fields, out ReadOnlySpan<byte> issuer) || issuer[0] != 0x30
            || !Tlv.TryTake(ref fields, out ReadOnlySpan<byte> validity) || validity[0] != 0x30
            || !Tlv.TryTake(ref fields, out ReadOnlySpan<byte> subject) || subject[0] != 0x30
            || !Tlv.TryTake(ref fields, out ReadOnlySpan<byte> key) || key[0] != 0x30)
        {
            return false;
        }
        names = new CertificateNames(issuer, subject);
        return true;
    }
}
