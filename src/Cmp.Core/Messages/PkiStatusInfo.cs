using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages;

/// <summary>A status with the server's words and reasons.</summary>
/// <param name="Status">The status; a value without a name stays the number it is.</param>
/// <param name="StatusString">The server's words.</param>
/// <param name="FailInfo">The reasons of a refusal; <see langword="null"/> where absent.</param>
/// <remarks>
/// RFC 9810 5.2.3:
/// <code>PKIStatusInfo ::= SEQUENCE { status PKIStatus, statusString PKIFreeText OPTIONAL, failInfo PKIFailureInfo OPTIONAL }</code>
/// </remarks>
public sealed record PkiStatusInfo(PkiStatus Status, PkiFreeText? StatusString = null, FailInfo? FailInfo = null) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The status.</returns>
    public static PkiStatusInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        var status = (PkiStatus)inner.ReadInt32();
        PkiFreeText? texts = inner.IsNext(Asn1Tag.Sequence) ? PkiFreeText.Read(ref inner) : null;
        FailInfo? failInfo = inner.IsNext(Asn1Tag.PrimitiveBitString) ? (FailInfo)inner.ReadNamedBits() : null;
        inner.ThrowIfNotEmpty();
        return new PkiStatusInfo(status, texts, failInfo) { Encoded = encoded };
    }

    /// <summary>A refusal.</summary>
    /// <param name="failInfo">Why.</param>
    /// <param name="text">The reason in words, or <see langword="null"/>.</param>
    /// <returns>The status.</returns>
    public static PkiStatusInfo Rejection(FailInfo failInfo, string? text = null) =>
        new(PkiStatus.Rejection, text is null ? null : new PkiFreeText([text]), failInfo);

    /// <inheritdoc/>
    protected override string? Describe() => FailInfo is { } bits and not Messages.FailInfo.None
        ? $"{PkiStatusNames.Of(Status)} ({string.Join(", ", FailInfoNames.Of(bits))})"
        : PkiStatusNames.Of(Status);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger((int)Status);
            StatusString?.Write(writer);
            if (FailInfo is { } bits)
                writer.WriteNamedBits((uint)bits);
        }
    }
}
