namespace Cmp.Cryptography;

/// <summary>What mathematics a key belongs to; which signatures it can make follows from it.</summary>
internal enum KeyFamily
{
    /// <summary>RSA, whether its identifier is rsaEncryption or one of RSASSA-PSS.</summary>
    Rsa,

    /// <summary>A named curve of RFC 5480 or RFC 5639.</summary>
    EllipticCurve,

    /// <summary>The Edwards curves of EdDSA (RFC 8032).</summary>
    Edwards,

    /// <summary>Module lattices (FIPS 204).</summary>
    MLDsa,

    /// <summary>Hashes without a state (FIPS 205).</summary>
    SlhDsa,

    /// <summary>The Montgomery curves of X25519 and X448, which agree and do not sign (RFC 7748).</summary>
    Montgomery,

    /// <summary>ML-KEM, which takes secrets in and does not sign (FIPS 203).</summary>
    MLKem,

    /// <summary>Diffie-Hellman in a group of numbers (RFC 2631, PKCS #3).</summary>
    DiffieHellman,
}
