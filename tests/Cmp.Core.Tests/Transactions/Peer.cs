using System;
using System.Collections.Generic;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Tests.Transactions;

/// <summary>What an answer has otherwise than a good one.</summary>
internal sealed record Reply
{
    /// <summary>Changes the header before the answer is protected.</summary>
    internal Func<PkiHeader, PkiHeader> Header { get; init; } = header => header;

    /// <summary>Changes the answer after it was protected.</summary>
    internal Func<PkiMessage, PkiMessage> Message { get; init; } = message => message;

    /// <summary>Protects it; <see langword="null"/>: as the request was.</summary>
    internal MessageProtector? Protector { get; init; }

    /// <summary>What comes in extraCerts; <see langword="null"/>: the signer and its issuer where it is signed.</summary>
    internal IReadOnlyList<Certificate>? ExtraCerts { get; init; }

    internal static Reply Unprotected { get; } = new() { Protector = MessageProtector.None(null) };
}

/// <summary>The server of these tests: it has a PKI and a secret, and says what it is told to say.</summary>
internal sealed class Peer
{
    internal const string Reference = "ref-1";

    internal static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Lazy<Peer> One = new(() => new Peer());

    /// <summary>One for all tests: nothing in it can be changed.</summary>
    internal static Peer Shared => One.Value;

    internal Peer()
    {
        Root = MadeCertificate.Root();
        Issuing = Root.Issue("CN=Test Issuing CA", Shape.CA);
        Signer = Issuing.Issue("CN=Test Server", Shape.Server);
        Client = Issuing.Issue("CN=Client, O=Cmp tests");
    }

    internal MadeCertificate Root { get; }

    internal MadeCertificate Issuing { get; }

    /// <summary>Signs answers.</summary>
    internal MadeCertificate Signer { get; }

    /// <summary>Signs requests.</summary>
    internal MadeCertificate Client { get; }

    internal static SharedSecret Secret(string secret = "correct horse") => new(Encoding.UTF8.GetBytes(Reference), Encoding.UTF8.GetBytes(secret));

    internal static PbmOptions FewIterations { get; } = new() { Iterations = 100 };

    /// <summary>Protects by the secret, with few iterations.</summary>
    internal static MessageProtector Mac(string secret = "correct horse", PbmOptions? options = null) =>
        MessageProtector.PasswordBasedMac(Secret(secret), options ?? FewIterations);

    internal static MessageProtector Signature(MadeCertificate signer) =>
        MessageProtector.Signature(new SigningCertificate(signer.Certificate, signer.Key), null, pss: false);

    /// <summary>A certificate for a key, as it was asked for.</summary>
    internal Certificate Certify(SubjectPublicKeyInfo key, string subject = "CN=router7", Shape? shape = null) => Issuing.Certify(key, subject, shape);

    /// <summary>An ip, cp or kup with one certificate.</summary>
    internal static CertRepMessage Response(PkiBodyType type, Certificate? certificate, PkiStatus status = PkiStatus.Accepted, int certReqId = 0, PkiStatusInfo? info = null) =>
        new(type, [new CertResponse(certReqId, info ?? new PkiStatusInfo(status), certificate is null ? null : new CertifiedKeyPair { Certificate = certificate })]);

    internal static ErrorMsgContent Error(FailInfo failInfo = FailInfo.BadRequest, string? text = null) => new(PkiStatusInfo.Rejection(failInfo, text));

    /// <summary>Answers a message.</summary>
    internal ReadOnlyMemory<byte> Answer(PkiMessage request, PkiBody body, Reply? reply = null)
    {
        reply ??= new Reply();
        MessageProtector protector = reply.Protector
            ?? (request.Header.ProtectionAlg?.Oid == Cmp.Messages.Asn1.Oids.PasswordBasedMac ? Mac() : Signature(Signer));
        var header = new PkiHeader(2, GeneralName.FromName(Signer.Certificate.Subject), request.Header.Sender)
        {
            MessageTime = Now,
            SenderKid = protector.SenderKid,
            TransactionId = request.Header.TransactionId,
            SenderNonce = Secrets.Random(16),
            RecipNonce = request.Header.SenderNonce,
        };
        IReadOnlyList<Certificate> extraCerts = reply.ExtraCerts
            ?? (protector.Kind == ProtectionKind.Signature ? [Signer.Certificate, Issuing.Certificate] : []);
        return reply.Message(protector.Protect(reply.Header(header), body, extraCerts)).Encoded;
    }
}
