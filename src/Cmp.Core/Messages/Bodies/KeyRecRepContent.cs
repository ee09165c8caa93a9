using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Bodies;

/// <summary>Keys that a CA had kept: the body of krp.</summary>
/// <param name="Status">What came of the request.</param>
/// <remarks>
/// RFC 9810 5.3.8, EXPLICIT TAGS:
/// <code>
/// KeyRecRepContent ::= SEQUENCE { status PKIStatusInfo, newSigCert [0] CMPCertificate OPTIONAL,
///   caCerts [1] SEQUENCE SIZE (1..MAX) OF CMPCertificate OPTIONAL, keyPairHist [2] SEQUENCE SIZE (1..MAX) OF CertifiedKeyPair OPTIONAL }
/// </code>
/// </remarks>
public sealed record KeyRecRepContent(PkiStatusInfo Status) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.Krp;

    /// <summary>The latest certificate for signatures; <see langword="null"/> where absent.</summary>
    public Certificate? NewSigCert { get; init; }

    /// <summary>Certificates of CAs; empty where there are none.</summary>
    public IReadOnlyList<Certificate> CaCerts { get; init; } = [];

    /// <summary>The keys with their certificates; empty where there are none.</summary>
    public IReadOnlyList<CertifiedKeyPair> KeyPairHist { get; init; } = [];

    /// <inheritdoc/>
    public override bool NeedsPvno3 => KeyPairHist.Any(pair => pair.NeedsPvno3);

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            Status.Write(writer);
            writer.WriteExplicit(0, NewSigCert);
            writer.WriteExplicitList(1, CaCerts);
            writer.WriteExplicitList(2, KeyPairHist);
        }
    }

    internal static KeyRecRepContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded)
    {
        Asn1Reader inner = reader.ReadSequence();
        PkiStatusInfo status = PkiStatusInfo.Read(ref inner);
        inner.TryReadExplicit(0, Certificate.Read, out Certificate? newSigCert);
        inner.TryReadExplicit(1, (ref Asn1Reader r) => r.ReadFilledList(Certificate.Read), out IReadOnlyList<Certificate>? caCerts);
        inner.TryReadExplicit(2, (ref Asn1Reader r) => r.ReadFilledList(CertifiedKeyPair.Read), out IReadOnlyList<CertifiedKeyPair>? history);
        inner.ThrowIfNotEmpty();
        return new KeyRecRepContent(status) { NewSigCert = newSigCert, CaCerts = caCerts ?? [], KeyPairHist = history ?? [], Encoded = encoded };
    }
}
