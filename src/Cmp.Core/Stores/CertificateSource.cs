using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.State;

namespace Cmp.Stores;

/// <summary>Finds the certificate that a user means: by a thumbprint, by a path of the <c>Cert:</c> drive, or in a file.</summary>
public static class CertificateSource
{
    /// <summary>Finds one certificate, with its private key where there is one.</summary>
    /// <param name="text">
    /// A thumbprint (40 hexadecimal digits; blanks and colons do not count), looked for in CurrentUser\My, then in LocalMachine\My, by SYSTEM the other way round;
    /// a path such as <c>Cert:\CurrentUser\My\0123…</c>, on every platform; or a file: PEM, DER, PKCS #12 or PKCS #7. Of several
    /// certificates in a file it is the one that a key there belongs to, else the first.
    /// </param>
    /// <param name="password">The password of the file, where it has one.</param>
    /// <param name="keyPath">The file of the private key, where it is another one, or the PKCS #11 URI of a key in a token.</param>
    /// <param name="keyPassword">The password of that file; where it is left out, <paramref name="password"/> is tried. Or the PIN of the token, in whose place nothing is tried.</param>
    /// <param name="limits">Bounds on what opening a file may cost (rule 18); <see langword="null"/> for the default.</param>
    /// <returns>The certificate. Where a key came with it, the key is known to fit (rule 19).</returns>
    /// <exception cref="CmpException">
    /// <c>CmpStore.NotFound</c>, which names what was looked for; <c>CmpStore.Unreadable</c>, <c>CmpStore.AccessDenied</c>, <c>CmpStore.Path</c>;
    /// <c>CmpPlatform.NotSupported</c>; <c>CmpKey.Mismatch</c>: the key is another certificate's; and the errors of <see cref="KeyFile.Read"/>.
    /// </exception>
    public static FoundCertificate Find(string text, SecureString? password = null, string? keyPath = null, SecureString? keyPassword = null, CmpLimits? limits = null)
    {
        PrivateKey? key = keyPath is null ? null : KeyProviders.Open(keyPath, KeyProviders.IsFile(keyPath) ? keyPassword ?? password : keyPassword, limits);
        try
        {
            if (FindInStores(text, withKey: key is null) is { } stored)
                return key is null ? stored : WithKey(stored, key);
            return FindInFile(text, password, key, limits);
        }
        catch
        {
            key?.Dispose();
            throw;
        }
    }

    /// <summary>Finds all certificates that a text names: those of a bundle in PEM, of a PKCS #7 or PKCS #12 file, or one.</summary>
    /// <param name="text">As for <see cref="Find"/>.</param>
    /// <param name="password">The password of a PKCS #12 file.</param>
    /// <returns>The certificates in their order, without private keys.</returns>
    /// <exception cref="CmpException">As <see cref="Find"/>.</exception>
    public static IReadOnlyList<X509Certificate2> FindMany(string text, SecureString? password = null)
    {
        if (FindInStores(text, withKey: false) is { } stored)
        {
            using (stored.Certificate)
                return [Open(text, stored.Certificate.RawData)];
        }
        using KeyFileContents contents = ReadFile(text, password, null, withKeys: false);
        return [.. contents.Certificates.Select(octets => Open(text, octets))];
    }

    /// <summary>Finds the certificate of an authority by its thumbprint alone.</summary>
    /// <param name="thumbprint">40 hexadecimal digits; blanks and colons do not count.</param>
    /// <returns>The certificate, from the first of LocalMachine\Root, CurrentUser\Root, LocalMachine\CA and CurrentUser\CA that has it.</returns>
    /// <exception cref="CmpException"><c>CmpStore.NotFound</c>; <c>CmpArgument.Thumbprint</c>: it is none.</exception>
    public static X509Certificate2 FindAuthority(string thumbprint)
    {
        if (!Thumbprints.TryParse(thumbprint, out string? digits))
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Thumbprint", $"'{PeerText.Escape(thumbprint)}' is no thumbprint: 40 hexadecimal digits.") { RecommendedAction = @"Read it from Cert:\LocalMachine\Root, or from the certificate." };
        foreach (string name in new[] { "Root", "CA" })
        {
            foreach (StoreLocation location in new[] { StoreLocation.LocalMachine, StoreLocation.CurrentUser })
            {
                try
                {
                    if (FindInStore(new StorePath(location, name, digits), withKey: false) is { } found)
                        return found.Certificate;
                }
                catch (CmpException e) when (e.Kind is CmpErrorKind.Store or CmpErrorKind.Platform)
                {
                    // a store that is not there, or not ours to read, holds nothing for us
                }
            }
        }
        throw new CmpException(CmpErrorKind.Store, "CmpStore.NotFound", $"There is no certificate {digits} among the roots and authorities of this computer and user.")
        {
            RecommendedAction = @"Put it into Cert:\LocalMachine\Root or Cert:\LocalMachine\CA, or give the server its anchors with Register-CmpServer -TrustAnchor.",
        };
    }

    /// <summary>Whether a text names a file, being neither a thumbprint nor a path of the <c>Cert:</c> drive.</summary>
    /// <param name="text">As for <see cref="Find"/>.</param>
    /// <returns>True where <see cref="Find"/> takes it for a file, whether or not there is one.</returns>
    public static bool IsFile(string text) => !IsInDrive(text) && !StorePath.TryParse(text, out _) && !Thumbprints.TryParse(text, out _);

    /// <summary>The store of this user or computer that a certificate is in, or <see langword="null"/>.</summary>
    internal static StorePath? PlaceOf(string thumbprint) => SearchStores(thumbprint, withKey: false)?.Store;

    /// <summary>Finds a certificate by its thumbprint in a store that is open.</summary>
    internal static X509Certificate2? FindIn(X509Store store, StorePath path)
    {
        if (StoreFolder.TryFind(path, out X509Certificate2? found))
            return found;
        foreach (X509Certificate2 certificate in CertificatesOf(store, path))
        {
            if (found is null && string.Equals(certificate.Thumbprint, path.Thumbprint, StringComparison.OrdinalIgnoreCase))
                found = certificate;
            else
                certificate.Dispose();
        }
        return found;
    }

    /// <summary>All certificates of a store that is open. On Unix only this, and not its opening, tells that it may not be read.</summary>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>, <c>CmpStore.Unreadable</c>.</exception>
    internal static X509Certificate2Collection CertificatesOf(X509Store store, StorePath path)
    {
        try
        {
            return store.Certificates;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw StoreErrors.Of(path, e);
        }
    }

    /// <summary>A certificate of its octets, without anything else that .NET would look for in them.</summary>
    internal static X509Certificate2 Open(string name, byte[] octets)
    {
        try
        {
            Certificate.Decode(octets);
            return new X509Certificate2(octets);
        }
        catch (Exception e) when (e is CryptographicException or CmpException)
        {
            throw StoreErrors.Unreadable(name, $"holds a certificate that is damaged: {e.Message}", e);
        }
    }

    /// <summary>Reads the certificate of a file, and its key where none is given.</summary>
    internal static FoundCertificate FindInFile(string path, SecureString? password, PrivateKey? key, CmpLimits? limits)
    {
        using KeyFileContents contents = ReadFile(path, password, limits, withKeys: key is null);
        (byte[] octets, PrivateKey? own) = Choose(contents, key);
        X509Certificate2 bare = Open(path, octets);
        var found = new FoundCertificate(own is null ? bare : Bind(bare, own), own)
        {
            Chain = [.. contents.Certificates.Where(other => !ReferenceEquals(other, octets)).Select(other => Open(path, other))],
            File = FileStamp.Of(path),
        };
        if (own is not null)
            contents.Release(own);
        return found;
    }

    /// <summary>The certificate that a key belongs to, the one given or one of the file's; else the first, and let the check of it say what is wrong.</summary>
    private static (byte[] Certificate, PrivateKey? Key) Choose(KeyFileContents contents, PrivateKey? given)
    {
        IReadOnlyList<PrivateKey> keys = given is null ? contents.Keys : [given];
        foreach (PrivateKey key in keys)
        {
            if (contents.Certificates.FirstOrDefault(octets => Fits(key, octets)) is { } octets)
                return (octets, key);
        }
        return (contents.Certificates[0], keys.FirstOrDefault());
    }

    private static bool Fits(PrivateKey key, byte[] octets)
    {
        try
        {
            return Certificate.Decode(octets).PublicKey.Key.Span.SequenceEqual(key.PublicKey.Key.Span);
        }
        catch (CmpException)
        {
            return false;
        }
    }

    internal static X509Certificate2 Bind(X509Certificate2 bare, PrivateKey key)
    {
        using (bare)
        {
            var certificate = Certificate.From(bare);
            key.EnsureFits(certificate.PublicKey);
            // a key that .NET cannot hold stays beside the certificate
            return key.CanBeAttachedTo(certificate) ? key.AttachTo(bare) : new X509Certificate2(bare.RawData);
        }
    }

    private static FoundCertificate WithKey(FoundCertificate found, PrivateKey key)
    {
        using (found.Certificate)
            return new FoundCertificate(Bind(found.Certificate, key), key) { Store = found.Store };
    }

    /// <summary>Looks into stores where the text names one, or is a thumbprint.</summary>
    private static FoundCertificate? FindInStores(string text, bool withKey)
    {
        if (StorePath.TryParse(text, out StorePath? path))
        {
            if (path.Thumbprint is null)
            {
                throw new CmpException(CmpErrorKind.Argument, "CmpStore.Path", $"'{PeerText.Escape(text)}' is a store and not a certificate.")
                {
                    RecommendedAction = @"Add the thumbprint, as in Cert:\CurrentUser\My\0123….",
                };
            }
            return FindInStore(path, withKey) ?? throw StoreErrors.NotFound(path.Thumbprint, path.Store);
        }
        if (IsInDrive(text))
            throw BadPath(text);
        if (!Thumbprints.TryParse(text, out string? thumbprint))
            return null;
        FoundCertificate? found = SearchStores(thumbprint, withKey);
        if (found is null && !File.Exists(text))
            throw StoreErrors.NotFound(thumbprint, @"CurrentUser\My or LocalMachine\My");
        return found;
    }

    private static bool IsInDrive(string text) => text.TrimStart().StartsWith("Cert:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Looks where certificates of one's own are; one with a private key wins.</summary>
    private static FoundCertificate? SearchStores(string thumbprint, bool withKey)
    {
        FoundCertificate? found = null;
        foreach (StorePath store in OwnStores.Searched(RunningAccount.Default))
        {
            FoundCertificate? candidate = null;
            try
            {
                candidate = FindInStore(store with { Thumbprint = thumbprint }, withKey);
            }
            catch (CmpException e) when (e.Kind is CmpErrorKind.Store or CmpErrorKind.Platform)
            {
                // a store that is not there, or not ours to read, holds nothing for us
            }
            if (candidate is { Certificate.HasPrivateKey: true })
                return candidate;
            found ??= candidate;
        }
        return found;
    }

    private static CmpException BadPath(string text) => new(CmpErrorKind.Argument, "CmpStore.Path", $"'{PeerText.Escape(text)}' is no path of a certificate.")
    {
        RecommendedAction = @"Write it as Cert:\CurrentUser\My\0123….",
    };

    private static FoundCertificate? FindInStore(StorePath path, bool withKey)
    {
        using X509Store store = path.OpenToRead();
        return FindIn(store, path) is { } certificate
            ? new FoundCertificate(certificate, withKey ? PrivateKey.Of(certificate) : null) { Store = path }
            : null;
    }

    private static KeyFileContents ReadFile(string path, SecureString? password, CmpLimits? limits, bool withKeys)
    {
        KeyFileContents contents;
        try
        {
            contents = KeyFileContents.Read(path, password, limits, withKeys);
        }
        catch (CmpException e) when (e.ErrorId == "CmpKey.Unreadable")
        {
            throw new CmpException(CmpErrorKind.Store, "CmpStore.Unreadable", e.Message, e) { RecommendedAction = e.RecommendedAction };
        }
        if (contents.Certificates.Count > 0)
            return contents;
        contents.Dispose();
        throw StoreErrors.Unreadable(path, "holds no certificate.");
    }
}
