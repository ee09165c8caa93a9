namespace Cmp.Keys;

/// <summary>A place where keys are made or kept: memory, a file, CNG, a TPM, a PKCS #11 token.</summary>
public interface IKeyProvider
{
    /// <summary>Whether this is the place that a request asks for, and it is there on this platform.</summary>
    /// <param name="request">What is asked for.</param>
    /// <returns>True where <see cref="Get"/> serves it.</returns>
    bool Serves(KeyRequest request);

    /// <summary>Makes or opens the key.</summary>
    /// <param name="request">What is asked for.</param>
    /// <returns>The key, with the way to undo its making.</returns>
    /// <exception cref="CmpException"><c>CmpKey.…</c>, and for files <c>CmpStore.…</c>.</exception>
    KeyHandle Get(KeyRequest request);
}
