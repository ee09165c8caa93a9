namespace Cmp.Transports;

/// <summary>
/// What a transaction is about, as far as a road must know it: some roads name it in their address
/// (RFC 9483 table 1 for HTTP, table 2 for CoAP).
/// All messages of one transaction carry the operation of its first request.
/// </summary>
public enum CmpOperation
{
    /// <summary>Enrolling an end entity to a new PKI: ir (RFC 9483 4.1.1).</summary>
    Initialization,

    /// <summary>Enrolling an end entity to a known PKI: cr (RFC 9483 4.1.2).</summary>
    Certification,

    /// <summary>Updating a valid certificate: kur (RFC 9483 4.1.3).</summary>
    KeyUpdate,

    /// <summary>Enrolling by a PKCS #10 request: p10cr (RFC 9483 4.1.4).</summary>
    Pkcs10,

    /// <summary>Revoking a certificate: rr (RFC 9483 4.2).</summary>
    Revocation,

    /// <summary>Recovering a key: krr (RFC 9810 5.3.7). It has no label.</summary>
    KeyRecovery,

    /// <summary>Cross-certification: ccr (RFC 9810 5.3.11). It has no label.</summary>
    CrossCertification,

    /// <summary>Getting CA certificates: genm with caCerts (RFC 9483 4.3.1).</summary>
    CaCertificates,

    /// <summary>Getting a root CA update: genm with rootCaCert (RFC 9483 4.3.2).</summary>
    RootUpdate,

    /// <summary>Getting a request template: genm with certReqTemplate (RFC 9483 4.3.3).</summary>
    RequestTemplate,

    /// <summary>Getting CRLs: genm with crlStatusList (RFC 9483 4.3.4).</summary>
    Crls,

    /// <summary>Any other genm. It has no label.</summary>
    General,

    /// <summary>Several messages wrapped in one: nested (RFC 9483 5.2.2.2). One wrapped message has its own operation.</summary>
    Nested,

    /// <summary>ckuann, cann, rann, crlann. Only CoAP has a label for them (RFC 9482 2.6).</summary>
    Announcement,
}
