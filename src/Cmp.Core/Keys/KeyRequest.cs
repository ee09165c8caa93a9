using System.Security;
using Cmp.Cryptography;

namespace Cmp.Keys;

/// <summary>What key is asked for: one that is made, or one that is there.</summary>
public sealed record KeyRequest
{
    /// <summary>The kind of key that is made; a key that is there brings its own.</summary>
    public KeyAlgorithm Algorithm { get; init; } = KeyAlgorithm.Parse("ECDSA_P256");

    /// <summary>Whether it may be of any kind: <see cref="Algorithm"/> says nothing, and whoever makes the key chooses. A CA's key only.</summary>
    public bool IsOfAnyKind { get; init; }

    /// <summary>Whether the key may leave where it ends up. Keys in files always can, as can those in a store on Unix.</summary>
    public bool Exportable { get; init; }

    /// <summary>The name of the provider that makes and keeps the key; <see langword="null"/>: it is made in memory.</summary>
    public string? Provider { get; init; }

    /// <summary>Whether a provider keeps the key for the computer instead of the user.</summary>
    public bool IsMachineKey { get; init; }

    /// <summary>Whether there is nobody to ask: what wants a PIN or a word of the user is an error at once.</summary>
    public bool IsSilent { get; init; } = UserPresence.IsAbsent;

    /// <summary>The PIN of the provider, or of the token that the key is in; <see langword="null"/> where none is given. It opens no file.</summary>
    public SecureString? Pin { get; init; }

    /// <summary>What the key is to be called with its provider, as <see cref="IKeyKeeper.Reserve"/> chose it; <see langword="null"/>: the provider chooses when it makes it.</summary>
    public KeyReference? Reference { get; init; }

    /// <summary>The file of a key that is there, or the PKCS #11 URI of one in a token, or <see langword="null"/>.</summary>
    public string? Path { get; init; }

    /// <summary>The password of that file, or <see langword="null"/>. It opens no token.</summary>
    public SecureString? Password { get; init; }

    /// <summary>What is asked for, for people; never a secret.</summary>
    /// <returns>As in <c>ECDSA_P256</c> or the path.</returns>
    public override string ToString() => Path ?? Algorithm.Name;
}
