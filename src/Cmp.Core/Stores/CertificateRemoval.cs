using System;
using System.IO;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography.Cng;
using Cmp.Keys;
using Cmp.State;

namespace Cmp.Stores;

/// <summary>Puts away a certificate that another one took the place of.</summary>
public static class CertificateRemoval
{
    /// <summary>Does with an old certificate what was asked for, in the store or the file that it was found in.</summary>
    /// <param name="old">
    /// The certificate, as <see cref="CertificateSource"/> found it or a <see cref="CertificateDestination"/> installed it; one from elsewhere is
    /// looked for in CurrentUser\My and LocalMachine\My.
    /// </param>
    /// <param name="action">What was asked for.</param>
    /// <param name="replacement">The thumbprint of the one in its place, which an archived one refers to; <see langword="null"/>: none.</param>
    /// <returns>
    /// A sentence for people on what was done, or why not: only the stores of Windows archive; what is not found is not removed; a file that was
    /// written since it was read stays, for it may hold the new certificate; so do a file of its own that a key is in, and a key container of
    /// Windows, for another certificate may use them. <see langword="null"/> where there is nothing to say.
    /// </returns>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>, <c>CmpStore.Unreadable</c>, <c>CmpStore.Unwritable</c>.</exception>
    public static string? Retire(X509Certificate2 old, OldCertificateAction action, string? replacement = null)
    {
        if (action == OldCertificateAction.Keep)
            return null;
        FoundCertificate? found = FoundCertificate.Of(old);
        StorePath? place = found is null ? CertificateSource.PlaceOf(old.Thumbprint) : found.Store;
        if (action == OldCertificateAction.Archive)
        {
            if (found?.File is { IsUnchanged: false } replaced)
                return $"The old certificate is no longer in '{PeerText.Escape(replaced.Path)}': the file was written since.";
            return Platform.IsWindows && place is not null
                ? $"The old certificate is archived in {Change(place, (_, certificate) => Archive(certificate, replacement))}."
                : "The old certificate stays as it is: only the stores of Windows archive certificates.";
        }
        if (place is not null)
            return $"The old certificate is removed from {Change(place, (store, certificate) => store.Remove(certificate))}.";
        if (found?.File is not { } file)
            return "The old certificate was not removed: it is in no store of this computer or user.";
        if (!file.IsUnchanged)
            return $"'{PeerText.Escape(file.Path)}' stays: it was written since the old certificate was read.";
        Delete(file.Path);
        return $"The old certificate is removed with '{PeerText.Escape(file.Path)}'.";
    }

    private static void Archive(X509Certificate2 certificate, string? replacement)
    {
        if (!Platform.IsWindows)
            return;
        if (replacement is not null)
            RenewalLink.Set(certificate, replacement);
        certificate.Archived = true;
    }

    /// <summary>Removes a certificate from its store, and on Windows the key that was made for it there, where no other one uses it.</summary>
    /// <param name="place">The store, and which certificate.</param>
    /// <param name="pin">The PIN of the card that keeps the key, or <see langword="null"/>.</param>
    /// <returns>A sentence for people.</returns>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>, <c>CmpStore.Unreadable</c>; <c>CmpKey.Failed</c>: the certificate is gone, and its key stays.</exception>
    internal static string RemoveWithKey(StorePath place, SecureString? pin)
    {
        using X509Store store = place.Open(OpenFlags.ReadWrite | OpenFlags.IncludeArchived);
        using X509Certificate2? certificate = CertificateSource.FindIn(store, place);
        if (certificate is null)
            return $"The certificate was no longer in {place.Store}.";
        try
        {
            KeyReference? key = LinkedKey.MadeHere(CngPlatform.Storage, certificate);
            store.Remove(certificate);
            return key is not null && LinkedKey.Delete(key, place, pin) is { } user
                ? $"The certificate is removed from {place.Store}. Its key stays: {user} uses it too."
                : $"The certificate is removed from {place.Store}.";
        }
        catch (Exception e)
        {
            throw StoreErrors.Of(place, e);
        }
    }

    /// <summary>Does something to a certificate in its store.</summary>
    private static string Change(StorePath place, Action<X509Store, X509Certificate2> change)
    {
        using X509Store store = place.Open(OpenFlags.ReadWrite | OpenFlags.IncludeArchived);
        using X509Certificate2? certificate = CertificateSource.FindIn(store, place);
        if (certificate is null)
            return place.Store;
        try
        {
            change(store, certificate);
            return place.Store;
        }
        catch (Exception e)
        {
            throw StoreErrors.Of(place, e);
        }
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Unwritable(path, e);
        }
    }
}
