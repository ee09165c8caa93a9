using System;
using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;

namespace Cmp.Tests.Cryptography;

/// <summary>What a certificate of the tests says.</summary>
internal sealed record TestProfile
{
    internal static readonly TestProfile Leaf = new() { KeyUsage = X509KeyUsageFlags.DigitalSignature };

    internal static readonly TestProfile CA = new() { IsCA = true, KeyUsage = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign };

    /// <summary>basicConstraints; <see langword="null"/>: the extension is absent.</summary>
    internal bool? IsCA { get; init; }

    internal int? PathLength { get; init; }

    internal X509KeyUsageFlags? KeyUsage { get; init; }

    internal DateTimeOffset NotBefore { get; init; } = TestCertificate.Now.AddYears(-1);

    internal DateTimeOffset NotAfter { get; init; } = TestCertificate.Now.AddYears(1);

    /// <summary>The key that is certified; one of its own where <see langword="null"/>.</summary>
    internal PrivateKey? Key { get; init; }

    internal IReadOnlyList<X509Extension> Extensions { get; init; } = [];

    /// <summary>Whether the certificate has key identifiers.</summary>
    internal bool KeyIdentifiers { get; init; } = true;

    internal string? HashName { get; init; }
}
