using System;
using System.Linq;
using System.Security.Cryptography;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>A message that comes again gets the answer that it had; what only looks like it gets none (rule 50, from the other side).</summary>
public class ReplayTests
{
    private static readonly TestServerOptions Explicit = new() { ImplicitConfirmation = ImplicitConfirmation.Never };

    private static CertReqMessages Ir => Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted");

    public static TheoryData<PkiBodyType, ProtectionKind> Requests()
    {
        var requests = new TheoryData<PkiBodyType, ProtectionKind>();
        foreach (PkiBodyType type in new[] { PkiBodyType.Ir, PkiBodyType.Cr, PkiBodyType.P10cr, PkiBodyType.Kur })
        {
            requests.Add(type, ProtectionKind.PasswordBasedMac);
            requests.Add(type, ProtectionKind.Signature);
        }
        return requests;
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public void Each_message_gets_its_answer_again(PkiBodyType type, ProtectionKind kind)
    {
        using var peer = new Peer(Explicit with { PollCount = 1, CheckAfter = 10 });
        SigningCertificate own = peer.Enroll("CN=wanted");
        HandClient client = kind == ProtectionKind.Signature ? peer.SigningClient(own) : peer.MacClient();
        PkiBody request = type == PkiBodyType.P10cr ? Peer.Pkcs10(Peer.NewKey(), "CN=wanted") : Peer.Request(type, Peer.NewKey(), "CN=wanted", type == PkiBodyType.Kur ? own.Certificate : null);
        int pollId = type == PkiBodyType.P10cr ? -1 : 0;

        Twice(client.Send(request));
        Twice(client.Send(new PollReqContent([pollId])));
        peer.Now += TimeSpan.FromSeconds(10);
        PkiMessage answer = Twice(client.Send(new PollReqContent([pollId])));
        Certificate certificate = Assert.IsType<CertRepMessage>(answer.Body).Responses[0].CertifiedKeyPair!.Certificate!;
        Assert.IsType<PkiConfirmContent>(Twice(client.Send(Peer.Confirmation(certificate, pollId))).Body);
        Assert.Equal(2, peer.Responder.Issued.Count);

        PkiMessage Twice(PkiMessage first)
        {
            peer.Now += TimeSpan.FromSeconds(3);
            AssertSame(client, first, client.SendAgain(), peer);
            // whether its recipNonce is the one that it had, or another, or none
            AssertSame(client, first, client.SendAgain(header: header => header with { RecipNonce = first.Header.SenderNonce }), peer);
            AssertSame(client, first, client.SendAgain(header: header => header with { RecipNonce = null }), peer);
            peer.Now -= TimeSpan.FromSeconds(3);
            return first;
        }
    }

    [Fact]
    public void An_early_poll_that_comes_again_is_no_further_poll()
    {
        using var peer = new Peer(new TestServerOptions { PollCount = 2, CheckAfter = 10 });
        HandClient client = peer.MacClient();
        client.Send(Ir);
        client.Send(new PollReqContent([0]));
        peer.Now += TimeSpan.FromSeconds(10);
        for (int i = 0; i < 3; i++)
            Assert.Equal(10, (int)Assert.IsType<PollRepContent>(client.SendAgain().Body).Entries[0].CheckAfter);
        // the first of two has been, whatever came again
        Assert.IsType<PollRepContent>(client.Send(new PollReqContent([0])).Body);
        peer.Now += TimeSpan.FromSeconds(10);
        Assert.IsType<CertRepMessage>(client.Send(new PollReqContent([0])).Body);
    }

    [Fact]
    public void What_was_granted_implicitly_is_granted_once()
    {
        using var peer = new Peer();
        HandClient client = peer.MacClient();
        PkiMessage first = client.Send(Ir, header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] });
        PkiMessage again = client.SendAgain();
        AssertSame(client, first, again, peer);
        Assert.NotNull(again.Header.FindInfo(Oids.ImplicitConfirm));
        Assert.Single(peer.Responder.Issued);
    }

    [Fact]
    public void The_deadline_stays_the_one_that_was_told()
    {
        using var peer = new Peer(Explicit);
        HandClient client = peer.MacClient();
        PkiMessage first = client.Send(Ir);
        peer.Now += TimeSpan.FromMinutes(4);
        PkiMessage again = client.SendAgain();
        Assert.Equal(first.Header.FindInfo(Oids.ConfirmWaitTime)!.ReadTime(), again.Header.FindInfo(Oids.ConfirmWaitTime)!.ReadTime());
        peer.Now += TimeSpan.FromMinutes(2);
        AssertSame(client, first, client.SendAgain(), peer);
        Assert.Empty(peer.Responder.Issued);
    }

    [Fact]
    public void A_refusal_comes_again_too()
    {
        using var peer = new Peer(Explicit);
        HandClient client = peer.MacClient();
        PkiMessage first = client.Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), ""));
        Refused.ByResponse(FailInfo.BadCertTemplate, first);
        AssertSame(client, first, client.SendAgain(), peer);

        client = peer.MacClient();
        client.Send(Ir);
        first = client.Send(new CertConfirmContent([new CertStatus(new byte[32], 0)]));
        Refused.ByError(FailInfo.BadCertId, first);
        AssertSame(client, first, client.SendAgain(), peer);
        Assert.Empty(peer.Responder.Issued);

        // of the message as such
        using var strict = new Peer(Explicit with { Strict = true });
        SigningCertificate old = strict.Enroll();
        client = strict.MacClient();
        first = client.Send(Peer.Request(PkiBodyType.Kur, Peer.NewKey(), "CN=enrolled", old.Certificate));
        Refused.ByError(FailInfo.WrongIntegrity, first);
        AssertSame(client, first, client.SendAgain(), strict);
    }

    [Fact]
    public void Who_gives_up_is_heard_again()
    {
        using var peer = new Peer(Explicit);
        HandClient client = peer.MacClient();
        client.Send(Ir);
        PkiMessage first = client.Send(new ErrorMsgContent(PkiStatusInfo.Rejection(FailInfo.BadRequest)));
        Assert.IsType<PkiConfirmContent>(first.Body);
        AssertSame(client, first, client.SendAgain(), peer);
        Assert.Empty(peer.Responder.Issued);
    }

    // the twins: each differs in one thing

    [Fact]
    public void Another_body_under_the_same_nonce_is_refused()
    {
        using var peer = new Peer(Explicit);
        HandClient client = peer.MacClient();
        PkiMessage ip = client.Send(Ir);
        Refused.ByError(FailInfo.TransactionIdInUse, client.SendAgain(Ir));
        CertReqMessages same = (CertReqMessages)client.Sent!.Body;
        Refused.ByError(FailInfo.TransactionIdInUse, client.SendAgain(new CertReqMessages(PkiBodyType.Cr, same.Requests)));

        Certificate certificate = ((CertRepMessage)ip.Body).Responses[0].CertifiedKeyPair!.Certificate!;
        client.Send(Peer.Confirmation(certificate), header => header with { RecipNonce = ip.Header.SenderNonce });
        Refused.ByError(FailInfo.CertConfirmed, client.SendAgain(Peer.Confirmation(certificate, status: PkiStatusInfo.Rejection(FailInfo.IncorrectData))));
        Assert.Single(peer.Responder.Issued);
    }

    [Fact]
    public void Another_nonce_over_the_same_body_is_refused()
    {
        using var peer = new Peer(new TestServerOptions { PollCount = 1 });
        HandClient client = peer.MacClient();
        client.Send(Ir);
        Refused.ByError(FailInfo.TransactionIdInUse, client.SendAgain(header: header => header with { SenderNonce = Secrets.Random(16) }));
        client.Send(new PollReqContent([0]), header => header with { RecipNonce = null });
        Refused.ByError(FailInfo.BadRecipientNonce, client.SendAgain(header: header => header with { SenderNonce = Secrets.Random(16) }));
    }

    [Fact]
    public void Only_the_last_message_comes_again()
    {
        using var peer = new Peer(new TestServerOptions { PollCount = 1 });
        HandClient client = peer.MacClient();
        client.Send(Ir);
        PkiMessage ir = client.Sent!;
        client.Send(new PollReqContent([0]));
        Refused.ByError(FailInfo.TransactionIdInUse, client.Send(ir.Encoded));
        Assert.IsType<PollRepContent>(client.SendAgain().Body);
    }

    [Fact]
    public void What_was_refused_without_touching_the_transaction_is_not_remembered()
    {
        using var peer = new Peer(Explicit);
        HandClient client = peer.MacClient();
        PkiMessage ip = client.Send(Ir);
        PkiMessage ir = client.Sent!;
        Refused.ByError(FailInfo.BadRecipientNonce, client.Send(new PollReqContent([0]), header => header with { RecipNonce = Secrets.Random(16) }));
        PkiMessage again = client.Send(ir.Encoded);
        Assert.Equal(ip.Body.Encoded.ToArray(), again.Body.Encoded.ToArray());
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(((CertRepMessage)again.Body).Responses[0].CertifiedKeyPair!.Certificate!)).Body);
    }

    [Fact]
    public void Another_requester_does_not_get_it()
    {
        using var peer = new Peer(Explicit with { TrustedClients = [Peer.ToX509(Peer.OtherAuthority.Root)] });
        HandClient client = peer.MacClient();
        PkiMessage ip = client.Send(Ir);
        PkiMessage request = client.Sent!;

        // by a wrong secret, and by signers that may ask for themselves
        HandClient liar = new(peer, Peer.WrongSecret, null) { Verifies = false };
        Refused.ByError(FailInfo.BadMessageCheck, liar.Send(liar.Protector.Protect(request.Header, request.Body, []).Encoded));
        SigningCertificate one = Peer.Vendor(), two = Peer.Vendor();
        Refused.ByError(FailInfo.TransactionIdInUse, Steal(peer, two, request));
        Refused.ByError(FailInfo.WrongIntegrity, Steal(peer, two, Confirmed(client, ip)));

        client = peer.SigningClient(one);
        ip = client.Send(Ir);
        request = client.Sent!;
        Refused.ByError(FailInfo.TransactionIdInUse, Steal(peer, two, request));
        Refused.ByError(FailInfo.NotAuthorized, Steal(peer, two, Confirmed(client, ip)));
        // whose it is gets it
        Assert.IsType<PkiConfirmContent>(client.SendAgain().Body);
    }

    private static PkiMessage Confirmed(HandClient client, PkiMessage ip)
    {
        Certificate certificate = ((CertRepMessage)ip.Body).Responses.Single().CertifiedKeyPair!.Certificate!;
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(certificate), header => header with { RecipNonce = ip.Header.SenderNonce }).Body);
        return client.Sent!;
    }

    /// <summary>Sends what another one sent, under one's own signature.</summary>
    private static PkiMessage Steal(Peer peer, SigningCertificate thief, PkiMessage message)
    {
        HandClient client = peer.SigningClient(thief);
        PkiHeader header = message.Header with { Sender = GeneralName.FromName(thief.Certificate.Subject), SenderKid = client.Protector.SenderKid };
        return client.Send(client.Protector.Protect(header, message.Body, [thief.Certificate, .. thief.Chain]).Encoded);
    }

    /// <summary>The same body and nonces, a time of its own, and believed: HandClient verifies the protection.</summary>
    private static void AssertSame(HandClient client, PkiMessage first, PkiMessage again, Peer peer)
    {
        Assert.Equal(first.Body.Encoded.ToArray(), again.Body.Encoded.ToArray());
        Assert.Equal(first.Header.SenderNonce!.Value.ToArray(), again.Header.SenderNonce!.Value.ToArray());
        Assert.Equal(client.Sent!.Header.SenderNonce!.Value.ToArray(), again.Header.RecipNonce!.Value.ToArray());
        Assert.Equal(first.Header.GeneralInfo.Select(item => Hex.Of(item.Encoded.Span)), again.Header.GeneralInfo.Select(item => Hex.Of(item.Encoded.Span)));
        Assert.Equal(peer.Now.ToUnixTimeSeconds(), again.Header.MessageTime!.Value.ToUnixTimeSeconds());
    }
}
