using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;

namespace Cmp.Possession;

/// <summary>
/// What a registration authority checks of proofs of possession before it vouches for a request: the signature, and that it is bound to who asks
/// (RFC 9483 5.2.3 and 5.1.1). Proofs that the CA takes part in (by encryption, challenge or key agreement) cannot be checked by anybody between.
/// </summary>
public static class RequesterProof
{
    /// <summary>Checks the proofs of all requests in a body; of a body without any nothing.</summary>
    /// <param name="body">The body.</param>
    /// <param name="header">The header that it came with.</param>
    /// <param name="requester">Who made the message; <see langword="null"/>: nobody knows.</param>
    /// <param name="isVouchedFor">Whether raVerified is to stand in their place: then each has to be one that can be checked.</param>
    /// <exception cref="CmpException"><c>CmpPossession.Invalid</c>: a proof is wrong; <c>CmpPossession.NotVerifiable</c>: it is none that can be checked here; <c>CmpTrust.Algorithm</c>.</exception>
    public static void Check(PkiBody body, PkiHeader header, VerifiedRequester? requester, bool isVouchedFor)
    {
        if (body is P10crBody { Request: var pkcs10 })
            Check(pkcs10);
        if (body is not CertReqMessages requests)
            return;
        foreach (CertReqMsg request in requests.Requests)
            Check(request, header, requester, isVouchedFor);
    }

    /// <summary>Checks the signature of a PKCS #10 request.</summary>
    /// <param name="request">The request.</param>
    /// <exception cref="CmpException"><c>CmpPossession.Invalid</c>; <c>CmpTrust.Algorithm</c>.</exception>
    public static void Check(CertificationRequest request)
    {
        AlgorithmPolicy.Default.Check(request.SignatureAlgorithm, request.PublicKey);
        if (!SignatureAlgorithms.Verify(request.SignatureAlgorithm, request.PublicKey, request.Info, request.Signature))
            throw Invalid("The signature of the PKCS #10 request is wrong", request.Encoded);
    }

    private static void Check(CertReqMsg request, PkiHeader header, VerifiedRequester? requester, bool isVouchedFor)
    {
        switch (request.Popo)
        {
            case PopoSigningKey proof when request.CertReq.CertTemplate.PublicKey is { Key.IsEmpty: false } publicKey:
                AlgorithmPolicy.Default.Check(proof.Algorithm, publicKey);
                if (!SignatureProof.Verify(request.CertReq, proof))
                    throw Invalid("The signature that proves possession of the private key is wrong", request.Encoded);
                CheckBinding(proof, publicKey, header, requester, isVouchedFor);
                break;
            case PopoSigningKey:
                throw Invalid("The request has a proof of possession by signature, and no public key", request.Encoded);
            case RaVerified when isVouchedFor || requester?.IsRegistrationAuthority != true:
                // under our protection it would be our word
                throw NotVerifiable("says raVerified itself", request, "Have it made anew with a proof, or use -AddProtection: then it stays its maker's word.");
            case var _ when !isVouchedFor:
                break; // for the CA to say: it has a part in the proof, or knows who else may vouch for it
            case null:
                throw NotVerifiable("has no proof of possession", request);
            default:
                throw NotVerifiable("has a proof of possession that only the CA can check", request);
        }
    }

    /// <summary>The authInfo of a poposkInput binds the key to who asks (RFC 4211 4.1).</summary>
    private static void CheckBinding(PopoSigningKey proof, SubjectPublicKeyInfo publicKey, PkiHeader header, VerifiedRequester? requester, bool isVouchedFor)
    {
        if (proof.PoposkInput is not { } input)
            return;
        if (input.Sender is { } sender)
        {
            if (!sender.IsSameAs(header.Sender) || requester is { Certificate: null })
                throw Invalid("The sender in poposkInput is not the one who signed the message", proof.Encoded);
            if (isVouchedFor && requester is null)
            {
                throw new CmpException(CmpErrorKind.Protection, "CmpPossession.NotVerifiable", "The sender in poposkInput says nothing where nobody has verified who made the message.")
                {
                    RecommendedAction = "Give who vouches for the requester's certificate with -OriginalTrustAnchor.",
                    Octets = proof.Encoded,
                };
            }
            return;
        }
        PkMacValue mac = input.PublicKeyMac!;
        if (requester?.Secret is { } secret && ProtectionKinds.Of(mac.Algorithm).IsUnderSharedSecret())
        {
            if (SharedSecretMac.Read(mac.Algorithm, CmpLimits.Default).Verify(secret, publicKey.Encoded, mac.Value) is null)
                throw Invalid("The publicKeyMAC in poposkInput is wrong", proof.Encoded);
        }
        else if (requester is not null)
        {
            throw Invalid("The publicKeyMAC in poposkInput is under no secret that protects the message", proof.Encoded);
        }
        else if (isVouchedFor)
        {
            throw new CmpException(CmpErrorKind.Protection, "CmpPossession.NotVerifiable", "The publicKeyMAC in poposkInput cannot be checked without the requester's secret.")
            {
                RecommendedAction = "Give the secret with -OriginalCredential.",
                Octets = proof.Encoded,
            };
        }
    }

    private static CmpException Invalid(string message, System.ReadOnlyMemory<byte> octets) =>
        new(CmpErrorKind.Protection, "CmpPossession.Invalid", $"{message} ({MessageRules.PopDoesNotVerify.Section}).") { Octets = octets };

    private static CmpException NotVerifiable(string what, CertReqMsg request, string? advice = null) =>
        new(CmpErrorKind.Protection, "CmpPossession.NotVerifiable", $"The request with certReqId {request.CertReq.CertReqId} {what}: raVerified would vouch for what nobody has checked.")
        {
            RecommendedAction = advice ?? "Leave -RaVerified out: the proof stays, and the server checks it.",
            Octets = request.Encoded,
        };
}
