using System;
using System.Linq;
using System.Text.RegularExpressions;
using System.Numerics;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

public class PollingTests
{
    [Fact]
    public void Rule38_pollReq_names_the_certReqId_that_waits() =>
        Assert.Equal([0], Assert.IsType<PollReqContent>(new Scene().ToPolling().Sent.Body).CertReqIds);

    [Fact]
    public void Rule38_It_names_minus_1_for_an_answer_as_a_whole() =>
        Assert.Equal([-1], Assert.IsType<PollReqContent>(new Scene().ToPolling(byError: true).Sent.Body).CertReqIds);

    [Fact]
    public void Rule38_The_next_pollReq_is_not_earlier_than_checkAfter()
    {
        Scene scene = new Scene().ToPolling();
        TransactionStep.Wait wait = Assert.IsType<TransactionStep.Wait>(scene.Answer(Scene.PollRep(77)));
        Assert.Equal(scene.Now.AddSeconds(77), wait.Until);
        scene.Now = wait.Until;
        Assert.IsType<TransactionStep.Send>(scene.Resume());
        Assert.Equal([0], Assert.IsType<PollReqContent>(scene.Sent.Body).CertReqIds);
        Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Good()));
    }

    [Fact]
    public void Rule38_checkAfter_may_be_0() =>
        Assert.Equal(Peer.Now, Assert.IsType<TransactionStep.Wait>(new Scene().ToPolling().Answer(Scene.PollRep(0))).Until);

    [Fact]
    public void Rule38_checkAfter_may_be_2_to_the_31_minus_1() =>
        Assert.Equal(Peer.Now.AddSeconds(int.MaxValue), Assert.IsType<TransactionStep.Wait>(new Scene().ToPolling().Answer(Scene.PollRep(int.MaxValue))).Until);

    [Theory]
    [InlineData("-1")]
    [InlineData("2147483648")]
    [InlineData("340282366920938463463374607431768211456")]
    public void Rule38_A_negative_or_huge_checkAfter_is_an_error(string checkAfter)
    {
        Scene scene = new Scene().ToPolling();
        Assert.Equal("CmpTransaction.PollRep", scene.Fails(Scene.PollRep(BigInteger.Parse(checkAfter, System.Globalization.CultureInfo.InvariantCulture))).ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule38_Of_several_entries_the_smallest_counts()
    {
        Scene scene = new Scene().ToPolling();
        var poll = new PollRepContent([new PollRepEntry(0, 60), new PollRepEntry(0, 20), new PollRepEntry(0, 40)]);
        Assert.Equal(Peer.Now.AddSeconds(20), Assert.IsType<TransactionStep.Wait>(scene.Answer(poll)).Until);
    }

    [Fact]
    public void Rule38_A_negative_entry_among_others_is_an_error()
    {
        Scene scene = new Scene().ToPolling();
        Assert.Equal("CmpTransaction.PollRep", scene.Fails(new PollRepContent([new PollRepEntry(0, 60), new PollRepEntry(0, -1)])).ErrorId);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(17)]
    public void Rule38_An_id_that_was_not_asked_for_is_an_error(int id)
    {
        Scene scene = new Scene().ToPolling();
        Assert.Equal("CmpTransaction.PollRep", scene.Fails(Scene.PollRep(5, id)).ErrorId);
        Assert.Equal("CmpTransaction.PollRep", scene.Fails(new PollRepContent([new PollRepEntry(0, 60), new PollRepEntry(id, 1)])).ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Rule38_The_whole_answer_is_called_minus_1_or_0(int id) =>
        Assert.IsType<TransactionStep.Wait>(new Scene().ToPolling(byError: true).Answer(Scene.PollRep(5, id)));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Rule9_So_is_the_request_of_a_PKCS10(int id) =>
        Assert.IsType<TransactionStep.Wait>(new Scene { Request = PkiBodyType.P10cr }.ToPolling().Answer(Scene.PollRep(5, id)));

    [Fact]
    public void Rule38_A_pollRep_without_entries_is_an_error() =>
        Assert.Equal("CmpTransaction.PollRep", new Scene().ToPolling().Fails(new PollRepContent([])).ErrorId);

    [Fact]
    public void Rule38_A_server_that_says_waiting_again_is_not_asked_without_pause()
    {
        Scene scene = new Scene().ToPolling();
        TransactionStep.Wait wait = Assert.IsType<TransactionStep.Wait>(scene.Answer(Peer.Response(PkiBodyType.Ip, null, PkiStatus.Waiting)));
        Assert.InRange(wait.Until, Peer.Now.AddSeconds(1), Peer.Now.AddSeconds(30));
        scene.Resume();
        Assert.IsType<TransactionStep.Wait>(scene.Answer(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting))));
        scene.Resume();
        Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Good()));
    }

    [Fact]
    public void Rule39_The_reason_travels_with_the_wait_escaped()
    {
        Scene scene = new Scene().ToPolling();
        Assert.Equal("approval\\u{0007} pending", Assert.IsType<TransactionStep.Wait>(scene.Answer(Scene.PollRep(5, reason: "approval\u0007 pending"))).Reason);
    }

    [Fact]
    public void Rule70_Of_many_reasons_only_some_travel()
    {
        PollRepContent poll = new([.. Enumerable.Range(0, 500).Select(entry => new PollRepEntry(0, 5, new PkiFreeText([.. Enumerable.Range(0, 3).Select(number => $"reason {entry}.{number}")])))]);
        string said = Assert.IsType<TransactionStep.Wait>(new Scene().ToPolling().Answer(poll)).Reason!;
        Assert.Equal(CmpLimits.Default.MaxTexts, Regex.Matches(said, "reason ").Count);
        Assert.EndsWith("…", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("approval", "approval")]
    [InlineData("the card", "approval the card")]
    public void Rule39_A_reason_of_several_certificates_is_said_once(string other, string expected)
    {
        PollRepContent poll = new([.. new[] { "approval", other, "approval" }.Select(text => new PollRepEntry(0, 5, new PkiFreeText([text])))]);
        Assert.Equal(expected, Assert.IsType<TransactionStep.Wait>(new Scene().ToPolling().Answer(poll)).Reason);
    }

    [Fact]
    public void Rule39_Without_a_reason_there_is_none() =>
        Assert.Null(Assert.IsType<TransactionStep.Wait>(new Scene().ToPolling().Answer(Scene.PollRep(5))).Reason);

    [Fact]
    public void Polling_ends_with_a_rejection_too()
    {
        Scene scene = new Scene().ToPolling();
        Assert.Equal("CmpServer.badCertTemplate", scene.Fails(Peer.Response(PkiBodyType.Ip, null, info: PkiStatusInfo.Rejection(FailInfo.BadCertTemplate))).ErrorId);
    }

    [Fact]
    public void A_pkiConf_can_be_waited_for()
    {
        Scene scene = new Scene().ToCertConf();
        scene.Answer(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting)));
        Assert.IsType<TransactionStep.Wait>(scene.Answer(Scene.PollRep(5, -1)));
        scene.Resume();
        Assert.IsType<TransactionStep.Done>(scene.Answer(new PkiConfirmContent()));
        Assert.True(scene.Transaction.Confirmed);
        Assert.Equal(["ir", "certConf", "pollReq", "pollReq"], scene.AllSent.Select(message => message.ToString()));
    }

    [Fact]
    public void The_answer_to_a_refusal_is_not_waited_for()
    {
        Scene scene = new Scene().ToDecision();
        scene.Refuse();
        Assert.Equal("CmpTransaction.Refused", scene.Fails(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting))).ErrorId);
    }
}
