using System.Security;
using Cmp.Cryptography;

namespace Cmp.Keys;

/// <summary>What key is asked for: one that is made, or one that is there.</summary>
public sealed record KeyRequest
{
    /// <summary>The kind of key that is made; a key that is there brings its own.</summary>
    public KeyAlgorithm Algorithm { get; init; } = KeyAlgorithm.Parse("ECDSA_P256");

    /// <summary>Whether the key may leave where it ends up. Keys in files always can, as can those in a store on Unix.</summary>
    public bool Exportable { get; init; }

    /// <summary>The name of the provider that makes and keeps the key; <see langword="null"/>: it is made in memory.</summary>
    public string? Provider { get; init; }

    /// <summary>The file of a key that is there, or <see langword="null"/>.</summary>
    public string? Path { get; init; }

    /// <summary>The password of that file, or <see langword="null"/>.</summary>
    public SecureString? Password { get; init; }

    /// <summary>What is asked for, for people; never a secret.</summary>
    /// <returns>As in <c>ECDSA_P256</c> or the path.</returns>
    public override string ToString() => Path ?? Algorithm.Name;
}
