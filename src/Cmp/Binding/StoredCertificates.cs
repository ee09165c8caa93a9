using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Binding;

/// <summary>What Tab shows of the certificates in a store.</summary>
internal static class StoredCertificates
{
    /// <summary>Thumbprint, and subject with end, of each; none where the store cannot be read, so that it hides no other one.</summary>
    internal static IReadOnlyList<(string Thumbprint, string Text)> In(StoreName name, StoreLocation location)
    {
        var found = new List<(string Thumbprint, string Text)>();
        try
        {
            using var store = new X509Store(name, location);
            store.Open(OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
            foreach (X509Certificate2 certificate in store.Certificates)
            {
                using (certificate)
                    found.Add((certificate.Thumbprint, $"{PeerText.Escape(certificate.Subject)}, until {certificate.NotAfter:d}"));
            }
        }
        catch (Exception e) when (e is CryptographicException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // Tab has nobody to tell
        }
        return found;
    }
}
