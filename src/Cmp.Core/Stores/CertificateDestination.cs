using System.Collections.Generic;
using System.Security;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;

namespace Cmp.Stores;

/// <summary>Where a certificate with its private key is to be kept: in a store, in files, in both, or nowhere.</summary>
public abstract class CertificateDestination
{
    private protected CertificateDestination()
    {
    }

    /// <summary>Nowhere: the certificate is handed on, its key in memory.</summary>
    public static CertificateDestination None { get; } = new NoDestination();

    /// <summary>A certificate store.</summary>
    /// <param name="text">As in <c>Cert:\CurrentUser\My</c>.</param>
    /// <param name="chain">Which of its issuers go into the stores beside it.</param>
    /// <returns>The destination.</returns>
    /// <exception cref="CmpException"><c>CmpStore.Path</c>: the text names no store.</exception>
    public static CertificateDestination InStore(string text, ChainInstallation chain = ChainInstallation.None) =>
        new StoreDestination(StorePath.Parse(text) with { Thumbprint = null }, chain, IssuerStores.Default);

    /// <summary>A file, and perhaps another one for the private key.</summary>
    /// <param name="path">
    /// <c>.pem</c>: the certificate, its chain and its key, in this order; <c>.cer</c>: the certificate in DER; <c>.pfx</c> or <c>.p12</c>: all of it as PKCS #12.
    /// </param>
    /// <param name="keyPath">The file of the private key in PEM; <see langword="null"/>: with the certificate.</param>
    /// <param name="password">Encrypts the key in PEM, and protects a PKCS #12 file; <see langword="null"/> or empty: neither.</param>
    /// <param name="overwrite">Whether files that are there may be replaced.</param>
    /// <returns>The destination.</returns>
    /// <exception cref="CmpException"><c>CmpStore.Extension</c>: another extension; <c>CmpStore.KeyFile</c>: a key file that does not go with it.</exception>
    public static CertificateDestination InFile(string path, string? keyPath = null, SecureString? password = null, bool overwrite = false) =>
        new FileDestination(path, keyPath, password, overwrite);

    /// <summary>The destination that another process described.</summary>
    /// <param name="description">What <see cref="Description"/> was there.</param>
    /// <param name="password">The password of its file, where it has one.</param>
    /// <returns>The destination.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.OutPassword</c>: its file is under a password, and none is given; and as for the others.</exception>
    public static CertificateDestination Of(DestinationDescription description, SecureString? password)
    {
        if (description.HasPassword && password is null)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.OutPassword", $"'{PeerText.Escape(description.Path)}' is to be under a password, which is not kept.")
            {
                RecommendedAction = "Give it again with -OutPassword.",
            };
        }
        CertificateDestination? store = description.Store is { } name ? InStore(name, description.Chain) : null;
        CertificateDestination? file = description.Path is { } path ? InFile(path, description.KeyPath, password, description.Overwrite) : null;
        return store is not null && file is not null ? Both(store, file) : store ?? file ?? None;
    }

    /// <summary>A store and a file.</summary>
    /// <param name="first">The one whose certificate is handed on.</param>
    /// <param name="second">The other.</param>
    /// <returns>The destination.</returns>
    public static CertificateDestination Both(CertificateDestination first, CertificateDestination second) => new BothDestinations(first, second);

    /// <summary>The destination in words.</summary>
    public abstract DestinationDescription Description { get; }

    /// <summary>Finds out, before anything is made or sent, whether <see cref="Install"/> could do its work. It leaves nothing behind.</summary>
    /// <param name="withKey">Whether a private key is to come with the certificate.</param>
    /// <exception cref="CmpException">
    /// <c>CmpStore.NotFound</c> (the folder), <c>CmpStore.AccessDenied</c>, <c>CmpStore.Exists</c>, <c>CmpStore.Link</c>, <c>CmpStore.Unwritable</c>;
    /// <c>CmpStore.KeyFile</c>: the key cannot go there; <c>CmpPlatform.NotSupported</c>.
    /// </exception>
    public abstract void EnsureWritable(bool withKey);

    /// <summary>Finds out, before anything is sent, whether a key can go there with its certificate.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="CmpException"><c>CmpKey.NotAttachable</c>: no certificate store takes it, mostly since .NET cannot hold it.</exception>
    public virtual void EnsureTakes(PrivateKey key)
    {
    }

    /// <summary>Finds out, before anything is sent, whether <see cref="InstallChain"/> could do its work.</summary>
    /// <param name="roots">Those of which one would go into <c>Root</c>.</param>
    /// <exception cref="CmpException"><c>CmpStore.NobodyToAsk</c>: Windows would ask a user, and there is none; <c>CmpStore.…</c>, <c>CmpPlatform.NotSupported</c>.</exception>
    internal virtual void EnsureTakesChain(IReadOnlyList<Certificate> roots)
    {
    }

    /// <summary>
    /// Puts the issuers of a certificate that is there into the stores beside it, as <see cref="DestinationDescription.Chain"/> says. What is there
    /// already is left as it is.
    /// </summary>
    /// <param name="issued">The issuers, proven.</param>
    /// <returns>What came of it; <see langword="null"/> where none is to go anywhere.</returns>
    internal virtual InstalledChain? InstallChain(ChainToInstall issued) => null;

    /// <summary>
    /// Puts the certificate there and opens it again; its key signs a probe. Files are complete and checked before the first one takes its
    /// place, and a failure leaves everything as it was (rule 45). No certificate of an issuer goes to a store by that, see <see cref="InstallChain"/>. What is there already, by an
    /// installation that was cut off, is completed and stays.
    /// </summary>
    /// <param name="what">The certificate with its key.</param>
    /// <returns>Where it is, and how to undo it.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>; <c>CmpKey.Mismatch</c>: the key is another one's; <c>CmpKey.NotExportable</c>; <c>CmpPlatform.NotSupported</c>.</exception>
    public abstract InstalledCertificate Install(CertificateToInstall what);
}
