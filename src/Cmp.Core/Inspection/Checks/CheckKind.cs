namespace Cmp.Inspection;

/// <summary>What of a message is checked.</summary>
public enum CheckKind
{
    /// <summary>Whether the octets are a message at all.</summary>
    Decoding,

    /// <summary>Whether the MAC or the signature of the message is right.</summary>
    Protection,

    /// <summary>Whether a path leads from who protects the message to a trust anchor.</summary>
    SignerChain,

    /// <summary>Whether the certificates of that path are revoked, by the CRLs at hand.</summary>
    Revocation,

    /// <summary>Whether a request proves that its private key is there.</summary>
    Proof,

    /// <summary>Whether what comes encrypted opens with what was given, and is what it has to be.</summary>
    Encryption,

    /// <summary>Whether a certConf names a certificate that was issued.</summary>
    CertHash,
}
