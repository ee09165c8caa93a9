using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Bodies;

/// <summary>A request made as PKCS #10: the body of p10cr (RFC 9810 5.1.2; rule 16).</summary>
/// <param name="Request">The request, octet by octet as it came.</param>
public sealed record P10crBody(CertificationRequest Request) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.P10cr;

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer) => Request.Write(writer);

    internal static P10crBody Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded) =>
        new(CertificationRequest.Read(ref reader)) { Encoded = encoded };
}
