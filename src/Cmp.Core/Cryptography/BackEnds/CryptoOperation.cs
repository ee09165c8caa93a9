namespace Cmp.Cryptography.BackEnds;

/// <summary>What a back end is asked for; the algorithm that goes with each is an OID.</summary>
internal enum CryptoOperation
{
    /// <summary>A digest.</summary>
    Digest,

    /// <summary>A digest of a digest of …, many thousand times.</summary>
    IteratedDigest,

    /// <summary>HMAC with a digest.</summary>
    Hmac,

    /// <summary>RSA PKCS #1 signatures with a digest.</summary>
    RsaPkcs1,

    /// <summary>RSASSA-PSS signatures with a digest.</summary>
    RsaPss,

    /// <summary>ECDSA on a curve.</summary>
    Ecdsa,

    /// <summary>What keys of a <see cref="ParameterSet"/> are for.</summary>
    ParameterSet,
}
