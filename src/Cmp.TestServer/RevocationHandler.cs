using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>Answers rr (RFC 9810 5.3.9 and 5.3.10, RFC 9483 4.2, 5.1.3 and 5.3.2).</summary>
/// <remarks>
/// A certificate is revoked by itself, by a registration authority, or by who has the secret. It is revoked when the answer leaves, and the CRL that comes
/// with the answer says so.
/// </remarks>
internal sealed class RevocationHandler(TestServerOptions options, CertificationAuthority authority, CertificateRegister register, CrlPublisher crls) : IDeliveringHandler
{
    /// <inheritdoc/>
    public PkiBody Answer(PkiMessage request, ServerTransaction transaction, DateTimeOffset now)
    {
        var asked = (RevReqContent)request.Body;
        if (transaction.Requester.Kind == ProtectionKind.None)
            throw new RefusalException(FailInfo.WrongIntegrity, "A revocation is asked for by somebody: its message is protected.") { IsOfMessage = true };
        if (asked.Details.Count == 0)
            throw new RefusalException(MessageRules.RevocationEmpty);
        if (options.FailInfo != FailInfo.None)
        {
            PkiStatusInfo rejection = PkiStatusInfo.Rejection(options.FailInfo, "This server was told to refuse.");
            return options.RejectByError ? new ErrorMsgContent(rejection) : Refuse(request.Body, rejection);
        }
        return Content(asked, asked.Details.Select(details => Judge(details, transaction, now)).ToList());
    }

    /// <inheritdoc/>
    public PkiBody Refuse(PkiBody request, PkiStatusInfo status)
    {
        var asked = (RevReqContent)request;
        return asked.Details.Count == 0 ? new ErrorMsgContent(status) : Content(asked, asked.Details.Select(_ => status).ToList());
    }

    /// <summary>RFC 9810 has a waiting rp, RFC 9483 4.4 an error message in its place.</summary>
    public PkiBody? Waiting(PkiBody answer) =>
        answer is RevRepContent rep && !options.Strict ? new RevRepContent(rep.Statuses.Select(_ => new PkiStatusInfo(PkiStatus.Waiting)).ToList()) : null;

    /// <inheritdoc/>
    public PkiBody Deliver(PkiBody answer, ServerTransaction transaction, DateTimeOffset now)
    {
        if (answer is not RevRepContent rep || transaction.Changes.Count == 0)
            return answer;
        var issuers = new List<Name>();
        for (int i = 0; i < transaction.Changes.Count; i++)
        {
            StatusChange change = transaction.Changes[i];
            change = change with
            {
                At = now,
                Revocation = change.Revocation is { } revocation ? revocation with { At = now } : null,
                Before = register.FindIssued(change.SerialNumber, now)?.Revocation,
            };
            transaction.Changes[i] = change;
            if (register.Change(change) is not { } entry)
                continue;
            transaction.Changed.Add(entry);
            if (!issuers.Exists(issuer => issuer.IsSameAs(entry.Certificate.Issuer)))
                issuers.Add(entry.Certificate.Issuer);
        }
        return rep with { Crls = issuers.Select(issuer => crls.Of(issuer, now)).OfType<CertificateList>().ToList() };
    }

    /// <summary>Each certificate has its own status; a message that names a certificate by something else than issuer and number does not repeat them.</summary>
    private static RevRepContent Content(RevReqContent asked, IReadOnlyList<PkiStatusInfo> statuses)
    {
        bool areNumbered = asked.Details.All(details => details.CertDetails is { Issuer: not null, SerialNumber: not null });
        return new RevRepContent(statuses)
        {
            RevCerts = areNumbered ? asked.Details.Select(details => new CertId(GeneralName.FromName(details.CertDetails.Issuer!), details.CertDetails.SerialNumber!.Value)).ToList() : [],
        };
    }

    private PkiStatusInfo Judge(RevDetails details, ServerTransaction transaction, DateTimeOffset now)
    {
        try
        {
            transaction.Changes.Add(Decide(details, transaction, now));
            return new PkiStatusInfo(PkiStatus.Accepted);
        }
        catch (RefusalException refusal)
        {
            return refusal.Status;
        }
        catch (CmpException e)
        {
            return RefusalException.From(e).Status;
        }
    }

    private StatusChange Decide(RevDetails details, ServerTransaction transaction, DateTimeOffset now)
    {
        (Certificate certificate, CertificateRevocation? revocation) = Find(details.CertDetails, now)
            ?? throw new RefusalException(FailInfo.BadCertId, "The certificate is none of ours.");
        Requester requester = transaction.Requester;
        bool isItself = requester.Certificate?.IsSameAs(certificate) == true;
        if (requester is { Certificate: not null, IsRegistrationAuthority: false } && !isItself)
            throw new RefusalException(FailInfo.NotAuthorized, "The certificate is another one than that which signs.");
        RevocationReason? reason = details.Reason;
        if (reason is { } given && !Enum.IsDefined(typeof(RevocationReason), given))
            throw new RefusalException(MessageRules.RevocationReasonValue, $"There is no reason {(int)given}.");
        bool isHeld = revocation?.Reason == RevocationReason.CertificateHold;
        if (transaction.Changes.Exists(other => other.SerialNumber.Span.SequenceEqual(certificate.SerialNumber.Span)))
            throw new RefusalException(FailInfo.CertRevoked, "The certificate is named twice.");
        if (reason == RevocationReason.RemoveFromCrl)
        {
            if (!isHeld)
                throw new RefusalException(FailInfo.BadRequest, "Only a hold can be lifted.");
            if (isItself)
                throw new RefusalException(FailInfo.NotAuthorized, "A certificate does not lift its own hold.");
            return new StatusChange(certificate.SerialNumber, null);
        }
        if (now > certificate.NotAfter)
            throw new RefusalException(FailInfo.CertRevoked, "The certificate has expired.");
        if (revocation is not null && !(isHeld && reason != RevocationReason.CertificateHold))
            throw new RefusalException(FailInfo.CertRevoked, $"The certificate is revoked since {revocation.At:u}.");
        return new StatusChange(certificate.SerialNumber, new CertificateRevocation(now, reason, details.InvalidityDate));
    }

    /// <summary>By issuer and serial number, else by the subject and the key of a PKCS #10: then the newest certificate.</summary>
    private (Certificate Certificate, CertificateRevocation? Revocation)? Find(CertTemplate template, DateTimeOffset now)
    {
        if (template.SerialNumber is { } serial)
        {
            bool isOurs = template.Issuer is not { } issuer || issuer.IsSameAs(authority.Issuing.Subject) || issuer.IsSameAs(authority.Root.Subject);
            return isOurs && register.FindIssued(serial, now) is { } found && (template.Issuer is not { } name || found.Certificate.Issuer.IsSameAs(name)) ? found : null;
        }
        return template is { Subject: { } subject, PublicKey: { } key } && register.FindIssued(subject, key, now) is [var newest, ..]
            ? register.FindIssued(newest.SerialNumber, now)
            : null;
    }
}
