namespace Cmp.TestServer;

/// <summary>When a server takes a certificate as confirmed without a certConf (RFC 9810 5.1.1.1).</summary>
public enum ImplicitConfirmation
{
    /// <summary>When the request asks for it.</summary>
    WhenAsked,

    /// <summary>Never: a certConf is always awaited.</summary>
    Never,

    /// <summary>Always, also unasked, which RFC 9810 does not provide for and clients bear (rule 43).</summary>
    Always,
}
