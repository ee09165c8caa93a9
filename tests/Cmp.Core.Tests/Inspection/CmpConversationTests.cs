using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Inspection;
using Cmp.Inspection.Captures;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Rules;
using Cmp.Tests.Messages;
using Xunit;
using Xunit.Abstractions;

namespace Cmp.Tests.Inspection;

public class CmpConversationTests(ITestOutputHelper output)
{
    [Fact]
    public void An_enrolment_is_told_from_the_request_to_the_confirmation()
    {
        var talk = new Talk();
        CmpConversation told = Tell(talk.Ask(Talk.Request), talk.Answer(Talk.Issued), talk.Ask(Talk.Confirmed), talk.Answer(new PkiConfirmContent()));
        Assert.Equal(ConversationOutcome.Enrolled, told.Outcome);
        Assert.Equal("Enrolled CN=router7, O=Example, C=DE, serial 1234567890, in 0.3 s, confirmed.", told.OutcomeText);
        Assert.Equal(PkiBodyType.Ir, told.Operation);
        Assert.Equal(PkiStatus.GrantedWithMods, told.Status);
        Assert.Equal("0102030405060708090A0B0C0D0E0F10", told.Id);
        Assert.Equal("192.0.2.7:49152", told.Client);
        Assert.Equal("192.0.2.80:829", told.Server);
        Assert.Equal(TimeSpan.FromSeconds(0.3), told.Duration);
        Assert.Equal(4, told.Messages.Count);
        Assert.Equal("client 192.0.2.7:49152, server 192.0.2.80:829, HTTP (POST /.well-known/cmp), transaction 0102030405060708090A0B0C0D0E0F10, 2026-11-23T12:34:56Z", told.Story[0]);
        Assert.Matches(@"^   \+0\.000  client → server  ir        asks for a certificate for CN=router7, .*proof by signature; protected by PasswordBasedMac, reference 1234$", told.Story[1]);
        Assert.Matches(@"^   \+0\.100  client ← server  ip        issues CN=router7, O=Example, C=DE, serial 1234567890, until 2066-11-23", told.Story[2]);
        Assert.Equal("   +0.200  client → server  certConf  accepts the certificate", told.Story[3]);
        Assert.Equal("   +0.300  client ← server  pkiconf   confirms", told.Story[4]);
        Assert.Equal(told.OutcomeText, told.Story[5]);
    }

    [Fact]
    public void Each_message_knows_its_place_and_nothing_leads_round_in_circles()
    {
        var talk = new Talk();
        CmpConversation told = Tell(talk.Ask(Talk.Request), talk.Answer(Talk.Issued));
        ConversationPlace place = told.Messages[1].Conversation!;
        Assert.Equal(told.Id, place.Id);
        Assert.Equal(MessageDirection.Response, place.Direction);
        Assert.Equal(CaptureRoad.Http, place.Road);
        Assert.Equal(2, place.Number);
        Assert.Equal(Samples.Time.AddSeconds(0.1), place.Time);
        Assert.Equal("192.0.2.80:829 → 192.0.2.7:49152", place.ToString());
        Properties.AllTexts(told);
    }

    [Fact]
    public void A_certificate_that_is_not_confirmed_is_issued_only()
    {
        var talk = new Talk();
        CmpConversation told = Tell(talk.Ask(Talk.Request), talk.Answer(Talk.Issued));
        Assert.Equal(ConversationOutcome.Issued, told.Outcome);
        Assert.Contains("not confirmed", told.OutcomeText, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_needs_no_confirmation_is_enrolled()
    {
        var talk = new Talk();
        CmpConversation told = Tell(talk.Ask(Talk.Request), talk.Answer(Talk.Issued, implicitConfirm: true));
        Assert.Equal(ConversationOutcome.Enrolled, told.Outcome);
        Assert.Contains("needs no confirmation", told.OutcomeText, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_it_was_refused_is_the_first_finding_and_its_advice_knows_what_was_asked()
    {
        var talk = new Talk();
        CmpConversation told = Tell(talk.Ask(Talk.Request), talk.Answer(Talk.Waiting), talk.Ask(Talk.PollReq), talk.Answer(Talk.Refused));
        Assert.Equal(MessageRules.StatusRejection.Id, told.Findings[0].Rule);
        PkiMessage request = told.Messages[0].GetMessage(), answer = told.Messages[3].GetMessage();
        Assert.Equal(Assert.Single(StatusExplanation.Explain(answer, request)).RecommendedAction, told.Findings[0].RecommendedAction);

        // alone it says the same without knowing what was asked
        Finding alone = Assert.Single(told.Messages[3].Findings, finding => finding.Rule == MessageRules.StatusRejection.Id);
        Assert.Equal(told.Findings[0].Text, alone.Text);
        Assert.NotEqual(told.Findings[0].RecommendedAction, alone.RecommendedAction);
        Assert.DoesNotContain(told.Messages[0].Findings, finding => finding.Rule == MessageRules.StatusRejection.Id);
    }

    [Fact]
    public void A_refusal_is_told_with_its_reason_and_nothing_of_it_is_raw()
    {
        var talk = new Talk();
        CmpConversation told = Tell(talk.Ask(Talk.Request), talk.Answer(Talk.Refused));
        Assert.Equal(ConversationOutcome.Refused, told.Outcome);
        Assert.Equal(FailInfo.BadPOP, told.FailInfo);
        Assert.Equal("Refused: badPOP (\"no \\u{001B}[31mproof\").", told.OutcomeText);
        Assert.All(Properties.AllTexts(told), text => Assert.DoesNotContain('\u001b', text));
    }

    [Fact]
    public void Who_does_not_want_the_certificate_declines()
    {
        var talk = new Talk();
        var refused = new CertConfirmContent([new CertStatus(Samples.Octets(32), 0, PkiStatusInfo.Rejection(FailInfo.BadCertTemplate, "another name"))]);
        CmpConversation told = Tell(talk.Ask(Talk.Request), talk.Answer(Talk.Issued), talk.Ask(refused), talk.Answer(new PkiConfirmContent()));
        Assert.Equal(ConversationOutcome.Declined, told.Outcome);
        Assert.Contains("badCertTemplate (\"another name\")", told.OutcomeText, StringComparison.Ordinal);
    }

    [Fact]
    public void Polling_is_summed_up()
    {
        var talk = new Talk();
        List<CapturedItem> items = [talk.Ask(Talk.Request), talk.Answer(Talk.Waiting)];
        for (int i = 0; i < 5; i++)
        {
            items.Add(talk.Ask(Talk.PollReq));
            items.Add(talk.Answer(Talk.PollRep(30)));
            talk.Now = talk.Now.AddSeconds(30);
        }
        items.AddRange([talk.Ask(Talk.PollReq), talk.Answer(Talk.Issued), talk.Ask(Talk.Confirmed), talk.Answer(new PkiConfirmContent())]);
        CmpConversation told = Tell([.. items]);
        Assert.Equal(ConversationOutcome.Enrolled, told.Outcome);
        Assert.Contains("after 6 questions for it", told.OutcomeText, StringComparison.Ordinal);
        Assert.Contains(told.Story, line => line.Contains("client ↔ server  polling   asked 6 times", StringComparison.Ordinal));
        Assert.DoesNotContain(told.Story, line => line.Contains("server  pollReq", StringComparison.Ordinal));
    }

    [Fact]
    public void A_server_that_wants_to_be_asked_again_is_waited_for()
    {
        var talk = new Talk();
        List<CapturedItem> items = [talk.Ask(Talk.Request), talk.Answer(Talk.Waiting), talk.Ask(Talk.PollReq), talk.Answer(Talk.PollRep(7200))];
        talk.Now = talk.Now.AddSeconds(7300);
        // the capture goes on with somebody else
        var other = new Talk(50, 50_000, talk.Now.AddSeconds(-1));
        items.Add(other.Ask(Talk.Request));
        items.AddRange([talk.Ask(Talk.PollReq), talk.Answer(Talk.Issued)]);
        IReadOnlyList<CmpConversation> told = Talk.Collect(items);
        Assert.Equal(2, told.Count);
        Assert.Contains(told, one => one.Outcome == ConversationOutcome.Issued && one.Messages.Count == 6);
    }

    [Fact]
    public void One_that_still_waits_says_so()
    {
        var talk = new Talk();
        CmpConversation told = Tell(talk.Ask(Talk.Request), talk.Answer(Talk.Waiting), talk.Ask(Talk.PollReq), talk.Answer(Talk.PollRep(30)));
        Assert.Equal(ConversationOutcome.Waiting, told.Outcome);
        Assert.Equal("The server has no answer yet, after 1 question for it, and wants to be asked again in 30 s.", told.OutcomeText);
    }

    [Fact]
    public void What_the_road_answers_is_part_of_it()
    {
        var talk = new Talk();
        CmpConversation told = Tell(talk.Ask(Talk.Request), talk.RoadSays(MessageDirection.Response, "HTTP 404 Not Found"));
        Assert.Equal(ConversationOutcome.Failed, told.Outcome);
        Assert.Equal("No answer of CMP came, but HTTP 404 Not Found.", told.OutcomeText);
        Assert.Equal("   +0.100  client ← server  HTTP 404 Not Found", told.Story[2]);
    }

    [Theory]
    [InlineData(CaptureRoad.Http, "HTTP 404 Not Found (no media type)", "path")]
    [InlineData(CaptureRoad.Http, "HTTP 403 Forbidden (text/html)", "-TlsCertificate")]
    [InlineData(CaptureRoad.Http, "HTTP 500", null)]
    [InlineData(CaptureRoad.Coap, "CoAP 4.04 Not Found", "/.well-known/cmp")]
    [InlineData(CaptureRoad.Tcp, "errorMsgRep", null)]
    public void Findings_alone_tell_why_the_road_gave_no_answer_and_what_to_do(CaptureRoad road, string text, string? advice)
    {
        var talk = new Talk { Road = road };
        CmpConversation told = Tell(talk.Ask(Talk.Request), talk.RoadSays(MessageDirection.Response, text));
        Finding finding = Assert.Single(told.Findings, finding => finding.Rule == "Conversation.Unanswered");
        Assert.Equal($"The ir has no answer. In its place the road said {text}.", finding.Text);
        if (advice is null)
            Assert.Null(finding.RecommendedAction);
        else
            Assert.Contains(advice, finding.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nothing_answered_no_road_is_blamed()
    {
        var talk = new Talk();
        Assert.Equal("The ir has no answer.", Assert.Single(Tell(talk.Ask(Talk.Request)).Findings, finding => finding.Rule == "Conversation.Unanswered").Text);
        // what went wrong before was answered since
        CmpConversation told = Tell(talk.Ask(Talk.Request), talk.RoadSays(MessageDirection.Response, "HTTP 503 Service Unavailable"), talk.Ask(Talk.Request), talk.Answer(Talk.Refused));
        Assert.DoesNotContain(told.Findings, finding => finding.Text.Contains("503", StringComparison.Ordinal));
    }

    [Fact]
    public void Rule56_A_conversation_that_is_wrong_in_every_part_is_wrong_enough()
    {
        var talk = new Talk();
        var items = new List<CapturedItem>();
        for (int i = 0; i < 30; i++)
            items.Add(talk.Answer(new CertRepMessage(PkiBodyType.Ip, [.. Enumerable.Range(0, 400).Select(id => new CertResponse((i * 1000) + (id / 2), PkiStatusInfo.Rejection(FailInfo.BadPOP)))])));
        CmpConversation told = Tell([.. items]);
        Assert.InRange(told.Findings.Count, 1000, 1000);
        Assert.InRange(told.Story.Count, 1000, 1100);
    }

    [Fact]
    public void Polling_of_the_road_on_new_connections_belongs_to_what_was_asked()
    {
        var talk = new Talk { Road = CaptureRoad.Tcp };
        var later = new Talk(1, 49153) { Road = CaptureRoad.Tcp };
        List<CapturedItem> items = [talk.Ask(Talk.Request, null), talk.RoadSays(MessageDirection.Response, "pollRep 00000007, 1 s")];
        later.Now = talk.Now;
        items.AddRange([later.RoadSays(MessageDirection.Request, "pollReq 00000007"), later.RoadSays(MessageDirection.Response, "pollRep 00000007, 1 s"), later.RoadSays(MessageDirection.Request, "pollReq 00000007"), later.Answer(Talk.Issued, null)]);
        CmpConversation told = Tell([.. items]);
        Assert.Equal(6, told.Messages.Count + 4);
        Assert.Equal(ConversationOutcome.Issued, told.Outcome);
        // another reference is another story
        Assert.Equal(2, Talk.Collect([talk.Ask(Talk.Request, null), talk.RoadSays(MessageDirection.Response, "pollRep 00000007, 1 s"), new Talk(1, 49153).RoadSays(MessageDirection.Request, "pollReq 00000009")]).Count);
    }

    [Fact]
    public void An_answer_that_names_another_transaction_belongs_to_its_connection()
    {
        var talk = new Talk();
        CmpConversation told = Tell(talk.Ask(Talk.Request), talk.Answer(new ErrorMsgContent(PkiStatusInfo.Rejection(FailInfo.BadDataFormat)), transaction: Samples.Octets(16, 99)));
        Assert.Equal(ConversationOutcome.Refused, told.Outcome);
        Assert.Equal(2, told.Messages.Count);
    }

    [Fact]
    public void Transactions_of_one_connection_are_apart_and_one_transaction_of_many_connections_is_not()
    {
        var first = new Talk();
        IReadOnlyList<CmpConversation> apart = Talk.Collect([first.Ask(Talk.Request), first.Answer(Talk.Refused), first.Ask(Talk.Request, transaction: Samples.Octets(16, 60)), first.Answer(Talk.Refused, transaction: Samples.Octets(16, 60))]);
        Assert.Equal(2, apart.Count);
        Assert.All(apart, one => Assert.Equal(2, one.Messages.Count));

        var second = new Talk(1, 49153);
        second.Now = first.Now;
        Assert.Equal(4, Tell(first.Ask(Talk.Request), first.Answer(Talk.Issued), second.Ask(Talk.Confirmed), second.Answer(new PkiConfirmContent())).Messages.Count);
    }

    [Fact]
    public void Messages_without_capture_are_put_together_by_their_transaction()
    {
        var talk = new Talk();
        CapturedItem[] items = [talk.Ask(Talk.Request), talk.Answer(Talk.Issued), talk.Ask(Talk.Confirmed), talk.Answer(new PkiConfirmContent())];
        var collector = new ConversationCollector();
        Assert.All(items, item => Assert.Empty(collector.Add(CmpMessage.Read(item.Octets))));
        CmpConversation told = Assert.Single(collector.End());
        Assert.Null(told.Client);
        Assert.Equal(ConversationOutcome.Enrolled, told.Outcome);
        Assert.Contains(told.Story, line => line.Contains("client ← server  ip", StringComparison.Ordinal));
    }

    [Fact]
    public void What_has_ended_is_told_while_the_capture_goes_on()
    {
        var collector = new ConversationCollector();
        var told = new List<CmpConversation>();
        DateTimeOffset now = Samples.Time;
        for (int i = 0; i < 1000; i++)
        {
            var talk = new Talk((byte)i, 40_000 + i, now);
            foreach (CapturedItem item in new[] { talk.Ask(Talk.Request), talk.Answer(Talk.Refused) })
                told.AddRange(collector.Add(item, CmpMessage.Read(item)));
            now = now.AddSeconds(1);
        }
        Assert.InRange(told.Count, 990, 999);
        Assert.Equal(1000, told.Count + collector.End().Count);
    }

    [Fact]
    public void Rule56_No_more_is_remembered_than_the_bounds_allow()
    {
        var bounds = new ConversationBounds { MaxConversations = 3, MaxEvents = 4 };
        CapturedItem[] many = [.. Enumerable.Range(0, 10).Select(i => new Talk((byte)i, 40_000 + i).Ask(Talk.Request))];
        IReadOnlyList<CmpConversation> told = Talk.Collect(many, bounds);
        Assert.Equal(10, told.Count);
        Assert.Equal(7, told.Count(one => one.Story.Any(line => line.Contains("than are remembered", StringComparison.Ordinal))));

        var talk = new Talk();
        CapturedItem[] polling = [talk.Ask(Talk.Request), .. Enumerable.Range(0, 10).Select(_ => talk.Ask(Talk.PollReq))];
        Assert.All(Talk.Collect(polling, bounds), one => Assert.InRange(one.Messages.Count, 1, 4));

        Assert.Equal(10, Talk.Collect(many, new ConversationBounds { MaxOctets = 1 }).Count);
    }

    [Fact]
    public void Times_at_the_end_of_the_world_do_no_harm()
    {
        var talk = new Talk(start: DateTimeOffset.MaxValue.AddSeconds(-1));
        Assert.Equal(ConversationOutcome.Issued, Tell(talk.Ask(Talk.Request), talk.Answer(Talk.PollRep(int.MaxValue)), talk.Answer(Talk.Issued)).Outcome);
        var early = new Talk(start: DateTimeOffset.MinValue);
        Assert.Equal(ConversationOutcome.Refused, Tell(early.Ask(Talk.Request), early.Answer(Talk.Refused)).Outcome);
    }

    [Fact]
    public void A_message_that_is_not_whole_in_the_capture_says_so()
    {
        var talk = new Talk();
        CapturedItem whole = talk.Ask(Talk.Request);
        CmpConversation told = Tell(whole with { Octets = whole.Octets.Slice(0, 200), Defect = "Packets are missing." }, talk.Answer(Talk.Refused));
        Assert.Contains(told.Story, line => line.Contains("Packets are missing.", StringComparison.Ordinal));
        Assert.Equal(2, told.Messages.Count);
        Assert.Contains(Tell(talk.RoadSays(MessageDirection.Request, "POST /cmp", "Packets are missing.")).Story, line => line.EndsWith("POST /cmp Packets are missing.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(79, 79)]
    [InlineData(119, 119)]
    [InlineData(7, 64)]
    public void The_text_fits_its_width_and_words_stand_under_words(int width, int widest)
    {
        var talk = new Talk();
        CmpConversation told = Tell(talk.Ask(Talk.Request), talk.Answer(Talk.Refused));
        string[] lines = told.GetText(width).Split('\n').Select(line => line.TrimEnd()).ToArray();
        Assert.All(lines, line => Assert.InRange(line.Length, 1, widest));
        int words = lines.First(line => line.Contains("client → server", StringComparison.Ordinal)).IndexOf("asks for", StringComparison.Ordinal);
        string next = lines[Array.FindIndex(lines, line => line.Contains("client → server", StringComparison.Ordinal)) + 1];
        Assert.Equal(words, next.Length - next.TrimStart().Length);
        Assert.All(told.Messages, message => Assert.All(message.GetLine(width).Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, widest)));
        // deep in a tree there are twenty columns at the least
        Assert.All(told.Messages, message => Assert.All(message.GetText(width).Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, Math.Max(widest, 79))));
    }

    [Fact]
    public void What_is_found_in_several_messages_is_said_once_and_the_worst_first()
    {
        var talk = new Talk();
        CmpConversation told = Tell(talk.Ask(Talk.Request), talk.Answer(Talk.Issued), talk.Ask(Talk.Confirmed), talk.Answer(new PkiConfirmContent()));
        Assert.Equal(told.Findings.Count, told.Findings.Select(finding => (finding.Rule, finding.Text)).Distinct().Count());
        Assert.Equal(told.Findings.OrderByDescending(finding => finding.Severity), told.Findings);
        // the hash in the sample confirms nothing that was issued here
        Assert.Contains(told.Findings, finding => finding.Rule == "CertConf.CertHash");
        Assert.Contains(told.Story, line => line.StartsWith("Error in certConf: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_kind_of_talk_has_an_end_to_tell()
    {
        foreach (PkiMessage message in Samples.AllMessages)
        {
            var talk = new Talk();
            CmpConversation asked = Tell(talk.Ask(message.Body));
            CmpConversation answered = Tell(talk.Ask(Talk.Request), talk.Answer(message.Body));
            Assert.All([asked, answered], one => Assert.EndsWith(".", one.OutcomeText, StringComparison.Ordinal));
            Properties.AllTexts(asked);
        }
    }

    private CmpConversation Tell(params CapturedItem[] items)
    {
        CmpConversation told = Assert.Single(Talk.Collect(items));
        foreach (string line in told.Story)
            output.WriteLine(line);
        return told;
    }
}
