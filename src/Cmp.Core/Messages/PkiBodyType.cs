namespace Cmp.Messages;

/// <summary>The bodies of a PKIMessage, by their tag numbers (RFC 9810 5.1.2).</summary>
public enum PkiBodyType
{
    /// <summary>Initialization request.</summary>
    Ir = 0,

    /// <summary>Initialization response.</summary>
    Ip = 1,

    /// <summary>Certification request.</summary>
    Cr = 2,

    /// <summary>Certification response.</summary>
    Cp = 3,

    /// <summary>PKCS #10 certification request.</summary>
    P10cr = 4,

    /// <summary>Proof-of-possession challenge.</summary>
    Popdecc = 5,

    /// <summary>Proof-of-possession response.</summary>
    Popdecr = 6,

    /// <summary>Key update request.</summary>
    Kur = 7,

    /// <summary>Key update response.</summary>
    Kup = 8,

    /// <summary>Key recovery request.</summary>
    Krr = 9,

    /// <summary>Key recovery response.</summary>
    Krp = 10,

    /// <summary>Revocation request.</summary>
    Rr = 11,

    /// <summary>Revocation response.</summary>
    Rp = 12,

    /// <summary>Cross-certification request.</summary>
    Ccr = 13,

    /// <summary>Cross-certification response.</summary>
    Ccp = 14,

    /// <summary>CA key update announcement.</summary>
    Ckuann = 15,

    /// <summary>Certificate announcement.</summary>
    Cann = 16,

    /// <summary>Revocation announcement.</summary>
    Rann = 17,

    /// <summary>CRL announcement.</summary>
    Crlann = 18,

    /// <summary>Confirmation.</summary>
    Pkiconf = 19,

    /// <summary>Nested message.</summary>
    Nested = 20,

    /// <summary>General message.</summary>
    Genm = 21,

    /// <summary>General response.</summary>
    Genp = 22,

    /// <summary>Error message.</summary>
    Error = 23,

    /// <summary>Certificate confirmation.</summary>
    CertConf = 24,

    /// <summary>Polling request.</summary>
    PollReq = 25,

    /// <summary>Polling response.</summary>
    PollRep = 26,
}

/// <summary>The names of bodies as RFC 9810 writes them.</summary>
public static class PkiBodyTypeNames
{
    /// <summary>As in <c>ir</c>, <c>p10cr</c>, <c>certConf</c>; a tag without a name as <c>body 27</c>.</summary>
    /// <param name="type">The body.</param>
    /// <returns>Its name.</returns>
    public static string Of(PkiBodyType type) => type switch
    {
        > PkiBodyType.PollRep or < PkiBodyType.Ir => $"body {(int)type}",
        _ => char.ToLowerInvariant(type.ToString()[0]) + type.ToString().Substring(1),
    };
}
