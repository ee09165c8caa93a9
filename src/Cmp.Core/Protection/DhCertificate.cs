using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>
/// A certificate whose key agrees on a secret with that of the server's certificate: both are static, and so is the secret (RFC 9810 5.1.3.2).
/// </summary>
public sealed class DhCertificate : CertificateCredential
{
    /// <summary>Takes both certificates and agrees.</summary>
    /// <param name="certificate">Our certificate.</param>
    /// <param name="key">Its private key, of (EC)DH.</param>
    /// <param name="peer">The server's certificate, which is trusted as it is.</param>
    /// <param name="chain">Our intermediate certificates, nearest first; a root among them is not sent (rule 10).</param>
    /// <param name="ownsKey">Whether disposing this object lets go of the key.</param>
    /// <exception cref="CmpException"><c>CmpKey.Mismatch</c>: the key does not belong to the certificate (rule 19); <c>CmpArgument.Protection</c>: it does not
    /// agree with keys like the server's, or a certificate is not for it; <c>CmpProtection.PublicKey</c>: the server's key is none that may be agreed with.</exception>
    public DhCertificate(Certificate certificate, PrivateKey key, Certificate peer, IReadOnlyList<Certificate>? chain = null, bool ownsKey = false)
        : base(certificate, key, chain, ownsKey)
    {
        Peer = peer;
        foreach (Certificate one in new[] { certificate, peer })
        {
            if (one.KeyUsage is { } usage && (usage & KeyUsages.KeyAgreement) == 0)
                throw Unsuited($"The key usage of {one} lacks keyAgreement.", "Give certificates that are for agreeing on keys.");
        }
        try
        {
            // the reference is of no use: no one looks a secret up by it
            Secret = new SharedSecret(System.ReadOnlyMemory<byte>.Empty, key.Agree(peer.PublicKey));
        }
        catch (CmpException e) when (e.ErrorId == "CmpKey.Agreement")
        {
            throw Unsuited($"The keys of {certificate} and {peer} do not agree on a secret: {e.Message}", "Give a client certificate and a server certificate with keys of one curve, or of one group of Diffie-Hellman.");
        }
    }

    /// <summary>The server's certificate.</summary>
    public Certificate Peer { get; }

    /// <summary>What both agreed on; gone with this object.</summary>
    public SharedSecret Secret { get; }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Secret.Dispose();
        base.Dispose();
    }
}
