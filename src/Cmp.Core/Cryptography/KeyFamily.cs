namespace Cmp.Cryptography;

/// <summary>What mathematics a key belongs to; which signatures it can make follows from it.</summary>
internal enum KeyFamily
{
    /// <summary>RSA, whether its identifier is rsaEncryption or id-RSASSA-PSS.</summary>
    Rsa,

    /// <summary>A named curve of RFC 5480.</summary>
    EllipticCurve,
}
