using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>Extensions of the entries of a CRL, made and read; a request for revocation holds the same.</summary>
public static class CrlExtensions
{
    /// <summary>A reasonCode (RFC 5280 5.3.1).</summary>
    /// <param name="reason">Why.</param>
    /// <returns>The extension.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.RevocationReason</c>: the reason does not exist.</exception>
    public static Extension Reason(RevocationReason reason)
    {
        if (!Enum.IsDefined(typeof(RevocationReason), reason))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.RevocationReason", $"There is no revocation reason {(int)reason}.")
            {
                RecommendedAction = $"Take one of these: {string.Join(", ", Enum.GetNames(typeof(RevocationReason)))}.",
            };
        }
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteEnumeratedValue(reason);
        return new Extension(Oids.ReasonCode, Critical: false, writer.Encode());
    }

    /// <summary>An invalidityDate (RFC 5280 5.3.2).</summary>
    /// <param name="time">Since when the certificate is not to be relied on.</param>
    /// <returns>The extension.</returns>
    public static Extension InvalidityDate(DateTimeOffset time)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteWholeSeconds(time);
        return new Extension(Oids.InvalidityDate, Critical: false, writer.Encode());
    }

    internal static IReadOnlyList<Extension> OfEntry(RevocationReason? reason, DateTimeOffset? invalidityDate)
    {
        var extensions = new List<Extension>();
        if (reason is { } why)
            extensions.Add(Reason(why));
        if (invalidityDate is { } since)
            extensions.Add(InvalidityDate(since));
        return extensions;
    }

    internal static RevocationReason? ReadReason(IReadOnlyList<Extension> extensions) =>
        Find(extensions, Oids.ReasonCode) is { } extension
            ? (RevocationReason)Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) => reader.ReadInt32(Asn1Tag.Enumerated))
            : null;

    internal static DateTimeOffset? ReadInvalidityDate(IReadOnlyList<Extension> extensions) =>
        Find(extensions, Oids.InvalidityDate) is { } extension
            ? Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) => reader.ReadGeneralizedTime())
            : null;

    internal static Extension? Find(IReadOnlyList<Extension> extensions, string oid)
    {
        foreach (Extension extension in extensions)
        {
            if (extension.Oid == oid)
                return extension;
        }
        return null;
    }
}
