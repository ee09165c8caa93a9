using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

/// <summary>One request of a <see cref="SealedScene"/>.</summary>
/// <param name="Proof">How its proof follows; <see langword="null"/>: the CA is to make the key.</param>
/// <param name="Kind">The kind of key.</param>
internal sealed record SealedRequest(SubsequentMessage? Proof, string Kind = "ML-KEM-768")
{
    internal PrivateKey Key { get; } = Keys.Of(Kind);

    /// <summary>Keys of tests are made once: of RSA that takes its time.</summary>
    private static class Keys
    {
        private static readonly Dictionary<string, PrivateKey> Made = [];

        internal static PrivateKey Of(string kind)
        {
            if (kind.Contains("RSA"))
            {
                lock (Made)
                {
                    if (!Made.TryGetValue(kind, out PrivateKey? key))
                        Made[kind] = key = PrivateKey.Generate(KeyAlgorithm.Parse(kind));
                    return key;
                }
            }
            return PrivateKey.Generate(KeyAlgorithm.Parse(kind));
        }
    }
}

/// <summary>An enrolment whose answers are encrypted, message by message, against a server that says what it is told to.</summary>
internal sealed class SealedScene
{
    private EnrollmentTransaction? _transaction;
    private PrivateKey? _recipient;

    internal IReadOnlyList<SealedRequest> Requests { get; init; } = [new(SubsequentMessage.EncrCert)];

    internal ProtectionKind Kind { get; init; } = ProtectionKind.PasswordBasedMac;

    internal Func<TransactionSettings, TransactionSettings> Settings { get; init; } = settings => settings;

    /// <summary>Anchors; <see langword="null"/>: the root.</summary>
    internal IReadOnlyList<Certificate>? Anchors { get; init; }

    internal ListTrace Trace { get; } = new();

    internal Peer Peer { get; } = Peer.Shared;

    /// <summary>Makes keys for others.</summary>
    internal static MadeCertificate Kga { get; } = Peer.Shared.Issuing.Issue("CN=Test KGA", Shape.Leaf with { Purposes = [Oids.CmKGA] });

    internal EnrollmentTransaction Transaction => _transaction ??= new EnrollmentTransaction(Settings(Said()), Body(), keys: Openers());

    internal TransactionStep? Step { get; private set; }

    internal PkiMessage Sent { get; private set; } = null!;

    internal List<PkiMessage> AllSent { get; } = [];

    internal PrivateKey Key => Requests[0].Key;

    private static GeneralName ServerName => GeneralName.FromName(Peer.Shared.Signer.Certificate.Subject);

    internal SealedScene Start()
    {
        Take(Transaction.Start(Peer.Now));
        return this;
    }

    internal TransactionStep Answer(PkiBody body, Reply? reply = null) => Take(Transaction.Receive(Octets(body, reply), Peer.Now));

    internal ReadOnlyMemory<byte> Octets(PkiBody body, Reply? reply = null) => Peer.Answer(Sent, body, Said(body, reply));

    internal TransactionStep Receive(ReadOnlyMemory<byte> octets) => Take(Transaction.Receive(octets, Peer.Now));

    internal CmpException Fails(PkiBody body, Reply? reply = null) => Assert.IsType<TransactionStep.Failed>(Answer(body, reply)).Error;

    internal TransactionStep Accept() => Take(Transaction.Decide(null, Peer.Now));

    internal TransactionStep Resume() => Take(Transaction.Resume(Peer.Now));

    /// <summary>The same transaction in another process.</summary>
    internal SealedScene Resumed(IReadOnlyList<RequestKey?>? keys = null)
    {
        var scene = new SealedScene { Requests = Requests, Kind = Kind, Settings = Settings, Anchors = Anchors, _recipient = _recipient };
        scene._transaction = new EnrollmentTransaction(Settings(scene.Said()), Transaction.Capture(), null, keys ?? scene.Openers());
        return scene;
    }

    internal TransactionStep Continue() => Take(Transaction.Continue(Peer.Now));

    // what a server says

    internal (PopoDecKeyChallContent Content, IReadOnlyList<BigInteger> Numbers) Challenge(GeneralName? sender = null, int pvno = 3) =>
        Challenges.Create([.. Challenged()], sender ?? ServerName, pvno);

    internal CertRepMessage Granted(params CertResponse[] responses) => new(PkiBodyType.Ip, responses);

    internal CertResponse Plain(int certReqId = 0) => new(certReqId, new PkiStatusInfo(PkiStatus.Accepted), new CertifiedKeyPair { Certificate = Certify(certReqId) });

    internal CertResponse Encrypted(int certReqId = 0, SubjectPublicKeyInfo? to = null, int pvno = 3, Certificate? certificate = null)
    {
        certificate ??= Certify(certReqId);
        EncryptedKey encrypted = pvno < 3 ? new EncryptedKey(EncryptedValues.Seal(certificate.Encoded, to ?? certificate.PublicKey))
            : new EncryptedKey(Envelope.Seal(certificate.Encoded, Oids.Data, EnvelopeRecipient.Of(to ?? certificate.PublicKey, RecipientIdentifier.Of(certificate))).Encoded);
        return new CertResponse(certReqId, new PkiStatusInfo(PkiStatus.Accepted), new CertifiedKeyPair { EncryptedCert = encrypted.Encoded });
    }

    internal static CertResponse Waits(int certReqId = 0) => new(certReqId, new PkiStatusInfo(PkiStatus.Waiting));

    internal static CertResponse Rejected(int certReqId = 0, FailInfo failInfo = FailInfo.BadPOP) => new(certReqId, PkiStatusInfo.Rejection(failInfo, "no"));

    internal Certificate Certify(int certReqId = 0) => Peer.Certify(Requests[certReqId].Key.PublicKey, $"CN=box{certReqId}");

    /// <summary>A certificate with the key that the CA made.</summary>
    internal CertResponse WithKey(ReadOnlyMemory<byte> content, string contentType = Oids.SignedData, EnvelopeRecipient? recipient = null, Certificate? certificate = null, int certReqId = 0)
    {
        recipient ??= Kind == ProtectionKind.Signature
            ? EnvelopeRecipient.Of(Recipient.PublicKey, new RecipientIdentifier(new IssuerAndSerialNumber(Name.Empty, new byte[] { 0 })))
            : EnvelopeRecipient.OfPassword(Peer.Secret().Secret);
        var pair = new CertifiedKeyPair
        {
            Certificate = certificate ?? Certify(certReqId),
            PrivateKey = new EncryptedKey(Envelope.Seal(content, contentType, recipient).Encoded).Encoded,
        };
        return new CertResponse(certReqId, new PkiStatusInfo(PkiStatus.Accepted), pair);
    }

    /// <summary>A key as an authority for keys signs it.</summary>
    internal static byte[] Package(PrivateKey key, MadeCertificate? signer = null) =>
        SignedKeyPackage.Create(key, (signer ?? Kga).Key, (signer ?? Kga).Certificate, [Peer.Shared.Issuing.Certificate]);

    /// <summary>The key that was made to be encrypted to, under signatures.</summary>
    internal PrivateKey Recipient => _recipient ??= PrivateKey.Generate(KeyAlgorithm.Parse(RecipientKind));

    internal string RecipientKind { get; init; } = "ECDSA_P384";

    internal CertConfirmContent CertConf => Assert.IsType<CertConfirmContent>(Sent.Body);

    private IEnumerable<(SubjectPublicKeyInfo, int)> Challenged() =>
        Requests.Select((request, number) => (request, number)).Where(one => one.request.Proof == SubsequentMessage.ChallengeResp).Select(one => (one.request.Key.PublicKey, one.number));

    private static Reply Said(PkiBody body, Reply? reply)
    {
        reply ??= new Reply();
        return reply with { Header = header => reply.Header(body.NeedsPvno3 ? header with { Pvno = 3 } : header) };
    }

    private List<RequestKey?> Openers() => [.. Requests.Select(request => request.Proof is not null ? RequestKey.Of(request.Key)
        : RequestKey.Of(Kind == ProtectionKind.Signature ? EnvelopeKey.Of(Recipient) : EnvelopeKey.OfPassword(Peer.Secret().Secret)))];

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

    private CertReqMessages Body() => new(PkiBodyType.Ir, [.. Requests.Select((request, number) =>
    {
        var template = new CertTemplate { Subject = Name.Parse($"CN=box{number}"), PublicKey = request.Proof is null ? null : request.Key.PublicKey };
        return new CertReqMsg(new CertRequest(number, template, []), request.Proof is { } proof ? PopoPrivKey.Later(isKeyAgreement: false, proof) : null, []);
    })]);

    private TransactionSettings Said()
    {
        Credential credential = Kind == ProtectionKind.Signature ? new SigningCertificate(Peer.Client.Certificate, Peer.Client.Key) : Peer.Secret();
        return new TransactionSettings
        {
            Protector = Kind == ProtectionKind.Signature ? Peer.Signature(Peer.Client) : Peer.Mac(),
            Credential = credential,
            Trust = new TrustSettings { Anchors = Anchors ?? [Peer.Root.Certificate] },
            Trace = Trace,
        };
    }
}
