using System.Security.Cryptography.X509Certificates;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>A certificate that is to be revoked, as the user named it.</summary>
/// <param name="Value">What its error is about.</param>
/// <param name="Name">What people are told of it, escaped.</param>
/// <param name="Certificate">The certificate, where it is at hand.</param>
internal sealed record RevocationTarget(object Value, string Name, X509Certificate2? Certificate)
{
    internal static RevocationTarget Of(X509Certificate2 certificate) =>
        new(certificate, $"{PeerText.Escape(certificate.Subject)}, serial number {certificate.SerialNumber}", certificate);

    /// <summary>As a transaction knows it that another command began.</summary>
    internal static RevocationTarget Of(Revocation revocation)
    {
        if (revocation.Certificate is { } certificate)
            return Of(new X509Certificate2(certificate.Encoded.ToArray()));
        string name = revocation.SerialNumber is { } serial ? $"serial number {serial} of {revocation.Issuer}" : $"the certificate for the request of {revocation.Subject}";
        return new RevocationTarget(name, name, null);
    }
}
