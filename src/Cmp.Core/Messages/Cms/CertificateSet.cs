using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Cms;

/// <summary>What stands in the sets of certificates and CRLs that CMS carries, as far as the version of their structure depends on it.</summary>
/// <remarks>
/// RFC 5652 10.2, IMPLICIT TAGS:
/// <code>
/// CertificateChoices ::= CHOICE { certificate Certificate, extendedCertificate [0], v1AttrCert [1], v2AttrCert [2], other [3] OtherCertificateFormat }
/// RevocationInfoChoice ::= CHOICE { crl CertificateList, other [1] OtherRevocationInfoFormat }
/// OriginatorInfo ::= SEQUENCE { certs [0] CertificateSet OPTIONAL, crls [1] RevocationInfoChoices OPTIONAL }
/// </code>
/// </remarks>
internal static class CertificateSet
{
    /// <summary>There are attribute certificates of version 1.</summary>
    internal const int WithAttributes1 = 1;

    /// <summary>There are attribute certificates of version 2.</summary>
    internal const int WithAttributes2 = 2;

    /// <summary>There is something of another format.</summary>
    internal const int WithOther = 3;

    /// <summary>The highest of these that an OriginatorInfo holds, or 0.</summary>
    internal static int VersionOf(ReadOnlyMemory<byte> originatorInfo) => Asn1Reader.Decode(originatorInfo, null, (ref Asn1Reader reader) =>
    {
        Asn1Reader inner = reader.ReadConstructed(Tags.Constructed(0));
        int certificates = inner.IsNext(Tags.Constructed(0)) ? VersionOf(inner.ReadList(ReadWhole, Tags.Constructed(0))) : 0;
        int crls = inner.IsNext(Tags.Constructed(1)) && HasOtherCrl(inner.ReadList(ReadWhole, Tags.Constructed(1))) ? WithOther : 0;
        inner.ThrowIfNotEmpty();
        return Math.Max(certificates, crls);
    });

    /// <summary>The highest of these that choices of certificates are, or 0.</summary>
    internal static int VersionOf(IReadOnlyList<ReadOnlyMemory<byte>> choices)
    {
        int version = 0;
        foreach (ReadOnlyMemory<byte> choice in choices)
        {
            byte tag = choice.Span[0];
            if ((tag & 0xC0) == 0x80)
                version = Math.Max(version, tag & 0x1F);
        }
        return version;
    }

    /// <summary>Whether one of these choices of revocation information is no CRL.</summary>
    internal static bool HasOtherCrl(IReadOnlyList<ReadOnlyMemory<byte>> choices)
    {
        foreach (ReadOnlyMemory<byte> choice in choices)
        {
            if (choice.Span[0] != 0x30)
                return true;
        }
        return false;
    }

    internal static ReadOnlyMemory<byte> ReadWhole(ref Asn1Reader reader) => reader.ReadEncoded();
}
