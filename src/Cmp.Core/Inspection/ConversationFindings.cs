using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Rules;

namespace Cmp.Inspection;

/// <summary>What is worth a word about a conversation: of each message by itself, and of how they follow each other. What is found in several messages is said once.</summary>
internal static class ConversationFindings
{
    /// <summary>A conversation that is wrong in every part of it is wrong enough, as a message is.</summary>
    private const int MaxFindings = 1000;

    /// <summary>Each finding, with the bodies of the messages that it is about.</summary>
    internal static IReadOnlyList<(Finding Finding, string Where)> Of(IReadOnlyList<ConversationEvent> events)
    {
        var found = new List<(Finding Finding, List<string> Where)>();
        var known = new Dictionary<(string Rule, string Text), List<string>>();
        ConversationEvent? refusal = events.Reverse().TakeWhile(said => said.Message is null).FirstOrDefault(said => said.IsRoadFailure);
        CmpMessage[] messages = [.. events.Select(said => said.Message).OfType<CmpMessage>()];
        // why it was refused comes before what else is wrong
        Explain();
        foreach (CmpMessage message in messages)
        {
            foreach (Finding finding in message.Departures)
                Add(finding, message);
        }
        CmpMessage[] whole = [.. messages.Where(message => message.Type is not null)];
        PkiMessage[] decoded = [.. whole.Select(message => message.GetMessage())];
        Together(RuleChecker.CheckConversation(decoded, whole.Any(message => message.IsStrict)));
        Together(MessageChecker.Findings(decoded));
        return [.. found.OrderByDescending(one => one.Finding.Severity).Select(one => (one.Finding, string.Join(", ", one.Where)))];

        void Explain()
        {
            PkiMessage? request = null;
            foreach (ConversationEvent said in events)
            {
                if (said.Message is not { Type: { } type } message)
                    continue;
                foreach (Finding finding in message.Explain(said.IsRequest ? null : request))
                    Add(finding, message);
                // who polls still waits for what he asked
                if (said.IsRequest && type != PkiBodyType.PollReq)
                    request = message.GetMessage();
            }
        }

        void Together(IReadOnlyList<IReadOnlyList<Finding>> together)
        {
            for (int i = 0; i < whole.Length; i++)
            {
                foreach (Finding finding in together[i])
                    Add(finding, whole[i]);
            }
        }

        void Add(Finding finding, CmpMessage message)
        {
            string where = message.Type is { } type ? PkiBodyTypeNames.Of(type) : "what does not decode";
            if (refusal is not null && finding.Rule == MessageRules.ConversationUnanswered.Id)
                finding = RoadRefusal.Of(finding, refusal.Place);
            if (known.TryGetValue((finding.Rule, finding.Text), out List<string>? places))
            {
                if (!places.Contains(where))
                    places.Add(where);
            }
            else if (found.Count < MaxFindings)
            {
                known.Add((finding.Rule, finding.Text), places = [where]);
                found.Add((finding, places));
            }
        }
    }
}
