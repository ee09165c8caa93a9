using System;
using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;

namespace Cmp.Client;

/// <summary>A certificate that is to be revoked, named in one of three ways, and why (rule 15).</summary>
public sealed record RevocationRequest
{
    /// <summary>The certificate itself.</summary>
    public Certificate? Certificate { get; init; }

    /// <summary>Who issued it; together with <see cref="SerialNumber"/>, where the certificate is not at hand.</summary>
    public Name? Issuer { get; init; }

    /// <summary>Its serial number: the content octets of the INTEGER, as in <see cref="Certificate.SerialNumber"/>.</summary>
    public ReadOnlyMemory<byte>? SerialNumber { get; init; }

    /// <summary>The PKCS #10 request that it was issued for: its subject and its key name it, where the server knows it by those.</summary>
    public CertificationRequest? Pkcs10 { get; init; }

    /// <summary>Why; <see langword="null"/>: what the server's preset says, which is nothing, or 0 where it demands a reason. <see cref="RevocationReason.RemoveFromCrl"/> lifts a hold.</summary>
    public RevocationReason? Reason { get; init; }

    /// <summary>Since when the certificate, or its key, is not to be believed (RFC 5280 5.3.2); <see langword="null"/>: it is not said.</summary>
    public DateTimeOffset? InvalidityDate { get; init; }

    /// <summary>
    /// The certificate as an object with its private key: it signs the request itself then, as RFC 9483 4.2 wants, unless the settings name another
    /// protection. <see langword="null"/>: the credential of the server's settings protects it.
    /// </summary>
    public X509Certificate2? Signer { get; init; }

    /// <summary>The private key of <see cref="Signer"/> where its object does not hold it.</summary>
    public PrivateKey? SignerKey { get; init; }

    /// <summary>The file of that key, where it is not the certificate's own: another process opens it there.</summary>
    public string? SignerKeyPath { get; init; }

    /// <summary>The chain of <see cref="Signer"/>, sent with it.</summary>
    public IReadOnlyList<Certificate> SignerChain { get; init; } = [];
}
