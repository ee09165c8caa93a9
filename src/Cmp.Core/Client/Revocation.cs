using System;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Client;

/// <summary>What became of one certificate that was to be revoked.</summary>
public sealed record Revocation
{
    /// <summary>The certificate, where it was at hand.</summary>
    public Certificate? Certificate { get; init; }

    /// <summary>Who issued it, where that is known.</summary>
    public Name? Issuer { get; init; }

    /// <summary>Its serial number, hexadecimal, where that is known.</summary>
    public string? SerialNumber { get; init; }

    /// <summary>Whose it is, where that is known.</summary>
    public Name? Subject { get; init; }

    /// <summary>The reason that was given.</summary>
    public RevocationReason? Reason { get; init; }

    /// <summary>What the server says: accepted, rejection, waiting, or one of the other statuses of RFC 9810 5.2.3.</summary>
    public required PkiStatus Status { get; init; }

    /// <summary>The server's refusal; <see langword="null"/> where it did not refuse.</summary>
    public CmpServerException? Error { get; init; }

    /// <summary>The CRL of the certificate's issuer that came with the answer, or <see langword="null"/>.</summary>
    public Crl? Crl { get; init; }

    /// <summary>The transaction, hexadecimal: by it a pending one is found again.</summary>
    public required string TransactionId { get; init; }

    /// <summary>When the server may be asked again, where <see cref="Status"/> is waiting.</summary>
    public DateTimeOffset? WaitingUntil { get; init; }

    /// <summary>Whether it is revoked now, or about to be: the server said no.</summary>
    public bool IsRevoked => Error is null && Status != PkiStatus.Waiting;

    internal static string? Text(ReadOnlyMemory<byte>? serialNumber) => serialNumber is { } octets ? Hex.Of(octets.Span) : null;
}
