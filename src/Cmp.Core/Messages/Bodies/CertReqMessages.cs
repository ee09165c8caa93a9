using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;

namespace Cmp.Messages.Bodies;

/// <summary>Requests for certificates: the body of ir, cr, kur, krr and ccr.</summary>
/// <remarks>RFC 4211 3: <code>CertReqMessages ::= SEQUENCE SIZE (1..MAX) OF CertReqMsg</code></remarks>
public sealed record CertReqMessages : PkiBody
{
    /// <summary>Makes one.</summary>
    /// <param name="type">Ir, Cr, Kur, Krr or Ccr.</param>
    /// <param name="requests">The requests, at least one.</param>
    public CertReqMessages(PkiBodyType type, IReadOnlyList<CertReqMsg> requests)
    {
        Type = type;
        Requests = requests;
    }

    /// <inheritdoc/>
    public override PkiBodyType Type { get; }

    /// <summary>The requests.</summary>
    public IReadOnlyList<CertReqMsg> Requests { get; }

    /// <inheritdoc/>
    /// <remarks>A request for keys of before names none, and asks for none to be made: its answer may be in either form.</remarks>
    public override bool NeedsPvno3 => Requests.Any(request => Type == PkiBodyType.Krr ? request.HasCmp2021Syntax : request.NeedsPvno3);

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer) => writer.WriteList(Requests);

    internal static CertReqMessages Read(ref Asn1Reader reader, PkiBodyType type, ReadOnlyMemory<byte> encoded)
    {
        IReadOnlyList<CertReqMsg> requests = reader.ReadList(CertReqMsg.Read);
        if (requests.Count == 0)
            throw reader.Malformed("CertReqMessages without a request");
        return new CertReqMessages(type, requests) { Encoded = encoded };
    }
}
