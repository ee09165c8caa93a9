using System;
using Cmp.Cryptography;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;

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

    /// <summary>Verifies a proof over the octets that arrived, as a CA does. The authInfo of a poposkInput is checked by <see cref="CheckInput"/>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="proof">Its proof.</param>
    /// <returns>Whether the signature is made by the key of the template, over what RFC 4211 4.1 wants signed.</returns>
    /// <exception cref="CmpException">The key or the algorithm is not supported.</exception>
    public static bool Verify(CertRequest request, PopoSigningKey proof) =>
        CoveredBy(request, proof) is { } signed && SignatureAlgorithms.Verify(proof.Algorithm, request.CertTemplate.PublicKey!, signed, proof.Signature);

    /// <summary>Verifies a proof with all that is in it: the signature, and what binds the key to who asks.</summary>
    /// <param name="request">The request.</param>
    /// <param name="proof">Its proof.</param>
    /// <param name="authenticated">Who was authenticated by a signature over the message, as its header names him; <see langword="null"/>: nobody.</param>
    /// <param name="verifyMac">Verifies a MAC under the shared secret over octets; <see langword="null"/>: there is none.</param>
    /// <returns>Whether all of it is right.</returns>
    /// <exception cref="CmpException">The key or an algorithm is not supported.</exception>
    public static bool Verify(CertRequest request, PopoSigningKey proof, GeneralName? authenticated, Func<PkMacValue, ReadOnlyMemory<byte>, bool>? verifyMac) =>
        Verify(request, proof) && (proof.PoposkInput is not { } input || CheckInput(input, authenticated, verifyMac) == AuthInfoResult.Right);

    /// <summary>Checks the authInfo of a poposkInput, whose signature is right.</summary>
    /// <param name="input">The input.</param>
    /// <param name="authenticated">Who was authenticated by a signature over the message, as its header names him; <see langword="null"/>: nobody.</param>
    /// <param name="verifyMac">Verifies a MAC under the shared secret over octets; <see langword="null"/>: there is none.</param>
    /// <returns>What it comes to.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: a name is none inside; what <paramref name="verifyMac"/> throws.</exception>
    public static AuthInfoResult CheckInput(PopoSigningKeyInput input, GeneralName? authenticated, Func<PkMacValue, ReadOnlyMemory<byte>, bool>? verifyMac)
    {
        if (input.Sender is { } sender)
        {
            return authenticated is null ? AuthInfoResult.NotAuthenticated
                : sender.IsSameAs(authenticated, ignoreOrder: true) ? AuthInfoResult.Right
                : AuthInfoResult.AnotherSender;
        }
        PkMacValue mac = input.PublicKeyMac!;
        return !ProtectionKinds.Of(mac.Algorithm).IsUnderSharedSecret() ? AuthInfoResult.NotUnderSecret
            : verifyMac is null ? AuthInfoResult.NoSecret
            : verifyMac(mac, input.PublicKey.Encoded) ? AuthInfoResult.Right
            : AuthInfoResult.WrongMac;
    }

    /// <summary>The octets that a proof has to cover; <see langword="null"/> where it covers what proves nothing.</summary>
    internal static ReadOnlyMemory<byte>? CoveredBy(CertRequest request, PopoSigningKey proof)
    {
        CertTemplate template = request.CertTemplate;
        if (template.PublicKey is not { Key.IsEmpty: false } publicKey)
            return null;
        if (proof.PoposkInput is not { } input)
            return request.Encoded;
        // a complete template is signed itself; an input beside it would leave the rest of it unproven
        return template.Subject is null && input.PublicKey.IsSameAs(publicKey) ? input.Encoded : (ReadOnlyMemory<byte>?)null;
    }
}
