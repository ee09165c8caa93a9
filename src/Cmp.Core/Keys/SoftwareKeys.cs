using Cmp.Cryptography;

namespace Cmp.Keys;

/// <summary>Makes keys in memory; where they stay is decided by where the certificate goes.</summary>
public sealed class SoftwareKeys : IKeyProvider
{
    /// <inheritdoc/>
    public bool Serves(KeyRequest request) => request is { Path: null, Provider: null };

    /// <inheritdoc/>
    public KeyHandle Get(KeyRequest request) => new(PrivateKey.Generate(request.Algorithm));
}
