namespace Cmp.Client;

/// <summary>What brings a certificate to where it is to be.</summary>
public enum DesiredAction
{
    /// <summary>A pending transaction is given up.</summary>
    Abandon,

    /// <summary>A pending transaction is gone on with.</summary>
    Resume,

    /// <summary>A certificate is asked for.</summary>
    Enroll,

    /// <summary>The certificate is renewed.</summary>
    Renew,

    /// <summary>The certificate and what is remembered of it go.</summary>
    Remove,

    /// <summary>Windows is to call the certificate something else.</summary>
    Rename,

    /// <summary>Accounts are let use the private key.</summary>
    Entrust,

    /// <summary>When it is to be renewed is remembered.</summary>
    Reschedule,
}
