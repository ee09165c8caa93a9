using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Bodies;

/// <summary>Announces CRLs: the body of crlann.</summary>
/// <param name="Crls">The CRLs.</param>
/// <remarks>RFC 9810 5.3.16: <code>CRLAnnContent ::= SEQUENCE OF CertificateList</code></remarks>
public sealed record CrlAnnContent(IReadOnlyList<CertificateList> Crls) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.Crlann;

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer) => writer.WriteList(Crls);

    internal static CrlAnnContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded) =>
        new(reader.ReadList(CertificateList.Read)) { Encoded = encoded };
}
