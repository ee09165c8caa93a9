using System;

namespace Cmp.Possession;

/// <summary>The ways in which a key can prove that it is there (RFC 4211 4, RFC 9810 5.2.8).</summary>
[Flags]
public enum KeyProofs
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>It signs the request.</summary>
    Signature = 1,

    /// <summary>The certificate comes encrypted for it (encrCert).</summary>
    EncryptedCertificate = 2,

    /// <summary>A number comes encrypted for it, and is sent back (challengeResp).</summary>
    ChallengeResponse = 4,

    /// <summary>It agrees on a secret with the CA's key, under which the request has a MAC (agreeMAC; dhMAC before pvno 3).</summary>
    KeyAgreement = 8,

    /// <summary>It goes to the CA itself, encrypted (encryptedKey; thisMessage before pvno 3).</summary>
    EncryptedKey = 16,
}
