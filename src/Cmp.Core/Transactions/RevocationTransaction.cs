using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Transactions;

/// <summary>Asks for the revocation of certificates, or for the end of one: rr and rp.</summary>
/// <remarks>RFC 9810 5.3.9 and 5.3.10, RFC 9483 4.2; rules 15, 37 and 46. Each certificate has a status of its own: that one is refused is no failure of the transaction.</remarks>
public sealed class RevocationTransaction : RequestTransaction
{
    private readonly RevReqContent _request;
    private readonly IReadOnlyList<Certificate> _certificates;

    /// <summary>Prepares a revocation.</summary>
    /// <param name="settings">Who speaks to whom, and how.</param>
    /// <param name="request">The body.</param>
    /// <param name="certificates">Those of the certificates that are at hand: who issued them may sign the answer (rule 65).</param>
    public RevocationTransaction(TransactionSettings settings, RevReqContent request, IReadOnlyList<Certificate> certificates)
        : base(settings, request, PkiBodyType.Rp)
    {
        if (request.Details.Count == 0)
            throw new ArgumentException("A revocation names at least one certificate.", nameof(request));
        _request = request;
        _certificates = certificates;
    }

    /// <summary>Takes up a revocation that another process left.</summary>
    /// <param name="settings">Who speaks to whom, and how; the transactionID is that of the messages.</param>
    /// <param name="state">What <see cref="RequestTransaction.Capture()"/> gave there.</param>
    /// <param name="certificates">As for a new one.</param>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: what is in the state is none of ours.</exception>
    public RevocationTransaction(TransactionSettings settings, TransactionState state, IReadOnlyList<Certificate> certificates)
        : this(settings, PkiMessage.Decode(state.Request), state, certificates)
    {
    }

    private RevocationTransaction(TransactionSettings settings, PkiMessage request, TransactionState state, IReadOnlyList<Certificate> certificates)
        : this(
            settings with { TransactionId = request.Header.TransactionId },
            request.Body as RevReqContent ?? throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", "The message is no rr.") { Octets = state.Request },
            certificates) => TakeUp(state);

    /// <summary>What the server says of each certificate, in the order of the request; empty before the answer came.</summary>
    public IReadOnlyList<PkiStatusInfo> Statuses { get; private set; } = [];

    /// <summary>Why a certificate was refused, in the order of the request; <see langword="null"/> for each that was not.</summary>
    public IReadOnlyList<CmpServerException?> Errors { get; private set; } = [];

    /// <summary>The CRLs that came with the answer, not verified.</summary>
    public IReadOnlyList<CertificateList> Crls { get; private set; } = [];

    /// <summary>The certificate that a part of the request is about, where it is at hand.</summary>
    /// <param name="index">The part.</param>
    /// <returns>The certificate, or <see langword="null"/>.</returns>
    public Certificate? CertificateOf(int index)
    {
        CertTemplate asked = _request.Details[index].CertDetails;
        return _certificates.FirstOrDefault(certificate => asked.SerialNumber is { } serial && asked.Issuer is { } issuer
            && serial.Span.SequenceEqual(certificate.SerialNumber.Span) && issuer.IsSameAs(certificate.Issuer));
    }

    private protected override HeaderNames Names => new(
        _request.Details[0].CertDetails.Subject ?? _certificates.FirstOrDefault()?.Subject,
        _request.Details[0].CertDetails.Issuer ?? _certificates.FirstOrDefault()?.Issuer);

    private protected override IReadOnlyList<Certificate> Concerned(PkiMessage answer) => _certificates;

    /// <summary>A certificate that is named by issuer and serial number only.</summary>
    private protected override IReadOnlyList<Name> ConcernedIssuers =>
        [.. Enumerable.Range(0, _request.Details.Count).Where(index => CertificateOf(index) is null).Select(index => _request.Details[index].CertDetails.Issuer).OfType<Name>()];

    private protected override bool IsLate(PkiBody answer) => ((RevRepContent)answer).Statuses.Any(status => status.Status == PkiStatus.Waiting);

    private protected override PkiStatusInfo? NegativeStatus(PkiMessage answer) => answer.Body is RevRepContent { Statuses.Count: > 0 } rep && rep.Statuses.All(status => status.Status == PkiStatus.Rejection)
        ? rep.Statuses[0]
        : base.NegativeStatus(answer);

    private protected override void Take(PkiMessage answer, bool isAuthenticated)
    {
        var rep = (RevRepContent)answer.Body;
        Check(rep, answer);
        var errors = new List<CmpServerException?>(rep.Statuses.Count);
        for (int i = 0; i < rep.Statuses.Count; i++)
            errors.Add(Judge(rep.Statuses[i], NameOf(i), answer, isAuthenticated));
        Statuses = rep.Statuses;
        Errors = errors;
        Crls = rep.Crls;
    }

    /// <summary>Rule 46: each request has one status, and revCerts, where they are there, name the same certificates in the same order.</summary>
    private void Check(RevRepContent rep, PkiMessage answer)
    {
        if (rep.Statuses.Count != _request.Details.Count)
            throw Mismatch($"The server answers {_request.Details.Count} revocations by {rep.Statuses.Count} statuses.");
        if (rep.RevCerts.Count == 0)
            return;
        if (rep.RevCerts.Count != _request.Details.Count)
            throw Mismatch($"The server names {rep.RevCerts.Count} certificates where {_request.Details.Count} were to be revoked.");
        for (int i = 0; i < rep.RevCerts.Count; i++)
        {
            CertId named = rep.RevCerts[i];
            CertTemplate asked = _request.Details[i].CertDetails;
            bool isIssuer = asked.Issuer is not { } issuer || named.Issuer.DirectoryName?.IsSameAs(issuer) == true;
            bool isSerial = asked.SerialNumber is not { } serial || serial.Span.SequenceEqual(named.SerialNumber.Span);
            if (!isIssuer || !isSerial)
                throw Mismatch($"The server names another certificate than {NameOf(i)}.");
        }

        CmpException Mismatch(string message) => new(CmpErrorKind.Transaction, "CmpTransaction.RevCerts", message) { Octets = answer.Encoded };
    }

    /// <summary>Rule 37 for rp.</summary>
    private CmpServerException? Judge(PkiStatusInfo status, string certificate, PkiMessage answer, bool isAuthenticated)
    {
        switch (status.Status)
        {
            case PkiStatus.Accepted or PkiStatus.RevocationNotification:
                return null;
            case PkiStatus.GrantedWithMods:
                Warn($"The server revoked {certificate} otherwise than it was asked to. {Show(status.StatusString)}".TrimEnd());
                return null;
            case PkiStatus.RevocationWarning:
                Warn($"The server warns that {certificate} is about to be revoked: it is not yet. {Show(status.StatusString)}".TrimEnd());
                return null;
            default:
                return ServerError(status, answer, isAuthenticated);
        }
    }

    private string NameOf(int index)
    {
        CertTemplate asked = _request.Details[index].CertDetails;
        return asked.SerialNumber is { } serial ? $"the certificate {Messages.Asn1.Hex.Of(serial.Span)}" : $"the certificate of {asked.Subject}";
    }
}
