using System;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>Delayed delivery, seen from the server (RFC 9810 5.3.22, RFC 9483 4.4 and 5.1.5).</summary>
public class PollingTests
{
    private static CertReqMessages Ir => Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted");

    [Fact]
    public void The_answer_is_there_after_as_many_polls_as_were_told()
    {
        using var peer = new Peer(new TestServerOptions { PollCount = 2, CheckAfter = 10 });
        HandClient client = peer.MacClient();
        CertResponse waiting = Assert.Single(((CertRepMessage)client.Send(Ir).Body).Responses);
        Assert.Equal((PkiStatus.Waiting, 0), (waiting.Status.Status, waiting.CertReqId));
        Assert.Null(waiting.CertifiedKeyPair);
        Assert.Empty(peer.Responder.Issued);
        for (int i = 0; i < 2; i++)
        {
            PollRepEntry entry = Assert.Single(Assert.IsType<PollRepContent>(client.Send(new PollReqContent([0])).Body).Entries);
            Assert.Equal((0, 10), (entry.CertReqId, (int)entry.CheckAfter));
            peer.Now += TimeSpan.FromSeconds(10);
        }
        Assert.Equal(PkiStatus.Accepted, Assert.IsType<CertRepMessage>(client.Send(new PollReqContent([0])).Body).Responses[0].Status.Status);
        Assert.Single(peer.Responder.Issued);
        Refused.ByError(FailInfo.BadRequest, client.Send(new PollReqContent([0])));
    }

    [Fact]
    public void Rule38_Who_polls_too_early_is_told_to_wait_again()
    {
        using var peer = new Peer(new TestServerOptions { PollCount = 1, CheckAfter = 10 });
        HandClient client = peer.MacClient();
        client.Send(Ir);
        Assert.IsType<PollRepContent>(client.Send(new PollReqContent([0])).Body);
        peer.Now += TimeSpan.FromSeconds(6);
        for (int i = 0; i < 5; i++)
            Assert.Equal(4, (int)Assert.IsType<PollRepContent>(client.Send(new PollReqContent([0])).Body).Entries[0].CheckAfter);
        peer.Now += TimeSpan.FromSeconds(4);
        Assert.IsType<CertRepMessage>(client.Send(new PollReqContent([0])).Body);
    }

    [Theory]
    [InlineData(false, 0, true, true)]
    [InlineData(false, -1, true, false)]
    [InlineData(false, 1, false, false)]
    [InlineData(true, -1, true, true)]
    [InlineData(true, 0, false, false)]
    public void Only_what_waits_is_polled_for(bool byError, int pollId, bool lenient, bool strict)
    {
        foreach (bool isStrict in new[] { false, true })
        {
            using var peer = new Peer(new TestServerOptions { PollCount = 1, WaitByError = byError, Strict = isStrict });
            HandClient client = peer.MacClient();
            Assert.Equal(byError ? PkiBodyType.Error : PkiBodyType.Ip, client.Send(Ir).Body.Type);
            PkiMessage answer = client.Send(new PollReqContent([pollId]));
            if (isStrict ? strict : lenient)
                Assert.Equal(pollId, Assert.IsType<PollRepContent>(answer.Body).Entries[0].CertReqId);
            else
                Refused.ByError(FailInfo.BadRequest, answer);
        }
    }

    [Fact]
    public void A_pollReq_names_something_and_where_nothing_waits_nothing_is_polled_for()
    {
        using var peer = new Peer(new TestServerOptions { PollCount = 1 });
        HandClient client = peer.MacClient();
        client.Send(Ir);
        Refused.ByError(FailInfo.BadRequest, client.Send(new PollReqContent([])));
        // that ended it (RFC 9483 3.6.4)
        Refused.ByError(FailInfo.BadRequest, client.Send(new PollReqContent([0])));

        using var prompt = new Peer(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        client = prompt.MacClient();
        client.Send(Ir);
        Refused.ByError(FailInfo.BadRequest, client.Send(new PollReqContent([0])));
        Assert.Empty(prompt.Responder.Issued);
    }

    [Fact]
    public void What_waits_is_not_confirmed()
    {
        using var peer = new Peer(new TestServerOptions { PollCount = 1 });
        HandClient client = peer.MacClient();
        client.Send(Ir);
        Refused.ByError(FailInfo.BadRequest, client.Send(new CertConfirmContent([])));
        Assert.Empty(peer.Responder.Issued);
    }

    [Fact]
    public void A_request_that_is_wrong_does_not_wait()
    {
        using var peer = new Peer(new TestServerOptions { PollCount = 1 });
        Refused.ByResponse(FailInfo.BadCertTemplate, peer.MacClient().Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "")));
    }

    [Fact]
    public void A_long_wait_is_not_forgotten()
    {
        using var peer = new Peer(new TestServerOptions { PollCount = 1, CheckAfter = 7 * 24 * 3600 });
        HandClient client = peer.MacClient();
        client.Send(Ir);
        client.Send(new PollReqContent([0]));
        peer.Now += TimeSpan.FromDays(7);
        peer.MacClient().Send(Ir);
        Assert.IsType<CertRepMessage>(client.Send(new PollReqContent([0])).Body);
    }
}
