using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Cryptography.Cng;
using Cmp.Keys;
using Cmp.Messages.Pkix;

namespace Cmp.Stores;

/// <summary>Keeps a certificate in a store: of Windows with its key in CNG, elsewhere with its key in .NET's store under the home folder.</summary>
internal sealed class StoreDestination(StorePath path, ChainInstallation chain, IIssuerStores issuers) : CertificateDestination
{
    private const string FriendlyNameLeftOut = "The friendly name was left out: only the stores of Windows have one.";

    private bool IsMachine => path.Location == StoreLocation.LocalMachine;

    public override DestinationDescription Description => new() { Store = path.Store, Chain = chain };

    public override void EnsureWritable(bool withKey)
    {
        using X509Store store = path.OpenToWrite();
        if (Platform.KeepsStoresInFiles)
            StoreFolder.EnsureWritable(path);
    }

    public override void EnsureTakes(PrivateKey key)
    {
        if (key.IsInPlatform || (key.CanBeAttached && (!Platform.IsWindows || CngKeyBlob.Takes(key.Algorithm))))
            return;
        throw new CmpException(CmpErrorKind.Key, "CmpKey.NotAttachable", $"A key of {key.Algorithm} cannot go to a certificate store, which does not hold such keys.")
        {
            RecommendedAction = "Put the certificate into a file with -OutFile, or take it with -NoInstall.",
        };
    }

    internal override void EnsureTakesChain(IReadOnlyList<Certificate> roots)
    {
        if (chain != ChainInstallation.None)
            new ChainStores(path.Location, issuers).EnsureTakes(chain == ChainInstallation.WithRoot ? roots : []);
    }

    internal override InstalledChain? InstallChain(ChainToInstall issued) =>
        chain == ChainInstallation.None ? null : new ChainStores(path.Location, issuers).Install(chain == ChainInstallation.WithRoot ? issued : issued with { Root = null });

    public override InstalledCertificate Install(CertificateToInstall what)
    {
        byte[] octets = what.Certificate.Encoded.ToArray();
        what.Key?.EnsureFits(what.Certificate.PublicKey);
        StorePath place = path with { Thumbprint = what.Certificate.Thumbprint };
        using X509Store store = path.OpenToWrite();
        X509Certificate2? before = CertificateSource.FindIn(store, place);
        if (before is not null && (what.Key is null || IsWhole(before)))
            return Installed(before, place, what, undo: null);
        Action undo = Add(store, octets, before, what);
        try
        {
            return Installed(Reopen(place, what.Key is not null), place, what, undo);
        }
        catch (Exception e)
        {
            Quietly(undo);
            throw StoreErrors.Of(path, e);
        }
    }

    public override string ToString() => $@"Cert:\{path}";

    private static InstalledCertificate Installed(X509Certificate2 certificate, StorePath place, CertificateToInstall what, Action? undo) =>
        new(new FoundCertificate(certificate, key: null) { Store = place }.Certificate, undo)
    {
        Store = place.Store,
        PSPath = Platform.IsWindows ? place.PSPath : null,
        Notes = string.IsNullOrEmpty(what.FriendlyName) || Platform.IsWindows ? [] : [FriendlyNameLeftOut],
    };

    /// <summary>Opens the certificate anew from its store, and lets its key sign.</summary>
    private static X509Certificate2 Reopen(StorePath place, bool withKey)
    {
        using X509Store store = place.OpenToRead();
        X509Certificate2 certificate = CertificateSource.FindIn(store, place) ?? throw StoreErrors.NotFound(place.Thumbprint!, place.Store);
        if (!withKey)
            return certificate;
        using PrivateKey key = PrivateKey.Of(certificate)
            ?? throw new CmpException(CmpErrorKind.Key, "CmpKey.Missing", $"The certificate was put into {place.Store}, but its private key did not stay with it.");
        key.EnsureFits(Certificate.From(certificate).PublicKey);
        return certificate;
    }

    /// <summary>Whether a certificate is there with a key that signs for it. A tie alone says nothing: the key may be gone, or another one's.</summary>
    private static bool IsWhole(X509Certificate2 certificate)
    {
        try
        {
            using PrivateKey? key = PrivateKey.Of(certificate);
            key?.EnsureFits(Certificate.From(certificate).PublicKey);
            return key is not null;
        }
        catch (CmpException)
        {
            return false; // it is put there anew, and what is wrong then is the error
        }
    }

    /// <summary>Adds the certificate.</summary>
    /// <param name="store">The store, open.</param>
    /// <param name="octets">The certificate.</param>
    /// <param name="before">The same certificate as it is there without a key, or <see langword="null"/>: it comes back when this is undone.</param>
    /// <param name="what">What comes with it.</param>
    /// <returns>Undoes it.</returns>
    private Action Add(X509Store store, byte[] octets, X509Certificate2? before, CertificateToInstall what)
    {
        using X509Certificate2 bare = CertificateSource.Open("The answer", octets);
        string? keyName = null;
        try
        {
            using X509Certificate2? bound = what.Key?.AttachTo(bare);
            X509Certificate2 added = bound ?? bare;
            if (Platform.IsWindows)
            {
                if (bound is not null && !what.Key!.IsInPlatform && KeyInMemory.IsOf(bound))
                {
                    keyName = NamedCngKey.NameFor(path.Store, octets);
                    NamedCngKey.Create(keyName, what.Key, IsMachine, what.ExportableKey);
                    CertificateKeyLink.Set(bare, new CngName(CngName.SoftwareProvider, keyName, IsMachine));
                    added = bare;
                }
                if (!string.IsNullOrEmpty(what.FriendlyName))
                    added.FriendlyName = what.FriendlyName!;
            }
            // .NET's stores on Unix keep the key that is there, though it be another one's
            if (before is { HasPrivateKey: true } && Platform.KeepsStoresInFiles)
                store.Remove(before);
            store.Add(added);
            StoreFolder.Flush(path with { Thumbprint = what.Certificate.Thumbprint });
        }
        catch (Exception e)
        {
            Quietly(() => DeleteKey(keyName));
            if (before is { HasPrivateKey: true } && Platform.KeepsStoresInFiles)
                Quietly(() => store.Add(before));
            if (Platform.KeepsStoresInFiles)
                StoreFolder.EnsureWritable(path); // .NET says less of why
            throw StoreErrors.Of(path, e);
        }
        return () =>
        {
            try
            {
                using X509Store again = path.Open(OpenFlags.ReadWrite);
                using var ours = new X509Certificate2(octets);
                again.Remove(ours);
                if (before is not null)
                    again.Add(before);
            }
            catch (Exception e)
            {
                throw StoreErrors.Of(path, e);
            }
            finally
            {
                DeleteKey(keyName);
            }
        };
    }

    /// <summary>Undoes after an error, which is the one to tell.</summary>
    private static void Quietly(Action undo)
    {
        try
        {
            undo();
        }
        catch (Exception e) when (e is CmpException or CryptographicException)
        {
            // what stayed behind does no harm by itself
        }
    }

    private void DeleteKey(string? keyName)
    {
        if (Platform.IsWindows && keyName is not null)
            NamedCngKey.Delete(keyName, IsMachine);
    }
}
