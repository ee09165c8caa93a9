using System;
using System.Collections.Generic;
using System.Reflection;

namespace Cmp.Messages.Asn1;

/// <summary>The object identifiers that CMP uses, by the names of their RFCs.</summary>
public static class Oids
{
#pragma warning disable CS1591 // each constant is what its name says; the sections stand above the groups

    // attributes of names (RFC 5280 appendix A.1) and PKCS #9
    public const string CommonName = "2.5.4.3";
    public const string ExtensionRequest = "1.2.840.113549.1.9.14";
    public const string UserPrincipalName = "1.3.6.1.4.1.311.20.2.3";

    // certificate extensions (RFC 5280 4.2) and extended key usages (RFC 9810 4.5)
    public const string SubjectKeyIdentifier = "2.5.29.14";
    public const string KeyUsage = "2.5.29.15";
    public const string SubjectAltName = "2.5.29.17";
    public const string BasicConstraints = "2.5.29.19";
    public const string NameConstraints = "2.5.29.30";
    public const string CertificatePolicies = "2.5.29.32";
    public const string PolicyMappings = "2.5.29.33";
    public const string AuthorityKeyIdentifier = "2.5.29.35";
    public const string PolicyConstraints = "2.5.29.36";
    public const string ExtendedKeyUsage = "2.5.29.37";
    public const string InhibitAnyPolicy = "2.5.29.54";
    public const string CmcCA = "1.3.6.1.5.5.7.3.27";
    public const string CmcRA = "1.3.6.1.5.5.7.3.28";
    public const string CmKGA = "1.3.6.1.5.5.7.3.32";

    // digests (RFC 9481 2)
    public const string Md5 = "1.2.840.113549.2.5";
    public const string Sha1 = "1.3.14.3.2.26";
    public const string Sha224 = "2.16.840.1.101.3.4.2.4";
    public const string Sha256 = "2.16.840.1.101.3.4.2.1";
    public const string Sha384 = "2.16.840.1.101.3.4.2.2";
    public const string Sha512 = "2.16.840.1.101.3.4.2.3";
    public const string Shake128 = "2.16.840.1.101.3.4.2.11";
    public const string Shake256 = "2.16.840.1.101.3.4.2.12";

    // keys and signatures (RFC 9481 3, RFC 5480, RFC 8017, RFC 8410)
    public const string RsaEncryption = "1.2.840.113549.1.1.1";
    public const string Md5WithRsa = "1.2.840.113549.1.1.4";
    public const string Sha1WithRsa = "1.2.840.113549.1.1.5";
    public const string Mgf1 = "1.2.840.113549.1.1.8";
    public const string RsassaPss = "1.2.840.113549.1.1.10";
    public const string Sha256WithRsa = "1.2.840.113549.1.1.11";
    public const string Sha384WithRsa = "1.2.840.113549.1.1.12";
    public const string Sha512WithRsa = "1.2.840.113549.1.1.13";
    public const string Sha224WithRsa = "1.2.840.113549.1.1.14";
    public const string Dsa = "1.2.840.10040.4.1";
    public const string EcPublicKey = "1.2.840.10045.2.1";
    public const string Sha1WithEcdsa = "1.2.840.10045.4.1";
    public const string Sha224WithEcdsa = "1.2.840.10045.4.3.1";
    public const string Sha256WithEcdsa = "1.2.840.10045.4.3.2";
    public const string Sha384WithEcdsa = "1.2.840.10045.4.3.3";
    public const string Sha512WithEcdsa = "1.2.840.10045.4.3.4";
    public const string Secp224r1 = "1.3.132.0.33";
    public const string Secp256r1 = "1.2.840.10045.3.1.7";
    public const string Secp384r1 = "1.3.132.0.34";
    public const string Secp521r1 = "1.3.132.0.35";
    public const string Ed25519 = "1.3.101.112";
    public const string Ed448 = "1.3.101.113";

    // MACs (RFC 9481 6, RFC 4211 4.4, RFC 8018); HMAC-SHA1 has two names
    public const string PasswordBasedMac = "1.2.840.113533.7.66.13";
    public const string KemBasedMac = "1.2.840.113533.7.66.16";
    public const string DhBasedMac = "1.2.840.113533.7.66.30";
    public const string Pbmac1 = "1.2.840.113549.1.5.14";
    public const string HmacSha1 = "1.3.6.1.5.5.8.1.2";
    public const string HmacWithSha1 = "1.2.840.113549.2.7";
    public const string HmacWithSha224 = "1.2.840.113549.2.8";
    public const string HmacWithSha256 = "1.2.840.113549.2.9";
    public const string HmacWithSha384 = "1.2.840.113549.2.10";
    public const string HmacWithSha512 = "1.2.840.113549.2.11";
    public const string Kmac128 = "2.16.840.1.101.3.4.2.19";
    public const string Kmac256 = "2.16.840.1.101.3.4.2.20";

    // info types, id-it (RFC 9810 appendix F)
    public const string ImplicitConfirm = "1.3.6.1.5.5.7.4.13";
    public const string ConfirmWaitTime = "1.3.6.1.5.5.7.4.14";
    public const string OrigPkiMessage = "1.3.6.1.5.5.7.4.15";
    public const string CertProfile = "1.3.6.1.5.5.7.4.21";

    // controls, id-regCtrl, and registration info, id-regInfo (RFC 4211 6 and 7, RFC 9810 appendix F)
    public const string RegToken = "1.3.6.1.5.5.7.5.1.1";
    public const string Authenticator = "1.3.6.1.5.5.7.5.1.2";
    public const string PkiPublicationInfo = "1.3.6.1.5.5.7.5.1.3";
    public const string PkiArchiveOptions = "1.3.6.1.5.5.7.5.1.4";
    public const string OldCertId = "1.3.6.1.5.5.7.5.1.5";
    public const string ProtocolEncrKey = "1.3.6.1.5.5.7.5.1.6";
    public const string AltCertTemplate = "1.3.6.1.5.5.7.5.1.7";
    public const string AlgId = "1.3.6.1.5.5.7.5.1.11";
    public const string RsaKeyLen = "1.3.6.1.5.5.7.5.1.12";
    public const string Utf8Pairs = "1.3.6.1.5.5.7.5.2.1";
    public const string RegInfoCertReq = "1.3.6.1.5.5.7.5.2.2";

#pragma warning restore CS1591

    private static readonly Lazy<Dictionary<string, string>> Names = new(CollectNames);

    /// <summary>The name of an object identifier, or its dots where it has none here.</summary>
    /// <param name="oid">Dotted decimal.</param>
    /// <returns>As in <c>sha256WithRsa</c>.</returns>
    public static string NameOf(string oid) => Names.Value.TryGetValue(oid, out string? name) ? name : oid;

    private static Dictionary<string, string> CollectNames()
    {
        var names = new Dictionary<string, string>();
        foreach (FieldInfo field in typeof(Oids).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            if (field.IsLiteral && field.GetRawConstantValue() is string oid)
                names[oid] = char.ToLowerInvariant(field.Name[0]) + field.Name.Substring(1);
        }
        return names;
    }
}
