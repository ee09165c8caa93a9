using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>Which kind of protection an algorithm belongs to, known before anything of it is computed (rule 67).</summary>
public static class ProtectionKinds
{
    private static readonly Dictionary<string, ProtectionKind> Macs = new()
    {
        [Oids.PasswordBasedMac] = ProtectionKind.PasswordBasedMac,
        [Oids.Pbmac1] = ProtectionKind.Pbmac1,
        [Oids.HmacSha1] = ProtectionKind.Hmac,
        [Oids.HmacWithSha1] = ProtectionKind.Hmac,
        [Oids.HmacWithSha224] = ProtectionKind.Hmac,
        [Oids.HmacWithSha256] = ProtectionKind.Hmac,
        [Oids.HmacWithSha384] = ProtectionKind.Hmac,
        [Oids.HmacWithSha512] = ProtectionKind.Hmac,
        [Oids.Kmac128] = ProtectionKind.Kmac,
        [Oids.Kmac256] = ProtectionKind.Kmac,
        [Oids.KemBasedMac] = ProtectionKind.KemBasedMac,
        [Oids.DhBasedMac] = ProtectionKind.DhBasedMac,
    };

    /// <summary>The kind of an algorithm; what is none of the MACs is taken for a signature, and refused there if it is none.</summary>
    /// <param name="protectionAlg">The algorithm; <see langword="null"/>: no protection.</param>
    /// <returns>The kind.</returns>
    public static ProtectionKind Of(AlgorithmIdentifier? protectionAlg) =>
        protectionAlg is null ? ProtectionKind.None : Macs.TryGetValue(protectionAlg.Oid, out ProtectionKind kind) ? kind : ProtectionKind.Signature;

    /// <summary>Whether a kind rests on a secret that both sides know (rule 31); the MACs of key encapsulation and of Diffie-Hellman do not.</summary>
    /// <param name="kind">The kind.</param>
    /// <returns>True for PasswordBasedMac, PBMAC1, HMAC and KMAC.</returns>
    public static bool IsUnderSharedSecret(this ProtectionKind kind) =>
        kind is ProtectionKind.PasswordBasedMac or ProtectionKind.Pbmac1 or ProtectionKind.Hmac or ProtectionKind.Kmac;

    /// <summary>Whether one credential stands behind both: all MACs under a shared secret are of one family (rule 66).</summary>
    internal static bool IsOfFamily(this ProtectionKind kind, ProtectionKind other) => kind == other || (kind.IsUnderSharedSecret() && other.IsUnderSharedSecret());
}
