using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Framing;
using Cmp.TestServer;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>Answers that are given out by reference, on a clock in our hand.</summary>
public class HeldAnswersTests
{
    private static readonly TransportReply Answer = new TransportReply.Octets(new byte[] { 0x30, 0 });

    private DateTimeOffset _now = DateTimeOffset.UtcNow;

    private HeldAnswers Make(int pollCount = 2, int checkAfter = 10) =>
        new(new TestServerOptions { TransportPollCount = pollCount, TransportCheckAfter = checkAfter }, () => _now);

    [Fact]
    public void An_answer_is_given_out_once_to_who_asked_in_vain_often_enough()
    {
        HeldAnswers held = Make();
        var first = Assert.IsType<TransportReply.NotYet>(held.Hold(Answer));
        Assert.True(PollingReference.TryParse(first.Ticket, out _));
        Assert.Equal(_now.AddSeconds(10), first.NotBefore);
        for (int poll = 0; poll < 2; poll++)
        {
            _now = _now.AddSeconds(10);
            var later = Assert.IsType<TransportReply.NotYet>(held.Collect(first.Ticket));
            // the reference stays: a client may take another one for somebody else's
            Assert.Equal((first.Ticket, _now.AddSeconds(10)), (later.Ticket, later.NotBefore));
        }
        _now = _now.AddSeconds(10);
        Assert.Same(Answer, held.Collect(first.Ticket));
        Assert.Equal("CmpTransport.UnknownTicket", Assert.Throws<CmpException>(() => held.Collect(first.Ticket)).ErrorId);
    }

    [Fact]
    public void Who_comes_too_early_waits_on_and_that_does_not_count()
    {
        HeldAnswers held = Make(pollCount: 0);
        var first = Assert.IsType<TransportReply.NotYet>(held.Hold(Answer));
        _now = _now.AddSeconds(9);
        Assert.Equal(first, held.Collect(first.Ticket));
        // a little is no matter: clocks differ
        _now = _now.AddMilliseconds(800);
        Assert.Same(Answer, held.Collect(first.Ticket));
    }

    [Theory]
    [InlineData("00000000")]
    [InlineData("")]
    [InlineData("no reference\u001b")]
    public void A_reference_that_was_never_given_is_refused(string reference)
    {
        HeldAnswers held = Make();
        held.Hold(Answer);
        CmpException error = Assert.Throws<CmpException>(() => held.Collect(reference));
        Assert.Equal("CmpTransport.UnknownTicket", error.ErrorId);
        Assert.DoesNotContain('\u001b', error.Message);
    }

    [Fact]
    public void Where_there_is_nothing_to_say_there_is_nothing_to_wait_for()
    {
        var nothing = new TransportReply.Nothing();
        Assert.Same(nothing, Make().Hold(nothing));
    }

    [Fact]
    public void They_are_bounded_and_the_oldest_makes_room()
    {
        HeldAnswers held = Make(pollCount: 0, checkAfter: 0);
        List<string> references = [.. Enumerable.Range(0, HeldAnswers.Capacity + 2).Select(_ => ((TransportReply.NotYet)held.Hold(Answer)).Ticket)];
        Assert.Equal(references.Count, references.Distinct().Count());
        Assert.Equal("CmpTransport.UnknownTicket", Assert.Throws<CmpException>(() => held.Collect(references[0])).ErrorId);
        Assert.Equal("CmpTransport.UnknownTicket", Assert.Throws<CmpException>(() => held.Collect(references[1])).ErrorId);
        Assert.Same(Answer, held.Collect(references[2]));
        Assert.Same(Answer, held.Collect(references[references.Count - 1]));
    }

    [Fact]
    public void An_announcement_is_for_everybody_who_knows_its_reference()
    {
        HeldAnswers held = Make(pollCount: 0);
        string reference = held.Keep(new byte[] { 0x30, 1, 2 });
        for (int listener = 0; listener < 3; listener++)
            Assert.Equal([0x30, 1, 2], Assert.IsType<TransportReply.Octets>(held.Collect(reference)).Value.ToArray());
        Assert.True(PollingReference.TryParse(reference, out _));
    }

    [Fact]
    public void Who_asks_for_an_announcement_waits_as_for_an_answer()
    {
        HeldAnswers held = Make(pollCount: 1);
        string reference = held.Keep(new byte[] { 0x30, 0 });
        // nobody was told a time before which not to ask
        Assert.Equal(_now.AddSeconds(10), Assert.IsType<TransportReply.NotYet>(held.Collect(reference)).NotBefore);
        Assert.Equal(_now.AddSeconds(10), Assert.IsType<TransportReply.NotYet>(held.Collect(reference)).NotBefore);
        _now = _now.AddSeconds(10);
        Assert.IsType<TransportReply.Octets>(held.Collect(reference));
        Assert.IsType<TransportReply.Octets>(held.Collect(reference));
    }

    [Fact]
    public void Announcements_are_bounded_and_take_no_room_from_answers()
    {
        HeldAnswers held = Make(pollCount: 0, checkAfter: 0);
        string answer = ((TransportReply.NotYet)held.Hold(Answer)).Ticket;
        List<string> references = [.. Enumerable.Range(0, HeldAnswers.AnnouncementCapacity + 1).Select(_ => held.Keep(new byte[] { 0x30, 0 }))];
        Assert.Equal("CmpTransport.UnknownTicket", Assert.Throws<CmpException>(() => held.Collect(references[0])).ErrorId);
        Assert.IsType<TransportReply.Octets>(held.Collect(references[1]));
        for (int i = 0; i < HeldAnswers.Capacity - 1; i++)
            held.Hold(Answer);
        Assert.IsType<TransportReply.Octets>(held.Collect(references[1]));
        Assert.Same(Answer, held.Collect(answer));
    }
}
