using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>A certificate whose key takes secrets in: what the server encapsulates for it becomes the key of our MACs (RFC 9810 5.1.3.4).</summary>
public sealed class KemCertificate : CertificateCredential
{
    /// <summary>Takes a certificate and its key.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="key">Its private key, of a KEM.</param>
    /// <param name="chain">Intermediate certificates, nearest first; a root among them is not sent (rule 10).</param>
    /// <param name="ownsKey">Whether disposing this object lets go of the key.</param>
    /// <exception cref="CmpException"><c>CmpKey.Mismatch</c>: the key does not belong to the certificate (rule 19); <c>CmpArgument.Protection</c>: it is no
    /// KEM's, or the certificate is not for it.</exception>
    public KemCertificate(Certificate certificate, PrivateKey key, IReadOnlyList<Certificate>? chain = null, bool ownsKey = false)
        : base(certificate, key, chain, ownsKey)
    {
        if (!key.CanDecapsulate)
            throw Unsuited($"The key of {certificate} is no KEM's: it is {key.Algorithm}.", "Give a certificate with a key of ML-KEM, or another -Protection.");
        if (certificate.KeyUsage is { } usage && (usage & KeyUsages.KeyEncipherment) == 0)
            throw Unsuited($"The key usage of {certificate} lacks keyEncipherment (RFC 9935 5).", "Give a certificate that is for taking keys in.");
    }
}
