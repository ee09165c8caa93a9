using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Bodies;

/// <summary>Says which certificates are accepted; what is not named is refused.</summary>
/// <param name="Statuses">One entry a certificate.</param>
/// <remarks>RFC 9810 5.3.18: <code>CertConfirmContent ::= SEQUENCE OF CertStatus</code></remarks>
public sealed record CertConfirmContent(IReadOnlyList<CertStatus> Statuses) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.CertConf;

    /// <inheritdoc/>
    public override bool NeedsPvno3 => Statuses.Any(status => status.HashAlg is not null);

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer) => writer.WriteList(Statuses);

    internal static CertConfirmContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded) =>
        new(reader.ReadList(CertStatus.Read)) { Encoded = encoded };
}
