using System;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography.Cng;
using Cmp.Keys;

namespace Cmp.Stores;

/// <summary>The named key of Windows that a certificate in a store is tied to, where it was made here, whatever provider keeps it: nothing else uses that one.</summary>
internal static class LinkedKey
{
    /// <summary>Deletes the key once its certificate is gone.</summary>
    /// <param name="certificate">The certificate, open still.</param>
    /// <returns>Deletes it; <see langword="null"/> where the key is another kind of key, or was not made here.</returns>
    internal static Action? DeletionOf(X509Certificate2 certificate) => DeletionOf(CngPlatform.Storage, certificate);

    /// <inheritdoc cref="DeletionOf(X509Certificate2)"/>
    internal static Action? DeletionOf(ICngStorage? storage, X509Certificate2 certificate) =>
        storage?.KeyOf(certificate) is { } name && name.Name.StartsWith(CngName.Prefix, StringComparison.Ordinal) ? () => new CngKeys(storage).Delete(CngReference.Of(name), null) : null;
}
