using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

/// <summary>An enrolment and its server, message by message.</summary>
internal sealed class Scene
{
    private EnrollmentTransaction? _transaction;
    private readonly List<PrivateKey> _keys = [];

    /// <summary>How the request is protected.</summary>
    internal ProtectionKind Kind { get; init; } = ProtectionKind.PasswordBasedMac;

    internal PkiBodyType Request { get; init; } = PkiBodyType.Ir;

    /// <summary>How many requests the message holds.</summary>
    internal int Count { get; init; } = 1;

    internal Peer Peer { get; init; } = Peer.Shared;

    /// <summary>What the client believes, where it is not the root and nothing else.</summary>
    internal Func<TrustSettings, TrustSettings> Trust { get; init; } = trust => trust;

    internal Func<TransactionSettings, TransactionSettings> Settings { get; init; } = settings => settings;

    internal Name? Subject { get; init; } = Name.Parse("CN=router7");

    internal Name? Issuer { get; init; }

    internal DateTimeOffset Now { get; set; } = Peer.Now;

    internal ListTrace Trace { get; } = new();

    internal EnrollmentTransaction Transaction => _transaction ??= NewTransaction();

    /// <summary>The key that is certified.</summary>
    internal PrivateKey Key => KeyOf(0);

    /// <summary>The certificate that a kur updates.</summary>
    internal Certificate Old => Peer.Client.Certificate;

    internal TransactionStep? Step { get; private set; }

    /// <summary>The client's last message.</summary>
    internal PkiMessage Sent { get; private set; } = null!;

    /// <summary>All messages of the client.</summary>
    internal List<PkiMessage> AllSent { get; } = [];

    internal PkiBodyType ResponseType => Request switch
    {
        PkiBodyType.Ir => PkiBodyType.Ip,
        PkiBodyType.Kur => PkiBodyType.Kup,
        _ => PkiBodyType.Cp,
    };

    /// <summary>The key of one of several requests.</summary>
    internal PrivateKey KeyOf(int number)
    {
        while (_keys.Count <= number)
            _keys.Add(MadeCertificate.NewKey());
        return _keys[number];
    }

    /// <summary>One of several requests is granted.</summary>
    internal CertResponse Granted(int certReqId, SubjectPublicKeyInfo? key = null, PkiStatus status = PkiStatus.Accepted) =>
        Peer.Response(ResponseType, Peer.Certify(key ?? KeyOf(certReqId).PublicKey, $"CN=router{certReqId}"), status, certReqId).Responses[0];

    /// <summary>One of several requests is rejected.</summary>
    internal static CertResponse Rejected(int certReqId, FailInfo failInfo = FailInfo.BadCertTemplate) => new(certReqId, PkiStatusInfo.Rejection(failInfo, "no"));

    /// <summary>One of several requests waits.</summary>
    internal static CertResponse Waits(int certReqId) => new(certReqId, new PkiStatusInfo(PkiStatus.Waiting));

    /// <summary>The server answers several requests.</summary>
    internal TransactionStep Answer(params CertResponse[] responses) => Answer(new CertRepMessage(ResponseType, responses));

    internal Scene Start()
    {
        Take(Transaction.Start(Now));
        return this;
    }

    /// <summary>A good response with a certificate for the key.</summary>
    internal CertRepMessage Good(Shape? shape = null) => Peer.Response(ResponseType, Peer.Certify(Key.PublicKey, shape: shape));

    /// <summary>What the server would answer now.</summary>
    internal ReadOnlyMemory<byte> Octets(PkiBody body, Reply? reply = null) => Peer.Answer(Sent, body, reply);

    /// <summary>The server answers.</summary>
    internal TransactionStep Answer(PkiBody body, Reply? reply = null) => Receive(Octets(body, reply));

    internal TransactionStep Receive(ReadOnlyMemory<byte> octets, RoadReport? road = null) => Take(Transaction.Receive(octets, Now, road));

    internal TransactionStep Accept() => Take(Transaction.Decide(null, Now));

    internal TransactionStep Refuse(string reason = "not this one") => Take(Transaction.Decide(new CmpException(CmpErrorKind.Trust, "CmpTransaction.Refused", reason), Now));

    /// <summary>The server's answer ends the transaction with an error; nothing was issued by it.</summary>
    internal CmpException Fails(PkiBody body, Reply? reply = null) => Fails(Octets(body, reply));

    internal CmpException Fails(ReadOnlyMemory<byte> octets, RoadReport? road = null)
    {
        IssuedCertificate? before = Transaction.Issued;
        CmpException error = Assert.IsType<TransactionStep.Failed>(Receive(octets, road)).Error;
        Assert.Same(before, Transaction.Issued);
        Assert.False(Transaction.Confirmed);
        return error;
    }

    /// <summary>The same where certificates were issued and confirmed before.</summary>
    internal CmpException FailsLate(PkiBody body, Reply? reply = null) => Assert.IsType<TransactionStep.Failed>(Answer(body, reply)).Error;

    /// <summary>The same transaction in another process.</summary>
    internal Scene Resumed(TransactionState? state = null) => new()
    {
        Kind = Kind,
        Request = Request,
        _transaction = new EnrollmentTransaction(Settings(Said()), state ?? Transaction.Capture()),
    };

    internal TransactionStep Resume() => Take(Transaction.Resume(Now));

    /// <summary>What failed before left no trace: the good answer to the last message is taken.</summary>
    internal void StillTakesTheGoodAnswer() => Assert.IsType<TransactionStep.Decide>(Answer(Good()));

    /// <summary>As far as the decision on a certificate.</summary>
    internal Scene ToDecision(Shape? shape = null, Reply? reply = null)
    {
        if (Step is null)
            Start();
        Assert.IsType<TransactionStep.Decide>(Answer(Good(shape), reply));
        return this;
    }

    /// <summary>As far as a certConf that accepts.</summary>
    internal Scene ToCertConf(Shape? shape = null)
    {
        ToDecision(shape);
        Accept();
        Assert.Equal(PkiBodyType.CertConf, Sent.Body.Type);
        return this;
    }

    /// <summary>As far as the first pollReq.</summary>
    internal Scene ToPolling(bool byError = false)
    {
        if (Step is null)
            Start();
        Answer(byError ? new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting)) : Peer.Response(ResponseType, null, PkiStatus.Waiting, Request == PkiBodyType.P10cr ? -1 : 0));
        Assert.Equal(PkiBodyType.PollReq, Sent.Body.Type);
        return this;
    }

    internal CertStatus CertStatus => Assert.Single(Assert.IsType<CertConfirmContent>(Sent.Body).Statuses);

    internal static PollRepContent PollRep(System.Numerics.BigInteger checkAfter, int certReqId = 0, string? reason = null) =>
        new([new PollRepEntry(certReqId, checkAfter, reason is null ? null : new PkiFreeText([reason]))]);

    private TransactionStep Take(TransactionStep step)
    {
        Step = step;
        if (step is TransactionStep.Send send)
        {
            Sent = PkiMessage.Decode(send.Octets);
            AllSent.Add(Sent);
        }
        return step;
    }

    private EnrollmentTransaction NewTransaction() => new(Settings(Said()), Body(), Request == PkiBodyType.Kur ? Old : null);

    private TransactionSettings Said()
    {
        Credential credential = Kind == ProtectionKind.Signature ? new SigningCertificate(Peer.Client.Certificate, Peer.Client.Key) : Peer.Secret();
        MessageProtector protector = Kind switch
        {
            ProtectionKind.Signature => Peer.Signature(Peer.Client),
            ProtectionKind.PasswordBasedMac => Peer.Mac(),
            _ => MessageProtector.None(credential),
        };
        return new TransactionSettings
        {
            Protector = protector,
            Credential = credential,
            Trust = Trust(new TrustSettings { Anchors = [Peer.Root.Certificate] }),
            Trace = Trace,
        };
    }

    private PkiBody Body()
    {
        if (Request == PkiBodyType.P10cr)
            return new P10crBody(MadeCertificate.Pkcs10(Key, Subject is { } subject ? "CN=" + subject.CommonName() : string.Empty));
        return new CertReqMessages(Request, [.. Enumerable.Range(0, Count).Select(Message)]);
    }

    private CertReqMsg Message(int number)
    {
        PrivateKey key = KeyOf(number);
        var certReq = new CertRequest(number, new CertTemplate { Subject = Subject, Issuer = Issuer, PublicKey = key.PublicKey }, []);
        return new CertReqMsg(certReq, SignatureProof.Create(certReq, key, SignatureAlgorithms.For(key)), []);
    }
}
