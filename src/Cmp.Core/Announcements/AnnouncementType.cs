namespace Cmp.Announcements;

/// <summary>What a CA says unasked (RFC 9810 5.3.13 to 5.3.16).</summary>
public enum AnnouncementType
{
    /// <summary>A root has a new key: ckuann (RFC 9810 5.3.13).</summary>
    CaKeyUpdate,

    /// <summary>A certificate was issued: cann (RFC 9810 5.3.14).</summary>
    Certificate,

    /// <summary>A certificate is about to be revoked, or has been: rann (RFC 9810 5.3.15).</summary>
    Revocation,

    /// <summary>There are new CRLs: crlann (RFC 9810 5.3.16).</summary>
    Crl,
}
