namespace Cmp.TestServer;

/// <summary>What is wrong with a private key that comes with its certificate (RFC 9483 4.1.6, rule 48). A client refuses each but the first.</summary>
public enum KeyPackageFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is signed by a certificate without the extended key usage cmKGA, which under a shared secret a client may bear.</summary>
    NoKeyGenerationUsage,

    /// <summary>It is not signed.</summary>
    Unsigned,

    /// <summary>It is another key than that of the certificate.</summary>
    OtherKey,

    /// <summary>It is encrypted for somebody else.</summary>
    OtherRecipient,

    /// <summary>It comes with a certificate for a key that the requester has made.</summary>
    Unasked,
}
