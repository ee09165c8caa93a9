using System;
using System.Collections.Generic;
using System.Linq;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography.Cng;
using Cmp.Keys;

namespace Cmp.Stores;

/// <summary>The named key of Windows that a certificate in a store is tied to, whatever provider keeps it.</summary>
internal static class LinkedKey
{
    private static readonly string[] OtherStores = ["WebHosting", "Remote Desktop"];

    /// <summary>The key, where it was made here.</summary>
    /// <param name="storage">The key storage of this computer.</param>
    /// <param name="certificate">The certificate, open still.</param>
    /// <returns>It; <see langword="null"/> where the key is another kind of key, or was not made here.</returns>
    internal static KeyReference? MadeHere(ICngStorage? storage, X509Certificate2 certificate) =>
        storage?.KeyOf(certificate) is { IsOurs: true } name ? CngReference.Of(name) : null;

    /// <summary>A certificate in a store that uses a key still: one that was renewed with its key has that in common with the one before it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="besides">The certificate that does not count, in its store, which is looked into besides those that certificates with keys are in as a rule.</param>
    /// <returns>The certificate's path; <see langword="null"/> where there is none, or the key is none of Windows.</returns>
    internal static string? UserOf(KeyReference key, StorePath? besides = null) =>
        CngPlatform.Storage is { } storage && key.Scheme == CngReference.Scheme ? UserOf(storage, CngReference.Read(key), Certificates(besides), besides) : null;

    /// <inheritdoc cref="UserOf(KeyReference, StorePath)"/>
    internal static string? UserOf(ICngStorage storage, CngName key, IEnumerable<(StorePath Place, X509Certificate2 Certificate)> certificates, StorePath? besides = null)
    {
        string? user = null;
        foreach ((StorePath place, X509Certificate2 certificate) in certificates)
        {
            using (certificate)
            {
                string path = (place with { Thumbprint = certificate.Thumbprint }).ToString();
                if (user is null && storage.KeyOf(certificate) == key && !string.Equals(path, besides?.ToString(), StringComparison.OrdinalIgnoreCase))
                    user = path;
            }
        }
        return user;
    }

    /// <summary>Deletes a key whose certificate is gone, unless another one uses it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="certificate">Where the certificate was.</param>
    /// <param name="pin">The PIN of its card, or <see langword="null"/>.</param>
    /// <returns>Who uses it; <see langword="null"/>: it is deleted.</returns>
    /// <exception cref="CmpException"><c>CmpKey.…</c>: it stays.</exception>
    internal static string? Delete(KeyReference key, StorePath certificate, SecureString? pin)
    {
        if (UserOf(key, certificate) is { } user)
            return user;
        KeyProviders.KeeperOf(key).Delete(key, pin);
        return null;
    }

    private static IEnumerable<(StorePath Place, X509Certificate2 Certificate)> Certificates(StorePath? store)
    {
        IEnumerable<StorePath> usual = new[] { StorePath.CurrentUserMy, StorePath.LocalMachineMy }.SelectMany(my => OtherStores.Select(name => my with { Name = name }).Prepend(my));
        foreach (StorePath place in store is null ? usual : usual.Append(store with { Thumbprint = null }))
        {
            X509Certificate2Collection certificates;
            try
            {
                using X509Store opened = place.OpenToRead();
                certificates = opened.Certificates;
            }
            catch (CmpException)
            {
                continue; // a store that is not there, or not ours to read, holds nothing for us
            }
            foreach (X509Certificate2 certificate in certificates)
                yield return (place, certificate);
        }
    }
}
