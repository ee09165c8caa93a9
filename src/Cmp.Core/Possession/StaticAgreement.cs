using System;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Possession;

/// <summary>The static proof of Diffie-Hellman: a MAC under a key that the requester's key and the CA's give, both of which stay what they are.</summary>
/// <remarks>
/// RFC 6955 4 and 7, RFC 2875 3. K is the digest of LeadingInfo, the agreed secret and TrailingInfo: the DER of the names of subject and issuer of the CA's
/// certificate. The value is HMAC of the text under K, by the same digest.
/// </remarks>
internal static class StaticAgreement
{
    /// <summary>Computes the MAC.</summary>
    /// <param name="key">The requester's private key or the CA's.</param>
    /// <param name="peer">The public key of the other one.</param>
    /// <param name="ca">The CA's certificate.</param>
    /// <param name="algorithm">By which digest.</param>
    /// <param name="text">What is proven.</param>
    internal static byte[] Compute(PrivateKey key, SubjectPublicKeyInfo peer, Certificate ca, StaticDhAlgorithm algorithm, ReadOnlyMemory<byte> text)
    {
        ReadOnlyMemory<byte> leading = NameOf(ca, ca.Subject, Oids.SubjectAltName), trailing = NameOf(ca, ca.Issuer, Oids.IssuerAltName);
        byte[] secret = key.Agree(peer);
        var joined = new byte[leading.Length + secret.Length + trailing.Length];
        byte[]? derived = null;
        try
        {
            leading.Span.CopyTo(joined);
            secret.CopyTo(joined, leading.Length);
            trailing.Span.CopyTo(joined.AsSpan(leading.Length + secret.Length));
            derived = Digests.Compute(algorithm.Digest, joined);
            return Macs.Compute(new AlgorithmIdentifier(algorithm.Mac), derived, text);
        }
        finally
        {
            Secrets.Clear(secret);
            Secrets.Clear(joined);
            Secrets.Clear(derived);
        }
    }

    /// <summary>Makes the proof of a request.</summary>
    /// <exception cref="CmpException"><c>CmpPossession.Request</c>, <c>CmpPossession.Certificate</c>, <c>CmpKey.Agreement</c>, <c>CmpProtection.PublicKey</c>.</exception>
    internal static DhSigStatic Create(CertRequest request, PrivateKey key, Certificate ca, StaticDhAlgorithm algorithm)
    {
        // RFC 4211 4.2: both must be there, for nothing else says what is proven
        if (request.CertTemplate is not { Subject: not null, PublicKey: { } publicKey } || !publicKey.IsSameAs(key.PublicKey))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpPossession.Request", "A proof by key agreement needs a request that names its subject and the key.")
            {
                RecommendedAction = "Give -Subject, or choose another proof of possession.",
            };
        }
        EnsureAgrees(ca);
        return new DhSigStatic(IssuerAndSerialNumber.Of(ca), Compute(key, ca.PublicKey, ca, algorithm, request.Encoded));
    }

    /// <summary>Verifies the proof of a request with the private key of either side.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Mismatch</c>: the key is of neither; <c>CmpProtection.PublicKey</c>: a public key that makes the secret known to everybody.</exception>
    internal static bool Verify(CertRequest request, DhSigStatic proof, PrivateKey key, Certificate ca, StaticDhAlgorithm algorithm)
    {
        if (request.CertTemplate is not { Subject: not null, PublicKey: { Key.IsEmpty: false } asked })
            return false;
        if (proof.IssuerAndSerial is { } named && !named.Names(ca))
            return false;
        byte[] expected = Compute(key, PeerOf(key, asked, ca), ca, algorithm, request.Encoded);
        return Secrets.FixedTimeEquals(expected, proof.HashValue.Span);
    }

    /// <summary>The public key of the other side.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Mismatch</c>.</exception>
    internal static SubjectPublicKeyInfo PeerOf(PrivateKey key, SubjectPublicKeyInfo asked, Certificate ca) =>
        key.PublicKey.IsSameAs(ca.PublicKey) ? asked
        : key.PublicKey.IsSameAs(asked) ? ca.PublicKey
        : throw new CmpException(CmpErrorKind.Key, "CmpKey.Mismatch", "The private key belongs neither to the CA's certificate nor to the request.")
        {
            RecommendedAction = "Give the key of the certificate that the proof was made for, or the key of the request.",
        };

    /// <exception cref="CmpException"><c>CmpPossession.Certificate</c>.</exception>
    internal static void EnsureAgrees(Certificate ca)
    {
        if (ca.KeyUsage is { } usage && (usage & KeyUsages.KeyAgreement) == 0)
            throw Unsuited($"The key usage of {ca} lacks keyAgreement.");
    }

    /// <summary>Where a name is empty, the alternative name stands for it (RFC 4211 4.3).</summary>
    private static ReadOnlyMemory<byte> NameOf(Certificate ca, Name name, string alternative) =>
        !name.IsEmpty ? name.Encoded
        : ca.Extension(alternative) is { } extension ? extension.Value
        : throw Unsuited($"The certificate of the CA has neither a name nor {Oids.NameOf(alternative)}.");

    private static CmpException Unsuited(string message) => new(CmpErrorKind.Argument, "CmpPossession.Certificate", message)
    {
        RecommendedAction = "Give a certificate of the CA that is for agreeing on keys.",
    };
}
