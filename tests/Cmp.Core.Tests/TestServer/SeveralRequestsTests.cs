using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>Several requests of one message that end differently, seen from the server (RFC 9810 5.3.18 and 5.3.22).</summary>
public class SeveralRequestsTests
{
    private static readonly Dictionary<int, RequestOutcome> Different = new()
    {
        [0] = RequestOutcome.Grant,
        [1] = RequestOutcome.Reject,
        [2] = RequestOutcome.Wait,
    };

    private static TestServerOptions Options => new() { Outcome = (id, _) => Different.TryGetValue(id, out RequestOutcome outcome) ? outcome : RequestOutcome.Grant };

    private static CertReqMessages Ir(int count = 3) => new(PkiBodyType.Ir, [.. Enumerable.Range(0, count).Select(number =>
    {
        PrivateKey key = Peer.NewKey();
        return Peer.Signed(Peer.Asked(key, $"CN=device {number}", certReqId: number), key);
    })]);

    private static PkiHeader AskImplicit(PkiHeader header) => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] };

    private static CertConfirmContent Confirm(params (Certificate Certificate, int CertReqId)[] entries) =>
        new([.. entries.Select(entry => Peer.Confirmation(entry.Certificate, entry.CertReqId).Statuses[0])]);

    private static IReadOnlyList<CertResponse> Responses(PkiMessage answer) => Assert.IsType<CertRepMessage>(answer.Body).Responses;

    private static Certificate Granted(PkiMessage answer, int certReqId) => Responses(answer).Single(response => response.CertReqId == certReqId).CertifiedKeyPair!.Certificate!;

    private static string[] Issued(Peer peer) => [.. peer.Responder.Issued.Select(certificate => certificate.Subject.ToString())];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_is_granted_one_rejected_and_one_waits(bool restarts)
    {
        using var folder = new Folder();
        using var peer = new Peer(Options with { PollCount = 1, CheckAfter = 10, StatePath = restarts ? folder.PathOf("server") : null });
        HandClient client = peer.MacClient();
        PkiMessage answer = Send(Ir());
        Assert.Equal([PkiStatus.Accepted, PkiStatus.Rejection, PkiStatus.Waiting], Responses(answer).Select(response => response.Status.Status));
        Assert.Equal([0, 1, 2], Responses(answer).Select(response => response.CertReqId));
        Assert.Equal(FailInfo.BadRequest, Responses(answer)[1].Status.FailInfo);
        Assert.Null(Responses(answer)[2].CertifiedKeyPair);
        Assert.IsType<PkiConfirmContent>(Send(Confirm((Granted(answer, 0), 0))).Body);
        Assert.Equal(["CN=device 0"], Issued(peer));
        PollRepEntry entry = Assert.Single(Assert.IsType<PollRepContent>(Send(new PollReqContent([2])).Body).Entries);
        Assert.Equal((2, 10), (entry.CertReqId, (int)entry.CheckAfter));
        peer.Now += TimeSpan.FromSeconds(10);
        answer = Send(new PollReqContent([2]));
        Assert.Equal(2, Assert.Single(Responses(answer)).CertReqId);
        Assert.IsType<PkiConfirmContent>(Send(Confirm((Granted(answer, 2), 2))).Body);
        Assert.Equal(["CN=device 0", "CN=device 2"], Issued(peer));
        Refused.ByError(FailInfo.BadRequest, client.Send(new PollReqContent([2])));

        // the server may die after each answer, and the same message gets the same one
        PkiMessage Send(PkiBody body)
        {
            PkiMessage first = client.Send(body);
            if (restarts)
                peer.Restart();
            string[] issued = Issued(peer);
            PkiMessage again = client.SendAgain();
            Assert.Equal(first.Body.Encoded.ToArray(), again.Body.Encoded.ToArray());
            Assert.Equal(issued, Issued(peer));
            return again;
        }
    }

    [Fact]
    public void Implicit_confirmation_is_of_each_answer()
    {
        using var peer = new Peer(Options);
        HandClient client = peer.MacClient();
        PkiMessage answer = client.Send(Ir(), AskImplicit);
        Assert.NotNull(answer.Header.FindInfo(Oids.ImplicitConfirm));
        Assert.Equal(["CN=device 0"], Issued(peer));
        answer = client.Send(new PollReqContent([2]));
        Assert.NotNull(answer.Header.FindInfo(Oids.ImplicitConfirm));
        Assert.Equal(["CN=device 0", "CN=device 2"], Issued(peer));
    }

    [Fact]
    public void Where_all_wait_nothing_is_to_be_confirmed()
    {
        using var peer = new Peer(Options with { Outcome = (_, _) => RequestOutcome.Wait });
        HandClient client = peer.MacClient();
        Assert.All(Responses(client.Send(Ir())), response => Assert.Equal(PkiStatus.Waiting, response.Status.Status));
        Assert.Equal(3, Responses(client.Send(new PollReqContent([0, 1, 2]))).Count);
    }

    [Fact]
    public void The_subject_decides_as_well()
    {
        using var peer = new Peer(new TestServerOptions { Outcome = (_, subject) => subject?.ToString() == "CN=device 1" ? RequestOutcome.Reject : RequestOutcome.Grant, FailInfo = FailInfo.NotAuthorized });
        PkiMessage answer = peer.MacClient().Send(Ir());
        Assert.Equal([null, FailInfo.NotAuthorized, null], Responses(answer).Select(response => response.Status.FailInfo));
    }

    [Fact]
    public void What_is_wrong_in_itself_does_not_wait()
    {
        using var peer = new Peer(Options with { Outcome = (_, _) => RequestOutcome.Wait });
        PrivateKey one = Peer.NewKey(), two = Peer.NewKey();
        PkiMessage answer = peer.MacClient().Send(new CertReqMessages(PkiBodyType.Ir, [Peer.Signed(Peer.Asked(one, "CN=one"), one), Peer.Signed(Peer.Asked(two, "CN=two", certReqId: 1), one)]));
        Assert.Equal([PkiStatus.Waiting, PkiStatus.Rejection], Responses(answer).Select(response => response.Status.Status));
        Assert.Equal(FailInfo.BadPOP, Responses(answer)[1].Status.FailInfo);
    }

    [Fact]
    public void What_a_certConf_does_not_name_is_refused()
    {
        using var peer = new Peer();
        HandClient client = peer.MacClient();
        PkiMessage answer = client.Send(Ir());
        Assert.IsType<PkiConfirmContent>(client.Send(Confirm((Granted(answer, 0), 0), (Granted(answer, 2), 2))).Body);
        Assert.Equal(["CN=device 0", "CN=device 2"], Issued(peer));
    }

    [Theory]
    [InlineData("unknown id")]
    [InlineData("waiting id")]
    [InlineData("rejected id")]
    [InlineData("hashes swapped")]
    [InlineData("another transaction")]
    [InlineData("never issued")]
    public void A_certConf_that_names_what_was_not_issued_here_confirms_nothing(string what)
    {
        using var peer = new Peer(Options);
        HandClient other = peer.MacClient();
        Certificate foreign = Granted(other.Send(Ir(1)), 0);
        HandClient client = peer.MacClient();
        PkiMessage answer = client.Send(Ir(5));
        Certificate zero = Granted(answer, 0), three = Granted(answer, 3);
        CertConfirmContent confirmation = what switch
        {
            "unknown id" => Confirm((zero, 0), (three, 17)),
            "waiting id" => Confirm((zero, 0), (three, 2)),
            "rejected id" => Confirm((zero, 0), (three, 1)),
            "hashes swapped" => Confirm((zero, 3), (three, 0)),
            "another transaction" => Confirm((zero, 0), (foreign, 3)),
            _ => Confirm((zero, 0), (Peer.OtherAuthority.Root, 3)),
        };
        Refused.ByError(FailInfo.BadCertId, client.Send(confirmation));
        // RFC 9483 3.6.4: that ended the transaction, and the other one is as it was
        Refused.ByError(FailInfo.BadRequest, client.Send(Confirm((zero, 0))));
        Refused.ByError(FailInfo.BadRequest, client.Send(new PollReqContent([2])));
        Assert.IsType<PkiConfirmContent>(other.Send(Confirm((foreign, 0))).Body);
        Assert.Equal(["CN=device 0"], Issued(peer));
        Assert.Equal(foreign.Thumbprint, peer.Responder.Issued[0].Thumbprint);
    }

    [Fact]
    public void What_waits_is_not_polled_for_before_the_others_are_confirmed()
    {
        using var peer = new Peer(Options);
        HandClient client = peer.MacClient();
        client.Send(Ir());
        Refused.ByError(FailInfo.BadRequest, client.Send(new PollReqContent([2])));
        Assert.Empty(Issued(peer));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void Only_what_waits_is_polled_for(int certReqId)
    {
        using var peer = new Peer(Options);
        HandClient client = peer.MacClient();
        PkiMessage answer = client.Send(Ir());
        client.Send(Confirm((Granted(answer, 0), 0)));
        Refused.ByError(FailInfo.BadRequest, client.Send(new PollReqContent([2, certReqId])));
        Assert.Equal(["CN=device 0"], Issued(peer));
    }

    [Fact]
    public void A_pkiConf_that_is_late_comes_before_what_waits()
    {
        using var peer = new Peer(Options with { PollCount = 1, CheckAfter = 0, DelayConfirmation = true });
        HandClient client = peer.MacClient();
        PkiMessage answer = client.Send(Ir());
        Assert.Equal(PkiStatus.Waiting, Assert.IsType<ErrorMsgContent>(client.Send(Confirm((Granted(answer, 0), 0))).Body).Status.Status);
        Assert.IsType<PollRepContent>(client.Send(new PollReqContent([-1])).Body);
        Assert.IsType<PkiConfirmContent>(client.Send(new PollReqContent([-1])).Body);
        Assert.IsType<PollRepContent>(client.Send(new PollReqContent([2])).Body);
        Assert.Equal(2, Assert.Single(Responses(client.Send(new PollReqContent([2])))).CertReqId);
    }
}
