namespace Cmp.Cryptography;

/// <summary>How the private keys of a <see cref="ParameterSet"/> stand in the OCTET STRING of PKCS #8.</summary>
internal enum PrivateKeyForm
{
    /// <summary>As they are (SLH-DSA, RFC 9909 6).</summary>
    Raw,

    /// <summary>Within an OCTET STRING of their own (RFC 8410 7).</summary>
    OctetString,

    /// <summary>As a seed, as what is expanded from it, or as both (ML-DSA, RFC 9881 6; ML-KEM).</summary>
    SeedOrExpanded,
}
