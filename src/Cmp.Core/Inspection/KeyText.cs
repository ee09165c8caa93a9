using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Inspection;

/// <summary>Keys in a word.</summary>
internal static class KeyText
{
    /// <summary>The kind of a public key as <c>-KeyAlgorithm</c> takes it, such as <c>ECDSA_P256</c>; of one that is not known here the name of its algorithm.</summary>
    /// <returns>The word; <see langword="null"/> where there is no key.</returns>
    internal static string? Of(SubjectPublicKeyInfo? key) => key is null or { Key.IsEmpty: true } ? null : PeerValue.Of(() => KeyAlgorithm.Of(key).Name) ?? Oids.NameOf(key.Algorithm.Oid);

    /// <summary>The same as people write it, as <c>ECDSA P-256</c>.</summary>
    internal static string Spoken(string word) => word.Replace("ECDSA_P", "ECDSA P-").Replace('_', ' ');
}
