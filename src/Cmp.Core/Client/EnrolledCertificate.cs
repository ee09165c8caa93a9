using System;
using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>A certificate that was enrolled, accepted and put where it belongs.</summary>
/// <param name="Installed">The certificate with its key, and where it is.</param>
/// <param name="Status">Under which status it was issued.</param>
public sealed record EnrolledCertificate(InstalledCertificate Installed, PkiStatus Status)
{
    /// <summary>The certificate as it came.</summary>
    public required Certificate Certificate { get; init; }

    /// <summary>The transaction's identifier, hexadecimal.</summary>
    public required string TransactionId { get; init; }

    /// <summary>What the enrolment is called; <see langword="null"/> where it is not remembered.</summary>
    public string? Name { get; init; }

    /// <summary>Its private key, where .NET's certificate objects cannot hold it; the caller disposes of it. Else <see langword="null"/>.</summary>
    public PrivateKey? Key { get; init; }

    /// <summary>From its issuer up to its root, as far as the certificates at hand lead.</summary>
    public IReadOnlyList<Certificate> Chain { get; init; } = [];

    /// <summary>The certificate that it took the place of, where both are in certificate stores; else <see langword="null"/>.</summary>
    public Certificate? Replaced { get; init; }

    /// <summary>Roots that the server offered; not trusted by having come (rule 31).</summary>
    public IReadOnlyList<Certificate> CaPubs { get; init; } = [];

    /// <summary>What differs from the request (rule 37).</summary>
    public IReadOnlyList<Modification> Modifications { get; init; } = [];

    /// <summary>Whether the server knows that it was accepted.</summary>
    public bool Confirmed { get; init; }

    /// <summary>Whether somebody vouches for the answer that brought it: a secret or a signer (rule 76).</summary>
    public bool Authenticated { get; init; } = true;

    /// <summary>When it should be renewed: min(30 days, a third of the lifetime) before its end.</summary>
    public DateTimeOffset RenewAfter { get; init; }

    /// <summary>What was done besides or could not be done, and does no harm; one sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What the user should know, escaped.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
