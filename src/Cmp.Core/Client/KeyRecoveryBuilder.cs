using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;

namespace Cmp.Client;

/// <summary>Makes the body of a krr (RFC 9810 5.3.7).</summary>
internal static class KeyRecoveryBuilder
{
    /// <summary>What can be said before any key is made.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.Subject</c>: nobody is named; <c>CmpArgument.Algorithm</c>: a key of that kind opens nothing, or signs nothing.</exception>
    internal static void Check(KeyRecoveryRequest request)
    {
        if (request.Certificate is null && SubjectOf(request) is null)
            throw Argument("CmpArgument.Subject", "Nobody is named whose keys could come back.", "Give -Subject, or the certificate whose key is lost.");
        // the template of what is signed must be whole (RFC 4211 4.1)
        if (request.NewKeyAlgorithm is not null && SubjectOf(request) is null)
            throw Argument("CmpArgument.Subject", "A new certificate needs a subject, and the old one has none.", "Give -Subject.");
        if (request.EncryptionKeyAlgorithm is { Family: not (KeyFamily.Rsa or KeyFamily.EllipticCurve or KeyFamily.Montgomery or KeyFamily.MLKem) } cannot)
            throw Argument("CmpArgument.Algorithm", $"Nothing can be encrypted to a key of {cannot}.", "Use RSA_3072, ECDSA_P256, X25519 or ML-KEM-768, for example.");
        if (request.NewKeyAlgorithm is { CanSign: false } silent)
            throw Argument("CmpArgument.Algorithm", $"The new certificate is for signatures, and a key of {silent} makes none.", "Use ECDSA_P256 or RSA_3072, for example.");
    }

    /// <summary>The name by which the CA finds the keys.</summary>
    internal static Name? SubjectOf(KeyRecoveryRequest request) => (request.Subject ?? request.Certificate?.Subject) is { IsEmpty: false } subject ? subject : null;

    /// <summary>
    /// A certificate is named by oldCertID and not by a serial number in the template, where RFC 4211 5 has none; and its key is not named, since a key in the
    /// template of a krr is a new one that is to be certified.
    /// </summary>
    internal static CertReqMessages Build(KeyRecoveryRequest request, SubjectPublicKeyInfo encryptionKey, PrivateKey? newKey, ServerSettings settings)
    {
        var template = new CertTemplate { Subject = SubjectOf(request), Issuer = request.Certificate?.Issuer, PublicKey = newKey?.PublicKey };
        var controls = new List<AttributeTypeAndValue> { Controls.ProtocolEncrKey(encryptionKey) };
        if (request.Certificate is { } certificate)
            controls.Add(Controls.OldCertId(certificate));
        var certReq = new CertRequest(0, template, controls);
        ProofOfPossession? proof = newKey is null ? null : SignatureProof.Create(certReq, newKey, SignatureAlgorithms.For(newKey, settings.HashAlgorithm, settings.RsaPadding == RsaPadding.Pss));
        return new CertReqMessages(PkiBodyType.Krr, [new CertReqMsg(certReq, proof, [])]);
    }

    private static CmpException Argument(string errorId, string message, string advice) => new(CmpErrorKind.Argument, errorId, message) { RecommendedAction = advice };
}
