using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp;

/// <summary>The certificate that signs, with the key that a file holds where the certificate does not bring it.</summary>
internal sealed record ClientIdentity(X509Certificate2 Certificate, PrivateKey? Key, IReadOnlyList<Certificate>? Chain)
{
    private static readonly ConditionalWeakTable<X509Certificate2, IReadOnlyList<Certificate>> Chains = new();

    internal static ClientIdentity Open(X509Certificate2 certificate, string? keyPath, SecureString? keyPassword) =>
        new(certificate, keyPath is null ? KeyBeside.Of(certificate) : KeyProviders.Open(keyPath, keyPassword), ChainOf(certificate));

    /// <summary>The chain that lies beside the certificate where it is kept, or that came with it.</summary>
    internal static IReadOnlyList<Certificate>? ChainOf(X509Certificate2 certificate)
    {
        if (FoundCertificate.Of(certificate) is { Chain.Count: > 0 } found)
            return found.Chain.Select(Messages.Pkix.Certificate.From).ToList();
        return Chains.TryGetValue(certificate, out IReadOnlyList<Certificate>? chain) ? chain : null;
    }

    /// <summary>Remembers with which chain a certificate was issued, as long as its object lives: it may sign requests of its own.</summary>
    internal static void Remember(X509Certificate2 certificate, IReadOnlyList<Certificate> chain)
    {
        Chains.Remove(certificate);
        Chains.Add(certificate, chain);
    }
}
