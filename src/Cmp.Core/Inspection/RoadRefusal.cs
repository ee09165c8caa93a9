using System.Globalization;
using Cmp.Framing;
using Cmp.Inspection.Captures;
using Cmp.Messages.Rules;

namespace Cmp.Inspection;

/// <summary>A request that the road answered in place of the server, as with HTTP 404: who asks why there was no answer is told by the finding that there was none.</summary>
internal static class RoadRefusal
{
    /// <summary>The finding with the road's words, and with what can be done about them.</summary>
    /// <param name="unanswered">That there is no answer.</param>
    /// <param name="refusal">What the road said.</param>
    internal static Finding Of(Finding unanswered, ConversationPlace refusal) =>
        new(MessageRules.ConversationUnanswered, $"{unanswered.Text} In its place the road said {refusal.RoadText?.TrimEnd('.')}.", unanswered.Offset) { RecommendedAction = AdviceOf(refusal) };

    /// <summary>By the first number, as in <c>HTTP 404 Not Found</c> and <c>CoAP 4.04 Not Found</c>.</summary>
    private static string? AdviceOf(ConversationPlace refusal)
    {
        string[] words = refusal.RoadText!.Split(' ');
        return words.Length < 2 ? null
            : refusal.Road == CaptureRoad.Coap ? CoapAdvice.Of(words[1])
            : words[0] == "HTTP" && int.TryParse(words[1].TrimEnd(',', ':'), NumberStyles.None, CultureInfo.InvariantCulture, out int status) ? HttpAdvice.Of(status)
            : null;
    }
}
