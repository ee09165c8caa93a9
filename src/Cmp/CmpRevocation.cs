using System.Security.Cryptography.X509Certificates;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Pkix;

namespace Cmp;

/// <summary>A certificate that a server has revoked, has put on hold, or has taken off the CRL again.</summary>
public sealed class CmpRevocation
{
    internal CmpRevocation(Revocation revocation, X509Certificate2? certificate, CmpCrl? crl, ServerSettings server)
    {
        Certificate = certificate;
        Subject = revocation.Subject?.ToString();
        Issuer = revocation.Issuer?.ToString();
        SerialNumber = revocation.SerialNumber;
        Reason = revocation.Reason;
        Status = revocation.Status;
        Crl = crl;
        Server = server.ToString();
        TransactionId = revocation.TransactionId;
    }

    /// <summary>The certificate; <see langword="null"/> where it was named by its number or its request, and is not at hand.</summary>
    public X509Certificate2? Certificate { get; }

    /// <summary>Whose it is, escaped; <see langword="null"/> where that is not known.</summary>
    public string? Subject { get; }

    /// <summary>Who issued it, escaped; <see langword="null"/> where that is not known.</summary>
    public string? Issuer { get; }

    /// <summary>The serial number in hexadecimal digits, as an X509Certificate2 has it; <see langword="null"/> where it is not known.</summary>
    public string? SerialNumber { get; }

    /// <summary>The reason that was given; RemoveFromCrl: its hold is lifted. <see langword="null"/> where none was.</summary>
    public RevocationReason? Reason { get; }

    /// <summary>What the server said: Accepted as a rule; RevocationWarning: it is about to be revoked.</summary>
    public PkiStatus Status { get; }

    /// <summary>The issuer's CRL that came with the answer; <see langword="null"/> where none did.</summary>
    public CmpCrl? Crl { get; }

    /// <summary>The server's name or address.</summary>
    public string Server { get; }

    /// <summary>The transaction, hexadecimal.</summary>
    public string TransactionId { get; }

    /// <summary>Which certificate.</summary>
    /// <returns>Serial number and subject, as far as they are known.</returns>
    public override string ToString() => SerialNumber is null ? Subject ?? TransactionId : Subject is null ? $"{SerialNumber} of {Issuer}" : $"{SerialNumber}, {Subject}";
}
