namespace Cmp.Client;

/// <summary>How possession of the private key is proven (RFC 4211 4, RFC 9810 5.2.8).</summary>
public enum ProofOfPossessionKind
{
    /// <summary>By a signature.</summary>
    Signature,

    /// <summary>A registration authority vouches for it.</summary>
    RaVerified,

    /// <summary>Not at all: for a key that the CA makes.</summary>
    None,

    /// <summary>The CA encrypts the certificate for the key: who can open it has the key (encrCert).</summary>
    EncryptedCertificate,

    /// <summary>The CA encrypts a number for the key, and is told which it was (challengeResp: popdecc and popdecr).</summary>
    ChallengeResponse,

    /// <summary>By a MAC under a key that was agreed on with the CA's (agreeMAC; dhMAC before pvno 3).</summary>
    KeyAgreement,

    /// <summary>The private key itself goes to the CA, encrypted (encryptedKey; thisMessage before pvno 3).</summary>
    EncryptedKey,
}
