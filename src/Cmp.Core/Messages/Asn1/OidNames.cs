using System;
using System.Collections.Generic;
using System.IO;

namespace Cmp.Messages.Asn1;

/// <summary>
/// The names of object identifiers that are met in messages: as their RFC writes them, without a prefix that only names the arc (<c>id-it-</c>); those of
/// Microsoft begin with <c>ms</c>.
/// </summary>
internal static class OidNames
{
    // an identifier and its name a line; a line that begins with -- says where a group is from
    private const string Table = """
        -- attributes of names and of people (X.520, RFC 4519, RFC 2985, RFC 3739, CA/Browser Forum)
        2.5.4.0 objectClass
        2.5.4.3 commonName
        2.5.4.4 surname
        2.5.4.5 serialNumber
        2.5.4.6 countryName
        2.5.4.7 localityName
        2.5.4.8 stateOrProvinceName
        2.5.4.9 streetAddress
        2.5.4.10 organizationName
        2.5.4.11 organizationalUnitName
        2.5.4.12 title
        2.5.4.13 description
        2.5.4.15 businessCategory
        2.5.4.16 postalAddress
        2.5.4.17 postalCode
        2.5.4.18 postOfficeBox
        2.5.4.19 physicalDeliveryOfficeName
        2.5.4.20 telephoneNumber
        2.5.4.23 facsimileTelephoneNumber
        2.5.4.31 member
        2.5.4.32 owner
        2.5.4.33 roleOccupant
        2.5.4.34 seeAlso
        2.5.4.41 name
        2.5.4.42 givenName
        2.5.4.43 initials
        2.5.4.44 generationQualifier
        2.5.4.45 x500UniqueIdentifier
        2.5.4.46 dnQualifier
        2.5.4.51 houseIdentifier
        2.5.4.54 dmdName
        2.5.4.65 pseudonym
        2.5.4.72 role
        2.5.4.97 organizationIdentifier
        2.5.4.98 countryCode3c
        2.5.4.99 countryCode3n
        0.9.2342.19200300.100.1.1 uid
        0.9.2342.19200300.100.1.3 mail
        0.9.2342.19200300.100.1.25 domainComponent
        0.9.2342.19200300.100.1.44 uniqueIdentifier
        1.3.6.1.4.1.311.60.2.1.1 jurisdictionLocalityName
        1.3.6.1.4.1.311.60.2.1.2 jurisdictionStateOrProvinceName
        1.3.6.1.4.1.311.60.2.1.3 jurisdictionCountryName
        1.3.6.1.5.5.7.9.1 dateOfBirth
        1.3.6.1.5.5.7.9.2 placeOfBirth
        1.3.6.1.5.5.7.9.3 gender
        1.3.6.1.5.5.7.9.4 countryOfCitizenship
        1.3.6.1.5.5.7.9.5 countryOfResidence

        -- extensions of certificates and CRLs (RFC 5280 4.2, 5.2, 5.3; X.509)
        2.5.29.9 subjectDirectoryAttributes
        2.5.29.14 subjectKeyIdentifier
        2.5.29.15 keyUsage
        2.5.29.16 privateKeyUsagePeriod
        2.5.29.17 subjectAltName
        2.5.29.18 issuerAltName
        2.5.29.19 basicConstraints
        2.5.29.20 cRLNumber
        2.5.29.21 cRLReasons
        2.5.29.23 holdInstructionCode
        2.5.29.24 invalidityDate
        2.5.29.27 deltaCRLIndicator
        2.5.29.28 issuingDistributionPoint
        2.5.29.29 certificateIssuer
        2.5.29.30 nameConstraints
        2.5.29.31 cRLDistributionPoints
        2.5.29.32 certificatePolicies
        2.5.29.32.0 anyPolicy
        2.5.29.33 policyMappings
        2.5.29.35 authorityKeyIdentifier
        2.5.29.36 policyConstraints
        2.5.29.37 extKeyUsage
        2.5.29.37.0 anyExtendedKeyUsage
        2.5.29.46 freshestCRL
        2.5.29.54 inhibitAnyPolicy
        2.5.29.55 targetInformation
        2.5.29.56 noRevAvail
        2.5.29.1 oldAuthorityKeyIdentifier
        2.5.29.2 oldPrimaryKeyAttributes
        2.5.29.3 oldCertificatePolicies
        2.5.29.4 oldPrimaryKeyUsageRestriction
        2.5.29.60 expiredCertsOnCRL
        2.5.29.72 subjectAltPublicKeyInfo
        2.5.29.73 altSignatureAlgorithm
        2.5.29.74 altSignatureValue
        1.3.6.1.5.5.7.1.1 authorityInfoAccess
        1.3.6.1.5.5.7.1.2 biometricInfo
        1.3.6.1.5.5.7.1.3 qcStatements
        1.3.6.1.5.5.7.1.4 ac-auditEntity
        1.3.6.1.5.5.7.1.5 ac-targeting
        1.3.6.1.5.5.7.1.6 aaControls
        1.3.6.1.5.5.7.1.7 ipAddrBlocks
        1.3.6.1.5.5.7.1.8 autonomousSysIds
        1.3.6.1.5.5.7.1.9 routerIdentifier
        1.3.6.1.5.5.7.1.10 ac-proxying
        1.3.6.1.5.5.7.1.11 subjectInfoAccess
        1.3.6.1.5.5.7.1.12 logotype
        1.3.6.1.5.5.7.1.13 wlanSSID
        1.3.6.1.5.5.7.1.14 proxyCertInfo
        1.3.6.1.5.5.7.1.18 cmsContentConstraints
        1.3.6.1.5.5.7.1.21 clearanceConstraints
        1.3.6.1.5.5.7.1.24 tlsfeature
        1.3.6.1.5.5.7.1.25 mud-url
        1.3.6.1.5.5.7.1.26 tnAuthList
        1.3.6.1.5.5.7.1.27 jwtClaimConstraints
        1.3.6.1.5.5.7.1.28 ipAddrBlocks-v2
        1.3.6.1.5.5.7.1.29 autonomousSysIds-v2
        1.3.6.1.5.5.7.1.30 mudsigner
        1.3.6.1.5.5.7.1.31 acmeIdentifier
        1.3.6.1.5.5.7.1.32 masa-url
        1.3.6.1.5.5.7.1.34 nfTypes

        -- qualifiers of policies, ways of access
        1.3.6.1.5.5.7.2.1 cps
        1.3.6.1.5.5.7.2.2 unotice
        1.3.6.1.5.5.7.48.1 ocsp
        1.3.6.1.5.5.7.48.1.1 ocsp-basic
        1.3.6.1.5.5.7.48.1.2 ocsp-nonce
        1.3.6.1.5.5.7.48.1.3 ocsp-crl
        1.3.6.1.5.5.7.48.1.4 ocsp-response
        1.3.6.1.5.5.7.48.1.5 ocspNoCheck
        1.3.6.1.5.5.7.48.1.6 ocsp-archive-cutoff
        1.3.6.1.5.5.7.48.1.7 ocsp-service-locator
        1.3.6.1.5.5.7.48.2 caIssuers
        1.3.6.1.5.5.7.48.3 ad-timeStamping
        1.3.6.1.5.5.7.48.4 ad-dvcs
        1.3.6.1.5.5.7.48.5 caRepository
        1.3.6.1.5.5.7.48.10 rpkiManifest
        1.3.6.1.5.5.7.48.11 signedObject
        1.3.6.1.5.5.7.48.13 rpkiNotify

        -- extensions of others: Entrust, Netscape, Certificate Transparency, Microsoft
        1.2.840.113533.7.65.0 entrustVersInfo
        2.16.840.1.113730.1.1 netscape-cert-type
        2.16.840.1.113730.1.2 netscape-base-url
        2.16.840.1.113730.1.3 netscape-revocation-url
        2.16.840.1.113730.1.4 netscape-ca-revocation-url
        2.16.840.1.113730.1.7 netscape-cert-renewal-url
        2.16.840.1.113730.1.8 netscape-ca-policy-url
        2.16.840.1.113730.1.12 netscape-ssl-server-name
        2.16.840.1.113730.1.13 netscape-comment
        2.16.840.1.113730.4.1 netscape-sgc
        1.3.6.1.4.1.11129.2.4.2 signedCertificateTimestampList
        1.3.6.1.4.1.11129.2.4.3 precertificatePoison
        1.3.6.1.4.1.11129.2.4.4 precertificateSigning
        1.3.6.1.4.1.11129.2.4.5 ocspSignedCertificateTimestampList
        1.3.6.1.4.1.311.20.2 msCertificateTemplateName
        1.3.6.1.4.1.311.21.1 msCaVersion
        1.3.6.1.4.1.311.21.2 msPreviousCertHash
        1.3.6.1.4.1.311.21.3 msVirtualBase
        1.3.6.1.4.1.311.21.4 msNextPublish
        1.3.6.1.4.1.311.21.7 msCertificateTemplate
        1.3.6.1.4.1.311.21.10 msApplicationPolicies
        1.3.6.1.4.1.311.21.11 msApplicationPolicyMappings
        1.3.6.1.4.1.311.21.12 msApplicationPolicyConstraints
        1.3.6.1.4.1.311.21.14 msCrlSelfCdp
        1.3.6.1.4.1.311.21.22 msCrossCaVersion
        1.3.6.1.4.1.311.25.2 msNtdsCaSecurity
        1.3.6.1.4.1.311.25.2.1 msNtdsObjectSid

        -- extended key usages (RFC 5280, RFC 9810 4.5, RFC 9483, Microsoft)
        1.3.6.1.5.5.7.3.1 serverAuth
        1.3.6.1.5.5.7.3.2 clientAuth
        1.3.6.1.5.5.7.3.3 codeSigning
        1.3.6.1.5.5.7.3.4 emailProtection
        1.3.6.1.5.5.7.3.5 ipsecEndSystem
        1.3.6.1.5.5.7.3.6 ipsecTunnel
        1.3.6.1.5.5.7.3.7 ipsecUser
        1.3.6.1.5.5.7.3.8 timeStamping
        1.3.6.1.5.5.7.3.9 OCSPSigning
        1.3.6.1.5.5.7.3.10 dvcs
        1.3.6.1.5.5.7.3.13 eapOverPPP
        1.3.6.1.5.5.7.3.14 eapOverLAN
        1.3.6.1.5.5.7.3.15 scvpServer
        1.3.6.1.5.5.7.3.16 scvpClient
        1.3.6.1.5.5.7.3.17 ipsecIKE
        1.3.6.1.5.5.7.3.18 capwapAC
        1.3.6.1.5.5.7.3.19 capwapWTP
        1.3.6.1.5.5.7.3.20 sipDomain
        1.3.6.1.5.5.7.3.21 secureShellClient
        1.3.6.1.5.5.7.3.22 secureShellServer
        1.3.6.1.5.5.7.3.23 sendRouter
        1.3.6.1.5.5.7.3.24 sendProxiedRouter
        1.3.6.1.5.5.7.3.25 sendOwner
        1.3.6.1.5.5.7.3.26 sendProxiedOwner
        1.3.6.1.5.5.7.3.27 cmcCA
        1.3.6.1.5.5.7.3.28 cmcRA
        1.3.6.1.5.5.7.3.29 cmcArchive
        1.3.6.1.5.5.7.3.30 bgpsec-router
        1.3.6.1.5.5.7.3.31 brandIndicatorForMessageIdentification
        1.3.6.1.5.5.7.3.32 cmKGA
        1.3.6.1.5.5.7.3.33 rpcTLSClient
        1.3.6.1.5.5.7.3.34 rpcTLSServer
        1.3.6.1.5.5.7.3.35 bundleSecurity
        1.3.6.1.5.5.7.3.36 documentSigning
        1.3.6.1.5.5.7.3.37 jwt
        1.3.6.1.5.5.7.3.38 httpContentEncrypt
        1.3.6.1.5.5.7.3.39 oauthAccessTokenSigning
        1.3.6.1.5.5.7.3.40 imUri
        1.3.6.1.5.5.7.3.41 configSigning
        1.3.6.1.5.5.7.3.42 trustAnchorConfigSigning
        1.3.6.1.5.5.7.3.43 updatePackageSigning
        1.3.6.1.5.5.7.3.44 safetyCommunication
        1.3.6.1.4.1.311.2.1.21 msCodeInd
        1.3.6.1.4.1.311.2.1.22 msCodeCom
        1.3.6.1.4.1.311.10.3.1 msCTLSign
        1.3.6.1.4.1.311.10.3.3 msSGC
        1.3.6.1.4.1.311.10.3.4 msEFS
        1.3.6.1.4.1.311.10.3.4.1 msEfsRecovery
        1.3.6.1.4.1.311.10.3.12 msDocumentSigning
        1.3.6.1.4.1.311.20.2.1 msEnrollmentAgent
        1.3.6.1.4.1.311.20.2.2 msSmartcardLogin
        1.3.6.1.4.1.311.21.5 msCaExchange
        1.3.6.1.4.1.311.21.6 msKeyRecoveryAgent
        1.3.6.1.4.1.311.21.19 msDsEmailReplication
        1.3.6.1.5.2.3.4 pkInitClientAuth
        1.3.6.1.5.2.3.5 pkInitKDC

        -- other names (RFC 4108, RFC 4985, RFC 8398, Microsoft)
        1.3.6.1.5.5.7.8.1 personalData
        1.3.6.1.5.5.7.8.3 permanentIdentifier
        1.3.6.1.5.5.7.8.4 hardwareModuleName
        1.3.6.1.5.5.7.8.5 xmppAddr
        1.3.6.1.5.5.7.8.7 dnsSRV
        1.3.6.1.5.5.7.8.8 naiRealm
        1.3.6.1.5.5.7.8.9 smtpUTF8Mailbox
        1.3.6.1.5.5.7.8.10 acpNodeName
        1.3.6.1.5.5.7.8.11 bundleEID
        1.3.6.1.4.1.311.20.2.3 msUPN
        1.3.6.1.4.1.311.25.1 ntdsReplication
        1.3.6.1.5.2.2 pkInitSan

        -- digests (RFC 9481 2, RFC 8017, RFC 3279)
        1.2.840.113549.2.2 md2
        1.2.840.113549.2.4 md4
        1.2.840.113549.2.5 md5
        1.3.14.3.2.26 sha1
        1.3.36.3.2.1 ripemd160
        1.3.36.3.2.2 ripemd128
        1.3.36.3.2.3 ripemd256
        2.16.840.1.101.3.4.2.1 sha256
        2.16.840.1.101.3.4.2.2 sha384
        2.16.840.1.101.3.4.2.3 sha512
        2.16.840.1.101.3.4.2.4 sha224
        2.16.840.1.101.3.4.2.5 sha512-224
        2.16.840.1.101.3.4.2.6 sha512-256
        2.16.840.1.101.3.4.2.7 sha3-224
        2.16.840.1.101.3.4.2.8 sha3-256
        2.16.840.1.101.3.4.2.9 sha3-384
        2.16.840.1.101.3.4.2.10 sha3-512
        2.16.840.1.101.3.4.2.11 shake128
        2.16.840.1.101.3.4.2.12 shake256
        2.16.840.1.101.3.4.2.17 shake128-len
        2.16.840.1.101.3.4.2.18 shake256-len
        1.2.156.10197.1.401 sm3
        1.2.643.7.1.1.2.2 id-tc26-gost3411-12-256
        1.2.643.7.1.1.2.3 id-tc26-gost3411-12-512

        -- RSA (RFC 8017, RFC 4055, RFC 8692) and its signatures
        1.2.840.113549.1.1.1 rsaEncryption
        1.2.840.113549.1.1.2 md2WithRSAEncryption
        1.2.840.113549.1.1.3 md4WithRSAEncryption
        1.2.840.113549.1.1.4 md5WithRSAEncryption
        1.2.840.113549.1.1.5 sha1WithRSAEncryption
        1.2.840.113549.1.1.7 RSAES-OAEP
        1.2.840.113549.1.1.8 mgf1
        1.2.840.113549.1.1.9 pSpecified
        1.2.840.113549.1.1.10 RSASSA-PSS
        1.2.840.113549.1.1.11 sha256WithRSAEncryption
        1.2.840.113549.1.1.12 sha384WithRSAEncryption
        1.2.840.113549.1.1.13 sha512WithRSAEncryption
        1.2.840.113549.1.1.14 sha224WithRSAEncryption
        1.2.840.113549.1.1.15 sha512-224WithRSAEncryption
        1.2.840.113549.1.1.16 sha512-256WithRSAEncryption
        1.3.14.3.2.3 md5WithRSA
        1.3.14.3.2.29 sha1WithRSA
        1.3.36.3.3.1.2 rsaSignatureWithripemd160
        2.16.840.1.101.3.4.3.13 rsassa-pkcs1-v1_5-with-sha3-224
        2.16.840.1.101.3.4.3.14 rsassa-pkcs1-v1_5-with-sha3-256
        2.16.840.1.101.3.4.3.15 rsassa-pkcs1-v1_5-with-sha3-384
        2.16.840.1.101.3.4.3.16 rsassa-pkcs1-v1_5-with-sha3-512
        1.3.6.1.5.5.7.6.30 RSASSA-PSS-SHAKE128
        1.3.6.1.5.5.7.6.31 RSASSA-PSS-SHAKE256

        -- DSA and Diffie-Hellman (RFC 3279, RFC 5758, RFC 2631, RFC 6955)
        1.2.840.10040.4.1 dsa
        1.2.840.10040.4.3 dsa-with-sha1
        1.3.14.3.2.12 dsa-old
        1.3.14.3.2.13 dsa-with-sha
        1.3.14.3.2.27 dsa-with-sha1-old
        2.16.840.1.101.3.4.3.1 dsa-with-sha224
        2.16.840.1.101.3.4.3.2 dsa-with-sha256
        2.16.840.1.101.3.4.3.3 dsa-with-sha384
        2.16.840.1.101.3.4.3.4 dsa-with-sha512
        2.16.840.1.101.3.4.3.5 dsa-with-sha3-224
        2.16.840.1.101.3.4.3.6 dsa-with-sha3-256
        2.16.840.1.101.3.4.3.7 dsa-with-sha3-384
        2.16.840.1.101.3.4.3.8 dsa-with-sha3-512
        1.2.840.10046.2.1 dhpublicnumber
        1.2.840.113549.1.3.1 dhKeyAgreement
        1.3.6.1.5.5.7.6.2 noSignature
        1.3.6.1.5.5.7.6.3 dh-sig-hmac-sha1
        1.3.6.1.5.5.7.6.4 dh-pop
        1.3.6.1.5.5.7.6.15 dhPop-static-sha224-hmac-sha224
        1.3.6.1.5.5.7.6.16 dhPop-static-sha256-hmac-sha256
        1.3.6.1.5.5.7.6.17 dhPop-static-sha384-hmac-sha384
        1.3.6.1.5.5.7.6.18 dhPop-static-sha512-hmac-sha512
        1.3.6.1.5.5.7.6.25 ecdhPop-static-sha224-hmac-sha224
        1.3.6.1.5.5.7.6.26 ecdhPop-static-sha256-hmac-sha256
        1.3.6.1.5.5.7.6.27 ecdhPop-static-sha384-hmac-sha384
        1.3.6.1.5.5.7.6.28 ecdhPop-static-sha512-hmac-sha512
        1.3.6.1.5.5.7.6.36 unsigned

        -- elliptic curves: keys and signatures (RFC 5480, RFC 5758, RFC 8692, RFC 8410)
        1.2.840.10045.2.1 ecPublicKey
        1.3.132.1.12 ecDH
        1.3.132.1.13 ecMQV
        1.2.840.10045.4.1 ecdsa-with-SHA1
        1.2.840.10045.4.2 ecdsa-with-Recommended
        1.2.840.10045.4.3 ecdsa-with-Specified
        1.2.840.10045.4.3.1 ecdsa-with-SHA224
        1.2.840.10045.4.3.2 ecdsa-with-SHA256
        1.2.840.10045.4.3.3 ecdsa-with-SHA384
        1.2.840.10045.4.3.4 ecdsa-with-SHA512
        2.16.840.1.101.3.4.3.9 ecdsa-with-sha3-224
        2.16.840.1.101.3.4.3.10 ecdsa-with-sha3-256
        2.16.840.1.101.3.4.3.11 ecdsa-with-sha3-384
        2.16.840.1.101.3.4.3.12 ecdsa-with-sha3-512
        1.3.6.1.5.5.7.6.32 ecdsa-with-shake128
        1.3.6.1.5.5.7.6.33 ecdsa-with-shake256
        1.3.101.110 X25519
        1.3.101.111 X448
        1.3.101.112 Ed25519
        1.3.101.113 Ed448
        1.2.156.10197.1.501 sm2-with-sm3
        1.2.156.10197.1.301 sm2
        0.4.0.127.0.7.1.1.4.1.1 ecdsa-plain-SHA1
        0.4.0.127.0.7.1.1.4.1.2 ecdsa-plain-SHA224
        0.4.0.127.0.7.1.1.4.1.3 ecdsa-plain-SHA256
        0.4.0.127.0.7.1.1.4.1.4 ecdsa-plain-SHA384
        0.4.0.127.0.7.1.1.4.1.5 ecdsa-plain-SHA512
        0.4.0.127.0.7.1.1.4.1.6 ecdsa-plain-RIPEMD160
        1.2.643.7.1.1.1.1 id-tc26-gost3410-12-256
        1.2.643.7.1.1.1.2 id-tc26-gost3410-12-512
        1.2.643.7.1.1.3.2 id-tc26-signwithdigest-gost3410-12-256
        1.2.643.7.1.1.3.3 id-tc26-signwithdigest-gost3410-12-512

        -- curves (RFC 5480, SEC 2, X9.62, RFC 5639)
        1.2.840.10045.1.1 prime-field
        1.2.840.10045.1.2 characteristic-two-field
        1.2.840.10045.3.1.1 secp192r1
        1.2.840.10045.3.1.2 prime192v2
        1.2.840.10045.3.1.3 prime192v3
        1.2.840.10045.3.1.4 prime239v1
        1.2.840.10045.3.1.5 prime239v2
        1.2.840.10045.3.1.6 prime239v3
        1.2.840.10045.3.1.7 secp256r1
        1.3.132.0.1 sect163k1
        1.3.132.0.2 sect163r1
        1.3.132.0.3 sect239k1
        1.3.132.0.4 sect113r1
        1.3.132.0.5 sect113r2
        1.3.132.0.6 secp112r1
        1.3.132.0.7 secp112r2
        1.3.132.0.8 secp160r1
        1.3.132.0.9 secp160k1
        1.3.132.0.10 secp256k1
        1.3.132.0.15 sect163r2
        1.3.132.0.16 sect283k1
        1.3.132.0.17 sect283r1
        1.3.132.0.22 sect131r1
        1.3.132.0.23 sect131r2
        1.3.132.0.24 sect193r1
        1.3.132.0.25 sect193r2
        1.3.132.0.26 sect233k1
        1.3.132.0.27 sect233r1
        1.3.132.0.28 secp128r1
        1.3.132.0.29 secp128r2
        1.3.132.0.30 secp160r2
        1.3.132.0.31 secp192k1
        1.3.132.0.32 secp224k1
        1.3.132.0.33 secp224r1
        1.3.132.0.34 secp384r1
        1.3.132.0.35 secp521r1
        1.3.132.0.36 sect409k1
        1.3.132.0.37 sect409r1
        1.3.132.0.38 sect571k1
        1.3.132.0.39 sect571r1
        1.3.36.3.3.2.8.1.1.1 brainpoolP160r1
        1.3.36.3.3.2.8.1.1.2 brainpoolP160t1
        1.3.36.3.3.2.8.1.1.3 brainpoolP192r1
        1.3.36.3.3.2.8.1.1.4 brainpoolP192t1
        1.3.36.3.3.2.8.1.1.5 brainpoolP224r1
        1.3.36.3.3.2.8.1.1.6 brainpoolP224t1
        1.3.36.3.3.2.8.1.1.7 brainpoolP256r1
        1.3.36.3.3.2.8.1.1.8 brainpoolP256t1
        1.3.36.3.3.2.8.1.1.9 brainpoolP320r1
        1.3.36.3.3.2.8.1.1.10 brainpoolP320t1
        1.3.36.3.3.2.8.1.1.11 brainpoolP384r1
        1.3.36.3.3.2.8.1.1.12 brainpoolP384t1
        1.3.36.3.3.2.8.1.1.13 brainpoolP512r1
        1.3.36.3.3.2.8.1.1.14 brainpoolP512t1

        -- signatures that outlast quantum computers (RFC 9881, RFC 9909, RFC 8708, RFC 9802)
        2.16.840.1.101.3.4.3.17 ml-dsa-44
        2.16.840.1.101.3.4.3.18 ml-dsa-65
        2.16.840.1.101.3.4.3.19 ml-dsa-87
        2.16.840.1.101.3.4.3.20 slh-dsa-sha2-128s
        2.16.840.1.101.3.4.3.21 slh-dsa-sha2-128f
        2.16.840.1.101.3.4.3.22 slh-dsa-sha2-192s
        2.16.840.1.101.3.4.3.23 slh-dsa-sha2-192f
        2.16.840.1.101.3.4.3.24 slh-dsa-sha2-256s
        2.16.840.1.101.3.4.3.25 slh-dsa-sha2-256f
        2.16.840.1.101.3.4.3.26 slh-dsa-shake-128s
        2.16.840.1.101.3.4.3.27 slh-dsa-shake-128f
        2.16.840.1.101.3.4.3.28 slh-dsa-shake-192s
        2.16.840.1.101.3.4.3.29 slh-dsa-shake-192f
        2.16.840.1.101.3.4.3.30 slh-dsa-shake-256s
        2.16.840.1.101.3.4.3.31 slh-dsa-shake-256f
        2.16.840.1.101.3.4.3.32 hash-ml-dsa-44-with-sha512
        2.16.840.1.101.3.4.3.33 hash-ml-dsa-65-with-sha512
        2.16.840.1.101.3.4.3.34 hash-ml-dsa-87-with-sha512
        2.16.840.1.101.3.4.3.35 hash-slh-dsa-sha2-128s-with-sha256
        2.16.840.1.101.3.4.3.36 hash-slh-dsa-sha2-128f-with-sha256
        2.16.840.1.101.3.4.3.37 hash-slh-dsa-sha2-192s-with-sha512
        2.16.840.1.101.3.4.3.38 hash-slh-dsa-sha2-192f-with-sha512
        2.16.840.1.101.3.4.3.39 hash-slh-dsa-sha2-256s-with-sha512
        2.16.840.1.101.3.4.3.40 hash-slh-dsa-sha2-256f-with-sha512
        2.16.840.1.101.3.4.3.41 hash-slh-dsa-shake-128s-with-shake128
        2.16.840.1.101.3.4.3.42 hash-slh-dsa-shake-128f-with-shake128
        2.16.840.1.101.3.4.3.43 hash-slh-dsa-shake-192s-with-shake256
        2.16.840.1.101.3.4.3.44 hash-slh-dsa-shake-192f-with-shake256
        2.16.840.1.101.3.4.3.45 hash-slh-dsa-shake-256s-with-shake256
        2.16.840.1.101.3.4.3.46 hash-slh-dsa-shake-256f-with-shake256
        1.2.840.113549.1.9.16.3.17 hss-lms-hashsig
        1.3.6.1.5.5.7.6.34 xmss-hashsig
        1.3.6.1.5.5.7.6.35 xmssmt-hashsig

        -- composite signatures (draft-ietf-lamps-pq-composite-sigs)
        1.3.6.1.5.5.7.6.37 MLDSA44-RSA2048-PSS-SHA256
        1.3.6.1.5.5.7.6.38 MLDSA44-RSA2048-PKCS15-SHA256
        1.3.6.1.5.5.7.6.39 MLDSA44-Ed25519-SHA512
        1.3.6.1.5.5.7.6.40 MLDSA44-ECDSA-P256-SHA256
        1.3.6.1.5.5.7.6.41 MLDSA65-RSA3072-PSS-SHA512
        1.3.6.1.5.5.7.6.42 MLDSA65-RSA3072-PKCS15-SHA512
        1.3.6.1.5.5.7.6.43 MLDSA65-RSA4096-PSS-SHA512
        1.3.6.1.5.5.7.6.44 MLDSA65-RSA4096-PKCS15-SHA512
        1.3.6.1.5.5.7.6.45 MLDSA65-ECDSA-P256-SHA512
        1.3.6.1.5.5.7.6.46 MLDSA65-ECDSA-P384-SHA512
        1.3.6.1.5.5.7.6.47 MLDSA65-ECDSA-brainpoolP256r1-SHA512
        1.3.6.1.5.5.7.6.48 MLDSA65-Ed25519-SHA512
        1.3.6.1.5.5.7.6.49 MLDSA87-ECDSA-P384-SHA512
        1.3.6.1.5.5.7.6.50 MLDSA87-ECDSA-brainpoolP384r1-SHA512
        1.3.6.1.5.5.7.6.51 MLDSA87-Ed448-SHAKE256
        1.3.6.1.5.5.7.6.52 MLDSA87-RSA3072-PSS-SHA512
        1.3.6.1.5.5.7.6.53 MLDSA87-RSA4096-PSS-SHA512
        1.3.6.1.5.5.7.6.54 MLDSA87-ECDSA-P521-SHA512

        -- key encapsulation (RFC 9935, RFC 9690, RFC 9629)
        2.16.840.1.101.3.4.4.1 ml-kem-512
        2.16.840.1.101.3.4.4.2 ml-kem-768
        2.16.840.1.101.3.4.4.3 ml-kem-1024
        1.2.840.113549.1.9.16.3.14 rsa-kem-spki
        1.0.18033.2.2.4 kem-rsa

        -- MACs (RFC 9481 6, RFC 9810 5.1.3, RFC 8018, RFC 8702, RFC 9044)
        1.2.840.113533.7.66.13 passwordBasedMac
        1.2.840.113533.7.66.16 kemBasedMac
        1.2.840.113533.7.66.30 dhBasedMac
        1.2.840.113549.1.5.14 PBMAC1
        1.3.6.1.5.5.8.1.1 hmac-MD5
        1.3.6.1.5.5.8.1.2 hmac-SHA1
        1.2.840.113549.2.6 hmacWithMD5
        1.2.840.113549.2.7 hmacWithSHA1
        1.2.840.113549.2.8 hmacWithSHA224
        1.2.840.113549.2.9 hmacWithSHA256
        1.2.840.113549.2.10 hmacWithSHA384
        1.2.840.113549.2.11 hmacWithSHA512
        1.2.840.113549.2.12 hmacWithSHA512-224
        1.2.840.113549.2.13 hmacWithSHA512-256
        2.16.840.1.101.3.4.2.13 hmacWithSHA3-224
        2.16.840.1.101.3.4.2.14 hmacWithSHA3-256
        2.16.840.1.101.3.4.2.15 hmacWithSHA3-384
        2.16.840.1.101.3.4.2.16 hmacWithSHA3-512
        2.16.840.1.101.3.4.2.19 KmacWithSHAKE128
        2.16.840.1.101.3.4.2.20 KmacWithSHAKE256
        2.16.840.1.101.3.4.2.21 kmac128
        2.16.840.1.101.3.4.2.22 kmac256

        -- AES: content encryption, key wrap, GMAC (RFC 3565, RFC 5084, RFC 3394, RFC 5649)
        2.16.840.1.101.3.4.1.1 aes128-ECB
        2.16.840.1.101.3.4.1.2 aes128-CBC
        2.16.840.1.101.3.4.1.3 aes128-OFB
        2.16.840.1.101.3.4.1.4 aes128-CFB
        2.16.840.1.101.3.4.1.5 aes128-wrap
        2.16.840.1.101.3.4.1.6 aes128-GCM
        2.16.840.1.101.3.4.1.7 aes128-CCM
        2.16.840.1.101.3.4.1.8 aes128-wrap-pad
        2.16.840.1.101.3.4.1.9 aes128-GMAC
        2.16.840.1.101.3.4.1.21 aes192-ECB
        2.16.840.1.101.3.4.1.22 aes192-CBC
        2.16.840.1.101.3.4.1.23 aes192-OFB
        2.16.840.1.101.3.4.1.24 aes192-CFB
        2.16.840.1.101.3.4.1.25 aes192-wrap
        2.16.840.1.101.3.4.1.26 aes192-GCM
        2.16.840.1.101.3.4.1.27 aes192-CCM
        2.16.840.1.101.3.4.1.28 aes192-wrap-pad
        2.16.840.1.101.3.4.1.29 aes192-GMAC
        2.16.840.1.101.3.4.1.41 aes256-ECB
        2.16.840.1.101.3.4.1.42 aes256-CBC
        2.16.840.1.101.3.4.1.43 aes256-OFB
        2.16.840.1.101.3.4.1.44 aes256-CFB
        2.16.840.1.101.3.4.1.45 aes256-wrap
        2.16.840.1.101.3.4.1.46 aes256-GCM
        2.16.840.1.101.3.4.1.47 aes256-CCM
        2.16.840.1.101.3.4.1.48 aes256-wrap-pad
        2.16.840.1.101.3.4.1.49 aes256-GMAC

        -- older content encryption and key wrap
        1.3.14.3.2.6 desECB
        1.3.14.3.2.7 desCBC
        1.2.840.113549.3.2 rc2-CBC
        1.2.840.113549.3.4 rc4
        1.2.840.113549.3.7 des-EDE3-CBC
        1.2.840.113549.1.9.16.3.6 cms3DESwrap
        1.2.840.113549.1.9.16.3.7 cmsRC2wrap
        1.2.840.113533.7.66.10 cast5-CBC
        1.3.6.1.4.1.188.7.1.1.2 idea-CBC
        1.2.840.113549.1.9.16.3.18 chaCha20Poly1305
        1.2.410.200004.1.4 seed-CBC
        1.2.392.200011.61.1.1.1.2 camellia128-CBC
        1.2.392.200011.61.1.1.1.3 camellia192-CBC
        1.2.392.200011.61.1.1.1.4 camellia256-CBC
        1.2.392.200011.61.1.1.3.2 camellia128-wrap
        1.2.392.200011.61.1.1.3.3 camellia192-wrap
        1.2.392.200011.61.1.1.3.4 camellia256-wrap

        -- key derivation (RFC 8018, RFC 7914, RFC 8619, RFC 9690)
        1.2.840.113549.1.5.12 PBKDF2
        1.3.6.1.4.1.11591.4.11 scrypt
        1.2.840.113549.1.9.16.3.28 hkdf-with-sha256
        1.2.840.113549.1.9.16.3.29 hkdf-with-sha384
        1.2.840.113549.1.9.16.3.30 hkdf-with-sha512
        1.2.840.113549.1.9.16.3.32 hkdf-with-sha3-224
        1.2.840.113549.1.9.16.3.33 hkdf-with-sha3-256
        1.2.840.113549.1.9.16.3.34 hkdf-with-sha3-384
        1.2.840.113549.1.9.16.3.35 hkdf-with-sha3-512
        1.2.840.113549.1.9.16.3.31 cek-hkdf-sha256
        1.3.133.16.840.9.44.1.1 kdf2
        1.3.133.16.840.9.44.1.2 kdf3

        -- encryption with passwords (RFC 8018, RFC 7292)
        1.2.840.113549.1.5.1 pbeWithMD2AndDES-CBC
        1.2.840.113549.1.5.3 pbeWithMD5AndDES-CBC
        1.2.840.113549.1.5.4 pbeWithMD2AndRC2-CBC
        1.2.840.113549.1.5.6 pbeWithMD5AndRC2-CBC
        1.2.840.113549.1.5.10 pbeWithSHA1AndDES-CBC
        1.2.840.113549.1.5.11 pbeWithSHA1AndRC2-CBC
        1.2.840.113549.1.5.13 PBES2
        1.2.840.113549.1.9.16.3.9 PWRI-KEK
        1.2.840.113549.1.12.1.1 pbeWithSHAAnd128BitRC4
        1.2.840.113549.1.12.1.2 pbeWithSHAAnd40BitRC4
        1.2.840.113549.1.12.1.3 pbeWithSHAAnd3-KeyTripleDES-CBC
        1.2.840.113549.1.12.1.4 pbeWithSHAAnd2-KeyTripleDES-CBC
        1.2.840.113549.1.12.1.5 pbeWithSHAAnd128BitRC2-CBC
        1.2.840.113549.1.12.1.6 pbeWithSHAAnd40BitRC2-CBC
        1.2.840.113533.7.66.12 pbeWithMD5AndCAST5-CBC

        -- key agreement (RFC 5753, RFC 2631, RFC 8418)
        1.2.840.113549.1.9.16.3.5 esdh
        1.2.840.113549.1.9.16.3.10 ssdh
        1.3.133.16.840.63.0.2 dhSinglePass-stdDH-sha1kdf-scheme
        1.3.133.16.840.63.0.3 dhSinglePass-cofactorDH-sha1kdf-scheme
        1.3.133.16.840.63.0.16 mqvSinglePass-sha1kdf-scheme
        1.3.132.1.11.0 dhSinglePass-stdDH-sha224kdf-scheme
        1.3.132.1.11.1 dhSinglePass-stdDH-sha256kdf-scheme
        1.3.132.1.11.2 dhSinglePass-stdDH-sha384kdf-scheme
        1.3.132.1.11.3 dhSinglePass-stdDH-sha512kdf-scheme
        1.3.132.1.14.0 dhSinglePass-cofactorDH-sha224kdf-scheme
        1.3.132.1.14.1 dhSinglePass-cofactorDH-sha256kdf-scheme
        1.3.132.1.14.2 dhSinglePass-cofactorDH-sha384kdf-scheme
        1.3.132.1.14.3 dhSinglePass-cofactorDH-sha512kdf-scheme
        1.3.132.1.15.0 mqvSinglePass-sha224kdf-scheme
        1.3.132.1.15.1 mqvSinglePass-sha256kdf-scheme
        1.3.132.1.15.2 mqvSinglePass-sha384kdf-scheme
        1.3.132.1.15.3 mqvSinglePass-sha512kdf-scheme
        1.2.840.113549.1.9.16.3.19 dhSinglePass-stdDH-hkdf-sha256-scheme
        1.2.840.113549.1.9.16.3.20 dhSinglePass-stdDH-hkdf-sha384-scheme
        1.2.840.113549.1.9.16.3.21 dhSinglePass-stdDH-hkdf-sha512-scheme

        -- contents of CMS (RFC 5652, RFC 5083, RFC 5958)
        1.2.840.113549.1.7.1 data
        1.2.840.113549.1.7.2 signedData
        1.2.840.113549.1.7.3 envelopedData
        1.2.840.113549.1.7.4 signedAndEnvelopedData
        1.2.840.113549.1.7.5 digestedData
        1.2.840.113549.1.7.6 encryptedData
        1.2.840.113549.1.9.16.1.2 authData
        1.2.840.113549.1.9.16.1.4 TSTInfo
        1.2.840.113549.1.9.16.1.6 contentInfo
        1.2.840.113549.1.9.16.1.9 compressedData
        1.2.840.113549.1.9.16.1.21 ct-encKeyWithID
        1.2.840.113549.1.9.16.1.23 authEnvelopedData
        2.16.840.1.101.2.1.2.78.5 ct-KP-aKeyPackage
        2.16.840.1.101.2.1.2.78.2 ct-KP-encryptedKeyPkg
        1.2.840.113549.1.9.16.13.1 keyTransPSK
        1.2.840.113549.1.9.16.13.2 keyAgreePSK
        1.2.840.113549.1.9.16.13.3 ori-kem

        -- attributes of PKCS #9, CMS and Windows (RFC 2985, RFC 5652, RFC 5035, [MS-WCCE])
        1.2.840.113549.1.9.1 emailAddress
        1.2.840.113549.1.9.2 unstructuredName
        1.2.840.113549.1.9.3 contentType
        1.2.840.113549.1.9.4 messageDigest
        1.2.840.113549.1.9.5 signingTime
        1.2.840.113549.1.9.6 countersignature
        1.2.840.113549.1.9.7 challengePassword
        1.2.840.113549.1.9.8 unstructuredAddress
        1.2.840.113549.1.9.9 extendedCertificateAttributes
        1.2.840.113549.1.9.13 signingDescription
        1.2.840.113549.1.9.14 extensionRequest
        1.2.840.113549.1.9.15 smimeCapabilities
        1.2.840.113549.1.9.20 friendlyName
        1.2.840.113549.1.9.21 localKeyID
        1.2.840.113549.1.9.22.1 x509Certificate
        1.2.840.113549.1.9.22.2 sdsiCertificate
        1.2.840.113549.1.9.23.1 x509Crl
        1.2.840.113549.1.9.16.2.1 receiptRequest
        1.2.840.113549.1.9.16.2.4 contentHint
        1.2.840.113549.1.9.16.2.11 encrypKeyPref
        1.2.840.113549.1.9.16.2.12 signingCertificate
        1.2.840.113549.1.9.16.2.14 timeStampToken
        1.2.840.113549.1.9.16.2.47 signingCertificateV2
        1.2.840.113549.1.9.52 cmsAlgorithmProtect
        1.2.840.113549.1.9.16.2.54 asymmDecryptKeyID
        1.2.840.113549.1.9.16.2.56 otpChallenge
        1.2.840.113549.1.9.16.2.57 revocationChallenge
        1.2.840.113549.1.9.16.2.58 estIdentityLinking
        1.3.6.1.4.1.311.2.1.14 msCertExtensions
        1.3.6.1.4.1.311.13.1 msRenewalCertificate
        1.3.6.1.4.1.311.13.2.1 msEnrollmentNameValuePair
        1.3.6.1.4.1.311.13.2.2 msEnrollmentCspProvider
        1.3.6.1.4.1.311.13.2.3 msOsVersion
        1.3.6.1.4.1.311.17.1 msCspName
        1.3.6.1.4.1.311.17.2 msLocalKeySet
        1.3.6.1.4.1.311.21.13 msArchivedKey
        1.3.6.1.4.1.311.21.16 msArchivedKeyCertHash
        1.3.6.1.4.1.311.21.17 msIssuedCertHash
        1.3.6.1.4.1.311.21.20 msRequestClientInfo
        1.3.6.1.4.1.311.21.21 msEncryptedKeyHash
        1.3.6.1.4.1.311.21.23 msEnrollEkInfo
        1.3.6.1.4.1.311.21.25 msEnrollKspName
        1.3.6.1.4.1.311.21.33 msEnrollAttestationStatement
        1.3.6.1.4.1.311.21.39 msEnrollAikInfo
        1.2.840.113549.1.12.10.1.1 keyBag
        1.2.840.113549.1.12.10.1.2 pkcs8ShroudedKeyBag
        1.2.840.113549.1.12.10.1.3 certBag
        1.2.840.113549.1.12.10.1.4 crlBag
        1.2.840.113549.1.12.10.1.5 secretBag
        1.2.840.113549.1.12.10.1.6 safeContentsBag

        -- info types, id-it (RFC 9810 appendix F, RFC 2510 appendix C)
        1.3.6.1.5.5.7.4.1 caProtEncCert
        1.3.6.1.5.5.7.4.2 signKeyPairTypes
        1.3.6.1.5.5.7.4.3 encKeyPairTypes
        1.3.6.1.5.5.7.4.4 preferredSymmAlg
        1.3.6.1.5.5.7.4.5 caKeyUpdateInfo
        1.3.6.1.5.5.7.4.6 currentCRL
        1.3.6.1.5.5.7.4.7 unsupportedOIDs
        1.3.6.1.5.5.7.4.8 subscriptionRequest
        1.3.6.1.5.5.7.4.9 subscriptionResponse
        1.3.6.1.5.5.7.4.10 keyPairParamReq
        1.3.6.1.5.5.7.4.11 keyPairParamRep
        1.3.6.1.5.5.7.4.12 revPassphrase
        1.3.6.1.5.5.7.4.13 implicitConfirm
        1.3.6.1.5.5.7.4.14 confirmWaitTime
        1.3.6.1.5.5.7.4.15 origPKIMessage
        1.3.6.1.5.5.7.4.16 suppLangTags
        1.3.6.1.5.5.7.4.17 caCerts
        1.3.6.1.5.5.7.4.18 rootCaKeyUpdate
        1.3.6.1.5.5.7.4.19 certReqTemplate
        1.3.6.1.5.5.7.4.20 rootCaCert
        1.3.6.1.5.5.7.4.21 certProfile
        1.3.6.1.5.5.7.4.22 crlStatusList
        1.3.6.1.5.5.7.4.23 crls
        1.3.6.1.5.5.7.4.24 KemCiphertextInfo

        -- controls, id-regCtrl, and registration information, id-regInfo (RFC 4211 6 and 7, RFC 9810 appendix F)
        1.3.6.1.5.5.7.5.1.1 regToken
        1.3.6.1.5.5.7.5.1.2 authenticator
        1.3.6.1.5.5.7.5.1.3 pkiPublicationInfo
        1.3.6.1.5.5.7.5.1.4 pkiArchiveOptions
        1.3.6.1.5.5.7.5.1.5 oldCertID
        1.3.6.1.5.5.7.5.1.6 protocolEncrKey
        1.3.6.1.5.5.7.5.1.7 altCertTemplate
        1.3.6.1.5.5.7.5.1.8 wtlsTemplate
        1.3.6.1.5.5.7.5.1.11 algId
        1.3.6.1.5.5.7.5.1.12 rsaKeyLen
        1.3.6.1.5.5.7.5.2.1 utf8Pairs
        1.3.6.1.5.5.7.5.2.2 certReq

        -- cryptlib's
        1.3.6.1.4.1.3029.1.1.1 blowfishECB
        1.3.6.1.4.1.3029.1.1.2 blowfishCBC
        1.3.6.1.4.1.3029.1.1.3 blowfishCFB
        1.3.6.1.4.1.3029.1.1.4 blowfishOFB
        1.3.6.1.4.1.3029.1.2 bf-cbc
        1.3.6.1.4.1.3029.1.2.1 elgamal
        1.3.6.1.4.1.3029.1.2.1.1 elgamalWithSHA-1
        1.3.6.1.4.1.3029.1.2.1.2 elgamalWithRIPEMD-160
        1.3.6.1.4.1.3029.3.1.1 cryptlibPresenceCheck
        1.3.6.1.4.1.3029.3.1.2 cryptlibPKIBoot
        1.3.6.1.4.1.3029.3.1.4 cryptlibCrlExtReason
        1.3.6.1.4.1.3029.3.1.5 cryptlibKeyFeatures
        1.3.6.1.4.1.3029.4.1 cryptlibContent
        1.3.6.1.4.1.3029.4.1.1 cryptlibConfigData
        1.3.6.1.4.1.3029.4.1.2 cryptlibUserIndex
        1.3.6.1.4.1.3029.4.1.3 cryptlibUserInfo
        1.3.6.1.4.1.3029.4.1.4 rtcsRequest
        1.3.6.1.4.1.3029.4.1.5 rtcsResponse
        1.3.6.1.4.1.3029.4.1.6 rtcsResponseExt

        -- Entrust's (Nortel Secure Networks)
        1.2.840.113533.7.66.3 cast3-CBC
        1.2.840.113533.7.66.11 cast5-MAC
        1.2.840.113533.7.67.0 entrustUser
        1.2.840.113533.7.68.0 entrustCAInfo
        1.2.840.113533.7.68.10 nsnAttributeCertificate
        """;

    private static readonly Lazy<(Dictionary<string, string> ByOid, Dictionary<string, string> ByName)> Rows = new(Read);

    /// <summary>All identifiers, each with its name.</summary>
    internal static IReadOnlyCollection<KeyValuePair<string, string>> All => Rows.Value.ByOid;

    /// <summary>The name of an identifier.</summary>
    /// <param name="oid">Dotted decimal.</param>
    /// <returns>As in <c>sha256WithRSAEncryption</c>; <see langword="null"/> where it has none here.</returns>
    internal static string? Of(string oid) => Rows.Value.ByOid.TryGetValue(oid, out string? name) ? name : null;

    /// <summary>The identifier that has a name.</summary>
    /// <param name="name">The name.</param>
    /// <returns>Dotted decimal; <see langword="null"/> where none has it.</returns>
    internal static string? Find(string name) => Rows.Value.ByName.TryGetValue(name, out string? oid) ? oid : null;

    private static (Dictionary<string, string>, Dictionary<string, string>) Read()
    {
        var byOid = new Dictionary<string, string>();
        var byName = new Dictionary<string, string>();
        using var reader = new StringReader(Table);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '-')
                continue;
            int blank = line.IndexOf(' ');
            byOid.Add(line.Substring(0, blank), line.Substring(blank + 1));
            byName.Add(line.Substring(blank + 1), line.Substring(0, blank));
        }
        return (byOid, byName);
    }
}
