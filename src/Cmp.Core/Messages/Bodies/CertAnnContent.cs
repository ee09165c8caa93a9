using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Bodies;

/// <summary>Announces a certificate: the body of cann.</summary>
/// <param name="Certificate">The certificate.</param>
/// <remarks>RFC 9810 5.3.14: <code>CertAnnContent ::= CMPCertificate</code></remarks>
public sealed record CertAnnContent(Certificate Certificate) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.Cann;

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer) => Certificate.Write(writer);

    internal static CertAnnContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded) =>
        new(Certificate.Read(ref reader)) { Encoded = encoded };
}
