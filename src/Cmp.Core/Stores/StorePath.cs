using System;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.State;

namespace Cmp.Stores;

/// <summary>A certificate store, or a certificate in one, as PowerShell's certificate provider names it; understood also where that provider is missing.</summary>
/// <param name="Location">Whose store.</param>
/// <param name="Name">Its name, as in <c>My</c>.</param>
/// <param name="Thumbprint">Which certificate, in upper-case hexadecimal digits; <see langword="null"/>: the store itself.</param>
public sealed record StorePath(StoreLocation Location, string Name, string? Thumbprint = null)
{
    private const string Drive = "Cert:";
    private const string Provider = "::";
    private const string PSProvider = @"Microsoft.PowerShell.Security\Certificate::";

    private static readonly char[] Separators = ['\\', '/'];

    /// <summary>The stores that Windows makes for each user.</summary>
    private static readonly string[] Standard = ["My", "Root", "CA", "AuthRoot", "AddressBook", "Disallowed", "TrustedPeople", "TrustedPublisher", "REQUEST"];

    /// <summary>The user's own certificates.</summary>
    public static StorePath CurrentUserMy { get; } = new(StoreLocation.CurrentUser, "My");

    /// <summary>The computer's own certificates.</summary>
    public static StorePath LocalMachineMy { get; } = new(StoreLocation.LocalMachine, "My");

    /// <summary>Where certificates of one's own go, and are looked for, where nobody says otherwise: <see cref="CurrentUserMy"/>, for SYSTEM <see cref="LocalMachineMy"/>.</summary>
    public static StorePath Own => OwnStores.Default(RunningAccount.Default);

    /// <summary>The store, as in <c>CurrentUser\My</c>.</summary>
    public string Store => $@"{Location}\{Name}";

    /// <summary>The PSPath of PowerShell's certificate provider.</summary>
    public string PSPath => PSProvider + this;

    /// <summary>Reads what a user writes for a store: <c>Cert:\CurrentUser\My</c>, <c>CurrentUser\My</c> or a PSPath, with slashes of either kind.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The store.</returns>
    /// <exception cref="CmpException"><c>CmpStore.Path</c>.</exception>
    public static StorePath Parse(string text)
    {
        if (TryRead(text, out StorePath? path))
            return path;
        throw new CmpException(CmpErrorKind.Argument, "CmpStore.Path", $"'{PeerText.Escape(text)}' is no certificate store.")
        {
            RecommendedAction = @"Write it as Cert:\CurrentUser\My or Cert:\LocalMachine\My.",
        };
    }

    /// <summary>The same for who says himself what is wanted instead.</summary>
    /// <inheritdoc cref="Parse"/>
    internal static bool TryRead(string text, [NotNullWhen(true)] out StorePath? path) => TryParse(text, out path) || TryParse(Drive + text.Trim(), out path);

    /// <summary>Reads a text that says itself that it names a store: by <c>Cert:</c>, or as a PSPath.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">The store or certificate.</param>
    /// <returns>Whether it does.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out StorePath? path)
    {
        path = null;
        string trimmed = text.Trim();
        int provider = trimmed.IndexOf(Provider, StringComparison.Ordinal);
        if (provider >= 0)
            trimmed = trimmed.Substring(provider + Provider.Length);
        else if (trimmed.StartsWith(Drive, StringComparison.OrdinalIgnoreCase))
            trimmed = trimmed.Substring(Drive.Length);
        else
            return false;
        string[] parts = trimmed.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is not (2 or 3) || LocationOf(parts[0]) is not { } location || !parts[1].All(IsPlain))
            return false;
        string? thumbprint = null;
        if (parts.Length == 3 && !Thumbprints.TryParse(parts[2], out thumbprint))
            return false;
        path = new StorePath(location, string.Equals(parts[1], "My", StringComparison.OrdinalIgnoreCase) ? "My" : parts[1], thumbprint);
        return true;
    }

    /// <summary>The path without its drive, as in <c>CurrentUser\My\0123…</c>.</summary>
    /// <returns>The path.</returns>
    public override string ToString() => Thumbprint is null ? Store : $@"{Store}\{Thumbprint}";

    /// <summary>Opens the store to look into it. Where there is none, Windows says so; elsewhere it is empty.</summary>
    /// <exception cref="CmpException">As <see cref="Open"/>.</exception>
    internal X509Store OpenToRead() => Open(OpenFlags.ReadOnly | OpenFlags.IncludeArchived | (Platform.IsWindows ? OpenFlags.OpenExistingOnly : OpenFlags.ReadOnly));

    /// <summary>
    /// Opens the store to change it. Who writes the name of a store in another way is not to have a new one, which nobody looks into: only those that
    /// each user has are made where they are not there yet.
    /// </summary>
    /// <exception cref="CmpException">As <see cref="Open"/>; <c>CmpStore.NotFound</c> too off Windows.</exception>
    internal X509Store OpenToWrite()
    {
        if (Array.Exists(Standard, name => string.Equals(name, Name, StringComparison.OrdinalIgnoreCase)))
            return Open(OpenFlags.ReadWrite);
        if (Platform.KeepsStoresInFiles && Location == StoreLocation.CurrentUser && !System.IO.Directory.Exists(StoreFolder.Of(this)))
            throw StoreErrors.NoStore(this);
        return Open(OpenFlags.ReadWrite | OpenFlags.OpenExistingOnly);
    }

    /// <summary>Opens the store.</summary>
    /// <param name="flags">How.</param>
    /// <returns>The store, to be disposed of.</returns>
    /// <exception cref="CmpException"><c>CmpPlatform.NotSupported</c>, <c>CmpStore.AccessDenied</c>, <c>CmpStore.NotFound</c>, <c>CmpStore.Unreadable</c>.</exception>
    internal X509Store Open(OpenFlags flags)
    {
        if (Location == StoreLocation.LocalMachine && !Platform.IsWindows && (Name == "My" || (flags & OpenFlags.ReadWrite) != 0))
        {
            throw new CmpException(CmpErrorKind.Platform, "CmpPlatform.NotSupported", $"This platform has no store {Store} for certificates with private keys.")
            {
                RecommendedAction = @"Use Cert:\CurrentUser\My, or write a file.",
            };
        }
        var store = new X509Store(Name, Location);
        try
        {
            store.Open(flags);
            return store;
        }
        catch (Exception e)
        {
            store.Dispose();
            throw StoreErrors.Of(this, e);
        }
    }

    private static StoreLocation? LocationOf(string text) =>
        string.Equals(text, "CurrentUser", StringComparison.OrdinalIgnoreCase) ? StoreLocation.CurrentUser
        : string.Equals(text, "LocalMachine", StringComparison.OrdinalIgnoreCase) ? StoreLocation.LocalMachine
        : null;

    private static bool IsPlain(char c) => c is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' or '-' or '_' or ' ';
}
