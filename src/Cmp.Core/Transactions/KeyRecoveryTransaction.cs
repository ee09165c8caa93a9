using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Transactions;

/// <summary>Asks for private keys that a CA has kept: krr and krp.</summary>
/// <remarks>RFC 9810 5.3.7 and 5.3.8. There is no certConf: a new certificate for signatures that comes along is in force.</remarks>
public sealed class KeyRecoveryTransaction : RequestTransaction
{
    private readonly CertReqMessages _request;
    private readonly IReadOnlyList<Certificate> _certificates;

    /// <summary>Prepares a recovery.</summary>
    /// <param name="settings">Who speaks to whom, and how.</param>
    /// <param name="request">The body, a krr.</param>
    /// <param name="certificates">The certificates whose keys are asked for, as far as they are at hand: who issued them may sign the answer (rule 65).</param>
    public KeyRecoveryTransaction(TransactionSettings settings, CertReqMessages request, IReadOnlyList<Certificate> certificates)
        : base(settings, request, PkiBodyType.Krp)
    {
        if (request.Type != PkiBodyType.Krr)
            throw new ArgumentException("The body is no krr.", nameof(request));
        _request = request;
        _certificates = certificates;
    }

    /// <summary>Takes up a recovery that another process left.</summary>
    /// <param name="settings">Who speaks to whom, and how; the transactionID is that of the messages.</param>
    /// <param name="state">What <see cref="RequestTransaction.Capture()"/> gave there.</param>
    /// <param name="certificates">As for a new one.</param>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: what is in the state is none of ours.</exception>
    public KeyRecoveryTransaction(TransactionSettings settings, TransactionState state, IReadOnlyList<Certificate> certificates)
        : this(settings, PkiMessage.Decode(state.Request), state, certificates)
    {
    }

    private KeyRecoveryTransaction(TransactionSettings settings, PkiMessage request, TransactionState state, IReadOnlyList<Certificate> certificates)
        : this(
            settings with { TransactionId = request.Header.TransactionId },
            request.Body is CertReqMessages { Type: PkiBodyType.Krr } krr ? krr : throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", "The message is no krr.") { Octets = state.Request },
            certificates) => TakeUp(state);

    /// <summary>What the server sent, encrypted as it is; <see langword="null"/> before it came.</summary>
    public KeyRecRepContent? Answer { get; private set; }

    private protected override HeaderNames Names => new(
        Template.Subject ?? _certificates.FirstOrDefault()?.Subject,
        Template.Issuer ?? _certificates.FirstOrDefault()?.Issuer);

    /// <summary>Keys come in an EnvelopedData, as RFC 9810 5.2.2 wants, only where the request is of cmp2021; who names an earlier version gets the older form.</summary>
    private protected override int PreferredPvno => Settings.Pvno is < 3 ? 2 : 3;

    /// <summary>RFC 9810 5.3.22: what waits is called as in the request.</summary>
    private protected override IReadOnlyList<int> LateIds => [.. _request.Requests.Select(request => request.CertReq.CertReqId)];

    private CertTemplate Template => _request.Requests[0].CertReq.CertTemplate;

    private protected override bool IsPending(int certReqId) => base.IsPending(certReqId) || certReqId is 0 or WholeAnswer;

    /// <summary>The certificates in question, and those that come: of a recovery by name nobody knows before who issued them.</summary>
    private protected override IReadOnlyList<Certificate> Concerned(PkiMessage answer) => answer.Body is KeyRecRepContent rep
        ? [.. _certificates, .. Brought(rep)]
        : _certificates;

    private protected override bool IsLate(PkiBody answer) => ((KeyRecRepContent)answer).Status.Status == PkiStatus.Waiting;

    private protected override PkiStatusInfo? NegativeStatus(PkiMessage answer) =>
        answer.Body is KeyRecRepContent { Status.Status: PkiStatus.Rejection } rep ? rep.Status : base.NegativeStatus(answer);

    /// <summary>Rule 37 for krp.</summary>
    private protected override void Take(PkiMessage answer, bool isAuthenticated)
    {
        var rep = (KeyRecRepContent)answer.Body;
        switch (rep.Status.Status)
        {
            case PkiStatus.Accepted:
                break;
            case PkiStatus.GrantedWithMods:
                Warn($"The server gives back other keys than it was asked for. {Show(rep.Status.StatusString)}".TrimEnd());
                break;
            default:
                throw ServerError(rep.Status, answer, isAuthenticated);
        }
        if (rep.KeyPairHist.Count > Settings.Trust.Limits.MaxRecoveredKeys)
            throw new CmpException(CmpErrorKind.Transaction, "CmpRecovery.TooMany", $"The server sent {rep.KeyPairHist.Count} keys: no more than {Settings.Trust.Limits.MaxRecoveredKeys} are opened.") { Octets = answer.Encoded };
        if (rep is { NewSigCert: null, KeyPairHist.Count: 0 })
        {
            throw new CmpException(CmpErrorKind.Transaction, "CmpRecovery.Nothing", $"The server accepts, and sends no key. {Show(rep.Status.StatusString)}".TrimEnd())
            {
                RecommendedAction = "It may have archived none: ask the CA's administrator under which name keys are kept.",
                Octets = answer.Encoded,
            };
        }
        Answer = rep;
    }

    private IEnumerable<Certificate> Brought(KeyRecRepContent rep)
    {
        IEnumerable<Certificate?> all = [rep.NewSigCert, .. rep.KeyPairHist.Take(Settings.Trust.Limits.MaxRecoveredKeys).Select(pair => pair.Certificate)];
        return all.OfType<Certificate>();
    }
}
