namespace Cmp.Messages.Rules;

/// <summary>What stands behind a protection, as far as rules ask.</summary>
internal enum ProtectionFamily
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A secret that both sides know (RFC 9810 5.1.3.1, RFC 9481 6).</summary>
    SharedSecret,

    /// <summary>The key of a certificate that agrees on a secret (RFC 9810 5.1.3.2 and 5.1.3.4).</summary>
    AgreedSecret,

    /// <summary>The key of a certificate that signs.</summary>
    Signature,
}
