using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Possession;
using Cmp.Protection;

namespace Cmp.Transactions;

/// <summary>
/// A registration authority between others and the CA: it adds its protection to their messages, or puts it in place of theirs, and looks at what comes
/// back as far as that is its business. The answer is for who made the message: its octets are never changed.
/// </summary>
/// <remarks>RFC 9483 5.2 and 3.5, RFC 9810 5.1.1.3, 5.1.3.5 and 5.2.8.1. No sockets, no clock; the time comes with each call.</remarks>
/// <param name="settings">Who we are to the CA, and whom we believe. TransactionID and nonces are those of the messages.</param>
public sealed class Forwarder(TransactionSettings settings)
{
    private readonly Correspondents _correspondents = new(settings, new HeaderNames(null, null));

    /// <summary>Wraps a message in one that we protect: we approve of it, and its own protection stays (RFC 9483 5.2.2.1).</summary>
    /// <param name="message">The message, over the octets that arrived.</param>
    /// <param name="now">The time.</param>
    /// <returns>The nested message, with the transactionID and the senderNonce of the one within.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Forwarding</c>: it is none that is sent to a CA, or lacks one of those.</exception>
    public PkiMessage AddProtection(PkiMessage message, DateTimeOffset now)
    {
        EnsureForwardable(message);
        PkiHeader inner = message.Header;
        int version = settings.Pvno ?? Math.Min(Math.Max(inner.Pvno, 2), 3);
        var header = new PkiHeader(version, _correspondents.Sender, Recipient(inner))
        {
            MessageTime = now,
            SenderKid = settings.Protector.SenderKid,
            RecipKid = RecipKid,
            TransactionId = inner.TransactionId,
            SenderNonce = inner.SenderNonce,
            RecipNonce = inner.RecipNonce,
        };
        return Protect(header, new NestedMessageContent([message]));
    }

    /// <summary>
    /// Puts our protection in place of the one that a message has (RFC 9483 5.2.3). The body stays as it is but for the proofs that raVerified replaces; of the header
    /// recipient, transactionID, nonces, freeText and generalInfo stay, without an origPKIMessage that is not ours.
    /// </summary>
    /// <param name="message">The message, over the octets that arrived.</param>
    /// <param name="requester">Who made it, as its protection told; <see langword="null"/>: nobody knows, and the user wants it sent on all the same.</param>
    /// <param name="raVerified">Whether raVerified takes the place of the proofs of possession, after they were checked (RFC 9483 5.2.3.2). A PKCS #10 keeps its signature.</param>
    /// <param name="includeOriginal">Whether the message as it arrived goes along in origPKIMessage (RFC 9810 5.1.1.3).</param>
    /// <param name="now">The time.</param>
    /// <returns>The message under our protection.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Forwarding</c>: it is none that is sent to a CA, or one whose protection has to stay (kur, krr, central key generation, nested, and an rr of somebody else's certificate);
    /// <c>CmpPossession.…</c>: a proof is wrong, or cannot be checked.</exception>
    public PkiMessage ReplaceProtection(PkiMessage message, VerifiedRequester? requester, bool raVerified, bool includeOriginal, DateTimeOffset now)
    {
        EnsureForwardable(message);
        EnsureReplaceable(message, requester);
        RequesterProof.Check(message.Body, message.Header, requester, raVerified);
        // what it calls its original nobody here has verified: under our protection it would be our word
        IReadOnlyList<InfoTypeAndValue> info = [.. message.Header.GeneralInfo.Where(item => item.InfoType != Oids.OrigPkiMessage)];
        if (includeOriginal)
            info = [.. info, InfoTypes.OrigPkiMessage([message])];
        PkiHeader header = message.Header with
        {
            Sender = _correspondents.Sender,
            Recipient = Recipient(message.Header),
            MessageTime = now,
            SenderKid = settings.Protector.SenderKid,
            RecipKid = RecipKid,
            GeneralInfo = info,
        };
        return Protect(header, raVerified ? Verified(message.Body) : message.Body);
    }

    /// <summary>Whether a proof of possession is bound to the protection that is replaced, so that nobody behind us can check it any more.</summary>
    /// <param name="body">The body of the message as it arrived.</param>
    /// <returns>True where there is a poposkInput.</returns>
    public static bool LosesBinding(PkiBody body) => body is CertReqMessages requests && requests.Requests.Any(request => request.Popo is PopoSigningKey { PoposkInput: not null });

    /// <summary>Looks at what came back for a message (RFC 9483 3.5): whether it belongs to it, which it must, and who vouches for it, which is told.</summary>
    /// <param name="request">The message that was sent on, as it arrived here.</param>
    /// <param name="requester">The certificate of who made it, where its protection was verified by that.</param>
    /// <param name="octets">What came.</param>
    /// <param name="isOurs">Whether the protection of what was sent is ours alone, so that the answer is protected for us.</param>
    /// <param name="now">The time.</param>
    /// <returns>The answer, and what is known of it.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>; <c>CmpTransaction.TransactionId</c>, <c>CmpTransaction.RecipNonce</c>, <c>CmpTransaction.UnexpectedBody</c>: it is no
    /// answer to the message.</exception>
    public ForwardedAnswer Judge(PkiMessage request, Certificate? requester, ReadOnlyMemory<byte> octets, bool isOurs, DateTimeOffset now)
    {
        PkiMessage answer = PkiMessage.Decode(octets, new DecodeOptions(settings.Trust.Limits));
        if (Misfit(request, answer) is { } error)
            throw error;
        (bool? isVerified, string? remark) = Verify(request, requester, answer, isOurs, now);
        return new ForwardedAnswer(answer, isVerified, remark);
    }

    /// <summary>Why an answer does not belong to a message; <see langword="null"/>: it does.</summary>
    internal static CmpException? Misfit(PkiMessage request, PkiMessage answer)
    {
        if (!IsSame(answer.Header.TransactionId, request.Header.TransactionId))
            return Wrong("CmpTransaction.TransactionId", "The answer belongs to another transaction.", answer);
        PkiBodyType type = answer.Body.Type;
        bool isAnswer = type.IsAnswer() || type is PkiBodyType.Pkiconf or PkiBodyType.Error || (type == PkiBodyType.Nested && Innermost(request).Body.Type == PkiBodyType.Nested);
        if (!isAnswer)
            return Wrong("CmpTransaction.UnexpectedBody", $"In answer to {PkiBodyTypeNames.Of(Innermost(request).Body.Type)} the server sent {PkiBodyTypeNames.Of(type)}.", answer);
        // a delayed answer may repeat the nonce of the message that it is late for, which only its maker knows (RFC 9483 3.5)
        bool mayBeDelayed = Innermost(request).Body.Type == PkiBodyType.PollReq && type != PkiBodyType.PollRep && answer.Header.RecipNonce is not null;
        return mayBeDelayed || IsSame(answer.Header.RecipNonce, request.Header.SenderNonce) ? null
            : Wrong("CmpTransaction.RecipNonce", "The answer does not repeat the nonce of the message: it may be an old one.", answer);
    }

    /// <summary>Refuses what no CA is sent, and what cannot be answered.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.Forwarding</c>.</exception>
    internal static void EnsureForwardable(PkiMessage message)
    {
        PkiBodyType type = message.Body.Type;
        if (!type.IsOfClient() && type is not (PkiBodyType.Nested or PkiBodyType.Error or PkiBodyType.Pkiconf))
            throw Refused($"A {PkiBodyTypeNames.Of(type)} is nothing that a registration authority sends to a CA.", "Leave -AddProtection, -ReplaceProtection and -BatchSize out to send it as it is.");
        if (message.Header is not { TransactionId.Length: > 0, SenderNonce.Length: > 0 })
            throw Refused($"The {PkiBodyTypeNames.Of(type)} has no transactionID or no senderNonce: its answer could not be told from others.", "Have it made anew, with both.");
    }

    /// <summary>The certificates that an answer brings, whose issuer may sign it (rule 65).</summary>
    internal static IEnumerable<Certificate> Brought(PkiMessage answer) => answer.Body is not CertRepMessage rep ? []
        : rep.Responses.Select(response => response.CertifiedKeyPair?.Certificate).OfType<Certificate>().Where(IsReadable);

    internal static bool IsSame(ReadOnlyMemory<byte>? left, ReadOnlyMemory<byte>? right) => left is { } mine && right is { } theirs && mine.Span.SequenceEqual(theirs.Span);

    /// <summary>What the CA grants by who asks is not asked in our name: it would be granted to us, and given to whoever sent it here.</summary>
    private static void EnsureReplaceable(PkiMessage message, VerifiedRequester? requester)
    {
        if (message.Body.Type == PkiBodyType.Kur)
            throw Kept("A kur keeps its protection: the key that is replaced has to vouch for it (RFC 9483 5.2.3).");
        if (message.Body.Type == PkiBodyType.Nested)
            throw Kept("A nested message keeps its protection: it says who approved of what is in it.");
        if (message.Body.Type == PkiBodyType.Krr)
            throw Kept("A krr keeps its protection: keys are given back to who may have them, and the CA gives a registration authority any (RFC 9810 5.3.7).");
        if (message.Body is RevReqContent revocation && requester?.IsRegistrationAuthority != true && !revocation.Details.All(details => IsOf(details.CertDetails, requester?.Certificate)))
            throw Kept("An rr keeps its protection where it is not signed with the certificate that it is about: under ours the CA would revoke anybody's (RFC 9483 4.2).");
        if (message.Body is CertReqMessages requests && requests.Requests.Any(request => request.CertReq.CertTemplate.PublicKey is null or { Key.IsEmpty: true }))
            throw Kept("A request that has the CA make the key keeps its protection: the key is encrypted for who made it (RFC 9483 5.2.3).");
    }

    private static bool IsOf(CertTemplate details, Certificate? certificate) => certificate is not null
        && details.Issuer?.IsSameAs(certificate.Issuer) == true && details.SerialNumber?.Span.SequenceEqual(certificate.SerialNumber.Span) == true;

    /// <summary>RFC 9483 5.2.3.2: a new body, in which all but the proofs keeps its octets.</summary>
    private static PkiBody Verified(PkiBody body) => body is not CertReqMessages requests ? body
        : new CertReqMessages(requests.Type, [.. requests.Requests.Select(request => request with { Popo = new RaVerified() })]);

    private (bool? IsVerified, string? Remark) Verify(PkiMessage request, Certificate? requester, PkiMessage answer, bool isOurs, DateTimeOffset now)
    {
        ProtectionKind kind = ProtectionKinds.Of(answer.Header.ProtectionAlg);
        if (kind == ProtectionKind.None && answer.Protection is null)
            return (false, "It is not protected.");
        bool isUnderOurSecret = isOurs && kind.IsUnderSharedSecret() && settings.Credential is SharedSecret;
        if (kind != ProtectionKind.Signature && !isUnderOurSecret)
            return (null, $"It is protected by {kind}, for who made the request.");
        if (kind == ProtectionKind.Signature && !settings.Trust.CanVerifySignatures)
            return (null, "It is signed, and there is no trust anchor or pinned certificate to verify it by.");
        using var verifier = new AnswerVerifier(settings.Trust, settings.Credential, settings.Protector.Kind, settings.KnownSigner);
        IReadOnlyList<Certificate> concerned = requester is null ? [.. Brought(answer)] : [.. Brought(answer), requester];
        IReadOnlyList<Name> issuers = Innermost(request).Body is RevReqContent revocation ? [.. revocation.Details.Select(details => details.CertDetails.Issuer).OfType<Name>()] : [];
        try
        {
            verifier.Verify(answer, concerned, now, issuers);
            return (true, null);
        }
        catch (CmpException e) when (e is not CrlsMissingException)
        {
            return (false, e.Message);
        }
    }

    private PkiMessage Protect(PkiHeader header, PkiBody body)
    {
        if (settings.Protector.Kind == ProtectionKind.None || settings.Kem is not null)
            throw Refused("What is forwarded is protected by a signature, or by a MAC under a secret that the CA knows.", "Give -ClientCertificate, or -Credential, and no other -Protection.");
        if (header.Sender.IsNullDn && header.SenderKid is null)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Sender", $"A message without a sender's name needs a senderKID ({MessageRules.HeaderNullSender.Section}).");
        return settings.Protector.Protect(header, body, _correspondents.Certificates);
    }

    private ReadOnlyMemory<byte>? RecipKid => (settings.Credential as DhCertificate)?.Peer.SubjectKeyIdentifier;

    /// <summary>The CA that the message is for; where it names none, ours.</summary>
    private GeneralName Recipient(PkiHeader header) => header.Recipient.IsNullDn ? _correspondents.Recipient(null) : header.Recipient;

    /// <summary>What is within approvals.</summary>
    private static PkiMessage Innermost(PkiMessage message)
    {
        while (message.Body is NestedMessageContent { Messages: [var only] } && IsSame(only.Header.TransactionId, message.Header.TransactionId))
            message = only;
        return message;
    }

    private static bool IsReadable(Certificate certificate)
    {
        try
        {
            _ = certificate.PublicKey;
            return true;
        }
        catch (CmpException)
        {
            return false; // what does not decode names nobody's issuer
        }
    }

    private static CmpException Kept(string message) => Refused(message, "Use -AddProtection: it adds ours, and theirs stays.");

    private static CmpException Refused(string message, string advice) => new(CmpErrorKind.Argument, "CmpArgument.Forwarding", message) { RecommendedAction = advice };

    private static CmpException Wrong(string errorId, string message, PkiMessage answer) => new(CmpErrorKind.Transaction, errorId, message) { Octets = answer.Encoded };
}
