namespace Cmp.Cryptography;

/// <summary>What mathematics a key belongs to; which signatures it can make follows from it.</summary>
internal enum KeyFamily
{
    /// <summary>RSA, whether its identifier is rsaEncryption or id-RSASSA-PSS.</summary>
    Rsa,

    /// <summary>A named curve of RFC 5480 or RFC 5639.</summary>
    EllipticCurve,

    /// <summary>The Edwards curves of EdDSA (RFC 8032).</summary>
    Edwards,
}
