using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Keys;
using Cmp.Messages.Pkix;

namespace Cmp.Stores;

/// <summary>A destination in words, so that another process can go on to it. The password of a file is not in it.</summary>
public sealed record DestinationDescription
{
    /// <summary>The store, as in <c>CurrentUser\My</c>, or <see langword="null"/>.</summary>
    public string? Store { get; init; }

    /// <summary>Which issuers of the certificate go into the stores beside it.</summary>
    public ChainInstallation Chain { get; init; }

    /// <summary>Whether it is a store of the computer.</summary>
    public bool IsMachine => Store is { } store && StorePath.Parse(store).Location == StoreLocation.LocalMachine;

    /// <summary>The file, or <see langword="null"/>.</summary>
    public string? Path { get; init; }

    /// <summary>The file of the private key, or <see langword="null"/>.</summary>
    public string? KeyPath { get; init; }

    /// <summary>Whether files that are there may be replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Whether the file is under a password, which must be given again.</summary>
    public bool HasPassword { get; init; }

    /// <summary>Whether a certificate of a public key is there. What is under a password, or cannot be read, may be one.</summary>
    internal bool Holds(SubjectPublicKeyInfo key)
    {
        if (Store is { } store)
        {
            using X509Store opened = StorePath.Parse(store).OpenToRead();
            bool isThere = false;
            foreach (X509Certificate2 certificate in opened.Certificates)
            {
                using (certificate)
                    isThere |= Certificate.From(certificate).PublicKey.IsSameAs(key);
            }
            if (isThere)
                return true;
        }
        if (Path is null || !System.IO.File.Exists(Path))
            return false;
        try
        {
            using KeyFileContents contents = KeyFileContents.Read(Path, null, null, withKeys: false);
            return contents.Certificates.Any(octets => Certificate.Decode(octets).PublicKey.IsSameAs(key));
        }
        catch (CmpException)
        {
            return true;
        }
    }
}
