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
        foreach (CmpMessage message in events.Select(said => said.Message).OfType<CmpMessage>())
        {
            string where = message.Type is { } type ? PkiBodyTypeNames.Of(type) : "what does not decode";
            foreach (Finding finding in message.Findings)
                Add(finding, where);
        }
        return [.. found.OrderByDescending(one => one.Finding.Severity).Select(one => (one.Finding, string.Join(", ", one.Where)))];

        void Add(Finding finding, string where)
        {
            (Finding Finding, List<string> Where) known = found.FirstOrDefault(one => one.Finding.Rule == finding.Rule && one.Finding.Text == finding.Text);
            if (known.Where is null)
                found.Add((finding, [where]));
            else if (!known.Where.Contains(where))
                known.Where.Add(where);
        }
    }
}
