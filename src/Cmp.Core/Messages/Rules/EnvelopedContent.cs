namespace Cmp.Messages.Rules;

/// <summary>What an EnvelopedData holds, as far as rules depend on it.</summary>
internal enum EnvelopedContent
{
    /// <summary>A certificate, a challenge, a passphrase, a key that the CA had kept: nothing more is asked of it.</summary>
    Any,

    /// <summary>A private key that the CA made.</summary>
    IssuedKey,

    /// <summary>A private key that the requester sends.</summary>
    SentKey,
}
