using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.InfoTypes;

/// <summary>Asks for the CRL of a source, if there is a newer one than is at hand.</summary>
/// <param name="Source">Which CRL.</param>
/// <param name="ThisUpdate">The thisUpdate of the one at hand; <see langword="null"/> where there is none.</param>
/// <remarks>RFC 9810 5.3.19.17: <code>CRLStatus ::= SEQUENCE { source CRLSource, thisUpdate Time OPTIONAL }</code></remarks>
public sealed record CrlStatus(CrlSource Source, DateTimeOffset? ThisUpdate = null) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static CrlStatus Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        CrlSource source = CrlSource.Read(ref inner);
        DateTimeOffset? thisUpdate = inner.HasData ? inner.ReadTime() : null;
        inner.ThrowIfNotEmpty();
        return new CrlStatus(source, thisUpdate) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override string? Describe() => Source.ToString();

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            Source.Write(writer);
            if (ThisUpdate is { } time)
                writer.WriteTime(time);
        }
    }
}
