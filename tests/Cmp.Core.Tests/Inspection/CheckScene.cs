using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>Messages for the checker, as they come over the wire, and what it says of them.</summary>
internal static class CheckScene
{
    internal static readonly byte[] Id = [.. Enumerable.Repeat((byte)7, 16)];

    internal static Peer Pki => Peer.Shared;

    internal static PkiHeader Header(Name? sender = null, ReadOnlyMemory<byte>? kid = null) =>
        new(2, GeneralName.FromName(sender ?? Name.FromCommonName(Peer.Reference)), GeneralName.FromName(Pki.Signer.Certificate.Subject))
        {
            MessageTime = Peer.Now,
            SenderKid = kid,
            TransactionId = Id,
            SenderNonce = Id,
        };

    /// <summary>A message under the secret.</summary>
    internal static PkiMessage Mac(PkiBody body, MacOptions? options = null, Func<PkiHeader, PkiHeader>? change = null)
    {
        using SharedSecret secret = Peer.Secret();
        using MessageProtector protector = MessageProtector.Mac(secret, options ?? Peer.FewIterations);
        PkiHeader header = Header(kid: secret.Reference);
        return Wire(protector.Protect(change?.Invoke(header) ?? header, body, []));
    }

    /// <summary>A signed message, with the chain of its signer.</summary>
    internal static PkiMessage Signed(PkiBody body, MadeCertificate? signer = null, Func<PkiHeader, PkiHeader>? change = null, IReadOnlyList<Certificate>? extraCerts = null)
    {
        signer ??= Pki.Client;
        using MessageProtector protector = Peer.Signature(signer);
        PkiHeader header = Header(signer.Certificate.Subject, protector.SenderKid);
        return Wire(protector.Protect(change?.Invoke(header) ?? header, body, extraCerts ?? [signer.Certificate, Pki.Issuing.Certificate]));
    }

    /// <summary>A message that nobody vouches for.</summary>
    internal static PkiMessage Unprotected(PkiBody body, IReadOnlyList<Certificate>? extraCerts = null) => Wire(MessageProtector.None(null).Protect(Header(), body, extraCerts ?? []));

    /// <summary>As it arrives.</summary>
    internal static PkiMessage Wire(PkiMessage message) => PkiMessage.Decode(message.Encoded.ToArray());

    /// <summary>An ir for one key.</summary>
    internal static CertReqMessages Request(PrivateKey key, string? subject = "CN=router7", PopoSigningKeyInput? input = null, PrivateKey? prover = null, int certReqId = 0)
    {
        var request = new CertRequest(certReqId, new CertTemplate { Subject = subject is null ? null : Name.Parse(subject), PublicKey = key.PublicKey }, []);
        return Request(request, SignatureProof.Create(request, prover ?? key, SignatureAlgorithms.For(prover ?? key), input));
    }

    internal static CertReqMessages Request(CertRequest request, ProofOfPossession? proof) => new(PkiBodyType.Ir, [new CertReqMsg(request, proof, [])]);

    internal static IReadOnlyList<MessageCheck> Check(PkiMessage message, CheckSettings? settings = null) => new MessageChecker(settings).Check(message, Peer.Now);

    /// <summary>What came of one kind of check, of which there is one.</summary>
    internal static MessageCheck Of(this IReadOnlyList<MessageCheck> checks, CheckKind kind) => Assert.Single(checks, check => check.Check == kind);

    /// <summary>The same message with one bit of its octets changed; <see langword="null"/> where it is none any more.</summary>
    internal static PkiMessage? Flip(PkiMessage message, int octet, int bit = 0)
    {
        byte[] changed = message.Encoded.ToArray();
        changed[octet] ^= (byte)(1 << bit);
        try
        {
            return PkiMessage.Decode(changed);
        }
        catch (CmpException)
        {
            return null;
        }
    }
}
