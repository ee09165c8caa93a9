using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Bodies;

/// <summary>Answers to requests for certificates: the body of ip, cp, kup and ccp.</summary>
/// <remarks>
/// RFC 9810 5.3.4, EXPLICIT TAGS:
/// <code>
/// CertRepMessage ::= SEQUENCE { caPubs [1] SEQUENCE SIZE (1..MAX) OF CMPCertificate OPTIONAL, response SEQUENCE OF CertResponse }
/// </code>
/// </remarks>
public sealed record CertRepMessage : PkiBody
{
    /// <summary>Makes one.</summary>
    /// <param name="type">Ip, Cp, Kup or Ccp.</param>
    /// <param name="responses">One answer a request.</param>
    public CertRepMessage(PkiBodyType type, IReadOnlyList<CertResponse> responses)
    {
        Type = type;
        Responses = responses;
    }

    /// <inheritdoc/>
    public override PkiBodyType Type { get; }

    /// <summary>The answers.</summary>
    public IReadOnlyList<CertResponse> Responses { get; }

    /// <summary>Certificates that the CA offers as roots; believed only under the conditions of rule 31.</summary>
    public IReadOnlyList<Certificate> CaPubs { get; init; } = [];

    /// <inheritdoc/>
    public override bool NeedsPvno3 => Responses.Any(response => response.CertifiedKeyPair is { NeedsPvno3: true });

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteExplicitList(1, CaPubs);
            writer.WriteList(Responses);
        }
    }

    internal static CertRepMessage Read(ref Asn1Reader reader, PkiBodyType type, ReadOnlyMemory<byte> encoded)
    {
        Asn1Reader inner = reader.ReadSequence();
        inner.TryReadExplicit(1, (ref Asn1Reader r) => r.ReadFilledList(Certificate.Read), out IReadOnlyList<Certificate>? caPubs);
        IReadOnlyList<CertResponse> responses = inner.ReadList(CertResponse.Read);
        inner.ThrowIfNotEmpty();
        return new CertRepMessage(type, responses) { CaPubs = caPubs ?? [], Encoded = encoded };
    }
}
