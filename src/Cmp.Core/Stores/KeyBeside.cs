using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;

namespace Cmp.Stores;

/// <summary>The keys of certificates whose objects cannot hold them: as they were issued here, or found in their files.</summary>
public static class KeyBeside
{
    private static readonly ConditionalWeakTable<X509Certificate2, PrivateKey> Keys = new();

    /// <summary>Remembers the key of a certificate, as long as its object lives.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="key">Its key. It belongs to whoever has it.</param>
    public static void Remember(X509Certificate2 certificate, PrivateKey key)
    {
        Keys.Remove(certificate);
        Keys.Add(certificate, key);
    }

    /// <summary>Finds the key of a certificate whose object has none.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <returns>The key, which belongs to whoever has it; <see langword="null"/> where the object holds it, or none is known.</returns>
    public static PrivateKey? Of(X509Certificate2 certificate) => certificate.HasPrivateKey ? null
        : Keys.TryGetValue(certificate, out PrivateKey? key) ? key
        : FoundCertificate.Of(certificate)?.Key;
}
