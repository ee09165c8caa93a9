using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Possession;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>Whether the requester has the private key (RFC 4211 4, RFC 9483 5.1.1).</summary>
internal sealed class PossessionCheck(SharedSecretMacs macs)
{
    /// <summary>Checks the proof of a CRMF request.</summary>
    /// <exception cref="RefusalException">badPOP; badAlg; notAuthorized: raVerified by who is no registration authority.</exception>
    internal void Check(CertReqMsg request, SubjectPublicKeyInfo publicKey, PkiHeader header, Requester requester)
    {
        switch (request.Popo)
        {
            case PopoSigningKey proof:
                AlgorithmPolicy.Default.Check(proof.Algorithm, publicKey);
                CheckInput(proof.PoposkInput, publicKey, header, requester);
                if (!SignatureProof.Verify(request.CertReq, proof))
                    throw new RefusalException(MessageRules.PopDoesNotVerify, "The signature that proves possession of the private key is wrong.");
                break;
            case RaVerified when requester.IsRegistrationAuthority:
                break;
            case RaVerified:
                throw new RefusalException(MessageRules.PopRaVerified);
            case null:
                throw new RefusalException(MessageRules.PopMissing, "There is no proof of possession.");
            default:
                throw Bad("Proofs other than by signature are not supported.");
        }
    }

    /// <summary>Checks the signature of a PKCS #10 request.</summary>
    /// <exception cref="RefusalException">badPOP; badAlg.</exception>
    internal static void Check(CertificationRequest request)
    {
        AlgorithmPolicy.Default.Check(request.SignatureAlgorithm, request.PublicKey);
        if (!SignatureAlgorithms.Verify(request.SignatureAlgorithm, request.PublicKey, request.Info, request.Signature))
            throw new RefusalException(MessageRules.PopDoesNotVerify, "The signature of the PKCS #10 request is wrong.");
    }

    /// <summary>The authInfo of a poposkInput binds the key to who asks (RFC 4211 4.1).</summary>
    private void CheckInput(PopoSigningKeyInput? input, SubjectPublicKeyInfo publicKey, PkiHeader header, Requester requester)
    {
        if (input is null)
            return;
        if (input.Sender is { } sender)
        {
            if (requester.Certificate is null || !sender.IsSameAs(header.Sender))
                throw new RefusalException(MessageRules.PopInputSender, "The sender in poposkInput is not the one who signed the message.");
            return;
        }
        PkMacValue mac = input.PublicKeyMac!;
        if (!ProtectionKinds.Of(mac.Algorithm).IsUnderSharedSecret() || macs.Verify(mac.Algorithm, publicKey.Encoded, mac.Value) is null)
            throw Bad("The publicKeyMAC in poposkInput is wrong.");
    }

    private static RefusalException Bad(string message) => new(FailInfo.BadPOP, message);
}
