using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Numerics;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Bodies;

/// <summary>Says when to ask again.</summary>
/// <param name="Entries">One entry a request that waits.</param>
/// <remarks>RFC 9810 5.3.22: <code>PollRepContent ::= SEQUENCE OF SEQUENCE { certReqId INTEGER, checkAfter INTEGER, reason PKIFreeText OPTIONAL }</code></remarks>
public sealed record PollRepContent(IReadOnlyList<PollRepEntry> Entries) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.PollRep;

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer) => writer.WriteList(Entries);

    internal static PollRepContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded) =>
        new(reader.ReadList(PollRepEntry.Read)) { Encoded = encoded };
}

/// <summary>When to ask again for one request.</summary>
/// <param name="CertReqId">Which request; -1 for the answer as a whole.</param>
/// <param name="CheckAfter">Seconds to wait at least, of any size and sign as it came.</param>
/// <param name="Reason">Why it takes time.</param>
public sealed record PollRepEntry(int CertReqId, BigInteger CheckAfter, PkiFreeText? Reason = null) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The entry.</returns>
    public static PollRepEntry Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        int certReqId = inner.ReadInt32();
        BigInteger checkAfter = inner.ReadInteger();
        PkiFreeText? reason = inner.HasData ? PkiFreeText.Read(ref inner) : null;
        inner.ThrowIfNotEmpty();
        return new PollRepEntry(certReqId, checkAfter, reason) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(CertReqId);
            writer.WriteInteger(CheckAfter);
            Reason?.Write(writer);
        }
    }
}
