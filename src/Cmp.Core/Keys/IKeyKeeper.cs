using System.Security;

namespace Cmp.Keys;

/// <summary>A place that keeps its keys by names: CNG, a PKCS #11 token. The key stays there, and another process finds it by its <see cref="KeyReference"/>.</summary>
public interface IKeyKeeper : IKeyProvider
{
    /// <summary>Whether the key of a reference is kept here, and this platform has the place.</summary>
    /// <param name="reference">The key.</param>
    /// <returns>True where <see cref="Open"/> and <see cref="Delete"/> serve it.</returns>
    bool Keeps(KeyReference reference);

    /// <summary>Finds out, before anything is made, whether the key can be made here, and what it will be called. Whoever writes that down first loses no key.</summary>
    /// <param name="request">What is asked for.</param>
    /// <returns>A name that no key has; <see cref="IKeyProvider.Get"/> makes the key under it where <see cref="KeyRequest.Reference"/> says so.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Provider</c>: there is no such provider; <c>CmpKey.Algorithm</c>: it does not have the kind of key, and the message lists those it has.</exception>
    KeyReference Reserve(KeyRequest request);

    /// <summary>Opens a key.</summary>
    /// <param name="reference">Which.</param>
    /// <param name="pin">The PIN or password of the place, where it has one.</param>
    /// <returns>The key; <see cref="KeyHandle.Delete"/> removes it.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Vanished</c>: it is not there any more; <c>CmpKey.Locked</c>: the place wants a PIN; <c>CmpKey.Failed</c>.</exception>
    KeyHandle Open(KeyReference reference, SecureString? pin);

    /// <summary>Removes a key. One that is not there is no error.</summary>
    /// <param name="reference">Which.</param>
    /// <param name="pin">The PIN or password of the place, where it has one.</param>
    /// <exception cref="CmpException"><c>CmpKey.Locked</c>, <c>CmpKey.Failed</c>.</exception>
    void Delete(KeyReference reference, SecureString? pin);
}
