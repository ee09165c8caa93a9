namespace Cmp.Messages.Asn1;

/// <summary>The object identifiers that CMP uses, by the names of their RFCs.</summary>
public static class Oids
{
#pragma warning disable CS1591 // each constant is what its name says; the sections stand above the groups

    // attributes of names (RFC 5280 appendix A.1) and PKCS #9
    public const string CommonName = "2.5.4.3";
    public const string ExtensionRequest = "1.2.840.113549.1.9.14";
    public const string SigningCertificate = "1.2.840.113549.1.9.16.2.12";
    public const string SigningCertificateV2 = "1.2.840.113549.1.9.16.2.47";
    public const string UserPrincipalName = "1.3.6.1.4.1.311.20.2.3";

    // certificate extensions (RFC 5280 4.2) and extended key usages (RFC 9810 4.5)
    public const string SubjectKeyIdentifier = "2.5.29.14";
    public const string KeyUsage = "2.5.29.15";
    public const string SubjectAltName = "2.5.29.17";
    public const string IssuerAltName = "2.5.29.18";
    public const string BasicConstraints = "2.5.29.19";
    public const string NameConstraints = "2.5.29.30";
    public const string CrlDistributionPoints = "2.5.29.31";
    public const string CertificatePolicies = "2.5.29.32";
    public const string PolicyMappings = "2.5.29.33";
    public const string AuthorityKeyIdentifier = "2.5.29.35";
    public const string PolicyConstraints = "2.5.29.36";
    public const string ExtendedKeyUsage = "2.5.29.37";
    public const string FreshestCrl = "2.5.29.46";
    public const string InhibitAnyPolicy = "2.5.29.54";
    public const string AuthorityInfoAccess = "1.3.6.1.5.5.7.1.1";
    public const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    public const string ClientAuth = "1.3.6.1.5.5.7.3.2";
    public const string CmcCA = "1.3.6.1.5.5.7.3.27";
    public const string CmcRA = "1.3.6.1.5.5.7.3.28";
    public const string CmKGA = "1.3.6.1.5.5.7.3.32";

    // extensions of CRLs and of their entries (RFC 5280 5.2 and 5.3)
    public const string CrlNumber = "2.5.29.20";
    public const string ReasonCode = "2.5.29.21";
    public const string InvalidityDate = "2.5.29.24";
    public const string DeltaCrlIndicator = "2.5.29.27";
    public const string IssuingDistributionPoint = "2.5.29.28";
    public const string CertificateIssuer = "2.5.29.29";

    // digests (RFC 9481 2)
    public const string Md5 = "1.2.840.113549.2.5";
    public const string Sha1 = "1.3.14.3.2.26";
    public const string Sha224 = "2.16.840.1.101.3.4.2.4";
    public const string Sha256 = "2.16.840.1.101.3.4.2.1";
    public const string Sha384 = "2.16.840.1.101.3.4.2.2";
    public const string Sha512 = "2.16.840.1.101.3.4.2.3";
    public const string Shake128 = "2.16.840.1.101.3.4.2.11";
    public const string Shake256 = "2.16.840.1.101.3.4.2.12";
    public const string Shake256Len = "2.16.840.1.101.3.4.2.18";

    // keys and signatures (RFC 9481 3, RFC 5480, RFC 5639, RFC 8017, RFC 8410, RFC 8692)
    public const string RsaEncryption = "1.2.840.113549.1.1.1";
    public const string Md5WithRsa = "1.2.840.113549.1.1.4";
    public const string Sha1WithRsa = "1.2.840.113549.1.1.5";
    public const string Mgf1 = "1.2.840.113549.1.1.8";
    public const string RsassaPss = "1.2.840.113549.1.1.10";
    public const string Sha256WithRsa = "1.2.840.113549.1.1.11";
    public const string Sha384WithRsa = "1.2.840.113549.1.1.12";
    public const string Sha512WithRsa = "1.2.840.113549.1.1.13";
    public const string Sha224WithRsa = "1.2.840.113549.1.1.14";
    public const string RsassaPssShake128 = "1.3.6.1.5.5.7.6.30";
    public const string RsassaPssShake256 = "1.3.6.1.5.5.7.6.31";
    public const string Dsa = "1.2.840.10040.4.1";
    public const string EcPublicKey = "1.2.840.10045.2.1";
    public const string Sha1WithEcdsa = "1.2.840.10045.4.1";
    public const string Sha224WithEcdsa = "1.2.840.10045.4.3.1";
    public const string Sha256WithEcdsa = "1.2.840.10045.4.3.2";
    public const string Sha384WithEcdsa = "1.2.840.10045.4.3.3";
    public const string Sha512WithEcdsa = "1.2.840.10045.4.3.4";
    public const string EcdsaWithShake128 = "1.3.6.1.5.5.7.6.32";
    public const string EcdsaWithShake256 = "1.3.6.1.5.5.7.6.33";
    public const string Secp224r1 = "1.3.132.0.33";
    public const string Secp256r1 = "1.2.840.10045.3.1.7";
    public const string Secp384r1 = "1.3.132.0.34";
    public const string Secp521r1 = "1.3.132.0.35";
    public const string BrainpoolP256r1 = "1.3.36.3.3.2.8.1.1.7";
    public const string BrainpoolP320r1 = "1.3.36.3.3.2.8.1.1.9";
    public const string BrainpoolP384r1 = "1.3.36.3.3.2.8.1.1.11";
    public const string BrainpoolP512r1 = "1.3.36.3.3.2.8.1.1.13";
    public const string DhPublicNumber = "1.2.840.10046.2.1";
    public const string DhKeyAgreement = "1.2.840.113549.1.3.1";
    public const string X25519 = "1.3.101.110";
    public const string X448 = "1.3.101.111";
    public const string Ed25519 = "1.3.101.112";
    public const string Ed448 = "1.3.101.113";

    // keys and signatures that outlast quantum computers (RFC 9881, RFC 9909, RFC 9935); parameters are absent
    public const string MLDsa44 = "2.16.840.1.101.3.4.3.17";
    public const string MLDsa65 = "2.16.840.1.101.3.4.3.18";
    public const string MLDsa87 = "2.16.840.1.101.3.4.3.19";
    public const string SlhDsaSha2128s = "2.16.840.1.101.3.4.3.20";
    public const string SlhDsaSha2128f = "2.16.840.1.101.3.4.3.21";
    public const string SlhDsaSha2192s = "2.16.840.1.101.3.4.3.22";
    public const string SlhDsaSha2192f = "2.16.840.1.101.3.4.3.23";
    public const string SlhDsaSha2256s = "2.16.840.1.101.3.4.3.24";
    public const string SlhDsaSha2256f = "2.16.840.1.101.3.4.3.25";
    public const string SlhDsaShake128s = "2.16.840.1.101.3.4.3.26";
    public const string SlhDsaShake128f = "2.16.840.1.101.3.4.3.27";
    public const string SlhDsaShake192s = "2.16.840.1.101.3.4.3.28";
    public const string SlhDsaShake192f = "2.16.840.1.101.3.4.3.29";
    public const string SlhDsaShake256s = "2.16.840.1.101.3.4.3.30";
    public const string SlhDsaShake256f = "2.16.840.1.101.3.4.3.31";
    public const string MLKem512 = "2.16.840.1.101.3.4.4.1";
    public const string MLKem768 = "2.16.840.1.101.3.4.4.2";
    public const string MLKem1024 = "2.16.840.1.101.3.4.4.3";

    // MACs (RFC 9481 6, RFC 4211 4.4, RFC 8018); HMAC-SHA1 has two names
    public const string PasswordBasedMac = "1.2.840.113533.7.66.13";
    public const string KemBasedMac = "1.2.840.113533.7.66.16";
    public const string DhBasedMac = "1.2.840.113533.7.66.30";
    public const string Pbmac1 = "1.2.840.113549.1.5.14";
    public const string Pbes2 = "1.2.840.113549.1.5.13";
    public const string HmacSha1 = "1.3.6.1.5.5.8.1.2";
    public const string HmacWithSha1 = "1.2.840.113549.2.7";
    public const string HmacWithSha224 = "1.2.840.113549.2.8";
    public const string HmacWithSha256 = "1.2.840.113549.2.9";
    public const string HmacWithSha384 = "1.2.840.113549.2.10";
    public const string HmacWithSha512 = "1.2.840.113549.2.11";
    public const string Kmac128 = "2.16.840.1.101.3.4.2.19";
    public const string Kmac256 = "2.16.840.1.101.3.4.2.20";
    public const string Aes128Gmac = "2.16.840.1.101.3.4.1.9";
    public const string Aes192Gmac = "2.16.840.1.101.3.4.1.29";
    public const string Aes256Gmac = "2.16.840.1.101.3.4.1.49";

    // contents of CMS and their attributes (RFC 5652, RFC 5958, RFC 4211 4.2, RFC 9629)
    public const string Data = "1.2.840.113549.1.7.1";
    public const string SignedData = "1.2.840.113549.1.7.2";
    public const string EnvelopedData = "1.2.840.113549.1.7.3";
    public const string KeyPackage = "2.16.840.1.101.2.1.2.78.5";
    public const string EncKeyWithId = "1.2.840.113549.1.9.16.1.21";
    public const string OriKem = "1.2.840.113549.1.9.16.13.3";
    public const string ContentType = "1.2.840.113549.1.9.3";
    public const string MessageDigest = "1.2.840.113549.1.9.4";
    public const string SigningTime = "1.2.840.113549.1.9.5";

    // encryption of contents and of keys (RFC 9481 4 and 5, RFC 3565, RFC 3394, RFC 3370, RFC 3211)
    public const string RsaesOaep = "1.2.840.113549.1.1.7";
    public const string PSpecified = "1.2.840.113549.1.1.9";
    public const string DesEde3Cbc = "1.2.840.113549.3.7";
    public const string Aes128Cbc = "2.16.840.1.101.3.4.1.2";
    public const string Aes192Cbc = "2.16.840.1.101.3.4.1.22";
    public const string Aes256Cbc = "2.16.840.1.101.3.4.1.42";
    public const string Aes128Wrap = "2.16.840.1.101.3.4.1.5";
    public const string Aes192Wrap = "2.16.840.1.101.3.4.1.25";
    public const string Aes256Wrap = "2.16.840.1.101.3.4.1.45";
    public const string PwriKek = "1.2.840.113549.1.9.16.3.9";

    // agreement on keys that wrap keys: the scheme with its derivation (RFC 5753, RFC 8418)
    public const string StdDhSha1Kdf = "1.3.133.16.840.63.0.2";
    public const string StdDhSha224Kdf = "1.3.132.1.11.0";
    public const string StdDhSha256Kdf = "1.3.132.1.11.1";
    public const string StdDhSha384Kdf = "1.3.132.1.11.2";
    public const string StdDhSha512Kdf = "1.3.132.1.11.3";
    public const string CofactorDhSha1Kdf = "1.3.133.16.840.63.0.3";
    public const string CofactorDhSha224Kdf = "1.3.132.1.14.0";
    public const string CofactorDhSha256Kdf = "1.3.132.1.14.1";
    public const string CofactorDhSha384Kdf = "1.3.132.1.14.2";
    public const string CofactorDhSha512Kdf = "1.3.132.1.14.3";
    public const string StdDhHkdfSha256 = "1.2.840.113549.1.9.16.3.19";
    public const string StdDhHkdfSha384 = "1.2.840.113549.1.9.16.3.20";
    public const string StdDhHkdfSha512 = "1.2.840.113549.1.9.16.3.21";

    // proofs by a key that was agreed on, with the MAC as the digest of the name says (RFC 6955)
    public const string DhPopSha1 = "1.3.6.1.5.5.7.6.3";
    public const string DhPopSha224 = "1.3.6.1.5.5.7.6.15";
    public const string DhPopSha256 = "1.3.6.1.5.5.7.6.16";
    public const string DhPopSha384 = "1.3.6.1.5.5.7.6.17";
    public const string DhPopSha512 = "1.3.6.1.5.5.7.6.18";
    public const string EcdhPopSha224 = "1.3.6.1.5.5.7.6.25";
    public const string EcdhPopSha256 = "1.3.6.1.5.5.7.6.26";
    public const string EcdhPopSha384 = "1.3.6.1.5.5.7.6.27";
    public const string EcdhPopSha512 = "1.3.6.1.5.5.7.6.28";

    // key derivation (RFC 8018, RFC 8619, RFC 9690)
    public const string Pbkdf2 = "1.2.840.113549.1.5.12";
    public const string HkdfWithSha256 = "1.2.840.113549.1.9.16.3.28";
    public const string HkdfWithSha384 = "1.2.840.113549.1.9.16.3.29";
    public const string HkdfWithSha512 = "1.2.840.113549.1.9.16.3.30";
    public const string Kdf2 = "1.3.133.16.840.9.44.1.1";
    public const string Kdf3 = "1.3.133.16.840.9.44.1.2";

    // info types, id-it (RFC 9810 appendix F), and those of cryptlib
    public const string CaProtEncCert = "1.3.6.1.5.5.7.4.1";
    public const string SignKeyPairTypes = "1.3.6.1.5.5.7.4.2";
    public const string EncKeyPairTypes = "1.3.6.1.5.5.7.4.3";
    public const string PreferredSymmAlg = "1.3.6.1.5.5.7.4.4";
    public const string CaKeyUpdateInfo = "1.3.6.1.5.5.7.4.5";
    public const string CurrentCrl = "1.3.6.1.5.5.7.4.6";
    public const string UnsupportedOids = "1.3.6.1.5.5.7.4.7";
    public const string KeyPairParamReq = "1.3.6.1.5.5.7.4.10";
    public const string KeyPairParamRep = "1.3.6.1.5.5.7.4.11";
    public const string RevPassphrase = "1.3.6.1.5.5.7.4.12";
    public const string ImplicitConfirm = "1.3.6.1.5.5.7.4.13";
    public const string ConfirmWaitTime = "1.3.6.1.5.5.7.4.14";
    public const string OrigPkiMessage = "1.3.6.1.5.5.7.4.15";
    public const string SuppLangTags = "1.3.6.1.5.5.7.4.16";
    public const string CaCerts = "1.3.6.1.5.5.7.4.17";
    public const string RootCaKeyUpdate = "1.3.6.1.5.5.7.4.18";
    public const string CertReqTemplate = "1.3.6.1.5.5.7.4.19";
    public const string RootCaCert = "1.3.6.1.5.5.7.4.20";
    public const string CertProfile = "1.3.6.1.5.5.7.4.21";
    public const string CrlStatusList = "1.3.6.1.5.5.7.4.22";
    public const string Crls = "1.3.6.1.5.5.7.4.23";
    public const string KemCiphertextInfo = "1.3.6.1.5.5.7.4.24";
    public const string CryptlibPresenceCheck = "1.3.6.1.4.1.3029.3.1.1";
    public const string CryptlibPkiBoot = "1.3.6.1.4.1.3029.3.1.2";

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

    /// <summary>The name of an object identifier, or its dots where it has none here.</summary>
    /// <param name="oid">Dotted decimal.</param>
    /// <returns>As in <c>sha256WithRSAEncryption</c>: the RFC's name.</returns>
    public static string NameOf(string oid) => OidNames.Of(oid) ?? oid;
}
