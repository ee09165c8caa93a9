using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.State;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>Removes what an enrolment left behind: its certificate with the key, and what is remembered of it. The CA is not told: nothing is revoked.</summary>
public static class EnrollmentRemoval
{
    /// <summary>Removes the certificate from its store and its files, its key where that was made for it, and then the record.</summary>
    /// <param name="store">Where it is remembered.</param>
    /// <param name="record">The enrolment.</param>
    /// <param name="password">The password of its file, where it has one; it is no PIN.</param>
    /// <param name="pin">The PIN of the token that keeps its key; it opens no file. Without it the file that the record names is read.</param>
    /// <returns>
    /// A sentence each on what was done, and on what stays: a file that holds another certificate or key by now, a file of its own that the user
    /// named for the key, and a key that another enrolment or certificate uses.
    /// </returns>
    /// <exception cref="CmpException">
    /// <c>CmpStore.AccessDenied</c>, <c>CmpStore.Unreadable</c>, <c>CmpStore.Unwritable</c>; <c>CmpKey.PasswordRequired</c>: what is in its file cannot
    /// be seen; <c>CmpKey.PinRequired</c>, <c>CmpKey.Pin</c>, <c>CmpKey.PinSource</c>, <c>CmpKey.PinTries</c>, <c>CmpKey.Locked</c>, <c>CmpKey.Failed</c>: its key stays. As far as it can be known
    /// before, everything stays then, and the record always.
    /// </exception>
    public static IReadOnlyList<string> Remove(EnrollmentStore store, EnrollmentRecord record, SecureString? password = null, SecureString? pin = null)
    {
        // what could refuse is asked before anything goes
        store.Enrollments.EnsureForgettable(record.Name);
        var done = new List<string>();
        if (record.Destination.Store is { } place)
            EnsureWritable(place);
        IReadOnlyList<string> files = record.Destination.Path is { } path ? FilesOf(store, path, record, password, done) : [];
        foreach (string file in files)
            AtomicFile.EnsureWritable(file, overwrite: true);
        // a key may want its PIN; and a certificate without one does no harm
        if (record.KeyReference is { } kept)
        {
            if (KeyUsers.Of(store, kept, IsThis, OwnPlace(record)) is { } user)
            {
                done.Add($"The key {kept} stays: {user} uses it too.");
            }
            else
            {
                store.KeeperOf(kept).Delete(kept, pin);
                done.Add($"The key {kept} is deleted.");
            }
        }
        if (record.Destination.Store is not null)
            done.Add(CertificateRemoval.RemoveWithKey(OwnPlace(record)!, pin));
        foreach (string file in files)
        {
            Delete(file);
            done.Add($"'{PeerText.Escape(file)}' is removed.");
        }
        if (record.KeyPath is { } key)
            done.Add(KeyProviders.IsFile(key) ? $"'{PeerText.Escape(key)}' stays: the key in it was there before." : $"The key {PeerText.Escape(key)} stays: it was there before.");
        store.Enrollments.Forget(record.Name);
        return done;

        bool IsThis(EnrollmentRecord other) => string.Equals(other.Name, record.Name, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Where its certificate is in a store.</summary>
    private static StorePath? OwnPlace(EnrollmentRecord record) => record.Destination.Store is { } store ? StorePath.Parse(store) with { Thumbprint = record.Thumbprint } : null;

    /// <summary>The files that go, the key first.</summary>
    private static IReadOnlyList<string> FilesOf(EnrollmentStore store, string path, EnrollmentRecord record, SecureString? password, List<string> done)
    {
        if (!File.Exists(path))
        {
            done.Add($"'{PeerText.Escape(path)}' was no longer there.");
            return [];
        }
        using FoundCertificate found = CertificateSource.Find(path, password);
        using (found.Certificate)
        {
            if (!string.Equals(found.Certificate.Thumbprint, record.Thumbprint, StringComparison.OrdinalIgnoreCase))
            {
                done.Add($"'{PeerText.Escape(path)}' stays: it holds another certificate.");
                return [];
            }
            var files = new List<string>();
            if (record.Destination.KeyPath is { } own)
            {
                if (File.Exists(own) && !IsKeyOf(found.Certificate, own, password))
                    done.Add($"'{PeerText.Escape(own)}' stays: it holds another key.");
                else
                    files.Add(own);
            }
            files.Add(path);
            return [.. files.Where(file => !IsUsed(file))];
        }

        bool IsUsed(string file)
        {
            string? user = KeyUsers.Of(store, file, other => string.Equals(other.Name, record.Name, StringComparison.OrdinalIgnoreCase));
            if (user is not null)
                done.Add($"'{PeerText.Escape(file)}' stays: {user} uses it too.");
            return user is not null;
        }
    }

    private static void EnsureWritable(string store)
    {
        try
        {
            CertificateDestination.InStore(store).EnsureWritable(withKey: true);
        }
        catch (CmpException e) when (e.ErrorId == "CmpStore.NotFound")
        {
            // it went with all that was in it
        }
    }

    /// <summary>Whether the key in a file is that of a certificate: the user may have put another one there since.</summary>
    private static bool IsKeyOf(X509Certificate2 certificate, string path, SecureString? password)
    {
        using PrivateKey key = KeyFile.Read(path, password);
        return key.PublicKey.Key.Span.SequenceEqual(Certificate.From(certificate).PublicKey.Key.Span);
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
