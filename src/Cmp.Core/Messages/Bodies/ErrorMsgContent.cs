using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Bodies;

/// <summary>An error, or (with status waiting) the beginning of polling.</summary>
/// <param name="Status">Status, reasons and words.</param>
/// <param name="ErrorCode">A code of the implementation; values over 32 bits are cut to their lowest ones.</param>
/// <param name="ErrorDetails">Details in words.</param>
/// <remarks>
/// RFC 9810 5.3.21:
/// <code>ErrorMsgContent ::= SEQUENCE { pKIStatusInfo PKIStatusInfo, errorCode INTEGER OPTIONAL, errorDetails PKIFreeText OPTIONAL }</code>
/// </remarks>
public sealed record ErrorMsgContent(PkiStatusInfo Status, int? ErrorCode = null, PkiFreeText? ErrorDetails = null) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.Error;

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            Status.Write(writer);
            if (ErrorCode is { } code)
                writer.WriteInteger(code);
            ErrorDetails?.Write(writer);
        }
    }

    internal static ErrorMsgContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded)
    {
        Asn1Reader inner = reader.ReadSequence();
        PkiStatusInfo status = PkiStatusInfo.Read(ref inner);
        int? errorCode = inner.IsNext(Asn1Tag.Integer) ? (int)(long)(inner.ReadInteger() & uint.MaxValue) : null;
        PkiFreeText? details = inner.HasData ? PkiFreeText.Read(ref inner) : null;
        inner.ThrowIfNotEmpty();
        return new ErrorMsgContent(status, errorCode, details) { Encoded = encoded };
    }
}
