using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;

namespace Cmp.Client;

/// <summary>Makes the request of a ccr: another CA's key is to be certified, and the template says all but the serial number (RFC 9810 6.6 and D.6).</summary>
/// <remarks>
/// The proof is a signature by the key itself where it is the one that signs the message; a CA that asks for itself does that. Where it is another CA's,
/// we cannot sign for it: what proves its possession is its own signature, on its PKCS #10 or on the certificate that it issued to itself. It is verified
/// here, and said to be so by raVerified, which the server believes of whom it trusts with that.
/// </remarks>
internal static class CrossCertificationBuilder
{
    private const int Version3 = 2;

    /// <summary>What another issuer says of itself, and not what it says of the CA.</summary>
    private static readonly HashSet<string> IssuerExtensions =
    [
        Oids.AuthorityKeyIdentifier, Oids.IssuerAltName, Oids.CrlDistributionPoints, Oids.FreshestCrl, Oids.AuthorityInfoAccess,
        "1.3.6.1.4.1.11129.2.4.2", // signed certificate timestamps
    ];

    internal static CertReqMsg Build(EnrollmentRequest request, ServerSettings settings, Credential? credential)
    {
        if (request.Pkcs10 is null == request.CrossCertified is null)
            throw Argument("CmpArgument.CrossCertified", "A CA to be cross-certified is named by its PKCS #10 request or by its certificate, one of them.");
        SubjectPublicKeyInfo key = request.Pkcs10?.PublicKey ?? request.CrossCertified!.PublicKey;
        Name subject = request.Subject ?? request.Pkcs10?.Subject ?? request.CrossCertified!.Subject;
        if (subject.IsEmpty)
            throw Argument("CmpArgument.Subject", "A CA that is cross-certified has a name.");
        Certificate? issuer = IssuerOf(request, settings);
        var template = new CertTemplate
        {
            Version = Version3,
            SigningAlg = request.SigningAlgorithm ?? (issuer is { IsSelfIssued: true } ? issuer.SignatureAlgorithm : request.Pkcs10?.SignatureAlgorithm ?? request.CrossCertified!.SignatureAlgorithm),
            Issuer = request.Issuer ?? issuer?.Subject ?? settings.Recipient
                ?? throw Argument("CmpArgument.Issuer", "Nothing says which CA is to issue the cross-certificate.", "Name it with -Issuer, or give the server exactly one -TrustAnchor."),
            NotBefore = request.NotBefore ?? throw Argument("CmpArgument.NotBefore", "A cross-certificate is asked for with both ends of its validity."),
            NotAfter = request.NotAfter ?? request.CrossCertified?.NotAfter
                ?? throw Argument("CmpArgument.NotAfter", "A cross-certificate is asked for with both ends of its validity, and a PKCS #10 request has none.", "Give the end with -NotAfter."),
            Subject = subject,
            PublicKey = key,
            Extensions = Extensions(request),
        };
        var certReq = new CertRequest(0, template, request.Controls);
        return new CertReqMsg(certReq, Proof(certReq, key, request, settings, credential), []);
    }

    private static Certificate? IssuerOf(EnrollmentRequest request, ServerSettings settings) => request.Issuer is { } name
        ? settings.TrustAnchor!.FirstOrDefault(anchor => anchor.Subject.IsSameAs(name))
        : settings.TrustAnchor is [var only] ? only : null;

    private static List<Extension> Extensions(EnrollmentRequest request)
    {
        List<Extension> extensions = [.. request.Extensions];
        foreach (Extension extension in request.Pkcs10?.Extensions ?? request.CrossCertified!.Extensions)
        {
            if (!IssuerExtensions.Contains(extension.Oid) && !extensions.Exists(other => other.Oid == extension.Oid))
                extensions.Add(extension);
        }
        if (extensions.Find(extension => extension.Oid == Oids.BasicConstraints) is not { } constraints)
            extensions.Add(CertificateExtensions.BasicConstraints());
        else if (!Asn1Reader.Decode(constraints.Value, null, CertificateExtensions.ReadIsCA))
            throw Argument("CmpArgument.CrossCertified", "What is to be cross-certified says of itself that it is no CA.");
        if (!extensions.Exists(extension => extension.Oid == Oids.KeyUsage))
            extensions.Add(CertificateExtensions.KeyUsage(KeyUsages.KeyCertSign | KeyUsages.CrlSign));
        return extensions;
    }

    private static ProofOfPossession Proof(CertRequest certReq, SubjectPublicKeyInfo key, EnrollmentRequest request, ServerSettings settings, Credential? credential)
    {
        if (credential is SigningCertificate signer && signer.Certificate.PublicKey.IsSameAs(key))
            return SignatureProof.Create(certReq, signer.Key, SignatureAlgorithms.For(signer.Key, settings.HashAlgorithm, settings.RsaPadding == RsaPadding.Pss), null);
        if (request.Pkcs10 is { } pkcs10)
        {
            AlgorithmPolicy.Default.Check(pkcs10.SignatureAlgorithm, key);
            if (!SignatureAlgorithms.Verify(pkcs10.SignatureAlgorithm, key, pkcs10.Info, pkcs10.Signature))
                throw Argument("CmpArgument.Pkcs10", "The signature of the PKCS #10 request is wrong: nothing shows that the CA has the key.");
            return new RaVerified();
        }
        Certificate certificate = request.CrossCertified!;
        if (!certificate.IsSelfIssued || !SignatureAlgorithms.Verify(certificate.SignatureAlgorithm, key, certificate.TbsCertificate, certificate.Signature))
        {
            throw Argument(
                "CmpArgument.ProofOfPossession",
                $"The certificate of {certificate} is not signed by its own key: nothing shows that the CA has it.",
                "Give its PKCS #10 request, or sign with the CA's own certificate by -ClientCertificate.");
        }
        AlgorithmPolicy.Default.Check(certificate.SignatureAlgorithm, key);
        return new RaVerified();
    }

    private static CmpException Argument(string errorId, string message, string? action = null) => new(CmpErrorKind.Argument, errorId, message) { RecommendedAction = action };
}
