using System;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp;

/// <summary>A certificate that a CRL says is revoked.</summary>
public sealed class CmpCrlEntry
{
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: its extensions cannot be read.</exception>
    internal CmpCrlEntry(RevokedCertificate entry)
    {
        SerialNumber = Hex.Of(entry.SerialNumber.Span);
        RevocationDate = entry.RevocationDate.LocalDateTime;
        Reason = entry.Reason;
        InvalidityDate = entry.InvalidityDate?.LocalDateTime;
    }

    /// <summary>The serial number in hexadecimal digits, as an X509Certificate2 has it.</summary>
    public string SerialNumber { get; }

    /// <summary>Since when it is revoked, local time.</summary>
    public DateTime RevocationDate { get; }

    /// <summary>Why; <see langword="null"/> where no reason is given.</summary>
    public RevocationReason? Reason { get; }

    /// <summary>Since when its key is known or thought to be in wrong hands, local time; <see langword="null"/> where nothing is said.</summary>
    public DateTime? InvalidityDate { get; }

    /// <summary>The serial number.</summary>
    /// <returns>Hexadecimal digits.</returns>
    public override string ToString() => SerialNumber;
}
