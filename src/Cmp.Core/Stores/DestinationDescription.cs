using System.Security.Cryptography.X509Certificates;

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
}
