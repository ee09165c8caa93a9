using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>Answers ccr: the root certifies the key of another CA (RFC 9810 6.6 and D.6). The request says all that stands in the certificate but its number.</summary>
internal sealed class CrossCertificationHandler(TestServerOptions options, CertificationAuthority authority, PossessionCheck possession) : IRequestHandler
{
    /// <inheritdoc/>
    public PkiBody Answer(PkiMessage request, ServerTransaction transaction, DateTimeOffset now)
    {
        if (transaction.Requester.Kind == ProtectionKind.None || (options.Strict && transaction.Requester.Kind != ProtectionKind.Signature))
            throw new RefusalException(MessageRules.CrossProtection);
        if (((CertReqMessages)request.Body).Requests is not [var asked])
            throw new RefusalException(MessageRules.CrossCount);
        if (options.FailInfo != FailInfo.None)
        {
            PkiStatusInfo rejection = PkiStatusInfo.Rejection(options.FailInfo, "This server was told to refuse.");
            return options.RejectByError ? new ErrorMsgContent(rejection) : Refuse(request.Body, rejection);
        }
        CertificateContent content = Decide(asked.CertReq.CertTemplate);
        using PossessionProof proof = possession.Check(asked, content.PublicKey, request.Header, transaction.Requester);
        if (proof.Kind is not (ProofOfPossessionKind.Signature or ProofOfPossessionKind.RaVerified))
            throw new RefusalException(MessageRules.PopSignature);
        Certificate certificate = authority.IssueByRoot(content);
        transaction.Unconfirmed[asked.CertReq.CertReqId] = new UnconfirmedCertificate(certificate);
        return new CertRepMessage(PkiBodyType.Ccp, [new CertResponse(asked.CertReq.CertReqId, new PkiStatusInfo(PkiStatus.Accepted), new CertifiedKeyPair { Certificate = certificate })]);
    }

    /// <inheritdoc/>
    public PkiBody Refuse(PkiBody request, PkiStatusInfo status) =>
        new CertRepMessage(PkiBodyType.Ccp, ((CertReqMessages)request).Requests.Select(one => new CertResponse(one.CertReq.CertReqId, status)).ToList());

    /// <inheritdoc/>
    public PkiBody? Waiting(PkiBody answer) =>
        answer is CertRepMessage rep ? new CertRepMessage(rep.Type, rep.Responses.Select(response => new CertResponse(response.CertReqId, new PkiStatusInfo(PkiStatus.Waiting))).ToList()) : null;

    private CertificateContent Decide(CertTemplate template)
    {
        if (template.Version != 2)
            throw Bad("The version of a cross-certificate is 2 (v3).");
        if (template is not { SigningAlg: { } signingAlg, Issuer: { } issuer, NotBefore: { } notBefore, NotAfter: { } notAfter, Subject: { IsEmpty: false } subject, PublicKey: { Key.IsEmpty: false } publicKey })
            throw new RefusalException(MessageRules.CrossTemplate);
        if (!issuer.IsSameAs(authority.Root.Subject))
            throw new RefusalException(FailInfo.WrongAuthority, "The root certifies other CAs here, and the issuer asked for is another one.");
        if (!signingAlg.IsSameAs(authority.RootAlgorithm))
            throw new RefusalException(FailInfo.BadAlg, $"The root signs by {authority.RootAlgorithm}.");
        if (notAfter <= notBefore || notBefore < authority.Root.NotBefore || notAfter > authority.Root.NotAfter)
            throw Bad($"The root is valid from {authority.Root.NotBefore:u} to {authority.Root.NotAfter:u}, and the validity asked for is not within that.");
        return new CertificateContent(subject, publicKey, CertificationAuthority.WholeSeconds(notBefore), CertificationAuthority.WholeSeconds(notAfter), CheckExtensions(template.Extensions));
    }

    private static IReadOnlyList<Extension> CheckExtensions(IReadOnlyList<Extension> asked)
    {
        if (asked.Select(extension => extension.Oid).Distinct().Count() != asked.Count)
            throw new RefusalException(MessageRules.ExtensionsDoubled);
        if (asked.FirstOrDefault(extension => extension.Oid == Oids.BasicConstraints) is not { } constraints || !Asn1Reader.Decode(constraints.Value, null, IsCA))
            throw Bad("The extensions of a cross-certificate say by basicConstraints that it is a CA's.");
        if (asked.FirstOrDefault(extension => extension.Oid == Oids.KeyUsage) is not { } usage
            || ((KeyUsages)Asn1Reader.Decode(usage.Value, null, (ref Asn1Reader reader) => reader.ReadNamedBits()) & KeyUsages.KeyCertSign) == 0)
        {
            throw Bad("The extensions of a cross-certificate say by keyUsage that it signs certificates.");
        }
        return asked;
    }

    private static bool IsCA(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence();
        bool isCA = inner.IsNext(System.Formats.Asn1.Asn1Tag.Boolean) && inner.ReadBoolean();
        if (inner.HasData)
            inner.ReadInt32();
        inner.ThrowIfNotEmpty();
        return isCA;
    }

    private static RefusalException Bad(string message) => new(FailInfo.BadCertTemplate, message);
}
