namespace Cmp.Inspection;

/// <summary>What a part of a body is about.</summary>
public enum CmpMessageItemKind
{
    /// <summary>Asks for a certificate (ir, cr, p10cr, kur, krr, ccr).</summary>
    CertificateRequest,

    /// <summary>Answers that (ip, cp, kup, krp, ccp).</summary>
    CertificateResponse,

    /// <summary>Challenges who asked to prove that he has the key (popdecc).</summary>
    Challenge,

    /// <summary>Answers the challenge (popdecr).</summary>
    ChallengeResponse,

    /// <summary>Asks to revoke a certificate (rr).</summary>
    RevocationRequest,

    /// <summary>Answers that (rp).</summary>
    RevocationResponse,

    /// <summary>Accepts or refuses a certificate that was issued (certConf), or confirms what was said (pkiconf).</summary>
    Confirmation,

    /// <summary>Asks whether an answer is there (pollReq).</summary>
    PollRequest,

    /// <summary>Says when to ask again (pollRep).</summary>
    PollResponse,

    /// <summary>Asks for information, or gives it (genm, genp).</summary>
    Information,

    /// <summary>Announces a new key of a root CA (ckuann).</summary>
    RootUpdate,

    /// <summary>Announces a certificate (cann).</summary>
    Certificate,

    /// <summary>Announces a revocation (rann).</summary>
    Revocation,

    /// <summary>Announces a CRL (crlann), or gives one with a revocation (rp).</summary>
    Crl,

    /// <summary>Says that something went wrong (error).</summary>
    Error,

    /// <summary>Carries another message (nested).</summary>
    Message,

    /// <summary>A body of a kind that is not known here.</summary>
    Unknown,
}
