namespace Cmp.Protection;

/// <summary>How messages are authenticated (RFC 9810 5.1.3).</summary>
public enum ProtectionKind
{
    /// <summary>A signature.</summary>
    Signature,

    /// <summary>A MAC whose key comes from a shared secret by RFC 4211 4.4.</summary>
    PasswordBasedMac,

    /// <summary>A MAC whose key comes from a shared secret by PBKDF2 (RFC 8018 7.1).</summary>
    Pbmac1,

    /// <summary>HMAC with an established key.</summary>
    Hmac,

    /// <summary>KMAC with an established key.</summary>
    Kmac,

    /// <summary>A MAC whose key comes from a key encapsulation (RFC 9810 5.1.3.4).</summary>
    KemBasedMac,

    /// <summary>A MAC whose key comes from Diffie-Hellman (RFC 9810 5.1.3.2).</summary>
    DhBasedMac,

    /// <summary>None.</summary>
    None,
}
