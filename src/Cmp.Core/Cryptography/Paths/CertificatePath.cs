using System.Collections.Generic;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Paths;

/// <summary>A validated path from a certificate to a trust anchor.</summary>
public sealed class CertificatePath
{
    internal CertificatePath(IReadOnlyList<Certificate> certificates) => Certificates = certificates;

    /// <summary>From the certificate in question to the anchor, each issued by the next. One certificate where it is an anchor itself.</summary>
    public IReadOnlyList<Certificate> Certificates { get; }

    /// <summary>The certificate in question.</summary>
    public Certificate Leaf => Certificates[0];

    /// <summary>The trust anchor.</summary>
    public Certificate Anchor => Certificates[Certificates.Count - 1];

    /// <summary>Whether a certificate issued another one: it has the name that the other gives as its issuer's, and its key signed that. Nothing else is looked at.</summary>
    /// <param name="issuer">The certificate that may be the issuer's.</param>
    /// <param name="certificate">The certificate that it may have issued.</param>
    /// <param name="limits">The bounds of a signature check; <see langword="null"/> for the default.</param>
    /// <returns>Whether it did; what does not decode, or is signed by an algorithm that is not known here, is nobody's.</returns>
    internal static bool IsIssuer(Certificate issuer, Certificate certificate, CmpLimits? limits = null)
    {
        try
        {
            return issuer.Subject.IsSameAs(certificate.Issuer)
                && SignatureAlgorithms.Verify(certificate.SignatureAlgorithm, issuer.PublicKey, certificate.TbsCertificate, certificate.Signature, limits);
        }
        catch (CmpException)
        {
            return false;
        }
    }
}
