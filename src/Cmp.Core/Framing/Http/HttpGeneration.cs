namespace Cmp.Framing;

/// <summary>The texts that said, one after another, how CMP goes over HTTP. <see cref="HttpDialect"/> has what each said.</summary>
public enum HttpGeneration
{
    /// <summary>RFC 9811 (2025), and RFC 9480 before it: a PKIMessage as it is.</summary>
    Rfc9811,

    /// <summary>RFC 6712 (2012): a PKIMessage as it is.</summary>
    Rfc6712,

    /// <summary>RFC 2510 5.4 (1999): a PKIMessage as it is, "a simple MIME object".</summary>
    Rfc2510,

    /// <summary>draft-ietf-pkix-cmp-http-00 (1999): the TCP-Message of RFC 2510 5.2.</summary>
    CmpHttp00,

    /// <summary>draft-ietf-pkix-cmp-transport-protocols-00 and -01 (2000): a TCP-Message of version 10, called by the media type of a PKIMessage.</summary>
    Transport00,

    /// <summary>draft-ietf-pkix-cmp-transport-protocols-02 to -04: a TCP-Message of version 10. What later texts remember as the way of the old.</summary>
    Transport02,

    /// <summary>draft-ietf-pkix-cmp-transport-protocols-05 (2004): a TCP-Message of version 10, called by the media type of a PKIMessage once more.</summary>
    Transport05,

    /// <summary>draft-ietf-pkix-cmp-transport-protocols-06 (2009) to -20: a PKIMessage as it is.</summary>
    Transport06,
}
