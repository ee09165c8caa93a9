using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Possession;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>Whether the requester has the private key (RFC 4211 4, RFC 9810 5.2.8, RFC 9483 5.1.1).</summary>
internal sealed class PossessionCheck(TestServerOptions options, SharedSecretMacs macs, ServerKeys keys, AgreedMacs agreed)
{
    /// <summary>Checks the proof of a CRMF request as far as it is there.</summary>
    /// <param name="request">The request.</param>
    /// <param name="publicKey">The key in it.</param>
    /// <param name="header">Of its message.</param>
    /// <param name="requester">Who vouches for that.</param>
    /// <returns>The proof, which the caller disposes of.</returns>
    /// <exception cref="RefusalException">badPOP; badAlg; notAuthorized: raVerified by who is no registration authority.</exception>
    internal PossessionProof Check(CertReqMsg request, SubjectPublicKeyInfo publicKey, PkiHeader header, Requester requester)
    {
        switch (request.Popo)
        {
            case PopoSigningKey proof when DhBasedMacProof.Is(proof):
                Require(ProofOfPossessionKind.KeyAgreement);
                CheckInput(proof.PoposkInput, publicKey, header, requester);
                CheckKey(publicKey);
                if (!OfAgreement((key, certificate) => DhBasedMacProof.Verify(request.CertReq, proof, key, certificate, limits: options.Limits)))
                    throw new RefusalException(MessageRules.PopDoesNotVerify, "The MAC that proves possession of the private key is wrong.");
                return new PossessionProof(ProofOfPossessionKind.KeyAgreement);
            case PopoSigningKey proof:
                Require(ProofOfPossessionKind.Signature);
                AlgorithmPolicy.Default.Check(proof.Algorithm, publicKey);
                CheckInput(proof.PoposkInput, publicKey, header, requester);
                if (!SignatureProof.Verify(request.CertReq, proof))
                    throw new RefusalException(MessageRules.PopDoesNotVerify, "The signature that proves possession of the private key is wrong.");
                return new PossessionProof(ProofOfPossessionKind.Signature);
            case RaVerified when requester.IsRegistrationAuthority:
                Require(ProofOfPossessionKind.RaVerified);
                return new PossessionProof(ProofOfPossessionKind.RaVerified);
            case RaVerified:
                throw new RefusalException(MessageRules.PopRaVerified);
            case PopoPrivKey proof:
                PossessionProof right = Check(request, proof, publicKey, header, requester);
                CheckKey(publicKey);
                return right;
            default:
                throw new RefusalException(MessageRules.PopMissing, "There is no proof of possession.");
        }
    }

    /// <summary>Makes sure that a request for a key that is made here is taken.</summary>
    /// <exception cref="RefusalException">badPOP.</exception>
    internal void CheckCentral() => Require(ProofOfPossessionKind.None);

    /// <summary>Checks the signature of a PKCS #10 request.</summary>
    /// <exception cref="RefusalException">badPOP; badAlg.</exception>
    internal void Check(CertificationRequest request)
    {
        Require(ProofOfPossessionKind.Signature);
        AlgorithmPolicy.Default.Check(request.SignatureAlgorithm, request.PublicKey);
        if (!SignatureAlgorithms.Verify(request.SignatureAlgorithm, request.PublicKey, request.Info, request.Signature))
            throw new RefusalException(MessageRules.PopDoesNotVerify, "The signature of the PKCS #10 request is wrong.");
    }

    private PossessionProof Check(CertReqMsg request, PopoPrivKey proof, SubjectPublicKeyInfo publicKey, PkiHeader header, Requester requester)
    {
        switch (proof.Kind)
        {
            case PopoPrivKeyKind.SubsequentMessage when proof.Subsequent == SubsequentMessage.EncrCert:
                Require(ProofOfPossessionKind.EncryptedCertificate);
                // RFC 2510 3.2.8: there the conf has a MAC under the key that the certificate was encrypted with, which nobody speaks
                return header.Pvno > 1 ? new PossessionProof(ProofOfPossessionKind.EncryptedCertificate) : throw Bad("In pvno 1 certificates are not encrypted here.");
            case PopoPrivKeyKind.SubsequentMessage when proof.Subsequent == SubsequentMessage.ChallengeResp:
                Require(ProofOfPossessionKind.ChallengeResponse);
                return new PossessionProof(ProofOfPossessionKind.ChallengeResponse);
            case PopoPrivKeyKind.SubsequentMessage:
                throw Bad("No such proof is known that follows in another message.");
            case PopoPrivKeyKind.AgreeMac or PopoPrivKeyKind.DhMac:
                Require(ProofOfPossessionKind.KeyAgreement);
                if (!OfAgreement((key, certificate) => proof.Kind == PopoPrivKeyKind.AgreeMac
                    ? AgreeMacProof.Verify(request.CertReq, proof, key, certificate, allowSha1: !options.Strict)
                    : DhMacProof.Verify(request.CertReq, proof, key, certificate)))
                {
                    throw new RefusalException(MessageRules.PopDoesNotVerify, "The MAC that proves possession of the private key is wrong, or made for another certificate.");
                }
                return new PossessionProof(ProofOfPossessionKind.KeyAgreement);
            default:
                Require(ProofOfPossessionKind.EncryptedKey);
                return new PossessionProof(ProofOfPossessionKind.EncryptedKey, Open(request, proof, publicKey, header, requester));
        }
    }

    /// <summary>The key itself came, and says whose it is (RFC 4211 4.2).</summary>
    private PrivateKey Open(CertReqMsg request, PopoPrivKey proof, SubjectPublicKeyInfo publicKey, PkiHeader header, Requester requester)
    {
        CertifiedKey ours = keys.Encryption ?? throw Bad("Nothing can be encrypted to this authority.");
        var names = new List<GeneralName> { header.Sender };
        if (requester.Certificate is { } certificate)
            names.Add(GeneralName.FromName(certificate.Subject));
        if (request.CertReq.CertTemplate.Subject is { } subject)
            names.Add(GeneralName.FromName(subject));
        var owner = new KeyOwner(names, requester.Kind.IsUnderSharedSecret() ? [options.Reference] : []);
        using EnvelopeKey key = EnvelopeKey.Of(ours.Key, ours.Certificate);
        try
        {
            return proof.Kind == PopoPrivKeyKind.EncryptedKey
                ? EncryptedKeyProof.Open(proof, key, publicKey, owner, options.Limits)
                : ThisMessageProof.Open(proof, ours.Key, publicKey, options.Limits);
        }
        catch (CmpException e) when (e.ErrorId != "CmpMessage.Malformed")
        {
            throw Bad($"The private key that was sent proves nothing: {e.Message}");
        }
    }

    /// <summary>Opens a private key that came to be archived.</summary>
    /// <param name="encrypted">It, encrypted to this authority.</param>
    /// <param name="publicKey">The key that is certified.</param>
    /// <returns>The key, which the caller disposes of.</returns>
    /// <exception cref="RefusalException">badRequest: it cannot be opened, or is another one.</exception>
    internal PrivateKey Open(EncryptedKey encrypted, SubjectPublicKeyInfo publicKey)
    {
        CertifiedKey ours = keys.Encryption ?? throw new RefusalException(FailInfo.BadRequest, "Nothing can be encrypted to this authority.");
        using EnvelopeKey key = EnvelopeKey.Of(ours.Key, ours.Certificate);
        PrivateKey? opened = null;
        try
        {
            using OpenedEnvelope envelope = EncryptedKeys.Open(encrypted, key, options.Limits, allowEncryptedValue: true);
            ReadOnlyMemory<byte> info = encrypted.EncryptedValue is not null ? envelope.Content
                : envelope.ContentType == Oids.EncKeyWithId ? EncKeyWithId.Decode(envelope.Content, new DecodeOptions(options.Limits)).PrivateKeyInfo
                : throw Unarchived();
            opened = PrivateKey.FromPkcs8(info);
            opened.EnsureFits(publicKey);
            return opened;
        }
        catch (CmpException e)
        {
            opened?.Dispose();
            // what is refused before a key is used may be told, what was inside may not
            throw e.ErrorId is "CmpEnvelope.Algorithm" or "CmpEnvelope.Iterations" ? new RefusalException(FailInfo.BadAlg, e.Message) : Unarchived();
        }

        static RefusalException Unarchived() => new(FailInfo.BadRequest, "The private key that came is not archived: it cannot be opened, or is another one than that of the certificate.");
    }

    /// <summary>By the encryption key, or by the one that DHBasedMac is made with: the requester has either certificate.</summary>
    private bool OfAgreement(Func<PrivateKey, Certificate, bool> isRight)
    {
        List<CertifiedKey> able = [.. new[] { keys.Encryption, agreed.Dh }.OfType<CertifiedKey>().Where(ours => ours.Key.CanAgree)];
        if (able.Count == 0)
            throw Bad("There is no key here that could be agreed with.");
        string? why = null;
        foreach (CertifiedKey ours in able)
        {
            try
            {
                if (isRight(ours.Key, ours.Certificate))
                    return true;
            }
            catch (CmpException e) when (e.ErrorId is "CmpKey.Agreement" or "CmpKey.Mismatch" or "CmpProtection.PublicKey")
            {
                why = e.Message;
            }
        }
        return why is null ? false : throw Bad($"The keys do not agree: {why}");
    }

    private void Require(ProofOfPossessionKind kind)
    {
        if (options.RequiredProof is { } required && kind != required)
            throw Bad($"This server was told to take no proof of possession but {required}, and this is {kind}.");
    }

    /// <summary>What no signature shows: that the key is not too weak (rule 68).</summary>
    private static void CheckKey(SubjectPublicKeyInfo publicKey)
    {
        try
        {
            AlgorithmPolicy.Default.Check(publicKey.Algorithm, publicKey);
        }
        catch (CmpException e) when (e.ErrorId == "CmpTrust.Algorithm")
        {
            throw new RefusalException(FailInfo.BadAlg, $"The key is too weak, or of a kind that is not certified here: {publicKey.Algorithm}.");
        }
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
