using System;

namespace Cmp.Messages.Pkix;

/// <summary>What a certified key may be used for: bit <c>n</c> of KeyUsage is <c>1 &lt;&lt; n</c> (RFC 5280 4.2.1.3).</summary>
[Flags]
public enum KeyUsages
{
    /// <summary>No bit is set.</summary>
    None = 0,

    /// <summary>digitalSignature(0).</summary>
    DigitalSignature = 1,

    /// <summary>nonRepudiation(1), also called contentCommitment.</summary>
    NonRepudiation = 2,

    /// <summary>keyEncipherment(2).</summary>
    KeyEncipherment = 4,

    /// <summary>dataEncipherment(3).</summary>
    DataEncipherment = 8,

    /// <summary>keyAgreement(4).</summary>
    KeyAgreement = 16,

    /// <summary>keyCertSign(5).</summary>
    KeyCertSign = 32,

    /// <summary>cRLSign(6).</summary>
    CrlSign = 64,

    /// <summary>encipherOnly(7).</summary>
    EncipherOnly = 128,

    /// <summary>decipherOnly(8).</summary>
    DecipherOnly = 256,
}
