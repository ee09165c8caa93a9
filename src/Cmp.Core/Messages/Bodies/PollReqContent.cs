using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Bodies;

/// <summary>Asks whether an answer is ready.</summary>
/// <param name="CertReqIds">The requests that wait; -1 for the answer as a whole.</param>
/// <remarks>RFC 9810 5.3.22: <code>PollReqContent ::= SEQUENCE OF SEQUENCE { certReqId INTEGER }</code></remarks>
public sealed record PollReqContent(IReadOnlyList<int> CertReqIds) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.PollReq;

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            foreach (int id in CertReqIds)
            {
                using (writer.PushSequence())
                    writer.WriteInteger(id);
            }
        }
    }

    internal static PollReqContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded)
    {
        IReadOnlyList<int> ids = reader.ReadList((ref Asn1Reader r) =>
        {
            Asn1Reader inner = r.ReadSequence();
            int id = inner.ReadInt32();
            inner.ThrowIfNotEmpty();
            return id;
        });
        return new PollReqContent(ids) { Encoded = encoded };
    }
}
