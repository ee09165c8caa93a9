using System;
using System.Collections.Generic;
using Cmp.Cryptography.Cng;

namespace Cmp.Keys;

/// <summary>All places of keys, and the choice among them.</summary>
public static class KeyProviders
{
    private static readonly CngKeys Cng = new(CngPlatform.Storage);

    private static readonly IKeyProvider[] All = [new SoftwareKeys(), new FileKeys(), Cng];

    /// <summary>The key storage providers of this computer, by the names that <c>-Provider</c> takes; none where it is not Windows.</summary>
    public static IReadOnlyList<string> Names => Cng.Providers;

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
            ?? throw new CmpException(CmpErrorKind.Platform, "CmpPlatform.NotSupported", $"The key provider '{PeerText.Escape(request.Provider)}' is not supported here.")
            {
                RecommendedAction = "Leave -Provider out: the key is made in memory and kept where the certificate goes.",
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
    /// <returns>Its name; <see langword="null"/> for keys that no provider keeps.</returns>
    /// <exception cref="CmpException">As <see cref="For"/> and <see cref="IKeyKeeper.Reserve"/>.</exception>
    public static KeyReference? Reserve(KeyRequest request) => (For(request) as IKeyKeeper)?.Reserve(request);

    /// <summary>Makes or opens the key of a request.</summary>
    /// <param name="request">What is asked for.</param>
    /// <returns>The key, with the way to undo its making.</returns>
    /// <exception cref="CmpException">As <see cref="For"/> and <see cref="IKeyProvider.Get"/>.</exception>
    public static KeyHandle Get(KeyRequest request) => For(request).Get(request);
}
