namespace Cmp.Messages.Pkix;

/// <summary>Why a certificate is revoked (RFC 5280 5.3.1); the value 7 does not exist.</summary>
public enum RevocationReason
{
    /// <summary>No reason is known.</summary>
    Unspecified = 0,

    /// <summary>The private key is in wrong hands.</summary>
    KeyCompromise = 1,

    /// <summary>The private key of a CA is in wrong hands.</summary>
    CACompromise = 2,

    /// <summary>The subject has another name, or belongs elsewhere.</summary>
    AffiliationChanged = 3,

    /// <summary>Another certificate took its place.</summary>
    Superseded = 4,

    /// <summary>It is not needed any more.</summary>
    CessationOfOperation = 5,

    /// <summary>It is on hold, and may come back.</summary>
    CertificateHold = 6,

    /// <summary>The hold is lifted: in a request, and in the entry of a delta CRL.</summary>
    RemoveFromCrl = 8,

    /// <summary>A privilege in it is withdrawn.</summary>
    PrivilegeWithdrawn = 9,

    /// <summary>The private key of an attribute authority is in wrong hands.</summary>
    AACompromise = 10,
}
