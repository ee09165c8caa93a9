using System;
using Cmp.Cryptography;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Possession;

/// <summary>
/// The proof in the form of a signature that is DHBasedMac: for a key that agrees and does not sign, where the CA has a certificate to agree with that is known.
/// </summary>
/// <remarks>RFC 9810 5.2.8.2 and 5.1.3.2. What is covered is what a signature covers.</remarks>
public static class DhBasedMacProof
{
    /// <summary>Makes the proof.</summary>
    /// <param name="request">The request.</param>
    /// <param name="key">The key that is to be certified.</param>
    /// <param name="ca">The CA's certificate to agree with, which is trusted as it is.</param>
    /// <param name="options">Digest and MAC; <see langword="null"/>: SHA-256 and HMAC-SHA256.</param>
    /// <param name="input">What is covered where the template lacks the subject or the key; <see langword="null"/>: the request itself.</param>
    /// <returns>The proof.</returns>
    /// <exception cref="CmpException"><c>CmpPossession.Certificate</c>: the certificate is not for agreeing; <c>CmpKey.Agreement</c>: both keys are not of one kind;
    /// <c>CmpProtection.PublicKey</c>: the CA's key is none that may be agreed with; <c>CmpProtection.Algorithm</c>: the options name what is not there.</exception>
    public static PopoSigningKey Create(CertRequest request, PrivateKey key, Certificate ca, DhMacOptions? options = null, PopoSigningKeyInput? input = null)
    {
        StaticAgreement.EnsureAgrees(ca);
        SharedSecretMac mac = (options ?? new DhMacOptions()).New();
        using var secret = new SharedSecret(ReadOnlyMemory<byte>.Empty, key.Agree(ca.PublicKey));
        return new PopoSigningKey(input, mac.Algorithm, mac.Compute(secret, input?.Encoded ?? request.Encoded));
    }

    /// <summary>Whether a proof in the form of a signature is one of these.</summary>
    /// <param name="proof">The proof.</param>
    /// <returns>True where it is.</returns>
    public static bool Is(PopoSigningKey proof) => ProtectionKinds.Of(proof.Algorithm) == ProtectionKind.DhBasedMac;

    /// <summary>Verifies the proof over the octets that arrived, with the private key of either side. The authInfo of a poposkInput is checked by <see cref="SignatureProof.CheckInput"/>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="proof">Its proof.</param>
    /// <param name="key">The CA's private key, or the requester's.</param>
    /// <param name="ca">The CA's certificate.</param>
    /// <param name="allowSha1">Whether SHA-1 and HMAC-SHA1 will do (rule 68).</param>
    /// <param name="limits">The bounds; <see langword="null"/> for the default.</param>
    /// <returns>Whether the MAC is right, over what RFC 4211 4.1 wants covered.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: one that is not known or not taken; <c>CmpMessage.Malformed</c>; <c>CmpKey.Mismatch</c>: the
    /// key is of neither side; <c>CmpKey.Agreement</c>, <c>CmpProtection.PublicKey</c>: the key in the request is none to agree with.</exception>
    public static bool Verify(CertRequest request, PopoSigningKey proof, PrivateKey key, Certificate ca, bool allowSha1 = false, CmpLimits? limits = null)
    {
        if (!Is(proof) || SignatureProof.CoveredBy(request, proof) is not { } covered)
            return false;
        SharedSecretMac mac = SharedSecretMac.ReadAgreed(proof.Algorithm, ReadOnlyMemory<byte>.Empty, limits ?? CmpLimits.Default);
        if (mac.UsesSha1 && !allowSha1)
            throw Digests.Unsupported($"A proof by {mac} is not accepted here.");
        using var secret = new SharedSecret(ReadOnlyMemory<byte>.Empty, key.Agree(StaticAgreement.PeerOf(key, request.CertTemplate.PublicKey!, ca)));
        return mac.Verify(secret, covered, proof.Signature) is not null;
    }
}
