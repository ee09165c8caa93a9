using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Rules;
using Xunit;

namespace Cmp.Tests.Messages.Rules;

/// <summary>The table of rules: each with a message that departs from it in one place, found there and nowhere else, and a twin that does not.</summary>
public class RuleCheckerTests
{
    /// <summary>What needs keys, or more than messages say; the tests that hold it.</summary>
    private static readonly Dictionary<MessageRule, string> Elsewhere = new()
    {
        [MessageRules.SyntaxMalformed] = "what does not decode is told by CmpMessage",
        [MessageRules.ProtectionDoesNotVerify] = "MessageCheckerTests",
        [MessageRules.PopDoesNotVerify] = "MessageCheckerTests",
        [MessageRules.CertConfHash] = "MessageCheckerTests",
        [MessageRules.HeaderMessageTime] = "HeaderTests of the test server",
        [MessageRules.UpdateName] = "KeyUpdateTests of the test server",
    };

    public static TheoryData<int> Cases
    {
        get
        {
            var cases = new TheoryData<int>();
            for (int i = 0; i < RuleCases.All.Count; i++)
                cases.Add(i);
            return cases;
        }
    }

    [Fact]
    public void Every_rule_of_the_table_has_a_departure_and_a_twin()
    {
        IEnumerable<MessageRule> tested = RuleCases.All.Select(one => one.Rule).Concat(Elsewhere.Keys).Concat(StatusExplanationTests.Tested);
        Assert.Empty(MessageRules.All.Except(tested));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_departure_is_found_once_and_in_its_place(int index)
    {
        RuleCase one = RuleCases.All[index];
        Assert.Same(one.Rule, MessageRules.Find(one.Rule.Id));
        List<(int At, Finding Finding)> found = Find(one, one.Departs, one.Rule.IsProfile);
        Assert.True(found.Count == 1 && found[0].Finding.Rule == one.Rule.Id, $"{one.Rule} was to be found once:\n{Show(found)}");
        (int at, Finding finding) = found[0];
        Assert.Equal(one.Rule.Section, finding.Section);
        Assert.Equal(one.Rule.Severity, finding.Severity);
        Assert.EndsWith(".", finding.Text);
        if (one.IsConversation)
            Assert.Equal(one.At, at);
        PkiMessage message = PkiMessage.Decode(one.Departs[one.At]);
        int place = Offset(message.Encoded, one.Where(message));
        // what the decoder finds lies within a field whose beginning the test knows
        Assert.InRange(finding.Offset, place, IsOfDecoder(one.Rule) ? place + 4 : place);
        if (one.Rule.IsProfile)
            Assert.DoesNotContain(Find(one, one.Departs, profile: false), pair => pair.Finding.Rule == one.Rule.Id);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Its_twin_has_nothing_of_it(int index)
    {
        RuleCase one = RuleCases.All[index];
        List<(int At, Finding Finding)> found = Find(one, one.Twin, profile: true);
        Assert.True(found.TrueForAll(pair => pair.Finding.Rule != one.Rule.Id && pair.Finding.Severity != FindingSeverity.Error), Show(found));
    }

    [Fact]
    public void Rules_have_names_that_last()
    {
        Assert.All(MessageRules.All, rule => Assert.Matches(@"^[A-Z][A-Za-z0-9]+\.[A-Z][A-Za-z0-9]*$", rule.Id));
        Assert.All(MessageRules.All, rule => Assert.Matches(@"^(RFC \d{4}|X\.\d{3}) ([A-F]|\d+)(\.\d+)*$", rule.Section));
        Assert.All(MessageRules.All, rule => Assert.EndsWith(".", rule.Title));
        // what a strict receiver refuses it names a failure for
        Assert.All(MessageRules.All.Where(rule => rule.Severity == FindingSeverity.Error && rule != MessageRules.StatusRejection), rule => Assert.NotNull(rule.FailInfo));
        Assert.Null(MessageRules.Find("Header.Nothing"));
    }

    [Fact]
    public void Samples_of_every_body_are_checked_to_their_ends()
    {
        foreach (PkiMessage message in Samples.AllMessages)
        {
            PkiMessage read = PkiMessage.Decode(message.Encoded);
            foreach (bool profile in new[] { false, true })
                Assert.All(RuleChecker.Check(read, profile), finding => Assert.InRange(finding.Offset, 0, read.Encoded.Length - 1));
        }
    }

    [Fact]
    public void A_message_of_ten_thousand_wrongs_is_told_a_thousand()
    {
        var poll = new PollRepContent([.. Enumerable.Range(0, 5000).Select(id => new PollRepEntry(id, -1))]);
        Assert.Equal(1000, RuleChecker.Check(PkiMessage.Decode(RuleCases.Good(poll)), profile: true).Count);
    }

    [Fact]
    public void A_pair_is_an_answer_and_what_it_answers()
    {
        Conversation good = new Conversation().Client(RuleCases.Ask(PkiBodyType.Ir)).Server(RuleCases.Answer(PkiBodyType.Ip));
        PkiMessage request = PkiMessage.Decode(good.Messages[0]), answer = PkiMessage.Decode(good.Messages[1]);
        Assert.DoesNotContain(RuleChecker.CheckPair(request, answer, profile: false), finding => finding.Severity == FindingSeverity.Error);
        Assert.Contains(RuleChecker.CheckPair(request, PkiMessage.Decode(RuleCases.Good(new GenRepContent([]))), profile: false), finding => finding.Rule == "Conversation.Body");
    }

    [Fact]
    public void A_conversation_without_its_beginning_is_judged_by_what_is_there()
    {
        Conversation whole = new Conversation().Client(RuleCases.Ask(PkiBodyType.Ir)).Server(RuleCases.Answer(PkiBodyType.Ip)).Client(new CertConfirmContent([])).Server(new PkiConfirmContent());
        Assert.All(RuleChecker.CheckConversation(whole.Messages.Skip(2).Select(octets => PkiMessage.Decode(octets)), profile: true), Assert.Empty);
        Assert.Empty(new ConversationChecker(profile: true).End());
    }

#if NET
    [Fact]
    public void A_message_in_order_costs_nothing()
    {
        PkiMessage message = PkiMessage.Decode(RuleCases.Good(RuleCases.Ask(PkiBodyType.Ir)));
        RuleChecker.Check(message, profile: true);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            Assert.Empty(RuleChecker.Check(message, profile: true));
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, 600);
    }
#endif

    private static List<(int At, Finding Finding)> Find(RuleCase one, IReadOnlyList<byte[]> messages, bool profile)
    {
        var decoded = new List<Finding>();
        List<PkiMessage> read = [.. messages.Select(octets => PkiMessage.Decode(octets, new DecodeOptions(CmpLimits.Default, decoded)))];
        if (!one.IsConversation)
            return [.. decoded.Concat(RuleChecker.Check(read[0], profile)).Select(finding => (0, finding))];
        IReadOnlyList<IReadOnlyList<Finding>> found = RuleChecker.CheckConversation(read, profile);
        return [.. Enumerable.Range(0, found.Count).SelectMany(at => found[at].Select(finding => (at, finding)))];
    }

    private static bool IsOfDecoder(MessageRule rule) => rule.Id.StartsWith("DER.", StringComparison.Ordinal) || rule.Id.StartsWith("Syntax.", StringComparison.Ordinal)
        || rule == MessageRules.HeaderMessageTimeForm || rule == MessageRules.ProtectionUnusedBits || rule == MessageRules.PkiconfValue || rule == MessageRules.TemplateEmptyValidity;

    private static int Offset(ReadOnlyMemory<byte> whole, ReadOnlyMemory<byte> part)
    {
        Assert.True(MemoryMarshal.TryGetArray(whole, out ArraySegment<byte> outer));
        Assert.True(MemoryMarshal.TryGetArray(part, out ArraySegment<byte> inner));
        Assert.Same(outer.Array, inner.Array);
        return inner.Offset - outer.Offset;
    }

    private static string Show(IEnumerable<(int At, Finding Finding)> found) => string.Join("\n", found.Select(pair => $"{pair.At}: {pair.Finding} @{pair.Finding.Offset}"));
}
