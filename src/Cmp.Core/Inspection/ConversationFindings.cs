using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Rules;

namespace Cmp.Inspection;

/// <summary>What is worth a word about a conversation: of each message by itself, and of how they follow each other. What is found in several messages is said once.</summary>
internal static class ConversationFindings
{
    /// <summary>Each finding, with the bodies of the messages that it is about.</summary>
    internal static IReadOnlyList<(Finding Finding, string Where)> Of(IReadOnlyList<ConversationEvent> events)
    {
        var found = new List<(Finding Finding, List<string> Where)>();
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
            (Finding Finding, List<string> Where) known = found.FirstOrDefault(one => one.Finding.Rule == finding.Rule && one.Finding.Text == finding.Text);
            if (known.Where is null)
                found.Add((finding, [where]));
            else if (!known.Where.Contains(where))
                known.Where.Add(where);
        }
    }
}
