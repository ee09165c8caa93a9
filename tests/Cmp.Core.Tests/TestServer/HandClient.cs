using System;
using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>A client that makes each message by hand, so that it can make them wrong. It believes no answer that is not protected as it should be.</summary>
internal sealed class HandClient
{
    private readonly Peer _peer;
    private readonly Credential _credential;
    private readonly MacOptions? _options;
    private readonly AnswerVerifier _verifier;
    private ReadOnlyMemory<byte>? _serverNonce;

    internal HandClient(Peer peer, Credential credential, MacOptions? options)
    {
        _peer = peer;
        _credential = credential;
        _options = options;
        Protector = credential is SharedSecret secret ? MessageProtector.Mac(secret, options ?? new PbmOptions { Iterations = 500 }) : MessageProtector.Signature((SigningCertificate)credential, null, false);
        _verifier = new AnswerVerifier(new TrustSettings { Anchors = [Peer.Authority.Root], AllowPbmSha1 = true }, credential, Protector.Kind);
    }

    internal MessageProtector Protector { get; set; }

    internal byte[] TransactionId { get; set; } = Secrets.Random(16);

    /// <summary>Whether answers are believed only as the server vouches for them.</summary>
    internal bool Verifies { get; set; } = true;

    /// <summary>The version that is spoken.</summary>
    internal int Pvno { get; set; } = 2;

    /// <summary>What was sent last.</summary>
    internal PkiMessage? Sent { get; private set; }

    /// <summary>The header that a good client would send next.</summary>
    internal PkiHeader Header => new(Pvno, Sender, GeneralName.FromName(Peer.Authority.Signer.Subject))
    {
        MessageTime = _peer.Now,
        SenderKid = Protector.SenderKid,
        TransactionId = TransactionId,
        SenderNonce = Secrets.Random(16),
        RecipNonce = _serverNonce,
    };

    private GeneralName Sender => GeneralName.FromName(_credential is SigningCertificate signer ? signer.Certificate.Subject : Name.FromCommonName(Peer.Reference));

    private IReadOnlyList<Certificate> Chain => _credential is SigningCertificate signer ? [signer.Certificate, .. signer.Chain] : [];

    /// <summary>Sends a message and gives the answer.</summary>
    /// <param name="body">Its body.</param>
    /// <param name="header">Changes the header before it is protected.</param>
    /// <param name="message">Changes the message after it was protected.</param>
    internal PkiMessage Send(PkiBody body, Func<PkiHeader, PkiHeader>? header = null, Func<PkiMessage, PkiMessage>? message = null)
    {
        PkiMessage made = Protector.Protect(header?.Invoke(Header) ?? Header, body, Chain);
        Sent = message?.Invoke(made) ?? made;
        return Send(Sent.Encoded);
    }

    /// <summary>Sends the last message again, as who resumes does: the same nonce and body, a new time, salt and MAC or signature.</summary>
    /// <param name="body">Another body under the same nonce.</param>
    /// <param name="header">Changes the header before it is protected.</param>
    internal PkiMessage SendAgain(PkiBody? body = null, Func<PkiHeader, PkiHeader>? header = null)
    {
        PkiHeader again = Sent!.Header with { MessageTime = _peer.Now };
        return Send(Fresh().Protect(header?.Invoke(again) ?? again, body ?? Sent.Body, Chain).Encoded);
    }

    internal PkiMessage Send(ReadOnlyMemory<byte> octets)
    {
        PkiMessage answer = PkiMessage.Decode(_peer.Responder.Respond(octets));
        if (Verifies)
            Assert.True(_verifier.Verify(answer, [], _peer.Now).IsAuthenticated);
        _serverNonce = answer.Header.SenderNonce;
        return answer;
    }

    private MessageProtector Fresh() => _credential is SharedSecret secret ? MessageProtector.Mac(secret, _options ?? new PbmOptions { Iterations = 600 }) : Protector;
}
