namespace Cmp.Cryptography;

/// <summary>The ways to sign.</summary>
internal enum SignatureKind
{
    /// <summary>RSASSA-PKCS1-v1_5 (RFC 8017 8.2).</summary>
    RsaPkcs1,

    /// <summary>RSASSA-PSS (RFC 8017 8.1, RFC 8692) with one digest throughout and a salt of its length.</summary>
    RsaPss,

    /// <summary>ECDSA, the two numbers in a SEQUENCE (RFC 3279 2.2.3).</summary>
    Ecdsa,

    /// <summary>As the key's <see cref="ParameterSet"/> says, over the whole message: EdDSA (RFC 8032), ML-DSA (FIPS 204), SLH-DSA (FIPS 205).</summary>
    Pure,
}
