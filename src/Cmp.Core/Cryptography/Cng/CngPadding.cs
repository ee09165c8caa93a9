namespace Cmp.Cryptography.Cng;

/// <summary>How CNG pads what it signs, or what it opens.</summary>
/// <param name="Flag">NCRYPT_PAD_PKCS1_FLAG and its like.</param>
/// <param name="Hash">The digest by CNG's name, where the padding has one.</param>
/// <param name="SaltLength">Octets of the salt of RSASSA-PSS.</param>
internal sealed record CngPadding(uint Flag, string? Hash = null, int SaltLength = 0)
{
    // ncrypt.h
    internal const uint Pkcs1Flag = 0x2;
    internal const uint OaepFlag = 0x4;
    internal const uint PssFlag = 0x8;
    internal const uint PqDsaFlag = 0x20;

    /// <summary>ECDSA pads nothing.</summary>
    internal static CngPadding None { get; } = new(0u);

    /// <summary>Of ML-DSA: pure, with the empty context.</summary>
    internal static CngPadding PqDsa { get; } = new(PqDsaFlag);

    internal static CngPadding Pkcs1(string hash) => new(Pkcs1Flag, hash);

    /// <summary>Of encryption, which has no digest.</summary>
    internal static CngPadding Pkcs1Encryption { get; } = new(Pkcs1Flag);

    /// <summary>OAEP with one digest for data and mask, and no label.</summary>
    internal static CngPadding Oaep(string hash) => new(OaepFlag, hash);

    internal static CngPadding Pss(string hash, int saltLength) => new(PssFlag, hash, saltLength);
}
