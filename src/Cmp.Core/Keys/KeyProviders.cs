using System;
using System.Collections.Generic;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Cryptography.Cng;
using Cmp.Keys.Pkcs11;
using Cmp.Messages.Pkix;

namespace Cmp.Keys;

/// <summary>All places of keys, and the choice among them.</summary>
public static class KeyProviders
{
    private static readonly CngKeys Cng = new(CngPlatform.Storage);

    private static readonly IKeyProvider[] All = [new SoftwareKeys(), new FileKeys(), new Pkcs11Keys(), Cng];

    /// <summary>The key storage providers of this computer, by the names that <c>-Provider</c> takes; none where it is not Windows.</summary>
    public static IReadOnlyList<string> Names => Cng.Providers;

    /// <summary>The provider that keeps the key of a certificate, where a key of another one would be worth less: a TPM, a card.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <returns>Its name; <see langword="null"/> where Windows' software provider keeps it, or none, or this is not Windows.</returns>
    public static string? NameFor(X509Certificate2 certificate) =>
        CngPlatform.Storage?.KeyOf(certificate) is { } key && key.Provider != CngName.SoftwareProvider ? key.Provider : null;

    /// <summary>Finds who serves a request, before anything is made or sent.</summary>
    /// <param name="request">What is asked for.</param>
    /// <returns>The place.</returns>
    /// <exception cref="CmpException"><c>CmpPlatform.NotSupported</c>: the provider is not there on this platform; <c>CmpKey.Request</c>: a provider and a file at once.</exception>
    public static IKeyProvider For(KeyRequest request)
    {
        if (request is { Path: not null, Provider: not null })
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpKey.Request", "A key is either in a file or with a provider.")
            {
                RecommendedAction = "Give either -KeyPath or -Provider.",
            };
        }
        return Array.Find(All, provider => provider.Serves(request))
            ?? throw new CmpException(CmpErrorKind.Platform, "CmpPlatform.NotSupported", $"The key provider '{PeerText.Escape(request.Provider)}' is not supported here: key storage providers are Windows' own.")
            {
                RecommendedAction = "Leave -Provider out: the key is made in memory and kept where the certificate goes. A token is named by its PKCS #11 URI, as in pkcs11:token=My%20token.",
            };
    }

    /// <summary>Who keeps the key of a reference.</summary>
    /// <param name="reference">The key.</param>
    /// <returns>The place.</returns>
    /// <exception cref="CmpException"><c>CmpPlatform.NotSupported</c>: nobody here does.</exception>
    public static IKeyKeeper KeeperOf(KeyReference reference)
    {
        foreach (IKeyProvider provider in All)
        {
            if (provider is IKeyKeeper keeper && keeper.Keeps(reference))
                return keeper;
        }
        throw new CmpException(CmpErrorKind.Platform, "CmpPlatform.NotSupported", $"The key {reference} is kept where this platform cannot reach it.")
        {
            RecommendedAction = "Go on where the key was made.",
        };
    }

    /// <summary>What the key of a request will be called, before it is made.</summary>
    /// <param name="request">What is asked for.</param>
    /// <returns>Its name; <see langword="null"/> for keys that no provider keeps, and for those that are there.</returns>
    /// <exception cref="CmpException">As <see cref="For"/> and <see cref="IKeyKeeper.Reserve"/>.</exception>
    public static KeyReference? Reserve(KeyRequest request) => For(request) is IKeyKeeper keeper && request.Path is null ? keeper.Reserve(request) : null;

    /// <summary>Makes or opens the key of a request.</summary>
    /// <param name="request">What is asked for.</param>
    /// <returns>The key, with the way to undo its making.</returns>
    /// <exception cref="CmpException">As <see cref="For"/> and <see cref="IKeyProvider.Get"/>.</exception>
    public static KeyHandle Get(KeyRequest request) => For(request).Get(request);

    /// <summary>Whether what names a key that is there is a file, and not the PKCS #11 URI of a key in a token.</summary>
    /// <param name="path">As <c>-KeyPath</c> takes it.</param>
    /// <returns>True for files, whether or not there is one.</returns>
    public static bool IsFile(string path) => !Pkcs11Uri.IsOne(path);

    /// <summary>Opens a private key that is there.</summary>
    /// <param name="path">A file, as <see cref="KeyFile.Read"/> reads it, or the PKCS #11 URI of a key in a token (RFC 7512).</param>
    /// <param name="password">The password of the file, or the user PIN of the token; <see langword="null"/> where none is needed.</param>
    /// <param name="limits">Bounds on what opening a file may cost (rule 18); <see langword="null"/> for the default.</param>
    /// <returns>The key, which the caller disposes of.</returns>
    /// <exception cref="CmpException">As <see cref="KeyFile.Read"/>, or as <see cref="Pkcs11Keys.Get"/>.</exception>
    public static PrivateKey Open(string path, SecureString? password = null, CmpLimits? limits = null) =>
        IsFile(path) ? KeyFile.Read(path, password, limits) : Pkcs11Keys.Open(path, password);

    /// <summary>The public half of a key in a token, where that shows without the PIN.</summary>
    /// <param name="uri">The key's PKCS #11 URI.</param>
    /// <returns>It, or <see langword="null"/> where the token does not show it.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Uri</c>, <c>CmpKey.Module</c>, <c>CmpKey.TokenMissing</c>, <c>CmpKey.Ambiguous</c>.</exception>
    public static SubjectPublicKeyInfo? Look(string uri) => Pkcs11Keys.Look(uri);

    /// <summary>Makes sure that what names a key loads no library and reads no PIN that it chooses itself, where it is data and nobody's command: who chooses the library runs his code.</summary>
    /// <param name="path">As <c>-KeyPath</c> takes it, from a row of the pipeline.</param>
    /// <exception cref="CmpException"><c>CmpKey.Uri</c>.</exception>
    public static void EnsureChoosesNoLibrary(string path)
    {
        if (!IsFile(path) && Pkcs11Uri.Parse(path).ModulePath is not null)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpKey.Uri", "A row of the pipeline names the library of a token by its path, and no library is loaded because a row says so.")
            {
                RecommendedAction = "Name the library with module-name= in the rows, or one token for all of them with -KeyPath or -Provider on the command line.",
            };
        }
        if (!IsFile(path) && HasPinSource(path))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpKey.Uri", "A row of the pipeline names the file of a token's PIN, and no file is read for one because a row says so.")
            {
                RecommendedAction = "Give the PIN with -KeyPassword, or one token for all rows with -KeyPath or -Provider on the command line.",
            };
        }
    }

    /// <summary>Whether what names a key that is there, as <c>-KeyPath</c> takes it, may mean the key of a reference.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Uri</c>.</exception>
    internal static bool MayMean(string path, KeyReference reference) =>
        !IsFile(path) && !IsFile(reference.Text) && Pkcs11Uri.Parse(path).MayMean(Pkcs11Uri.Parse(reference.Text));

    /// <summary>Whether two keys are in one token for sure, so that the PIN of one is the other's.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Uri</c>.</exception>
    internal static bool AreInOneToken(string one, string other) =>
        !IsFile(one) && !IsFile(other) && Pkcs11Uri.Parse(one).IsInTokenOf(Pkcs11Uri.Parse(other));

    /// <summary>The token of a key, as a provider that makes others there.</summary>
    /// <param name="uri">The key's PKCS #11 URI.</param>
    /// <returns>The URI of the token alone.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Uri</c>.</exception>
    public static string TokenOf(string uri) => Pkcs11Uri.Parse(uri).TokenOnly.ToString();

    /// <summary>Whether two names of providers or of keys mean one token, as far as they say: only then the PIN of the one is tried on the other.</summary>
    /// <param name="left">As <c>-Provider</c> or <c>-KeyPath</c> takes it.</param>
    /// <param name="right">As that, or the text of a <see cref="KeyReference"/>.</param>
    /// <returns>Whether both are PKCS #11 URIs, both name the token, and nothing that both say differs.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Uri</c>.</exception>
    public static bool MayBeInOneToken(string left, string right) => !IsFile(left) && !IsFile(right) && Pkcs11Uri.Parse(left).MayBeInTokenOf(Pkcs11Uri.Parse(right));

    /// <summary>Whether two providers are the same, wherever the PIN comes from.</summary>
    /// <param name="left">As <c>-Provider</c> takes it, or <see langword="null"/>.</param>
    /// <param name="right">The other.</param>
    /// <returns>Whether a key of the one is a key of the other.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Uri</c>.</exception>
    public static bool AreSame(string? left, string? right) => left is not null && right is not null && !IsFile(left) && !IsFile(right)
        ? Pkcs11Uri.Parse(left) with { PinSource = null } == Pkcs11Uri.Parse(right) with { PinSource = null }
        : string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    /// <summary>A key in a token, with the PIN from where the provider that makes the next one has it: the file may have moved, or there was none before.</summary>
    /// <param name="uri">The key's PKCS #11 URI.</param>
    /// <param name="provider">The provider, or <see langword="null"/>.</param>
    /// <returns>The key's URI; the same one where the provider is another token, or names no file.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Uri</c>.</exception>
    public static string WithPinOf(string uri, string? provider) =>
        provider is not null && MayBeInOneToken(uri, provider) && Pkcs11Uri.Parse(provider).PinSource is { } file ? (Pkcs11Uri.Parse(uri) with { PinSource = file }).ToString() : uri;

    /// <summary>Whether the URI of a key or token says which file holds the PIN.</summary>
    /// <param name="uri">A PKCS #11 URI.</param>
    /// <returns>Whether nobody needs to give it.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Uri</c>.</exception>
    public static bool HasPinSource(string uri) => Pkcs11Uri.Parse(uri).PinSource is not null;
}
