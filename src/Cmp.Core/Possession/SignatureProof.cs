using System;
using Cmp.Cryptography;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Possession;

/// <summary>The proof of possession by signature (RFC 4211 4.1).</summary>
public static class SignatureProof
{
    /// <summary>Signs a request with the key that is to be certified.</summary>
    /// <param name="request">The request.</param>
    /// <param name="key">The key.</param>
    /// <param name="algorithm">The algorithm of the signature.</param>
    /// <param name="input">What is signed where the template lacks the subject or the key; <see langword="null"/>: the request itself.</param>
    /// <returns>The proof.</returns>
    /// <exception cref="CmpException"><c>CmpKey.…</c>: the key cannot sign so.</exception>
    public static PopoSigningKey Create(CertRequest request, PrivateKey key, AlgorithmIdentifier algorithm, PopoSigningKeyInput? input = null) =>
        new(input, algorithm, key.Sign((input?.Encoded ?? request.Encoded), algorithm));

    /// <summary>Verifies a proof over the octets that arrived, as a CA does. The authInfo of a poposkInput is for the caller to check.</summary>
    /// <param name="request">The request.</param>
    /// <param name="proof">Its proof.</param>
    /// <returns>Whether the signature is made by the key of the template, over what RFC 4211 4.1 wants signed.</returns>
    /// <exception cref="CmpException">The key or the algorithm is not supported.</exception>
    public static bool Verify(CertRequest request, PopoSigningKey proof)
    {
        CertTemplate template = request.CertTemplate;
        if (template.PublicKey is not { Key.IsEmpty: false } publicKey)
            return false;
        ReadOnlyMemory<byte> signed;
        if (proof.PoposkInput is { } input)
        {
            // a complete template is signed itself; an input beside it would leave the rest of it unproven
            if (template.Subject is not null || !input.PublicKey.IsSameAs(publicKey))
                return false;
            signed = input.Encoded;
        }
        else
        {
            signed = request.Encoded;
        }
        return SignatureAlgorithms.Verify(proof.Algorithm, publicKey, signed, proof.Signature);
    }
}
