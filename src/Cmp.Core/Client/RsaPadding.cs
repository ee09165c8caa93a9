namespace Cmp.Client;

/// <summary>How RSA keys sign.</summary>
public enum RsaPadding
{
    /// <summary>RSASSA-PKCS1-v1_5.</summary>
    Pkcs1,

    /// <summary>RSASSA-PSS.</summary>
    Pss,
}
