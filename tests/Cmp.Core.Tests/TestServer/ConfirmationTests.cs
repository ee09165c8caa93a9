using System;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>What is confirmed, what is refused, and what a wrong confirmation ends (RFC 9810 5.3.18, RFC 9483 4.1.1 and 5.1.2).</summary>
public class ConfirmationTests
{
    private static TestServerOptions Explicit => new() { ImplicitConfirmation = ImplicitConfirmation.Never };

    [Fact]
    public void Rule8_The_answer_names_the_deadline_or_grants_implicit_confirmation()
    {
        using var peer = new Peer(Explicit with { ConfirmWaitTime = TimeSpan.FromMinutes(2) });
        PkiMessage answer = peer.MacClient().Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted"), header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] });
        Assert.Null(answer.Header.FindInfo(Oids.ImplicitConfirm));
        Assert.Equal(peer.Now.AddMinutes(2).ToUnixTimeSeconds(), answer.Header.FindInfo(Oids.ConfirmWaitTime)!.ReadTime()!.Value.ToUnixTimeSeconds());

        using var granting = new Peer();
        answer = granting.MacClient().Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted"), header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] });
        Assert.NotNull(answer.Header.FindInfo(Oids.ImplicitConfirm));
        Assert.Null(answer.Header.FindInfo(Oids.ConfirmWaitTime));
        answer = granting.MacClient().Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted"));
        Assert.Null(answer.Header.FindInfo(Oids.ImplicitConfirm));
    }

    [Fact]
    public void A_wrong_hash_ends_the_transaction_and_the_certificate()
    {
        using var peer = new Peer(Explicit);
        (HandClient client, Certificate certificate) = Begin(peer);
        Assert.Single(peer.Responder.Issued);
        Refused.ByError(FailInfo.BadCertId, client.Send(new CertConfirmContent([new CertStatus(new byte[32], 0)])));
        Assert.Empty(peer.Responder.Issued);
        Refused.ByError(FailInfo.BadRequest, client.Send(Peer.Confirmation(certificate)));
    }

    [Fact]
    public void A_hash_by_another_digest_than_the_signatures_is_wrong()
    {
        using var peer = new Peer(Explicit);
        (HandClient client, Certificate certificate) = Begin(peer);
        Refused.ByError(FailInfo.BadCertId, client.Send(Peer.Confirmation(certificate, digest: Oids.Sha512)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void A_wrong_certReqId_is_refused(int certReqId)
    {
        using var peer = new Peer(Explicit);
        (HandClient client, Certificate certificate) = Begin(peer);
        Refused.ByError(FailInfo.BadCertId, client.Send(Peer.Confirmation(certificate, certReqId)));
        Assert.Empty(peer.Responder.Issued);
    }

    [Theory]
    [InlineData(2, Oids.Sha512, true)]
    [InlineData(3, Oids.Sha512, true)]
    [InlineData(3, Oids.Shake256, false)]
    public void Rule42_HashAlg_is_accepted_always_and_answered_in_the_version_of_the_certConf(int pvno, string digest, bool strict)
    {
        using var peer = new Peer(Explicit with { Strict = strict });
        (HandClient client, Certificate certificate) = Begin(peer);
        PkiMessage answer = client.Send(Peer.Confirmation(certificate, digest: digest, hashAlg: new AlgorithmIdentifier(digest)), header => header with { Pvno = pvno });
        Assert.IsType<PkiConfirmContent>(answer.Body);
        Assert.Equal(pvno, answer.Header.Pvno);
    }

    [Fact]
    public void Rule42_An_unknown_hashAlg_is_refused()
    {
        using var peer = new Peer(Explicit);
        (HandClient client, Certificate certificate) = Begin(peer);
        Refused.ByError(FailInfo.BadAlg, client.Send(Peer.Confirmation(certificate, hashAlg: new AlgorithmIdentifier("1.2.3"))));
    }

    [Fact]
    public void What_is_rejected_or_not_named_is_discarded()
    {
        using var peer = new Peer(Explicit);
        (HandClient client, Certificate certificate) = Begin(peer);
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(certificate, status: PkiStatusInfo.Rejection(FailInfo.IncorrectData, "no"))).Body);
        Assert.Empty(peer.Responder.Issued);

        (client, _) = Begin(peer);
        Assert.IsType<PkiConfirmContent>(client.Send(new CertConfirmContent([])).Body);
        Assert.Empty(peer.Responder.Issued);
    }

    [Fact]
    public void Acceptance_may_be_said_or_left_out()
    {
        using var peer = new Peer(Explicit);
        (HandClient client, Certificate certificate) = Begin(peer);
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(certificate, status: new PkiStatusInfo(PkiStatus.Accepted))).Body);
        Assert.Single(peer.Responder.Issued);
        (client, certificate) = Begin(peer);
        Refused.ByError(FailInfo.BadRequest, client.Send(Peer.Confirmation(certificate, status: new PkiStatusInfo(PkiStatus.Waiting))));
        (client, certificate) = Begin(peer);
        CertStatus one = Peer.Confirmation(certificate).Statuses[0];
        Refused.ByError(FailInfo.BadRequest, client.Send(new CertConfirmContent([one, one])));
        Assert.Single(peer.Responder.Issued);
    }

    [Fact]
    public void What_is_confirmed_is_not_confirmed_again()
    {
        using var peer = new Peer(Explicit);
        (HandClient client, Certificate certificate) = Begin(peer);
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(certificate)).Body);
        Refused.ByError(FailInfo.CertConfirmed, client.Send(Peer.Confirmation(certificate)));
        // not even in the words of the one that was accepted: a message of its own has a nonce of its own
        Refused.ByError(FailInfo.CertConfirmed, client.SendAgain(header: header => header with { SenderNonce = Secrets.Random(16) }));
        Assert.Single(peer.Responder.Issued);

        using var granting = new Peer();
        client = granting.MacClient();
        certificate = Issued(client.Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted"), header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] }));
        Refused.ByError(FailInfo.CertConfirmed, client.Send(Peer.Confirmation(certificate)));
        Assert.Single(granting.Responder.Issued);
    }

    [Fact]
    public void What_is_not_confirmed_in_time_counts_as_refused()
    {
        using var peer = new Peer(Explicit);
        (HandClient client, Certificate certificate) = Begin(peer);
        Assert.Single(peer.Responder.Issued);
        peer.Now += TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1);
        Assert.Empty(peer.Responder.Issued);
        Refused.ByError(FailInfo.BadRequest, client.Send(Peer.Confirmation(certificate)));
        Assert.Empty(peer.Responder.Issued);
    }

    [Fact]
    public void A_client_that_gives_up_is_heard_and_loses_the_certificate()
    {
        var error = new ErrorMsgContent(PkiStatusInfo.Rejection(FailInfo.BadRequest));
        using var peer = new Peer(Explicit);
        (HandClient client, Certificate certificate) = Begin(peer);
        Assert.IsType<PkiConfirmContent>(client.Send(error).Body);
        Assert.Empty(peer.Responder.Issued);
        Refused.ByError(FailInfo.BadRequest, client.Send(Peer.Confirmation(certificate)));

        using var strict = new Peer(Explicit with { Strict = true });
        (client, _) = Begin(strict);
        Refused.ByError(FailInfo.BadRequest, client.Send(error));
        Assert.Empty(strict.Responder.Issued);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, -1)]
    [InlineData(-1, 0)]
    [InlineData(-1, -1)]
    public void Rule9_A_PKCS10_is_confirmed_under_either_number(int answered, int confirmed)
    {
        using var peer = new Peer(Explicit with { Pkcs10CertReqId = answered, Strict = true });
        HandClient client = peer.MacClient();
        Certificate certificate = Issued(client.Send(Peer.Pkcs10(Peer.NewKey(), "CN=wanted")));
        Assert.IsType<PkiConfirmContent>(client.Send(Peer.Confirmation(certificate, confirmed)).Body);
    }

    private static (HandClient Client, Certificate Certificate) Begin(Peer peer)
    {
        HandClient client = peer.MacClient();
        return (client, Issued(client.Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted"))));
    }

    private static Certificate Issued(PkiMessage answer) => Assert.IsType<CertRepMessage>(answer.Body).Responses.Single().CertifiedKeyPair!.Certificate!;
}
