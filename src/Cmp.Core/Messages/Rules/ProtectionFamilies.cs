using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Rules;

/// <summary>Tells what stands behind a protection, and which of it is weak.</summary>
internal static class ProtectionFamilies
{
    private const string DsaWithSha1 = "1.2.840.10040.4.3";

    /// <summary>The family of an algorithm; what is no MAC is taken for a signature.</summary>
    internal static ProtectionFamily Of(AlgorithmIdentifier? protectionAlg) => protectionAlg?.Oid switch
    {
        null => ProtectionFamily.None,
        Oids.PasswordBasedMac or Oids.Pbmac1 or Oids.HmacSha1 or Oids.HmacWithSha1 or Oids.HmacWithSha224 or Oids.HmacWithSha256 or Oids.HmacWithSha384 or Oids.HmacWithSha512
            or Oids.Kmac128 or Oids.Kmac256 => ProtectionFamily.SharedSecret,
        Oids.KemBasedMac or Oids.DhBasedMac => ProtectionFamily.AgreedSecret,
        _ => ProtectionFamily.Signature,
    };

    /// <summary>Whether it is a signature that RFC 9481 does not list any more.</summary>
    internal static bool IsWeakSignature(string oid) => oid is Oids.Md5WithRsa or Oids.Sha1WithRsa or Oids.Sha1WithEcdsa or Oids.Dsa or DsaWithSha1;

    /// <summary>Whether it is MD5 or SHA-1, or HMAC with one of them.</summary>
    internal static bool IsWeakDigest(string oid) => oid is Oids.Md5 or Oids.Sha1 or Oids.HmacSha1 or Oids.HmacWithSha1;
}
