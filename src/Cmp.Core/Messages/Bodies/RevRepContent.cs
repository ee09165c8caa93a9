using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Bodies;

/// <summary>What came of revocations: the body of rp.</summary>
/// <param name="Statuses">One entry a certificate, in the order of the request; at least one.</param>
/// <remarks>
/// RFC 9810 5.3.10, EXPLICIT TAGS:
/// <code>
/// RevRepContent ::= SEQUENCE { status SEQUENCE SIZE (1..MAX) OF PKIStatusInfo, revCerts [0] SEQUENCE SIZE (1..MAX) OF CertId OPTIONAL,
///   crls [1] SEQUENCE SIZE (1..MAX) OF CertificateList OPTIONAL }
/// </code>
/// </remarks>
public sealed record RevRepContent(IReadOnlyList<PkiStatusInfo> Statuses) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.Rp;

    /// <summary>The certificates, in the same order; empty where the CA does not repeat them.</summary>
    public IReadOnlyList<CertId> RevCerts { get; init; } = [];

    /// <summary>The CRLs that result; empty where the CA sends none.</summary>
    public IReadOnlyList<CertificateList> Crls { get; init; } = [];

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteList(Statuses);
            writer.WriteExplicitList(0, RevCerts);
            writer.WriteExplicitList(1, Crls);
        }
    }

    internal static RevRepContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded)
    {
        Asn1Reader inner = reader.ReadSequence();
        IReadOnlyList<PkiStatusInfo> statuses = inner.ReadFilledList(PkiStatusInfo.Read);
        inner.TryReadExplicit(0, (ref Asn1Reader r) => r.ReadFilledList(CertId.Read), out IReadOnlyList<CertId>? revCerts);
        inner.TryReadExplicit(1, (ref Asn1Reader r) => r.ReadFilledList(CertificateList.Read), out IReadOnlyList<CertificateList>? crls);
        inner.ThrowIfNotEmpty();
        return new RevRepContent(statuses) { RevCerts = revCerts ?? [], Crls = crls ?? [], Encoded = encoded };
    }
}
